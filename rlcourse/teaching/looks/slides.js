/* Sets the mathematics, makes what stands on each slide as large as fits, and lets reveal.js turn the pages. Keys that a
 * widget uses itself turn none: an arrow in a slider moves the slider. Escape gives the keys back. */

(() => {
  for (const place of document.querySelectorAll(".rlc-math")) {
    const displayMode = place.classList.contains("rlc-display");
    katex.render(place.textContent, place, { displayMode, throwOnError: false, strict: false });
  }
  if (!document.querySelector(".reveal")) return;

  // Words on a slide have 22 px where 720 are the height, those in an explorable 14: both are read from the last row at 18.
  const LARGE = [1.5, 1.4, 1.3], SMALL = [1.2, 1.1, 1, 0.9, 0.8, 0.7, 0.6, 0.5];
  const WORDS = 0.9;
  const PARTS = ".rlc-still > div > *"; // of what a widget without a browser of its own leaves: charts, words, a table
  const BLOCKS = `div.rlc-words, .jp-OutputArea-child:not(:has(${PARTS}:nth-child(2))), .jp-OutputArea-child:has([data-widget]), ${PARTS}`;
  const HEAVY = "[data-widget], img, table";
  const WIDE = ".rlc-display, .rlc-wide, pre, .jp-OutputArea-output";
  const tooWide = (one) => one.scrollWidth > one.clientWidth + 1;
  const frame = () => new Promise(requestAnimationFrame);
  /** Ways to set a slide, the best first: sizes, size of the words, what is left out, and how low a plot may be. */
  const READABLE = [[LARGE, 0, "", 1], [LARGE, WORDS, "", 0.8], [LARGE, WORDS, "try", 0.8], [LARGE, WORDS, "try", 0.6]];
  const TOLERABLE = [[SMALL.slice(0, 3), WORDS, "try", 0.6], [SMALL, WORDS, "all", 0.5], [SMALL.slice(-1), 0, "all", 0.5]];
  const WORDS_ONLY = [[[...LARGE, ...SMALL.slice(0, 4)], 0, "", 1], [SMALL.slice(4), WORDS, "", 1], [SMALL.slice(4), 0, "", 1]];

  /** When what has been drawn anew has found its height. */
  async function settled(section) {
    for (let last = -1, same = 0; same < 2; last = section.scrollHeight) {
      await frame();
      same = section.scrollHeight === last ? same + 1 : 0;
    }
  }

  /** Explorables are laid out anew for the width that is left: so each way is tried and measured. */
  async function fitsAt(section, size, [, words, without, low]) {
    const inside = section.querySelector(".rlc-fit");
    const alive = inside.querySelector("[data-widget]");
    section.dataset.without = without;
    if (alive && inside.style.getPropertyValue("--rlc-low") !== String(low)) {
      inside.style.setProperty("--rlc-size", 2); // plots are drawn anew when their width changes
      await settled(section);
    }
    inside.style.setProperty("--rlc-size", size);
    inside.style.setProperty("--rlc-words", words || size);
    inside.style.setProperty("--rlc-low", low);
    if (alive) await settled(section);
    return section.scrollHeight <= section.clientHeight && ![inside, ...inside.querySelectorAll(WIDE)].some(tooWide);
  }

  /** From the smallest size up, as most ways fail at that one already. */
  async function fits(section, ways) {
    for (const way of ways) {
      let best = 0;
      for (const size of way[0].toReversed()) {
        if (!(await fitsAt(section, size, way))) break;
        best = size;
      }
      if (!best) continue;
      if (best !== way[0][0]) await fitsAt(section, best, way);
      return true;
    }
    return false;
  }

  async function fit(section) {
    const inside = section.querySelector(".rlc-fit");
    if (!inside) return;
    if (inside.querySelector("[data-widget]")) await settled(section); // what it leaves behind is hidden when it lives
    for (const bold of inside.querySelectorAll("[data-widget] b")) {
      if (bold.textContent === "Try this:") bold.closest(".widget-html, .rlc-hint")?.classList.add("rlc-try");
    }
    const blocks = [...inside.querySelectorAll(BLOCKS)].filter((one) => one.checkVisibility() && (one.matches(HEAVY) || one.querySelector(HEAVY)));
    const heavy = blocks.filter((one) => !one.parentElement.closest(BLOCKS)); // what lies in another goes with it
    if (!heavy.length) return void (await fits(section, WORDS_ONLY));
    if (await fits(section, READABLE)) return;
    if (heavy.length > 1) {
      const rest = carryOver(section, heavy.at(-1));
      await fit(section);
      await fit(rest);
    } else await fits(section, TOLERABLE);
  }

  /** What finds no room at a size that can be read goes to a slide of its own: this block, and all that comes after it. */
  function carryOver(section, block) {
    const next = section.cloneNode(false);
    next.removeAttribute("id");
    next.className = "rlc-carried";
    next.append(section.querySelector(":scope > :is(h1, h2, h3)").cloneNode(true));
    const homes = [];
    let last = block, inside = null;
    do {
      const home = last.parentElement, copy = home.cloneNode(false), moved = inside ? [] : [last];
      for (let one = last.nextElementSibling; one; one = one.nextElementSibling) moved.push(one);
      homes.push([home, moved]);
      copy.append(...(inside ? [inside] : []), ...moved);
      [last, inside] = [home, copy];
    } while (!last.matches(".rlc-fit"));
    next.append(inside);
    next.takeBack = () => homes.forEach(([home, moved]) => home.append(...moved));
    section.after(next);
    Reveal.sync();
    return next;
  }

  /** All carried blocks where they were, so that a larger window may show them together. */
  function together() {
    const shown = Reveal.getCurrentSlide();
    const carried = [...document.querySelectorAll(".rlc-carried")].reverse();
    for (const section of carried) {
      section.takeBack();
      if (section === shown) Reveal.prev();
      section.remove();
    }
    if (carried.length) Reveal.sync();
  }

  let wanted = 0;
  async function fitAll() {
    const mine = ++wanted;
    document.documentElement.style.setProperty("--rlc-window", Math.max(1, innerHeight / 720));
    together();
    const sections = [...document.querySelectorAll(".slides > section")];
    const first = Math.max(0, sections.indexOf(Reveal.getCurrentSlide()));
    for (const section of [...sections.slice(first), ...sections.slice(0, first)]) {
      if (mine !== wanted) return;
      await fit(section);
    }
    document.documentElement.dataset.fitted = String(innerWidth);
  }

  const inWidget = () => document.activeElement?.closest?.("[data-widget]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !inWidget()) return;
    document.activeElement.blur();
    event.stopImmediatePropagation();
  }, true);

  const root = document.documentElement;
  const night = () => { root.dataset.jpThemeLight = String(root.dataset.jpThemeLight !== "true"); };
  Reveal.initialize({
    hash: true, overview: false, keyboard: { 68: night }, slideNumber: "c/t", transition: "none", backgroundTransition: "none", center: false, disableLayout: true,
    viewDistance: 1000, mobileViewDistance: 1000, keyboardCondition: () => !inWidget(), hideInactiveCursor: false,
  });
  new MutationObserver(fitAll).observe(document.documentElement, { attributeFilter: ["data-widgets"] });
  addEventListener("resize", fitAll);
})();

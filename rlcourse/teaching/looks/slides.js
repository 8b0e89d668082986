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
  const BLOCKS = ".rlc-words, .jp-OutputArea-child:not(:has(> div > .rlc-still > div > :nth-child(2))), .rlc-still > div > *";
  const HEAVY = "[data-widget], img, table";
  const WIDE = ".rlc-display, .rlc-wide, pre, .jp-OutputArea-output";
  const tooWide = (one) => one.scrollWidth > one.clientWidth + 1;
  const frame = () => new Promise(requestAnimationFrame);
  /** Ways to set a slide, the best first: size, size of the words, what is left out, and how low a plot may be. */
  const readable = [
    ...LARGE.map((size) => [size, size, "", 1]),
    ...LARGE.map((size) => [size, WORDS, "", 0.8]),
    ...LARGE.map((size) => [size, WORDS, "try", 0.8]),
    ...LARGE.map((size) => [size, WORDS, "try", 0.6]),
  ];
  const tolerable = [
    ...SMALL.slice(0, 3).map((size) => [size, WORDS, "try", 0.6]),
    ...SMALL.map((size) => [size, Math.min(WORDS, size), "all", 0.5]),
  ];
  const wordsOnly = [
    ...[...LARGE, ...SMALL.slice(0, 4)].map((size) => [size, size, "", 1]),
    ...SMALL.slice(4).flatMap((size) => [[size, WORDS, "", 1], [size, size, "", 1]]),
  ];

  /** Explorables are laid out anew for the width that is left: so each way is tried and measured. */
  async function fits(section, ways) {
    const inside = section.querySelector(".rlc-fit");
    for (const [size, words, without, low] of ways) {
      section.dataset.without = without;
      inside.style.setProperty("--rlc-size", size);
      inside.style.setProperty("--rlc-words", words);
      inside.style.setProperty("--rlc-low", low);
      await frame();
      await frame();
      if (section.scrollHeight <= section.clientHeight && ![inside, ...inside.querySelectorAll(WIDE)].some(tooWide)) return true;
    }
    return false;
  }

  async function fit(section) {
    const inside = section.querySelector(".rlc-fit");
    if (!inside) return;
    for (const bold of inside.querySelectorAll("[data-widget] b")) {
      if (bold.textContent === "Try this:") bold.closest(".widget-html, .rlc-hint")?.classList.add("rlc-try");
    }
    const heavy = [...inside.querySelectorAll(BLOCKS)].filter((one) => one.offsetHeight && (one.matches("table") || one.querySelector(HEAVY)));
    if (!heavy.length) return void (await fits(section, wordsOnly));
    if (await fits(section, readable)) return;
    if (heavy.length > 1) {
      const rest = carryOver(section, heavy.at(-1));
      await fit(section);
      await fit(rest);
    } else await fits(section, tolerable);
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

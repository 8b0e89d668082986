/* Sets the mathematics, makes what stands on each slide as large as fits, and lets reveal.js turn the pages. Keys that a
 * widget uses itself turn none: an arrow in a slider moves the slider. Escape gives the keys back. */

(() => {
  for (const place of document.querySelectorAll(".rlc-math")) {
    const displayMode = place.classList.contains("rlc-display");
    katex.render(place.textContent, place, { displayMode, throwOnError: false, strict: false });
  }
  if (!document.querySelector(".reveal")) return;

  const READABLE = 0.8;
  const SIZES = [1.5, 1.4, 1.3, 1.2, 1.1, 1, 0.9, READABLE, 0.79, 0.75, 0.7, 0.65, 0.6, 0.5];
  const WIDE = ".rlc-display, .rlc-wide, pre, .jp-OutputArea-output";
  const tooWide = (one) => one.scrollWidth > one.clientWidth + 1;
  const frame = () => new Promise(requestAnimationFrame);

  /** Explorables are laid out anew for the width that is left: so each size is tried and measured. */
  async function fit(section) {
    const inside = section.querySelector(".rlc-fit");
    if (!inside) return;
    delete section.dataset.tight;
    for (const bold of inside.querySelectorAll("[data-widget] b")) {
      if (bold.textContent === "Try this:") bold.closest(".widget-html")?.classList.add("rlc-try");
    }
    for (const size of SIZES) {
      if (size < READABLE) section.dataset.tight = "";
      inside.style.zoom = size;
      await frame();
      await frame();
      if (section.scrollHeight <= section.clientHeight && ![inside, ...inside.querySelectorAll(WIDE)].some(tooWide)) break;
    }
  }

  let wanted = 0;
  async function fitAll() {
    const mine = ++wanted;
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

  Reveal.initialize({
    hash: true, slideNumber: "c/t", transition: "none", backgroundTransition: "none", center: false, disableLayout: true,
    viewDistance: 1000, mobileViewDistance: 1000, keyboardCondition: () => !inWidget(), hideInactiveCursor: false,
  });
  new MutationObserver(fitAll).observe(document.documentElement, { attributeFilter: ["data-widgets"] });
  addEventListener("resize", fitAll);
})();

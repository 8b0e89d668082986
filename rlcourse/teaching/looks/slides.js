/* Sets the mathematics and lets reveal.js turn the pages. Keys that a widget uses itself turn none: an arrow in a slider
 * moves the slider. Escape gives the keys back. */

for (const place of document.querySelectorAll(".rlc-math")) {
  const displayMode = place.classList.contains("rlc-display");
  katex.render(place.textContent, place, { displayMode, throwOnError: false, strict: false });
}

const inWidget = () => document.activeElement?.closest?.("[data-widget]");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && inWidget()) {
    document.activeElement.blur();
    event.stopImmediatePropagation();
  }
}, true);

if (document.querySelector(".reveal")) {
  Reveal.initialize({
    hash: true, slideNumber: "c/t", transition: "none", backgroundTransition: "none", center: false, disableLayout: true,
    viewDistance: 1000, mobileViewDistance: 1000, keyboardCondition: () => !inWidget(), hideInactiveCursor: false,
  });
}

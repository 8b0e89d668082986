/* Light or dark, before anything is painted: as the system says, or as the reader chose here. The attribute's name is
 * JupyterLab's, which the course's pictures and widgets know. */

(() => {
  const KEY = "rlcourse-light";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const bySystem = () => String(!dark.matches);

  function remembered(act) {
    try {
      return act(localStorage);
    } catch {
      return null; // a page that may keep nothing keeps the choice until it is left
    }
  }

  let chosen = remembered((store) => store.getItem(KEY)); // "true" is light; null is as the system says
  const light = () => chosen ?? bySystem();

  function apply() {
    document.documentElement.dataset.jpThemeLight = light();
    document.querySelector(".rlc-light")?.setAttribute("aria-pressed", String(light() !== "true"));
  }

  window.rlcTurnLight = () => {
    const wish = String(light() !== "true");
    chosen = wish === bySystem() ? null : wish;
    remembered((store) => (chosen === null ? store.removeItem(KEY) : store.setItem(KEY, chosen)));
    apply();
  };

  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  apply();
})();

/* Brings the widgets of a page to life where no kernel runs: explorables, films, quizzes. Python puts their state into
 * the page (`widgets_script`) and marks where each is shown (`view_tag`). Nothing is asked of a network. */

(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");

  // The start that html-manager brings along would ask a network for what it misses. This page starts its widgets itself:
  // of two modules with one name the first that is defined stays.
  define("@jupyter-widgets/html-manager/dist/libembed-amd", [], () => ({ renderWidgets() {} }));
  requirejs.config({ paths: { anywidget: `${here}anywidget` }, waitSeconds: 0 });
  const load = (name) => new Promise((resolve, reject) => requirejs([name], resolve, reject));

  /** html-manager compiles a schema as it loads, which a page that allows no `eval` forbids, and which nobody here asks
   * about: Python has written the state. So what it compiles says yes to everything. */
  async function loadManager() {
    const Real = window.Function;
    window.Function = new Proxy(Real, { construct: () => () => () => true });
    try {
      return (await load("@jupyter-widgets/html-manager")).HTMLManager;
    } finally {
      window.Function = Real;
    }
  }
  const pause = () => new Promise((resolve) => setTimeout(resolve));

  /** The state as Python packed it: code and style that many widgets have in common were sent once. */
  function unpacked({ shared, state }) {
    for (const { state: traits } of Object.values(state.state)) {
      for (const name of ["_esm", "_css"]) if (Number.isInteger(traits[name])) traits[name] = shared[traits[name]];
    }
    return state;
  }

  /** One after the other, in the order of the page, which answers in between. One that fails leaves its picture. */
  async function bringToLife() {
    const packed = document.getElementById("rlc-widgets");
    if (packed) {
      const HTMLManager = await loadManager();
      const manager = new HTMLManager({ loader: load });
      await manager.set_state(unpacked(JSON.parse(packed.textContent)));
      for (const place of document.querySelectorAll("[data-widget]")) {
        try {
          const view = await manager.create_view(await manager.get_model(place.dataset.widget));
          await manager.display_view(view, place);
        } catch (error) {
          console.error(`the widget ${place.dataset.widget} could not be shown`, error);
        }
        await pause();
      }
    }
    document.documentElement.dataset.widgets = "alive";
  }

  window.addEventListener("load", bringToLife);
})();

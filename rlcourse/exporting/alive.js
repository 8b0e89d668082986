/* Brings the widgets of a page to life where no kernel runs: explorables, films, quizzes. Python puts their state into
 * the page (`widgets_script`) and marks where each is shown (`view_tag`). Nothing is asked of a network. */

(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");

  // The start that html-manager brings along compiles a schema, which a page that allows no `eval` forbids, and falls
  // back on a network. This page starts its widgets itself: whoever is defined first stays.
  define("@jupyter-widgets/html-manager/dist/libembed-amd", [], () => ({ renderWidgets() {} }));
  requirejs.config({ paths: { anywidget: `${here}anywidget` }, waitSeconds: 0 });
  const load = (name) => new Promise((resolve, reject) => requirejs([name], resolve, reject));
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
      const { HTMLManager } = await load("@jupyter-widgets/html-manager");
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

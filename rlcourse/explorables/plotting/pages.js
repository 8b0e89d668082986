/* Shows one of the pages that rlcourse/explorables/plotting/pages.py has made, for where its controls stand. */

function render({ model, el }) {
  const names = model.get("parameters");
  const counts = model.get("counts");
  const said = html("p", { class: "rlc-said", "aria-live": "polite" });
  const page = html("div", { class: "rlc-page jp-RenderedHTMLCommon" }); // tables look as they do in any output
  el.classList.add("rlc-pages");
  el.append(said, page);

  function paint() {
    const [words, content] = model.get("pages")[names.reduce((sum, name, i) => sum * counts[i] + Math.round(model.get(name)), 0)];
    said.textContent = words;
    page.innerHTML = content; // written by the course, escaped in Python
    for (const wide of page.querySelectorAll("div, pre")) wide.tabIndex = 0; // what may scroll is scrolled by keys, too
  }

  const changes = names.map((name) => `change:${name}`);
  changes.forEach((name) => model.on(name, paint));
  paint();
  const end = live(el, model);
  return () => {
    end();
    changes.forEach((name) => model.off(name, paint));
  };
}

export default { render };

/* What every view of the course needs in the browser. Python puts this before the view's own code; see showing/live.py. */

const SVG = "http://www.w3.org/2000/svg";

function fitted(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const svg = (tag, attributes, ...children) => fitted(document.createElementNS(SVG, tag), attributes, children);
const html = (tag, attributes, ...children) => fitted(document.createElement(tag), attributes, children);

/** JupyterLab takes arrow keys and Enter for itself unless the element that has the focus says no. */
const keepKeys = { "data-lm-suppress-shortcuts": "true" };

/** Words for the page: a part after an underscore, as in "π_old", is set as a subscript. */
function typeset(text, subscript) {
  return text.split(/_(\p{L}+)/u).map((part, i) => (i % 2 ? subscript(part) : part));
}

/** Words with their subscripts, and `code` between backticks as code, in which `_` is a letter like any other. */
function htmlWords(text) {
  return text.split(/`([^`]+)`/).flatMap((part, i) => (i % 2 ? [html("code", {}, part)] : typeset(part, (sub) => html("sub", {}, sub)).flatMap(percents)));
}

/** Words in which no line end stands between a number and its per cent sign. */
function percents(words) {
  if (typeof words !== "string") return [words];
  return words.split(/(\d %)/).map((part, i) => (i % 2 ? html("span", { style: "white-space: nowrap" }, part) : part));
}

/** What to try and what to watch, as a paragraph: those words stand out. */
function whatToTry(text) {
  return html("p", { class: "rlc-hint" }, ...text.split(/(Try this:|Watch\b)/).flatMap((part, i) => (i % 2 ? [html("b", {}, part)] : percents(part))));
}

/** A number for the eye: a real minus sign, and none before 0. */
function signed(value, digits) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** Give each slider around a view the name that stands beside it: ipywidgets leaves its handles without one. */
function nameSliders(el) {
  const around = el.closest(".jp-OutputArea-output, .widget-subarea") ?? document.body;
  for (const slider of around.querySelectorAll(".widget-slider")) {
    const name = slider.querySelector(".widget-label")?.textContent.trim();
    for (const handle of name ? slider.querySelectorAll(".noUi-handle") : []) {
      if (handle.getAttribute("aria-label") !== name) handle.setAttribute("aria-label", name);
    }
  }
}

/** Say that a view lives, so that the still picture below it gives way; returns what to call when it ends. For a room
 * with a projector the view is drawn on a smaller page, which is shown larger. */
function live(el, model) {
  el.classList.add("rlc-live");
  if (model?.get("projected")) el.classList.add("rlc-projector");
  const watcher = new MutationObserver(() => nameSliders(el));
  const start = () => {
    nameSliders(el);
    const around = el.closest(".jp-OutputArea-output, .widget-subarea");
    if (around) watcher.observe(around, { childList: true, subtree: true });
  };
  const waiting = setInterval(() => el.isConnected && (clearInterval(waiting), start()), 20);
  return () => {
    clearInterval(waiting);
    watcher.disconnect();
  };
}

/* Draws the plots that rlcourse/explorables/plot.py describes.
 *
 * There is no mathematics here. Python sends numbers over named grids once; this view finds the grid entry nearest to
 * each parameter and draws what it finds there, as SVG that follows the width of the page and the theme's colours.
 */

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 58, right: 14, top: 10, bottom: 46 };
const HEIGHT = { beside: 330, stacked: 280 };
const SIDE_BY_SIDE = 760; // narrower than this, panels stand below one another
const DASHES = { solid: "none", dashed: "8 5", dotted: "2 4", dashdot: "9 4 2 4" };
const SHAPES = {
  circle: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z",
  square: "M-5.5 -5.5h11v11h-11Z",
  triangle: "M0 -7L6.5 5H-6.5Z",
  diamond: "M0 -7.5L7.5 0L0 7.5L-7.5 0Z",
};

/* ---- the numbers ---------------------------------------------------------------------------------------------- */

function readNumbers(model) {
  const floats = (view) =>
    new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  return Object.fromEntries(Object.entries(model.get("numbers")).map(([name, view]) => [name, floats(view)]));
}

/** For each parameter, the index of the grid value nearest to it. */
function nearest(grids, model) {
  const index = {};
  for (const name of model.get("parameters")) {
    const distances = grids[name].map((value) => Math.abs(value - model.get(name)));
    index[name] = distances.indexOf(Math.min(...distances));
  }
  return index;
}

/** A function (name, along) → the array at the parameters' values: a number, or the numbers along one grid. */
function picker({ grids, dims }, numbers, index) {
  return (name, along = null) => {
    if (typeof name === "number") return name;
    if (!(name in numbers)) return name === along ? grids[name] : grids[name][index[name]];
    let [offset, stride, step] = [0, 1, 0];
    for (const dim of [...dims[name]].reverse()) {
      if (dim === along) step = stride;
      else offset += index[dim] * stride;
      stride *= grids[dim].length;
    }
    if (!dims[name].includes(along)) return numbers[name][offset];
    return grids[along].map((_, i) => numbers[name][offset + i * step]);
  };
}

/** A template with {name}, {name:.2f} and {name:+.2f} filled in, with a real minus sign. */
function fill(template, texts, pick) {
  return template.replace(/\{(\w+)(?::(\+?)\.(\d+)f)?\}/g, (_, name, plus, digits) => {
    if (name in texts) return fill(texts[name][pick(name)], texts, pick);
    const value = pick(name);
    const text = digits === undefined ? String(value) : value.toFixed(Number(digits));
    return (plus && !text.startsWith("-") ? "+" + text : text).replace("-", "−");
  });
}

/* ---- elements ------------------------------------------------------------------------------------------------- */

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function html(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/** Words for the page: a part after an underscore, as in "π_old", is set as a subscript. */
function typeset(text, subscript) {
  return text.split(/_(\p{L}+)/u).map((part, i) => (i % 2 ? subscript(part) : part));
}

const htmlWords = (text) => typeset(text, (part) => html("sub", "", part));

function svgWords(attributes, text) {
  const smaller = (part) => svg("tspan", { "baseline-shift": "sub", "font-size": "80%" }, part);
  return svg("text", attributes, ...typeset(text, smaller));
}

const stroke = (mark, colour) => ({
  stroke: colour,
  "stroke-width": mark.width,
  "stroke-dasharray": DASHES[mark.dash],
  fill: "none",
});

const symbol = (mark, colour, x, y, scale = 1) =>
  svg("path", { d: SHAPES[mark.marker], transform: `translate(${x} ${y}) scale(${scale})`, fill: colour, class: "rlc-symbol" });

/* ---- marks: each draws itself into a panel; `at` is a place in it, in pixels ---------------------------------- */

const draw = {
  line(mark, colour, pick, at) {
    const [xs, ys] = [pick(mark.x, mark.along), pick(mark.y, mark.along)];
    let pen = "M";
    const steps = xs.map((x, i) => {
      const move = Number.isFinite(ys[i]) ? `${pen}${at.x(x).toFixed(2)} ${at.y(ys[i]).toFixed(2)}` : "";
      pen = move ? "L" : "M";
      return move;
    });
    const shown = xs.map((_, i) => i).filter((i) => mark.marker && Number.isFinite(ys[i]));
    const symbols = shown.map((i) => symbol(mark, colour, at.x(xs[i]), at.y(ys[i]), 0.7));
    return [svg("path", { d: steps.join(""), ...stroke(mark, colour), "data-series": mark.y }), ...symbols];
  },
  point(mark, colour, pick, at) {
    return [symbol(mark, colour, at.x(pick(mark.x)), at.y(pick(mark.y)))];
  },
  band(mark, colour, pick, at) {
    const [left, right] = [at.x(pick(mark.low)), at.x(pick(mark.high))];
    const edge = (x) => svg("path", { d: `M${x} ${at.top}V${at.bottom}`, stroke: colour, class: "rlc-edge" });
    const size = { x: left, y: at.top, width: Math.max(0, right - left), height: at.bottom - at.top };
    return [svg("rect", { ...size, fill: colour, class: "rlc-band" }), edge(left), edge(right)];
  },
  rule(mark, colour, pick, at) {
    const d = mark.x === null ? `M${at.left} ${at.y(pick(mark.y))}H${at.right}` : `M${at.x(pick(mark.x))} ${at.top}V${at.bottom}`;
    return [svg("path", { d, ...stroke(mark, colour) })];
  },
  arrow(mark, colour, pick, at) {
    const [x, y, dx, dy] = [mark.x, mark.y, mark.dx, mark.dy].map((name) => pick(name));
    if (dx === 0 && dy === 0) return [];
    const [x0, y0, x1, y1] = [at.x(x), at.y(y), at.x(x + dx), at.y(y + dy)];
    const turn = (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI;
    const head = svg("path", { d: "M2 0L-11 -6V6Z", transform: `translate(${x1} ${y1}) rotate(${turn})`, fill: colour });
    const shaft = svg("path", { d: `M${x0} ${y0}L${x1} ${y1}`, stroke: colour, class: "rlc-shaft" });
    return [shaft, head];
  },
  text(mark, colour, pick, at, words) {
    const place = { x: at.x(pick(mark.x)), y: at.y(pick(mark.y)), "text-anchor": mark.anchor, class: "rlc-words" };
    return [svgWords(place, words(mark.text))];
  },
};

/** How a mark looks, small, beside its name in the legend. */
function sample(mark, colour) {
  const middle = { x: () => 14, y: () => 7, left: 1, right: 27, top: 1, bottom: 13 };
  const drawings = {
    line: () => [svg("path", { d: "M1 7H27", ...stroke(mark, colour) }), ...(mark.marker ? [symbol(mark, colour, 14, 7, 0.7)] : [])],
    rule: () => [svg("path", { d: mark.x === null ? "M1 7H27" : "M14 0V14", ...stroke(mark, colour) })],
    point: () => [symbol(mark, colour, 14, 7)],
    band: () => draw.band({ low: 4, high: 24 }, colour, (x) => x, { ...middle, x: (x) => x }),
    arrow: () => [svg("path", { d: "M1 7H20", stroke: colour, class: "rlc-shaft" }), svg("path", { d: "M27 7L16 1.5V12.5Z", fill: colour })],
  };
  return svg("svg", { width: 28, height: 14, "aria-hidden": "true" }, ...drawings[mark.kind]());
}

/* ---- panels --------------------------------------------------------------------------------------------------- */

/** Where data lies in a panel of that many pixels. */
function layout(panel, width, height) {
  const box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
  const share = (axis, value) => (value - axis.low) / (axis.high - axis.low);
  return {
    ...box,
    x: (value) => box.left + share(panel.x, value) * (box.right - box.left),
    y: (value) => box.bottom - share(panel.y, value) * (box.bottom - box.top),
  };
}

const decimals = (ticks) => Math.max(...ticks.map((t) => (String(t).split(".")[1] ?? "").length));

/** The axes of a panel: grid lines, numbers, names. */
function axes(panel, at) {
  const number = (value, { ticks }) => value.toFixed(decimals(ticks)).replace("-", "−");
  const middle = (at.top + at.bottom) / 2;
  return [
    ...panel.x.ticks.flatMap((tick) => [
      svg("path", { d: `M${at.x(tick)} ${at.top}V${at.bottom}`, class: tick === 0 ? "rlc-zero" : "rlc-grid" }),
      svg("text", { x: at.x(tick), y: at.bottom + 17, "text-anchor": "middle" }, number(tick, panel.x)),
    ]),
    ...panel.y.ticks.flatMap((tick) => [
      svg("path", { d: `M${at.left} ${at.y(tick)}H${at.right}`, class: tick === 0 ? "rlc-zero" : "rlc-grid" }),
      svg("text", { x: at.left - 8, y: at.y(tick) + 4, "text-anchor": "end" }, number(tick, panel.y)),
    ]),
    svgWords({ x: (at.left + at.right) / 2, y: at.bottom + 38, "text-anchor": "middle", class: "rlc-words" }, panel.x.label),
    svgWords({ x: 0, y: 0, transform: `translate(14 ${middle}) rotate(-90)`, "text-anchor": "middle", class: "rlc-words" }, panel.y.label),
  ];
}

/** The part of a panel that never moves, and the group that its marks are drawn into. */
function frame(panel, width, height, colour) {
  const at = layout(panel, width, height);
  const clip = `rlc-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`; // unique on the page
  const box = { x: at.left, y: at.top, width: at.right - at.left, height: at.bottom - at.top };
  // Where the axes lie, for whoever wants to read numbers back from the picture.
  const where = { "data-x": `${panel.x.low} ${panel.x.high} ${at.left} ${at.right}`, "data-y": `${panel.y.low} ${panel.y.high} ${at.bottom} ${at.top}` };
  const marks = svg("g", { "clip-path": `url(#${clip})`, class: "rlc-marks", ...where });
  const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  picture.append(svg("clipPath", { id: clip }, svg("rect", box)), ...axes(panel, at), marks);
  const named = panel.marks.filter((mark) => mark.label);
  const entries = named.map((mark) => html("span", "rlc-entry", sample(mark, colour(mark)), ...htmlWords(mark.label)));
  const legend = html("div", "rlc-legend", ...entries);
  const element = html("div", "rlc-panel", html("div", "rlc-title", ...htmlWords(panel.title)), legend, picture);
  element.style.width = `${width}px`;
  return { at, marks, element };
}

/* ---- the widget ----------------------------------------------------------------------------------------------- */

function render({ model, el }) {
  const description = model.get("description");
  const { grids, texts, panels, readouts, alt, colours } = description;
  const numbers = readNumbers(model);
  const colour = (mark) => colours[mark.colour] ?? "currentColor";
  const room = html("div", "rlc-panels");
  room.setAttribute("role", "img");
  const said = html("div", "rlc-readouts");
  said.setAttribute("aria-live", "polite");
  el.classList.add("rlc-plot");
  el.append(room, said);
  let frames = [];
  let waiting = null;

  function paint() {
    waiting = null;
    const pick = picker(description, numbers, nearest(grids, model));
    const words = (template) => fill(template, texts, pick);
    frames.forEach(({ at, marks }, i) => {
      marks.replaceChildren(...panels[i].marks.flatMap((mark) => draw[mark.kind](mark, colour(mark), pick, at, words)));
    });
    room.setAttribute("aria-label", words(alt));
    said.replaceChildren(...readouts.map((line) => html("div", "rlc-readout", ...htmlWords(words(line)))));
  }

  function resize(width) {
    if (!width) return; // not on the page yet
    const beside = panels.length > 1 && width >= SIDE_BY_SIDE;
    const each = Math.floor(beside ? width / panels.length : width);
    frames = panels.map((panel) => frame(panel, each, beside ? HEIGHT.beside : HEIGHT.stacked, colour));
    room.replaceChildren(...frames.map(({ element }) => element));
    paint();
  }

  const paintSoon = () => (waiting ??= requestAnimationFrame(paint));
  const names = model.get("parameters").map((name) => `change:${name}`);
  const watcher = new ResizeObserver(([entry]) => resize(Math.floor(entry.contentRect.width)));
  names.forEach((name) => model.on(name, paintSoon));
  watcher.observe(el);
  return () => {
    watcher.disconnect();
    names.forEach((name) => model.off(name, paintSoon));
    if (waiting !== null) cancelAnimationFrame(waiting);
  };
}

export default { render };

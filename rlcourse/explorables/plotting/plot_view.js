/* Draws the plots that rlcourse/explorables/plotting/plot.py describes.
 *
 * There is no mathematics here. Python sends numbers over named grids once; this view finds the grid entry nearest to
 * each parameter and draws what it finds there, as SVG that follows the width of the page and the theme's colours.
 * The marks themselves are drawn by plot_marks.js, and what can be dragged is made by plot_handles.js; Python puts both
 * before this file.
 */

const MARGIN = { left: 58, right: 14, top: 10, bottom: 46 };
const BARE = { left: 12, right: 76, top: 10, bottom: 10 }; // without axes, with a colour bar on the right
const HEIGHT = { beside: 330, stacked: 280 };
const TALLEST = 480; // a panel of equal units
const EDGE = 9; // how far a point may reach over the end of an axis
const IN_PAIRS = 560; // wider than this, two small panels of many stand beside each other even so
const SIDE_BY_SIDE = 800; // narrower than this, as on a page of 900, panels stand below one another

/* ---- the numbers ---------------------------------------------------------------------------------------------- */

function readNumbers(model) {
  const floats = (view) =>
    new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  return Object.fromEntries(Object.entries(model.get("numbers")).map(([name, view]) => [name, floats(view)]));
}

/** For each parameter, the index of the grid value nearest to it. */
function nearest(grids, model) {
  return Object.fromEntries(model.get("parameters").map((name) => [name, entryOf(grids[name], model.get(name))]));
}

function entryOf(grid, value) {
  const distances = grid.map((one) => Math.abs(one - value));
  return distances.indexOf(Math.min(...distances));
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

/** The array for every entry of these grids, in the order of their product; everything else at the parameters' values. */
function everyPick(description, numbers, index, name, [first, ...others]) {
  if (first === undefined) return [picker(description, numbers, index)(name)];
  return description.grids[first].flatMap((_, i) => everyPick(description, numbers, { ...index, [first]: i }, name, others));
}

/** A template with {name}, {name:.2f}, {name:+.2f} and {name:,.0f} filled in, with a real minus sign. */
function fill(template, texts, pick) {
  return template.replace(/\{(\w+)(?::(\+?)(,?)\.(\d+)f)?\}/g, (_, name, plus, comma, digits) => {
    if (name in texts) return fill(texts[name][pick(name)], texts, pick);
    const value = pick(name);
    const plain = digits === undefined ? String(value) : value.toFixed(Number(digits));
    const text = comma ? plain.replace(/^-?\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ",")) : plain;
    return (plus && !text.startsWith("-") ? "+" + text : text).replace("-", "−");
  });
}

/* ---- panels --------------------------------------------------------------------------------------------------- */

/** How large a panel is, in pixels: as wide as there is room, and where units are equal as tall as they ask for. `low`:
 * which part of its height a page allows that is wide and not high, as a slide. */
function size(panel, width, height, low) {
  if (!panel.equal) return [width, height * low];
  const margin = panel.bare ? BARE : MARGIN;
  const [across, along] = [margin.left + margin.right, margin.top + margin.bottom];
  const slope = (panel.y.high - panel.y.low) / (panel.x.high - panel.x.low);
  const tall = Math.min((width - across) * slope, TALLEST * low - along);
  return [Math.round(tall / slope + across), Math.round(tall + along)];
}

/** Where data lies in a panel of that many pixels. */
function layout(panel, width, height) {
  const margin = panel.bare ? BARE : MARGIN;
  const box = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
  const share = (axis, value) => (value - axis.low) / (axis.high - axis.low);
  return {
    ...box,
    x: (value) => box.left + share(panel.x, value) * (box.right - box.left),
    y: (value) => box.bottom - share(panel.y, value) * (box.bottom - box.top),
    kept: new Map(), // what a mark has drawn and can change instead of drawing it again
  };
}

const decimals = (ticks) => Math.max(...ticks.map((t) => (String(t).split(".")[1] ?? "").length));

/** The axes of a panel: grid lines, numbers, names. */
function axes(panel, at) {
  const number = (value, { ticks, names }) =>
    names.length ? names[ticks.indexOf(value)] : value.toFixed(decimals(ticks)).replace("-", "−");
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
function frame(panel, room, usual, colour, low) {
  const [width, height] = size(panel, room, usual, low);
  const at = layout(panel, width, height);
  const clip = `rlc-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`; // unique on the page
  const inside = { x: at.left, y: at.top, width: at.right - at.left, height: at.bottom - at.top };
  const box = panel.bare ? { x: 0, y: 0, width, height } : inside;
  // Where the axes lie, for whoever wants to read numbers back from the picture.
  const where = { "data-x": `${panel.x.low} ${panel.x.high} ${at.left} ${at.right}`, "data-y": `${panel.y.low} ${panel.y.high} ${at.bottom} ${at.top}` };
  // A point at the end of its axis is drawn whole: it may reach a little over the edge, where a curve may not.
  const wide = { x: box.x - EDGE, y: box.y - EDGE, width: box.width + 2 * EDGE, height: box.height + 2 * EDGE };
  const groups = panel.marks.map(({ kind }) => svg("g", { "clip-path": `url(#${clip}${kind === "point" ? "-wide" : ""})` }));
  const marks = svg("g", { class: "rlc-marks", ...where }, ...groups);
  const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  picture.append(svg("clipPath", { id: clip }, svg("rect", box)), svg("clipPath", { id: `${clip}-wide` }, svg("rect", wide)), ...(panel.bare ? [] : axes(panel, at)), marks);
  const named = panel.marks.filter((mark) => mark.label);
  const entries = named.map((mark) => html("span", { class: "rlc-entry" }, sample(mark, colour(mark)), ...htmlWords(mark.label)));
  const legend = html("div", { class: "rlc-legend" }, ...entries);
  const element = html("div", { class: panel.bare ? "rlc-panel rlc-bare" : "rlc-panel" }, html("div", { class: "rlc-head" }, html("div", { class: "rlc-title" }, ...htmlWords(panel.title)), legend), picture);
  element.style.width = `${room}px`;
  return { at, groups, element, picture, width };
}

/** Let all pictures of a row begin on one line, below the head with the most lines: titles stand on one line then, too. */
function level(frames) {
  const heads = frames.map(({ element }) => element.firstChild);
  heads.forEach((head) => (head.style.minHeight = ""));
  const tops = heads.map((head) => Math.round(head.offsetTop));
  const heights = heads.map((head) => head.offsetHeight);
  const tallest = tops.map((top) => Math.max(...heights.filter((_, i) => tops[i] === top)));
  heads.forEach((head, i) => (head.style.minHeight = `${tallest[i]}px`));
}

/** Like `replaceChildren`, but what stays is not taken out and put back: with many polygons that would take long. */
function refill(parent, children) {
  const staying = new Set(children);
  [...parent.children].forEach((old) => staying.has(old) || old.remove());
  children.forEach((child, i) => parent.children[i] === child || parent.insertBefore(child, parent.children[i] ?? null));
}

/* ---- what can be dragged --------------------------------------------------------------------------------------- */

/** The handles of all panels, over the pictures and not in them: a picture is one thing to a screen reader. */
function handleLayer(panels, plot) {
  const layer = svg("svg", { class: "rlc-handles" });
  let handles = [];
  let groups = [];

  function make(frames) {
    const reached = new Set(); // parameters that a key can move already
    const all = panels.map((panel, i) =>
      panel.handles.map((handle) => {
        const byKeys = !reached.has(String(handle.moves));
        reached.add(String(handle.moves));
        return makeHandle(handle, frames[i], plot, byKeys);
      }),
    );
    handles = all.flat();
    groups = all.map((some) => svg("g", {}, ...some.map(({ element }) => element)));
    layer.replaceChildren(...groups);
  }
  /** Put each panel's handles over its picture, which may have moved as legends took more lines. */
  function settle(frames) {
    const origin = layer.getBoundingClientRect();
    frames.forEach(({ picture, width }, i) => {
      const box = picture.getBoundingClientRect();
      const scale = box.width / width;
      if (scale) groups[i].setAttribute("transform", `translate(${(box.left - origin.left) / scale} ${(box.top - origin.top) / scale})`);
    });
  }
  const place = () => handles.forEach((handle) => handle.place());
  const light = (name, on) => handles.forEach(({ moves, element }) => element.classList.toggle("rlc-lit", on && String(moves) === String(name)));
  /** One was let go: each goes to where it may stay, as another's move may have left it where it cannot. */
  const letGo = () => handles.forEach((handle) => handle.settle());
  return { layer, make, settle, place, light, letGo };
}

/* ---- the widget ----------------------------------------------------------------------------------------------- */

function render({ model, el }) {
  const description = model.get("description");
  const { grids, texts, panels, readouts, alt, colours, scale } = description;
  let numbers = readNumbers(model);
  const colour = (mark) => colours[mark.colour] ?? "currentColor";
  let pick = picker(description, numbers, nearest(grids, model));
  const now = (name) => entryOf(grids[name], model.get(name));
  const choose = (name, i) => {
    if (i === now(name)) return;
    model.set(name, grids[name][i]);
    model.save_changes();
  };
  const spread = (name, names) => everyPick(description, numbers, nearest(grids, model), name, names);
  const label = (name) => model.get("labels")[name] ?? name;
  const plot = { grids, label, now, choose, pick: (...asked) => pick(...asked), spread, light: (...one) => handles.light(...one), letGo: () => handles.letGo() };
  const handles = handleLayer(panels, plot);
  const plays = model.get("plays").map((name) => makePlay(name, plot));
  const view = { scale, colours, choose };
  const stand = html("div", { class: "rlc-panels", role: "img" });
  const stage = html("div", { class: "rlc-stage" }, stand, handles.layer);
  const said = html("div", { class: "rlc-readouts", "aria-live": "polite" });
  el.classList.add("rlc-plot");
  if (plays.length) el.append(html("div", { class: "rlc-plays" }, ...plays.map(({ element }) => element)));
  el.append(stage, said);
  let frames = [];
  let waiting = null;
  let drawn = ""; // the width and the lowness the frames were made for

  function paint() {
    waiting = null;
    pick = picker(description, numbers, nearest(grids, model));
    const words = (template) => fill(template, texts, pick);
    frames.forEach(({ at, groups }, i) => {
      panels[i].marks.forEach((mark, j) => refill(groups[j], draw[mark.kind](mark, colour(mark), pick, at, words, view)));
    });
    handles.place();
    stand.setAttribute("aria-label", words(alt));
    said.replaceChildren(...readouts.map((line) => html("div", { class: "rlc-readout" }, ...htmlWords(words(line)))));
  }

  function resize(width) {
    const low = Number(getComputedStyle(el).getPropertyValue("--rlc-low")) || 1;
    if (!width || `${width} ${low}` === drawn) return; // not on the page yet, or only the height has changed
    drawn = `${width} ${low}`;
    const beside = panels.length > 1 && width >= SIDE_BY_SIDE;
    const shares = panels.reduce((sum, { share }) => sum + share, 0);
    const paired = ({ of_row }) => of_row > 0 && of_row <= 0.5 && width >= IN_PAIRS;
    const part = (panel) => (beside ? panel.of_row || panel.share / shares : paired(panel) ? 0.5 : 1);
    const tall = (panel) => panel.height ?? (beside ? HEIGHT.beside : HEIGHT.stacked);
    frames = panels.map((panel) => frame(panel, Math.floor(width * part(panel)), tall(panel), colour, low));
    frames.forEach(({ element }, i) => (element.style.order = !beside && panels[i].of_row && panels[i].bare ? 1 : 0)); // maps last
    stand.replaceChildren(...frames.map(({ element }) => element));
    handles.make(frames);
    settle();
    paint();
  }

  function settle() {
    level(frames);
    handles.settle(frames);
  }

  const paintSoon = () => (waiting ??= requestAnimationFrame(paint));
  const names = model.get("parameters").map((name) => `change:${name}`);
  const watcher = new ResizeObserver(([entry]) => resize(Math.floor(entry.contentRect.width)));
  const renew = () => {
    numbers = readNumbers(model); // where a grid would be too large, the kernel answers instead: see answered.py
    paintSoon();
  };
  names.forEach((name) => model.on(name, paintSoon));
  model.on("change:numbers", renew);
  const settler = new ResizeObserver(() => frames.length && settle());
  watcher.observe(el);
  settler.observe(stand);
  const end = live(el, model);
  return () => {
    end();
    watcher.disconnect();
    settler.disconnect();
    plays.forEach((play) => play.stop());
    names.forEach((name) => model.off(name, paintSoon));
    model.off("change:numbers", renew);
    if (waiting !== null) cancelAnimationFrame(waiting);
  };
}

export default { render };

/* The marks of a plot, each drawn as SVG from numbers that Python has computed; see rlcourse/explorables/plotting/marks.py.
 *
 * There is no mathematics here but the way from the units of the axes to pixels, which `at` knows. The elements are made
 * by showing/browser.js, which Python puts before this file.
 */

const DASHES = { solid: "none", dashed: "8 5", dotted: "2 4", dashdot: "9 4 2 4" };
const HEAD = 6; // how long the head of a small arrow is, in pixels
const SHAPES = {
  circle: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z",
  square: "M-5.5 -5.5h11v11h-11Z",
  triangle: "M0 -7L6.5 5H-6.5Z",
  diamond: "M0 -7.5L7.5 0L0 7.5L-7.5 0Z",
};

function svgWords(attributes, text) {
  const smaller = (part) => svg("tspan", { "baseline-shift": "sub", "font-size": "80%" }, part);
  return svg("text", attributes, ...typeset(text, smaller));
}

const dashed = (mark, colour) => ({ stroke: colour, "stroke-dasharray": DASHES[mark.dash] });
const stroke = (mark, colour) => ({ ...dashed(mark, colour), "stroke-width": mark.width, fill: "none" });

const dots = (mark, colour) => ({
  stroke: colour,
  "stroke-width": mark.size,
  "stroke-linecap": mark.marker === "square" ? "square" : "round",
  class: "rlc-dots",
});

const symbol = (mark, colour, x, y, scale = 1) =>
  svg("path", { d: SHAPES[mark.marker], transform: `translate(${x} ${y}) scale(${scale})`, fill: colour, class: "rlc-symbol" });

/* ---- marks: each draws itself into a panel; `at` is a place in it, in pixels ---------------------------------- */

/** Whether a place has both its numbers; NaN stands for one that is left out. */
const there = (x, y) => Number.isFinite(x) && Number.isFinite(y);

const draw = {
  line(mark, colour, pick, at) {
    const [xs, ys] = [pick(mark.x, mark.along), pick(mark.y, mark.along)];
    let pen = "M";
    const steps = xs.map((x, i) => {
      const move = there(x, ys[i]) ? `${pen}${at.x(x).toFixed(2)} ${at.y(ys[i]).toFixed(2)}` : "";
      pen = move ? "L" : "M";
      return move;
    });
    const shown = xs.map((_, i) => i).filter((i) => mark.marker && there(xs[i], ys[i]));
    const symbols = shown.map((i) => symbol(mark, colour, at.x(xs[i]), at.y(ys[i]), 0.7));
    return [svg("path", { d: steps.join(""), ...stroke(mark, colour), "data-series": mark.y }), ...symbols];
  },
  bars(mark, colour, pick, at, words, { colours }) {
    const [xs, tops] = [mark.x, mark.height].map((name) => [pick(name, mark.along)].flat());
    const bases = pick(mark.base, mark.along);
    const bar = (x, top, base) => {
      const [left, right] = [at.x(x - mark.width / 2), at.x(x + mark.width / 2)];
      const size = { width: Math.max(0.5, right - left), height: Math.abs(at.y(top) - at.y(base)) };
      return svg("rect", { x: left, y: Math.min(at.y(top), at.y(base)), ...size, "data-top": at.y(top) });
    };
    const base = (i) => (Array.isArray(bases) ? bases[i] : bases);
    const capped = (x, top, from) => {
      if (mark.limit === null || top <= mark.limit) return [bar(x, top, from)];
      const [within, beyond] = [bar(x, mark.limit, from), bar(x, top, mark.limit)];
      const hatch = pattern("striped", colours.orange);
      within.setAttribute("fill", colours.orange);
      fitted(beyond, { fill: `url(#${hatch.id})`, stroke: colours.orange, "stroke-width": 1.5, class: "rlc-beyond" }, []);
      return [hatch, within, beyond];
    };
    const shown = xs.flatMap((x, i) => (there(x, tops[i]) ? capped(x, tops[i], base(i)) : []));
    const { look, made } = filling(mark, colour);
    return [...made, svg("g", { ...look, class: "rlc-bars", "data-series": mark.height }, ...shown)];
  },
  area(mark, colour, pick, at) {
    const [xs, lows, highs] = [mark.x, mark.low, mark.high].map((name) => pick(name, mark.along));
    const shown = xs.map((_, i) => i).filter((i) => there(xs[i], lows[i]) && Number.isFinite(highs[i]));
    const place = (i, ys) => `${at.x(xs[i]).toFixed(2)} ${at.y(ys[i]).toFixed(2)}`;
    const outline = [...shown.map((i) => place(i, highs)), ...shown.reverse().map((i) => place(i, lows))];
    const { look, made } = filling(mark, colour);
    const d = outline.length ? `M${outline.join("L")}Z` : "";
    return [...made, svg("path", { d, ...look, class: made.length ? "rlc-pattern" : "rlc-area", "data-series": mark.high })];
  },
  scatter(mark, colour, pick, at) {
    const [xs, ys] = [pick(mark.x, mark.along), pick(mark.y, mark.along)];
    // A stroke of no length with round or square ends is a point: one element, however many there are.
    const point = (i) => (there(xs[i], ys[i]) ? `M${at.x(xs[i]).toFixed(2)} ${at.y(ys[i]).toFixed(2)}h0` : "");
    return [svg("path", { d: xs.map((_, i) => point(i)).join(""), ...dots(mark, colour), "data-series": mark.y })];
  },
  /** Made once; from then on only the colours change, which is much quicker than new polygons. */
  tiles(mark, colour, pick, at, words, { scale, choose }) {
    if (!at.kept.has(mark)) at.kept.set(mark, makeTiles(mark, pick, at, scale, choose));
    const { group, polygons, numbers } = at.kept.get(mark);
    const reach = pick(mark.reach);
    const shade = (value) => scale[Math.round(Math.min(1, Math.max(0, 0.5 + value / (2 * reach))) * (scale.length - 1))];
    pick(mark.value, mark.along).forEach((value, i) => paint(polygons[i], Number.isFinite(value) ? shade(value) : "none"));
    const digits = reach < 0.1 ? 3 : reach < 10 ? 2 : 0;
    numbers.forEach((number, i) => (number.textContent = signed((i / 2 - 1) * reach, digits)));
    return [group];
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
    const shaft = svg("path", { d: `M${x0} ${y0}L${x1} ${y1}`, ...dashed(mark, colour), class: "rlc-shaft" });
    return [shaft, head];
  },
  /** One element, however many there are. */
  arrows(mark, colour, pick, at) {
    const [xs, ys, dxs, dys] = [mark.x, mark.y, mark.dx, mark.dy].map((name) => pick(name, mark.along));
    const entry = (values, i) => (Array.isArray(values) ? values[i] : values);
    const one = (x, i) => {
      const [y, dx, dy] = [ys, dxs, dys].map((values) => entry(values, i));
      if (!there(x, y) || !there(dx, dy) || (dx === 0 && dy === 0)) return "";
      return smallArrow(at.x(x), at.y(y), at.x(x + dx), at.y(y + dy));
    };
    return [svg("path", { d: xs.map(one).join(""), stroke: colour, "stroke-width": mark.width, class: "rlc-arrows", "data-series": mark.dx })];
  },
  text(mark, colour, pick, at, words) {
    const place = { x: at.x(pick(mark.x)), y: at.y(pick(mark.y)), "text-anchor": mark.anchor, class: "rlc-words" };
    return [svgWords(place, words(mark.text))];
  },
};

/** A path from one place to another, in pixels, with an open head that a short one does not outgrow. */
function smallArrow(x0, y0, x1, y1) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const head = Math.min(HEAD, 0.7 * length) / (length || 1);
  const [back, aside] = [[(x0 - x1) * head, (y0 - y1) * head], [(y1 - y0) * head * 0.6, (x0 - x1) * head * 0.6]];
  const barb = (side) => `${(x1 + back[0] + side * aside[0]).toFixed(1)} ${(y1 + back[1] + side * aside[1]).toFixed(1)}`;
  const tip = `${x1.toFixed(1)} ${y1.toFixed(1)}`;
  return `M${x0.toFixed(1)} ${y0.toFixed(1)}L${tip}M${barb(1)}L${tip}L${barb(-1)}`;
}

/** What fills a mark: its colour, or a pattern in it, and the elements that this takes. */
function filling(mark, colour) {
  if ((mark.hatch ?? "plain") === "plain") return { look: { fill: colour }, made: [] };
  const drawn = pattern(mark.hatch, colour);
  return { look: { fill: `url(#${drawn.id})`, stroke: colour }, made: [drawn] };
}

/** Slanted lines or dots to fill something with. */
function pattern(hatch, colour) {
  const id = `rlc-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`; // unique on the page
  const grid = { id, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  const lines = { d: hatch === "striped" ? "M2 0V8" : "M4 4h0", stroke: colour, "stroke-width": 3, "stroke-linecap": "round" };
  return svg("pattern", grid, svg("path", lines));
}

function paint(element, fill) {
  if (element.getAttribute("fill") !== fill) element.setAttribute("fill", fill);
}

/** The polygons of a `Tiles`, and its colour bar to the right of the panel with five numbers beside. */
function makeTiles(mark, pick, at, scale, choose) {
  const corners = mark.corners.map(([x, y]) => [pick(x, mark.along), pick(y, mark.along)]);
  const place = (i) => corners.map(([xs, ys]) => `${at.x(xs[i]).toFixed(1)} ${at.y(ys[i]).toFixed(1)}`).join("L");
  const polygons = corners[0][0].map((_, i) => svg("path", { d: `M${place(i)}Z`, "data-tile": i }));
  const tiles = svg("g", { "data-series": mark.value, class: mark.chooses ? "rlc-tiles rlc-choice" : "rlc-tiles" }, ...polygons);
  tiles.addEventListener("click", ({ target }) => mark.chooses && choose(mark.chooses, Number(target.dataset.tile)));
  const [height, count] = [at.bottom - at.top, scale.length];
  const y = (share) => at.bottom - share * height;
  const bar = (i) => ({ x: at.right + 12, y: y((i + 1) / count), width: 13, height: height / count + 0.5 });
  const steps = scale.map((colour, i) => svg("rect", { ...bar(i), fill: colour }));
  const numbers = [0, 0.25, 0.5, 0.75, 1].map((share) => svg("text", { x: at.right + 30, y: y(share) + 4 }));
  return { group: svg("g", { class: "rlc-two-sided" }, tiles, svg("g", { class: "rlc-bar" }, ...steps, ...numbers)), polygons, numbers };
}

/** How a mark looks, small, beside its name in the legend. */
function sample(mark, colour) {
  const middle = { x: () => 14, y: () => 7, left: 1, right: 27, top: 1, bottom: 13 };
  const { look, made } = filling(mark, colour);
  const drawings = {
    line: () => [svg("path", { d: "M1 7H27", ...stroke(mark, colour) }), ...(mark.marker ? [symbol(mark, colour, 14, 7, 0.7)] : [])],
    bars: () => [...made, svg("g", { ...look, class: "rlc-bars" }, svg("path", { d: made.length ? "M3 1H25V13H3Z" : "M4 13V5h5V13ZM11 13V1h5V13ZM18 13V8h5V13Z" }))],
    area: () => [...made, svg("path", { d: "M1 1H27V13H1Z", ...look, class: made.length ? "rlc-pattern" : "rlc-area" })],
    scatter: () => [svg("path", { d: "M5 9h0M14 4h0M22 9h0", ...dots({ ...mark, size: Math.min(mark.size, 7) }, colour) })],
    rule: () => [svg("path", { d: mark.x === null ? "M1 7H27" : "M14 0V14", ...stroke(mark, colour) })],
    point: () => [symbol(mark, colour, 14, 7)],
    band: () => draw.band({ low: 4, high: 24 }, colour, (x) => x, { ...middle, x: (x) => x }),
    arrows: () => [svg("path", { d: smallArrow(2, 7, 25, 7), stroke: colour, "stroke-width": mark.width, class: "rlc-arrows" })],
    arrow: () => [svg("path", { d: "M1 7H20", ...dashed(mark, colour), class: "rlc-shaft" }), svg("path", { d: "M27 7L16 1.5V12.5Z", fill: colour })],
  };
  return svg("svg", { width: 28, height: 14, "aria-hidden": "true" }, ...drawings[mark.kind]());
}

/* What can be taken hold of in a plot, and what plays by itself; see Handle in rlcourse/explorables/plotting/marks.py.
 *
 * There is no mathematics here either. Python has sent where a handle stands for every value of its parameter; dragging
 * chooses the value whose place lies nearest to the pointer. The slider beside the picture follows, as the two are linked.
 */

const RING = 12; // how large the ring around a handle is, in pixels
const GRIP = 9.5; // and the one on a line
const REACH = 17; // and how far from its middle it can be taken hold of: fingers are wide
const LINE = 20; // how wide a line is for the pointer
const SAME = 0.5; // places that are no further apart than this are one place
const CHEVRONS = { sideways: "M-3.5 -3.5L-7 0L-3.5 3.5M3.5 -3.5L7 0L3.5 3.5", upright: "M-3.5 -3.5L0 -7L3.5 -3.5M-3.5 3.5L0 7L3.5 3.5" };
const UPRIGHT = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown"]);
const SETTLING = 350; // milliseconds between the steps of a handle that was let go where it cannot stay
const KEY_STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -Infinity, End: Infinity };
const PLAYING = { all: 4000, shortest: 40, longest: 250 }; // milliseconds: of the whole grid, and of one step

/** The entry whose place is nearest to (x, y); of several in that same place, the one that is least `far` from now. */
function nearestPlace(xs, ys, x, y, far) {
  const apart = (i, px, py) => Math.hypot(xs ? xs[i] - px : 0, ys ? ys[i] - py : 0);
  const entries = (xs ?? ys).map((_, i) => i).filter((i) => Number.isFinite(apart(i, x, y)));
  if (!entries.length) return null;
  const best = entries.reduce((one, i) => (apart(i, x, y) < apart(one, x, y) ? i : one));
  const there = entries.filter((i) => apart(i, xs?.[best], ys?.[best]) <= SAME);
  return there.reduce((one, i) => (far(i) < far(one) ? i : one));
}

/** A handle's shape, with its middle, or its line, at 0: what the pointer can hit, and a ring that says so. */
function handleShape({ x, y, grip }, at) {
  if (x !== null && y !== null) return [svg("circle", { r: REACH, class: "rlc-hit" }), svg("circle", { r: RING, class: "rlc-ring" })];
  const [line, cx, cy, arrows] =
    y === null
      ? [`M0 ${at.top}V${at.bottom}`, 0, at.bottom - grip * (at.bottom - at.top), CHEVRONS.sideways]
      : [`M${at.left} 0H${at.right}`, at.left + grip * (at.right - at.left), 0, CHEVRONS.upright];
  return [
    svg("path", { d: line, "stroke-width": LINE, class: "rlc-hit" }),
    svg("circle", { cx, cy, r: REACH, class: "rlc-hit" }),
    svg("circle", { cx, cy, r: GRIP, class: "rlc-ring rlc-grip" }),
    svg("path", { d: arrows, transform: `translate(${cx} ${cy})`, class: "rlc-chevrons" }),
  ];
}

/** A handle in a panel. `plot` says what it can ask: see `render` in plot_view.js. */
function makeHandle(handle, { at, picture, width }, plot, byKeys) {
  const moves = [handle.moves].flat(); // one parameter, or two
  const grids = moves.map((name) => plot.grids[name]);
  const ends = { "aria-valuemin": grids[0][0], "aria-valuemax": grids[0].at(-1) };
  const name = moves.map(plot.label).join(", ");
  const spoken = moves.length === 1 ? { role: "slider", "aria-label": name, ...ends } : { role: "application", "aria-label": name };
  const hidden = { "aria-hidden": "true" };
  const element = svg("g", { class: "rlc-handle", "data-moves": moves.join(" "), ...(byKeys ? { ...spoken, tabindex: 0, ...keepKeys } : hidden) });
  element.append(...handleShape(handle, at));
  let held = null; // where it was taken hold of, from its middle
  let settling = null; // the timer of its next step, when it was let go where it cannot stay

  const middle = () => [handle.x === null ? 0 : at.x(plot.pick(handle.x)), handle.y === null ? 0 : at.y(plot.pick(handle.y))];
  const everywhere = (place, to) => (place === null ? null : plot.spread(place, moves).map(to));
  /** An entry of the product of the grids as one of each. */
  const entriesAt = (i) => (grids.length === 1 ? [i] : [Math.floor(i / grids[1].length), i % grids[1].length]);
  const far = (i) => entriesAt(i).reduce((sum, entry, k) => sum + Math.abs(entry - plot.now(moves[k])), 0);
  const pointer = ({ clientX, clientY }) => {
    const box = picture.getBoundingClientRect();
    const scale = box.width / width; // a page may be drawn larger than it is
    return [(clientX - box.left) / scale, (clientY - box.top) / scale];
  };
  const hold = (event) => {
    if (event.button !== 0) return;
    event.preventDefault(); // no text is selected
    clearTimeout(settling);
    element.setPointerCapture(event.pointerId);
    const [[x, y], [px, py]] = [middle(), pointer(event)];
    held = [px - x, py - y];
    element.classList.add("rlc-held");
    if (byKeys) element.focus({ preventScroll: true });
  };
  const drag = (event) => {
    if (!held) return;
    const [px, py] = pointer(event);
    const [xs, ys] = [everywhere(handle.x, at.x), everywhere(handle.y, at.y)];
    const nearest = nearestPlace(xs, ys, px - held[0], py - held[1], far);
    if (nearest !== null) entriesAt(nearest).forEach((entry, k) => plot.choose(moves[k], entry));
  };
  const release = () => {
    held = null;
    element.classList.remove("rlc-held");
    place();
    plot.letGo();
  };
  /** Something was let go: one step to where Python says that it comes next, until it may stay; all at once where motion is not wanted. */
  function settle() {
    clearTimeout(settling);
    if (!handle.settles) return;
    const last = moves.length - 1;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const follow = () => {
      const every = plot.spread(handle.settles, [moves[last]]).map((value) => entryOf(grids[last], value));
      let entry = every[plot.now(moves[last])];
      while (still && every[entry] !== entry) entry = every[entry];
      if (entry === plot.now(moves[last])) return;
      plot.choose(moves[last], entry);
      settling = setTimeout(follow, SETTLING);
    };
    settling = setTimeout(follow, still ? 20 : SETTLING);
  }
  const step = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const go = event.key === "Enter" ? plot.letGo : event.key in KEY_STEPS && (() => move(event.key));
    if (!go) return;
    event.preventDefault();
    go();
  };
  function move(key) {
    clearTimeout(settling);
    const k = moves.length > 1 && UPRIGHT.has(key) ? 1 : 0;
    plot.choose(moves[k], Math.min(grids[k].length - 1, Math.max(0, plot.now(moves[k]) + KEY_STEPS[key])));
  }
  function place() {
    const [x, y] = middle();
    const inside = (handle.x === null || (x >= at.left - EDGE && x <= at.right + EDGE)) && (handle.y === null || (y >= at.top - EDGE && y <= at.bottom + EDGE));
    element.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
    element.classList.toggle("rlc-away", !held && !inside);
    if (byKeys && moves.length === 1) element.setAttribute("aria-valuenow", grids[0][plot.now(moves[0])]);
  }
  const listeners = { pointerdown: hold, pointermove: drag, pointerup: release, pointercancel: release, keydown: step };
  for (const [name, listener] of Object.entries(listeners)) element.addEventListener(name, listener);
  // Whoever is about to move something sees everything that moves with it.
  element.addEventListener("pointerenter", () => plot.light(moves, true));
  element.addEventListener("pointerleave", () => plot.light(moves, false));
  return { element, place, settle, moves };
}

/** A button that lets a parameter run once, from where it is to the end of its grid; one step a press where motion is not wanted. */
function makePlay(name, plot) {
  const count = plot.grids[name].length;
  const pace = Math.min(PLAYING.longest, Math.max(PLAYING.shortest, PLAYING.all / (count - 1)));
  const motion = matchMedia("(prefers-reduced-motion: reduce)"); // asked anew at each press: it may be changed
  const sign = svg("path", { fill: "currentColor" });
  const button = html("button", { type: "button", class: "rlc-button rlc-play", "data-plays": name, ...keepKeys });
  button.append(svg("svg", { width: 11, height: 12, "aria-hidden": "true" }, sign), ...htmlWords(plot.label(name)));
  let [timer, expected] = [null, null];

  function show() {
    sign.setAttribute("d", timer ? "M1 1h3v10h-3ZM7 1h3v10h-3Z" : "M1 0.5L10.5 6L1 11.5Z");
    button.setAttribute("aria-label", `${timer ? "Pause" : motion.matches ? "Step" : "Play"} ${plot.label(name)}`);
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    show();
  }
  function advance() {
    if (plot.now(name) !== expected) return stop(); // somebody else has moved it
    expected += 1;
    plot.choose(name, expected);
    if (expected === count - 1) stop();
  }
  function press() {
    if (timer) return stop();
    if (plot.now(name) === count - 1) plot.choose(name, 0);
    expected = plot.now(name);
    if (motion.matches) return advance();
    timer = setInterval(advance, pace);
    show();
  }
  button.addEventListener("click", press);
  show();
  return { element: button, stop };
}

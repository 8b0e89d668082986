/* Draws what a policy does in its maze, and shows the numbers of one cell.
 *
 * All numbers come from Python. A new set of them only changes attributes; the style sheet lets arrows and colours glide.
 * The cell that is pointed at, touched or chosen with the arrow keys is the browser's own business.
 */

const CELL = 40; // units of the picture
const HEADINGS = [["north", "↑"], ["east", "→"], ["south", "↓"], ["west", "←"]];
const MOVES = { ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowLeft: [-1, 0] };
const ARROW = "M0 -2.2H17V-8L32 0L17 8V2.2H0Z"; // from its tail to the right, as long as a sure way is
const ROBOT = "M14.5 0L-11 11L-5.5 0L-11 -11Z"; // looks east
const FAINT = 0.08; // ways that are less likely are not drawn
const STRONGEST = 0.75;
const STAYS_AT = "translate(29.5 29.5) scale(0.85)"; // a corner, where no arrow passes, within the frame

/** The four arrays that Python sent; null when it has sent none yet. */
function read(bytes, { size }) {
  if (!bytes || !bytes.byteLength) return null;
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const cells = size * size;
  let from = 0;
  const take = (count) => all.subarray(from, (from += count));
  return { policy: take(12 * cells), values: take(4 * cells), ways: take(4 * cells), colours: take(cells) };
}

/** What is shown: a moment of a run that is over, a page of several, or what was sent last. */
function open(model, moment) {
  const pages = model.get("pages") ?? [];
  return model.get("past")[moment] ?? pages[model.get("page")] ?? { numbers: model.get("numbers"), said: model.get("said") };
}

const percent = (share) => `${Math.round(100 * share)} %`;

/* ---- the map ---------------------------------------------------------------------------------------------------- */

const corner = (world, cell) => [(cell % world.size) * CELL, Math.floor(cell / world.size) * CELL];

function drawCell(world, cell) {
  const [x, y] = corner(world, cell);
  const paint = svg("rect", { width: CELL, height: CELL, class: "rlc-value", "fill-opacity": 0 });
  const stay = svg("g", { transform: STAYS_AT, class: "rlc-stays" }, ...drawStays());
  const arrows = HEADINGS.map(([name]) => svg("path", { d: ARROW, class: "rlc-way", "data-way": name }));
  const group = svg("g", { transform: `translate(${x} ${y})`, "data-cell": cell }, paint, stay, ...arrows);
  return { group, paint, stay, arrows };
}

/** A robot that turns round and round: an arrow that goes in a circle. */
const drawStays = () => [svg("path", { d: "M-4.9 -1.3A5 5 0 1 0 -1.5 -4.8" }), svg("path", { d: "M-6.3 -5.2L0.2 -8.2L0.4 -1.4Z", class: "rlc-head" })];

/** The robot as it stands at the start, small. */
const drawRobot = ({ heading }) => svg("path", { d: ROBOT, transform: `scale(0.42) rotate(${90 * (heading - 1)})` });

function drawMap(world) {
  const side = world.size * CELL;
  const cells = world.places.map((_, cell) => drawCell(world, cell));
  const [x, y] = corner(world, world.exit);
  const named = world.size <= 9; // letters in smaller cells would be too small to read
  const door = svg("g", { transform: `translate(${x} ${y})`, class: "rlc-exit" },
    svg("rect", { width: CELL, height: CELL }),
    svg("path", { d: named ? "M15 22V4L28 8.5L17 13V22Z" : "M12 32V8L29 14L15 20V32Z" }),
    ...(named ? [svg("text", { x: CELL / 2, y: 34, "text-anchor": "middle" }, "exit")] : []));
  const [startX, startY] = corner(world, world.start);
  const start = svg("g", { transform: `translate(${startX + 10} ${startY + 10})`, class: "rlc-start" }, drawRobot(world));
  const walls = world.walls.map((ends) => ends.map((end) => end * CELL));
  const chosen = svg("rect", { x: 3, y: 3, width: CELL - 6, height: CELL - 6, rx: 3, class: "rlc-chosen" });
  const picture = svg("svg", { viewBox: `-3 -3 ${side + 6} ${side + 6}`, role: "img" },
    ...cells.map((cell) => cell.group), door,
    svg("path", { d: walls.map(([a, b, c, d]) => `M${a} ${b}L${c} ${d}`).join(""), class: "rlc-walls" }),
    start, chosen);
  return { picture, cells, chosen };
}

/** An arrow in the direction of a heading; one that is sure lies in the middle, a doubtful one begins there. */
function place(arrow, heading, likely) {
  const tail = CELL * (0.21 - 0.53 * likely);
  arrow.style.transform = `translate(${CELL / 2}px, ${CELL / 2}px) rotate(${90 * (heading - 1)}deg) translate(${tail}px, 0px) scale(${0.8 * likely})`;
  arrow.style.opacity = likely < FAINT ? 0 : 0.35 + 0.65 * likely;
  arrow.dataset.likely = likely;
}

function paintCell({ paint, stay, arrows }, cell, { ways, colours }) {
  let leaves = 0;
  arrows.forEach((arrow, heading) => {
    const likely = ways[4 * cell + heading];
    leaves += likely;
    place(arrow, heading, likely);
  });
  stay.style.opacity = 1 - leaves > 0.5 ? 1 : 0;
  paint.classList.toggle("rlc-below", colours[cell] < 0);
  paint.setAttribute("fill-opacity", STRONGEST * Math.abs(colours[cell]));
}

/* ---- the numbers of one cell -------------------------------------------------------------------------------------- */

function drawTable({ valued }) {
  const columns = ["forward", "turn left", "turn right", ...(valued ? ["V(s)"] : [])];
  const head = html("tr", {}, ...["looking", ...columns].map((name) => html("th", { scope: "col" }, name)));
  const rows = HEADINGS.map(([name, sign]) => {
    const numbers = columns.map((column) => html("td", column === "V(s)" ? { class: "rlc-worth" } : {}));
    const row = html("tr", {}, html("th", { scope: "row" }, html("span", { "aria-hidden": "true" }, sign), ` ${name}`), ...numbers);
    return { row, numbers };
  });
  const title = html("caption", {});
  const table = html("table", {}, title, html("thead", {}, head), html("tbody", {}, ...rows.map(({ row }) => row)));
  return { table, title, rows };
}

function fillTable({ title, rows }, world, cell, numbers) {
  const out = cell === world.exit;
  title.textContent = `${world.places[cell]}${out ? ": the exit, where a walk ends" : world.valued ? ": π(a|s) and V(s)" : ": π(a|s)"}`;
  rows.forEach(({ numbers: fields }, heading) => {
    const state = 4 * cell + heading;
    const chances = numbers && !out ? [0, 1, 2].map((action) => numbers.policy[3 * state + action]) : null;
    fields.slice(0, 3).forEach((field, action) => {
      field.textContent = chances ? percent(chances[action]) : "–";
      field.style.setProperty("--rlc-share", chances ? `${100 * chances[action]}%` : "0%");
      field.classList.toggle("rlc-likeliest", chances !== null && chances[action] === Math.max(...chances));
    });
    if (world.valued) fields[3].textContent = numbers ? signed(numbers.values[state], 2) : "–";
  });
}

/** One sentence on a cell, for those who hear it. */
function tell(world, cell, numbers) {
  if (!numbers) return world.places[cell];
  if (cell === world.exit) return `${world.places[cell]}, the exit`;
  const ways = HEADINGS.map(([name], heading) => [name, numbers.ways[4 * cell + heading]]).filter(([, likely]) => likely >= FAINT);
  const told = ways.map(([name, likely]) => `${name} ${percent(likely)}`).join(", ");
  return `${world.places[cell]}. Leaves to: ${told || "nowhere"}.`;
}

/* ---- the widget --------------------------------------------------------------------------------------------------- */

function drawKey(world) {
  const arrow = (share) => svg("svg", { viewBox: "-1 -9 36 18", width: 36 * share, height: 18 * share, "aria-hidden": "true" }, svg("path", { d: ARROW, class: "rlc-way" }));
  const stays = svg("svg", { viewBox: "-8 -9 16 16", width: 18, height: 18, "aria-hidden": "true" }, svg("g", { class: "rlc-stays" }, ...drawStays()));
  const robot = svg("svg", { viewBox: "-7 -7 14 14", width: 16, height: 16, "aria-hidden": "true", class: "rlc-start" }, drawRobot(world));
  const end = signed(world.scale, 2);
  const scale = html("div", { class: "rlc-scale" }, html("span", {}, `V(s): −${end} or less`), html("i", {}), html("span", {}, end));
  return html("div", { class: "rlc-key" }, ...(world.valued ? [scale] : []),
    html("div", {}, arrow(0.55), arrow(0.9), " which way the robot leaves a cell, whichever way it looks at first: the longer, the surer."),
    html("div", {}, stays, html("b", {}, "goes round and round: "), `after ${world.patience} actions it is more likely still there than not.`),
    html("div", {}, robot, " the start."));
}

/** A button for each page, where there are several. */
function drawPages(model) {
  const names = (model.get("pages") ?? []).map((page) => page.name);
  const buttons = names.length < 2 ? [] : names.map((name, page) => {
    const button = html("button", { type: "button", class: "rlc-button", ...keepKeys }, name);
    button.addEventListener("click", () => {
      model.set("page", page);
      model.save_changes();
    });
    return button;
  });
  const press = () => buttons.forEach((button, page) => button.setAttribute("aria-pressed", page === model.get("page")));
  return { row: html("div", { class: "rlc-pages", role: "group", "aria-label": "which policy" }, ...buttons), press };
}

function render({ model, el }) {
  const world = model.get("world");
  const map = drawMap(world);
  const table = drawTable(world);
  const pages = drawPages(model);
  const when = html("div", { class: "rlc-when" });
  const told = html("div", { class: "rlc-told", role: "status" });
  const stage = html("div", {
    class: "rlc-stage", tabindex: "0", role: "application", ...keepKeys,
    "aria-label": "The maze as the robot knows it. Arrow keys choose a cell, whose numbers stand in the table below.",
  }, map.picture);
  const film = player({ rate: 6, unit: "picture", hasTrail: false, paint: (time) => { moment = Math.floor(time); paint(); } });
  let numbers = null;
  let cell = world.start;
  let moment = -1; // of a run that is over; −1 is what was sent last

  function choose(next) {
    cell = next;
    const [x, y] = corner(world, cell);
    map.chosen.setAttribute("transform", `translate(${x} ${y})`);
    map.chosen.dataset.cell = cell;
    fillTable(table, world, cell, numbers);
  }

  function follow() { // what Python sends is shown, wherever the bar stands
    moment = -1;
    paint();
  }

  function recall() { // the run is over: its last moment stands there
    const last = model.get("past").length - 1;
    film.bar.hidden = last < 1;
    if (last < 1) return;
    film.setLength(last);
    film.moveTo(last);
  }

  function paint() {
    const { numbers: bytes, said } = open(model, moment);
    numbers = read(bytes, world);
    if (numbers) map.cells.forEach((one, index) => index !== world.exit && paintCell(one, index, numbers));
    pages.press();
    map.picture.setAttribute("aria-label", said.alt);
    when.textContent = said.when;
    choose(cell);
  }

  function point(event) {
    const over = event.target.closest?.("[data-cell]");
    if (over && over !== map.chosen && Number(over.dataset.cell) !== cell) choose(Number(over.dataset.cell));
  }

  function press(event) {
    if (!(event.key in MOVES) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const [dx, dy] = MOVES[event.key];
    const [column, row] = [(cell % world.size) + dx, Math.floor(cell / world.size) + dy];
    if (Math.min(column, row) < 0 || Math.max(column, row) >= world.size) return;
    choose(row * world.size + column);
    told.textContent = tell(world, cell, numbers);
  }

  stage.addEventListener("pointermove", point);
  stage.addEventListener("pointerdown", point);
  stage.addEventListener("keydown", press);
  el.addEventListener("keydown", (event) => !film.bar.hidden && film.press(event) && event.preventDefault());
  el.classList.add("rlc-learning");
  el.classList.toggle("rlc-wide", world.wide);
  el.append(stage, film.bar, html("div", { class: "rlc-aside" }, pages.row, when, drawKey(world), table.table), told);
  model.on("change:numbers change:said change:page", follow);
  model.on("change:past", recall);
  paint();
  recall();
  const end = live(el, model);
  return () => {
    for (const stop of [end, film.end]) stop();
    model.off("change:numbers change:said change:page", follow);
    model.off("change:past", recall);
  };
}

export default { render };

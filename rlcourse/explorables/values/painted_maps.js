/* Two maps that critics paint, a curve for the error of each, and what happened in words.
 *
 * There is no mathematics in here. Python has computed what each critic thought of each place after every step, and this
 * file draws what was thought at a position, (walk, step). In a walk of T steps, the steps 0 … T are the robot's, with
 * TD's updates; T … 2T are Monte Carlo's, from the last place back to the first. What moves the position stands in
 * monte_carlo_and_td.js, before which Python puts this file.
 */

const CELL = 90; // of the drawing, before it is scaled to the page
const ROBOT = "M21 0L-16 16L-8 0L-16 -16Z"; // looks east
const HEADINGS = ["north", "east", "south", "west"];
const BLUE = "0, 114, 178";
const ORANGE = "230, 159, 0";
const CURVE = { width: 330, height: 250, left: 44, right: 12, top: 12, bottom: 40 };
const CRITICS = [
  { key: "monteCarlo", name: "Monte Carlo", title: "Monte Carlo: the whole way back", colour: "#009e73", dash: "none" },
  { key: "td", name: "TD", title: "TD: one step back", colour: "#cc79a7", dash: "7 4" },
];
const written = (value, digits = 2) => signed(value, digits);
/** A number that has to stand in a triangle: ".46", "−.03", and "0" for what can hardly be told from it. */
const short = (value) => (Math.abs(value) < 0.02 ? "0" : written(value).replace(/^(−?)0\./, "$1."));

/* ---- what was thought when ------------------------------------------------------------------------------------ */

function readRecord(model) {
  const floats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  const numbers = Object.fromEntries(Object.entries(model.get("numbers")).map(([name, view]) => [name, floats(view)]));
  const { lengths } = model.get("world");
  const begins = [0];
  lengths.forEach((length) => begins.push(begins.at(-1) + length));
  const count = numbers.td.length / (lengths.length + 1);
  /** The states of a walk, one more than its steps. */
  const states = (walk) => numbers.states.slice(begins[walk] + walk, begins[walk + 1] + walk + 1);
  const table = (name, walk) => numbers[name].slice(walk * count, (walk + 1) * count);
  return { numbers, lengths, begins, states, table };
}

/** Both tables at a position, and the place that each has just changed. */
function tablesAt({ numbers, lengths, begins, states, table }, { walk, step }) {
  const tables = { monteCarlo: table("monteCarlo", walk), td: table("td", walk) };
  if (walk === lengths.length) return { tables, changed: {} };
  const [way, T, first] = [states(walk), lengths[walk], begins[walk]];
  const changed = {};
  const paint = (name, t) => {
    tables[name][way[t]] = numbers[`${name}Steps`][first + t];
    changed[name] = way[t];
  };
  for (let t = 0; t < Math.min(step, T); t++) paint("td", t);
  for (let t = T - 1; t >= 2 * T - step; t--) paint("monteCarlo", t);
  if (step > T) delete changed.td;
  return { tables, changed };
}

/* ---- drawing -------------------------------------------------------------------------------------------------- */

function tint(value, largest) {
  const strength = 0.75 * Math.min(1, Math.abs(value) / largest);
  return `rgba(${value < 0 ? ORANGE : BLUE}, ${strength.toFixed(3)})`;
}

function drawMap(world, critic) {
  const scaled = (places) => places.map((place) => place * CELL);
  const side = world.size * CELL;
  const triangle = (corners) => {
    const [a, b, c, d, e, f] = scaled(corners);
    return svg("path", { d: `M${a} ${b}L${c} ${d}L${e} ${f}Z`, class: "rlc-place" });
  };
  const tiles = world.triangles.map(triangle);
  const words = world.places.map((place) => {
    const [x, y] = scaled(place);
    return svg("text", { x, y: y + 6, "text-anchor": "middle" });
  });
  const [row, column] = [Math.floor(world.exit / world.size), world.exit % world.size];
  const door = svg("g", { transform: `translate(${column * CELL} ${row * CELL})`, class: "rlc-exit" },
    svg("rect", { width: CELL, height: CELL }), svg("path", { d: "M12 42V8L38 17L16 26V42Z" }),
    svg("text", { x: CELL / 2, y: 82, "text-anchor": "middle" }, "exit"));
  const walls = world.walls.map(scaled).map(([a, b, c, d]) => `M${a} ${b}L${c} ${d}`).join("");
  const trail = svg("polyline", { class: "rlc-trail" });
  const robot = svg("path", { d: ROBOT, class: "rlc-robot" });
  const picture = svg("svg", { viewBox: `-4 -4 ${side + 8} ${side + 8}`, role: "img", "data-map": critic.key },
    ...tiles, door, trail, svg("path", { d: walls, class: "rlc-walls" }), robot, svg("g", { class: "rlc-numbers" }, ...words));
  return { picture, tiles, words, trail, robot, turned: null };
}

/** The middle of a state's cell, a little to the right so that there and back stay apart. */
function middle(world, state) {
  const cell = Math.floor(state / 4);
  return [((cell % world.size) + 0.5) * CELL, (Math.floor(cell / world.size) + 0.5) * CELL];
}

function place(world, state) {
  const [x, y] = middle(world, state);
  const [right, down] = [[1, 0], [0, 1], [-1, 0], [0, -1]][state % 4];
  return `${x + 9 * right},${y + 9 * down}`;
}

/** The robot at the end of its way, and behind it the way, unless the walk is over. */
function moveRobot(map, world, way, over) {
  const state = way.at(-1);
  const [x, y] = middle(world, state);
  const asked = 90 * ((state % 4) - 1);
  // Turn the short way round, also over north.
  map.turned = map.turned === null ? asked : map.turned + ((((asked - map.turned) % 360) + 540) % 360) - 180;
  map.robot.style.transform = `translate(${x}px, ${y}px) rotate(${map.turned}deg)`;
  map.trail.setAttribute("points", over ? "" : [...way].map((one) => place(world, one)).join(" "));
}

function paintMap(map, world, table, changed) {
  world.shown.forEach((state, i) => {
    const value = table[state];
    const [fill, text] = [tint(value, world.largest), value === 0 ? "" : short(value)];
    if (map.tiles[i].dataset.value !== String(value)) {
      map.tiles[i].style.fill = fill;
      map.tiles[i].dataset.value = value;
      map.words[i].textContent = text;
    }
    map.tiles[i].classList.toggle("rlc-changed", state === changed);
  });
}

/** Both errors over the walks, up to where the replay is. */
function drawCurve({ numbers, lengths }) {
  const [K, high] = [lengths.length, Math.max(numbers.tdError[0], ...numbers.monteCarloError, ...numbers.tdError) * 1.05];
  const x = (walk) => CURVE.left + (walk / K) * (CURVE.width - CURVE.left - CURVE.right);
  const y = (error) => CURVE.height - CURVE.bottom - (error / high) * (CURVE.height - CURVE.top - CURVE.bottom);
  const ticks = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1].filter((tick) => tick <= high);
  const axes = [
    ...ticks.flatMap((tick) => [
      svg("path", { d: `M${CURVE.left} ${y(tick)}H${CURVE.width - CURVE.right}`, class: tick ? "rlc-grid" : "rlc-zero" }),
      svg("text", { x: CURVE.left - 6, y: y(tick) + 4, "text-anchor": "end" }, tick.toFixed(1)),
    ]),
    ...[0, Math.round(K / 2), K].map((walk) => svg("text", { x: x(walk), y: CURVE.height - 22, "text-anchor": "middle" }, String(walk))),
    svg("text", { x: (CURVE.left + CURVE.width) / 2, y: CURVE.height - 5, "text-anchor": "middle", class: "rlc-words" }, "walks"),
  ];
  const lines = CRITICS.map(({ key, colour, dash }) =>
    svg("path", { fill: "none", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash, "data-error": key }));
  const dots = CRITICS.map(({ colour }) => svg("circle", { r: 4.5, fill: colour, class: "rlc-dot" }));
  const size = { width: CURVE.width, height: CURVE.height, viewBox: `0 0 ${CURVE.width} ${CURVE.height}`, role: "img" };
  const picture = svg("svg", { ...size, "data-high": high }, ...axes, ...lines, ...dots);
  const show = (walk) => {
    CRITICS.forEach(({ key }, i) => {
      const errors = Array.from(numbers[`${key}Error`].slice(0, walk + 1));
      lines[i].setAttribute("d", `M${errors.map((error, k) => `${x(k).toFixed(2)} ${y(error).toFixed(2)}`).join("L")}`);
      dots[i].setAttribute("cx", x(walk));
      dots[i].setAttribute("cy", y(errors.at(-1)));
    });
  };
  return { picture, show };
}

/* ---- words ---------------------------------------------------------------------------------------------------- */

/** What the robot did in a step, from the two states around it. */
function deed(before, after, size) {
  if (before === after) return "a wall";
  if (Math.floor(before / 4) !== Math.floor(after / 4)) return "forward";
  return (after - before + 4) % 4 === 1 ? "a turn to the right" : "a turn to the left";
}

function story(record, world, { walk, step }, { tables }) {
  const above = (name) => world.shown.filter((state) => tables[name][state] > 0).length;
  if (walk === record.lengths.length) return `All ${walk} walks are over.`;
  if (!walk && !step) return "Nobody has walked yet. Both critics think that every place is worth 0.";
  const T = record.lengths[walk];
  const who = `Walk ${walk + 1}`;
  if (!step) return `${who} begins. Both critics think what they learned before.`;
  if (step === 2 * T) {
    return `${who} is over. Monte Carlo now thinks that ${above("monteCarlo")} of ${world.shown.length} places are worth more than 0, TD ${above("td")}.`;
  }
  if (step > T) {
    const t = 2 * T - step;
    return `${who}, back at step ${t + 1}: its return was ${written(record.numbers.returns[record.begins[walk] + t])}. Monte Carlo moves towards it.`;
  }
  const [t, way] = [step - 1, record.states(walk)];
  const now = record.numbers.tdSteps[record.begins[walk] + t];
  const paid = `${deed(way[t], way[t + 1])}, reward ${written(record.numbers.rewards[record.begins[walk] + t])}`;
  const waits = step === T ? "The walk is over: now Monte Carlo knows all returns." : "Monte Carlo waits.";
  return `${who}, step ${step}: ${paid}. To TD the place it left is now worth ${written(now)}. ${waits}`;
}

/* Draws the robot in its maze and lets the learner drive it.
 *
 * There are no rules in here: where an action leads and what it pays is looked up in the tables that Python sent. All
 * that changes is the list of actions since the last reset; every picture is that list replayed from the start.
 */

const CELL = 40; // pixels, before the picture is scaled to the page
const HEADINGS = ["north", "east", "south", "west"];
const KEYS = { ArrowUp: 0, ArrowLeft: 1, ArrowRight: 2 };
const BUTTONS = [
  { action: 1, sign: "↶", name: "turn left", key: "←" },
  { action: 0, sign: "↑", name: "forward", key: "↑" },
  { action: 2, sign: "↷", name: "turn right", key: "→" },
];
const ROBOT = "M14.5 0L-11 11L-5.5 0L-11 -11Z"; // looks east

/** A number with two decimals, three where it has them, and a real minus sign. */
function format(value) {
  const thousandths = Math.round(value * 1000);
  return (thousandths / 1000).toFixed(thousandths % 10 ? 3 : 2).replace("-", "−");
}

/* ---- the episode ---------------------------------------------------------------------------------------------- */

/** What each action pays in each state, as Python sent it. */
function readPay(model) {
  const bytes = model.get("pay");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** The actions replayed from the start: states, rewards, the last action's bump, and the return. */
function replay(world, pay, actions) {
  const episode = { states: [world.start], rewards: [], bump: false, total: 0 };
  for (const action of actions) {
    const entry = 3 * episode.states.at(-1) + action;
    episode.states.push(world.next[entry]);
    episode.rewards.push(pay[entry]);
    episode.bump = world.bumps[entry];
    episode.total += pay[entry];
  }
  const state = episode.states.at(-1);
  const [cell, heading] = [Math.floor(state / 4), state % 4];
  const [row, column] = [Math.floor(cell / world.size), cell % world.size];
  const out = cell === world.exit;
  return { ...episode, row, column, heading, out, late: !out && actions.length >= world.limit };
}

/** One sentence on what the last action did. */
function story(world, actions, { row, column, heading, rewards, bump, total, out, late }) {
  const n = actions.length;
  if (!n) return `The robot waits in row ${row}, column ${column}, and looks ${HEADINGS[heading]}.`;
  const paid = `Reward ${format(rewards.at(-1))}.`;
  if (out) {
    const best = n === world.shortest ? "No way is shorter!" : `The shortest way takes ${world.shortest}.`;
    return `Out! ${paid} Return ${format(total)} after ${n} actions. ${best}`;
  }
  if (late && world.driver !== "you") return `After ${n} actions ${world.driver} is still inside. Return ${format(total)}.`;
  if (late) return `Time is up after ${n} actions. Return ${format(total)}. Reset to try again.`;
  if (bump) return `Bump! There is a wall to the ${HEADINGS[heading]}. ${paid}`;
  if (actions.at(-1) === 0) return `Forward to row ${row}, column ${column}. ${paid}`;
  return `Turned ${actions.at(-1) === 1 ? "left" : "right"}, now looks ${HEADINGS[heading]}. ${paid}`;
}

/* ---- the picture ---------------------------------------------------------------------------------------------- */

/** The part that stands still. */
function drawMaze(world) {
  const side = world.size * CELL;
  const [row, column] = [Math.floor(world.exit / world.size), world.exit % world.size];
  const walls = world.walls.map((ends) => ends.map((end) => end * CELL));
  const door = svg("g", { transform: `translate(${column * CELL} ${row * CELL})`, class: "rlc-exit" },
    svg("rect", { width: CELL, height: CELL }),
    svg("path", { d: "M15 23V5L28 9.5L17 14V23Z" }),
    svg("text", { x: CELL / 2, y: 34, "text-anchor": "middle" }, "exit"));
  const trail = svg("polyline", { class: "rlc-trail" });
  const robot = svg("g", { class: "rlc-robot" }, svg("path", { d: ROBOT }));
  const bump = svg("path", { d: `M${CELL / 2} -15V15`, class: "rlc-bump" });
  const picture = svg("svg", { viewBox: `-3 -3 ${side + 6} ${side + 6}`, role: "img" },
    door, trail,
    svg("path", { d: walls.map(([a, b, c, d]) => `M${a} ${b}L${c} ${d}`).join(""), class: "rlc-walls" }),
    bump, robot);
  return { picture, trail, robot, bump };
}

/** The middle of a state's cell, a little to the right of the corridor so that there and back stay apart. */
function place(world, state) {
  const [cell, heading] = [Math.floor(state / 4), state % 4];
  const [right, down] = [[1, 0], [0, 1], [-1, 0], [0, -1]][heading];
  const x = ((cell % world.size) + 0.5 + 0.13 * right) * CELL;
  return `${x} ${(Math.floor(cell / world.size) + 0.5 + 0.13 * down) * CELL}`;
}

function move({ picture, trail, robot, bump }, world, episode, words) {
  const middle = `translate(${(episode.column + 0.5) * CELL} ${(episode.row + 0.5) * CELL})`;
  const turn = `rotate(${90 * (episode.heading - 1)})`;
  robot.setAttribute("transform", `${middle} ${turn}`);
  bump.setAttribute("transform", `${middle} ${turn}`);
  bump.style.visibility = episode.bump ? "visible" : "hidden";
  trail.setAttribute("points", episode.states.map((state) => place(world, state)).join(" "));
  picture.setAttribute("aria-label", `${world.about} ${words}`);
}

/* ---- the widget ----------------------------------------------------------------------------------------------- */

function button({ sign, name, key }, act) {
  const element = html("button", { type: "button", class: "rlc-button", title: `${name} (key ${key})`, ...keepKeys },
    html("span", { class: "rlc-sign", "aria-hidden": "true" }, sign), name);
  element.addEventListener("click", act);
  return element;
}

function board(names) {
  const values = names.map(() => html("dd", {}));
  const list = html("dl", {}, ...names.flatMap((name, i) => [html("dt", {}, name), values[i]]));
  return { list, fill: (texts) => texts.forEach((text, i) => (values[i].textContent = text)) };
}

function render({ model, el }) {
  const world = model.get("world");
  let pay = readPay(model);
  const drawing = drawMaze(world);
  const stage = html("div", {
    class: "rlc-stage", tabindex: "0", role: "application", ...keepKeys,
    "aria-label": "The maze. Up arrow drives forward, left and right arrow turn, R starts over.",
  }, drawing.picture);
  const said = html("p", { class: "rlc-said", role: "status" });
  const hint = html("p", { class: "rlc-hint" }, world.hint);
  const { list, fill } = board(["actions", "last reward", "return"]);

  function set(actions) {
    model.set("actions", actions);
    model.save_changes();
  }

  function act(action) {
    const actions = model.get("actions");
    const { out, late } = replay(world, pay, actions);
    if (!out && !late) set([...actions, action]);
  }

  function paint() {
    pay = readPay(model); // the maze stays as it is, but its rewards may change
    const actions = model.get("actions");
    const episode = replay(world, pay, actions);
    const words = story(world, actions, episode);
    move(drawing, world, episode, words);
    fill([`${actions.length} of ${world.limit}`, actions.length ? format(episode.rewards.at(-1)) : "–", format(episode.total)]);
    said.textContent = words;
    said.dataset.mood = episode.out ? "out" : episode.bump || episode.late ? "bump" : "";
  }

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in KEYS) act(KEYS[event.key]);
    else if (event.key === "r") set([]);
    else return;
    event.preventDefault();
  }

  const buttons = BUTTONS.map((one) => button(one, () => act(one.action)));
  const reset = button({ sign: "⟲", name: "reset", key: "R" }, () => set([]));
  const controls = html("div", { class: "rlc-controls", role: "group", "aria-label": "Drive the robot" }, ...buttons, reset);
  el.classList.add("rlc-drive");
  el.append(hint, stage, html("div", { class: "rlc-side" }, controls, list, said));
  el.addEventListener("keydown", press);
  model.on("change:actions change:pay", paint);
  paint();
  const end = live(el);
  return () => {
    end();
    el.removeEventListener("keydown", press);
    model.off("change:actions change:pay", paint);
  };
}

export default { render };

/* The robot in its maze: the learner drives it, and what was driven can be played again.
 *
 * There are no rules in here. Where an action leads and what it pays is looked up in the tables that Python sent; by rules
 * of the learner's own Python says it, action by action. All that changes is the list of actions since the last reset;
 * every picture is that list replayed from the start.
 */

const HEADINGS = ["north", "east", "south", "west"];
const KEYS = { ArrowUp: 0, ArrowLeft: 1, ArrowRight: 2 };
const BUTTONS = [
  { action: 1, sign: "↶", name: "turn left", key: "←" },
  { action: 0, sign: "↑", name: "forward", key: "↑" },
  { action: 2, sign: "↷", name: "turn right", key: "→" },
];
const WAITING = "Waiting for Python, which works out each move by your rules. Another cell is running, or there is no kernel.";
const PATIENCE = 500; // milliseconds before that is said

/* ---- the episode ---------------------------------------------------------------------------------------------- */

/** What each action pays in each state, as Python sent it. */
function readPay(model) {
  const bytes = model.get("pay");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** The same walk with what the player asks for: returns, and whether the robot is out after k actions. */
function completed(world, walk) {
  const returns = [0];
  for (const reward of walk.rewards) returns.push(returns.at(-1) + reward);
  const isExit = ([row, column]) => row * world.size + column === world.exit && column >= 0 && column < world.size;
  return { ...walk, returns, out: (k) => isExit(walk.frames[k]) };
}

/** The actions replayed by the maze's rules. */
function replay(world, pay, actions) {
  const walk = { frames: [frameOf(world.size, world.start)], rewards: [], bumps: [], words: [], lost: false };
  let state = world.start;
  for (const action of actions) {
    const entry = 3 * state + action;
    state = world.next[entry];
    walk.frames.push(frameOf(world.size, state));
    walk.rewards.push(pay[entry]);
    walk.bumps.push(world.bumps[entry]);
  }
  return completed(world, walk);
}

/** What Python has worked out by the learner's rules, as far as it is about these actions: the rest is on its way. */
function worked(world, own, actions) {
  const differs = own.actions.findIndex((action, i) => action !== actions[i]);
  const n = differs < 0 ? own.actions.length : differs;
  const parts = Object.fromEntries(["rewards", "bumps", "words", "amiss"].map((name) => [name, own[name].slice(0, n)]));
  return completed(world, { ...parts, frames: own.frames.slice(0, n + 1), lost: own.lost && n === own.actions.length });
}

/** What the k-th action did. Python has said it already where the rules are the learner's. */
function told(walk, k, action) {
  if (walk.words[k - 1]) return walk.words[k - 1];
  const [row, column, heading] = walk.frames[k];
  const paid = `Reward ${format(walk.rewards[k - 1])}.`;
  if (walk.bumps[k - 1]) return `Bump! There is a wall to the ${HEADINGS[heading]}. ${paid}`;
  if (action === 0) return `Forward to row ${row}, column ${column}. ${paid}`;
  return `Turned ${action === 1 ? "left" : "right"}, now looks ${HEADINGS[modulo(heading, 4)]}. ${paid}`;
}

/** One sentence on the robot after k actions. `driver` is who did the last of them. */
function story(world, walk, k, actions, driver) {
  const [row, column, heading] = walk.frames[k];
  if (!k) return `The robot waits in row ${row}, column ${column}, and looks ${HEADINGS[heading]}.`;
  const total = `Return ${format(walk.returns[k])}`;
  if (walk.out(k)) {
    const best = k === world.shortest ? "No way is shorter!" : `The shortest way takes ${world.shortest}.`;
    return `Out! Reward ${format(walk.rewards[k - 1])}. ${total} after ${k} actions. ${world.own ? "" : best}`.trim();
  }
  const late = k >= world.limit;
  if (late && driver !== "you") return `After ${k} actions ${driver} is still inside. ${total}.`;
  if (late) return `Time is up after ${k} actions. ${total}. Reset to try again.`;
  return told(walk, k, actions[k - 1]);
}

const moodOf = (world, walk, k) =>
  walk.out(k) ? "out" : k && (walk.bumps[k - 1] || walk.amiss?.[k - 1] || k >= world.limit) ? "bump" : "";

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
  const drawing = mazeStage(world);
  const stage = html("div", {
    class: "rlc-stage", tabindex: "0", role: "application", ...keepKeys,
    "aria-label": "The maze. Up arrow drives forward, left and right arrow turn, R starts over, space plays what was driven.",
  }, drawing.picture);
  const said = html("p", { class: "rlc-said", role: "status" });
  const { list, fill } = board(["actions", "last reward", "return"]);
  const film = player({ rate: world.rate, unit: "action", paint });
  let [walk, driver, drawn, waiting] = [read(), world.driver, -1, 0];

  function read() {
    return world.own ? worked(world, model.get("own"), model.get("actions")) : replay(world, readPay(model), model.get("actions"));
  }

  function set(actions) {
    model.set("actions", actions);
    model.save_changes();
  }

  function act(action) {
    const all = model.get("actions");
    const taken = film.atEnd() ? all : all.slice(0, Math.floor(film.time())); // from an earlier moment: drive on there
    const k = Math.min(taken.length, walk.frames.length - 1);
    if (walk.out(k) || (walk.lost && k === walk.frames.length - 1) || taken.length >= world.limit) return;
    driver = "you";
    if (taken.length < all.length) film.moveTo(taken.length);
    set([...taken, action]);
  }

  function paint(t, trail, playing) {
    drawing.show(walk, t, trail);
    const k = Math.ceil(t);
    if (drawn === k && said.dataset.playing === String(playing)) return;
    drawn = k;
    said.dataset.playing = playing;
    said.setAttribute("aria-live", playing ? "off" : "polite");
    const words = story(world, walk, k, model.get("actions"), driver);
    drawing.picture.setAttribute("aria-label", `${world.about} ${words}`);
    fill([`${k} of ${world.limit}`, k ? format(walk.rewards[k - 1]) : "–", format(walk.returns[k])]);
    said.textContent = words;
    said.dataset.mood = moodOf(world, walk, k);
  }

  function follow() {
    walk = read();
    drawn = -1;
    film.follow(walk.frames.length - 1);
    clearTimeout(waiting);
    const [last, all] = [walk.frames.length - 1, model.get("actions")];
    if (last >= all.length) return;
    if (walk.out(last) || walk.lost) set(all.slice(0, last)); // keys held too long: nothing can follow the end
    else waiting = setTimeout(() => (said.textContent = WAITING), PATIENCE);
  }

  let seen = {};
  function change() { // called once for each trait of a message, when all of them have changed already
    const now = Object.fromEntries(["actions", "pay", "own", "shown"].map((name) => [name, model.get(name)]));
    const chosen = now.shown && now.shown !== seen.shown;
    if (Object.keys(now).every((name) => now[name] === seen[name])) return;
    seen = now;
    if (chosen) showAnother();
    else follow();
  }

  function showAnother() { // Python has chosen the walk: play it from its start
    [walk, driver, drawn] = [read(), world.driver, -1];
    film.setLength(walk.frames.length - 1);
    film.moveTo(reducedMotion() ? walk.frames.length - 1 : 0);
    forget();
    forget = reducedMotion() ? () => {} : whenSeen(stage, film.play);
  }

  function press(event) {
    if (film.press(event)) return event.preventDefault();
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("select, input")) return;
    if (event.key in KEYS) act(KEYS[event.key]);
    else if (event.key === "r") set([]);
    else return;
    event.preventDefault();
  }

  let forget = () => {};
  const buttons = BUTTONS.map((one) => button(one, () => act(one.action)));
  const reset = button({ sign: "⟲", name: "reset", key: "R" }, () => set([]));
  const controls = html("div", { class: "rlc-controls", role: "group", "aria-label": "Drive the robot" }, ...buttons, reset);
  el.classList.add("rlc-drive", "rlc-robots");
  const side = html("div", { class: "rlc-side" }, controls, list, said);
  el.append(...(world.hint ? [whatToTry(world.hint)] : []), html("div", { class: "rlc-desk" }, stage, side, film.bar));
  el.addEventListener("keydown", press);
  model.on("change", change);
  change();
  const end = live(el, model);
  return () => {
    for (const stop of [end, forget, film.end, () => clearTimeout(waiting)]) stop();
    el.removeEventListener("keydown", press);
    model.off("change", change);
  };
}

export default { render };

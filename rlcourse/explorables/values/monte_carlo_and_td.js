/* Replays walks on two maps: one critic paints a step at a time, the other the whole way back when the walk is over.
 *
 * The drawing, and what is drawn at which position, stand in painted_maps.js. Here are the buttons, the clock and the keys.
 */

const SPEEDS = [
  { name: "slow", step: 400, back: 40 },
  { name: "medium", step: 90, back: 15 },
  { name: "walk by walk", walk: 160 },
];
const stillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function render({ model, el }) {
  const world = model.get("world");
  const record = readRecord(model);
  const K = record.lengths.length;
  const maps = CRITICS.map((critic) => drawMap(world, critic));
  const curve = drawCurve(record);
  let at = { walk: 0, step: 0 };
  let speed = 1;
  let clock = null; // the timer that will take the next step, while something moves
  let playing = false;

  /* -- what stands on the page -- */
  const button = (sign, name, key, act) => {
    const element = html("button", { type: "button", class: "rlc-button", title: `${name} (key ${key})`, ...keepKeys },
      html("span", { class: "rlc-sign", "aria-hidden": "true" }, sign), html("span", {}, name));
    element.addEventListener("click", act);
    return element;
  };
  const playButton = button("▶", "play", "P", () => (playing ? stop() : play()));
  const choice = html("select", { "aria-label": "speed", ...keepKeys }, ...SPEEDS.map(({ name }, i) => html("option", { value: i }, name)));
  choice.value = String(speed);
  const slider = html("input", { type: "range", min: 0, max: K, step: 1, value: 0, "aria-label": "walks", ...keepKeys });
  const count = html("span", { class: "rlc-count" });
  const said = html("p", { class: "rlc-said", role: "status" });
  const errors = html("p", { class: "rlc-errors" });
  const stage = html("div", {
    class: "rlc-stage", tabindex: "0", role: "application", ...keepKeys,
    "aria-label": `${world.about} Right arrow takes a step, N finishes the walk, P plays and pauses, R starts over.`,
  }, ...maps.map((map, i) => html("figure", {}, html("figcaption", {}, CRITICS[i].title), map.picture)));
  const key = CRITICS.map(({ name, colour, dash }) => html("span", { class: "rlc-entry" },
    svg("svg", { width: 28, height: 12, "aria-hidden": "true" }, svg("path", { d: "M1 6H27", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash })), name));
  const scale = html("div", { class: "rlc-scale" }, html("span", {}, written(-world.largest, 1)), html("span", { class: "rlc-ramp", "aria-hidden": "true" }), html("span", {}, `+${written(world.largest, 1)}`), html("span", {}, "value: orange below 0, blue above"));

  /* -- position -- */
  function paint() {
    const thought = tablesAt(record, at);
    const over = at.walk === K;
    const walk = Math.min(at.walk, K - 1);
    const T = record.lengths[walk];
    const way = record.states(walk).slice(0, (over ? T : Math.min(at.step, T)) + 1);
    const done = at.walk + (!over && at.step === 2 * T);
    maps.forEach((map, i) => {
      paintMap(map, world, thought.tables[CRITICS[i].key], thought.changed[CRITICS[i].key]);
      moveRobot(map, world, way, done > at.walk);
      map.picture.setAttribute("aria-label", `${CRITICS[i].title}. ${world.about}`);
    });
    curve.show(done);
    const [mc, td] = [record.numbers.monteCarloError[done], record.numbers.tdError[done]];
    errors.textContent = `Average error of V after ${done} walk${done === 1 ? "" : "s"}: Monte Carlo ${written(mc, 3)}, TD ${written(td, 3)}.`;
    curve.picture.setAttribute("aria-label", `Two curves over the walks. ${errors.textContent}`);
    said.textContent = story(record, world, at, thought);
    slider.value = String(done);
    count.textContent = `${done} of ${K} walks`;
    el.dataset.position = `${at.walk} ${at.step}`;
  }

  function go(walk, step = 0) {
    at = { walk, step };
    paint();
  }

  const length = () => (at.walk < K ? record.lengths[at.walk] : 0);
  const painting = () => at.walk < K && at.step >= length() && at.step < 2 * length();

  /** One step on; after the last of a walk the next begins. */
  function advance() {
    if (at.walk === K) return false;
    if (at.step < 2 * length()) go(at.walk, at.step + 1);
    else if (at.walk + 1 === K) return false;
    else go(at.walk + 1, 1);
    return true;
  }

  /* -- motion -- */
  function wait(milliseconds, act) {
    clearTimeout(clock);
    clock = setTimeout(act, milliseconds);
  }

  /** Monte Carlo's way back, in one go. */
  function paintBack(then) {
    if (!painting()) return then();
    if (stillness() || SPEEDS[speed].walk) {
      go(at.walk, 2 * length());
      return then();
    }
    wait(SPEEDS[speed].back, () => {
      go(at.walk, at.step + 1);
      paintBack(then);
    });
  }

  function play() {
    if (at.walk === K || (at.walk === K - 1 && at.step === 2 * length())) go(0);
    playing = true;
    showPlaying();
    beat();
  }

  function beat() {
    if (!playing) return;
    if (SPEEDS[speed].walk) {
      if (at.step === 2 * length() && at.walk + 1 < K) at = { walk: at.walk + 1, step: 0 };
      else if (at.step === 2 * length()) return stop();
      go(at.walk, 2 * length());
      return wait(SPEEDS[speed].walk, beat);
    }
    if (painting()) return paintBack(() => wait(5 * SPEEDS[speed].step, beat));
    if (!advance()) return stop();
    wait(SPEEDS[speed].step, beat);
  }

  function stop() {
    playing = false;
    clearTimeout(clock);
    if (painting() && at.step > length()) go(at.walk, 2 * length());
    showPlaying();
  }

  function showPlaying() {
    const [sign, name] = playButton.children;
    sign.textContent = playing ? "❚❚" : "▶";
    name.textContent = playing ? "pause" : "play";
    said.setAttribute("aria-live", playing ? "off" : "polite");
  }

  function step() {
    stop();
    if (painting()) paintBack(() => {});
    else advance();
  }

  function finish() {
    stop();
    if (at.walk < K && at.step === 2 * length() && at.walk + 1 < K) at = { walk: at.walk + 1, step: 0 };
    if (at.walk === K) return;
    if (at.step < length()) go(at.walk, length());
    paintBack(() => {});
  }

  function reset() {
    stop();
    go(0);
  }

  /** The slider tells how many walks are over. */
  function slide() {
    const done = Number(slider.value); // read before stop(), which moves the slider when it ends a way back
    stop();
    go(Math.max(0, done - 1), done ? 2 * record.lengths[done - 1] : 0);
  }

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target === slider || event.target === choice) return;
    const acts = { ArrowRight: step, n: finish, p: () => (playing ? stop() : play()), r: reset };
    const act = acts[event.key] ?? acts[event.key.toLowerCase()];
    if (!act) return;
    act();
    event.preventDefault();
  }

  slider.addEventListener("input", slide);
  choice.addEventListener("change", () => (speed = Number(choice.value)));
  el.addEventListener("keydown", press);
  el.classList.add("rlc-lessons");
  el.append(
    whatToTry(world.hint),
    html("div", { class: "rlc-controls", role: "group", "aria-label": "Play the walks" },
      playButton, button("↷", "step", "→", step), button("»", "finish the walk", "N", finish), button("⟲", "reset", "R", reset),
      html("label", {}, "speed ", choice), html("label", { class: "rlc-slide" }, "walks ", slider, count)),
    html("div", { class: "rlc-three" }, stage,
      html("div", { class: "rlc-third" }, html("div", { class: "rlc-key" }, html("b", {}, "Average error of V"), ...key), curve.picture)),
    scale, said, errors);
  paint();
  showPlaying();
  const end = live(el, model);
  return () => {
    end();
    clearTimeout(clock);
    el.removeEventListener("keydown", press);
  };
}

export default { render };

/* Recorded walks side by side, played by one player. Everything that is shown was worked out by Python; see films.py. */

const STAGES = { maze: mazeFilm, pole: poleFilm };
const SIGNS = { good: "✓", bad: "✗" };

/** A robot's walk: a maze with it, and what to say of a moment. */
function mazeFilm(film, world) {
  const { picture, show } = mazeStage(world);
  const frames = film.states.map((state) => frameOf(world.size, state));
  const bumps = film.states.slice(1).map((state, i) => state === film.states[i]); // only a wall leaves all as it is
  const out = (k) => Math.floor(film.states[k] / 4) === world.exit;
  const walk = { frames, bumps, out, rewards: film.rewards };
  const words = (k) => `${k} ${k === 1 ? "action" : "actions"} · return ${format(film.returns[k])}`;
  return { picture, length: frames.length - 1, show: (t, trail) => show(walk, t, trail), words };
}

/** One film's place on the page; its function shows a moment. */
function panel(film, world) {
  const stage = STAGES[film.kind](film, world);
  const count = html("span", { class: "rlc-count" });
  const end = html("span", { class: `rlc-end rlc-${film.mood}` });
  const told = html("p", { class: "rlc-told" }, count, end);
  const screen = html("div", { class: "rlc-stage" }, stage.picture);
  const element = html("figure", { class: "rlc-film" }, html("figcaption", {}, film.title), screen, told);
  let drawn = -1;
  stage.picture.setAttribute("role", "img");

  function show(t, trail) {
    stage.show(Math.min(t, stage.length), trail);
    const k = Math.min(Math.ceil(t), stage.length);
    if (k === drawn) return;
    drawn = k;
    count.textContent = stage.words(k);
    end.textContent = k === stage.length ? `${SIGNS[film.mood]} ${film.end}` : "";
    stage.picture.setAttribute("aria-label", `${film.said} Now: ${count.textContent}.`);
  }

  return { element, length: stage.length, show };
}

function render({ model, el }) {
  const [world, shown] = [model.get("world"), model.get("films")];
  const panels = shown.map((film) => panel(film, world));
  const length = Math.max(...panels.map((one) => one.length));
  const film = player({
    rate: model.get("rate"), unit: model.get("unit"), hasTrail: model.get("trail"),
    paint: (t, trail) => panels.forEach((one) => one.show(t, trail)),
  });
  const row = html("div", {
    class: "rlc-screens", tabindex: "0", role: "group", ...keepKeys,
    "aria-label": "Films. Space plays and stops, left and right arrow go on one moment and back.",
  }, ...panels.map((one) => one.element));

  function press(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (film.press(event)) event.preventDefault();
    else if (event.target === row && event.key in steps) {
      film.step(steps[event.key]);
      event.preventDefault();
    }
  }

  row.style.maxWidth = `${panels.length * 384}px`; // two films stand beside each other, not at the two ends of the page
  el.classList.add("rlc-films", "rlc-robots");
  el.append(row, film.bar);
  row.addEventListener("click", film.toggle);
  el.addEventListener("keydown", press);
  film.setLength(length);
  film.moveTo(reducedMotion() ? length : 0);
  const forget = reducedMotion() ? () => {} : whenSeen(panels[0].element, film.play);
  const end = live(el, model);
  return () => {
    for (const stop of [end, forget, film.end]) stop();
    el.removeEventListener("keydown", press);
  };
}

export default { render };

/* Which reply is better? One pair after the other. All that changes is the list of choices: 0 the first, 1 the second,
 * -1 neither; everything on the page follows from it. */

const KEYS = { 1: 0, ArrowLeft: 0, 2: 1, ArrowRight: 1, 0: -1, ArrowDown: -1 };
const UNDO = ["Backspace", "u", "ArrowUp"];

/** What the last choice was, and what a model would have chosen. */
function told({ pairs, bets, wanted }, choices) {
  const done = choices.length === pairs.length;
  const labels = choices.filter((choice) => choice >= 0).length;
  const ending = done ? " That was the last pair." : labels >= wanted ? " Enough! Run the next cell, or go on labelling." : "";
  if (!choices.length) return "Which reply is better?";
  const last = choices.at(-1);
  const said = last < 0 ? "Neither; that pair is left out." : `You chose reply ${last + 1}.`;
  if (!bets.length || last < 0) return said + ending;
  const agreed = choices.filter((choice, i) => choice === bets[i]).length;
  const same = last === bets[choices.length - 1];
  return `${said} The model ${same ? "agrees" : "would have chosen the other"}: ${agreed} of ${labels} so far.${ending}`;
}

function render({ model, el }) {
  const desk = model.get("desk");
  const count = html("span", { class: "rlc-count" });
  const bar = html("progress", { max: desk.wanted, "aria-label": "labels so far" });
  const request = html("p", { class: "rlc-request" });
  const cards = [0, 1].map((i) => {
    const text = html("span", { class: "rlc-text" });
    const number = html("span", { class: "rlc-key" }, String(i + 1));
    const card = html("button", { type: "button", class: "rlc-card", ...keepKeys }, number, " ", text);
    card.addEventListener("click", () => choose(i));
    return { card, text };
  });
  const button = (sign, name, key, act) => {
    const made = html("button", { type: "button", class: "rlc-button", title: `${name} (${key})`, ...keepKeys }, `${sign} ${name}`);
    made.addEventListener("click", act);
    return made;
  };
  const neither = button("↓", "cannot tell", "key ↓ or 0", () => choose(-1));
  const undo = button("↶", "undo", "key Backspace", back);
  const said = html("p", { class: "rlc-said", role: "status" });
  const stage = html("div", {
    class: "rlc-pair", tabindex: "0", role: "group", ...keepKeys,
    "aria-label": "A request and two replies. 1 or left arrow chooses the first, 2 or right arrow the second, down arrow neither, Backspace undoes.",
  }, request, html("div", { class: "rlc-cards" }, ...cards.map(({ card }) => card)));

  function set(choices) {
    model.set("choices", choices);
    model.save_changes();
    update();
  }

  function choose(choice) {
    const choices = model.get("choices");
    if (choices.length < desk.pairs.length) set([...choices, choice]);
  }

  function back() {
    set(model.get("choices").slice(0, -1));
  }

  function update() {
    const choices = model.get("choices");
    const labels = choices.filter((choice) => choice >= 0).length;
    const done = choices.length === desk.pairs.length;
    const [asked, ...replies] = desk.pairs[Math.min(choices.length, desk.pairs.length - 1)];
    request.textContent = asked;
    cards.forEach(({ card, text }, i) => {
      text.textContent = replies[i];
      card.disabled = done;
    });
    count.textContent = `${labels} of ${desk.wanted} labels`;
    bar.value = Math.min(labels, desk.wanted);
    neither.disabled = done;
    undo.disabled = !choices.length;
    said.textContent = told(desk, choices);
    const agrees = desk.bets.length && choices.length ? String(choices.at(-1) === desk.bets[choices.length - 1]) : "";
    said.dataset.agrees = choices.at(-1) < 0 ? "" : agrees;
  }

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in KEYS) choose(KEYS[event.key]);
    else if (UNDO.includes(event.key)) back();
    else return;
    event.preventDefault();
    if (document.activeElement?.disabled || document.activeElement === document.body) stage.focus();
  }

  el.classList.add("rlc-desk", "rlc-which");
  el.append(whatToTry(desk.hint), html("div", { class: "rlc-top" }, count, bar), stage,
    html("div", { class: "rlc-row" }, neither, undo), said);
  update();
  el.addEventListener("keydown", press);
  model.on("change:choices", update);
  const end = live(el);
  return () => {
    end();
    el.removeEventListener("keydown", press);
    model.off("change:choices", update);
  };
}

export default { render };

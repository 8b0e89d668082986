/* A group of answers in bubbles. A click flips a judgement and the kernel answers with arrows; buttons ask it for fresh
 * answers, for one step of learning, or for the beginning. There is no mathematics in here: lengths come from Python. */

const DEEDS = [["step", "apply one step"], ["sample", "sample again"], ["restart", "start over"]];

/** One answer: the bubble that judges it, its arrow, and its bars. */
function makeRow(i, flip) {
  const mark = html("span", { class: "rlc-mark", "aria-hidden": "true" });
  const text = html("span", { class: "rlc-text" });
  const bubble = html("button", { type: "button", class: "rlc-bubble", ...keepKeys }, mark, text);
  bubble.addEventListener("click", () => flip(i));
  const shaft = html("span", { class: "rlc-shaft" });
  const advantage = html("span", { class: "rlc-advantage" });
  const before = html("span", { class: "rlc-before" });
  const now = html("span", { class: "rlc-now" });
  const chance = html("span", { class: "rlc-chance" });
  const hidden = { "aria-hidden": "true" }; // the bubble's name says it all
  const element = html("div", { class: "rlc-answer" }, bubble,
    html("div", { class: "rlc-arrow", ...hidden }, html("span", { class: "rlc-track" }, shaft), advantage),
    html("div", { class: "rlc-bars", ...hidden }, html("span", { class: "rlc-track" }, before, now), chance));
  return { element, bubble, mark, text, shaft, advantage, before, now, chance };
}

function dress(row, i, count, { text, advantage, arrow, before, now, chance, factor }, right) {
  row.mark.textContent = right ? "✓" : "✗";
  row.text.textContent = text;
  row.bubble.dataset.right = String(right);
  row.bubble.setAttribute("aria-pressed", String(right));
  const moved = factor ? `, ${factor.replace("×\u00a0", "times ")}` : "";
  row.bubble.setAttribute("aria-label", `Answer ${i + 1} of ${count}: ${text} Judged ${right ? "right" : "wrong"}. Advantage ${advantage}. Probability ${chance.replace("→", "now")}${moved}.`);
  row.shaft.style.width = `${50 * Math.abs(arrow)}%`;
  row.shaft.style.left = arrow < 0 ? `${50 - 50 * Math.abs(arrow)}%` : "50%";
  row.shaft.dataset.sign = arrow < 0 ? "less" : arrow > 0 ? "more" : "none";
  row.advantage.textContent = advantage;
  row.before.style.width = `${100 * before}%`;
  row.now.style.width = `${100 * now}%`;
  row.chance.replaceChildren(chance, ...(factor ? [html("b", {}, ` ${factor}`)] : []));
}

function render({ model, el }) {
  const question = html("p", { class: "rlc-question" });
  const said = html("p", { class: "rlc-said", role: "status" });
  const list = html("div", { class: "rlc-answers", role: "group" });
  const head = html("div", { class: "rlc-answer rlc-head", "aria-hidden": "true" },
    html("span", {}, "answer, and how it is judged"), html("span", {}, "advantage"), html("span", {}, "probability"));
  const buttons = DEEDS.map(([deed, name]) => {
    const button = html("button", { type: "button", class: "rlc-button", ...keepKeys }, name);
    button.addEventListener("click", () => {
      el.setAttribute("aria-busy", "true");
      model.send({ do: deed });
    });
    return button;
  });
  let rows = [];

  function flip(i) {
    model.set("rewards", model.get("rewards").map((one, j) => (i === j ? 1 - one : one)));
    model.save_changes();
  }

  function paint() {
    const shown = model.get("shown");
    const rewards = model.get("rewards");
    el.removeAttribute("aria-busy");
    if (rows.length !== shown.rows.length) {
      rows = shown.rows.map((_, i) => makeRow(i, flip));
      list.replaceChildren(head, ...rows.map(({ element }) => element));
    }
    rows.forEach((row, i) => dress(row, i, rows.length, shown.rows[i], rewards[i] === 1));
    question.textContent = shown.question;
    list.setAttribute("aria-label", `Answers to ${shown.question} Space judges one the other way round; up and down go to the next.`);
    said.textContent = shown.words;
  }

  function press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = rows.findIndex(({ bubble }) => bubble === document.activeElement);
    if (!step || at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    rows[Math.min(Math.max(at + step, 0), rows.length - 1)].bubble.focus();
  }

  el.classList.add("rlc-desk", "rlc-judge");
  el.append(whatToTry(model.get("shown").hint), question, list, html("div", { class: "rlc-buttons" }, ...buttons), said);
  paint();
  list.addEventListener("keydown", press);
  model.on("change:shown", paint);
  model.on("change:rewards", paint);
  const end = live(el, model);
  return () => {
    end();
    list.removeEventListener("keydown", press);
    model.off("change:shown", paint);
    model.off("change:rewards", paint);
  };
}

export default { render };

/* The token microscope: answers above, one of them under the lens below.
 *
 * There is no mathematics in here: each deed is sent to Python (token_microscope.py), which answers with all that is on
 * the page. The view holds which answer and which token the reader is at, and what the answers are coloured by.
 */

const BLUE = "0, 114, 178";
const ORANGE = "230, 159, 0";
const KEYS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
const PATIENCE = 800; // milliseconds until a silent kernel is spoken of
const MOVED = 0.005; // a probability that changed by less looks as it was
const BUSY = "The kernel has not answered yet: it is busy with a cell, or gone. What you asked for is done when it is free.";

const tint = (shade) => `rgba(${shade < 0 ? ORANGE : BLUE}, ${(0.5 * Math.abs(shade)).toFixed(3)})`;

/** A bar in a small field: up from the middle or down, where a row has both; else up from the ground. */
function setBar(fill, bar, shade, hangs) {
  fill.style.height = `${(Math.abs(bar) * (hangs ? 50 : 100)).toFixed(2)}%`;
  fill.style.bottom = hangs ? (bar < 0 ? "auto" : "50%") : "0";
  fill.style.top = hangs && bar < 0 ? "50%" : "auto";
  fill.dataset.sign = shade < 0 ? "less" : "more";
}

function barField(name) {
  const fill = html("span", { class: "rlc-fill" });
  return { field: html("span", { class: name }, fill), fill };
}

function render({ model, el }) {
  let at = [0, 0];
  let coloured = null; // the number of the measure that colours the answers
  let editing = null; // the answer that is being retyped
  let waiting = null;
  let built = "";
  let rows = [];
  let lens = null;
  const data = () => model.get("shown");

  function ask(deed) {
    model.send(deed);
    clearTimeout(waiting);
    el.classList.add("rlc-waiting");
    waiting = setTimeout(() => (message.textContent = BUSY), PATIENCE);
  }

  function button(sign, words, title, act) {
    const made = html("button", { type: "button", class: "rlc-button", title, ...keepKeys }, sign ? `${sign} ${words}` : words);
    made.addEventListener("click", act);
    return made;
  }

  const choice = html("div", { class: "rlc-choice", role: "group", "aria-label": "Learn by" }, html("span", {}, "Learn by"));
  const looks = html("div", { class: "rlc-choice rlc-lambdas", role: "group", "aria-label": "λ of GAE" }, html("span", {}, "λ of GAE"));
  const step = button("▶", "apply one step", "one step of the optimiser on all answers", () => ask({ do: "step" }));
  const undo = button("↶", "undo", "take the last deed back", () => ask({ do: "undo" }));
  const again = button("⟳", "new answers", "the policy as it is now answers again", () => ask({ do: "again" }));
  const restart = button("↺", "from the start", "the first answers, nothing learned", () => ask({ do: "restart" }));
  step.classList.add("rlc-main");
  const count = html("span", { class: "rlc-count" });
  const message = html("p", { class: "rlc-message", role: "status" });
  const question = html("p", { class: "rlc-question" });
  const group = html("div", { class: "rlc-group" });
  const legend = html("p", { class: "rlc-legend-line" });
  const under = html("div", { class: "rlc-lens", tabindex: "0", role: "application", ...keepKeys });
  const said = html("p", { class: "rlc-said", role: "status" });

  /** One answer: its reward, its tokens as small boxes, its probability, and a way to retype it. */
  function makeRow(tokens, i) {
    const paid = html("button", { type: "button", class: "rlc-button rlc-paid", title: "flip this reward", ...keepKeys });
    paid.addEventListener("click", () => (go(i, at[1]), ask({ do: "flip", row: i })));
    const boxes = tokens.map(([shown], j) => {
      const { field, fill } = barField("rlc-mini");
      const box = html("span", { class: "rlc-small" }, shown);
      const piece = html("span", { class: "rlc-token" }, box, field);
      piece.addEventListener("pointerenter", () => i === at[0] && go(i, j));
      piece.addEventListener("pointerdown", () => go(i, j));
      return { piece, box, fill };
    });
    const line = html("span", { class: "rlc-tokens" }, ...boxes.map(({ piece }) => piece));
    const chance = html("span", { class: "rlc-probability", title: "probability of the whole answer: when it was written → now" });
    const edit = button("✎", "retype", "write another answer here", () => openEditor(i));
    const element = html("div", { class: "rlc-answer" }, paid, line, chance, edit);
    line.addEventListener("click", () => go(i, at[1]));
    return { element, paid, boxes, line, chance, edit };
  }

  function openEditor(i) {
    closeEditor();
    go(i, 0);
    const field = html("input", { class: "rlc-edit", type: "text", maxlength: "80", "aria-label": `Another answer ${i + 1}; Enter scores it, Escape leaves it`, ...keepKeys });
    field.value = data().answers[i].text;
    const send = () => (ask({ do: "edit", row: i, text: field.value }), closeEditor());
    const ok = button("", "score it", "cut it into tokens, and score them (Enter)", send);
    const stop = button("", "leave it", "as it was (Escape)", closeEditor);
    const form = html("span", { class: "rlc-editor" }, field, ok, stop);
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault(); // else the button that gets the focus next would be pressed by the same key
      if (event.key === "Enter") send();
      else closeEditor();
    });
    rows[i].line.replaceWith(form);
    editing = { row: i, form };
    field.focus();
    field.select();
  }

  function closeEditor() {
    if (!editing) return;
    editing.form.replaceWith(rows[editing.row].line);
    rows[editing.row].edit.focus();
    editing = null;
  }

  /** The lens: a column for each token of one answer, a row for each thing that is known of it. */
  function buildLens() {
    const { tokens, measures } = data();
    const row = tokens[at[0]];
    const heads = [html("span", { class: "rlc-head" }, `answer ${at[0] + 1}`), html("span", { class: "rlc-head rlc-tall" }, "probability, %")];
    heads[1].title = "the dashed frame: when it was written; the bar: now";
    const names = measures.map(({ name, means }, m) => {
      const head = html("button", { type: "button", class: "rlc-head rlc-row-name", title: means, ...keepKeys }, ...htmlWords(name));
      head.addEventListener("click", () => ((coloured = m), paint()));
      return head;
    });
    const columns = row.map(([shown], j) => {
      const box = html("span", { class: "rlc-box" }, shown);
      const was = html("span", { class: "rlc-was" });
      const fill = html("span", { class: "rlc-now" });
      const percent = html("span", { class: "rlc-percent" });
      const cells = measures.map(() => {
        const { field, fill: bar } = barField("rlc-cellbar");
        const number = html("span", { class: "rlc-number" });
        return { cell: html("span", { class: "rlc-cell" }, number, field), bar, number };
      });
      const column = html("div", { class: "rlc-column" }, box, html("span", { class: "rlc-chance" }, was, fill), percent, ...cells.map(({ cell }) => cell));
      column.addEventListener("pointerenter", () => go(at[0], j));
      column.addEventListener("pointerdown", () => go(at[0], j));
      return { column, was, fill, percent, cells };
    });
    const left = html("div", { class: "rlc-names" }, ...heads, ...names);
    under.replaceChildren(left, ...columns.map(({ column }) => column));
    lens = { row: at[0], names, columns };
  }

  function build() {
    const { tokens, algorithms } = data();
    closeEditor();
    rows = tokens.map(makeRow);
    group.replaceChildren(...rows.map(({ element }) => element));
    const names = algorithms.map((name) => {
      const made = button("", name, `learn by ${name}`, () => ask({ do: "choose", algorithm: name }));
      made.dataset.algorithm = name;
      return made;
    });
    const focused = choice.contains(document.activeElement) ? document.activeElement.dataset.algorithm : null;
    choice.replaceChildren(choice.firstChild, ...names);
    names.find((made) => made.dataset.algorithm === focused)?.focus();
    at = [Math.min(at[0], rows.length - 1), 0];
    lens = null;
  }

  /** PPO's λ is there to be chosen where PPO is. */
  function paintLambdas() {
    const { lambdas, lambda } = data();
    looks.hidden = !lambdas.length;
    if (looks.childElementCount !== lambdas.length + 1) {
      const made = lambdas.map((each) => button("", each, `judge by λ = ${each}`, () => ask({ do: "look", lambda: each })));
      looks.replaceChildren(looks.firstChild, ...made);
    }
    looks.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one.textContent === lambda)));
  }

  function paintAnswers() {
    const { answers, measures } = data();
    const { marks, hangs } = measures[coloured];
    rows.forEach(({ paid, boxes, chance, edit, element }, i) => {
      const { paid: reward, by_hand, was, is } = answers[i];
      paid.textContent = `${by_hand ? "you pay" : "paid"} ${reward}`;
      paid.setAttribute("aria-label", `Answer ${i + 1} is paid ${reward}${by_hand ? ", by you" : ""}. Flip it`);
      paid.dataset.paid = reward === "0" ? "no" : "yes";
      chance.textContent = was === is ? is : `${was} → ${is}`;
      edit.setAttribute("aria-label", `Retype answer ${i + 1}`);
      element.classList.toggle("rlc-chosen", i === at[0]);
      boxes.forEach(({ box, fill }, j) => {
        const [, , shade, bar] = marks[i][j];
        box.style.backgroundColor = tint(shade);
        setBar(fill, bar, shade, hangs);
      });
    });
  }

  function paintLens() {
    const { measures, chances } = data();
    lens.names.forEach((head, m) => head.setAttribute("aria-pressed", String(m === coloured)));
    lens.columns.forEach(({ was, fill, percent, cells }, j) => {
      const [old, now, words] = chances[at[0]][j];
      was.style.height = `${100 * old}%`;
      fill.style.height = `${100 * now}%`;
      fill.dataset.moved = now > old + MOVED ? "up" : now < old - MOVED ? "down" : "not";
      percent.textContent = words.replace(/\s*%$/, ""); // the unit stands at the row's name
      cells.forEach(({ cell, bar, number }, m) => {
        const [text, , shade, height] = measures[m].marks[at[0]][j];
        number.textContent = text;
        cell.style.backgroundColor = tint(0.55 * shade);
        setBar(bar, height, shade, measures[m].hangs);
      });
    });
  }

  /** Everything that is known about the token the reader is at. */
  function tell() {
    const { tokens, measures, chances } = data();
    const [i, j] = at;
    const facts = measures.map(({ marks }) => marks[i][j][1]).filter(Boolean).join("; ");
    const [, , now] = chances[i][j];
    said.textContent = `Answer ${i + 1}, token ${j + 1} of ${tokens[i].length}, ${tokens[i][j][1]}: probability ${now}; ${facts}.`;
    el.querySelectorAll(".rlc-at").forEach((one) => one.classList.remove("rlc-at"));
    rows[i].boxes[j].piece.classList.add("rlc-at");
    lens.columns[j].column.classList.add("rlc-at");
    under.setAttribute("aria-label", `Under the lens: ${said.textContent} Arrow keys go from token to token, and to the other answers.`);
  }

  function paint() {
    const { measures } = data();
    if (lens?.row !== at[0] || lens.columns.length !== data().tokens[at[0]].length) buildLens();
    legend.textContent = `The answers are coloured by the ${measures[coloured].name}. ${measures[coloured].legend} Click the name of another row to colour by it.`;
    paintAnswers();
    paintLens();
    tell();
  }

  function go(i, j) {
    const { tokens } = data();
    const row = Math.min(Math.max(i, 0), tokens.length - 1);
    const other = row !== at[0];
    at = [row, Math.min(Math.max(j, 0), tokens[row].length - 1)];
    if (other) paint();
    else tell();
  }

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest(".rlc-row-name") && (event.key === "Enter" || event.key === " ")) return;
    if (event.key in KEYS) go(at[0] + KEYS[event.key][0], at[1] + KEYS[event.key][1]);
    else if (event.key === "Home") go(at[0], 0);
    else if (event.key === "End") go(at[0], Infinity);
    else return;
    event.preventDefault();
  }

  function update() {
    clearTimeout(waiting);
    el.classList.remove("rlc-waiting");
    const now = data();
    coloured ??= now.measures.findIndex(({ name }) => name === now.coloured);
    const signature = JSON.stringify([now.tokens, now.algorithms]);
    if (signature !== built) build();
    built = signature;
    question.replaceChildren(html("b", {}, now.question), " ", ...htmlWords("π_old answered:"));
    choice.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.algorithm === now.algorithm)));
    paintLambdas();
    count.textContent = `${now.steps} step${now.steps === 1 ? "" : "s"} on these answers`;
    undo.disabled = !now.can_undo;
    message.replaceChildren(...htmlWords(now.message));
    paint();
  }

  under.addEventListener("keydown", press);
  el.classList.add("rlc-scope");
  el.append(whatToTry(data().hint), html("div", { class: "rlc-deeds" }, choice, looks, step, undo, again, restart, count),
    message, question, group, legend, under, said);
  update();
  model.on("change:shown", update);
  const end = live(el, model);
  return () => {
    end();
    clearTimeout(waiting);
    model.off("change:shown", update);
  };
}

export default { render };

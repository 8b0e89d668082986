/* Draws strips of tokens: a box for each, a bar and a number under it, and cursors with values between them.
 *
 * There is no mathematics in here: texts, shades and heights come ready from Python (measures.py). The view chooses
 * what is shown, and which token's numbers are read out.
 */

const BLUE = "0, 114, 178";
const ORANGE = "230, 159, 0";
const VALUES = " Between two tokens, a green mark on a line: the value V of all the text to its left.";
const KEYS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

/** One token: the cursor before it, its box, its bar, its number. */
function makeToken([shown], cursor) {
  const box = html("span", { class: "rlc-box" }, shown);
  const fill = html("span", { class: "rlc-fill" });
  const number = html("span", { class: "rlc-number" });
  const piece = html("span", { class: "rlc-piece" }, box, html("span", { class: "rlc-bar" }, fill), number);
  const element = html("span", { class: "rlc-token" }, ...(cursor ? [makeCursor(cursor)] : []), piece);
  return { element, piece, box, fill, number };
}

/** The value of the text so far: a number over a line, and on the line a mark as high as the value. */
function makeCursor([text, , height]) {
  const mark = html("span", { class: "rlc-level" });
  mark.style.bottom = `${100 * height}%`;
  return html("span", { class: "rlc-cursor" }, html("span", { class: "rlc-value" }, text), html("span", { class: "rlc-line" }, mark));
}

/** A token takes the colour, the bar and the number of what is shown. */
function dress({ box, fill, number, piece }, [text, , shade, bar], hangs) {
  box.style.backgroundColor = `rgba(${shade < 0 ? ORANGE : BLUE}, ${(0.5 * Math.abs(shade)).toFixed(3)})`;
  fill.style.height = `${(Math.abs(bar) * (hangs ? 50 : 100)).toFixed(2)}%`;
  fill.style.bottom = hangs ? (bar < 0 ? "auto" : "50%") : "0";
  fill.style.top = hangs && bar < 0 ? "50%" : "auto";
  fill.dataset.sign = shade < 0 ? "less" : "more";
  piece.dataset.bar = bar;
  piece.classList.toggle("rlc-silent", text === "–");
  number.textContent = text;
}

function render({ model, el }) {
  const { names, tokens, measures, values, begins } = model.get("shown");
  const rows = tokens.map((row, i) => row.map((token, j) => makeToken(token, values[i]?.[j])));
  if (begins) rows.forEach((row) => row[begins].element.classList.add("rlc-begins"));
  let at = [0, 0];

  function makeRow(row, i) {
    const last = values[i]?.[row.length];
    const end = last ? [html("span", { class: "rlc-token rlc-last" }, makeCursor(last))] : [];
    const line = html("div", { class: "rlc-line-of-tokens" }, ...row.map(({ element }) => element), ...end);
    return html("div", { class: "rlc-row" }, ...(names.length ? [html("div", { class: "rlc-name" }, names[i])] : []), line);
  }

  const said = html("p", { class: "rlc-said", role: "status" });
  const legend = html("p", { class: "rlc-legend-line" });
  const strip = html("div", { class: "rlc-rows", tabindex: "0", role: "application", ...keepKeys }, ...rows.map(makeRow));
  const buttons = measures.map(({ name }, i) => {
    const button = html("button", { type: "button", class: "rlc-button", ...keepKeys }, name);
    button.addEventListener("click", () => {
      model.set("measure", i);
      model.save_changes();
    });
    return button;
  });
  const choice = html("div", { class: "rlc-measures", role: "group", "aria-label": "What is shown about each token" }, ...buttons);

  /** What is known about the token the reader is at: first what is shown, and nothing more where that is silent. */
  function tell() {
    const [i, j] = at;
    const where = `${names.length ? `${names[i]}: t` : "T"}oken ${j + 1} of ${tokens[i].length}, ${tokens[i][j][1]}.`;
    const chosen = measures[model.get("measure")];
    const others = measures.filter((measure) => measure !== chosen);
    const facts = chosen.marks[i][j][1] ? [chosen, ...others].map(({ marks }) => marks[i][j][1]).filter(Boolean) : [];
    const cursor = (k, when) => (values[i]?.[k]?.[1] ? [`value ${when} it ${values[i][k][1]}`] : []);
    const all = [...facts, ...cursor(j, "before"), ...cursor(j + 1, "after")].join("; ");
    said.textContent = all ? `${where} ${all[0].toUpperCase()}${all.slice(1)}.` : `${where} Nothing is said about it.`;
    el.querySelectorAll(".rlc-at").forEach((one) => one.classList.remove("rlc-at"));
    rows[i][j].element.classList.add("rlc-at");
  }

  function paint() {
    const chosen = model.get("measure");
    const { marks, hangs, flat, words } = measures[chosen];
    rows.forEach((row, i) => row.forEach((token, j) => dress(token, marks[i][j], hangs)));
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
    legend.textContent = measures[chosen].legend + (values.length ? VALUES : "");
    strip.classList.toggle("rlc-hanging", hangs);
    strip.classList.toggle("rlc-flat", flat);
    strip.setAttribute("aria-label", `${words} Arrow keys go from token to token.`);
    tell();
  }

  const clamp = (value, count) => Math.min(Math.max(value, 0), count - 1);

  function go(i, j) {
    const row = clamp(i, rows.length);
    at = [row, clamp(j, rows[row].length)];
    tell();
  }

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in KEYS) go(at[0] + KEYS[event.key][0], at[1] + KEYS[event.key][1]);
    else if (event.key === "Home") go(at[0], 0);
    else if (event.key === "End") go(at[0], Infinity);
    else return;
    event.preventDefault();
  }

  rows.forEach((row, i) => row.forEach(({ element }, j) => element.addEventListener("pointerenter", () => go(i, j))));
  rows.forEach((row, i) => row.forEach(({ element }, j) => element.addEventListener("pointerdown", () => go(i, j))));
  strip.addEventListener("keydown", press);
  el.classList.add("rlc-strip");
  el.classList.toggle("rlc-with-values", values.length > 0);
  el.append(...(measures.length > 1 ? [choice] : [html("div", { class: "rlc-only" }, measures[0].name)]), legend, strip, said);
  model.on("change:measure", paint);
  paint();
  const end = live(el, model);
  return () => {
    end();
    model.off("change:measure", paint);
  };
}

export default { render };

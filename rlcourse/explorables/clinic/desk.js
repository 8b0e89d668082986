/* A ward: patients to choose from, their charts, tests to order, a cause to name, and a treatment to watch.
 * Pictures, numbers and words come from Python; this draws them and says what was clicked. */

/** A button that tells the kernel what to do. */
function makeButton(words, what, send, attributes = {}) {
  const button = html("button", { type: "button", class: "rlc-button", ...keepKeys, ...attributes }, words);
  button.addEventListener("click", () => send(what));
  return button;
}

function makeTable(header, rows) {
  const head = html("tr", {}, ...header.map((word) => html("th", { scope: "col" }, word)));
  const lines = rows.map(([name, ...cells]) => html("tr", {}, html("th", { scope: "row" }, ...htmlWords(name)), ...cells.map((cell) => html("td", {}, cell))));
  return html("table", {}, html("thead", {}, head), html("tbody", {}, ...lines));
}

/** What a test has found: the numbers of this patient beside those of a healthy run. */
function makeFinding({ label, asks, header, rows }) {
  return html("section", { class: "rlc-finding", "aria-label": label }, html("h4", {}, label), html("p", {}, ...htmlWords(asks)), makeTable(header, rows));
}

/** The line that is mended, as a difference: a sign, and the line. */
function makeDiff(lines) {
  const drawn = lines.map(([sign, line]) => html("div", { class: "rlc-line", "data-sign": sign }, html("span", {}, sign === "-" ? "−" : sign), html("code", {}, line)));
  return html("div", { class: "rlc-diff", role: "group", "aria-label": "What is changed in the code" }, ...drawn);
}

function render({ model, el }) {
  const parts = Object.fromEntries(["patients", "story", "charts", "grey", "tests", "findings", "causes", "verdict", "treatment"].map((name) => [name, html("div", { class: `rlc-${name}` })]));
  const images = [];

  function send(what) {
    el.setAttribute("aria-busy", "true");
    model.send(what);
  }

  function paintCharts() {
    const charts = model.get("charts");
    while (images.length < charts.length) {
      images.push(html("img", {}));
      parts.charts.append(images.at(-1));
    }
    charts.forEach(({ png, alt, width }, i) => {
      images[i].src = `data:image/png;base64,${png}`;
      images[i].alt = alt;
      images[i].style.width = `${width}px`;
    });
    images.forEach((image, i) => image.toggleAttribute("hidden", i >= charts.length));
  }

  function paint() {
    const shown = model.get("shown");
    el.removeAttribute("aria-busy");
    const focused = document.activeElement?.dataset?.key;
    parts.patients.replaceChildren(...shown.patients.map(({ name, state, said }, i) =>
      makeButton(`${name} ${state}`.trim(), { do: "open", patient: i }, send, { "aria-pressed": String(i === shown.chosen), "aria-label": `${name}: ${said}`, "data-key": `open${i}` })));
    parts.story.textContent = shown.story;
    parts.grey.textContent = shown.grey;
    parts.tests.replaceChildren(...shown.tests.map(({ key, label, done }) =>
      makeButton(done ? `✓ ${label}` : label, { do: "order", key }, send, { "data-key": `order-${key}`, "data-done": String(done) })));
    parts.findings.replaceChildren(...shown.findings.map(makeFinding));
    parts.causes.replaceChildren(...shown.causes.map(({ key, label, state }) =>
      makeButton(`${{ right: "✓ ", wrong: "✗ " }[state] ?? ""}${label}`, { do: "name", key }, send, { "data-key": `name-${key}`, "data-state": state, "aria-pressed": String(state === "right") })));
    parts.verdict.replaceChildren(...shown.verdict.map((words) => html("p", {}, ...htmlWords(words))));
    if (shown.hints_left && !shown.diff.length && !shown.named) parts.verdict.append(makeButton("a hint", { do: "hint" }, send, { "data-key": "hint" }));
    parts.treatment.replaceChildren();
    if (shown.diff.length) {
      parts.treatment.append(makeDiff(shown.diff), makeButton(shown.again ? "train it once more" : "mend the line and train", { do: "treat" }, send, { "data-key": "treat" }));
    }
    parts.treatment.append(html("p", { role: "status" }, shown.status));
    if (focused) el.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  function paintStatus() {
    const line = parts.treatment.querySelector("[role=status]");
    if (line) line.textContent = model.get("status");
  }

  parts.verdict.setAttribute("role", "status");
  parts.patients.setAttribute("role", "group");
  parts.patients.setAttribute("aria-label", "Patients of this ward");
  el.classList.add("rlc-clinic");
  el.append(whatToTry(model.get("hint")), parts.patients, parts.story, parts.charts, parts.grey,
    html("div", { class: "rlc-work" },
      html("div", {}, html("h3", {}, "Further tests"), parts.tests, parts.findings),
      html("div", {}, html("h3", {}, "What is it?"), parts.causes, parts.verdict, parts.treatment)));
  paintCharts();
  paint();
  model.on("change:charts", paintCharts);
  model.on("change:shown", paint);
  model.on("change:status", paintStatus);
  const end = live(el, model);
  return () => {
    end();
    model.off("change:charts", paintCharts);
    model.off("change:shown", paint);
    model.off("change:status", paintStatus);
  };
}

export default { render };

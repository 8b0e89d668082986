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

/** A curve of the charts as they draw it, and what it is. */
function makeKey([look, words]) {
  const drawn = {
    patient: [svg("path", { d: "M0 7 H30", stroke: "#0072b2" }), svg("circle", { cx: 15, cy: 7, r: 3.5, fill: "#0072b2" })],
    mended: [svg("path", { d: "M0 7 H30", stroke: "#d55e00", "stroke-dasharray": "6 3" }), svg("rect", { x: 11.5, y: 3.5, width: 7, height: 7, fill: "#d55e00" })],
    grey: [svg("rect", { x: 0, y: 0, width: 30, height: 14, fill: "#8c8c8c", "fill-opacity": 0.45 })],
  };
  return html("span", {}, svg("svg", { viewBox: "0 0 30 14", width: 30, height: 14, "stroke-width": 1.8, "aria-hidden": "true" }, ...drawn[look]), words);
}

/** What a test has found: the numbers of this patient beside those of a healthy run. */
function makeFinding({ label, asks, header, rows }) {
  return html("section", { class: "rlc-finding", "aria-label": label }, html("h4", {}, label), html("p", {}, ...htmlWords(asks)), makeTable(header, rows));
}

/** The line that is mended, as a difference: a sign, and the line, which goes on below its own beginning. */
function makeDiff(lines) {
  const tags = { "-": "del", "+": "ins", " ": "div" };
  const drawn = lines.map(([sign, line]) => {
    const hanging = line.search(/\S/) + 2;
    const code = html("code", { style: `padding-left: ${hanging}ch; text-indent: -${hanging}ch` }, line);
    return html(tags[sign], { class: "rlc-line", "data-sign": sign }, html("span", { "aria-hidden": "true" }, sign.replace("-", "−")), code);
  });
  return html("div", { class: "rlc-diff", role: "group", "aria-label": "What is changed in the code" }, ...drawn);
}

function render({ model, el }) {
  const parts = Object.fromEntries(["patients", "story", "charts", "key", "tests", "findings", "causes", "verdict", "treatment"].map((name) => [name, html("div", { class: `rlc-${name}` })]));
  const images = [];

  function send(what) {
    el.setAttribute("aria-busy", "true");
    if (what.do === "treat") parts.charts.scrollIntoView({ block: "nearest" });  // where it is seen to train
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
    parts.key.replaceChildren(...shown.key.map(makeKey));
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
  el.classList.add("rlc-desk", "rlc-clinic");
  el.append(whatToTry(model.get("hint")), parts.patients, parts.story, parts.charts, parts.key,
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

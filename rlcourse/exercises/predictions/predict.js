// A prediction in the browser: radio buttons and a guess to commit to; later, what happened.
//
// The guess goes back to Python in `chosen`. What happened comes from Python in `happened`, −1 until then. Beside the
// result (`after`) the same guess stands again, to be read. It needs no kernel, so it works while a cell trains.

function renderChoice(model) {
  const { text, options, explanation } = model.get("asked");
  const status = html("div", { class: "rlcourse-quiz-status", role: "status" });
  const group = `predict-${Math.random().toString(36).slice(2)}`; // two views must not share their buttons
  const radios = options.map(() => html("input", { type: "radio", name: group, ...keepKeys }));
  const labels = options.map((option, i) => html("label", {}, radios[i], html("span", {}, ...htmlWords(option))));
  const button = html("button", { type: "submit", class: "rlc-button", ...keepKeys }, "This is my guess");
  const legend = html("legend", {}, ...htmlWords(text));
  const form = html("form", {}, html("fieldset", {}, legend, ...labels), button, status);

  function update() {
    const [chosen, happened] = [model.get("chosen"), model.get("happened")];
    delete status.dataset.verdict;
    status.replaceChildren();
    radios.forEach((radio) => (radio.disabled = chosen >= 0 && happened >= 0));
    button.hidden = chosen >= 0 && happened >= 0;
    if (chosen < 0) return;
    radios[chosen].checked = true;
    if (happened < 0) {
      status.replaceChildren("Noted. Run on, and compare.");
      return;
    }
    status.dataset.verdict = chosen === happened ? "right" : "wrong";
    const verdict = chosen === happened ? "✓ So it is. " : `✗ It is different: “${options[happened]}”. `;
    status.replaceChildren(html("b", {}, ...htmlWords(verdict)), ...htmlWords(explanation));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = radios.findIndex((radio) => radio.checked);
    if (chosen < 0) {
      status.replaceChildren("Choose one first.");
      return;
    }
    model.set("chosen", chosen);
    model.save_changes();
    update();
  });
  return [form, update];
}

function renderResult(model) {
  const { text, options, explanation, outcome } = model.get("asked");
  const status = html("div", { class: "rlcourse-quiz-status", role: "status" });
  const question = html("p", { class: "rlcourse-predict-asked" }, ...htmlWords(text));

  function update() {
    const [chosen, happened] = [model.get("chosen"), model.get("happened")];
    const guess = chosen < 0 ? "" : `You guessed “${options[chosen]}”. `;
    const sign = chosen < 0 ? "" : chosen === happened ? "✓ " : "✗ ";
    const came = chosen === happened ? "So it was. " : `${outcome}: “${options[happened]}”. `;
    status.dataset.verdict = chosen >= 0 && chosen !== happened ? "wrong" : "right";
    status.replaceChildren(
      ...htmlWords(guess), html("b", {}, ...htmlWords(sign + came)), ...htmlWords(explanation));
  }

  return [html("div", {}, question, status), update];
}

function render({ model, el }) {
  const [shown, update] = model.get("after") ? renderResult(model) : renderChoice(model);
  el.classList.add("rlcourse-quiz", "rlcourse-predict");
  if (!model.get("after")) el.append(html("p", { class: "rlcourse-predict-title" }, "Predict first"));
  el.append(shown);
  update();
  model.on("change:chosen change:happened", update);
  const end = live(el, model);
  return () => {
    end();
    model.off("change:chosen change:happened", update);
  };
}

export default { render };

// The quiz in the browser: radio buttons, a button, and the explanation of the answer that was chosen.
//
// It needs no kernel to explain, so it works while a cell trains and in an exported page. What the learner
// checked goes back to Python in `answers`. The elements are made by showing/browser.js, which Python puts before.

function renderQuestion(model, number, group) {
  const question = model.get("quiz").questions[number];
  const status = html("div", { class: "rlcourse-quiz-status", role: "status" });
  const radios = question.options.map(() => html("input", { type: "radio", name: `${group}-${number}`, ...keepKeys }));
  radios.forEach((radio) => radio.addEventListener("change", clear));
  const labels = question.options.map((option, i) =>
    html("label", {}, radios[i], html("span", {}, ...htmlWords(option.text))));
  const button = html("button", { type: "submit", class: "rlc-button", ...keepKeys }, "Check my answer");

  function clear() {
    status.replaceChildren();
    delete status.dataset.verdict;
  }

  function explain(chosen) {
    const option = question.options[chosen];
    status.dataset.verdict = option.right ? "right" : "wrong";
    status.replaceChildren(
      html("b", {}, option.right ? "✓ Right. " : "✗ Not quite. "), ...htmlWords(option.explanation));
  }

  function check(event) {
    event.preventDefault();
    const chosen = radios.findIndex((radio) => radio.checked);
    if (chosen < 0) {
      status.replaceChildren("Choose an answer first.");
      return;
    }
    explain(chosen);
    const answers = [...model.get("answers")];
    answers[number] = chosen;
    model.set("answers", answers);
    model.save_changes();
  }

  const earlier = model.get("answers")[number];
  if (earlier >= 0) {
    radios[earlier].checked = true;
    explain(earlier);
  }
  const alone = model.get("quiz").questions.length === 1;
  const legend = html("legend", {}, ...htmlWords(alone ? question.text : `${number + 1}. ${question.text}`));
  const form = html("form", {}, html("fieldset", {}, legend, ...labels), button, status);
  form.addEventListener("submit", check);
  return form;
}

function render({ model, el }) {
  const { heading, questions } = model.get("quiz");
  const group = `quiz-${Math.random().toString(36).slice(2)}`; // two views of one quiz must not share their buttons
  const score = html("p", { class: "rlcourse-quiz-score" });
  const showScore = () => {
    const answers = model.get("answers");
    const right = answers.filter((chosen, i) => questions[i].options[chosen]?.right).length;
    score.hidden = answers.every((chosen) => chosen < 0); // before an answer there is nothing to count
    score.textContent = `${right === questions.length ? "✓ " : ""}${right} of ${questions.length} right so far.`;
  };
  showScore();
  model.on("change:answers", showScore);
  el.classList.add("rlcourse-quiz");
  el.append(
    html("p", { class: "rlcourse-quiz-title" }, heading),
    ...questions.map((_, number) => renderQuestion(model, number, group)),
    ...(questions.length > 1 ? [score] : []));
  const end = live(el, model);
  return () => {
    end();
    model.off("change:answers", showScore);
  };
}

export default { render };

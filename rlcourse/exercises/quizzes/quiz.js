// The quiz in the browser: radio buttons, a button, and the explanation of the answer that was chosen.
//
// It needs no kernel to explain, so it works while a cell trains and in an exported page. What the learner
// checked goes back to Python in `answers`. Lab takes arrow keys and Enter for its own commands unless the
// element that has the focus carries data-lm-suppress-shortcuts.

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Words for the page: a part after an underscore, as in "π_old", is set as a subscript. */
const typeset = (text) =>
  text.split(/_(\p{L}+)/u).map((part, i) => (i % 2 ? element("sub", { textContent: part }) : part));

function keepingItsKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  return node;
}

function renderQuestion(model, number, group) {
  const question = model.get("quiz").questions[number];
  const status = element("div", { className: "rlcourse-quiz-status" });
  status.setAttribute("role", "status");

  const radios = question.options.map((option) =>
    keepingItsKeys(element("input", { type: "radio", name: `${group}-${number}`, onchange: clear })));
  const labels = question.options.map((option, i) =>
    element("label", {}, radios[i], element("span", {}, ...typeset(option.text))));
  const button = keepingItsKeys(element("button", { type: "submit", textContent: "Check my answer" }));

  function clear() {
    status.replaceChildren();
    delete status.dataset.verdict;
  }

  function explain(chosen) {
    const option = question.options[chosen];
    status.dataset.verdict = option.right ? "right" : "wrong";
    status.replaceChildren(
      element("b", { textContent: option.right ? "✓ Right. " : "✗ Not quite. " }), ...typeset(option.explanation));
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
  const legend = element("legend", {}, ...typeset(`${number + 1}. ${question.text}`));
  return element("form", { onsubmit: check }, element("fieldset", {}, legend, ...labels), button, status);
}

function render({ model, el }) {
  const { title, questions } = model.get("quiz");
  const group = `quiz-${Math.random().toString(36).slice(2)}`; // two views of one quiz must not share their buttons
  const score = element("p", { className: "rlcourse-quiz-score" });
  const showScore = () => {
    const right = model.get("answers").filter((chosen, i) => questions[i].options[chosen]?.right).length;
    score.textContent = `${right === questions.length ? "✓ " : ""}${right} of ${questions.length} right so far.`;
  };
  showScore();
  model.on("change:answers", showScore);
  el.classList.add("rlcourse-quiz");
  el.append(
    element("p", { className: "rlcourse-quiz-title", textContent: `Quiz: ${title}` }),
    ...questions.map((_, number) => renderQuestion(model, number, group)),
    score);
  return () => model.off("change:answers", showScore);
}

export default { render };

// The buttons below a check. What they show is here from the start; Python only hears what was read.

function render({ model, el }) {
  const [hints, state] = [model.get("hints"), model.get("state")];
  const read = html("ol", { class: "rlc-help-hints" });
  const solution = html("div", { class: "rlc-help-solution", role: "status" });
  const button = (text) => html("button", { type: "button", class: "rlc-button", ...keepKeys }, text);
  const [next, show, yes, no] = ["", "", "Show it", "Not yet"].map(button);
  show.textContent = state === "passed" ? "See how the course writes it" : "Show the solution";
  const question = html("span", { class: "rlc-help-question" }, "Really? One more try teaches more. ", yes, " ", no);
  const row = html("div", { class: "rlc-help-row" }, next, show, question);

  function update() {
    const [first, shown, solved] = [model.get("first"), model.get("shown"), model.get("solved")];
    read.replaceChildren(...hints.slice(first, first + shown).map((hint, i) => {
      const item = html("li", { value: first + i + 1 });
      item.innerHTML = hint; // escaped in Python, where `code` was set apart
      return item;
    }));
    next.hidden = first + shown >= hints.length;
    next.textContent = `Next hint (${first + shown + 1} of ${hints.length})`;
    show.hidden = solved || !question.hidden;
    solution.innerHTML = solved ? model.get("solution") : "";
  }

  function set(name, value) {
    model.set(name, value);
    model.save_changes();
    update();
  }

  function ask(asking) {
    question.hidden = !asking;
    update();
    (asking ? no : show).focus();
  }

  next.addEventListener("click", () => {
    set("shown", model.get("shown") + 1);
    if (next.hidden) show.focus();
  });
  show.addEventListener("click", () => (state === "passed" ? set("solved", true) : ask(true)));
  no.addEventListener("click", () => ask(false));
  yes.addEventListener("click", () => {
    question.hidden = true;
    set("solved", true);
  });

  question.hidden = true;
  el.classList.add("rlc-help");
  el.dataset.state = state;
  el.append(html("div", { role: "status" }, read), row, solution);
  update();
  model.on("change:shown change:solved", update);
  const end = live(el, model);
  return () => {
    end();
    model.off("change:shown change:solved", update);
  };
}

export default { render };

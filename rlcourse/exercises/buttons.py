"""The buttons below a check: the next hint, and the course's solution, without typing a call.

They hold what they show, so they answer at once, also while a cell trains; what was read reaches the record as soon
as the kernel is free. Where no widget lives, a notebook that is opened again for one, there are no buttons, and the
message above says what to call.
"""

import inspect
from html import escape
from pathlib import Path

import anywidget
import traitlets
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

from rlcourse.exercises.exercise import Exercise
from rlcourse.exercises.helping import place_of
from rlcourse.exercises.record import count_hint, load_record
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.source import essence
from rlcourse.showing.words import html_of

_COLOURS = {
    Comment: "comment", Keyword: "keyword", Name.Builtin: "builtin", Name.Function: "def", Number: "number",
    Operator: "operator", String: "string",
}  # fmt: skip
"""The theme's own colours of code: what JupyterLab calls them, by what Python's tokens are."""


class HelpButtons(Lasting, anywidget.AnyWidget):
    """Two buttons, and what they have shown."""

    _esm = BROWSER + Path(__file__).with_name("buttons.js").read_text("utf-8")
    _css = BUTTONS + Path(__file__).with_name("buttons.css").read_text("utf-8")
    hints = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """All hints of the exercise, as HTML; none once it is passed."""
    first = traitlets.Int(0).tag(sync=True)
    """How many of them were read before: the next click shows the one after."""
    shown = traitlets.Int(0).tag(sync=True)
    """How many are shown here."""
    solution = traitlets.Unicode().tag(sync=True)
    """The course's source, as HTML."""
    solved = traitlets.Bool(False).tag(sync=True)
    """Whether it is shown here."""
    state = traitlets.Unicode().tag(sync=True)
    """"passed", "failed" or "not started": how the box looks, and whether the solution is given without a question."""

    def __init__(self, exercise: Exercise, state: str) -> None:
        hints = () if state == "passed" else exercise.hints
        read = load_record().exercise(exercise.name).hints
        first = read if read < len(hints) else 0  # all were read: from the first again
        super().__init__(
            hints=[html_of(hint) for hint in hints], first=first, solution=solution_html(exercise), state=state
        )
        self.exercise = exercise
        self.observe(lambda _: count_hint(exercise.name, self.first + self.shown), names="shown")

    def still(self) -> Still:
        """Nothing: the message above says it."""
        return Still("", "")


def solution_html(exercise: Exercise) -> str:
    """The functions that `solution` shows, without docstrings and checks, in the theme's colours."""
    parts = []
    for function in map(inspect.unwrap, exercise.sources):
        code = coloured(essence(inspect.getsource(function).rstrip()))
        parts.append(f"<p><code>{escape(place_of(function))}</code></p><pre>{code}</pre>")
    return "".join(parts)


def coloured(code: str) -> str:
    """Python code as HTML."""
    spans = []
    for token, text in PythonLexer().get_tokens(code):
        kind = next((name for family, name in _COLOURS.items() if token in family), None)
        said = escape(text)
        spans.append(f'<span class="rlc-code-{kind}">{said}</span>' if kind and text.strip() else said)
    return "".join(spans).rstrip()

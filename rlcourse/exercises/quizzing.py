"""`quiz`: the questions of a notebook, with radio buttons and an explanation for every answer.

The widget is an ipywidget whose view, `quizzes/quiz.js`, runs in the browser: it explains an answer without asking
the kernel, so it does so while a cell trains, and in a page exported from the notebook. It works by keyboard: Tab
to a question, the arrow keys to choose, Enter to check. (The stock `RadioButtons` do not: in JupyterLab the arrow
keys leave them for the next cell.) Where no widget can be drawn the same questions stand as text.
"""

from collections.abc import Callable
from dataclasses import asdict
from html import escape
from pathlib import Path

import anywidget
import traitlets

from rlcourse.exercises.quizzes import find_quiz
from rlcourse.exercises.quizzes.question import Quiz
from rlcourse.exercises.record import count_quiz
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still, show_widget

_FOLDER = Path(__file__).parent / "quizzes"


class QuizWidget(Lasting, anywidget.AnyWidget):
    """A quiz to work through in the browser."""

    _esm = BROWSER + (_FOLDER / "quiz.js").read_text("utf-8")
    _css = BUTTONS + (_FOLDER / "quiz.css").read_text("utf-8")
    quiz = traitlets.Dict().tag(sync=True)
    """The `Quiz`, as nested dictionaries."""
    answers = traitlets.List(traitlets.Int()).tag(sync=True)
    """For each question the option that was checked last, from 0; −1 before."""

    def __init__(self, chosen: Quiz) -> None:
        super().__init__(quiz=asdict(chosen), answers=[-1] * len(chosen.questions))
        self.chosen = chosen

    def still(self) -> Still:
        """The questions to read; each answer unfolds its explanation."""
        return Still(quiz_html(self.chosen), quiz_text(self.chosen))


def quiz(name: str) -> None:
    """Show the quiz of a notebook; how many of its questions you answer right is remembered.

    Args:
        name: the number of the notebook, such as "02".

    Raises:
        ValueError: there is no quiz of that name; the message lists those there are.
    """
    chosen = find_quiz(name)
    widget = quiz_widget(chosen, lambda right: count_quiz(name, right=right, total=len(chosen.questions)))
    show_widget(widget)


def quiz_widget(chosen: Quiz, on_score: Callable[[int], None]) -> QuizWidget:
    """The quiz as a widget. `on_score` is told how many questions stand answered right, after each answer."""
    widget = QuizWidget(chosen)
    widget.observe(lambda change: on_score(count_right(chosen, change["new"])), names="answers")
    return widget


def count_right(chosen: Quiz, answers: list[int]) -> int:
    """How many questions are answered right; −1 stands for a question without an answer."""
    return sum(i >= 0 and q.options[i].right for q, i in zip(chosen.questions, answers, strict=True))


def quiz_text(chosen: Quiz) -> str:
    """The whole quiz as plain text, the answers at the end."""
    lines = [f"Quiz: {chosen.title}"]
    answers = ["", "Answers"]
    for number, question in enumerate(chosen.questions, start=1):
        lines += ["", f"{number}. {question.text}"]
        for letter, option in zip("abcdefgh", question.options, strict=False):
            lines.append(f"   {letter}) {option.text}")
            answers.append(f"{number}{letter}) {'Right' if option.right else 'Not quite'}. {option.explanation}")
    return "\n".join(lines + answers)


def quiz_html(chosen: Quiz) -> str:
    """The whole quiz as HTML without a script: each answer unfolds its explanation."""
    parts = [f"<b>Quiz: {escape(chosen.title)}</b>"]
    for number, question in enumerate(chosen.questions, start=1):
        parts.append(f"<p><b>{number}.</b> {escape(question.text)}</p>")
        for option in question.options:
            word = "✓ Right." if option.right else "✗ Not quite."
            explained = f"<b>{word}</b> {escape(option.explanation)}"
            parts.append(f"<details><summary>{escape(option.text)}</summary><p>{explained}</p></details>")
    return "".join(parts)

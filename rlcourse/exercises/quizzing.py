"""`quiz`: the questions of a notebook, with radio buttons and an explanation for every answer.

The widget is an ipywidget whose view, `quizzes/quiz.js`, runs in the browser: it explains an answer without asking
the kernel, so it does so while a cell trains, and in a page exported from the notebook. It works by keyboard: Tab
to a question, the arrow keys to choose, Enter to check. (The stock `RadioButtons` do not: in JupyterLab the arrow
keys leave them for the next cell.) Where no widget can be drawn the same questions stand as text.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from html import escape
from pathlib import Path

import anywidget
import traitlets

from rlcourse.arguments import check_integer
from rlcourse.exercises.quizzes import find_quiz
from rlcourse.exercises.quizzes.question import Question, Quiz
from rlcourse.exercises.record import count_questions, count_quiz
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still, show_widget

_FOLDER = Path(__file__).parent / "quizzes"


class QuizWidget(Lasting, anywidget.AnyWidget):
    """A quiz to work through in the browser."""

    _esm = BROWSER + (_FOLDER / "quiz.js").read_text("utf-8")
    _css = BUTTONS + (_FOLDER / "quiz.css").read_text("utf-8")
    quiz = traitlets.Dict().tag(sync=True)
    """The `Quiz`, as nested dictionaries, and what stands above it."""
    answers = traitlets.List(traitlets.Int()).tag(sync=True)
    """For each question the option that was checked last, from 0; −1 before."""

    def __init__(self, chosen: Quiz) -> None:
        shown = asdict(chosen) | {"heading": heading(chosen)}
        super().__init__(quiz=shown, answers=[-1] * len(chosen.questions))
        self.chosen = chosen

    def still(self) -> Still:
        """The questions to read; each answer unfolds its explanation."""
        return Still(quiz_html(self.chosen), quiz_text(self.chosen))


def quiz(name: str, questions: Sequence[int] | None = None) -> None:
    """Show the quiz of a notebook, or some of its questions; what you answer right is remembered.

    Args:
        name: the number of the notebook, such as "02".
        questions: the numbers, from 1, of those to show here, such as `[2, 3]`; all of them when None. So a question
            can stand after the section it belongs to.

    Raises:
        TypeError: `questions` is no list of whole numbers.
        ValueError: there is no quiz of that name, or no such question; the message lists those there are.
    """
    chosen = find_quiz(name)
    total = len(chosen.questions)
    if questions is None:
        widget = quiz_widget(chosen, lambda right: count_quiz(name, right=right, total=total))
        numbers = [*range(1, total + 1)]
    else:
        numbers = _numbers(questions, total)
        part = replace(chosen, questions=tuple(chosen.questions[number - 1] for number in numbers))
        widget = quiz_widget(part, lambda right: None)

    def remember(change: dict) -> None:
        right = [n for n, q, i in zip(numbers, widget.chosen.questions, change["new"], strict=True) if _is_right(q, i)]
        count_questions(name, right, total=total)

    widget.observe(remember, names="answers")
    show_widget(widget)


def _numbers(questions: Sequence[int], total: int) -> list[int]:
    """The numbers of the questions, checked."""
    if isinstance(questions, str) or not isinstance(questions, Sequence):
        raise TypeError(f"questions must be a list of numbers such as [2, 3], got {questions!r}")
    for number in questions:
        check_integer("each of questions", number, 1, total)
    if not questions or len(set(questions)) < len(questions):
        raise ValueError(f"questions must be one or more different numbers from 1 to {total}, got {questions!r}")
    return [*questions]


def quiz_widget(chosen: Quiz, on_score: Callable[[int], None]) -> QuizWidget:
    """The quiz as a widget. `on_score` is told how many questions stand answered right, after each answer."""
    widget = QuizWidget(chosen)
    widget.observe(lambda change: on_score(count_right(chosen, change["new"])), names="answers")
    return widget


def heading(chosen: Quiz) -> str:
    """What stands above the questions: the quiz's title, or how many of its questions these are."""
    asked = len(chosen.questions)
    if asked == len(find_quiz(chosen.notebook).questions):
        return f"Quiz: {chosen.title}"
    return ("A question", "Two questions", "Three questions")[asked - 1] if asked < 4 else f"{asked} questions"


def count_right(chosen: Quiz, answers: list[int]) -> int:
    """How many questions are answered right; −1 stands for a question without an answer."""
    return sum(_is_right(q, i) for q, i in zip(chosen.questions, answers, strict=True))


def _is_right(question: Question, answer: int) -> bool:
    return answer >= 0 and question.options[answer].right


def quiz_text(chosen: Quiz) -> str:
    """The whole quiz as plain text, the answers at the end."""
    lines = [heading(chosen)]
    answers = ["", "Answers"]
    for number, question in enumerate(chosen.questions, start=1):
        lines += ["", f"{number}. {question.text}"]
        for letter, option in zip("abcdefgh", question.options, strict=False):
            lines.append(f"   {letter}) {option.text}")
            answers.append(f"{number}{letter}) {'Right' if option.right else 'Not quite'}. {option.explanation}")
    return "\n".join(lines + answers)


def quiz_html(chosen: Quiz) -> str:
    """The whole quiz as HTML without a script: each answer unfolds its explanation."""
    parts = [f"<b>{escape(heading(chosen))}</b>"]
    for number, question in enumerate(chosen.questions, start=1):
        parts.append(f"<p><b>{number}.</b> {escape(question.text)}</p>")
        for option in question.options:
            word = "✓ Right." if option.right else "✗ Not quite."
            explained = f"<b>{word}</b> {escape(option.explanation)}"
            parts.append(f"<details><summary>{escape(option.text)}</summary><p>{explained}</p></details>")
    return "".join(parts)

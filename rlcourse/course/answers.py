"""What an instructor wants at hand: the answers to all quizzes, and the mistakes that the exercises know by name.

`python -m rlcourse.course` writes both, as `notebooks/teaching/answers.md` and `exercises.md`, from the very data that
`quiz`, `predict` and `check` show to a learner. Left out: what came of a prediction, where a run decides it.
"""

import re

from rlcourse.course.contents import CONTENTS, Notebook
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.exercise import Exercise
from rlcourse.exercises.predictions import PREDICTIONS
from rlcourse.exercises.predictions.prediction import Prediction
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.exercises.quizzes.question import Question

_WRITTEN = "<!-- Written by `python -m rlcourse.course`; what is changed here is lost. -->"
_SIGNS = re.compile(r"([*_<>|\[\]$\\])")
"""What Markdown would obey in a text that is to be shown as it is."""


def answers_page() -> str:
    """All questions of all quizzes with their answers, and all predictions, notebook by notebook, in Markdown."""
    parts = [
        "# Answers\n",
        _WRITTEN,
        "",
        "What every quiz asks, which answer is right, and what a wrong one reveals: ask whoever chose it how they came "
        "to it, then say the sentence beside it. A prediction is no question of knowledge. Its outcome is what the run "
        "brings, except where a ✓ stands; the sentence below is true whatever came out.\n",
    ]
    for notebook in CONTENTS:
        guesses = [one for one in PREDICTIONS.values() if one.notebook == notebook.number]
        questions = QUIZZES[notebook.number].questions if notebook.number in QUIZZES else ()
        if guesses or questions:
            parts.append(_heading(notebook))
            parts += [question_lines(question, i) for i, question in enumerate(questions, 1)]
            parts += [prediction_lines(one) for one in guesses]
    return "\n".join(parts).rstrip() + "\n"


def exercises_page() -> str:
    """All exercises with the slips that `check` knows and the hints that `hint` gives, in Markdown."""
    parts = [
        "# Exercises, and what people get wrong\n",
        _WRITTEN,
        "",
        "`check` names these mistakes by itself. For the instructor they are what to listen for: each name is what "
        "people did, the sentence beside it is what to say. The course's own function is what `solution(…)` shows.\n",
    ]
    for notebook in CONTENTS:
        chosen = [one for one in EXERCISES.values() if one.notebook == notebook.number]
        if chosen:
            parts.append(_heading(notebook))
            parts += [exercise_lines(exercise) for exercise in chosen]
    return "\n".join(parts).rstrip() + "\n"


def question_lines(question: Question, number: int) -> str:
    """A question of a quiz, its right answer, and what each wrong one reveals."""
    lines = [f"**Question {number}.** {plain(question.text)}\n"]
    for option in sorted(question.options, key=lambda one: not one.right):
        lines.append(f"- {'✓' if option.right else '✗'} **{plain(option.text)}**: {plain(option.explanation)}")
    return "\n".join(lines) + "\n"


def prediction_lines(one: Prediction) -> str:
    """A prediction, what may happen, and why it happens."""
    told = "; ".join(f"{'✓ ' if i == one.right else ''}{plain(option)}" for i, option in enumerate(one.options))
    return f"**Prediction `{one.name}`.** {plain(one.text)} ({told}.)\n\n- {plain(one.explanation)}\n"


def exercise_lines(exercise: Exercise) -> str:
    """An exercise: its minutes, its hints, and its slips."""
    head = f"### {exercise.title}: `{exercise.name}`, {exercise.minutes} minutes, {exercise.difficulty}\n"
    hints = [f"{i}. {hint}" for i, hint in enumerate(exercise.hints, 1)]
    slips = [f"- **{plain(slip.name)}**: {slip.explanation}" for slip in exercise.slips]
    return "\n".join([head, "Hints, one at a time:\n", *hints, "\nWhat people do:\n", *slips]) + "\n"


def plain(text: str) -> str:
    """Words that are no Markdown, so that Markdown shows them as they are; what stands in backticks is left alone."""
    pieces = re.split(r"(`[^`]+`)", text)
    return "".join(piece if i % 2 else _SIGNS.sub(r"\\\1", piece) for i, piece in enumerate(pieces))


def _heading(notebook: Notebook) -> str:
    return f"## {notebook.number} · [{notebook.title}](../{notebook.file}.ipynb)\n"

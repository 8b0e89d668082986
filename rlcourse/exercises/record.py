"""What the learner has done so far, in one small JSON file on their own machine.

What is counted is here; what the record holds is in `record_content`, and how the file is kept in `keeping`.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from rlcourse.exercises.keeping import change, load, record_path
from rlcourse.exercises.record_content import (
    Entry,
    ExerciseRecord,
    PredictionRecord,
    QuestionRecord,
    QuizRecord,
    Record,
    read,
    with_entry,
)

__all__ = [
    "ExerciseRecord",
    "PredictionRecord",
    "QuestionRecord",
    "QuizRecord",
    "Record",
    "count_attempt",
    "count_hint",
    "count_prediction",
    "count_questions",
    "count_quiz",
    "has_passed",
    "load_record",
    "record_path",
]


def load_record() -> Record:
    """The record so far."""
    return read(load(record_path()))


def has_passed(name: str) -> bool:
    """Whether the exercise called `name` has been passed on this machine."""
    return load_record().exercise(name).passed


def count_attempt(name: str, *, passed: bool) -> None:
    """Remember a check of an exercise. Checks after the one that passed are not counted."""

    def count(record: Record) -> ExerciseRecord:
        before = record.exercise(name)
        return before if before.passed else replace(before, attempts=before.attempts + 1, passed=passed)

    _change("exercises", name, count)


def count_hint(name: str, number: int) -> None:
    """Remember that an exercise's first `number` hints were read."""

    def count(record: Record) -> ExerciseRecord:
        before = record.exercise(name)
        return replace(before, hints=max(number, before.hints))

    _change("exercises", name, count)


def count_quiz(name: str, *, right: int, total: int) -> None:
    """Remember a quiz's score if it is the best so far, or if the quiz has changed."""

    def count(record: Record) -> QuizRecord:
        before = record.quiz(name)
        return QuizRecord(right=right, total=total) if right > before.right or total != before.total else before

    _change("quizzes", name, count)


def count_questions(name: str, right: Collection[int], *, total: int) -> None:
    """Remember which questions of a quiz were answered right, by their numbers, wherever in the notebook they stand.

    Together they are the quiz's score, if that is better than the one it has.
    """
    for number in right:
        _change("questions", f"{name}.{number}", lambda _: QuestionRecord(right=True))
    known = load_record().questions
    done = [known.get(f"{name}.{number}", QuestionRecord()).right for number in range(1, total + 1)]
    count_quiz(name, right=sum(done), total=total)


def count_prediction(name: str, *, chosen: int, right: bool | None) -> None:
    """Remember the option that was guessed, from 1, and whether it came true; None where that is not known yet."""

    def count(record: Record) -> PredictionRecord:
        came_true = record.prediction(name).right if right is None else right
        return PredictionRecord(chosen=chosen, right=came_true)

    _change("predictions", name, count)


def _change(section: str, name: str, count: Callable[[Record], Entry]) -> None:
    """Change one entry of the record; a section's name is that of the field in `Record`."""

    def edit(content: dict) -> dict:
        record = read(content)
        entry = count(record)
        before = getattr(record, section).get(name, type(entry)())
        return content if entry == before else with_entry(content, section, name, entry)

    change(record_path(), edit)

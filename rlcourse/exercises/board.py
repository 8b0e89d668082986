"""`progress`: the board that shows what is done and what is next, notebook by notebook."""

from itertools import groupby

from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.exercise import Exercise
from rlcourse.exercises.keeping import is_saved
from rlcourse.exercises.predictions import PREDICTIONS
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.exercises.quizzes.question import Quiz
from rlcourse.exercises.record import Record, load_record, record_path
from rlcourse.showing.message import Message, show
from rlcourse.showing.table import Table

HEADER = ("Exercise", "State", "Attempts", "Hints", "Minutes", "Difficulty")


def progress(*, everything: bool = False) -> None:
    """Show what you have done so far, and what comes next.

    Args:
        everything: List the exercises of all notebooks. Otherwise one in which you have done nothing yet is one line.
    """
    record = load_record()
    tasks = _tasks()
    open_tasks = [task for task in tasks if not _done(task, record)]
    following = open_tasks[0] if open_tasks else None
    exercises, quizzes = ([task for task in tasks if isinstance(task, kind)] for kind in (Exercise, Quiz))
    done = [sum(_done(task, record) for task in some) for some in (exercises, quizzes)]
    headline = (
        f"Your progress: {done[0]} of {len(exercises)} exercises passed, {done[1]} of {len(quizzes)} quizzes all right."
    )
    rows: list[tuple[str, ...]] = []
    for number, some in _by_notebook(tasks):
        guesses = _predictions(number, record)
        if everything or guesses or following in some or any(_begun(task, record) for task in some):
            rows += [
                (_notebook(number),),
                *guesses,
                *(_row(task, record, following=task is following) for task in some),
            ]
        else:
            rows.append(_folded(number, some))
    where = f"Kept in `{record_path()}`, on this machine only."
    if not is_saved(record_path()):
        where = f"Part of it is remembered until the kernel stops: `{record_path()}` cannot be written."
    more = () if everything else ("`progress(everything=True)` lists the exercises of all notebooks.",)
    show(Message("○" if open_tasks else "✓", headline, (_next(following), Table(HEADER, tuple(rows)), *more, where)))


def _tasks() -> list[Exercise | Quiz]:
    """All there is to do, in the order of the notebooks; a notebook's quiz stands at its end."""
    return sorted([*EXERCISES.values(), *QUIZZES.values()], key=lambda task: (task.notebook, isinstance(task, Quiz)))


def _by_notebook(tasks: list[Exercise | Quiz]) -> list[tuple[str, list[Exercise | Quiz]]]:
    """The tasks of each notebook, under its number."""
    return [(number, list(some)) for number, some in groupby(tasks, key=lambda task: task.notebook)]


def _begun(task: Exercise | Quiz, record: Record) -> bool:
    if isinstance(task, Exercise):
        own = record.exercise(task.name)
        return own.passed or own.attempts > 0 or own.hints > 0
    return record.quiz(task.notebook).total > 0


def _folded(number: str, tasks: list[Exercise | Quiz]) -> tuple[str, ...]:
    """The one row of a notebook in which nothing has been done."""
    minutes = sum(task.minutes for task in tasks if isinstance(task, Exercise))
    return _notebook(number), "○ not begun", "–", "–", str(minutes or "–"), "–"


def _done(task: Exercise | Quiz, record: Record) -> bool:
    if isinstance(task, Exercise):
        return record.exercise(task.name).passed
    return record.quiz(task.notebook).right >= len(task.questions)


def _notebook(number: str) -> str:
    """The heading of a notebook's rows. Its quiz, if there is one, is named after what the notebook is about."""
    return f"Notebook {number} · {QUIZZES[number].title}" if number in QUIZZES else f"Notebook {number}"


def _next(task: Exercise | Quiz | None) -> str:
    if task is None:
        return "You have done it all."
    if isinstance(task, Quiz):
        return f"Next: the quiz at the end of notebook {task.notebook}."
    return f"Next: {task.title}, in notebook {task.notebook}. About {task.minutes} minutes."


def _predictions(number: str, record: Record) -> list[tuple[str, ...]]:
    """The row of a notebook's predictions, once one was made: nobody has to."""
    asked = [name for name, one in PREDICTIONS.items() if one.notebook == number]
    made = [guess for guess in map(record.prediction, asked) if guess.chosen]
    if not made:
        return []
    state = f"{len(made)} of {len(asked)} made, {sum(guess.right for guess in made)} came true"
    return [("Predictions", state, "–", "–", "–", "–")]


def _row(task: Exercise | Quiz, record: Record, *, following: bool) -> tuple[str, ...]:
    waiting = "→ next" if following else "○ not yet"
    if isinstance(task, Quiz):
        score = record.quiz(task.notebook)
        symbol = "✓" if _done(task, record) else "→"
        state = f"{symbol} {min(score.right, len(task.questions))} of {len(task.questions)}" if score.total else waiting
        return "Quiz", state, "–", "–", "–", "–"
    own = record.exercise(task.name)
    state = "✓ passed" if own.passed else "→ begun" if own.attempts else waiting
    hints = f"{min(own.hints, len(task.hints))} of {len(task.hints)}" if own.hints else "–"
    return task.title, state, str(own.attempts or "–"), hints, str(task.minutes), task.difficulty

"""`progress`: the board that shows what is done and what is next."""

from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.exercises.record import ExerciseRecord, QuizRecord, load_record, record_path
from rlcourse.exercises.showing import Message, Table, show


def progress() -> None:
    """Show every exercise and quiz of the course with what you have done so far."""
    record = load_record()
    passed = sum(record.exercise(name).passed for name in EXERCISES)
    exercises = Table(
        ("Notebook", "Exercise", "State", "Attempts", "Hints", "Minutes", "Difficulty"),
        tuple(
            (e.notebook, e.title, *_exercise_cells(record.exercise(e.name), len(e.hints)), str(e.minutes), e.difficulty)
            for e in sorted(EXERCISES.values(), key=lambda exercise: exercise.notebook)
        ),
    )
    quizzes = Table(
        ("Notebook", "Quiz", "Questions answered right"),
        tuple((q.notebook, q.title, _score(record.quiz(q.notebook), len(q.questions))) for q in QUIZZES.values()),
    )
    where = f"Kept in `{record_path()}`, on this machine only."
    headline = f"Your progress: {passed} of {len(EXERCISES)} exercises passed."
    show(Message("✓" if passed == len(EXERCISES) else "○", headline, (exercises, quizzes, where)))


def _exercise_cells(record: ExerciseRecord, hints: int) -> tuple[str, str, str]:
    state = "✓ passed" if record.passed else "→ begun" if record.attempts else "○ not yet"
    return state, str(record.attempts or "–"), f"{record.hints} of {hints}" if record.hints else "–"


def _score(record: QuizRecord, questions: int) -> str:
    if not record.total:
        return "○ not yet"
    return f"{'✓' if record.right >= questions else '→'} {record.right} of {questions}"

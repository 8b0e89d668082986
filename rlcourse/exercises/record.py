"""What the learner has done so far, in one small JSON file on their own machine.

The file lies in the user's data folder, or where the environment variable RLCOURSE_PROGRESS says. It is written
to a temporary name and moved into place, so that it is whole at every moment. A damaged file is set aside under
another name, and where nothing can be written the progress of this session is kept in a temporary folder: a lost
record is a pity, a notebook that stops because of it would be worse.

Left out: a lock. Two notebooks that save in the same millisecond may lose one of the two attempts.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import platformdirs

from rlcourse.showing.message import Message, show

VARIABLE = "RLCOURSE_PROGRESS"
VERSION = 1


@dataclass(frozen=True)
class ExerciseRecord:
    """What a learner did with one exercise."""

    attempts: int = 0
    """Checks of a function that was written, up to the one that passed."""
    passed: bool = False
    """Whether it was ever passed."""
    hints: int = 0
    """How many of its hints were read."""


@dataclass(frozen=True)
class QuizRecord:
    """What a learner did with one quiz."""

    right: int = 0
    """The most questions answered right in one sitting."""
    total: int = 0
    """How many questions it had."""


@dataclass(frozen=True)
class Record:
    """All that is kept about a learner."""

    exercises: dict[str, ExerciseRecord] = field(default_factory=dict)
    quizzes: dict[str, QuizRecord] = field(default_factory=dict)

    def exercise(self, name: str) -> ExerciseRecord:
        """The record of one exercise, empty if it was never tried."""
        return self.exercises.get(name, ExerciseRecord())

    def quiz(self, name: str) -> QuizRecord:
        """The record of one quiz, empty if it was never tried."""
        return self.quizzes.get(name, QuizRecord())


def record_path() -> Path:
    """Where the record is kept."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("rlcourse", appauthor=False)) / "progress.json"


def load_record() -> Record:
    """The record so far. A file that cannot be read is set aside with a message, and a new record begun."""
    path = record_path()
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Record()
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        _set_aside(path)
        return Record()


def has_passed(name: str) -> bool:
    """Whether the exercise called `name` has been passed on this machine."""
    return load_record().exercise(name).passed


def count_attempt(name: str, *, passed: bool) -> None:
    """Remember a check of an exercise. Checks after the one that passed are not counted."""
    before = load_record().exercise(name)
    if not before.passed:
        _save_exercise(name, replace(before, attempts=before.attempts + 1, passed=passed))


def count_hint(name: str, number: int) -> None:
    """Remember that an exercise's first `number` hints were read."""
    before = load_record().exercise(name)
    if number > before.hints:
        _save_exercise(name, replace(before, hints=number))


def count_quiz(name: str, *, right: int, total: int) -> None:
    """Remember a quiz's score if it is the best so far, or if the quiz has changed."""
    record = load_record()
    before = record.quiz(name)
    if right > before.right or total != before.total:
        _save(replace(record, quizzes={**record.quizzes, name: QuizRecord(right=right, total=total)}))


def _save_exercise(name: str, changed: ExerciseRecord) -> None:
    record = load_record()
    _save(replace(record, exercises={**record.exercises, name: changed}))


def _save(record: Record) -> None:
    text = json.dumps({"version": VERSION, **asdict(record)}, indent=2)
    path = record_path()
    try:
        _write(path, text)
    except OSError as error:
        _keep_for_this_session(path, text, error)


def _write(path: Path, text: str) -> None:
    """Write the whole file or nothing: to a temporary name beside it, then moved into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _keep_for_this_session(path: Path, text: str, error: OSError) -> None:
    """Write to a temporary folder from now on, and say so. From now on, so it is said once."""
    headline = f"Your progress cannot be saved in `{path}` ({error.strerror or error})."
    keep = f"It is kept until the kernel stops. To keep it, name a file you can write to in the variable `{VARIABLE}`."
    show(Message("!", headline, (keep,)))
    try:
        path = Path(tempfile.mkdtemp(prefix="rlcourse-")) / path.name
        os.environ[VARIABLE] = str(path)
        _write(path, text)
    except OSError:  # not even there: then nothing is kept
        return


def _set_aside(path: Path) -> None:
    """Give a damaged file another name, so that a new one can be begun and nothing is lost."""
    aside = path.with_name(f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    try:
        os.replace(path, aside)
    except OSError:
        return
    show(Message("!", f"The file with your progress was damaged. It is now `{aside}`; a new one is begun."))


def _parse(text: str) -> Record:
    """The record in a file's text. Raises `ValueError` and its kin when it is not one of ours."""
    content = json.loads(text)
    if content["version"] != VERSION:
        raise ValueError(f"version must be {VERSION}, got {content['version']}")
    return Record(
        exercises=_entries(ExerciseRecord, content["exercises"]), quizzes=_entries(QuizRecord, content["quizzes"])
    )


def _entries(kind: Callable, entries: dict) -> dict:
    """One record of the given kind for each entry, its fields checked."""
    for values in entries.values():
        for known in fields(kind):
            if type(values[known.name]) is not known.type:
                raise TypeError(f"{known.name} must be {known.type}, got {values[known.name]!r}")
    return {name: kind(**values) for name, values in entries.items()}

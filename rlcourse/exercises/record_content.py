"""What the record of a learner holds, and how it is read from a file's text.

A file of today must be readable by every later course, and a later file must lose nothing in today's. So an entry may
have more fields than are known here, or fewer: what is unknown stays as it is, what is missing has its default.
`VERSION` is raised only when a field changes its *meaning*; then a function that turns the old content into the new
joins `MIGRATIONS`.

Left out: the file itself, its place, its lock; see `rlcourse.exercises.keeping`.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import Enum

MIGRATIONS: tuple[Callable[[dict], dict], ...] = ()
"""The k-th turns the content of version k into that of version k + 1. None was needed yet."""
VERSION = 1 + len(MIGRATIONS)
MOST_COUNTED = 9_999
"""More attempts than this are not told apart."""


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
class QuestionRecord:
    """What a learner did with one question of a quiz, which may stand alone in a notebook."""

    right: bool = False
    """Whether it was ever answered right."""


@dataclass(frozen=True)
class PredictionRecord:
    """What a learner expected of a run."""

    chosen: int = 0
    """The option that was guessed last, from 1; 0 before."""
    right: bool = False
    """Whether it came true."""


Entry = ExerciseRecord | QuizRecord | QuestionRecord | PredictionRecord


@dataclass(frozen=True)
class Record:
    """All that is kept about a learner."""

    exercises: dict[str, ExerciseRecord] = field(default_factory=dict)
    quizzes: dict[str, QuizRecord] = field(default_factory=dict)
    questions: dict[str, QuestionRecord] = field(default_factory=dict)
    """By the quiz and the question's number, from 1: "06.3"."""
    predictions: dict[str, PredictionRecord] = field(default_factory=dict)

    def exercise(self, name: str) -> ExerciseRecord:
        """The record of one exercise, empty if it was never tried."""
        return self.exercises.get(name, ExerciseRecord())

    def quiz(self, name: str) -> QuizRecord:
        """The record of one quiz, empty if it was never tried."""
        return self.quizzes.get(name, QuizRecord())

    def prediction(self, name: str) -> PredictionRecord:
        """The record of one prediction, empty if none was made."""
        return self.predictions.get(name, PredictionRecord())


SECTIONS = {"exercises": ExerciseRecord, "quizzes": QuizRecord}
"""What every record holds; by them it is known for one of ours."""
LATER_SECTIONS = {"questions": QuestionRecord, "predictions": PredictionRecord}
"""What came later: a record has them from the first such entry on."""


class Kind(Enum):
    """What a text is."""

    OURS = "a record that this course can read"
    NEWER = "a record made by a newer version of the course"
    NOT_OURS = "something else"
    DAMAGED = "a record of ours that was damaged"


def classify(text: bytes, *, named_by_us: bool) -> tuple[Kind, dict]:
    """What a file's bytes are, and the content that could be read, in today's version.

    Args:
        text: all of the file. Whether its encoding is UTF-8, with a BOM or not, or UTF-16 does not matter.
        named_by_us: whether the file has the name that the course gives. Only then is an empty file, or the first
            few characters of a record, taken for a damaged one; under another name it may be anything.
    """
    try:
        content = json.loads(text, parse_int=_whole)
    except (ValueError, RecursionError):
        return (Kind.DAMAGED if _begins_like_ours(text, named_by_us) else Kind.NOT_OURS), empty()
    version = content.get("version") if isinstance(content, dict) else None
    if type(version) is not int or version < 1:
        return Kind.NOT_OURS, empty()
    if version > VERSION:
        return Kind.NEWER, empty()
    if not SECTIONS.keys() & content.keys():
        return Kind.NOT_OURS, empty()
    if not named_by_us and not all(_are_entries(content[section]) for section in SECTIONS.keys() & content.keys()):
        return Kind.NOT_OURS, empty()  # another program's list of exercises
    content = upgraded(content)
    sound = _sound(content)
    return (Kind.OURS if sound == content else Kind.DAMAGED), sound


def empty() -> dict:
    """The content of a record of nothing."""
    return {"version": VERSION, **{section: {} for section in SECTIONS}}


def upgraded(content: dict, migrations: Sequence[Callable[[dict], dict]] = MIGRATIONS) -> dict:
    """The content in today's version, with every section there."""
    for old in range(content["version"], 1 + len(migrations)):
        content = {**migrations[old - 1](content), "version": old + 1}
    # The version first, as in a new file: by its first characters a cut-off record of ours is known.
    return {"version": VERSION, **{section: {} for section in SECTIONS}, **content}


def read(content: dict) -> Record:
    """The record in a content."""
    return Record(
        **{
            section: {name: _entry(kind, entry) for name, entry in content.get(section, {}).items()}
            for section, kind in (SECTIONS | LATER_SECTIONS).items()
        }
    )


def with_entry(content: dict, section: str, name: str, entry: Entry) -> dict:
    """The content with one entry changed; what is not known here of that entry, and everything else, stays."""
    before = content.get(section, {})
    return {**content, section: {**before, name: {**before.get(name, {}), **asdict(entry)}}}


def _entry(kind: type, entry: dict) -> Entry:
    """One record of a kind from an entry: what is missing has its default, and no count is absurd."""
    known = {f.name: entry[f.name] for f in fields(kind) if f.name in entry}
    return kind(**{k: v if isinstance(v, bool) else min(max(v, 0), MOST_COUNTED) for k, v in known.items()})


def _sound(content: dict) -> dict:
    """The content without what cannot be read: sections and entries that are none, fields of another type."""
    sound = dict(content)
    for section, kind in (SECTIONS | LATER_SECTIONS).items():
        if section not in content:  # a later one
            continue
        entries = content[section] if isinstance(content[section], dict) else {}
        types = {f.name: f.type for f in fields(kind)}
        sound[section] = {
            name: {key: value for key, value in entry.items() if type(value) is types.get(key, type(value))}
            for name, entry in entries.items()
            if isinstance(entry, dict)
        }
    return sound


def _are_entries(section: object) -> bool:
    """Whether this may be a section of ours: entries by name, each with fields."""
    return isinstance(section, dict) and all(isinstance(entry, dict) for entry in section.values())


def _begins_like_ours(text: bytes, named_by_us: bool) -> bool:
    """Whether bytes that are no JSON may be what is left of a record: `{"version": 1, "exercises": {` or its start."""
    start = re.sub(r"\s|\0", "", text[:400].decode("utf-8-sig", errors="ignore"))
    if re.match(r'\{"version":\d+,"(exercises|quizzes)":\{', start):
        return True
    if named_by_us and re.match(r'\{"(exercises|quizzes)":\{', start):  # written so for a while
        return True
    return named_by_us and re.fullmatch(r'(\{("[a-z]*"?)?)?|\{"version":\d*(,("[a-z]*"?)?)?', start) is not None


def _whole(digits: str) -> int:
    """A whole number of a text; one with more digits than Python would read is as good as the largest."""
    return int(digits) if len(digits) <= 20 else int(digits[:20])

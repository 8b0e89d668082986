"""How many minutes a notebook takes, worked out from what stands in it.

    minutes = words/200 + open lines of code/10 + minutes of its exercises + questions of its quiz
              + 1.5 for each explorable + 2 for each training that is watched + 0.5 for each prediction

200 words a minute is an easy pace for prose that is thought about, ten lines a minute for code that is read and not
skimmed. Code that is folded away costs nothing. What an exercise takes stands in its heading. Left out: breaks, and
what a learner tries beyond what is asked.
"""

import inspect
import re
from collections.abc import Mapping, Sequence

from rlcourse import course, explorables
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.explorables.training.dashboard import TrainingDashboard
from rlcourse.showing.live import Lasting

WORDS, LINES = 200, 10
"""Of prose and of open code, read in a minute."""
EXPLORABLE, TRAINING, PREDICTION = 1.5, 2.0, 0.5
"""Minutes for one of each."""
STEP = 5
"""Minutes are printed in steps of five: nobody reads to the minute."""

_EXERCISE = re.compile(r"^#+ Exercise.*\((\d+) minutes", re.MULTILINE)
_HIDDEN = re.compile(r"<!--.*?-->|\]\([^)]*\)|<[^>]*>|[|`*#>-]+", re.DOTALL)
"""What stands in a cell's Markdown and is not read: where links lead, tags, and signs."""
_PREDICTED = re.compile(r"^predict\(([^)]*)\)", re.MULTILINE)


def minutes_to_work(notebook: Mapping, number: str) -> float:
    """The minutes that a notebook takes, not rounded.

    Args:
        notebook: As `nbformat` or `json` reads it: its "cells" with their "cell_type", "source" and "metadata".
        number: Its number, by which its quiz is found.
    """
    prose = "\n\n".join(_source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code = "\n".join(map(_source, cells))
    lines = sum(bool(line.strip()) for cell in cells if not _folded(cell) for line in _source(cell).splitlines())
    guesses = sum(names.count('"') // 2 for names in _PREDICTED.findall(code))
    return (
        len(_HIDDEN.sub(" ", prose).split()) / WORDS
        + lines / LINES
        + sum(map(int, _EXERCISE.findall(prose)))
        + (len(QUIZZES[number].questions) if number in QUIZZES else 0)
        + EXPLORABLE * _calls(code, explorable_names())
        + TRAINING * _calls(code, [TrainingDashboard.__name__])
        + PREDICTION * guesses
    )


def rounded(minutes: float) -> int:
    """The minutes as they are printed: to the next five, and at least five."""
    return max(STEP, STEP * round(minutes / STEP))


def explorable_names() -> list[str]:
    """What shows something to turn, drive or play: found by what it gives, a widget of ours, and not listed."""
    doors = ((explorables, explorables.__all__), (course, course.__all__))
    found = [name for door, names in doors for name in names if _gives_a_widget(getattr(door, name))]
    return [name for name in found if name != TrainingDashboard.__name__]


def _gives_a_widget(thing: object) -> bool:
    given = thing if inspect.isclass(thing) else getattr(thing, "__annotations__", {}).get("return")
    return inspect.isclass(given) and issubclass(given, Lasting)


def _calls(code: str, names: Sequence[str]) -> int:
    return len(re.findall(rf"\b(?:{'|'.join(map(re.escape, names))})\(", code))


def _folded(cell: Mapping) -> bool:
    return cell["metadata"].get("jupyter", {}).get("source_hidden", False)


def _source(cell: Mapping) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)

"""`show_source` shows what is really in the file."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from rlcourse.algorithms import GRPO
from rlcourse.equations import clipped_surrogate, gae
from rlcourse.explorables import TrainingDashboard, show_source
from rlcourse.showing.source import essence

ROOT = Path(__file__).parents[2]


def blocks(thing):
    """Where it stands, and the code shown: the essence, then the whole, if it is more."""
    where, *code = re.split(r"(?:^|\n\n)````python\n(.*?)\n````", show_source(thing).data, flags=re.DOTALL)
    return where, code[::2]


@pytest.mark.parametrize("thing", [clipped_surrogate, TrainingDashboard, TrainingDashboard.caption])
def test_it_is_the_text_of_the_file_at_the_line_it_names(thing):
    where, shown = blocks(thing)
    path, line = where.removeprefix("`").split("`, line ")
    short, code = shown[0].splitlines(), shown[-1].splitlines()
    lines = (ROOT / path).read_text().splitlines()[int(line) - 1 :][: len(code)]
    indent = len(lines[0]) - len(lines[0].lstrip())
    assert [text[indent:] for text in lines] == code
    assert code[0].startswith(("def ", "class ", "@")) and inspect.unwrap(thing).__name__ in shown[0]
    rest = iter(code)
    assert all(text in rest for text in short), "what is shown first are lines of the whole, in its order"


@pytest.mark.parametrize(
    ("things", "most"),
    [([clipped_surrogate], 12), ([gae], 14), ([GRPO.update, GRPO.loss], 40)],
    ids=["clipped_surrogate", "gae", "GRPO"],
)
def test_what_is_shown_first_is_signature_and_formula(things, most):
    shown = [blocks(thing)[1][0] for thing in things]
    assert sum(len(code.splitlines()) for code in shown) <= most
    assert not re.search(r'"""|^ *(self\.)?_?check', "\n".join(shown), re.MULTILINE)


def test_what_only_checks_is_left_out_and_what_computes_is_not():
    code = '''
def f(x, y=1):
    """What it is."""
    # Said of the check.
    check_number("x", x)
    if y < 0:
        raise ValueError(y)
    # Said of the sum.
    total = check_number("y", y) + x

    if total:
        check_it(total)
    return total


class C:
    """What it is."""

    field: int
    """What it holds."""

    def __init__(self):
        """Nothing."""
'''.strip()
    assert (
        essence(code)
        == '''
def f(x, y=1):
    # Said of the sum.
    total = check_number("y", y) + x

    return total

class C:
    field: int

    def __init__(self):
        """Nothing."""
'''.strip()
    )


def test_what_is_not_of_the_course_is_refused():
    for thing in (np.linalg.norm, int, Path):
        with pytest.raises(ValueError, match="not in the course"):
            show_source(thing)
    with pytest.raises(TypeError, match="got str"):
        show_source("gae")

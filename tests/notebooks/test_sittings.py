"""A second sitting stands on its own: in a new kernel, its cells find every name that they use."""

import re
import subprocess
import sys

import pytest

from .execute import read
from .test_files import NOTEBOOKS

BEGIN = re.compile(r"# Second sitting, begin here\b")


def second_sitting(path):
    """The code from the cell that says so, in one piece; empty if the notebook has one sitting."""
    cells = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    starts = [i for i, source in enumerate(cells) if BEGIN.match(source)]
    return "\n\n".join(cells[starts[0] :]) if starts else ""


def unknown_names(code):
    """What a program uses and nobody has made, as ruff sees it."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--select",
        "F821",
        "--output-format",
        "concise",
        "-",
    ]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if second_sitting(path)], ids=lambda path: path.stem)
def test_a_second_sitting_needs_nothing_of_the_first(path):
    assert "F821" not in unknown_names(second_sitting(path))


def test_notebook_03_has_a_second_sitting_and_a_missing_name_would_be_noticed():
    (path,) = [path for path in NOTEBOOKS if path.stem == "03_values"]
    code = second_sitting(path)
    assert code
    assert "`maze`" in unknown_names(code.replace("maze = generate_maze(8, seed=0)\n", ""))

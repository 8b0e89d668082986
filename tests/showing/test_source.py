"""`show_source` shows what is really in the file."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from rlcourse.equations import clipped_surrogate
from rlcourse.explorables import TrainingDashboard, show_source

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("thing", [clipped_surrogate, TrainingDashboard, TrainingDashboard.caption])
def test_it_is_the_text_of_the_file_at_the_line_it_names(thing):
    shown = show_source(thing).data
    where, fenced = shown.split("\n\n````python\n")
    path, line = where.removeprefix("`").split("`, line ")
    code = fenced.split("\n````\n\n<style>")[0].splitlines()
    lines = (ROOT / path).read_text().splitlines()[int(line) - 1 :][: len(code)]
    indent = len(lines[0]) - len(lines[0].lstrip())
    assert [text[indent:] for text in lines] == code
    assert code[0].startswith(("def ", "class ", "@")) and inspect.unwrap(thing).__name__ in shown


def test_what_is_not_of_the_course_is_refused():
    for thing in (np.linalg.norm, int, Path):
        with pytest.raises(ValueError, match="not in the course"):
            show_source(thing)
    with pytest.raises(TypeError, match="got str"):
        show_source("gae")

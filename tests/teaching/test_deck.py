"""Which cells are slides, and under which heading: the tags say so."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from rlcourse.course.contents import CONTENTS
from rlcourse.files import NOTEBOOKS
from rlcourse.teaching.deck import TAGS, slides_of
from rlcourse.teaching.slides import SHOWN


def words(source, *tags):
    return new_markdown_cell(source, metadata={"tags": list(tags)})


def code(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)})


def told(*cells):
    """Title and parts of each slide; a code cell by its source."""
    slides = slides_of(new_notebook(cells=list(cells)))
    return [(one.title, [part if isinstance(part, str) else part.source for part in one.parts]) for one in slides]


def test_what_is_not_tagged_is_not_shown():
    assert told(words("# 02 · A robot"), code("import numpy"), words("## 1 · Drive")) == []


def test_words_are_shown_from_their_heading_on_with_what_goes_on_their_slide():
    cells = words("Before.\n\n## 1 · Drive\n\nHere is a maze.", "slide"), code("drive()", "slide-on")
    assert told(*cells) == [("1 · Drive", ["Here is a maze.", "drive()"])]


def test_a_slide_bears_the_section_that_it_stands_in():
    cells = words("## 1 · Drive\n\nText."), words("### Exercise 1: it"), code("quiz()", "claim-C2", "slide")
    assert told(*cells) == [("1 · Drive", ["quiz()"])]


def test_a_head_alone_leaves_its_words_in_the_notebook():
    cells = words("## 5 · Train\n\nLong words.", "slide-head"), code("run()", "slide-on")
    assert told(*cells) == [("5 · Train", ["run()"])]


def test_marked_parts_are_slides_of_their_own_and_the_rest_stays_away():
    first, second = (f"<!-- slide -->\n\n${name}$\n\n<!-- /slide -->" for name in "xy")
    source = f"A.\n\n{first}\n\n## 2 · Next\n\nB.\n\n{second}"
    assert told(words("## 1 · First"), words(source, "slide")) == [("1 · First", ["$x$"]), ("2 · Next", ["$y$"])]
    assert told(words("## 1 · First"), words(source, "slide", "slide-head"))[2:] == [("2 · Next", [])]


def test_what_goes_on_a_slide_needs_one():
    with pytest.raises(ValueError, match="must begin a slide"):
        told(code("drive()", "slide-on"))


@pytest.mark.parametrize("notebook", CONTENTS, ids=lambda one: one.number)
def test_a_notebook_has_slides_from_beginning_to_end_or_none(notebook):
    cells = nbformat.read(NOTEBOOKS / f"{notebook.file}.ipynb", as_version=4).cells
    tags = {tag for cell in cells for tag in cell.metadata.get("tags", []) if tag.startswith("slide")}
    slides = slides_of(new_notebook(cells=cells))
    assert tags <= TAGS
    assert (len(slides) >= 15) == (notebook.number in SHOWN) == bool(slides)
    if slides:
        assert slides[-1].title == "What you now know"
        assert all(slide.parts for slide in slides), [slide.title for slide in slides if not slide.parts]

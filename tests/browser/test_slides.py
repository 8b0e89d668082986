"""Slides as they are shown to a room: from the disk, without a network, everything on its page, and alive."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from rlcourse.course.contents import CONTENTS
from rlcourse.exporting import executed
from rlcourse.exporting.folders import put_files
from rlcourse.teaching.deck import slides_of
from rlcourse.teaching.slides import ASSETS, MARK, _assets, deck_html

from .lab import browser_page

CELLS = (
    new_markdown_cell("## 4 · The loss\n\nThe ratio is $\\rho$.\n\n$$ \\rho A $$", metadata={"tags": ["slide"]}),
    new_code_cell("from rlcourse.explorables import *\nclipped_objective()", metadata={"tags": ["slide"]}),
    new_code_cell("from IPython.display import *\nMarkdown('long ' * 900)", metadata={"tags": ["slide"]}),
    new_code_cell(
        "for word in ('one', 'two', 'three'):\n    rows = f'<tr><td>{word}' * 8\n"
        "    display(HTML(f'<div class=rlc-words><table>{rows}</table></div>'))",  # a block within a block
        metadata={"tags": ["slide"]},
    ),
)
PRESENT = ".slides > section.present"


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    """The page of a short notebook's slides."""
    folder, work = tmp_path_factory.mktemp("slides"), tmp_path_factory.mktemp("work")
    nbformat.write(new_notebook(cells=[*CELLS]), work / "short.ipynb")
    run = executed(work / "short.ipynb", cache=work)
    files = {f"{ASSETS}{name}": content for name, content in _assets().items()}
    put_files(folder, MARK, files | {"short.html": deck_html(CONTENTS[10], run, slides_of(run))}, [])
    return folder / "short.html"


@pytest.fixture(scope="module")
def room(chromium, deck, tmp_path_factory):
    """A projector's browser without a network, the deck open, and all that it has asked for."""
    with browser_page(tmp_path_factory.mktemp("profile"), width=1280, height=720) as page:
        page.asked, page.errors = [], []
        page.context.set_offline(True)
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(deck.as_uri())
        page.locator("html[data-fitted]").wait_for(state="attached", timeout=120_000)
        yield page


def test_it_opens_without_a_network_and_asks_for_nothing_elsewhere(room):
    assert room.locator(".slides > section:not(.rlc-carried)").count() == 5
    assert room.errors == []
    assert [url for url in room.asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_every_slide_fits_the_projector(room):
    heights = room.locator(".slides > section").evaluate_all(
        "all => all.map(one => [one.scrollHeight, one.clientHeight])"
    )
    assert all(inside <= page for inside, page in heights), heights
    assert room.locator("section .katex").count() == 2


def test_what_cannot_be_read_from_the_last_row_goes_to_slides_of_its_own(room):
    tables = room.locator("section:has(table)").all_text_contents()
    assert [word for text in tables for word in ("one", "two", "three") if word in text] == ["one", "two", "three"]
    assert len(tables) > 1
    sizes = room.locator("section .rlc-legend, section td").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize) * (one.currentCSSZoom ?? 1))"
    )
    assert min(sizes) > 16


def test_on_paper_each_slide_is_a_page_and_none_is_empty(room):
    pages = re.findall(rb"/Type\s*/Page\b", room.pdf(prefer_css_page_size=True))
    assert len(pages) == room.locator(".slides > section").count()
    room.emulate_media(media="print")
    hidden = room.locator(":is(html, body, .slides, .slides > section:not(:last-child))").evaluate_all(
        "all => all.map(one => getComputedStyle(one)).filter((look, i) => look.visibility !== 'visible'"
        " || look.opacity < 1 || (i < 2 && look.overflowY !== 'visible')).length"
    )
    room.emulate_media(media="screen")
    assert hidden == 0


def test_a_dark_room_can_have_a_dark_page(room):
    paper = "getComputedStyle(document.querySelector('.slides > section')).backgroundColor"
    room.keyboard.press("d")
    assert room.evaluate(paper) == "rgb(17, 17, 17)"
    assert room.evaluate(paper.replace("backgroundColor", "color")) == "rgb(224, 224, 224)"
    room.keyboard.press("d")
    assert room.evaluate(paper) == "rgb(255, 255, 255)"


def test_a_slider_moves_and_turns_no_page_until_it_is_left(room):
    room.keyboard.press("Home")
    room.keyboard.press("ArrowRight")
    room.keyboard.press("ArrowRight")
    slide = room.locator(PRESENT)
    slide.locator(".noUi-handle").first.focus()
    before = slide.locator(".rlc-readouts").inner_text()
    for _ in range(8):
        room.keyboard.press("ArrowRight")
    assert slide.locator(".rlc-readouts").inner_text() != before
    assert room.locator(".slide-number").inner_text().startswith("3")
    room.keyboard.press("Escape")
    room.keyboard.press("ArrowRight")
    assert room.locator(".slide-number").inner_text().startswith("4")

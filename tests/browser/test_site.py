"""The site as a visitor has it who has no Python and no network: opened from the disk, every control tried.

One notebook with its training cut short, and a page of explorables that it does not have. `python -m rlcourse.site`
builds all of it; with AXE=path/to/axe.min.js in the environment axe looks at the pages too.
"""

import os
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from rlcourse.course import CONTENTS
from rlcourse.exporting import executed
from rlcourse.site import build_site
from rlcourse.site.frame import framed, places
from rlcourse.site.pages import notebook_page

from .lab import browser_page
from .site_pages import open_page, operate

GALLERY = replace(CONTENTS[0], file="99_gallery", title="Gallery")
CELLS = (
    new_markdown_cell(
        "# 99 · Gallery\n\nA formula $\\rho_t = \\pi_\\theta / \\pi_\\text{old}$ and\n\n$$ \\sum_a \\pi(a) = 1 $$"
    ),
    new_code_cell("from rlcourse.explorables import *\nclipped_objective()"),
    new_code_cell("from rlcourse.maze import generate_maze\nvalues_of_gamma(generate_maze(3, seed=0))"),
    new_code_cell("prefix_values()"),
    new_code_cell("monte_carlo_and_td(walks=20)"),
    new_code_cell("reward_design(generate_maze(3, seed=0))"),
    new_code_cell("from rlcourse.exercises import check, quiz\nmine = check('gae', lambda: 1)\nquiz('03')"),
)
PAGES = ("index.html", "02_maze.html", "99_gallery.html", "sources.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a small site."""
    folder, work = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("work")
    build_site(folder, numbers=["02"], short=True, cache=work)
    nbformat.write(new_notebook(cells=[*CELLS]), work / "gallery.ipynb")
    run = executed(work / "gallery.ipynb", cache=work)
    page = notebook_page(GALLERY, run, set(PAGES), short=False)
    order = [*places(["02"]), (page.file, page.title)]
    (folder / page.file).write_text(framed(page, order), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def visitor(chromium, site, tmp_path_factory):
    """A browser without a network, and all that it has asked for elsewhere than on the disk."""
    with browser_page(tmp_path_factory.mktemp("profile"), height=800) as page:
        asked = []
        page.context.set_offline(True)
        page.on("request", lambda request: asked.append(request.url))
        page.elsewhere = lambda: [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
        yield page


@pytest.mark.parametrize("file", PAGES)
def test_everything_on_it_answers_and_nothing_is_asked_of_a_network(visitor, site, file):
    errors = open_page(visitor, site, file)
    dead, tried = operate(visitor)
    assert (dead, errors, visitor.elsewhere()) == ([], [], [])
    wanted = {
        "02_maze.html": {"slider", "stage", "scrub", "play", "question", "help"},
        "99_gallery.html": {"slider", "handle", "stage", "play", "question", "help"},
    }
    assert set(tried) >= wanted.get(file, set())
    if file == "02_maze.html":
        assert visitor.locator(".rlcourse-predict").filter(has_text="Predict first").count() > 1
        assert visitor.locator(".rlcourse-quiz-status[data-verdict]").count() > 5


def test_what_only_python_can_answer_leaves_its_picture(visitor, site):
    open_page(visitor, site, "99_gallery.html")
    cell = visitor.locator(".rlc-cell", has_text="reward_design")
    assert cell.locator(".rlc-still img.rlc-day").is_visible() and not cell.locator(".noUi-handle").count()
    assert "In the notebook, run this cell" in cell.inner_text()
    assert not visitor.locator(".rlc-cell", has_text="clipped_objective").locator(".rlc-still").is_visible()


def test_formulas_are_set(visitor, site):
    open_page(visitor, site, "99_gallery.html")
    assert visitor.locator("main .katex-html").count() == 2 and not visitor.locator(".katex-error").count()


def test_the_search_finds_a_section_and_leads_to_it(visitor, site):
    open_page(visitor, site, "index.html")
    visitor.keyboard.press("/")
    visitor.keyboard.type("truncated episod")
    visitor.locator(".rlc-found a").first.wait_for()
    assert "sections found" in visitor.locator("#counted").inner_text()
    visitor.keyboard.press("ArrowDown")
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/02_maze.html#*")
    visitor.keyboard.press("/")
    visitor.keyboard.type("zebra")
    visitor.locator(".rlc-found p").wait_for()


def test_on_a_phone_nothing_scrolls_sideways_and_the_contents_open(visitor, site):
    visitor.set_viewport_size({"width": 390, "height": 800})
    try:
        for file in PAGES:
            open_page(visitor, site, file)
            assert visitor.evaluate("document.documentElement.scrollWidth") == 390, file
        menu = visitor.get_by_role("button", name="Contents")
        menu.click()
        visitor.get_by_role("navigation", name="Contents").get_by_role("link", name="02 A robot in a maze").click()
        visitor.wait_for_url("**/02_maze.html")
    finally:
        visitor.set_viewport_size({"width": 1280, "height": 800})


def test_the_light_follows_the_system_until_a_visitor_turns_it(visitor, site):
    def light(is_light):
        visitor.locator(f"html[data-jp-theme-light={is_light}]").wait_for(state="attached", timeout=5000)

    open_page(visitor, site, "index.html")
    for scheme, is_light in (("dark", "false"), ("light", "true")):
        visitor.emulate_media(color_scheme=scheme)
        light(is_light)
    visitor.get_by_role("button", name="Dark page").click()
    light("false")
    open_page(visitor, site, "sources.html")
    light("false")  # the choice holds on the next page
    visitor.get_by_role("button", name="Dark page").click()
    light("true")


def test_on_paper_there_is_the_text_in_ink_and_no_menus(visitor, site):
    open_page(visitor, site, "99_gallery.html")
    visitor.emulate_media(media="print", color_scheme="dark")
    try:
        assert not visitor.locator(".rlc-top, .rlc-contents, .rlc-neighbours").filter(visible=True).count()
        assert visitor.locator("body").evaluate("body => getComputedStyle(body).color") == "rgb(0, 0, 0)"
    finally:
        visitor.emulate_media(media="screen", color_scheme="light")


@pytest.mark.skipif("AXE" not in os.environ, reason="AXE does not name a file of axe-core")
@pytest.mark.parametrize("file", PAGES)
def test_axe_finds_nothing_serious(visitor, site, file):
    open_page(visitor, site, file)
    visitor.evaluate(Path(os.environ["AXE"]).read_text())
    found = visitor.evaluate(
        "async () => (await axe.run()).violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)])"
    )
    assert [v for v in found if v[0] in ("serious", "critical")] == []

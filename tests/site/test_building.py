"""Where a site may be built, and what a page is made of."""

import json
from itertools import pairwise

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from rlcourse.course import CONTENTS
from rlcourse.exporting import shortened
from rlcourse.site import build_site, building
from rlcourse.site.__main__ import main
from rlcourse.site.building import MARK, katex_style
from rlcourse.site.cells import cells_html
from rlcourse.site.frame import POLICY
from rlcourse.site.pages import notebook_page
from rlcourse.site.searching import sections_of
from rlcourse.site.words import Words


@pytest.fixture
def nothing_runs(monkeypatch):
    def stand_in(paths, **how):
        return {path: new_notebook(cells=[new_markdown_cell(f"# {path.stem}")]) for path in paths}

    monkeypatch.setattr(building, "executed_all", stand_in)
    monkeypatch.setattr(building, "sources", lambda runs: [])  # they are read from the whole package


def test_a_folder_with_anything_else_in_it_is_refused_and_left_alone(tmp_path, nothing_runs):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="must be new, empty, or hold an earlier site"):
        build_site(tmp_path, numbers=["02"])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_later_build_takes_away_what_an_earlier_one_made_and_nothing_else(tmp_path, nothing_runs):
    build_site(tmp_path / "site", numbers=["02", "06"])
    (tmp_path / "site" / "notes.txt").write_text("mine")
    mark = tmp_path / "site" / MARK
    mark.write_text(json.dumps([*json.loads(mark.read_text()), "../outside.txt"]))
    (tmp_path / "outside.txt").write_text("not the site's")
    built = build_site(tmp_path / "site", numbers=["02"])
    there = {path.name for path in (tmp_path / "site").iterdir()}
    assert there == {"index.html", "02_maze.html", "sources.html", "assets", "notes.txt", MARK}
    assert built.pages == 3 and (tmp_path / "outside.txt").exists()


def test_a_build_that_was_stopped_half_way_can_go_on(tmp_path, nothing_runs, monkeypatch):
    def stopped(page, order):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(building.shutil, "copyfile", stopped)
        with pytest.raises(KeyboardInterrupt):
            build_site(tmp_path, numbers=["02"])
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".json"] == [MARK]
    assert build_site(tmp_path, numbers=["02"]).pages == 3


def test_every_notebook_has_its_page_and_the_order_is_that_of_the_list(tmp_path, nothing_runs):
    build_site(tmp_path / "site")
    pages = ["index.html", *(f"{notebook.file}.html" for notebook in CONTENTS), "sources.html"]
    for before, after in pairwise(pages):
        assert f'<a rel="next" href="{after}">' in (tmp_path / "site" / before).read_text(encoding="utf-8")
        assert f'<a rel="prev" href="{before}">' in (tmp_path / "site" / after).read_text(encoding="utf-8")


def test_a_number_that_is_no_notebooks_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"numbers must be among 00, .*, got 99"):
        build_site(tmp_path, numbers=["99"])


def test_the_command_knows_the_notebooks_and_goes_on_after_being_stopped(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        main(["x", "--only", "99"])
    assert "invalid choice: '99'" in capsys.readouterr().err

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("rlcourse.site.__main__.build_site", stopped)
    assert main(["x"]) == 130 and "goes on from here" in capsys.readouterr().err


def page_of(*cells, short=False):
    notebook = new_notebook(cells=[*cells])
    return notebook_page(CONTENTS[2], shortened(notebook) if short else notebook, {"index.html"}, short=short).html


def test_folded_code_stands_under_its_first_line_and_open_code_stands_open():
    folded = new_code_cell("# Draws <it>.\ndraw()", metadata={"jupyter": {"source_hidden": True}})
    assert "<summary>Draws &lt;it&gt;.</summary>" in page_of(folded)
    assert "<summary>" not in page_of(new_code_cell("# Draws it.\ndraw()"))


def test_an_exercise_says_where_it_can_be_done():
    assert "open <code>02_maze.ipynb</code> in JupyterLab" in page_of(new_code_cell('mine = check("gae", my_gae)'))
    assert "JupyterLab" not in page_of(new_code_cell("checked = 1"))


def test_training_that_was_cut_short_is_said_and_how_is_not_shown():
    made = page_of(new_code_cell("1 + 1"), short=True)
    assert "Training was cut short" in made and "cut_short" not in made


def test_the_richest_form_of_an_output_is_shown_and_what_is_printed_is_not_obeyed():
    outputs = [
        new_output("stream", text="<b>\x1b[31mred\x1b[0m"),
        new_output("display_data", {"text/markdown": "**bold**", "text/plain": "plain"}),
        new_output("display_data", {"text/html": "", "text/plain": "100 of 100"}),
    ]
    made = cells_html(new_notebook(cells=[new_code_cell("x", outputs=outputs)]), "02_maze.ipynb", Words(set()))
    assert "&lt;b&gt;" in made and "red" in made and "\x1b" not in made
    assert "<strong>bold</strong>" in made and "plain" not in made and "100 of 100" not in made


def test_sections_are_found_with_their_words_and_without_their_code():
    html = Words(set()).html("above\n\n# One\n\nwords\n\n```python\ncode\n```\n\n## Two $x$\n\nmore")
    found = sections_of("p.html", "P", html)
    assert [(one.anchor, one.heading, one.text) for one in found] == [
        ("One", "One", "words"),
        ("Two-x", "Two x", "more"),
    ]


def test_no_page_may_ask_a_network_for_anything():
    assert POLICY.startswith("default-src 'none'") and "http" not in POLICY and "unsafe-eval" not in POLICY


def test_the_fonts_of_formulas_stand_in_their_style_sheet():
    assert katex_style().count("url(data:font/woff2") == katex_style().count("url(") == 20

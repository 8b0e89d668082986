"""A folder of slides: what is in it, and what is refused; how it looks in a browser is in tests/browser."""

import nbformat
import pytest
from nbformat.v4 import new_output

from rlcourse.showing.live import WIDGET
from rlcourse.teaching import slides
from rlcourse.teaching.__main__ import main
from rlcourse.teaching.slides import MARK, build_slides


@pytest.fixture
def nothing_runs(monkeypatch):
    """Notebooks without outputs in the place of runs."""
    monkeypatch.setattr(slides, "executed_all", lambda paths, **_: {path: nbformat.read(path, 4) for path in paths})


def test_each_notebook_is_a_page_and_a_list_leads_to_them(tmp_path, nothing_runs, capsys):
    assert main(["slides", str(tmp_path / "slides"), "--only", "02", "10"]) == 0
    assert "needs" not in capsys.readouterr().err
    files = {path.name for path in (tmp_path / "slides").iterdir()}
    assert files == {"index.html", "02_maze.html", "10_grpo.html", "assets", MARK}
    index = (tmp_path / "slides" / "index.html").read_text(encoding="utf-8")
    assert 'href="10_grpo.html"' in index and "slides.css" in index
    page = (tmp_path / "slides" / "02_maze.html").read_text(encoding="utf-8")
    assert page.count("<section") > 15 and '<script src="http' not in page


def test_a_folder_with_anything_else_in_it_and_other_numbers_are_refused(tmp_path, nothing_runs, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["slides", str(tmp_path)]) == 1
    assert "holds other files" in capsys.readouterr().err
    with pytest.raises(ValueError, match="some of 02, 05, 06, 10, got 03"):
        build_slides(tmp_path / "new", numbers=["03"])
    with pytest.raises(ValueError, match="got none"):
        build_slides(tmp_path / "new", numbers=[])


def test_of_many_outputs_the_first_or_the_last_is_chosen_with_what_it_leaves_behind():
    widget, still, said = ({WIDGET: {}}, {"text/html": "still"}, {"text/plain": "said"})
    cell = nbformat.v4.new_code_cell(outputs=[new_output("display_data", data) for data in (widget, still, said)])

    def chosen(*tags):
        cell.metadata.tags = list(tags)
        return [one.data for one in slides._chosen(cell)]

    assert chosen() == [widget, still, said]
    assert chosen("slide-first") == [widget, still] and chosen("slide-last") == [said]
    cell.outputs = cell.outputs[2:] + cell.outputs[:2]
    assert chosen("slide-first") == [said] and chosen("slide-last") == [widget, still]

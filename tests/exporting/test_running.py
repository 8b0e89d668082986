"""Notebooks are run once, until something changes that could change what they show; what was finished is kept."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from rlcourse.exporting import executed, executed_all, running
from rlcourse.files import CHECKOUT


def write(folder, name, *cells):
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return path


def printed(notebook, cell=0):
    return notebook.cells[cell].outputs[0].text


def test_what_has_not_changed_is_not_run_again_and_what_has_is(tmp_path):
    cache = tmp_path / "cache"
    path = write(tmp_path, "a", "import time\nprint(time.time())")
    first = executed(path, cache=cache)
    assert executed(path, cache=cache) == first
    write(tmp_path, "a", "import time\nprint(-time.time())")
    assert printed(executed(path, cache=cache)).startswith("-")
    assert not nbformat.read(path, as_version=4).cells[0].outputs, "the notebook itself stays as it is"


def test_course_versions_and_cut_training_give_a_run_another_name(tmp_path, monkeypatch):
    path = write(tmp_path, "a", "1")
    notebook = nbformat.read(path, as_version=4)
    places = [running._place(tmp_path, path, notebook, short=False)]
    places.append(running._place(tmp_path, path, running._read(path, short=True), short=True))
    monkeypatch.setattr(running, "_course", lambda: "another course")
    places.append(running._place(tmp_path, path, notebook, short=False))
    monkeypatch.setattr(running, "version", lambda name: "99")
    places.append(running._place(tmp_path, path, notebook, short=False))
    assert len(set(places)) == 4


def test_a_run_that_is_stopped_keeps_what_was_finished(tmp_path, monkeypatch):
    paths, cache = [write(tmp_path, name, "print(1)") for name in "ab"], tmp_path / "cache"
    whole_cell, done = NotebookClient.execute_cell, []

    def stopped_in_the_second(client, *cell):
        if done:
            raise KeyboardInterrupt
        done.append(cell)
        return whole_cell(client, *cell)

    monkeypatch.setattr(NotebookClient, "execute_cell", stopped_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        executed_all(paths, cache=cache)
    assert [file.name[:8] for file in cache.iterdir()] == ["a-whole-"]


def test_a_page_tells_nobody_where_it_was_made_and_reads_nobodys_progress(tmp_path):
    code = f"import os\nprint(os.environ['RLCOURSE_PROGRESS'], {str(CHECKOUT / 'notebooks')!r})"
    said = printed(executed(write(tmp_path, "a", code), cache=tmp_path / "cache"))
    assert said.split() == ["~/.local/share/rlcourse/progress.json", "course/notebooks"]


def test_only_the_newest_runs_of_a_notebook_are_kept_and_nothing_else_goes(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "a-whole-notes.ipynb").write_text("not ours")
    monkeypatch.setattr(running, "KEPT", 1)
    path = write(tmp_path, "a")
    for number in range(3):
        write(tmp_path, "a", *number * ["1"])
        executed(path, cache=cache)
    assert len(list(cache.iterdir())) == 2 and (cache / "a-whole-notes.ipynb").exists()


def test_a_notebook_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"no notebook .*nowhere.ipynb"):
        executed(CHECKOUT / "nowhere.ipynb")

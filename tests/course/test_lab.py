"""The Lab's half of the widgets, and the kernel: what is missing, off, old or another's is noticed."""

import importlib.metadata
import json
import sys

import pytest

from rlcourse.course.lab import ANYWIDGET, MANAGER, kernel_finding, other_lab_finding, widgets_finding


@pytest.fixture
def extensions(tmp_path):
    """Both extensions as the Lab finds them, whole and of the right versions."""
    versions = {MANAGER: "5.0.16", ANYWIDGET: importlib.metadata.version("anywidget")}
    for name in versions:
        (tmp_path / name / "static").mkdir(parents=True)
        (tmp_path / name / "static" / "entry.js").write_text("")
    entry = {"_build": {"load": "static/entry.js"}}
    return {
        name: {"version": version, "ext_path": str(tmp_path / name), "jupyterlab": entry}
        for name, version in versions.items()
    }


def test_both_extensions_in_order_are_told_with_their_versions(extensions):
    finding = widgets_finding(extensions, [])
    assert finding.fine and f"{MANAGER} 5.0.16" in finding.found


@pytest.mark.parametrize("name", [MANAGER, ANYWIDGET])
def test_one_that_is_missing_off_old_or_half_there_is_named(extensions, name, tmp_path):
    missing = widgets_finding({other: one for other, one in extensions.items() if other != name}, [])
    off = widgets_finding(extensions, [name])
    old = widgets_finding(extensions | {name: extensions[name] | {"version": "0.9.0"}}, [])
    (tmp_path / name / "static" / "entry.js").unlink()
    half = widgets_finding(extensions, [])
    assert (missing.found, off.found) == (f"missing: {name}", f"switched off: {name}")
    assert off.advice.startswith(f"say `jupyter labextension enable {name}`")
    assert name in old.found and "does not belong" in old.found and str(tmp_path) in old.found
    assert "not whole" in half.found
    assert not any(one.fine for one in (missing, off, old, half))


def test_they_are_found_where_the_lab_looks(extensions, tmp_path, monkeypatch):
    for name, one in extensions.items():
        folder = tmp_path / "labextensions" / name
        folder.mkdir(parents=True)
        (folder / "static").symlink_to(tmp_path / name / "static")
        (folder / "package.json").write_text(json.dumps({"name": name, **one, "version": "0.0.1"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))  # which comes before all other places
    finding = widgets_finding()
    assert not finding.fine and "0.0.1" in finding.found


def test_a_kernel_of_another_python_is_noticed(tmp_path):
    assert kernel_finding([sys.executable, "-m", "ipykernel_launcher"]).fine
    alias = tmp_path / "python"
    alias.symlink_to(sys.executable)
    elsewhere = kernel_finding([str(tmp_path / "gone" / "python")])
    assert not elsewhere.fine and "is not this Python" in elsewhere.found
    assert not kernel_finding([]).fine and "ipykernel install" in kernel_finding([]).advice


def test_another_lab_on_the_path_is_a_remark(tmp_path):
    other = other_lab_finding(str(tmp_path / "jupyter-lab"))
    assert not other.fine and not other.must and str(tmp_path) in other.found
    assert other_lab_finding("") is None

"""The copy that is photographed: the same cells, and no way back to the notebook; and what is said of a slow one."""

import json

import pytest

from .conftest import COURSE
from .lab import open_notebook
from .screenshots import PAIRING, _copied_course, _run_and_report


@pytest.mark.parametrize("name", ["00_start_here.ipynb", "source/00_start_here.py"])
def test_the_copy_is_not_paired_with_the_script(name):
    original = json.loads((COURSE / "notebooks" / "00_start_here.ipynb").read_text())
    with _copied_course(COURSE / "notebooks" / name) as (root, copy):
        copied = json.loads((root / copy).read_text())
        assert not (root / copy).is_symlink() and (root / "assets").is_symlink()
        assert not any((folder / name).exists() for folder in (root, root / "notebooks") for name in PAIRING)
    assert "formats" in original["metadata"]["jupytext"] and "jupytext" not in copied["metadata"]
    assert copied["metadata"]["kernelspec"]["name"] == "python3"
    assert ["".join(c["source"]) for c in copied["cells"]] == ["".join(c["source"]) for c in original["cells"]]


def test_a_notebook_that_takes_too_long_is_said_to_be_unfinished(page, lab, write_notebook, capsys):
    open_notebook(page, lab, name := write_notebook("import time; time.sleep(2)"))
    assert _run_and_report(page, lab, name, timeout=0.5) == 1
    assert "NOT FINISHED" in capsys.readouterr().out

"""Tests that run side by side: no worker makes anew what another has made, and none crowds the others."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from .conftest import LONGEST, next_unit, unit_of

CONFTEST = """
import os
if "PYTEST_XDIST_WORKER" in os.environ:  # before it was started: by now it has loaded NumPy, which looks only once
    assert os.environ["OMP_NUM_THREADS"] == "1"
from tests.conftest import pytest_xdist_make_scheduler, pytest_xdist_setupnodes
"""
ONE_FILE = """
import os, time
from pathlib import Path
import pytest
import torch

@pytest.mark.parametrize("number", range(6))
def test_it(number):
    time.sleep(0.1)
    with (Path(__file__).parent / "workers").open("a") as out:
        out.write(f"{Path(__file__).stem} {os.environ['PYTEST_XDIST_WORKER']} {torch.get_num_threads()}\\n")
"""


def test_a_file_stays_on_one_worker_and_both_work_each_with_one_thread(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    for name in ("test_one", "test_two"):
        (tmp_path / f"{name}.py").write_text(ONE_FILE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadscope", "."]
    root = {"PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run(command, cwd=tmp_path, env=clean_environment() | root, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    workers = defaultdict(set)
    for line in (tmp_path / "workers").read_text().splitlines():
        file, worker, threads = line.split()
        workers[file].add(worker)
        assert threads == "1"
    assert workers["test_one"] != workers["test_two"]
    assert all(len(of_file) == 1 for of_file in workers.values())


def clean_environment():
    """The environment without what pytest and its workers have put there."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "OMP_"))}


def test_a_notebook_is_run_once_for_all_its_tests_and_the_notebooks_side_by_side():
    file = "tests/notebooks/test_notebooks.py::"
    assert unit_of(f"{file}test_no_cell_fails[03_values]") == unit_of(f"{file}test_its_memory[03_values]")
    assert unit_of(f"{file}test_no_cell_fails[03_values]") != unit_of(f"{file}test_no_cell_fails[05_trpo]")


def test_one_worker_computes_while_others_wait_for_a_browser_and_none_is_idle():
    units = ["tests/algorithms/test_ppo.py", "tests/browser/test_site.py", "tests/control/test_fit.py"]
    assert next_unit(units, browses=True) == units[1]
    assert next_unit(units[1:], browses=False) == units[2]
    assert next_unit(units[2:], browses=True) == units[2]
    assert next_unit(units[1:2], browses=False) == units[1]
    assert next_unit([*units, LONGEST], browses=True) == LONGEST

"""The judge judged: `execute` notices what it is there to notice."""

import os
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .execute import Run, execute

CELLS = (
    new_markdown_cell("# words"),
    new_code_cell("x = 1\nprint('x is', x)", metadata={"tags": ["claim-C5"]}),
    new_code_cell("1 / 0"),
    new_code_cell("raise ValueError('announced')", metadata={"tags": ["raises-exception"]}),
    new_code_cell("import sys\nprint('careful', file=sys.stderr)"),
    new_code_cell("import time\nuntil = time.process_time() + 0.5\nwhile time.process_time() < until: pass"),
    new_code_cell("block = b'x' * 300_000_000\ntime.sleep(0.3)\ndel block"),
    new_code_cell("import warnings\nwarnings.warn('old-fashioned')\nassert x == 1"),
)

CLOCK_TICKS = 2 / os.sysconf("SC_CLK_TCK")  # what a difference of two readings of a process's clock can be short by


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    notebook = new_notebook(cells=[*CELLS])
    return execute(notebook, Path(__file__).parent, tmp_path_factory.mktemp("state"))


def test_an_error_is_noticed_and_an_announced_one_is_not(run):
    assert list(run.errors) == [2]
    assert run.errors[2].startswith("ZeroDivisionError")


def test_warnings_and_stderr_are_noticed(run):
    assert list(run.stderr) == [4, 7]
    assert "careful" in run.stderr[4]
    assert "old-fashioned" in run.stderr[7]


def test_seconds_are_those_of_each_cell(run):
    assert list(run.seconds) == [1, 2, 3, 4, 5, 6, 7]
    assert 0.5 - CLOCK_TICKS <= run.seconds[5] < 3
    assert run.seconds[1] < 0.5
    assert run.total_seconds == pytest.approx(sum(run.seconds.values()))


def test_what_a_cell_with_a_claim_says_is_kept(run):
    assert run.claims == {"C5 in cell 1": "x is 1\n"}


def test_the_peak_of_memory_is_noticed(run):
    assert 300e6 < run.peak_bytes < 900e6

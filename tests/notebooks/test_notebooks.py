"""Every shipped notebook, as a program: run with its exercises done, in the time and memory promised.

`pytest tests/notebooks --whole` runs them with all their training, a quarter of an hour of processor time, and prints
what each took; whoever changes a notebook, or what it trains with, does so.
Without `--whole` they run once, with their training cut short: in the browser, as a learner runs them, and there once
more with the exercises done (tests/browser/test_shipped_notebooks.py); here only where there is no browser.
"""

import pytest

from rlcourse.exporting import shortened
from tests.browser.lab import find_chromium

from .answering import ROOT, answer_all
from .execute import Run, execute, read
from .test_files import FOLDER, NOTEBOOKS

CELL_SECONDS = 90
TOTAL_SECONDS = {True: 180, False: 90}
"""With all the training, and with training cut short: what the suite can spare."""
PEAK_BYTES = 1.5e9


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    return request.config.getoption("whole")


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, whole: bool) -> Run:
    if find_chromium() and not whole:
        pytest.skip("it runs in the browser: tests/browser/test_shipped_notebooks.py")
    notebook = read(request.param) if whole else shortened(read(request.param))
    assert answer_all(notebook) >= 2 * (request.param.stem != "00_start_here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))  # where the answers are
        run = execute(notebook, FOLDER, tmp_path_factory.mktemp("state"))
    slowest, megabytes = max(run.seconds.values(), default=0.0), run.peak_bytes / 1e6
    print(f"\n{request.param.stem}: {run.total_seconds:.0f} s, slowest cell {slowest:.0f} s, {megabytes:.0f} MB")
    return run


def test_no_cell_fails(run):
    assert not run.errors, "\n\n".join(f"cell {number}: {text}" for number, text in run.errors.items())


def test_nothing_is_written_to_stderr(run):
    assert not run.stderr


def test_what_shows_a_claim_of_the_article_says_a_number(run):
    assert [where for where, said in run.claims.items() if not any(map(str.isdigit, said))] == []


def test_it_takes_no_longer_than_promised(run, whole):
    slow = {number: seconds for number, seconds in run.seconds.items() if seconds > CELL_SECONDS}
    assert not slow
    assert run.total_seconds < TOTAL_SECONDS[whole]


def test_it_takes_no_more_memory_than_promised(run):
    assert run.peak_bytes < PEAK_BYTES

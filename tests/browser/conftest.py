"""One JupyterLab server and one Chromium for all browser tests.

Where there is no browser these tests are skipped with a word on how to install one; in CI that is a failure.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page

from . import lab as lab_tools
from .lab import HOW_TO_INSTALL, Lab, browser_page, find_chromium, jupyterlab

COURSE = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def chromium() -> None:
    if find_chromium() is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_INSTALL)
        pytest.skip(HOW_TO_INSTALL)


@pytest.fixture(scope="package")
def lab(chromium: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server on a copy of the course's notebooks, with the assets that they show beside them."""
    root, state = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("server")
    if (COURSE / "notebooks").exists():
        shutil.copytree(COURSE / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    if (COURSE / "assets").exists():
        (root / "assets").symlink_to(COURSE / "assets")
    with jupyterlab(root, state) as server:
        yield server


@pytest.fixture(scope="package")
def page(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser_page(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture
def write_notebook(lab: Lab, request: pytest.FixtureRequest) -> Callable[..., str]:
    """A function that puts a notebook of the given code cells, named like the test, where the server finds it."""
    return partial(lab_tools.write_notebook, lab, request.node.name)

"""What holds for every test."""

import os
import signal
import threading

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """One thread for each of the processes that run side by side; and ■ works.

    A shell starts `pytest &` with interrupts ignored, and so would every kernel below it.
    """
    if hasattr(config, "workerinput"):
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep together, where tests run side by side, those that share something dear: a file's fixtures, a browser."""
    if item.config.pluginmanager.hasplugin("xdist"):
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    folder, file = item.path.parent.name, item.path.stem
    if folder == "notebooks" and hasattr(item, "callspec"):  # a notebook is run once for all its tests
        return f"{file}-{item.callspec.id}"
    return "browser" if folder == "browser" and file != "test_shipped_notebooks" else str(item.path)

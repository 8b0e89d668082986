"""What holds for every test."""

import gc
import os
import signal
import threading
from collections.abc import Iterable
from importlib import import_module

import hypothesis
import jaxtyping
import pytest

HEAVY = (
    *("IPython.display", "anywidget", "gymnasium", "ipywidgets", "matplotlib.backends.backend_agg", "torch"),
    *("torch.distributed.tensor", "transformers.models.gpt2.modeling_gpt2", "transformers.generation.utils"),
)
"""What the package imports of others. Imported while one of its modules is being checked, these would be compiled anew
in every process: the hook looks for compiled files of its own, theirs too."""

ROOMS_WITH_TENSORS = (
    "rlcourse.algorithms",
    "rlcourse.control",
    "rlcourse.course.opening",
    "rlcourse.course.readme_picture",
    "rlcourse.equations",
    "rlcourse.exercises.catalogue",
    "rlcourse.experiments",
    "rlcourse.explorables",
    "rlcourse.language",
    "rlcourse.maze",
)
"""Where every signature is checked while the tests run. Words and checks of exercises have no tensors, and make a
million small calls, of which each would cost as much as ten."""

CHECKED_CALLS = 200
"""Of each test's calls of functions with signatures so many are checked, the first: a check takes as long as the call.
A test meets what it is about at once; what follows is more of the same, thousands of times."""

# Dozens of tests start programs and kernels; with this, each would compile the course's 60,000 lines anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# A property is not about time, which on a busy machine says nothing.
hypothesis.settings.register_profile("course", deadline=None)
hypothesis.settings.load_profile("course")


class FirstCalls(type(jaxtyping.config)):
    """Jaxtyping's settings, which every checked function reads as it is called, to know whether it is to be checked."""

    calls, untyped = 0, False

    @property
    def jaxtyping_disable(self) -> bool:
        self.calls += 1
        return self.untyped or self.calls > CHECKED_CALLS

    @jaxtyping_disable.setter
    def jaxtyping_disable(self, value: bool) -> None:
        self.untyped = value


def pytest_runtest_setup() -> None:
    """A test's calls are counted from its first fixture on."""
    jaxtyping.config.calls = 0


def check_signatures() -> None:
    """From here on every import of the package is checked; what it imports of others is there already."""
    jaxtyping.config.__class__ = FirstCalls
    for name in HEAVY:
        import_module(name)
    # jaxtyping's own pytest option takes one package only where the checker has settings. An int may stand for a float.
    jaxtyping.install_import_hook(
        ROOMS_WITH_TENSORS, "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
    )


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """The notebooks with all their training: see tests/notebooks/test_notebooks.py. And the checks of signatures.

    They must be there before any other conftest is loaded. The process that hands the tests to others runs none, and
    they wait until it has started.
    """
    asked = pluginmanager.get_plugin("pytestconfig").known_args_namespace
    if "PYTEST_XDIST_WORKER" in os.environ or not getattr(asked, "numprocesses", 0):
        gc.disable()  # until all is loaded: see `pytest_collection_finish`
        check_signatures()
    parser.addoption("--whole", action="store_true", help="run the notebooks with all their training, not cut short")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """One thread for each of the processes that run side by side, before they start.

    NumPy and torch read it once, and a worker has loaded NumPy, for a plugin, before it reads this file. Two threads
    that wait for each other while others have the processors take a hundred times as long as one.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    """■ works: a shell starts `pytest &` with interrupts ignored, and so would every kernel below it."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Garbage collection does not look through what was loaded: while the tests run that would take as long as some of
    them each time, and at the end two seconds."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture
def untyped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook, where nobody checks types at the door: an argument of the wrong kind meets our own checks."""
    monkeypatch.setattr(jaxtyping.config, "untyped", True)  # not what is read, which counts: it would be put back


def unit_of(test: str) -> str:
    """What a test must not be parted from where tests run side by side: those that share something dear.

    Its file's fixtures; or, of the notebooks as programs, the run of its notebook.
    """
    file, _, name = test.partition("::")
    return test[test.index("[") :] + file if file.endswith("test_notebooks.py") and "[" in name else file


LONGEST = "tests/browser/test_shipped_notebooks.py"


def next_unit(units: Iterable[str], *, browses: bool) -> str:
    """The first of the units that is what a worker begins with, the browser's or the others; else the first.

    The longest of the browser's comes before all of them: begun last, it would go on alone.
    """
    units = sorted(units, key=lambda unit: unit != LONGEST)
    return next((unit for unit in units if unit.startswith("tests/browser/") == browses), units[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Hand out the tests unit by unit, in the order of their files: browser tests, one after another, share a browser.

    They wait a quarter of their time, so the last worker begins with the others and uses what they leave.

    `--dist loadgroup` would, by marks; with pytest 9.2 xdist 3.8 writes them where nobody reads them any more, and
    every test became a unit of its own: each fixture was made on every worker.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

        def _assign_work_unit(self, node: object) -> None:
            unit = next_unit(self.workqueue, browses=node is not self.nodes[-1])
            self.workqueue.move_to_end(unit, last=False)
            super()._assign_work_unit(node)

    config.option.loadscopereorder = False
    return ByUnit(config, log)

"""Run notebooks in kernels of their own, and keep what came out: pages and slides are made from it.

    executed(path)               the notebook with its outputs and the state of its widgets
    executed_all(paths)          of several, with a progress bar

What came out is kept under a name that everything gives it which could change it: the notebook's cells, the course's
code and assets, the versions of what it stands on. So what has not changed is not run again, and whoever stops a long
run (Ctrl-C) loses the notebook that was running, not those before it. The user's progress is neither read nor written.

Left out: outputs that depend on the machine. Seconds and memory are those of the machine that ran it.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import nbformat
import platformdirs
from nbclient import NotebookClient
from nbformat import NotebookNode

from rlcourse.exporting.shortening import shortened
from rlcourse.files import ASSETS, CHECKOUT, PACKAGE, write_whole
from rlcourse.showing.progress_bar import bar

CELL_SECONDS = 900
"""After how long a cell is given up, with its notebook: ten times what the slowest may take."""
KEPT = 2
"""How many runs of a notebook are kept: this checkout's, and another's."""
_NEVER_CHANGE_OUTPUTS = {"exporting", "site"}
"""Rooms that no notebook uses."""
_STANDS_ON = ("torch", "numpy", "transformers", "gymnasium", "matplotlib", "ipywidgets", "anywidget", "ipykernel")


def cache_folder() -> Path:
    """Where runs are kept, unless the caller says where."""
    return Path(platformdirs.user_cache_dir("rlcourse", appauthor=False)) / "executed"


def executed(path: Path, *, short: bool = False, cache: Path | None = None) -> NotebookNode:
    """A notebook with its outputs, and with the state of its widgets in its metadata.

    Args:
        path: The notebook. It stays as it is.
        short: Whether its training is cut short, to a few updates (`shortened`).
        cache: Where runs are kept; in the user's cache folder when None.

    Raises:
        FileNotFoundError: There is no such notebook.
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    return executed_all([path], short=short, cache=cache)[path]


def executed_all(paths: Sequence[Path], *, short: bool = False, cache: Path | None = None) -> dict[Path, NotebookNode]:
    """Several notebooks with their outputs, in the order given; see `executed`."""
    cache = cache_folder() if cache is None else cache
    sources = {path: _read(path, short=short) for path in paths}
    places = {path: _place(cache, path, source, short=short) for path, source in sources.items()}
    done = {path: nbformat.read(place, as_version=4) for path, place in places.items() if place.is_file()}
    cells = sum(len(source.cells) for path, source in sources.items() if path not in done)
    with bar(total=cells, desc="notebooks", unit="cell", disable=not cells) as progress:
        for path, source in sources.items():
            if path not in done:
                progress.set_description(path.stem)
                done[path] = _run_and_keep(source, path, places[path], progress.update)
    return {path: done[path] for path in paths}


def _read(path: Path, *, short: bool) -> NotebookNode:
    if not path.is_file():
        raise FileNotFoundError(f"there is no notebook {path}; those of the course lie in the folder notebooks")
    notebook = nbformat.read(path, as_version=4)
    return shortened(notebook) if short else notebook


def _place(cache: Path, path: Path, notebook: NotebookNode, *, short: bool) -> Path:
    cells = [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]
    versions = [sys.version_info[:2], *((name, version(name)) for name in _STANDS_ON)]
    content = json.dumps([cells, versions, _course()])
    name = f"{path.stem}-{'short' if short else 'whole'}-{hashlib.sha256(content.encode()).hexdigest()[:16]}.ipynb"
    return cache / name


def _course() -> str:
    """The SHA-256 of the course's code and assets, as far as a notebook can tell the difference."""
    whole = hashlib.sha256()
    for folder in (PACKAGE, ASSETS):
        for file in sorted(folder.rglob("*")):
            inside = file.relative_to(folder)
            hidden = "__pycache__" in inside.parts or inside.parts[0] in _NEVER_CHANGE_OUTPUTS
            if file.is_file() and not hidden:
                whole.update(f"{inside.as_posix()} ".encode() + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _run_and_keep(notebook: NotebookNode, path: Path, place: Path, tell: Callable[[int], object]) -> NotebookNode:
    """Run a notebook, and keep what came out; older runs of it go."""
    with tempfile.TemporaryDirectory() as state:
        with kernel(notebook, path.parent, Path(state), cell_timeout=CELL_SECONDS) as client:
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
                tell(1)
            client.set_widgets_metadata()
        done = _without_machine(notebook, Path(state))
    write_whole(place, nbformat.writes(done))
    stem = place.stem.rpartition("-")[0]
    ours = sorted(place.parent.glob(f"{stem}-{16 * '?'}.ipynb"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in ours[KEPT:]:
        old.unlink(missing_ok=True)
    return done


@contextmanager
def kernel(
    notebook: NotebookNode, folder: Path, state: Path, *, cell_timeout: float, allow_errors: bool = False
) -> Iterator[NotebookClient]:
    """A kernel for a notebook, as if it stood in `folder`, with one thread; who runs the cells is the caller.

    Args:
        notebook: What is run; its outputs are put into it.
        folder: Where it runs.
        state: An empty folder for what the kernel keeps of the user: settings, progress.
        cell_timeout: Seconds after which a cell is given up.
        allow_errors: Whether the cells after one that failed are run, too.
    """
    own = {"XDG_DATA_HOME": ".local/share", "IPYTHONDIR": ".ipython", "MPLCONFIGDIR": ".config/matplotlib"}
    own |= {"RLCOURSE_PROGRESS": ".local/share/rlcourse/progress.json"}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **{name: str(state / place) for name, place in own.items()}}
    client = NotebookClient(
        notebook,
        timeout=cell_timeout,
        kernel_name="python3",
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],  # it warns of every connection that is not encrypted, to itself too
    )
    with client.setup_kernel(env=environment):
        yield client


def _without_machine(notebook: NotebookNode, home: Path) -> NotebookNode:
    """The notebook without the folders of the machine that ran it: a page tells nobody where it was made."""
    text = nbformat.writes(notebook)
    names = [(home.resolve(), "~"), (home, "~"), (CHECKOUT, "course"), (Path(sys.prefix), "environment")]
    for folder, name in names:
        for written in {json.dumps(str(folder), ensure_ascii=False)[1:-1], str(folder)}:
            text = text.replace(written, name)
    return nbformat.reads(text, as_version=4)

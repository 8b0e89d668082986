"""Folders that are written whole or not at all, and that lose nothing of the user's.

A run or a checkpoint is several files that belong together, so a whole new folder takes the old one's place:

    .run.host.1234.ab12cd34/fresh   written first, by process 1234
    run  →  .run-old                the old one steps aside
    fresh  →  run                   and the new one takes its place; then .run-old is deleted

Whatever moment a process is killed at, `run` or, if there is no `run`, `.run-old` is whole: `standing` finds it, and
the next save puts it back first. A folder that holds any file but those that such a save writes is never replaced.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rlcourse.files import is_at_work, named_errors, usual_permissions

LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in any folder, and nobody misses."""


def standing(folder: str | Path) -> Path:
    """The folder, or its older self beside it, if a save was killed just when the two changed places."""
    folder = Path(folder).expanduser()
    old = _old(folder.resolve())
    return old if not folder.exists() and old.is_dir() else folder


def foreign(folder: Path, written: Collection[str]) -> list[str]:
    """The names in a folder, subfolders included, that are not among the files `written` (as "name" or "sub/name")."""
    rooms = {str(Path(name).parent) for name in written}
    return [name for name in _names(folder) if name not in written and name not in rooms]


def _names(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.name not in LITTER)
    return sorted(path.relative_to(folder).as_posix() for path in paths)


@contextmanager
def fresh_folder(folder: str | Path, written: Callable[[Path], Collection[str]], *, what: str) -> Iterator[Path]:
    """A new, empty folder to write into, which takes the place of `folder` when the block ends without an error.

    Args:
        folder: Where it is to stand in the end.
        written: From a folder to the files that such a save has written there, as "name" or "sub/name".
        what: What is being saved, for the messages: "run", "model".

    Raises:
        ValueError: `folder` is a file, or holds a file that is not among those.
        OSError: It cannot be written, as on a full disk.
    """
    folder = Path(folder).expanduser().resolve()
    with suppress(FileNotFoundError):  # the folder you are working in may be gone
        if folder in (here := Path.cwd().resolve(), *here.parents):
            raise ValueError(
                f"folder must not be the one you are working in, which would be replaced under you: {folder}. "
                f"Choose a folder of its own, such as {here / what}"
            )
    _check_replaceable(folder, written, what)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear_left_behind(folder)
    if standing(folder) != folder:
        _old(folder).rename(folder)
    name = f".{folder.name}.{socket.gethostname()}.{os.getpid()}."
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=name) as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        with named_errors(folder, Path(scratch)):
            yield fresh
        for path in fresh.rglob("*"):
            if path.is_file():
                path.chmod(usual_permissions())  # safetensors lets nobody else read its files
        _check_replaceable(folder, written, what)  # once more: writing took a while
        _replace(folder, fresh, Path(scratch) / "old")


def _check_replaceable(folder: Path, written: Callable[[Path], Collection[str]], what: str) -> None:
    """Raise unless nothing of the user's would be lost if this folder, and its older self, were replaced."""
    for place in (folder, _old(folder)):
        if place.exists() and not place.is_dir():
            raise ValueError(f"folder must be a folder, got the file {place}")
        others = foreign(place, written(place)) if place.is_dir() else []
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            raise ValueError(
                f"folder must be new, empty or a saved run or model; {place} holds {others[0]!r}{more}, which would be "
                f"lost. Choose a folder of its own, such as {folder / what}"
            )


def _replace(folder: Path, fresh: Path, aside: Path) -> None:
    """Put `fresh` in the place of `folder`; should Python be interrupted, one of the two stands there afterwards."""
    old = _old(folder)
    if old.exists():  # from a save that was killed after its last step but one: `folder` is whole
        old.rename(aside)
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    if old.exists():
        shutil.rmtree(aside, ignore_errors=True)
        old.rename(aside)  # what goes with the scratch folder: `.name-old` is whole or absent


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}-old")


def _clear_left_behind(folder: Path) -> None:
    """Delete the scratch folders of processes that were killed while they wrote this folder."""
    for path in folder.parent.glob(f".{_literally(folder.name)}.*.*.????????"):
        host, _, rest = path.name[len(folder.name) + 2 :].rpartition(".")[0].rpartition(".")
        if rest.isdecimal() and path.is_dir() and not is_at_work(host, int(rest), path):
            shutil.rmtree(path, ignore_errors=True)


def _literally(name: str) -> str:
    """A file's name as a pattern that matches nothing else."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)

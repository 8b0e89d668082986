"""The file in which a learner's record is kept: read and written so that nothing on their machine can be lost.

It lies in the user's data folder, or where the environment variable RLCOURSE_PROGRESS says. Three rules:

- **What is not ours is left alone.** `look` says what stands at the path. Only a damaged record of ours is given
  another name; a folder, another file, a newer record or one that cannot be read now stays as it is.
- **Every change is made under a lock**, to what the file holds at that moment, and written whole or not at all. So
  notebooks that save at once lose nothing.
- **A change that cannot be written waits** in memory, counts in this session, and is written once that is possible.
  A lost record is a pity; a notebook that stops because of it would be worse.

Left out: what the record means; see `rlcourse.exercises.record_content`.
"""

import atexit
import errno
import json
import os
import random
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import platformdirs

from rlcourse.exercises.record_content import Kind, classify, empty
from rlcourse.files import write_whole
from rlcourse.showing.message import Message, show

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

VARIABLE = "RLCOURSE_PROGRESS"
NAME = "progress.json"
PATIENCE, PAUSE = 1.0, 0.003
"""For how many seconds something that fails is tried again, and how long to wait in between."""
TURNS = 10
"""While others write one after another, a lock is waited for this many times longer: they will be done soon."""
LARGEST = 2**20
"""A record is a few thousand bytes; what is larger than this is none."""

Edit = Callable[[dict], dict]
"""From the record's content to the changed content; the very same object where nothing changes."""
Result = TypeVar("Result")

_waiting: dict[Path, list[Edit]] = {}
"""The changes of this session that could not be written, for each file. The only thing the course keeps in memory."""
_said: set[tuple[Path, str]] = set()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _waiting.clear())  # the parent writes its own


@dataclass(frozen=True)
class Found:
    """What stands where the record should be."""

    kind: Kind | None
    """None: there is nothing."""
    content: dict
    """What could be read of it; empty where nothing could."""
    problem: str | None = None
    """Why it must be left alone, in a sentence; None where it may be written."""


def record_path() -> Path:
    """Where the record is kept: an absolute path, `~` expanded."""
    chosen = os.environ.get(VARIABLE, "").strip()
    try:
        path = Path(os.path.expandvars(chosen or Path(platformdirs.user_data_dir("rlcourse", appauthor=False)) / NAME))
        path = path.expanduser()
        if chosen and not path.is_absolute():
            path = path.absolute()
            os.environ[VARIABLE] = str(path)  # a notebook that changes its folder later keeps its record
        if path.is_absolute():
            return Path(os.path.realpath(path))  # a link stays a link; what it points to is written
    except (OSError, RuntimeError, KeyError):  # nobody's home: a container with a user that the system does not know
        pass
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"rlcourse-{user}" / NAME


def load(path: Path) -> dict:
    """The content of the record as far as this session knows it. A damaged file is set aside."""
    found = look(path, patience=0 if path in _waiting else PATIENCE)
    if found.kind is Kind.DAMAGED and found.problem is None:
        change(path, lambda content: content)
        found = look(path)
    _say(path, found.problem)
    content = found.content
    for edit in _waiting.get(path, ()):
        content = edit(content)
    return content


def change(path: Path, edit: Edit) -> None:
    """Change the record in the file; where that cannot be done now, in memory until it can."""
    if not _write(path, [*_waiting.get(path, ()), edit], patience=0 if path in _waiting else PATIENCE):
        if not _waiting:
            atexit.register(_write_what_waits)
        _waiting.setdefault(path, []).append(edit)


def is_saved(path: Path) -> bool:
    """Whether all that was done in this session stands in the file."""
    return not _waiting.get(path)


def look(path: Path, *, patience: float = PATIENCE) -> Found:
    """What stands at the path: nothing, our record, a newer one, a damaged one, or something that is not ours."""
    try:
        status, text = _patiently(lambda: _read(path), OSError, patience)
    except (FileNotFoundError, NotADirectoryError):
        return Found(None, empty())
    except OSError as error:
        why = f"cannot be read now ({error.strerror or error}). It stays as it is."
        return Found(None, empty(), f"The file with your progress, `{path}`, {why}")
    if text is None:
        what = "is a folder" if stat.S_ISDIR(status.st_mode) else "is not a record of your progress"
        return Found(Kind.NOT_OURS, empty(), f"`{path}` {what}. It stays as it is.")
    kind, content = classify(text, named_by_us=path.name == NAME)
    if kind is Kind.NEWER:
        why = f"The file with your progress, `{path}`, was made by a newer version of this course. It stays as it is."
        return Found(kind, content, why)
    if kind is Kind.NOT_OURS:
        return Found(kind, content, f"`{path}` is not a record of your progress. It stays as it is.")
    return Found(kind, content)


def _read(path: Path) -> tuple[os.stat_result, bytes | None]:
    """What is at the path, and its bytes if it may be a record: a regular file that is not too large."""
    status = path.stat()
    fits = stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST
    return status, path.read_bytes() if fits else None


def _write(path: Path, edits: list[Edit], *, patience: float) -> bool:
    """Make the changes to the file, if it can be done and nothing of anybody else's is lost; say whether."""
    problem = look(path, patience=patience).problem  # before a folder or a lock is made beside what is not ours
    try:
        if problem is None:
            with _lock(path, patience):
                problem = _write_alone(path, edits, patience)
    except (OSError, RecursionError) as error:
        problem = f"Your progress cannot be saved in `{path}` ({getattr(error, 'strerror', None) or error})."
    _say(path, problem)
    if problem is None:
        _waiting.pop(path, None)
    return problem is None


def _write_alone(path: Path, edits: list[Edit], patience: float) -> str | None:
    """The same, with nobody else writing. Returns why it could not be done, if so."""
    found = look(path, patience=patience)
    if found.problem is not None:
        return found.problem
    content = found.content
    for edit in edits:
        content = edit(content)
    if content is not found.content or found.kind is Kind.DAMAGED:
        text = json.dumps(content, indent=2)
        if found.kind is Kind.DAMAGED:
            _set_aside(path)
        _patiently(lambda: write_whole(path, text), PermissionError, patience)
    return None


def _set_aside(path: Path) -> None:
    """Give a damaged record another name, one that nothing has yet, so that nothing is lost."""
    first = f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    count, aside = 1, path.with_name(first + path.suffix)
    while os.path.lexists(aside):
        count += 1
        aside = path.with_name(f"{first}-{count}{path.suffix}")
    path.rename(aside)
    kept = "A new one is begun, with what could be read of it."
    show(Message("!", f"The file with your progress was damaged. It is now `{aside}`.", (kept,)))


@contextmanager
def _lock(path: Path, patience: float) -> Iterator[None]:
    """Only one process, and one thread of it, goes on at a time. The lock of a killed one is free at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.with_name(f".{path.name}.lock")
    handle = _acquire(name, patience)
    try:
        yield
    finally:
        ours = os.fstat(handle).st_size == 0
        if sys.platform == "win32":
            os.close(handle)  # first, as Windows removes no open file: none that another process has locked, either
        with suppress(OSError):
            if ours:
                name.unlink()
        if sys.platform != "win32":
            os.close(handle)  # last: whoever waits for this file then sees that it is gone
    time.sleep(PAUSE)  # or a process that writes again and again would let nobody else in


def _acquire(name: Path, patience: float) -> int:
    """Take the lock, after a while if need be. What is not waited for is a process that does not go on."""
    holder, until, end = None, 0.0, time.monotonic() + TURNS * patience
    while True:
        try:
            return _take(name)
        except (BlockingIOError, PermissionError):
            now, before, holder = time.monotonic(), holder, _holder(name)
            until = now + patience if holder != before or not until else until
            if now >= min(until, end):
                raise
        time.sleep(PAUSE * random.random())


def _holder(name: Path) -> tuple[int, int] | None:
    """Whose turn it is: each makes a new lock file."""
    try:
        status = name.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns


def _take(name: Path) -> int:
    """Open the lock file and lock it. BlockingIOError where somebody else has it."""
    handle = os.open(name, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(handle), os.stat(name)):
                raise FileNotFoundError
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            return handle  # a file system without locks: better now and then an attempt lost than every one
        os.close(handle)
        raise BlockingIOError(errno.EAGAIN, "another process is writing it") from None
    return handle


def _patiently(action: Callable[[], Result], passing: type[OSError], patience: float) -> Result:
    """What the action returns; a failure that may pass is tried again for a while."""
    until = time.monotonic() + patience
    while True:
        try:
            return action()
        except (FileNotFoundError, NotADirectoryError):
            raise
        except passing:
            if time.monotonic() >= until:
                raise
        time.sleep(PAUSE)


def _say(path: Path, problem: str | None) -> None:
    """Say once why the record is not written, and what becomes of the session."""
    if problem is None or (path, problem) in _said:
        return
    _said.add((path, problem))
    keep = "What you do is remembered until the kernel stops, and written down if the file can be written before."
    other = f"To keep it elsewhere, name a file that is not there yet in the environment variable `{VARIABLE}`."
    show(Message("!", problem, (f"{keep} {other}",)))


def _write_what_waits() -> None:
    """A last try, when the kernel stops."""
    for path, edits in list(_waiting.items()):
        _write(path, edits, patience=PATIENCE)

"""Where the course's files lie, and how a file is written: the only place that knows a path.

In a checkout the assets and the notebooks stand at its top; a wheel carries the assets inside the package. Left out:
what a caller saves, which goes where the caller says.
"""

import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
"""The folder of the package's code."""
CHECKOUT = PACKAGE.parent
"""The folder that holds the notebooks, if this is a checkout."""
ASSETS = PACKAGE / "assets" if (PACKAGE / "assets").is_dir() else CHECKOUT / "assets"
"""The bundled checkpoints, preferences, curves and pictures."""
NOTEBOOKS = CHECKOUT / "notebooks"
"""The notebooks; in a wheel there are none."""
TEACHING = NOTEBOOKS / "teaching"
"""What an instructor opens: plans, answers, a checklist."""
LONG_AGO = 24 * 3600.0
"""Seconds after which what another machine has left unfinished counts as left behind."""
_SYSTEMS = re.compile(r"([^: ][^:]*) \(os error (\d+)\)")
_HOST = re.sub(r"\W", "_", socket.gethostname())
_UNFINISHED = re.compile(r"\..+-(?P<host>\w*)\.(?P<process>\d+)\.[a-z0-9_]{8}\.part")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it takes its place when the block ends without an error.

    So the file is as it was, or complete; others may read it, as any file that is written the plain way. What a
    process that was killed has left in the folder is taken away.

    Raises:
        OSError: It cannot be written, as on a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_unfinished(path.parent)
    prefix = f".{path.name}-{_HOST}.{os.getpid()}."
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        with named_errors(path, temporary):
            yield temporary
            temporary.chmod(usual_permissions())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def named_errors(path: Path, temporary: Path) -> Iterator[None]:
    """Where writing fails, as on a full disk, the error says of what: theirs have no name, or the temporary one.

    Raises:
        OSError: In the place of such a one, and of a library's own error that holds the system's.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError):
            ours = error.filename is None or str(error.filename).startswith(str(temporary))
            number, words = (error.errno, error.strerror) if ours else (None, None)
        else:  # safetensors: "Error while serializing: I/O error: No space left on device (os error 28)"
            found = _SYSTEMS.search(str(error))
            number, words = (int(found[2]), found[1]) if found else (None, None)
        if number is None:
            raise
        raise OSError(number, words, str(path), number) from error  # the last counts on Windows only


def is_unfinished(path: Path) -> bool:
    """Whether that is a file of ours that is being written, or whose writer was killed."""
    return _UNFINISHED.fullmatch(path.name) is not None


def is_at_work(host: str, process: int, path: Path) -> bool:
    """Whether the process that writes `path` still lives; of one on another machine its age has to tell."""
    if host != socket.gethostname() or os.name == "nt":  # on Windows, to ask for a process is to end it
        return time.time() - path.stat().st_mtime < LONG_AGO
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _clear_unfinished(folder: Path) -> None:
    """Delete what processes that were killed have left unfinished in a folder."""
    with suppress(OSError):  # a folder that may be written to and not read
        for name in os.listdir(folder):
            if found := _UNFINISHED.fullmatch(name):
                host = socket.gethostname() if found["host"] == _HOST else found["host"]
                if not is_at_work(host, int(found["process"]), folder / name):
                    (folder / name).unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def usual_permissions() -> int:
    """The permissions of a new file that is written the plain way; the umask can be read only by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return 0o666 & ~mask

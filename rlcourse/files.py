"""Where the course's files lie, and how a file is written: the only place that knows a path.

In a checkout the assets and the notebooks stand at its top; a wheel carries the assets inside the package. Left out:
what a caller saves, which goes where the caller says.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it takes its place when the block ends without an error.

    So the file is as it was, or complete; others may read it, as any file that is written the plain way.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(usual_permissions())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def usual_permissions() -> int:
    """The permissions of a new file that is written the plain way; the umask can be read only by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return 0o666 & ~mask

"""Other people's scripts that our pages need, kept in the tree so that no page and no build asks a network for them.

    python -m rlcourse.exporting          fetches them anew from npm, as `vendor/vendored.json` lists them

The list says for each package its version, its licence and which of its files are taken, and for each file its SHA-256.
Whoever wants a newer version writes it there and runs the command, which needs `npm`. anywidget's script is not among
them: it comes with the Python package, and has to be of its version.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from importlib.metadata import files
from pathlib import Path

from rlcourse.files import whole_file, write_whole

FOLDER = Path(__file__).parent / "vendor"
LIST = FOLDER / "vendored.json"


def vendored(name: str) -> Path:
    """The file of that name in `vendor/`, such as "require.js".

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in (known := known_files()):
        raise ValueError(f"name must be one of {', '.join(known)}, got {name!r}")
    return FOLDER / name


def known_files() -> dict[str, str]:
    """The SHA-256 of every file, by its name here."""
    packages = json.loads(LIST.read_text(encoding="utf-8"))
    return {name: file["sha256"] for package in packages for name, file in package["files"].items()}


def changed_files() -> list[str]:
    """The files that are missing, or are not as they came."""
    return [
        name for name, sum_ in known_files().items() if not (FOLDER / name).is_file() or checksum(FOLDER / name) != sum_
    ]


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def anywidget_script() -> Path:
    """The script of the anywidget that is installed: it draws what this very version has written.

    Raises:
        FileNotFoundError: its package came without it.
    """
    for file in files("anywidget") or ():
        if file.as_posix().endswith("nbextensions/anywidget/index.js"):
            return Path(file.locate())
    raise FileNotFoundError("anywidget's index.js is not installed; install anywidget again: pip install anywidget")


def refresh() -> list[str]:
    """Fetch every package that is listed from npm, and put its files here; the names of those that changed."""
    packages, changed = json.loads(LIST.read_text(encoding="utf-8")), []
    with tempfile.TemporaryDirectory() as folder:
        for package in packages:
            archive = _pack(f"{package['package']}@{package['version']}", Path(folder))
            with tarfile.open(archive) as unpacked:
                for name, file in package["files"].items():
                    data = unpacked.extractfile(f"package/{file['from']}").read()
                    new = hashlib.sha256(data).hexdigest()
                    if new != file["sha256"] or name in changed_files():
                        with whole_file(FOLDER / name) as temporary:
                            temporary.write_bytes(data)
                        changed.append(name)
                    file["sha256"] = new
    write_whole(LIST, json.dumps(packages, indent=2, ensure_ascii=False) + "\n")
    return changed


def _pack(package: str, folder: Path) -> Path:
    """A package as npm keeps it."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), package]
    return folder / subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]

"""Are the bundled files as they were made? Their SHA-256, written by the build, compared when a model is loaded.

    assets/checksums.json     {"sft/model.safetensors": "5e1d…", …}

One changed weight leaves a model that loads and runs and is another one; this sees it. Line ends of text files do not
count, as git on Windows writes its own. Left out: who made the files; a checksum is no signature.
"""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

from rlcourse.files import ASSETS, write_whole

FOLDERS = ("preferences", "pretrained", "reward", "sft", "thinker")
"""The bundled folders whose files are checked."""
NAME = "checksums.json"
_TEXT = (".json", ".jsonl")


def write_checksums(assets: Path = ASSETS) -> None:
    """Write down the checksums of all bundled files that are there."""
    found = {name: checksum(assets / name) for name in sorted(_names(assets))}
    write_whole(assets / NAME, json.dumps(found, indent=1) + "\n")


def changed_files(folder: str, assets: Path = ASSETS) -> list[str]:
    """The files of a bundled folder that are not as they were made: changed, missing or new.

    Args:
        folder: One of `FOLDERS`.
        assets: Where the bundled folders are.

    Returns:
        Their names, as "sft/config.json"; the list of checksums itself, if it cannot be read.
    """
    try:
        known = dict(json.loads((assets / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return [NAME]
    known = {name: sha for name, sha in known.items() if name.startswith(f"{folder}/")}
    here = {name for name in _names(assets) if name.startswith(f"{folder}/")}
    return sorted(n for n in here | set(known) if n not in here or known.get(n) != checksum(assets / n))


def check_unchanged(folder: Path, names: Collection[str]) -> None:
    """ValueError, in words that follow "the checkpoint … ", if one of these files of a bundled folder has changed."""
    for name in changed_files(folder.name, folder.parent):
        if Path(name).name in names and (folder.parent / name).is_file():
            raise ValueError(f"is damaged: {Path(name).name} is not the file that came with the course")


def checksum(path: Path) -> str:
    """The SHA-256 of a file's content, whatever line ends a text file has."""
    content = path.read_bytes()
    return hashlib.sha256(content.replace(b"\r\n", b"\n") if path.suffix in _TEXT else content).hexdigest()


def _names(assets: Path) -> set[str]:
    paths = (path for folder in FOLDERS for path in (assets / folder).rglob("*"))
    read = (path for path in paths if path.is_file() and path.name[0] != "." and path.suffix != ".md")
    return {path.relative_to(assets).as_posix() for path in read}

"""A folder that a build owns: what it wrote there it may write again and take away, and nothing else.

    earlier = earlier_files(folder, "rlcourse-site.json")       refuses a folder with anything else in it
    put_files(folder, "rlcourse-site.json", files, earlier)

The mark is a file that lists the others. Every file is written whole; a build that is stopped half-way can go on.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from rlcourse.files import is_unfinished, whole_file, write_whole


def earlier_files(folder: Path, mark: str) -> list[str]:
    """The files that an earlier build has put into the folder; none, where it is new or empty.

    Raises:
        ValueError: `folder` is a file, or holds something that no build with this mark has written.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder must be a folder, got the file {folder}")
    if (folder / mark).is_file():
        return [file for file in json.loads((folder / mark).read_text(encoding="utf-8")) if _inside(folder, file)]
    if folder.is_dir() and not all(map(is_unfinished, folder.iterdir())):  # killed before it had written the mark
        raise ValueError(f"folder must be new, empty, or hold an earlier build, got {folder}, which holds other files")
    return []


def put_files(folder: Path, mark: str, files: Mapping[str, str | Path], earlier: Sequence[str]) -> int:
    """Write all files, a text or a copy of a file each, and take away those of an earlier build that are no more.

    Returns:
        How many bytes they are.

    Raises:
        ValueError: A file would take the place of one that stands there and that no earlier build has written.
    """
    if foreign := [file for file in sorted({*files} - {*earlier}) if (folder / file).exists()]:
        raise ValueError(
            f"{folder / foreign[0]} is not from an earlier build and would be lost; move it elsewhere first"
        )
    write_whole(folder / mark, json.dumps(sorted({*files, *earlier}), indent=1))
    for file, content in files.items():
        if isinstance(content, str):
            write_whole(folder / file, content)
        else:
            with whole_file(folder / file) as temporary:
                shutil.copyfile(content, temporary)
    for gone in set(earlier) - set(files):
        (folder / gone).unlink(missing_ok=True)
    write_whole(folder / mark, json.dumps(sorted(files), indent=1))
    return sum((folder / file).stat().st_size for file in files)


def _inside(folder: Path, file: str) -> bool:
    return (folder / file).resolve().is_relative_to(folder.resolve())

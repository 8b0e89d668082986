"""Build the site: run the notebooks, make the pages, and put beside them all that they load.

Every file is written whole. What an earlier build left in the folder is written over or, where the course no longer has
it, taken away; a folder with anything else in it is refused.
"""

import base64
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from rlcourse.course.contents import CONTENTS, notebooks_there
from rlcourse.exporting import executed_all, script_files, vendored
from rlcourse.files import ASSETS as COURSE_ASSETS
from rlcourse.files import NOTEBOOKS, whole_file, write_whole
from rlcourse.site.frame import ASSETS, Page, framed, places
from rlcourse.site.pages import home_page, notebook_page, sources_page
from rlcourse.site.searching import search_script, sections_of
from rlcourse.site.sources import sources

MARK = "rlcourse-site.json"
"""The file by which a site of ours is known: it lists the others."""
_LOOKS = Path(__file__).parent / "looks"
_LICENCES = ("html-manager.LICENSE", "require.LICENSE", "minisearch.LICENSE")


@dataclass(frozen=True)
class Built:
    """What was built."""

    pages: int
    bytes: int
    """Of all files together."""


def build_site(
    folder: Path, *, numbers: Sequence[str] | None = None, short: bool = False, cache: Path | None = None
) -> Built:
    """Build the site into a folder.

    Args:
        folder: New, empty, or with an earlier site in it.
        numbers: Of the notebooks, such as ["02", "06"]; all when None.
        short: Whether their training is cut short.
        cache: Where their runs are kept; in the user's cache folder when None.

    Raises:
        FileNotFoundError: There are no notebooks, as this is no checkout.
        ValueError: A number is no notebook's, or the folder holds something that is not ours.
    """
    folder, wanted = Path(folder), _wanted(numbers)
    earlier = _earlier(folder)
    paths = {one.number: NOTEBOOKS / f"{one.file}.ipynb" for one in CONTENTS if one.number in wanted}
    done = executed_all(list(paths.values()), short=short, cache=cache)
    pages = _pages({number: done[path] for number, path in paths.items()}, short=short)
    found = [section for page in pages for section in sections_of(page.file, page.title, page.html)]
    files = {f"{ASSETS}{name}": content for name, content in _assets().items()}
    files |= {page.file: framed(page, places(wanted)) for page in pages}
    files[f"{ASSETS}sections.js"] = search_script(found)
    _put(folder, files, earlier)
    return Built(len(pages), sum((folder / file).stat().st_size for file in files))


def _pages(runs: dict[str, NotebookNode], *, short: bool) -> list[Page]:
    """All pages, in their order."""
    known = {file for file, _ in places([*runs])}
    notebooks = [one for one in CONTENTS if one.number in runs]
    return [
        home_page([*runs], known, short=short),
        *(notebook_page(one, runs[one.number], known, short=short) for one in notebooks),
        sources_page(runs, sources(runs), known),
    ]


def _put(folder: Path, files: dict[str, str | Path], earlier: Sequence[str]) -> None:
    """Write all files, and take away those of an earlier build that are no more; stopped half-way it can go on."""
    write_whole(folder / MARK, json.dumps(sorted({*files, *earlier}), indent=1))
    for file, content in files.items():
        if isinstance(content, str):
            write_whole(folder / file, content)
        else:
            with whole_file(folder / file) as temporary:
                shutil.copyfile(content, temporary)
    for gone in set(earlier) - set(files):
        (folder / gone).unlink(missing_ok=True)
    write_whole(folder / MARK, json.dumps(sorted(files), indent=1))


def _wanted(numbers: Sequence[str] | None) -> list[str]:
    there = notebooks_there()
    if not there:
        raise FileNotFoundError(
            f"there are no notebooks in {NOTEBOOKS}: the site is built from a checkout of the course"
        )
    if unknown := sorted(set(numbers or ()) - there):
        raise ValueError(f"numbers must be among {', '.join(sorted(there))}, got {', '.join(unknown)}")
    return sorted(there if numbers is None else set(numbers))


def _earlier(folder: Path) -> list[str]:
    """The files of the site that an earlier build has put into the folder."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder must be a folder, got the file {folder}")
    mark = folder / MARK
    if mark.is_file():
        return [file for file in json.loads(mark.read_text(encoding="utf-8")) if _inside(folder, file)]
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"folder must be new, empty, or hold an earlier site, got {folder}, which holds other files")
    return []


def _inside(folder: Path, file: str) -> bool:
    return (folder / file).resolve().is_relative_to(folder.resolve())


def _assets() -> dict[str, str | Path]:
    """Scripts, styles and the README's picture, by their names: a file to copy, or a text."""
    libraries = {path.name: path for path in (vendored("katex/katex.min.js"), vendored("minisearch.js"))}
    made = {"katex.css": katex_style(), "LICENCES.txt": _licences()}
    picture = "pictures/readme.png"
    looks = {path.name: path for path in _LOOKS.iterdir()}
    return {**script_files(), **libraries, **looks, **made, picture: COURSE_ASSETS / picture}


def katex_style() -> str:
    """KaTeX's style sheet with its fonts inside: a page from a disk may not load fonts everywhere."""
    style = vendored("katex/katex.min.css").read_text(encoding="utf-8")
    style = re.sub(r',url\(fonts/[^)]*\.(?:woff|ttf)\) format\("[a-z]*"\)', "", style)

    def inside(found: re.Match) -> str:
        font = base64.b64encode(vendored(f"katex/{found[1]}").read_bytes()).decode()
        return f"url(data:font/woff2;base64,{font})"

    return re.sub(r"url\((fonts/[^)]*\.woff2)\)", inside, style)


def _licences() -> str:
    """The licences of what others wrote, as they ask for."""
    return "\n\n".join(
        f"{name}\n{len(name) * '='}\n{path.read_text(encoding='utf-8')}"
        for name in (*_LICENCES, "katex/LICENSE")
        for path in [vendored("minisearch.js").parent / name]
    )

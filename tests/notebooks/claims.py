"""The article's claims, C1 to C16, and the cells that show them: a cell that does has the tag "claim-C5".

`python -m tests.notebooks.claims` prints where each of them is shown.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CLAIMS = tuple(f"C{number}" for number in range(1, 17))
_TAG, _HEADING = re.compile(r"claim-(C\d+)"), re.compile(r"^##? (.+)", re.MULTILINE)


def claims_of(cell: NotebookNode) -> list[str]:
    """The claims that a cell shows, by its tags."""
    return [found[1] for tag in cell.metadata.get("tags", []) if (found := _TAG.fullmatch(tag))]


def said_by(notebook: NotebookNode) -> dict[str, str]:
    """What the cells of a notebook that has run say, in plain text, that show a claim."""
    said = {}
    for number, cell in enumerate(notebook.cells):
        for claim in claims_of(cell):
            plain = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.get("outputs", [])]
            said[f"{claim} in cell {number}"] = "\n".join(plain)
    return said


def where_shown(notebooks: Iterable[Path]) -> dict[str, list[str]]:
    """For each claim that some cell shows: the notebooks' numbers, with the headings of the sections."""
    places = defaultdict(list)
    for path in sorted(notebooks):
        heading = ""
        for cell in nbformat.read(path, as_version=4).cells:
            headings = _HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
            heading = headings[-1] if headings else heading
            for claim in claims_of(cell):
                places[claim].append(f"{path.name[:2]}, {heading}")
    return dict(places)


if __name__ == "__main__":
    shown = where_shown(NOTEBOOKS.glob("*.ipynb"))
    for claim in CLAIMS:
        print(f"{claim}: {'; '.join(shown.get(claim, ['nowhere']))}")

"""Every claim of the article has a cell that shows it."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .claims import CLAIMS, NOTEBOOKS, where_shown


def test_each_of_the_sixteen_claims_is_shown_somewhere():
    """That these cells say something, with a number in it, is seen where the notebooks run."""
    shown = where_shown(NOTEBOOKS.glob("*.ipynb"))
    assert set(shown) == set(CLAIMS), set(CLAIMS) ^ set(shown)


def test_a_claim_is_found_under_the_heading_of_its_section(tmp_path):
    cells = [
        new_markdown_cell("# A title\n\nwords"),
        new_markdown_cell("## 2 · A section"),
        new_code_cell("1", metadata={"tags": ["claim-C5", "other"]}),
        new_code_cell("2", metadata={"tags": ["claim-C55 and more"]}),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "07_x.ipynb")
    assert where_shown([tmp_path / "07_x.ipynb"]) == {"C5": ["07, 2 · A section"]}

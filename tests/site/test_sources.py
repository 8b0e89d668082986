"""Sources are read from where they are cited; where the article is loose, from the cells that say so."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from rlcourse.files import CHECKOUT
from rlcourse.site.sources import (
    citation,
    citations_in,
    copyright_year,
    loose_paragraphs,
    sources,
    sources_table,
    titles,
)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("[Schulman et al. 2017](https://x/1)", ("Schulman et al. 2017", "https://x/1")),
        ("Chen et al. [2021](https://x/2) say", ("Chen et al. 2021", "https://x/2")),
        ("(Kullback and Leibler 1951)", ("Kullback and Leibler 1951", "")),
        ("Pardo et\nal. (2018, *Time*)", ("Pardo et al. 2018", "")),
        ("Loshchilov & Hutter 2017", ("Loshchilov and Hutter 2017", "")),
        ("Tang and Munos 2025, arXiv 2506.09477", ("Tang and Munos 2025", "https://arxiv.org/abs/2506.09477")),
        ("[vLLM](https://x/3)", ("vLLM", "https://x/3")),
    ],
)
def test_a_citation_is_found(text, cited):
    assert list(citations_in(text)) == [cited]


@pytest.mark.parametrize("text", ["on 6 February 2025", "In 2025 a model", "in 256 steps", "The 2015 paper has Q"])
def test_a_date_is_no_citation(text):
    assert list(citations_in(text)) == []


def test_a_name_takes_the_address_it_has_elsewhere_and_both_places_are_listed():
    runs = {
        "06": new_notebook(cells=[new_markdown_cell("[Schulman et al. 2017](https://x/1)")]),
        "14": new_notebook(cells=[new_markdown_cell("as Schulman et al. 2017 say; see [the paper](https://x/1)")]),
    }
    (found,) = [one for one in sources(runs) if one.address == "https://x/1"]
    assert {"06", "14"} == found.notebooks and "algorithms.ppo" in found.modules
    table = sources_table([found])
    assert 'href="https://x/1"' in table and 'href="06_ppo.html"' in table and "algorithms.ppo" in table


def test_two_sources_of_one_name_stay_two_and_a_name_alone_is_the_one_that_is_cited_most():
    runs = {
        "01": new_notebook(cells=[new_markdown_cell("[Nobody et al. 1999](https://x/1)")]),
        "02": new_notebook(cells=[new_markdown_cell("[Nobody et al. 1999](https://x/2), [Known](https://x/2)")]),
        "03": new_notebook(cells=[new_markdown_cell("[Nobody et al. 1999](https://x/2)")]),
        "04": new_notebook(cells=[new_markdown_cell("(Nobody et al. 1999)")]),
    }
    found = {one.address: (one.notebooks, one.alias) for one in sources(runs) if one.name == "Nobody et al. 1999"}
    assert found == {"https://x/1": ({"01"}, ""), "https://x/2": ({"02", "03", "04"}, "Known")}


def test_what_is_said_of_the_article_is_quoted_with_the_list_that_it_announces():
    said = "## The article\n\nAside.\n\nThe article is short:\n\n- one;\n- two."
    output = new_output("display_data", {"text/markdown": "The article says low."})
    run = new_notebook(cells=[
        new_markdown_cell(said, metadata={"tags": ["loose"]}),
        new_markdown_cell("The article again."),
        new_code_cell("say('The article')", outputs=[output], metadata={"tags": ["loose"]}),
    ])  # fmt: skip
    assert list(loose_paragraphs(run)) == ["The article is short:", "- one;\n- two.", "The article says low."]


def test_the_citation_names_the_version_that_is_here_and_the_year_of_the_licence():
    assert f'version = "{citation()["version"]}"' in (CHECKOUT / "pyproject.toml").read_text()
    assert copyright_year() in (CHECKOUT / "LICENSE").read_text()


def test_every_paper_has_its_title_and_no_title_is_left_over():
    notebooks = sorted((CHECKOUT / "notebooks").glob("[0-9]*.ipynb"))
    cited = sources({path.name[:2]: nbformat.read(path, 4) for path in notebooks})
    papers = {one.address for one in cited if "arxiv.org" in one.address}
    assert papers <= titles().keys() <= {one.address or one.name for one in cited}
    assert "<i>Trust Region Policy Optimization</i>" in sources_table(cited)

"""Markdown becomes what JupyterLab would show: mathematics apart, links that lead on, headings to link to."""

import pytest

from rlcourse.site.words import Words, plain

PAGES = {"index.html", "02_maze.html", "10_grpo.html"}


def html(text):
    return Words(PAGES).html(text)


def test_mathematics_is_left_to_katex_letter_by_letter():
    made = html(r"so $a_1 < b_{*x*}$ and" "\n\n" r"$$ \sum_a \pi(a \mid s) \\ x_1 * y * z $$")
    assert '<span class="rlc-math">a_1 &lt; b_{*x*}</span>' in made
    assert r"\sum_a \pi(a \mid s) \\ x_1 * y * z" in made and "rlc-display" in made


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[10](10_grpo.ipynb)", "10_grpo.html"),
        ("[10](notebooks/10_grpo.ipynb#4)", "10_grpo.html#4"),
        ('<a href="02_maze.ipynb">x</a>', "02_maze.html"),
        ("[paper](https://arxiv.org/abs/1)", "https://arxiv.org/abs/1"),
        ("[below](#there)", "#there"),
    ],
)
def test_links_lead_to_pages(text, address):
    assert f'href="{address}"' in html(text)


@pytest.mark.parametrize("text", ["[cards](assets/MODEL_CARD.md)", "[11](11_side_by_side.ipynb)"])
def test_a_link_to_what_the_site_has_not_is_only_its_words(text):
    assert "href" not in html(text) and text[1:3] in html(text)


def test_headings_have_names_of_their_own():
    words = Words(PAGES)
    made = words.html("## 1 · One $x$\n\n## Again\n\n## Again")
    assert [one.id for one in words.headings][1:] == ["Again", "Again-2"] and 'id="Again-2"' in made


def test_plain_words_are_without_tags_and_styles():
    assert plain("<style>b {}</style><p>one <b>&lt;two&gt;</b></p>\n three") == "one <two> three"

"""What a screen reader meets: every slider has a name, and nothing that is shown is without words.

With AXE=path/to/axe.min.js in the environment (`npm pack axe-core`) axe looks at every output too.
"""

import os
from pathlib import Path

import pytest

from .lab import complaints, open_notebook, run_all, write_notebook

CELLS = {
    "clipped_objective": "from rlcourse.explorables import *\nclipped_objective()",
    "values_of_gamma": "from rlcourse.maze import generate_maze\nvalues_of_gamma(generate_maze(3, seed=0))",
    "two_action_policy_gradient": "two_action_policy_gradient()",
    "group_of_answers": "group_of_answers()",
    "reward_design": "reward_design(generate_maze(3, seed=0))",
    "drive": "drive(generate_maze(3, seed=0))",
    "films": "Films(generate_maze(3, seed=0), {'waiting': [2, 3, 0]})",
    "quiz": "from rlcourse.exercises import quiz\nquiz('03')",
    "progress": "from rlcourse.exercises import progress\nprogress()",
    "ask_gpt2": """
from rlcourse.course import ask_gpt2
from rlcourse.language import LanguagePolicy, load_gpt2
ask_gpt2(LanguagePolicy(*load_gpt2("sft")))
""",
}
SLIDERS = {"clipped_objective": 3, "values_of_gamma": 2, "two_action_policy_gradient": 4, "group_of_answers": 1}
SLIDERS |= {"reward_design": 4, "ask_gpt2": 1}


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "accessibility", *CELLS.values()))
    run_all(page)
    page.wait_for_timeout(2000)
    assert complaints(page) == []
    return page


def outputs(page, name):
    return page.locator(".jp-CodeCell").nth(list(CELLS).index(name)).locator(".jp-OutputArea").first


@pytest.mark.parametrize("name", SLIDERS)
def test_every_slider_has_the_name_that_stands_beside_it(opened, name):
    area = outputs(opened, name)
    area.scroll_into_view_if_needed()
    opened.wait_for_timeout(500)
    named = area.locator(".widget-slider").evaluate_all(
        "all => all.map(one => [one.querySelector('.noUi-handle').getAttribute('aria-label'),"
        " one.querySelector('.widget-label').textContent])"
    )
    assert len(named) == SLIDERS[name]
    assert all(said and said == label for said, label in named), named


@pytest.mark.skipif("AXE" not in os.environ, reason="AXE does not name a file of axe-core")
@pytest.mark.parametrize("name", CELLS)
def test_axe_finds_nothing_serious(opened, name):
    opened.evaluate(Path(os.environ["AXE"]).read_text())
    area = outputs(opened, name)
    area.scroll_into_view_if_needed()
    opened.wait_for_timeout(500)
    found = area.evaluate(
        "async area => (await axe.run(area)).violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)])"
    )
    assert [v for v in found if v[0] in ("serious", "critical")] == []

"""Judging a group of answers with keys and clicks, and reading arrows, bars and words back."""

import pytest
import torch

from rlcourse.equations import group_advantages

from .explorables import latencies, report_latency
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """from rlcourse.explorables import judge_a_group
from rlcourse.language import LanguagePolicy, Sum, arithmetic_world, load_gpt2

policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
judge_a_group(policy, arithmetic_world([Sum(12, 7)], prompts_per_step=1), seed=2)"""


@pytest.fixture(scope="module")
def desk(page, lab):
    open_notebook(page, lab, write_notebook(lab, "judge_a_group", CELL))
    run_all(page)
    desk = page.locator(".rlc-judge")
    desk.locator(".rlc-bubble").nth(7).wait_for(timeout=10_000)
    assert complaints(page) == []
    return desk


def judged(desk):
    return desk.locator(".rlc-bubble").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-pressed') === 'true')"
    )


def advantages(desk):
    return [float(text.replace("−", "-")) for text in desk.locator(".rlc-advantage").all_text_contents()]


def shafts(desk):
    """Lengths of the arrows, as drawn, with their signs, in shares of half a track."""
    return desk.locator(".rlc-shaft").evaluate_all(
        "all => all.map(one => parseFloat(one.style.width) / 50 * ({ less: -1, more: 1 })[one.dataset.sign])"
    )


def wait_for(desk, text):
    desk.locator(".rlc-said", has_text=text).wait_for(timeout=10_000)


def test_a_key_on_a_bubble_judges_it_and_every_arrow_follows(desk):
    page, before = desk.page, judged(desk)
    desk.locator(".rlc-bubble").nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    after = [not right if i == 1 else right for i, right in enumerate(before)]
    wait_for(desk, f"mean of the group is {sum(after) / 8:.2f}")
    assert judged(desk) == after
    expected = group_advantages(torch.tensor([after]).float())[0].tolist()
    assert advantages(desk) == pytest.approx(expected, abs=0.006)
    longest = 7 / 8**0.5
    assert shafts(desk) == pytest.approx([a / longest for a in expected], abs=0.01)
    name = desk.locator(".rlc-bubble").nth(1).get_attribute("aria-label")
    assert name.startswith("Answer 2 of 8: ") and "Judged right. Advantage" in name


def test_a_step_shows_the_same_answers_with_new_probabilities_and_starting_over_takes_it_back(desk):
    texts = desk.locator(".rlc-text").all_text_contents()
    desk.get_by_role("button", name="apply one step").click()
    wait_for(desk, "After one step on these answers")
    assert desk.locator(".rlc-text").all_text_contents() == texts
    rows = desk.locator(".rlc-answer:not(.rlc-head)").evaluate_all(
        """all => all.map(one => {
            const width = part => parseFloat(one.querySelector(part).style.width);
            const [before, now] = [width('.rlc-before'), width('.rlc-now')];
            return [now / before, +one.querySelector('.rlc-chance b').textContent.replace(/×\\s/, '')];
        })"""
    )
    for ratio, factor in rows:
        assert ratio == pytest.approx(factor, abs=0.02)
    assert len({factor for _, factor in rows}) > 1
    desk.get_by_role("button", name="sample again").click()
    desk.locator(".rlc-said:not(:has-text('After one step'))").wait_for(timeout=10_000)
    assert desk.locator(".rlc-text").all_text_contents() != texts
    desk.get_by_role("button", name="start over").click()


def test_a_judgement_is_painted_soon(desk, record_property):
    desk.locator(".rlc-bubble").nth(3).focus()
    keys = {"keys": ("Space", "Space"), "watched": ".rlc-judge .rlc-answers", "presses": 10}
    report_latency("judge a group", latencies(desk.page, None, **keys), aim=100, record=record_property)

"""Asking the small GPT-2: the widget shows what it answers at the temperature chosen, marked by the rule."""

import pytest

from rlcourse.course.ask import TIMES, answers_html, answers_to, ask_gpt2
from rlcourse.language import LanguagePolicy, Sum, load_gpt2


@pytest.fixture(scope="module")
def policy():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


def controls(widget):
    return {child.description: child for child in widget.children[1].children}


def test_the_same_seed_gives_the_same_answers(policy):
    first, again = (answers_to(policy, Sum(12, 7), seed=3) for _ in range(2))
    assert first == again
    assert first != answers_to(policy, Sum(12, 7), seed=4)


def test_at_temperature_0_all_answers_agree_and_at_1_they_do_not(policy):
    assert len(set(answers_to(policy, Sum(12, 7), temperature=0))) == 1
    assert len(set(answers_to(policy, Sum(12, 7), temperature=1))) > 1


def test_answers_are_marked_by_the_rule_and_counted():
    shown = answers_html(Sum(2, 2), [" 2+2 is 4.", " I guess 2+2 is 4.", " 2+2 is 5.", " <b>4"])
    assert shown.count("✓") == 2 and shown.count("✗") == 2
    assert "<b>2 of 4 right</b>" in shown
    assert "&lt;b&gt;4" in shown
    assert 'aria-label="right"' in shown and 'aria-label="wrong"' in shown


def test_the_answers_follow_the_controls(policy):
    widget = ask_gpt2(policy)
    answers = widget.children[2]
    assert "Try this" in widget.children[0].value and "Watch" in widget.children[0].value
    assert answers.value.count("2+2") >= TIMES // 2
    controls(widget)["temperature"].value = 0
    cold = answers.value
    assert cold == answers_html(Sum(2, 2), answers_to(policy, Sum(2, 2), temperature=0))
    controls(widget)["+"].value = 30
    assert "2+30" in answers.value
    controls(widget)["What is"].value = 99
    assert controls(widget)["What is"].value == 49, "the model knows sums up to 49 only"

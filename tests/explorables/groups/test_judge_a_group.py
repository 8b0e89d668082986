"""The desk where a group is judged, from the kernel's side; tests/browser sits at it."""

import pytest
import torch

from rlcourse.equations import group_advantages
from rlcourse.explorables import judge_a_group, judge_a_group_figure
from rlcourse.language import LanguagePolicy, Sum, arithmetic_world, load_gpt2

WORLD = arithmetic_world([Sum(12, 7)], prompts_per_step=1)


@pytest.fixture(scope="module")
def policy():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


@pytest.fixture
def desk(policy):
    return judge_a_group(policy, WORLD, seed=2)


def shown(desk, name):
    return [row[name] for row in desk.shown["rows"]]


def test_it_opens_with_the_answers_as_the_rule_judges_them(desk):
    assert desk.shown["question"] == "What is 12+7?"
    right = [int(text.removeprefix("I guess ") == "12+7 is 19.") for text in shown(desk, "text")]
    assert desk.rewards == right and 0 < sum(right) < 8
    advantages = group_advantages(torch.tensor([right]).float())[0]
    assert shown(desk, "advantage") == [f"{a:+.2f}".replace("-", "−") for a in advantages.tolist()]


def test_a_flipped_judgement_moves_every_arrow(desk):
    before = shown(desk, "arrow")
    desk.rewards = [1 - desk.rewards[0], *desk.rewards[1:]]
    assert all(old != new for old, new in zip(before, shown(desk, "arrow"), strict=True))
    assert shown(desk, "factor") == [""] * 8


def test_bars_are_the_probabilities_that_the_policy_gives_the_answers(desk, policy):
    episodes = desk.group.episodes
    chances = (policy.logprobs(episodes) * episodes.mask).sum(1).exp().detach()
    assert torch.allclose(torch.tensor(shown(desk, "before")), chances / chances.max(), atol=1e-4)
    assert shown(desk, "now") == pytest.approx(shown(desk, "before"), abs=1e-4)


def test_a_step_makes_what_is_paid_likelier_and_leaves_the_policy_alone(desk, policy):
    weights = [weight.clone() for weight in policy.parameters()]
    guesses = [text.startswith("I guess") for text in shown(desk, "text")]
    desk.rewards = list(map(int, guesses))
    for _ in range(3):
        desk._asked(None, {"do": "step"}, None)
    grown = [new > old for old, new in zip(shown(desk, "before"), shown(desk, "now"), strict=True)]
    assert any(g and up for g, up in zip(guesses, grown, strict=True))
    assert not any(up for g, up in zip(guesses, grown, strict=True) if not g)
    assert "After 3 steps on these answers" in desk.shown["words"]
    assert all(torch.equal(old, new) for old, new in zip(weights, policy.parameters(), strict=True))


def test_sampling_again_draws_others_and_starting_over_forgets_the_steps(desk):
    first, chances = shown(desk, "text"), desk.group.chances()[1]
    desk._asked(None, {"do": "step"}, None)
    desk._asked(None, {"do": "sample"}, None)
    assert shown(desk, "text") != first and desk.group.steps == 0
    moved = desk.group.policy.logprobs(desk.group.episodes)
    desk._asked(None, {"do": "restart"}, None)
    assert not torch.equal(moved[:, 0], desk.group.policy.logprobs(desk.group.episodes)[:, 0])
    assert len(chances) == 8


def test_the_mean_is_exact_and_one_answer_is_said_as_one(desk):
    desk.rewards = [1] + [0] * 7
    assert desk.shown["words"].startswith("The mean of the group is 0.125. 1 of 8 answers is above it.")


def test_a_group_without_differences_is_said_to_teach_nothing(desk):
    desk.rewards = [1] * 8
    assert "nothing to learn" in desk.shown["words"] and shown(desk, "arrow") == [0.0] * 8


def test_what_is_left_without_a_kernel_is_the_group_as_it_stood(desk, policy):
    assert "What is 12+7?" in desk.still().text and "Run this cell" in desk.still().html
    bars = judge_a_group_figure(policy, WORLD, seed=2).axes[0].patches
    assert [bar.get_width() for bar in bars] == desk.rewards


@pytest.mark.parametrize(
    ("options", "message"), [({"answers": 1}, "answers must be"), ({"learning_rate": 0}, "learning_rate must be")]
)
def test_what_does_not_fit_is_refused(policy, options, message):
    with pytest.raises(ValueError, match=message):
        judge_a_group(policy, WORLD, **options)

"""The exercises of notebook 10: references against formulas by hand, and what a learner is told."""

import math

import pytest
import torch

from rlcourse.exercises import check
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.examining import examine
from rlcourse.language import split_sums, sum_reward

LOSS, REWARD = EXERCISES["grpo_loss"], EXERCISES["last_number_reward"]


@pytest.mark.parametrize("case", LOSS.cases, ids=lambda case: case.about)
def test_the_loss_is_equation_3_by_hand(case):
    logprobs, old, advantages, mask, epsilon = case.inputs.values()
    total = 0.0
    for i, advantage in enumerate(advantages.tolist()):
        length = int(mask[i].sum())
        for t in range(length):
            ratio = math.exp(logprobs[i, t] - old[i, t])
            held = min(max(ratio, 1 - epsilon), 1 + epsilon)
            total += min(ratio * advantage, held * advantage) / length
    expected = pytest.approx(-total / len(advantages), rel=1e-5)
    assert LOSS.reference(logprobs, old, advantages, mask, epsilon=epsilon).item() == expected


def test_no_ratio_of_a_case_stands_on_an_edge_of_the_band():
    for case in LOSS.cases:
        logprobs, old, _, _, epsilon = case.inputs.values()
        ratio = (logprobs - old).exp()
        assert min((ratio - 1 + epsilon).abs().min(), (ratio - 1 - epsilon).abs().min()) > 1e-3


@pytest.mark.parametrize("slip", LOSS.slips, ids=lambda slip: slip.name)
def test_where_a_slip_first_shows_it_is_off_by_more_than_rounding_could_be(slip):
    verdict = examine(LOSS, slip.function)
    assert abs(verdict.answer.value.item() - verdict.expected.value.item()) > 0.02


def test_advantages_without_an_axis_are_named_though_pytorch_refuses_them_in_some_cases():
    def along_the_tokens(logprobs, old_logprobs, advantages, mask, *, epsilon):
        ratio = (logprobs - old_logprobs).exp()
        per_token = torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
        return -((per_token * mask).sum(1) / mask.sum(1)).mean()

    verdict = examine(LOSS, along_the_tokens)
    assert verdict.slip.name == "advantages along the tokens"
    assert verdict.answer.outcome == "returned"  # what is shown is a number that the slip explains, not an error
    said = check("grpo_loss", along_the_tokens).message
    assert "The smallest case that shows it: two answers of two tokens." in said
    assert "Besides, in 3 other cases your function stops with an error: RuntimeError" in said

    def and_without_a_minus(*given, **settings):
        return -along_the_tokens(*given, **settings)

    assert examine(LOSS, and_without_a_minus).slip is None  # two slips at once: of the numbers that came none is named


def test_a_loss_without_a_graph_is_told_so():
    def numbers(logprobs, old_logprobs, advantages, mask, *, epsilon):
        return LOSS.reference(logprobs, old_logprobs, advantages, mask, epsilon=epsilon).detach()

    assert "gradient" in examine(LOSS, numbers).problem


def test_the_learners_rule_pays_what_the_courses_pays_on_answers_of_the_usual_forms():
    sums = split_sums()[1][:50]
    for form in ("{} is {}.", "I guess {} is {}."):
        for off in (0, 1):
            texts = [" " + form.format(f"{s.a}+{s.b}", s.answer + off) for s in sums]
            given = [s.prompt for s in sums], texts, [s.answer for s in sums]
            assert REWARD.reference(*given) == sum_reward(*given) == [1.0 - off] * len(sums)


def test_an_argument_that_the_reference_does_not_need_is_not_asked_for():
    verdict = examine(REWARD, lambda prompts, completions, answer: [0.5 for _ in zip(completions, answer, strict=True)])
    assert verdict.state == "failed" and "prompts" not in verdict.pattern


def test_mine_can_be_a_tensor_of_rewards():
    assert examine(REWARD, lambda p, c, a: torch.tensor(REWARD.reference(p, c, a))).state == "passed"

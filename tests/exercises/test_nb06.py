"""The exercises of notebook 06: their references against the formulas by hand, and learners' own ways into slips."""

import math

import numpy as np
import pytest
import torch

from rlcourse.algorithms import PPO
from rlcourse.equations import value_loss
from rlcourse.exercises import check
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.examining import examine
from rlcourse.exercises.timing import is_quick
from rlcourse.explorables.clipping.batch_of_ratios import record_update

from .right_answers.nb06 import (
    clipped_by_cases,
    clipped_by_loops,
    value_loss_by_loops,
    value_loss_by_selection,
)

CLIPPED, VALUE, GAUGES = (EXERCISES[name] for name in ("clipped_surrogate", "value_loss", "ppo_gauges"))


@pytest.mark.parametrize("case", CLIPPED.cases, ids=lambda case: case.about)
def test_the_reference_is_equation_7_by_hand(case):
    logprobs, old, advantages, low, high = case.inputs.values()
    objective = CLIPPED.reference(logprobs, old, advantages, clip_low=low, clip_high=high)
    triples = zip(logprobs.flatten(), old.flatten(), advantages.expand_as(old).flatten(), strict=True)
    for got, (new, before, a) in zip(objective.flatten(), triples, strict=True):
        ratio = math.exp(new - before)
        by_hand = min(ratio * a, min(max(ratio, 1 - low), 1 + high) * a)
        assert float(got) == pytest.approx(float(by_hand), rel=1e-5)


def test_no_case_stands_on_a_corner_where_the_slope_is_a_matter_of_taste():
    for case in CLIPPED.cases:
        logprobs, old, _, low, high = case.inputs.values()
        ratio = (logprobs - old).exp()
        assert (ratio - (1 - low)).abs().min() > 1e-3
        assert (ratio - (1 + high)).abs().min() > 1e-3


@pytest.mark.parametrize("slip", CLIPPED.slips, ids=lambda slip: slip.name)
def test_where_a_slip_first_shows_it_is_off_by_more_than_rounding_could_be(slip):
    verdict = examine(CLIPPED, slip.function)
    if "The shape is wrong" in verdict.problem or "detached" in slip.name:
        return  # said in words, not in numbers
    got, expected = verdict.answer, verdict.expected
    apart = (got.value - expected.value).abs().max()
    if apart == 0:
        (slope,), (right,) = got.gradients.by.values(), expected.gradients.by.values()
        apart = (slope - right).abs().max()
    assert apart > 0.02


@pytest.mark.parametrize("case", CLIPPED.cases, ids=lambda case: case.about)
def test_the_logprobs_are_shown_with_all_their_digits(case):
    for name in ("logprobs", "old_logprobs"):
        torch.testing.assert_close(case.inputs[name], case.inputs[name].round(decimals=4), rtol=0, atol=1e-7)


@pytest.mark.parametrize("case", VALUE.cases, ids=lambda case: case.about)
def test_the_reference_is_half_the_mean_of_the_larger_squared_error(case):
    values, returns, mask, old, width = case.inputs.values()
    errors = []
    for index in range(values.numel()):
        if mask is None or mask.flatten()[index]:
            v, r = float(values.flatten()[index]), float(returns.flatten()[index])
            error = (v - r) ** 2
            if old is not None:
                o = float(old.flatten()[index])
                error = max(error, (o + min(max(v - o, -width), width) - r) ** 2)
            errors.append(error)
    loss = VALUE.reference(values, returns, mask, old_values=old, clip_range=width)
    assert float(loss) == pytest.approx(sum(errors) / len(errors) / 2, rel=1e-5)


@pytest.mark.parametrize("case", GAUGES.cases, ids=lambda case: case.about)
def test_the_gauges_are_the_means_by_hand(case):
    new, old, mask, epsilon = case.inputs.values()
    ratios = [math.exp(log_ratio) for log_ratio in (new - old)[mask]]
    kl, fraction = GAUGES.reference(new, old, mask, clip_range=epsilon)
    assert float(kl) == pytest.approx(np.mean([ratio - 1 - math.log(ratio) for ratio in ratios]), rel=1e-4, abs=1e-7)
    assert float(fraction) == pytest.approx(np.mean([abs(ratio - 1) > epsilon for ratio in ratios]))
    assert epsilon == 0 or min(abs(abs(ratio - 1) - epsilon) for ratio in ratios) > 1e-3, "none stands on an edge"


def my_pythons_min(logprobs, old_logprobs, advantages, clip_low, clip_high):
    ratio = (logprobs - old_logprobs).exp()
    return min(ratio * advantages, ratio.clamp(1 - clip_low, 1 + clip_high) * advantages)


def my_numpy_clip(logprobs, old_logprobs, advantages, clip_low, clip_high):
    ratio = np.exp(logprobs.numpy() - old_logprobs.numpy())
    return np.minimum(ratio * advantages.numpy(), ratio.clip(1 - clip_low, 1 + clip_high) * advantages.numpy())


def my_clip_by_where(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio = (logprobs - old_logprobs).exp()
    inside = (ratio >= 1 - clip_low) & (ratio <= 1 + clip_high)
    return torch.where(inside, ratio, ratio.detach().clamp(1 - clip_low, 1 + clip_high)) * advantages


def my_loss_with_item(values, returns, mask=None, *, old_values=None, clip_range=None):
    return value_loss(values, returns, mask, old_values=old_values, clip_range=clip_range).item()


def my_first_half(values, returns, mask=None, *, old_values=None, clip_range=None):
    """The learner has not come to the clip, and multiplies by the mask."""
    squared = (values - returns) ** 2
    return 0.5 * (squared if mask is None else squared * mask).mean()


def my_mean_squared_error(values, returns, mask=None, *, old_values=None, clip_range=None):
    return ((values - returns) ** 2).mean()


def my_masked_mse(values, returns, mask=None, *, old_values=None, clip_range=None):
    squared = (values - returns) ** 2
    return (squared if mask is None else squared[mask]).mean()


def my_l1_so_far(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = (values - returns).abs()
    return 0.5 * (errors if mask is None else errors[mask]).mean()


def my_gauges_of_spinning_up(logprobs, old_logprobs, mask, *, clip_range):
    log_ratio = (logprobs - old_logprobs)[mask]
    ratio = log_ratio.exp()
    outside = ratio.gt(1 + clip_range) | ratio.lt(1 - clip_range)
    return (-log_ratio).mean().item(), outside.float().mean().item()


def my_gauges_in_a_hurry(logprobs, old_logprobs, mask, *, clip_range):
    ratio = torch.exp(logprobs - old_logprobs)[mask]
    return (ratio - 1 - ratio.log()).mean(), ((ratio - 1).abs() > clip_range).mean()


def my_gauges_with_numpy(logprobs, old_logprobs, mask, *, clip_range):
    return np.exp(logprobs.numpy() - old_logprobs.numpy())


@pytest.mark.parametrize(
    ("name", "function", "slip", "words"),
    [
        ("ppo_gauges", my_gauges_of_spinning_up, "k1, which can be negative", "ρ − 1, which is 0 on average"),
        ("ppo_gauges", my_gauges_in_a_hurry, None, "`.float()`"),
        ("ppo_gauges", my_gauges_with_numpy, None, "cut the gradient off first"),
        ("clipped_surrogate", my_clip_by_where, "the clip without the min", "no push back"),
        ("clipped_surrogate", my_pythons_min, None, "`torch.minimum(a, b)` works entry by entry"),
        ("clipped_surrogate", my_numpy_clip, None, "Stay in PyTorch"),
        ("value_loss", my_first_half, "a mean over the padding too (and no clip yet)", "Divide by `mask.sum()`"),
        ("value_loss", my_mean_squared_error, "neither the ½ nor the mask (and no clip yet)", "the clip is next"),
        ("value_loss", my_masked_mse, "without the ½ (and no clip yet)", "Exactly twice the loss"),
        ("value_loss", my_l1_so_far, "the absolute error (and no clip yet)", "Half the *squared* error"),
        ("value_loss", my_loss_with_item, "the values detached", "the gradient must flow"),
    ],
)
def test_a_learners_own_way_into_a_mistake_is_helped(name, function, slip, words):
    result = check(name, function)
    assert not result.passed
    assert result.slip == slip
    assert words in result.message


def my_gauges_with_two_faults(logprobs, old_logprobs, mask, *, clip_range):
    log_ratio = logprobs - old_logprobs
    outside = (log_ratio.exp() - 1).abs() > clip_range
    return (log_ratio.exp() - 1 - log_ratio).mean(), outside.float().mean()


def test_of_two_faults_the_one_that_is_named_is_the_one_that_is_shown():
    """No mask, and a gradient: the smallest case fails for its gradient alone, and says nothing about the mask."""
    verdict = examine(GAUGES, my_gauges_with_two_faults)
    assert verdict.slip.name == "the mask ignored"
    assert not verdict.case.inputs["mask"].all()
    assert "gradient" not in verdict.problem


def test_the_clipped_objective_of_the_exercise_plugs_into_ppo():
    """The exercise's signature is the one that the trainer calls."""
    courses = record_update([0.2], epochs=1, trained=0)
    learners = record_update([0.2], epochs=1, trained=0, objective=clipped_by_cases)
    torch.testing.assert_close(learners.logprobs, courses.logprobs)
    assert PPO(objective=clipped_by_cases).objective is clipped_by_cases


def test_a_loop_over_actions_is_too_slow_to_train_with():
    """Asked as notebook 06 asks, with as many numbers as the robot's batch has."""
    numbers, mask = torch.zeros(4096, 1), torch.ones(4096, 1, dtype=torch.bool)
    clipping = {"old_values": numbers, "clip_range": 0.2}
    assert not is_quick(value_loss_by_loops, numbers, numbers, mask, **clipping)
    assert is_quick(value_loss_by_selection, numbers, numbers, mask, **clipping)
    assert not is_quick(clipped_by_loops, numbers, numbers, numbers, clip_low=0.2, clip_high=0.2)
    assert is_quick(clipped_by_cases, numbers, numbers, numbers, clip_low=0.2, clip_high=0.2)

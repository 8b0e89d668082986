"""The exercises of notebook 06: their references against the formulas by hand, and learners' own ways into slips."""

import math

import numpy as np
import pytest
import torch

from rlcourse.algorithms import PPO
from rlcourse.equations import value_loss
from rlcourse.exercises import check
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.timing import is_quick
from rlcourse.explorables.batch_of_ratios import record_update

from .right_answers.nb06 import clipped_by_cases, clipped_by_loops

CLIPPED, VALUE = EXERCISES["clipped_surrogate"], EXERCISES["value_loss"]


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


@pytest.mark.parametrize(
    ("name", "function", "slip", "words"),
    [
        ("clipped_surrogate", my_clip_by_where, "the clip without the min", "no push back"),
        ("clipped_surrogate", my_pythons_min, None, "`torch.minimum(a, b)` works entry by entry"),
        ("clipped_surrogate", my_numpy_clip, None, "Stay in PyTorch"),
        ("value_loss", my_loss_with_item, "the values detached", "the gradient must flow"),
    ],
)
def test_a_learners_own_way_into_a_mistake_is_helped(name, function, slip, words):
    result = check(name, function)
    assert not result.passed
    assert result.slip == slip
    assert words in result.message


def test_the_clipped_objective_of_the_exercise_plugs_into_ppo():
    """The exercise's signature is the one that the trainer calls."""
    courses = record_update([0.2], epochs=1, trained=0)
    learners = record_update([0.2], epochs=1, trained=0, objective=clipped_by_cases)
    torch.testing.assert_close(learners.logprobs, courses.logprobs)
    assert PPO(objective=clipped_by_cases).objective is clipped_by_cases


def test_a_loop_over_actions_is_too_slow_to_train_with():
    numbers = torch.zeros(1024, 1)
    assert not is_quick(clipped_by_loops, numbers, numbers, numbers, clip_low=0.2, clip_high=0.2)
    assert is_quick(clipped_by_cases, numbers, numbers, numbers, clip_low=0.2, clip_high=0.2)

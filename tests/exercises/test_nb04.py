"""The exercises of notebook 04: their references against sums by hand, and learners' own ways into slips."""

import numpy as np
import pytest
import torch

from rlcourse.algorithms import Reinforce, ReinforceConfig
from rlcourse.equations import discounted_returns
from rlcourse.exercises import check
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.quizzes import find_quiz
from rlcourse.maze import MazeWorld, TabularPolicy, generate_maze

POLICY_GRADIENT, BASELINE = EXERCISES["policy_gradient"], EXERCISES["baseline"]


@pytest.mark.parametrize("case", POLICY_GRADIENT.cases, ids=lambda case: case.about)
def test_the_gradient_of_the_reference_is_the_advantage_times_that_of_log_pi(case):
    """By finite differences of the sum."""
    logprobs, advantages = (tensor.double() for tensor in case.inputs.values())
    flat = logprobs.flatten()
    for i in range(0, flat.numel(), 7):
        nudge = torch.zeros_like(flat).index_fill(0, torch.tensor([i]), 1e-4).reshape(logprobs.shape)
        high, low = (POLICY_GRADIENT.reference(logprobs + step, advantages).sum() for step in (nudge, -nudge))
        assert (high - low).item() / 2e-4 == pytest.approx(advantages.expand_as(logprobs).flatten()[i].item())


@pytest.mark.parametrize("case", BASELINE.cases, ids=lambda case: case.about)
def test_what_the_padding_holds_changes_no_answer(case):
    returns, mask = case.inputs.values()
    filled = torch.where(mask, returns, 123.0)
    torch.testing.assert_close(BASELINE.reference(filled, mask), BASELINE.reference(returns, mask))


def my_numpy(logprobs, advantages):
    return logprobs.numpy() * advantages.numpy()


def my_item(logprobs, advantages):
    return torch.tensor([logprob.item() for logprob in logprobs.flatten()]).reshape(logprobs.shape) * advantages


def test_a_policy_gradient_in_numpy_is_sent_back_to_pytorch():
    result = check("policy_gradient", my_numpy)
    assert not result.passed
    assert "Stay in PyTorch" in result.message


@pytest.mark.parametrize(
    ("name", "function", "slip"),
    [
        ("policy_gradient", lambda logprobs, advantages: torch.log_softmax(logprobs, -1).exp() * 0, None),
        ("policy_gradient", my_item, "the log-probabilities detached"),
        ("policy_gradient", lambda lp, adv: -(lp * adv), "the loss instead of the objective"),
        ("policy_gradient", lambda lp, adv: (lp * adv).sum() / lp.numel(), "averaged over the actions"),
        (
            "policy_gradient",
            lambda lp, adv: (lp - lp.detach()).exp() * adv,
            "the ratio instead of the logarithm",
        ),
        ("policy_gradient", lambda lp, adv: torch.relu(adv) * lp, "only what went well"),
        ("baseline", lambda g, m: (g - g.mean(1, keepdim=True)) * m, "ended walks have a say in the mean"),
        ("baseline", lambda g, m: g - g.mean(1)[:, None], "the mask forgotten"),
        ("baseline", lambda g, m: g - g.mean(0), "mean along time, the mask forgotten"),
        ("baseline", lambda g, m: (g - g.mean(0)) * m, "mean along time, padding included"),
        (
            "baseline",
            lambda g, m: BASELINE.reference(g, m).numpy() / (np.std(g.numpy(), axis=1, ddof=1)[:, None] + 1e-8),
            "divided by the standard deviation, padding included",
        ),
        (
            "baseline",
            lambda g, m: (g - g.mean(1, True)) / (g.std(1, keepdim=True) + 1e-8),
            "z-scores, the mask forgotten",
        ),
        ("baseline", lambda g, m: g * m, "no baseline"),
        (
            "baseline",
            lambda g, m: (g - (g * m).sum(1, keepdim=True) / m.sum(1, keepdim=True)) * m,
            "NaN where every walk has ended",
        ),
        (
            "baseline",
            lambda g, m: np.where(m, g - g[m].mean(), 0.0),
            "one mean for all steps",
        ),
    ],
)
def test_a_learners_own_way_into_a_slip_is_named(name, function, slip):
    result = check(name, function)
    assert not result.passed
    assert result.slip == slip


@pytest.mark.parametrize(
    "function",
    [
        lambda returns, mask: (returns - returns.mean(dim=1)) * mask,
        lambda returns, mask: (returns - (returns * mask).sum(1) / mask.sum(1).clamp(min=1)) * mask,
        lambda returns, mask: (returns.numpy() - returns.numpy().mean(axis=1)) * mask.numpy(),
    ],
)
def test_a_baseline_without_keepdim_is_told_which_shape_it_needs(function):
    result = check("baseline", function)
    assert not result.passed
    assert "two steps of three walks" in result.message, "the smallest case in which it shows"
    assert "`keepdim=True`" in result.message


def test_a_loss_with_a_mean_is_named_as_the_loss_it_is():
    result = check("policy_gradient", lambda logprobs, advantages: -(logprobs * advantages).mean())
    assert not result.passed and result.slip == "minus the mean: a whole loss"
    assert "a single number" in result.message


@pytest.mark.parametrize("style", [POLICY_GRADIENT.reference, lambda lp, adv: adv * lp])
def test_a_learners_function_trains_the_robot_like_the_courses(style):
    maze = generate_maze(4, seed=0)
    tables = []
    for objective in (POLICY_GRADIENT.reference, style):
        policy = TabularPolicy(maze.num_states)
        reinforce = Reinforce(ReinforceConfig(), objective=objective)
        world = MazeWorld(maze, groups=8)
        rollout = reinforce.collect(world, policy, torch.Generator().manual_seed(0))
        reinforce.update(policy, reinforce.make_optimizer(policy), rollout)
        tables.append(policy.table.detach())
    torch.testing.assert_close(*tables)
    assert tables[0].abs().sum() > 0


def test_a_learners_baseline_fits_into_reinforce():
    """As the notebook puts it to work: an advantage function that takes the mean of the step off the returns."""
    maze = generate_maze(4, seed=0)

    def advantage_fn(rewards, done, *, gamma, bootstrap=None):
        under_way = torch.cat([torch.ones_like(done[:1]), ~done[:-1]])
        return BASELINE.reference(discounted_returns(rewards, done, gamma=gamma), under_way)

    reinforce = Reinforce(ReinforceConfig(normalize_advantages=False), advantage_fn=advantage_fn)
    policy, world = TabularPolicy(maze.num_states), MazeWorld(maze, groups=8)
    rollout = reinforce.collect(world, policy, torch.Generator().manual_seed(0))
    assert torch.equal(rollout.time_first(rollout.rows.mask), torch.cat([rollout.done[:1] | True, ~rollout.done[:-1]]))
    assert reinforce.update(policy, reinforce.make_optimizer(policy), rollout)["grad_norm"] > 0


def test_the_quiz_belongs_to_the_notebook():
    assert find_quiz("04").title == "Policy gradients"

"""PPO's measured pictures: the curves are the equations' numbers, and the truth is dynamic programming's."""

import numpy as np
import pytest
import torch

from rlcourse.algorithms import History
from rlcourse.equations import categorical_kl
from rlcourse.experiments.recipes import the_maze
from rlcourse.explorables.clipping.batch_of_ratios import RecordedUpdate, record_update
from rlcourse.explorables.clipping.ppo_pictures import (
    cases_table,
    moved,
    promise,
    sweep_picture,
    truth,
)
from rlcourse.maze import solve


@pytest.fixture(scope="module")
def recorded():
    return record_update([0.2], epochs=2, trained=2)


def test_the_promise_is_the_mean_of_ratio_times_advantage(recorded):
    by_hand = [(ratio * recorded.advantages).mean() for ratio in recorded.ratios[0]]
    np.testing.assert_allclose(promise(recorded), by_hand, rtol=1e-4, atol=1e-6)
    assert promise(recorded)[0] == pytest.approx(0, abs=1e-5), "normalised advantages have the mean 0"
    assert promise(recorded)[-1] > 0


def test_the_truth_begins_at_0_and_is_the_exact_value_of_each_policy(recorded):
    exact = truth(recorded)
    assert exact[0] == 0
    last, first = (
        solve(the_maze(), gamma=0.99, policy=recorded.policies[0, step].double().numpy()).V[the_maze().open_states]
        for step in (-1, 0)
    )
    assert exact[-1] == pytest.approx(last.mean() - first.mean(), abs=1e-4)


def test_the_kl_is_near_the_exact_one(recorded):
    """k3 over 4,096 samples, against the KL of the whole distributions, weighted by where the batch was."""
    small = RecordedUpdate(
        (0.2,),
        old_logprobs=torch.tensor([0.5, 0.5]).log(),
        advantages=torch.zeros(2),
        logprobs=torch.tensor([[[0.5, 0.5], [0.6, 0.4]]]).log(),
        policies=torch.zeros(1, 2, 0, 3),
        steps_per_epoch=1,
    )
    exact = categorical_kl(torch.tensor([0.5, 0.5]).log(), torch.tensor([0.6, 0.4]).log())
    np.testing.assert_allclose(moved(small), [0, exact], atol=1e-6)  # both actions once, as the old policy has it
    assert moved(recorded)[0] == 0
    assert moved(recorded)[-1] > 0


def test_the_sweep_draws_a_dot_for_each_seed():
    def history(kls, clipped, final):
        rows = [{"approx_kl": kl, "clip_fraction": c} for kl, c in zip(kls, clipped, strict=True)]
        return History([{"step": 0}, *rows[:-1], rows[-1] | {"reached": final}])

    runs = {
        "0.1": [history([0.01, 0.03], [0.2, 0.4], 1.0), history([0.02, 0.02], [0.1, 0.1], 2.0)],
        "none": [history([0.5, 1.5], [0.6, 0.6], -3.0)],
    }
    picture = sweep_picture(runs, metric="reached", best=2.5, limit=0.01)
    returns, kls, clipped = picture.figure.axes
    assert [list(line.get_ydata()) for line in returns.lines[:2]] == [[1.0, 2.0], [-3.0]]
    means, largest = kls.lines[0].get_ydata(), kls.lines[1].get_ydata()
    assert list(means) == pytest.approx([0.02, 0.02]) and list(largest) == pytest.approx([0.03, 0.02])
    assert list(clipped.lines[0].get_ydata()) == pytest.approx([0.3, 0.1])
    assert [label.get_text() for label in returns.get_xticklabels()] == ["0.1", "none"]
    assert "ε none: return −3.00" in picture.alt


def test_the_table_tells_what_happened_and_which_way_it_is_pushed():
    """Six cases by hand; the pushes are the signs of the slopes handed in."""
    numbers = torch.tensor([[0.5, 1.0, 1.5, 0.5, 1.0, 1.5], [1.0] * 3 + [-1.0] * 3, [0.5, 1.0, 1.2, -0.8, -1.0, -1.5]])
    ratios, advantages, objective = numbers
    slope, slope_of_clip = torch.tensor([[1.0, 1.0, 0.0, 0.0, -1.0, -1.0], [0.0, 1.0, 0.0, 0.0, -1.0, 0.0]])
    table = cases_table(ratios, advantages, objective=objective, slope=slope, slope_of_clip=slope_of_clip)
    assert [list(row) for row in table.rows] == [
        ["1", "good, A = 1", "0.5", "became less likely, by mistake", "+0.5", "**↑ likelier**", "no push"],
        ["2", "good, A = 1", "1.0", "where it was", "+1.0", "**↑ likelier**", "↑ likelier"],
        ["3", "good, A = 1", "1.5", "likelier by more than ε: enough", "+1.2", "**no push**", "no push"],
        ["4", "bad, A = −1", "0.5", "less likely by more than ε: enough", "−0.8", "**no push**", "no push"],
        ["5", "bad, A = −1", "1.0", "where it was", "−1.0", "**↓ less likely**", "↓ less likely"],
        ["6", "bad, A = −1", "1.5", "became likelier, by mistake", "−1.5", "**↓ less likely**", "no push"],
    ]

"""What a token weighs under each of the family: the pictures against formulas written out by hand."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from rlcourse.experiments import FAMILY
from rlcourse.explorables import token_shares, weights_per_token, weights_per_token_figure
from rlcourse.explorables.groups import weights_per_token as module

START = {control.name: float(control.start) for control in module.controls()}
MOVED = START | {"moved": 0.8, "rare": 2.2, "length_B": 5.0, "reward_C": 0.5, "epsilon": 0.15, "epsilon_high": 0.4}


def by_hand(name, state):
    """Minus the gradient of each member's loss by every log π, token by token, from its paper's formula."""
    group, logratio = module.group_of(state)
    lengths, rewards = group.mask.sum(1).tolist(), group.rewards
    centred, low, high = rewards - rewards.mean(), state["epsilon"], state["epsilon"]
    scored = centred / (rewards.std() + 1e-4)
    if name in ("DAPO", "CISPO"):
        high = state["epsilon_high"]
    found = torch.zeros_like(logratio)
    for i, length in enumerate(lengths):
        whole = logratio[i, :length].mean().exp()
        for t in range(length):
            ratio = whole if name == "GSPO" else logratio[i, t].exp()
            advantage = {"Dr. GRPO": centred[i], "RLOO": 4 / 3 * centred[i]}.get(name, scored[i])
            far = ratio > 1 + high if advantage > 0 else ratio < 1 - low
            weight = {"CISPO": min(ratio, 1 + high), "RLOO": 1.0}.get(name, 0.0 if far else ratio)
            share = {"GRPO": 1 / (4 * length), "GSPO": 1 / (4 * length), "DAPO": 1 / sum(lengths)}
            share |= {"CISPO": 1 / sum(lengths), "Dr. GRPO": 1 / (4 * 16), "RLOO": 1 / (4 * 16)}
            found[i, t] = share[name] * weight * advantage
    return found


@pytest.mark.parametrize("state", [START, MOVED], ids=["fresh", "moved"])
@pytest.mark.parametrize("name", FAMILY)
def test_the_weights_are_those_of_the_papers_formulas(name, state):
    found = module.pushes(name, state)
    assert_close(found, by_hand(name, state), rtol=1e-5, atol=1e-8)
    if name in ("CISPO", "RLOO"):
        judged = module.group_of(state)[0]
        meant = judged.mask & ((judged.rewards - judged.rewards.mean()).abs() > 1e-9)[:, None]
        assert (found[meant] != 0).all()  # these two drop nothing


def shares(state):
    return {name: share.numpy() for name, share in token_shares(**state).items()}


def test_fresh_answers_of_one_group_make_two_pictures():
    """With 1/|o| and without. What the six do to the ratio shows when the policy has moved."""
    fresh = shares(START)
    for name, like in (("GSPO", "GRPO"), ("CISPO", "DAPO"), ("Dr. GRPO", "DAPO"), ("RLOO", "DAPO")):
        np.testing.assert_allclose(fresh[name], fresh[like], rtol=1e-6, atol=1e-9)
    assert not np.allclose(fresh["GRPO"], fresh["DAPO"], atol=1)
    moved = list(shares(MOVED).values())
    assert all(not np.allclose(one, other, atol=0.1) for i, one in enumerate(moved) for other in moved[:i])


def test_what_is_drawn_and_said():
    plot = module.weights_per_token_plot(MOVED)
    share, up = (plot.arrays[f"GRPO_{what}"].values for what in ("share", "up"))
    assert np.abs(share).sum() == pytest.approx(100)
    np.testing.assert_allclose(up, np.clip(share, 0, module.REACH))
    group, _ = module.group_of(MOVED)
    dropped = int((group.mask & (by_hand("GRPO", MOVED) == 0)).sum())
    assert np.isfinite(plot.arrays["GRPO_cross"].values).sum() == dropped > 0
    said = plot.fill(plot.readouts[0], MOVED)
    assert f"GRPO {dropped}, Dr. GRPO" in said and "CISPO 0, RLOO 0." in said
    times = share.reshape(4, -1)
    a, d = np.abs(times[0]).sum() / 3, np.abs(times[3]).sum() / 10
    assert f"GRPO {a / d:.1f}," in plot.fill(plot.readouts[1], MOVED)


def test_nothing_is_not_said_to_be_a_number():
    """Where D weighs nothing, A weighs no number of times as much."""
    moved = START | {"moved": 1.0}
    weights = module.pushes("GSPO", moved).abs().sum(1)
    assert weights[0] > 0 and weights[3] == 0  # the whole of D has left the band
    plot = module.weights_per_token_plot(moved)
    said = plot.fill(plot.readouts[1], moved)
    assert "GSPO ∞," in said and "GRPO ∞," not in said
    alike = START | {f"reward_{name}": 0.5 for name in "ABCD"}
    plot = module.weights_per_token_plot(alike)
    assert plot.fill(plot.readouts[1], alike).endswith("GRPO –, Dr. GRPO –, DAPO –, GSPO –, CISPO –, RLOO –.")


def test_a_group_that_is_paid_alike_weighs_nothing():
    alike = START | {f"reward_{name}": 0.5 for name in "ABCD"}
    plot = module.weights_per_token_plot(alike)
    assert "no token weighs anything" in plot.fill(plot.readouts[0], alike)
    assert not any(plot.arrays[f"{module._key(name)}_share"].values.any() for name in FAMILY)


def test_the_kernel_answers():
    view = weights_per_token().view
    before = view.plot.arrays["GRPO_share"].values
    view.length_A = 10.0
    assert not np.allclose(view.plot.arrays["GRPO_share"].values, before)


def test_the_figure_and_its_arguments():
    assert len(weights_per_token_figure(moved=0.6).axes) == 8
    with pytest.raises(ValueError, match=r"length_A must be .*, got 1"):
        weights_per_token_figure(length_A=1)

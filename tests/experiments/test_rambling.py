"""Where length is all that there is to choose: GRPO's length bias as a formula, as a gradient, and over seeds."""

import numpy as np
import pytest
import torch

from rlcourse.algorithms import GRPO, Episodes, GRPOConfig
from rlcourse.experiments import rambling_lengths, rambling_training
from rlcourse.experiments.rambling import ROOM, STOPPING, CoinWorld, Rambler


@pytest.mark.parametrize(("loss_type", "biased"), [("grpo", True), ("dr_grpo", False)])
def test_the_push_on_the_stopping_logit_of_wrong_answers(loss_type, biased):
    """Over all lengths that there are, with their chances: Â·(E[1/|o|] − p) where each answer has one say, 0 else."""
    lengths = torch.arange(1, ROOM + 1)
    going_on = (1 - STOPPING) ** (lengths - 1.0)
    chances = torch.where(lengths < ROOM, going_on * STOPPING, going_on)
    policy, total = Rambler(), torch.zeros(2, 2)
    constant = {"max_completion_length": ROOM} if loss_type == "dr_grpo" else {}
    fixed = GRPO(
        GRPOConfig(loss_type=loss_type, num_generations=2, max_grad_norm=1e9, **constant),
        advantage_fn=lambda rewards: torch.tensor([[-1.0, 0.0]]),
    )
    for length, chance in zip(lengths, chances, strict=True):
        mask = torch.arange(ROOM).expand(2, -1) < length
        actions = ((torch.arange(ROOM) == length - 1) & (length < ROOM)).long().expand(2, -1)
        both = {"right": torch.tensor([False, False])}
        empty = Episodes(both, actions, mask, torch.zeros(2, ROOM), torch.tensor([0.0, 1.0]), 2)
        logprobs = torch.where(mask, policy.logprobs(empty).detach(), 0.0)
        pair = Episodes(both, actions, mask, logprobs, torch.tensor([0.0, 1.0]), 2)
        fixed.update(policy, torch.optim.SGD(policy.parameters(), lr=0.0), pair)
        total -= chance * policy.logits.grad
    inverse, mean = (chances / lengths).sum(), (chances * lengths).sum()
    stops = chances[:-1].sum()
    found = total[0, 1].item() * 2  # of two answers, one has a say
    if biased:  # each answer's share of stops among its tokens, against p
        share = (chances[:-1] / lengths[:-1]).sum()
        assert found == pytest.approx(-(share - STOPPING).item(), rel=1e-4) and found < -0.1
        assert inverse > STOPPING
    else:
        assert found == pytest.approx(-(stops - STOPPING * mean).item() / ROOM, abs=1e-4) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_wrong_answers_grow_and_right_ones_shrink_under_grpo_and_under_no_other(seed):
    ends = {}
    for name in ("GRPO", "DAPO", "Dr. GRPO"):
        run = rambling_training(name, seed)
        run.run(60, progress=False)
        ends[name] = rambling_lengths(run.policy)
    start = rambling_lengths(Rambler())["wrong"]
    assert ends["GRPO"]["wrong"] > 1.5 * start and ends["GRPO"]["right"] < 0.6 * start
    for name in ("DAPO", "Dr. GRPO"):
        assert 0.6 * start < min(ends[name].values()) and max(ends[name].values()) < 1.5 * start


def test_the_exact_mean_length_is_that_of_many_answers():
    policy, generator = Rambler(), torch.Generator().manual_seed(0)
    how = {"num_generations": 2, "temperature": 1.0, "generator": generator}
    episodes = CoinWorld(groups=20_000).sample_groups(policy, **how)
    drawn = episodes.mask.sum(1).float()
    assert drawn.mean().item() == pytest.approx(rambling_lengths(policy)["wrong"], rel=0.02)
    stopped = (episodes.actions * episodes.mask).any(1)
    assert torch.equal(~stopped, episodes.truncated) and (drawn[episodes.truncated] == ROOM).all()
    np.testing.assert_allclose(episodes.old_logprobs[episodes.mask], policy.logprobs(episodes)[episodes.mask].detach())

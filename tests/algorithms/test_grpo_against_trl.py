"""TRL's GRPO as an oracle for the whole update: a private method of a pinned version, on a stand-in for its trainer.

Both are given the same completions, with new, old and reference log-probabilities far enough apart that clipping
happens on both sides. Loss, gradient and gauges agree for each `loss_type`, `scale_rewards`, level of the ratio and
kind of KL term, for the entropy bonus, and where truncated completions are masked.
"""

from collections import defaultdict
from types import SimpleNamespace

import pytest
import torch
from torch.testing import assert_close

from rlcourse.algorithms import GRPO, Episodes, GRPOConfig
from rlcourse.equations import aggregate, categorical_entropy, cispo, clip_fraction, group_advantages, kl_k3
from tests.equations.strategies import normal

ROWS, STEPS, CHOICES, MAX_LENGTH, GROUP = 6, 7, 4, 10, 3
MASK = torch.arange(STEPS) < torch.tensor([7, 1, 3, 7, 2, 5])[:, None]
ACTIONS = torch.randint(CHOICES, (ROWS, STEPS), generator=torch.Generator().manual_seed(0))
REWARDS = normal(ROWS, seed=2)
TRUNCATED = torch.tensor([True, False, False, False, True, False])


class Written(torch.nn.Module):
    """A policy that knows these completions only: logits of its own for each place in each of them."""

    def __init__(self, seed, scale=0.4):
        super().__init__()
        self.table = torch.nn.Parameter(normal(ROWS, STEPS, CHOICES, seed=1))
        with torch.no_grad():
            self.table += scale * normal(ROWS, STEPS, CHOICES, seed=seed)

    def logits(self, episodes, *, temperature=1.0):
        return self.table[episodes.observations["row"]] / temperature

    def logprobs(self, episodes, *, temperature=1.0):
        chances = self.logits(episodes, temperature=temperature).log_softmax(-1)
        return chances.gather(-1, episodes.actions[..., None])[..., 0]


@pytest.fixture(scope="module")
def grpo_trainer():
    return pytest.importorskip("trl.trainer.grpo_trainer").GRPOTrainer


@pytest.fixture
def policy():
    return Written(seed=3)


REFERENCE = Written(seed=5)


def batch():
    """The completions, as a policy in between has written them."""
    rows = {"row": torch.arange(ROWS)}
    whole = Episodes(rows, ACTIONS, MASK, torch.zeros(ROWS, STEPS).double(), REWARDS, GROUP, TRUNCATED)
    old = torch.where(MASK, Written(seed=4).logprobs(whole).detach(), 0.0)
    return Episodes(rows, ACTIONS, MASK, old, REWARDS, GROUP, TRUNCATED)


def ours(policy, *, loss_type, **settings):
    """The loss of one update and its gradient; TRL's "cispo" is our "dapo" with another objective."""
    functions = {}
    if loss_type == "cispo":  # whose `epsilon_high` is the bound itself in TRL, and which has no other
        functions, loss_type = {"objective": cispo}, "dapo"
        settings |= {"epsilon": 1.0, "epsilon_high": 0.28}
    else:
        settings |= {"epsilon": 0.2, "epsilon_high": 0.28}
    if loss_type == "dr_grpo":
        settings |= {"max_completion_length": MAX_LENGTH}
    config = GRPOConfig(loss_type=loss_type, num_generations=GROUP, max_grad_norm=float("inf"), **settings)
    grpo = GRPO(config, reference=REFERENCE, **functions)
    losses, loss = [], grpo.loss
    grpo.loss = lambda *given: losses.append(loss(*given)) or losses[-1]
    measured = grpo.update(policy, torch.optim.SGD(policy.parameters(), lr=0.0), batch())
    return losses[0][0].detach(), policy.table.grad.clone(), measured


def theirs(trainer_class, policy, *, loss_type, scale_rewards="group", mask_truncated_completions=False, **settings):
    """The same by `_compute_loss`, with what it reads of its trainer and where it writes metrics."""
    episodes = batch()
    level, beta = settings.get("importance_sampling_level", "token"), settings.get("beta", 0.0)
    entropy_coef = settings.get("entropy_coef", 0.0)
    logits = policy.logits(episodes)
    both = (policy.logprobs(episodes), categorical_entropy(logits), None)
    mask = MASK & ~TRUNCATED[:, None] if mask_truncated_completions else MASK
    stub = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: both,
        loss_type=loss_type,
        beta=beta,
        importance_sampling_level=level,
        epsilon_low=0.2,
        epsilon_high=1.28 if loss_type == "cispo" else 0.28,
        max_completion_length=MAX_LENGTH,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        aux_loss_enabled=False,
        use_vllm=False,
        _entropy_bonus_enabled=entropy_coef > 0,
        entropy_coef=entropy_coef,
        use_adaptive_entropy=False,
        current_gradient_accumulation_steps=1,
        args=SimpleNamespace(
            use_bias_correction_kl=settings.get("use_bias_correction_kl", False), delta=None, steps_per_generation=1
        ),
        model=SimpleNamespace(training=True),
        accelerator=SimpleNamespace(
            num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x, sync_gradients=True
        ),
        _metrics={"train": defaultdict(list)},
    )
    prompt = torch.zeros(ROWS, 1, dtype=torch.long)
    inputs = {
        "prompt_ids": prompt,
        "prompt_mask": prompt,
        "completion_ids": ACTIONS,
        "completion_mask": mask.long(),
        "advantages": their_advantages(scale_rewards),
        "old_per_token_logps": episodes.old_logprobs,
        "ref_per_token_logps": REFERENCE.logprobs(episodes).detach(),
        "num_items_in_batch": mask.sum(),
    }
    loss = trainer_class._compute_loss(stub, None, inputs)
    metrics = {name: values[0] for name, values in stub._metrics["train"].items()}
    return loss.detach(), torch.autograd.grad(loss, policy.table)[0], metrics


def their_advantages(scale_rewards):
    """TRL computes them in the midst of a long method; its standard deviation is a function of its own."""
    from trl.trainer.utils import nanstd

    centred = REWARDS - REWARDS.reshape(-1, GROUP).mean(1).repeat_interleave(GROUP)
    if scale_rewards == "none":
        return centred
    grouped = nanstd(REWARDS.reshape(-1, GROUP), dim=1).repeat_interleave(GROUP)
    return centred / ((grouped if scale_rewards == "group" else nanstd(REWARDS)) + 1e-4)


LOSSES = ("grpo", "dapo", "dr_grpo", "cispo")
KL = {
    "no KL": {},
    "KL": {"beta": 0.1},
    "KL times the ratio": {"beta": 0.1, "use_bias_correction_kl": True},
}


@pytest.mark.parametrize("kl", KL)
@pytest.mark.parametrize("level", ["token", "sequence"])
@pytest.mark.parametrize("scale_rewards", ["group", "batch", "none"])
@pytest.mark.parametrize("loss_type", LOSSES)
def test_loss_and_gradient(grpo_trainer, policy, loss_type, scale_rewards, level, kl):
    settings = {"scale_rewards": scale_rewards, "importance_sampling_level": level, **KL[kl]}
    loss, gradient, measured = ours(policy, loss_type=loss_type, **settings)
    expected, wanted, metrics = theirs(grpo_trainer, policy, loss_type=loss_type, **settings)
    assert gradient.abs().max() > 1e-3
    assert_close(loss, expected, rtol=1e-5, atol=1e-7)
    assert_close(gradient, wanted, rtol=1e-5, atol=1e-7)
    if kl == "KL":  # what is measured is the divergence itself; TRL's, times the ratio where that is on
        assert measured["kl"] == pytest.approx(metrics["kl"], rel=1e-6)


@pytest.mark.parametrize("settings", [{"entropy_coef": 0.3}, {"mask_truncated_completions": True}])
@pytest.mark.parametrize("beta", [0.0, 0.1])
@pytest.mark.parametrize("loss_type", LOSSES)
@pytest.mark.filterwarnings("ignore:.*NaN.*")
def test_a_bonus_for_entropy_and_masked_completions(grpo_trainer, policy, loss_type, beta, settings):
    loss, gradient, _ = ours(policy, loss_type=loss_type, beta=beta, **settings)
    expected, wanted, _ = theirs(grpo_trainer, policy, loss_type=loss_type, beta=beta, **settings)
    assert_close(loss, expected, rtol=1e-5, atol=1e-7)
    assert_close(gradient, wanted, rtol=1e-5, atol=1e-7)
    without, _, _ = ours(policy, loss_type=loss_type, beta=beta)
    assert (loss - without).abs() > 1e-4


def test_the_gauges(grpo_trainer, policy):
    """TRL counts a ratio as clipped only where the clip has taken its gradient, so the signs are taken apart."""
    *_, metrics = theirs(grpo_trainer, policy, loss_type="grpo", beta=0.1)
    episodes = batch()
    advantages = group_advantages(episodes.grouped_rewards).reshape(-1, 1)
    positive, negative = MASK & (advantages > 0), MASK & (advantages < 0)
    logprobs = policy.logprobs(episodes).detach(), episodes.old_logprobs
    high = clip_fraction(*logprobs, clip_low=0.999, clip_high=0.28, mask=positive) * positive.sum()
    low = clip_fraction(*logprobs, clip_low=0.2, clip_high=1e9, mask=negative) * negative.sum()
    assert metrics["clip_ratio/high_mean"] == pytest.approx((high / MASK.sum()).item(), rel=1e-6)
    assert metrics["clip_ratio/low_mean"] == pytest.approx((low / MASK.sum()).item(), rel=1e-6)
    assert min(high, low) > 0
    kl = aggregate(kl_k3(logprobs[0], REFERENCE.logprobs(episodes).detach()), MASK, mode="token-mean")
    assert metrics["kl"] == pytest.approx(kl.item())

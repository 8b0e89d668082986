"""TRL's GRPO loss as an oracle: a private method of a pinned version, called on a stand-in for its trainer."""

from collections import defaultdict
from types import SimpleNamespace

import pytest
import torch
from torch.testing import assert_close

from rlcourse.equations import aggregate, clip_fraction, clipped_surrogate, group_advantages, kl_k3

from .strategies import normal

ROWS, STEPS, MAX_LENGTH = 6, 7, 10
MODES = {"grpo": "sequence-mean", "dapo": "token-mean", "dr_grpo": "constant"}


@pytest.fixture(scope="module")
def grpo_trainer():
    return pytest.importorskip("trl.trainer.grpo_trainer").GRPOTrainer


@pytest.fixture
def batch():
    """Log-probabilities far enough apart that clipping happens on both sides; answers of one to seven tokens."""
    logprobs, old_logprobs, ref_logprobs = normal(3, ROWS, STEPS, seed=1, scale=0.4).unbind()
    lengths = torch.tensor([7, 1, 3, 7, 2, 5])
    return SimpleNamespace(
        logprobs=(logprobs - 2).requires_grad_(),
        old_logprobs=old_logprobs - 2,
        ref_logprobs=ref_logprobs - 2,
        mask=torch.arange(STEPS) < lengths[:, None],
        advantages=group_advantages(normal(2, ROWS // 2, seed=2)).reshape(ROWS, 1),
    )


def stand_in(batch, *, loss_type, beta, level):
    """What `_compute_loss` reads of its trainer, in the configuration of plain GRPO, and where it writes metrics."""
    return SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (batch.logprobs, torch.zeros(ROWS, STEPS), None),
        loss_type=loss_type,
        beta=beta,
        importance_sampling_level=level,
        epsilon_low=0.2,
        epsilon_high=0.28,
        max_completion_length=MAX_LENGTH,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        aux_loss_enabled=False,
        use_vllm=False,
        _entropy_bonus_enabled=False,
        current_gradient_accumulation_steps=1,
        args=SimpleNamespace(use_bias_correction_kl=False, delta=None, steps_per_generation=1),
        model=SimpleNamespace(training=True),
        accelerator=SimpleNamespace(num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x),
        _metrics={"train": defaultdict(list)},
    )


def trl_loss(trainer_class, stub, batch):
    tokens, prompt = torch.zeros(ROWS, STEPS, dtype=torch.long), torch.zeros(ROWS, 1, dtype=torch.long)
    inputs = {
        "prompt_ids": prompt,
        "prompt_mask": prompt,
        "completion_ids": tokens,
        "completion_mask": batch.mask.long(),
        "advantages": batch.advantages[:, 0],
        "old_per_token_logps": batch.old_logprobs,
        "ref_per_token_logps": batch.ref_logprobs,
        "num_items_in_batch": batch.mask.sum(),
    }
    return trainer_class._compute_loss(stub, None, inputs)


def our_loss(batch, *, loss_type, beta, level):
    logprobs, old_logprobs = batch.logprobs, batch.old_logprobs
    if level == "sequence":
        logratio = ((logprobs - old_logprobs) * batch.mask).sum(dim=1, keepdim=True) / batch.mask.sum(1, keepdim=True)
        logprobs, old_logprobs = logratio, torch.zeros_like(logratio)
    objective = clipped_surrogate(logprobs, old_logprobs, batch.advantages, clip_low=0.2, clip_high=0.28)
    per_token = objective - beta * kl_k3(batch.logprobs, batch.ref_logprobs)  # [B, T], of [B, 1] if by sequence
    return -aggregate(per_token, batch.mask, mode=MODES[loss_type], max_length=MAX_LENGTH)


@pytest.mark.parametrize("loss_type", MODES)
@pytest.mark.parametrize("beta", [0.0, 0.1])
@pytest.mark.parametrize("level", ["token", "sequence"])
def test_the_loss_and_its_gradient(grpo_trainer, batch, loss_type, beta, level):
    options = {"loss_type": loss_type, "beta": beta, "level": level}
    theirs = trl_loss(grpo_trainer, stand_in(batch, **options), batch)
    ours = our_loss(batch, **options)
    assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    gradients = [torch.autograd.grad(loss, batch.logprobs)[0] for loss in (ours, theirs)]
    assert gradients[0].abs().max() > 1e-3
    assert_close(*gradients, rtol=1e-12, atol=1e-12)


def test_the_metrics(grpo_trainer, batch):
    """TRL counts a ratio as clipped only where the clip has taken its gradient, so the signs are taken apart."""
    stub = stand_in(batch, loss_type="grpo", beta=0.1, level="token")
    trl_loss(grpo_trainer, stub, batch)
    metrics = {name: values[0] for name, values in stub._metrics["train"].items()}
    positive, negative = batch.mask & (batch.advantages > 0), batch.mask & (batch.advantages < 0)
    logprobs = batch.logprobs.detach(), batch.old_logprobs
    high = clip_fraction(*logprobs, clip_low=0.999, clip_high=0.28, mask=positive) * positive.sum()
    low = clip_fraction(*logprobs, clip_low=0.2, clip_high=1e9, mask=negative) * negative.sum()
    assert metrics["clip_ratio/high_mean"] == pytest.approx((high / batch.mask.sum()).item(), rel=1e-6)
    assert metrics["clip_ratio/low_mean"] == pytest.approx((low / batch.mask.sum()).item(), rel=1e-6)
    assert min(high, low) > 0
    kl = aggregate(kl_k3(logprobs[0], batch.ref_logprobs), batch.mask, mode="token-mean")
    assert metrics["kl"] == pytest.approx(kl.item())


@pytest.mark.parametrize("dim", [1, None], ids=["group", "batch"])
def test_the_standard_deviation_of_rewards(grpo_trainer, dim):
    """TRL computes advantages in the midst of a long method; its standard deviation is a function of its own."""
    utils = pytest.importorskip("trl.trainer.utils")
    rewards = normal(3, 5, seed=3)
    std = utils.nanstd(rewards, dim=dim) if dim else utils.nanstd(rewards)
    std = std[:, None] if dim else std
    expected = (rewards - rewards.mean(dim=1, keepdim=True)) / (std + 1e-4)
    assert_close(group_advantages(rewards, scale="group" if dim else "batch"), expected)

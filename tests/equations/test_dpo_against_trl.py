"""TRL's DPO loss as an oracle: a private method of a pinned version, called on a stand-in for its trainer."""

from collections import defaultdict
from types import SimpleNamespace

import pytest
import torch
from torch.testing import assert_close

from rlcourse.equations import dpo_loss

from .strategies import normal

PAIRS, STEPS, PROMPT = 4, 9, 3


def stand_in(beta, ref_sums):
    """What `_compute_loss` reads of its trainer in the configuration of plain DPO, and where it writes metrics."""
    same = lambda x: x  # noqa: E731
    return SimpleNamespace(
        model=SimpleNamespace(training=False),
        accelerator=SimpleNamespace(device="cpu", gather=same, gather_for_metrics=same),
        aux_loss_enabled=False,
        ld_alpha=None,
        precompute_ref_logps=True,
        f_divergence_type="reverse_kl",
        loss_types=["sigmoid"],
        loss_weights=[1.0],
        use_weighting=False,
        label_smoothing=0.0,
        beta=beta,
        _total_train_tokens=0,
        _metrics={"eval": defaultdict(list)},
    )


@pytest.mark.parametrize("beta", [0.1, 0.7])
def test_loss_and_gradient_are_trls(beta):
    trainer = pytest.importorskip("trl.trainer.dpo_trainer").DPOTrainer
    lengths = torch.tensor([3, 6, 1, 4, 5, 2, 6, 3])  # of the chosen answers, then of the rejected ones
    places = torch.arange(STEPS)
    completion_mask = (places >= PROMPT) & (places < PROMPT + lengths[:, None])
    logprobs = (normal(2 * PAIRS, STEPS - 1, seed=3) - 2).requires_grad_()
    sums = torch.where(completion_mask[:, 1:], logprobs, 0.0)
    ref_sums = normal(2, PAIRS, seed=4).unbind()
    outputs = SimpleNamespace(log_probs=sums, entropy=sums, mean_logits=sums, is_top1=completion_mask[:, 1:])
    inputs = {
        "input_ids": torch.zeros(2 * PAIRS, STEPS, dtype=torch.long),
        "attention_mask": torch.ones(2 * PAIRS, STEPS, dtype=torch.long),
        "completion_mask": completion_mask.long(),
        "ref_chosen_logps": ref_sums[0],
        "ref_rejected_logps": ref_sums[1],
    }
    theirs = trainer._compute_loss(stand_in(beta, ref_sums), lambda **_: outputs, inputs, False)
    ours = dpo_loss(*sums.sum(1).chunk(2), *ref_sums, beta=beta)
    assert_close(ours, theirs)
    gradients = [torch.autograd.grad(loss, logprobs, retain_graph=True)[0] for loss in (ours, theirs)]
    assert_close(*gradients)

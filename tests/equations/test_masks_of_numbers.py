"""A mask may hold 0 and 1 in place of False and True, as most trainers keep them; the result is the same."""

import pytest
import torch

from rlcourse import equations as eq


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.uint8])
def test_numbers_mask_as_booleans_do(dtype):
    generator = torch.Generator().manual_seed(0)
    x, y, z = (torch.randn(5, 3, generator=generator) for _ in range(3))
    mask, ends = torch.rand(5, 3, generator=generator) > 0.4, torch.rand(5, 3, generator=generator) > 0.6
    clip = {"clip_low": 0.2, "clip_high": 0.2}
    calls = [
        lambda m, _: eq.token_weights(m, mode="sequence-mean"),
        lambda m, _: eq.aggregate(x, m, mode="token-mean"),
        lambda m, _: eq.value_loss(x, y, m),
        lambda m, _: eq.clip_fraction(x, y, mask=m, **clip),
        lambda m, _: eq.shifted_next_token_loss(torch.stack([x, y, z, x], 2), torch.ones(5, 3).long(), m),
        lambda m, _: torch.stack(eq.ppo_gauges(x, y, m, clip_range=0.2)),
        lambda m, _: eq.ratio_gap(x, y, m),
        lambda m, _: eq.score_at_the_last_token(x, torch.cat([m.new_ones(5, 1), m[:, 1:]], dim=1)),
        lambda _, e: eq.discounted_returns(x, e, gamma=0.9),
        lambda m, e: eq.gae(x, y, z, m * e, e, gamma=0.9, gae_lambda=0.8),
    ]
    for call in calls:
        assert torch.equal(call(mask.to(dtype), ends.to(dtype)), call(mask, ends))

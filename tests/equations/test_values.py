import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import explained_variance, value_loss

from .strategies import normal, quick, random_mask, seeds

NAN, INF = float("nan"), float("inf")


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


class TestValueLoss:
    def test_is_half_the_mean_squared_error(self):
        assert value_loss(numbers(1, 2, 3), numbers(3, 2, 0)).item() == pytest.approx(0.5 * (4 + 0 + 9) / 3)

    @pytest.mark.parametrize(
        ("value", "loss", "slope"),
        [
            (1.1, 0.5 * 0.9**2, -0.9),  # moved by 0.1: inside
            (1.5, 0.5 * 0.8**2, 0.0),  # moved by 0.5 towards the return: pays for 1.2, and no more gradient
            (0.5, 0.5 * 1.5**2, -1.5),  # moved away: pays in full
            (4.0, 0.5 * 2.0**2, 2.0),  # moved through and beyond: pays in full
        ],
    )
    def test_clipping_by_hand(self, value, loss, slope):
        """From V_old = 1 towards a return of 2, with ε = 0.2."""
        values = numbers(value).requires_grad_()
        clipped = value_loss(values, numbers(2), old_values=numbers(1), clip_range=0.2)
        clipped.backward()
        assert clipped.item() == pytest.approx(loss)
        assert values.grad.item() == pytest.approx(slope)

    @quick
    @given(seeds, st.floats(0, 3))
    def test_clipping_as_in_cleanrl(self, seed, clip_range):
        values, returns, old_values = normal(3, 4, 5, seed=seed).unbind()
        unclipped = (values - returns) ** 2
        clipped = (old_values + torch.clamp(values - old_values, -clip_range, clip_range) - returns) ** 2
        expected = 0.5 * torch.max(unclipped, clipped).mean()
        assert_close(value_loss(values, returns, old_values=old_values, clip_range=clip_range), expected)

    @quick
    @given(seeds)
    def test_counts_only_what_the_mask_shows(self, seed):
        values, returns, old_values = normal(3, 4, 5, seed=seed).unbind()
        mask = random_mask(4, 5, seed=seed)
        mask[0, 0] = True
        assert_close(value_loss(values, returns, mask), value_loss(values[mask], returns[mask]))
        clipped = value_loss(values, returns, mask, old_values=old_values, clip_range=0.2)
        shown = value_loss(values[mask], returns[mask], old_values=old_values[mask], clip_range=0.2)
        assert_close(clipped, shown)

    @pytest.mark.parametrize("garbage", [NAN, INF, 1e30])
    def test_garbage_behind_the_mask_changes_neither_value_nor_gradient(self, garbage):
        mask = random_mask(4, 5, seed=1)
        clean = normal(3, 4, 5, seed=2).unbind()

        def loss_and_gradient(values, returns, old_values):
            values = values.clone().requires_grad_()
            loss = value_loss(values, returns, mask, old_values=old_values, clip_range=0.5)
            return loss.detach(), torch.autograd.grad(loss, values)[0]

        expected = loss_and_gradient(*clean)
        for dirty in range(3):
            tensors = [torch.where(mask, t, garbage) if i == dirty else t for i, t in enumerate(clean)]
            assert_close(loss_and_gradient(*tensors), expected, rtol=0, atol=0)

    def test_no_state_at_all_gives_0(self):
        assert value_loss(numbers(1, NAN), numbers(2, 2), torch.tensor([False, False])).item() == 0

    def test_gradients(self):
        values, returns, old_values = (t.clone().requires_grad_() for t in normal(3, 4, 5, seed=3).unbind())
        assert torch.autograd.gradcheck(value_loss, (values, returns))
        mask = random_mask(4, 5, seed=4)
        assert torch.autograd.gradcheck(
            lambda v, r, o: value_loss(v, r, mask, old_values=o, clip_range=0.5), (values, returns, old_values)
        )


class TestExplainedVariance:
    def test_its_landmarks(self):
        returns = numbers(1, 2, 3, 6)
        assert explained_variance(returns, returns).item() == 1
        assert explained_variance(returns + 5, returns).item() == pytest.approx(1)
        assert explained_variance(torch.zeros(4, dtype=torch.float64), returns).item() == 0
        assert explained_variance(-returns, returns).item() == pytest.approx(-3)
        assert explained_variance(0.5 * returns, returns).item() == pytest.approx(0.75)

    @pytest.mark.parametrize("returns", [numbers(0.1, 0.1, 0.1), torch.full((7,), 0.1), numbers(2)])
    def test_nothing_to_explain(self, returns):
        assert math.isnan(explained_variance(normal(len(returns), seed=1), returns).item())

    def test_which_is_which(self):
        values, returns = numbers(1, 2, 3), numbers(1, 5, 3)
        errors = torch.var(returns - values, correction=0)
        assert_close(explained_variance(values, returns), 1 - errors / returns.var(correction=0))

    def test_agrees_with_stable_baselines3(self):
        utils = pytest.importorskip("stable_baselines3.common.utils")
        values, returns = normal(2, 30, seed=5).unbind()
        assert explained_variance(values, returns).item() == pytest.approx(
            utils.explained_variance(values.numpy(), returns.numpy())
        )

    def test_has_no_gradient(self):
        values, returns = normal(3, seed=6).requires_grad_(), normal(3, seed=7).requires_grad_()
        assert not explained_variance(values, returns).requires_grad

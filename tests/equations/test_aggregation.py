import inspect

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import aggregate, group_advantages, grpo_loss, mean_logprobs, token_weights

from .strategies import normal, quick, random_mask, seeds

NAN, INF = float("nan"), float("inf")
MODES = ["sequence-mean", "token-mean", "constant"]
every_mode = pytest.mark.parametrize("mode", MODES)

MASK = torch.tensor([[True, True, True, True], [True, False, False, False]])


def batches():
    """A batch of per-token numbers with its mask."""
    return st.builds(
        lambda rows, steps, seed: (normal(rows, steps, seed=seed), random_mask(rows, steps, seed=seed + 1)),
        st.integers(1, 6),
        st.integers(1, 7),
        seeds,
    )


class TestTokenWeights:
    @pytest.mark.parametrize(
        ("mode", "long_answer", "short_answer"),
        [("sequence-mean", 1 / 8, 1 / 2), ("token-mean", 1 / 5, 1 / 5), ("constant", 1 / 20, 1 / 20)],
    )
    def test_by_hand(self, mode, long_answer, short_answer):
        """One answer of four tokens, one of a single token, and room for ten."""
        expected = torch.tensor([[long_answer] * 4, [short_answer, 0, 0, 0]])
        assert_close(token_weights(MASK, mode=mode, max_length=10), expected)

    @quick
    @given(batches(), st.sampled_from(MODES))
    def test_are_what_aggregate_weighs_by(self, batch, mode):
        per_token, mask = batch
        weights = token_weights(mask, mode=mode, max_length=9, dtype=torch.float64)
        expected = (torch.where(mask, per_token, 0) * weights).sum()
        assert_close(aggregate(per_token, mask, mode=mode, max_length=9), expected, rtol=1e-12, atol=1e-12)

    def test_dtype(self):
        assert token_weights(MASK, mode="token-mean").dtype == torch.get_default_dtype()
        assert token_weights(MASK, mode="token-mean", dtype=torch.float64).dtype == torch.float64


class TestAggregate:
    def test_by_its_definitions(self):
        per_token = torch.tensor([[1.0, 2.0, 3.0, 6.0], [10.0, NAN, NAN, NAN]])
        assert aggregate(per_token, MASK, mode="sequence-mean").item() == pytest.approx((3 + 10) / 2)
        assert aggregate(per_token, MASK, mode="token-mean").item() == pytest.approx(22 / 5)
        assert aggregate(per_token, MASK, mode="constant", max_length=4).item() == pytest.approx(22 / 8)

    @every_mode
    @pytest.mark.parametrize("garbage", [NAN, INF, -INF, 1e30])
    def test_garbage_behind_the_mask_changes_neither_value_nor_gradient(self, mode, garbage):
        mask = random_mask(4, 6, seed=1)
        clean = normal(4, 6, seed=2).requires_grad_()
        dirty = torch.where(mask, clean.detach(), garbage).requires_grad_()
        values = [aggregate(tensor, mask, mode=mode, max_length=6) for tensor in (clean, dirty)]
        assert torch.equal(*values)
        gradients = [torch.autograd.grad(v, t)[0] for v, t in zip(values, (clean, dirty), strict=True)]
        assert torch.equal(*gradients)
        assert (gradients[0][~mask] == 0).all()

    @quick
    @given(batches(), st.data())
    def test_token_mean_does_not_depend_on_how_a_batch_is_split(self, batch, data):
        """Parts weighed by their tokens. The mean of the parts' sequence means is another number."""
        per_token, mask = batch
        cut = data.draw(st.integers(0, len(mask)))
        parts = [(p, m) for p, m in zip(per_token.tensor_split([cut]), mask.tensor_split([cut]), strict=True) if len(m)]
        whole = aggregate(per_token, mask, mode="token-mean")
        tokens = mask.sum().clamp(min=1)
        assert_close(sum(aggregate(p, m, mode="token-mean") * m.sum() / tokens for p, m in parts), whole)

    @quick
    @given(batches(), st.sampled_from(MODES))
    def test_weights_of_the_whole_batch_can_be_used_in_pieces(self, batch, mode):
        """Eight micro-batches of one give what one batch of eight gives."""
        per_token, mask = batch
        weights = token_weights(mask, mode=mode, max_length=9, dtype=torch.float64)
        pieces = [(row * weight).sum() for row, weight in zip(per_token, weights, strict=True)]
        assert_close(sum(pieces), aggregate(per_token, mask, mode=mode, max_length=9))

    @quick
    @given(batches(), st.sampled_from(MODES), st.integers(1, 4))
    def test_more_padding_changes_nothing(self, batch, mode, columns):
        per_token, mask = batch
        padding = torch.full((len(mask), columns), NAN, dtype=torch.float64)
        padded = torch.cat([per_token, padding], dim=1), torch.cat([mask, torch.zeros_like(padding).bool()], dim=1)
        assert_close(aggregate(*padded, mode=mode, max_length=12), aggregate(per_token, mask, mode=mode, max_length=12))

    @quick
    @given(batches(), st.sampled_from(MODES))
    def test_a_batch_twice_over_is_the_same_batch(self, batch, mode):
        per_token, mask = batch
        twice = torch.cat([per_token, per_token]), torch.cat([mask, mask])
        once = aggregate(per_token, mask, mode=mode, max_length=9)
        assert_close(aggregate(*twice, mode=mode, max_length=9), once)

    def test_an_empty_sequence_contributes_0_and_stays_in_the_count(self):
        per_token, mask = torch.tensor([[2.0, 4.0], [NAN, NAN]]), torch.tensor([[True, True], [False, False]])
        assert aggregate(per_token, mask, mode="sequence-mean").item() == pytest.approx(3 / 2)
        assert aggregate(per_token, mask, mode="token-mean").item() == pytest.approx(3)
        assert aggregate(per_token, mask, mode="constant", max_length=2).item() == pytest.approx(6 / 4)

    @every_mode
    def test_no_token_at_all_gives_0(self, mode):
        per_token = torch.full((2, 3), NAN, requires_grad=True)
        value = aggregate(per_token, torch.zeros(2, 3, dtype=torch.bool), mode=mode, max_length=3)
        value.backward()
        assert value.item() == 0
        assert (per_token.grad == 0).all()

    @every_mode
    def test_gradients(self, mode):
        mask = random_mask(3, 4, seed=3)
        assert torch.autograd.gradcheck(
            lambda per_token: aggregate(per_token, mask, mode=mode, max_length=4), normal(3, 4, seed=4).requires_grad_()
        )


class TestGRPOLoss:
    def test_by_hand(self):
        """A good answer of two tokens, one of them clipped, and a bad one of a single token, with padding behind it."""
        ratios = torch.tensor([[1.1, 1.5], [0.9, 7.0]])
        mask = torch.tensor([[True, True], [True, False]])
        loss = grpo_loss(ratios.log(), torch.zeros(2, 2), torch.tensor([2.0, -1.0]), mask, epsilon=0.2)
        assert loss.item() == pytest.approx(-((2 * 1.1 + 2 * 1.2) / 2 + -0.9) / 2)

    def test_is_the_loss_of_the_algorithm(self):
        """`GRPO.loss` itself, without a KL term, on answers with padding."""
        from rlcourse.algorithms import GRPO, Episodes

        logprobs, old, mask = normal(8, 5, seed=0).float(), normal(8, 5, seed=1).float(), random_mask(8, 5, seed=2)
        advantages = group_advantages(normal(2, 4, seed=3).float()).reshape(-1)
        batch = Episodes({}, mask.long(), mask, old, advantages, num_generations=4)
        weights = token_weights(mask, mode="sequence-mean")
        expected, _ = GRPO().loss(logprobs, None, batch, advantages, weights)
        assert_close(grpo_loss(logprobs, old, advantages, mask, epsilon=0.2), expected)

    def test_one_advantage_for_each_answer_is_asked_for(self):
        square = torch.zeros(2, 2)
        with pytest.raises(ValueError, match="advantages must be one number for each of the 2 answers"):
            inspect.unwrap(grpo_loss)(square, square, torch.zeros(3), square == 0, epsilon=0.2)


def test_the_mean_log_probability_of_an_answer_reads_no_padding():
    logprobs = torch.tensor([[-1.0, -2.0, torch.nan], [-3.0, 9.0, 9.0], [9.0, 9.0, 9.0]])
    mask = torch.tensor([[True, True, False], [True, False, False], [False, False, False]])
    assert_close(mean_logprobs(logprobs, mask), torch.tensor([[-1.5], [-3.0], [0.0]]))

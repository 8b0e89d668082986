"""From logits to a token, and the loss of learning from text, against PyTorch's and transformers' own."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from transformers import TopPLogitsWarper

from rlcourse.equations import keep_top_p, shifted_next_token_loss, softmax_with_temperature

from .strategies import quick

LOGITS = torch.randn(4, 7, 11, generator=torch.Generator().manual_seed(0))
TOKENS = torch.randint(11, (4, 7), generator=torch.Generator().manual_seed(1))
COUNTED = torch.rand(4, 7, generator=torch.Generator().manual_seed(2)) < 0.6


@quick
@given(st.floats(0.05, 20))
def test_the_odds_of_two_tokens_are_the_difference_of_their_logits_over_the_temperature(temperature):
    chances = softmax_with_temperature(LOGITS.double(), temperature)
    assert torch.allclose(chances.sum(-1), torch.ones(4, 7, dtype=torch.float64))
    odds = chances[..., 0].log() - chances[..., 1].log()
    torch.testing.assert_close(odds, (LOGITS.double()[..., 0] - LOGITS.double()[..., 1]) / temperature)


def test_large_logits_do_not_overflow():
    assert softmax_with_temperature(torch.tensor([1000.0, 999.0]), 0.5).tolist() == pytest.approx(
        [1 / (1 + math.exp(-2)), 1 / (1 + math.exp(2))], abs=1e-6
    )


@pytest.mark.parametrize("top_p", [0.05, 0.3, 0.5, 0.9, 0.99])
def test_top_p_keeps_what_transformers_keeps(top_p):
    logits = 3 * LOGITS[:, 0]
    theirs = TopPLogitsWarper(top_p)(None, logits.clone()).softmax(-1)
    torch.testing.assert_close(keep_top_p(logits.softmax(-1), top_p), theirs)


def test_top_p_of_1_cuts_off_nothing_and_the_likeliest_token_is_always_left():
    chances = (30 * LOGITS).softmax(-1)
    assert torch.equal(keep_top_p(chances, 1.0), chances)
    tiny = keep_top_p(chances, 1e-9)
    assert torch.equal(tiny, F.one_hot(chances.argmax(-1), 11).to(tiny.dtype))


def test_the_loss_is_pytorchs_cross_entropy_of_the_tokens_behind():
    targets = torch.where(COUNTED, TOKENS, -100)
    expected = F.cross_entropy(LOGITS[:, :-1].transpose(1, 2), targets[:, 1:])
    torch.testing.assert_close(shifted_next_token_loss(LOGITS, TOKENS, COUNTED), expected)


def test_garbage_where_nothing_counts_changes_nothing():
    before = shifted_next_token_loss(LOGITS, TOKENS, COUNTED)
    tokens = torch.where(COUNTED, TOKENS, 9)
    logits = LOGITS.clone()
    logits[:, :-1][~COUNTED[:, 1:]] = 1e4
    logits[:, -1] = -1e4
    assert torch.equal(shifted_next_token_loss(logits, tokens, COUNTED), before)


def test_a_model_that_is_equally_undecided_everywhere_loses_log_v():
    assert shifted_next_token_loss(torch.zeros(2, 3, 5), TOKENS[:2, :3] % 5, torch.ones(2, 3)) == pytest.approx(
        math.log(5)
    )

"""What an answer is paid besides its score: the price of a KL at every token, and of coming near the limit."""

import inspect

import pytest
import torch
from torch.testing import assert_close

from rlcourse.equations import categorical_kl, soft_overlong_penalty, token_rewards

from .strategies import normal

MASK = torch.arange(5) < torch.tensor([3, 5, 1])[:, None]


def batch(seed=0):
    logprobs, ref_logprobs = normal(2, 3, 5, seed=seed).unbind()
    return normal(3, seed=seed + 1), logprobs, ref_logprobs, MASK


def test_by_hand():
    """Two tokens and padding: the second has the score, and each pays for being likelier than in the reference."""
    logprobs, ref_logprobs = torch.tensor([[-1.0, -2.0, 7.0]]), torch.tensor([[-1.5, -1.0, -7.0]])
    mask = torch.tensor([[True, True, False]])
    found = token_rewards(torch.tensor([3.0]), logprobs, ref_logprobs, mask, kl_coef=0.1)
    assert_close(found, torch.tensor([[-0.05, 3.1, 0.0]]))


def test_added_up_it_is_the_score_minus_the_price_of_the_answer():
    scores, logprobs, ref_logprobs, mask = batch()
    total = token_rewards(scores, logprobs, ref_logprobs, mask, kl_coef=0.3).sum(1)
    answers = [torch.where(mask, each, 0.0).sum(1) for each in (logprobs, ref_logprobs)]
    assert_close(total, scores - 0.3 * (answers[0] - answers[1]))


def test_what_stands_in_the_padding_does_not_matter_and_gets_nothing():
    scores, logprobs, ref_logprobs, mask = batch()
    found = token_rewards(scores, logprobs, ref_logprobs, mask, kl_coef=0.3)
    garbage = [torch.where(mask, each, torch.nan) for each in (logprobs, ref_logprobs)]
    assert torch.equal(token_rewards(scores, *garbage, mask, kl_coef=0.3), found)
    assert not found[~mask].any()


def test_no_gradient_flows_through_it():
    scores, logprobs, ref_logprobs, mask = batch()
    found = token_rewards(scores, logprobs.requires_grad_(), ref_logprobs, mask, kl_coef=0.3)
    assert not found.requires_grad


def test_on_average_over_the_policys_own_tokens_the_price_is_the_kl():
    policy, reference = normal(2, 4, seed=5).log_softmax(-1).unbind()
    each = torch.arange(4)[:, None]  # every token once, as an answer of its own
    paid = token_rewards(torch.zeros(4).double(), policy[each], reference[each], torch.ones(4, 1).bool(), kl_coef=1.0)
    assert_close(-(policy.exp() * paid[:, 0]).sum(), categorical_kl(policy, reference))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scores": torch.zeros(2)}, "one number for each of the 3 answers"),
        ({"mask": torch.zeros(3, 5, dtype=torch.bool)}, "at least one token in each row"),
        ({"kl_coef": -0.1}, "kl_coef"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    names = ("scores", "logprobs", "ref_logprobs", "mask")
    given = dict(zip(names, batch(), strict=True)) | {"kl_coef": 0.1} | changes
    with pytest.raises(ValueError, match=message):
        inspect.unwrap(token_rewards)(**given)  # without the shape checks that jaxtyping adds under test


def test_the_penalty_for_length_begins_where_the_last_tokens_do_and_ends_at_the_limit():
    lengths = torch.tensor([0.0, 16.0, 17.0, 18.0, 20.0, 21.0, 400.0])
    found = soft_overlong_penalty(lengths, max_length=20, cache=4)
    assert_close(found, torch.tensor([0.0, 0.0, -0.25, -0.5, -1.0, -1.0, -1.0]))


def test_a_length_below_0_is_refused():
    with pytest.raises(ValueError, match="lengths must be at least 0, got -2"):
        soft_overlong_penalty(torch.tensor([3.0, -2.0]), max_length=20, cache=4)

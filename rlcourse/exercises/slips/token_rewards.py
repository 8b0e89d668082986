"""The classic mistakes of the exercise `token_rewards`."""

import torch
from torch import Tensor

from rlcourse.equations import kl_k2, kl_k3, token_rewards
from rlcourse.exercises.exercise import Slip


def _last(mask: Tensor) -> Tensor:
    """True at the last token of each row."""
    return torch.arange(mask.shape[1]) == mask.sum(dim=1, keepdim=True) - 1


def _real(rewards: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, rewards, 0.0).detach()


def _made_of(placed: Tensor, price: Tensor, mask: Tensor) -> Tensor:
    return _real(placed - price, mask)


def _placed(scores: Tensor, mask: Tensor) -> Tensor:
    return torch.where(_last(mask), scores[:, None], 0.0)


def _paid_out(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    return token_rewards(scores, ref_logprobs, logprobs, mask, kl_coef=kl_coef)


def _everywhere(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    return _made_of(scores[:, None], kl_coef * (logprobs - ref_logprobs), mask)


def _last_column(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    rewards = _real(-kl_coef * (logprobs - ref_logprobs), mask)
    rewards[:, -1] += scores
    return rewards


def _last_column_masked(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    return _last_column(scores, logprobs, ref_logprobs, mask, kl_coef=kl_coef) * mask


def _one_early(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    place = (mask.sum(dim=1, keepdim=True) - 2).clamp(min=0)
    placed = torch.where(torch.arange(mask.shape[1]) == place, scores[:, None], 0.0)
    return _made_of(placed, kl_coef * (logprobs - ref_logprobs), mask)


def _first(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    placed = torch.where(torch.arange(mask.shape[1]) == 0, scores[:, None], 0.0)
    return _made_of(placed, kl_coef * (logprobs - ref_logprobs), mask)


def _padding_pays(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    return (_placed(scores, mask) - kl_coef * (logprobs - ref_logprobs)).detach()


def _with_gradient(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    return torch.where(mask, _placed(scores, mask) - kl_coef * (logprobs - ref_logprobs), 0.0)


def _all_at_the_end(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    total = _real(logprobs - ref_logprobs, mask).sum(dim=1)
    return _placed(scores - kl_coef * total, mask)


def _only_at_the_end(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    price = torch.where(_last(mask), logprobs - ref_logprobs, 0.0)
    return _made_of(_placed(scores, mask), kl_coef * price, mask)


def _except_at_the_end(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    price = torch.where(_last(mask), 0.0, logprobs - ref_logprobs)
    return _made_of(_placed(scores, mask), kl_coef * price, mask)


def _averaged(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    price = _real(logprobs - ref_logprobs, mask) / mask.sum(dim=1, keepdim=True)
    return _made_of(_placed(scores, mask), kl_coef * price, mask)


def _to_the_end(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    each = token_rewards(scores, logprobs, ref_logprobs, mask, kl_coef=kl_coef)
    return each.flip(1).cumsum(1).flip(1) * mask


def _score_too(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    return kl_coef * token_rewards(scores, logprobs, ref_logprobs, mask, kl_coef=1.0)


def _never_negative(estimate):
    def slip(scores, logprobs, ref_logprobs, mask, *, kl_coef):
        return _made_of(_placed(scores, mask), kl_coef * estimate(logprobs, ref_logprobs), mask)

    return slip


SLIPS = (
    Slip(
        "the price is paid out instead of charged",
        "Here a token earns something for being likelier than in the reference, so the policy would run away from it "
        "as fast as it can. Take `kl_coef * (logprobs - ref_logprobs)` *off*.",
        _paid_out,
    ),
    Slip(
        "the score at every token",
        "The reply was judged once. Paid at each of its tokens, the same score would count as many times as the "
        "reply is long, and long replies would win. It stands at the last token, and only there.",
        _everywhere,
    ),
    Slip(
        "the score in the last column, padding or not",
        "`[:, -1]` is right for the longest reply only. Behind the others it is padding, and what is paid there "
        "reaches nobody. The last token of a row is in column `mask.sum(dim=1) - 1`.",
        _last_column,
        (_last_column_masked,),
    ),
    Slip(
        "the score one token early",
        "The end-of-text token is a token like any other: the policy chose it, the mask counts it, and the score "
        "belongs to it. The last column of n tokens is n − 1.",
        _one_early,
    ),
    Slip(
        "the score at the first token",
        "Then only the first choice would be praised or blamed for the whole reply: what is paid flows backwards in "
        "time, never forwards. The score belongs at the end.",
        _first,
    ),
    Slip(
        "the padding pays too",
        "What stands behind the end of a reply was not said by anybody, and the log-probabilities there are garbage. "
        "Rewards in the padding are 0: `torch.where(mask, rewards, 0.0)`.",
        _padding_pays,
    ),
    Slip(
        "a gradient flows through the price",
        "A reward is a number that the world pays, also where a policy's log-probability is part of it. PPO learns by "
        "its advantages, and these are constants. So `.detach()` what you return.",
        _with_gradient,
    ),
    Slip(
        "all of the price at the last token",
        "The total is right, the places are not. Paid where it arises, the price tells *which* token has left the "
        "reference. Take each token's own part off at that token.",
        _all_at_the_end,
    ),
    Slip(
        "only the last token pays",
        "The score stands at the last token alone, the price does not: every token of the reply pays for its own step "
        "away from the reference.",
        _only_at_the_end,
    ),
    Slip(
        "the last token goes without paying",
        "At the last token both come together: the score, and the price of that token. You have put one in the place "
        "of the other.",
        _except_at_the_end,
    ),
    Slip(
        "the price shared among the tokens",
        "You divide by the length, so a long reply would pay for the mean of its tokens and not for their sum. The KL "
        "of a whole reply is a sum over its tokens; each pays its own part in full.",
        _averaged,
    ),
    Slip(
        "what comes later is added up already",
        "These are returns: each token's reward with all that follow. Adding up is GAE's business, later. Here each "
        "token gets only what is paid at that very token.",
        _to_the_end,
    ),
    Slip(
        "the score is multiplied by kl_coef too",
        "The coefficient is the price of a nat, so it stands before the log-ratio only. With it before everything, a "
        "smaller price would also make the score count less, and nothing would be traded off.",
        _score_too,
    ),
    Slip(
        "k3 in the place of k1",
        "k3 is what GRPO has in its *loss*. It is never negative, so nobody would be paid back. As a reward the plain "
        "log-ratio is the right one: summed over a reply it gives exactly log π/π_ref.",
        _never_negative(kl_k3),
    ),
    Slip(
        "the log-ratio squared",
        "That is k2, or twice it, and treats a token that has become rarer like one that has become likelier. The "
        "price is the plain difference of the two logarithms.",
        _never_negative(kl_k2),
        (_never_negative(lambda logprobs, ref_logprobs: (logprobs - ref_logprobs).square()),),
    ),
    Slip(
        "nobody is paid back",
        "Where a token is rarer than in the reference the log-ratio is negative, and the token is paid back. Without "
        "these the mean is no longer the KL: leave out the clamp, the `abs` or the `relu`.",
        _never_negative(lambda logprobs, ref_logprobs: (logprobs - ref_logprobs).clamp(min=0)),
        (_never_negative(lambda logprobs, ref_logprobs: (logprobs - ref_logprobs).abs()),),
    ),
    Slip(
        "probabilities in the place of their logarithms",
        "A KL is made of *log*-probabilities. They are what you are given; no `exp` is needed.",
        _never_negative(lambda logprobs, ref_logprobs: logprobs.exp() - ref_logprobs.exp()),
        (_never_negative(lambda logprobs, ref_logprobs: (logprobs - ref_logprobs).exp()),),
    ),
    Slip(
        "the reference is left out",
        "You charge for the log-probability itself. That is an entropy bonus: it makes the policy undecided, but not "
        "like the reference. Take `ref_logprobs` off first.",
        _never_negative(lambda logprobs, ref_logprobs: logprobs),
    ),
)

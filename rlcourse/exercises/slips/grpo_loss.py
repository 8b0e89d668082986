"""The classic mistakes of the exercise `grpo_loss`: where public programs have had theirs."""

from functools import partial

import torch
from torch import Tensor

from rlcourse.equations import grpo_loss
from rlcourse.exercises.exercise import Slip


def _per_token(logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    ratio = (logprobs - old_logprobs).exp()
    return _smaller(ratio, advantages[:, None], epsilon)


def _smaller(ratio: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    return torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)


def _mean(per_token: Tensor, mask: Tensor) -> Tensor:
    """−1/B Σ 1/|o| Σ: what belongs at the end."""
    return -((per_token * mask).sum(1) / mask.sum(1)).mean()


def _ended(end):
    """The right objective of each token, and another end."""
    return lambda logprobs, old_logprobs, advantages, mask, *, epsilon: end(
        _per_token(logprobs, old_logprobs, advantages, epsilon), mask
    )


def _begun(begin):
    """Another objective of each token, and the right end."""
    return lambda logprobs, old_logprobs, advantages, mask, *, epsilon: _mean(
        begin((logprobs - old_logprobs), advantages[:, None], epsilon), mask
    )


def _wrong_axis(logprobs, old_logprobs, advantages, mask, *, epsilon):
    if len(advantages) != logprobs.shape[1]:  # as a rule PyTorch refuses, and somebody repeats what there is
        advantages = advantages.repeat(logprobs.shape[1])[: logprobs.shape[1]]
    return _mean(_smaller((logprobs - old_logprobs).exp(), advantages[None], epsilon), mask)


def _emptied(logprobs, old_logprobs, advantages, mask, *, epsilon, by):
    ratio = ((logprobs - old_logprobs) * mask).exp()
    per_token = _smaller(ratio, advantages[:, None], epsilon)
    return -(per_token.sum(1) / (mask.sum(1) if by == "tokens" else mask.shape[1])).mean()


def _of_the_answer(logprobs, old_logprobs, advantages, mask, *, epsilon, mean):
    logratio = ((logprobs - old_logprobs) * mask).sum(1) / (mask.sum(1) if mean else 1)
    return -_smaller(logratio.exp(), advantages, epsilon).mean()


def _swapped(logprobs, old_logprobs, advantages, mask, *, epsilon):
    return grpo_loss(old_logprobs, logprobs, advantages, mask, epsilon=epsilon)


def _last_token_lost(logprobs, old_logprobs, advantages, mask, *, epsilon):
    kept = mask.clone()
    kept[torch.arange(len(mask)), mask.sum(1).long() - 1] = False
    total = (_per_token(logprobs, old_logprobs, advantages, epsilon) * kept).sum(1)
    return -(total / kept.sum(1).clamp(min=1)).mean()


def _normalised_again(logprobs, old_logprobs, advantages, mask, *, epsilon):
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return grpo_loss(logprobs, old_logprobs, advantages, mask, epsilon=epsilon)


SLIPS = (
    Slip(
        "the minus sign forgotten",
        "The formula is what should grow, and an optimiser makes its loss *smaller*. As it stands, training would make "
        "the best answers less likely. Return minus the mean.",
        _ended(lambda per_token, mask: ((per_token * mask).sum(1) / mask.sum(1)).mean()),
    ),
    Slip(
        "padding counted: no mask",
        "Behind a short answer stands padding, and nobody chose those tokens. Multiply by `mask` before you add up, "
        "and divide by `mask.sum(dim=1)`, the number of real tokens.",
        _ended(lambda per_token, mask: -per_token.mean()),
        (_ended(lambda per_token, mask: -per_token.mean(1).mean()),),
    ),
    Slip(
        "divided by the width of the batch",
        "The padding is taken out of the sum, but you divide by the number of columns, T. |o| is the length of *this* "
        "answer: `mask.sum(dim=1)`. A constant in its place is another algorithm, Dr. GRPO, and another loss.",
        _ended(lambda per_token, mask: -(per_token * mask).mean()),
        (_ended(lambda per_token, mask: -(per_token * mask).mean(1).mean()),),
    ),
    Slip(
        "one mean over all tokens of the batch",
        "This is DAPO's loss: all tokens weigh alike, so a long answer has more to say than a short one. GRPO's takes "
        "the mean of each answer first, and then the mean over the answers.",
        _ended(lambda per_token, mask: -(per_token * mask).sum() / mask.sum()),
        (_ended(lambda per_token, mask: -per_token[mask.bool()].mean()),),
    ),
    Slip(
        "added up over the tokens, not averaged",
        "The 1/|o| is missing: a long answer would count more often than a short one. Divide each row's sum by "
        "`mask.sum(dim=1)`.",
        _ended(lambda per_token, mask: -(per_token * mask).sum(1).mean()),
    ),
    Slip(
        "added up over the answers, not averaged",
        "The 1/G is missing: with twice as many answers the step would be twice as long. Take the mean over the rows.",
        _ended(lambda per_token, mask: -((per_token * mask).sum(1) / mask.sum(1)).sum()),
    ),
    Slip(
        "padding emptied too early",
        "You set the log-ratio to 0 in the padding. But e⁰ is 1, so there each padded token has the ratio 1 and pushes "
        "with the whole advantage. Mask what is added up at the end, not what goes into the exponential.",
        partial(_emptied, by="tokens"),
        (partial(_emptied, by="columns"),),
    ),
    Slip(
        "max where min belongs",
        "With the larger of the two products nothing holds a token that has gone far enough. The objective is the "
        "cautious one: `torch.minimum`.",
        _begun(
            lambda logratio, a, epsilon: torch.maximum(
                logratio.exp() * a, logratio.exp().clamp(1 - epsilon, 1 + epsilon) * a
            )
        ),
    ),
    Slip(
        "the clip without the min",
        "Outside the band your objective is flat on both sides, so a token that has moved the *wrong* way gets no push "
        "back. Take the smaller of `ratio * A` and `clipped * A`.",
        _begun(lambda logratio, a, epsilon: logratio.exp().clamp(1 - epsilon, 1 + epsilon) * a),
    ),
    Slip(
        "no clip at all",
        "This is ratio × advantage, with nothing that ends the push. From the second step on a batch that is felt: "
        "clamp the ratio to 1 − ε … 1 + ε, and take the smaller product.",
        _begun(lambda logratio, a, epsilon: logratio.exp() * a),
    ),
    Slip(
        "the ratio upside down",
        "The ratio is new over old: `(logprobs - old_logprobs).exp()`. Yours is old over new, and its gradient points "
        "the other way.",
        _swapped,
    ),
    Slip(
        "the difference of the logarithms as the ratio",
        "`logprobs - old_logprobs` is the logarithm of the ratio, 0 where nothing has changed. The ratio is its "
        "exponential, 1 there.",
        _begun(lambda logratio, a, epsilon: _smaller(logratio, a, epsilon)),
    ),
    Slip(
        "advantages along the tokens",
        "`advantages` has one number for each *answer*. Beside [B, T] PyTorch lines it up with the last axis, the "
        "tokens, and where B = T it does not even complain. Make a column of it: `advantages[:, None]`.",
        _wrong_axis,
    ),
    Slip(
        "one ratio for the whole answer",
        "You added the log-ratios up, or averaged them, and clipped once. (With the average that is another algorithm, "
        "GSPO.) GRPO has a ratio for each token.",
        partial(_of_the_answer, mean=True),
        (partial(_of_the_answer, mean=False),),
    ),
    Slip(
        "the end of the answer lost",
        "The last real token, the end of text, is a choice like any other, and here it is left out. The mask is right "
        "as it comes.",
        _last_token_lost,
    ),
    Slip(
        "the advantages normalised again",
        "They come ready: each group has had its mean taken off and been divided by its standard deviation. Over the "
        "whole batch there is nothing more to do.",
        _normalised_again,
    ),
)

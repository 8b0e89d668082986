"""The classic mistakes of the exercise `shifted_next_token_loss`."""

import math

from torch import Tensor

from rlcourse.equations import shifted_next_token_loss
from rlcourse.exercises.exercise import Slip


def _chosen(table: Tensor, tokens: Tensor) -> Tensor:
    """Of a table [B, T, V] what stands at each token."""
    return table.gather(2, tokens[:, :, None])[:, :, 0]


def _shifted(logits: Tensor, tokens: Tensor) -> Tensor:
    """The right log-probabilities, [B, T − 1], for slips in what is made of them."""
    return _chosen(logits[:, :-1].log_softmax(-1), tokens[:, 1:])


def _not_shifted(logits, tokens, counted):
    return -_chosen(logits.log_softmax(-1), tokens)[counted].mean()


def _not_shifted_but_cut(logits, tokens, counted):
    return -_chosen(logits[:, 1:].log_softmax(-1), tokens[:, 1:])[counted[:, 1:]].mean()


def _backwards(logits, tokens, counted):
    return -_chosen(logits[:, 1:].log_softmax(-1), tokens[:, :-1])[counted[:, :-1]].mean()


def _backwards_with_the_right_mask(logits, tokens, counted):
    return -_chosen(logits[:, 1:].log_softmax(-1), tokens[:, :-1])[counted[:, 1:]].mean()


def _padding_counted(logits, tokens, counted):
    return -_shifted(logits, tokens).mean()


def _mask_not_shifted(logits, tokens, counted):
    return -_shifted(logits, tokens)[counted[:, :-1]].mean()


def _mean_of_rows(logits, tokens, counted):
    kept = counted[:, 1:]
    return -((_shifted(logits, tokens) * kept).sum(1) / kept.sum(1).clamp(min=1)).mean()


def _mean_of_rows_that_count(logits, tokens, counted):
    kept = counted[:, 1:]
    rows = (_shifted(logits, tokens) * kept).sum(1)[kept.any(1)] / kept.sum(1)[kept.any(1)]
    return -rows.mean()


def _sum(logits, tokens, counted):
    return -_shifted(logits, tokens)[counted[:, 1:]].sum()


def _sum_over_rows(logits, tokens, counted):
    return -(_shifted(logits, tokens) * counted[:, 1:]).sum(1).mean()


def _divided_by_all(logits, tokens, counted):
    return -(_shifted(logits, tokens) * counted[:, 1:]).mean()


def _divided_by_the_unshifted_mask(logits, tokens, counted):
    return -(_shifted(logits, tokens) * counted[:, 1:]).sum() / counted.sum()


def _log_forgotten(logits, tokens, counted):
    return -_chosen(logits[:, :-1].softmax(-1), tokens[:, 1:])[counted[:, 1:]].mean()


def _bare_logits(logits, tokens, counted):
    return -_chosen(logits[:, :-1], tokens[:, 1:])[counted[:, 1:]].mean()


def _softmax_twice(logits, tokens, counted):
    return shifted_next_token_loss(logits.softmax(-1), tokens, counted)


def _over_positions(logits, tokens, counted):
    return -_chosen(logits[:, :-1].log_softmax(1), tokens[:, 1:])[counted[:, 1:]].mean()


def _masked_logits(logits, tokens, counted):
    kept = counted[:, 1:, None]
    return -_chosen((logits[:, :-1] * kept).log_softmax(-1), tokens[:, 1:]).mean()


def _bits(logits, tokens, counted):
    return shifted_next_token_loss(logits, tokens, counted) / math.log(2)


def _detached(logits, tokens, counted):
    return shifted_next_token_loss(logits, tokens, counted).detach() + 0 * logits.sum()


def _perplexity(logits, tokens, counted):
    return shifted_next_token_loss(logits, tokens, counted).exp()


def _each_token(logits, tokens, counted):
    return -_shifted(logits, tokens) * counted[:, 1:]


SLIPS = (
    Slip(
        "not shifted",
        "You compare what the model says at a position with the token *at* that position, which it has just read. A "
        "model would learn to copy. `logits[:, :-1]` belong to `tokens[:, 1:]`.",
        _not_shifted,
        variants=(_not_shifted_but_cut,),
    ),
    Slip(
        "shifted the wrong way",
        "You compare what the model says with the token *before*, which it has read long ago. The logits at position t "
        "are for token t + 1: `logits[:, :-1]` and `tokens[:, 1:]`.",
        _backwards,
        variants=(_backwards_with_the_right_mask,),
    ),
    Slip(
        "padding counted",
        "The mean goes over all positions, so the model also learns to write padding, or the question. Only tokens "
        "with `counted` True are to be learned.",
        _padding_counted,
    ),
    Slip(
        "the mask not shifted",
        "Whether a position counts depends on the token that it has to predict, not on the one it has read: the mask "
        "moves with the tokens, `counted[:, 1:]`.",
        _mask_not_shifted,
    ),
    Slip(
        "mean over rows instead of tokens",
        "You took the mean of each row, and then of the rows. A token of a short answer then weighs more than one of a "
        "long answer. Here every counted token weighs the same.",
        _mean_of_rows,
        variants=(_mean_of_rows_that_count,),
    ),
    Slip(
        "sum instead of mean",
        "You added up all counted tokens. The loss, and its gradient, would grow with the size of the batch. Divide "
        "by how many tokens count.",
        _sum,
    ),
    Slip(
        "the tokens of a row added up",
        "You added up each row and took the mean of the rows: the loss of a whole text. The mean over all counted "
        "tokens is asked for, so divide by how many they are.",
        _sum_over_rows,
    ),
    Slip(
        "divided by all tokens",
        "You masked the sum, but divided by the number of all positions. The more padding, the smaller the loss. "
        "Divide by how many tokens count.",
        _divided_by_all,
    ),
    Slip(
        "the first token counted in the mean",
        "You divided by `counted.sum()`. The first token of a row is never predicted, so it is not among those that "
        "you added up: divide by `counted[:, 1:].sum()`.",
        _divided_by_the_unshifted_mask,
    ),
    Slip(
        "the sign the wrong way round",
        "A log-probability is never above 0, and a loss is to become small: minus the mean. As it stands, training "
        "would make the text as unlikely as possible.",
        lambda *inputs: -shifted_next_token_loss(*inputs),
    ),
    Slip(
        "the logarithm forgotten",
        "You averaged probabilities. The loss is minus the mean of their logarithm: a token that was thought "
        "impossible must cost very much, not only 1.",
        _log_forgotten,
    ),
    Slip(
        "logits in the place of log-probabilities",
        "A logit is a log-probability only up to a constant: the model could push all logits up and learn nothing. "
        "Take `log_softmax(dim=-1)` first.",
        _bare_logits,
    ),
    Slip(
        "the softmax taken twice",
        "`F.cross_entropy` and `log_softmax` want logits and make probabilities themselves. You gave them "
        "probabilities, and so the loss can never come near 0.",
        _softmax_twice,
    ),
    Slip(
        "a softmax over positions",
        "Your probabilities add up to 1 along the text. The tokens to choose from lie along the last axis: "
        "`log_softmax(dim=-1)`.",
        _over_positions,
    ),
    Slip(
        "logits multiplied by the mask",
        "Logits of 0 are not nothing: they say that all tokens are equally likely, and that costs log V. Take the "
        "loss of every token first, and choose those that count afterwards.",
        _masked_logits,
    ),
    Slip(
        "in bits instead of nats",
        "You used the logarithm to base 2. The course, like PyTorch, uses the natural one and calls the unit nat.",
        _bits,
    ),
    Slip(
        "the perplexity",
        "You took the exponential of the loss. People like to report that, and call it perplexity; what training "
        "minimises is the loss itself.",
        _perplexity,
    ),
    Slip(
        "each token instead of their mean",
        "You have one number for each token. The loss is a single number: the mean over those that count.",
        _each_token,
    ),
    Slip(
        "detached",
        "The number is right, and nothing would be learned: the gradient must flow through `logits`. Work with the "
        "tensor itself, without `.detach()`, `.item()` or `torch.no_grad()`.",
        _detached,
    ),
)

"""Answers in a batch: which of their tokens count, and how likely each of them was.

Rows of a batch are of one width, so short texts are filled up: questions at their beginning ("left padding"), so that
all answers begin in one column, and answers at their end. Left out: the model itself, which comes as a function.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from rlcourse.arguments import check_function, check_integer, check_number, describe
from rlcourse.equations._inputs import Mask, as_mask, as_whole, check_axes, check_not_empty, check_same_shape

Forward = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A causal language model: (tokens, positions, real), [B, L] each → logits [B, L, V] for the token after each."""


def completion_mask(tokens: Int[Tensor, "B T"], end: int) -> Bool[Tensor, "B T"]:
    """Which tokens of each answer were chosen: all up to its first end-of-text token, and that one too.

        maskₜ = 1  if none of token₀ … tokenₜ₋₁ is the end

    To end is a choice like any other, so it counts. What stands behind it nobody chose. An answer that was cut off at
    the limit has no end, and counts in full.

    Args:
        tokens: the answers, a row each, as wide as the longest; behind an end anything may stand.
        end: the number of the end-of-text token. (In many tokenizers padding has the same number.)

    Raises:
        ValueError: tokens are not [B, T] or empty, or end is below 0.
        TypeError: tokens hold no whole numbers, or end is none.
    """
    tokens = as_whole("tokens", tokens)
    check_axes("[B, T]", tokens=tokens)
    check_not_empty("tokens", tokens)
    check_integer("end", end, 0)
    is_end = (tokens == int(end)).long()
    ends_before = is_end.cumsum(dim=1) - is_end
    return ends_before == 0


def own_tokens(
    tokens: Int[Tensor, "B T"], written: Mask[Tensor, "B T"], *, call: int, back: int
) -> Bool[Tensor, "B T"]:
    """Which tokens of each answer the policy chose, where a tool wrote some of them (the loss mask of a tool call).

        ownₜ = writtenₜ and (no call before t, or as many backs as calls before t)

    The policy writes the token `call`, the tool its result and then the token `back`, and the policy goes on. The call
    is the policy's; everything behind it up to `back`, and that one too, is the tool's.

    Args:
        tokens: the answers, a row each; behind their ends anything may stand.
        written: True for their text, False in the padding.
        call: the number of the token that calls the tool; nowhere else in an answer does it stand.
        back: the number of the token that ends what the tool writes.

    Raises:
        ValueError: tokens are not [B, T] or empty, the shapes differ, a number is below 0, or both are the same.
        TypeError: tokens or numbers are not whole, or written is no mask.
    """
    tokens, written = as_whole("tokens", tokens), as_mask("written", written)
    check_axes("[B, T]", tokens=tokens)
    check_same_shape(tokens=tokens, written=written)
    check_not_empty("tokens", tokens)
    for name, token in (("call", call), ("back", back)):
        check_integer(name, token, 0)
    if call == back:
        raise ValueError(f"call and back must be two different tokens, got {call} for both")
    calls, backs = ((written & (tokens == int(token))).long() for token in (call, back))
    calls_before, backs_before = (found.cumsum(dim=1) - found for found in (calls, backs))
    return written & (backs_before >= calls_before)


def left_padded_logprobs(
    forward: Forward,
    tokens: Int[Tensor, "B L"],
    real: Mask[Tensor, "B L"],
    answer_length: int,
    *,
    temperature: float | int,
) -> Float[Tensor, "B T"]:
    """How likely each token of some answers is, teacher-forced: the model reads question and answer at once.

        log π(tokenₜ | tokens before t) = log softmax(logitsₜ₋₁ / temperature)[tokenₜ]

    Three things go wrong easily. The logits at a token are about the *next* one. A model that knows places by number,
    as GPT-2 does, must be told that a text begins at its first real token. And the padding is nobody's choice.

    Args:
        forward: the model; see `Forward`.
        tokens: in each row padding, a question, an answer of up to T tokens, padding.
        real: True for the tokens of question and answer, False in the padding on either side.
        answer_length: T; the answers stand in the last T columns.
        temperature: the one that the answers were sampled at, above 0.

    Returns:
        Log-probabilities of the last T columns, 0 in the padding; with gradients.

    Raises:
        ValueError: shapes do not fit, a number is out of range, or an answer has no question before it.
        TypeError: an argument is of the wrong kind, or forward gives no logits of that shape.
    """
    check_function("forward", forward)
    tokens, real = as_whole("tokens", tokens), as_mask("real", real)
    check_axes("[B, L]", tokens=tokens)
    check_same_shape(tokens=tokens, real=real)
    check_not_empty("tokens", tokens)
    check_integer("answer_length", answer_length, 1, tokens.shape[1] - 1)
    check_number("temperature", temperature, low=0, above=True)
    if not real[:, -answer_length - 1].all():
        raise ValueError("real must be True in the column before the answers, where questions end, got a row without")
    positions = (real.long().cumsum(dim=1) - 1).clamp(min=0)  # 0 at the first real token
    logits = forward(tokens, positions, real)
    if not isinstance(logits, Tensor) or logits.shape[:-1] != tokens.shape:
        raise TypeError(f"forward must return logits [B, L, V] for {list(tokens.shape)} tokens, got {describe(logits)}")
    before = logits[:, -answer_length - 1 : -1] / float(temperature)  # what stands before a token predicts it
    chosen = before.log_softmax(-1).gather(2, tokens[:, -answer_length:, None])[..., 0]
    return torch.where(real[:, -answer_length:], chosen, 0.0)

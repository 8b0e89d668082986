"""From logits to the next token: probabilities, what a sampler may cut away, and the loss of learning from text.

Left out: top-k, and other ways to cut a distribution.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from rlcourse.arguments import check_number
from rlcourse.equations._inputs import (
    Mask,
    as_mask,
    as_whole,
    check_axes,
    check_float,
    check_not_empty,
    check_same_shape,
)


def softmax_with_temperature(logits: Float[Tensor, "*batch V"], temperature: float) -> Float[Tensor, "*batch V"]:
    """The policy of a language model: how likely each token is as the next one.

        π(a|s) = exp(z_a / T) / Σ_b exp(z_b / T)        z the logits in state s, T the temperature

    With T = 1 these are the model's own probabilities. Below 1 the likeliest token gains, above 1 it loses, and the
    order of the tokens never changes.

    Args:
        logits: one number for each token of the vocabulary, along the last axis.
        temperature: T, above 0; 0.2–1 is usual when answering, 1 when learning.

    Returns:
        Probabilities; they sum to 1 along the last axis.

    Raises:
        ValueError: temperature is not above 0, or there are no logits.
        TypeError: logits are no floating-point tensor, or temperature no number.
    """
    check_float(logits=logits)
    check_number("temperature", temperature, low=0, high=math.inf, above=True, below=True)
    check_not_empty("logits", logits)
    return (logits / float(temperature)).softmax(-1)


def keep_top_p(probabilities: Float[Tensor, "*batch V"], top_p: float) -> Float[Tensor, "*batch V"]:
    """Top-p, or nucleus, sampling: the fewest likeliest tokens that have p together share all (Holtzman et al. 2020).

    Args:
        probabilities: of each token, along the last axis.
        top_p: p, above 0; 1 keeps every token, and 0.9–0.95 is usual when answering.

    Returns:
        What a sampler with top-p draws from: 0 for the tokens cut off, the others larger in proportion.

    Raises:
        ValueError: top_p is not above 0 and at most 1, or there are no probabilities.
        TypeError: probabilities are no floating-point tensor, or top_p no number.
    """
    check_float(probabilities=probabilities)
    check_number("top_p", top_p, low=0, high=1, above=True)
    check_not_empty("probabilities", probabilities)
    if top_p == 1:  # rounding in a sum must not cut anything off
        return probabilities
    likeliest, order = probabilities.sort(dim=-1, descending=True, stable=True)
    before = likeliest.cumsum(-1) - likeliest  # what the likelier tokens have together
    kept = torch.zeros_like(probabilities).scatter(-1, order, torch.where(before < float(top_p), likeliest, 0))
    return kept / kept.sum(-1, keepdim=True)


def shifted_next_token_loss(
    logits: Float[Tensor, "B T V"], tokens: Int[Tensor, "B T"], counted: Mask[Tensor, "B T"]
) -> Float[Tensor, ""]:
    """The loss of pre-training and of fine-tuning, to be minimised.

        loss(θ) = − mean over counted tokens of log π_θ(tokenₜ | tokens before t)

    A model that has read tokens 0 … t gives, at position t, its logits for token t + 1. So position t is compared with
    the token behind it: the first token of a row is never predicted, and what stands behind the last is not known.

    Args:
        logits: what the model says at each position, for the token after it.
        tokens: the text, a row each, padded at the end.
        counted: True where a token shall be learned; False in the padding, and in what is only to be read.

    Returns:
        A scalar in nats per token, with gradients.

    Raises:
        ValueError: the shapes do not fit, or nothing counts.
        TypeError: an argument is no tensor of the kind that it must be.
    """
    check_float(logits=logits)
    tokens, counted = as_whole("tokens", tokens), as_mask("counted", counted)
    check_axes("[B, T, V]", logits=logits)
    check_same_shape(**{"logits without their last axis": logits[..., 0], "tokens": tokens, "counted": counted})
    kept = counted[:, 1:]
    if not kept.any():
        raise ValueError("counted must be True for at least one token after the first of its row")
    predicted, target = logits[:, :-1], tokens[:, 1:]
    logprobs = predicted.log_softmax(-1).gather(2, target[:, :, None])[:, :, 0]
    return -logprobs[kept].mean()

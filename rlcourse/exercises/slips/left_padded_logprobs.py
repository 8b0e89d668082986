"""What goes wrong where answers are scored by teacher forcing, as functions."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import left_padded_logprobs
from rlcourse.exercises.exercise import Slip


def _scored(
    *,
    places: Callable[[Tensor], Tensor] = lambda real: (real.long().cumsum(1) - 1).clamp(min=0),
    seen: Callable[[Tensor], Tensor] = lambda real: real,
    shift: int = 1,
    measure: Callable[[Tensor, float], Tensor] = lambda logits, T: (logits / T).log_softmax(-1),
    masked: bool = True,
) -> Callable:
    """The right way, with one thing changed."""

    def scored(forward, tokens, real, answer_length, *, temperature):
        logits = forward(tokens, places(real), seen(real))
        columns = torch.arange(tokens.shape[1] - answer_length, tokens.shape[1])
        measured = measure(logits[:, (columns - shift) % tokens.shape[1]], temperature)
        found = measured.gather(2, tokens[:, columns, None])[..., 0]
        return torch.where(real[:, columns], found, 0.0) if masked else found

    return scored


def _summed(forward, tokens, real, answer_length, *, temperature):
    return left_padded_logprobs(forward, tokens, real, answer_length, temperature=temperature).sum(1)


def _averaged(forward, tokens, real, answer_length, *, temperature):
    return _summed(forward, tokens, real, answer_length, temperature=temperature) / real[:, -answer_length:].sum(1)


def _likeliest(forward, tokens, real, answer_length, *, temperature):
    logits = forward(tokens, (real.long().cumsum(1) - 1).clamp(min=0), real)[:, -answer_length - 1 : -1]
    best = (logits / temperature).log_softmax(-1).amax(-1)
    return torch.where(real[:, -answer_length:], best, 0.0)


SLIPS = (
    Slip(
        "the shift forgotten",
        "The logits at a token are about the *next* one. Token number t is predicted one place before it, so the "
        "columns to look at are `logits[:, -answer_length - 1 : -1]`.",
        _scored(shift=0),
        (_scored(shift=0, masked=False),),
    ),
    Slip(
        "shifted by two",
        "One place before a token stands what predicts it; you look two places before. If you have shifted the logits "
        "already (`logits[:, :-1]`), the answers are their last `answer_length` columns, without another shift.",
        _scored(shift=2),
        (_scored(shift=2, masked=False),),
    ),
    Slip(
        "the temperature forgotten",
        "The answers were sampled from softmax(logits / temperature), so how likely they were is said by that softmax. "
        "Else the ratio to the old policy is not 1 before the first step.",
        _scored(measure=lambda logits, T: logits.log_softmax(-1)),
    ),
    Slip(
        "multiplied by the temperature",
        "A high temperature makes all tokens more alike, so it must make the logits smaller: divide by it.",
        _scored(measure=lambda logits, T: (logits * T).log_softmax(-1)),
    ),
    Slip(
        "the temperature after the softmax",
        "Log-probabilities divided by the temperature are none: their exponentials no longer sum to 1. Divide the "
        "logits, then take the log-softmax.",
        _scored(measure=lambda logits, T: logits.log_softmax(-1) / T),
    ),
    Slip(
        "places counted from the padding on",
        "With padding in front, a text does not begin in column 0. The model has learned what stands at place 0, 1, 2; "
        "told other numbers it reads another text. The first *real* token is number 0: "
        "`(real.long().cumsum(1) - 1).clamp(min=0)`.",
        _scored(places=lambda real: torch.arange(real.shape[1]).expand(real.shape)),
    ),
    Slip(
        "places counted from 1",
        "`real.cumsum(1)` counts the tokens up to a place, and that one too: 1 at the first. But places begin with 0, "
        "so take 1 off, and keep the padding at 0: `.clamp(min=0)`.",
        _scored(places=lambda real: real.long().cumsum(1)),
    ),
    Slip(
        "the padding read like text",
        "Told that everything is real, the model reads the padding before the question as well, and every token after "
        "it means something else. Hand `real` on to it.",
        _scored(seen=torch.ones_like),
    ),
    Slip(
        "the padding scored",
        "Nobody chose the padding behind an answer. Summed or averaged later, its log-probabilities would count. Set "
        "them to 0, where `real` is False.",
        _scored(masked=False),
    ),
    Slip(
        "logits in the place of log-probabilities",
        "A logit says how a token stands beside the others, and has no level of its own. Only after `log_softmax` is "
        "it a log-probability.",
        _scored(measure=lambda logits, T: logits / T),
        (_scored(measure=lambda logits, T: logits),),
    ),
    Slip(
        "the logarithm of logits",
        "Logits are no probabilities: they may be negative, and then have no logarithm. `log_softmax` makes "
        "log-probabilities of them in one go.",
        _scored(measure=lambda logits, T: (logits / T).log()),
        (_scored(measure=lambda logits, T: logits.log()),),
    ),
    Slip(
        "probabilities, without the logarithm",
        "These are the probabilities. Their logarithms are wanted: `log_softmax` gives them, and stays finite where a "
        "probability is too small to be written down.",
        _scored(measure=lambda logits, T: (logits / T).softmax(-1)),
    ),
    Slip(
        "a softmax along the wrong axis",
        "At each place the probabilities of all tokens of the vocabulary sum to 1, so the softmax runs over the *last* "
        "axis, V.",
        _scored(measure=lambda logits, T: (logits / T).log_softmax(1)),
    ),
    Slip(
        "of the likeliest token",
        "You say how likely the likeliest token is. Asked for is the one that stands there: of the last axis, choose "
        "by `tokens`, with `gather`.",
        _likeliest,
    ),
    Slip(
        "one number for each answer",
        "The sum over an answer's tokens is the log-probability of the whole answer. Here every token's is wanted, as "
        "each is an action of its own.",
        _summed,
        (_averaged,),
    ),
)

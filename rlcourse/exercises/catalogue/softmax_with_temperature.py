"""Notebook 01: from logits to the policy of a language model, with a temperature."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import softmax_with_temperature
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.invariants import shifted, split


def _bare(scaled: Tensor) -> Tensor:
    """Exponentials over their sum, without a largest one taken off."""
    return scaled.exp() / scaled.exp().sum(-1, keepdim=True)


def _one_largest_for_all(logits: Tensor, temperature: float) -> Tensor:
    return _bare((logits - logits.max()) / temperature)


def _largest_of_the_wrong_thing(logits: Tensor, temperature: float) -> Tensor:
    return _bare(logits / temperature - logits.max(-1, keepdim=True).values)


_SLIPS = (
    Slip(
        "multiplied by the temperature",
        "The logits are divided by T. Multiplying turns the knob the wrong way: a high temperature would make the "
        "model more certain.",
        lambda logits, temperature: (logits * temperature).softmax(-1),
    ),
    Slip(
        "the temperature has no effect",
        "Your probabilities are those of T = 1. Dividing all probabilities by T and normalising again cancels, and so "
        "does adding T to all logits. Divide the logits, before the softmax.",
        lambda logits, temperature: logits.softmax(-1),
    ),
    Slip(
        "the temperature after the softmax",
        "You divided probabilities by T, so they add up to 1/T. The temperature belongs inside: divide the logits, "
        "then take the softmax.",
        lambda logits, temperature: logits.softmax(-1) / temperature,
    ),
    Slip(
        "along the wrong axis",
        "Your probabilities add up to 1 down the columns, over texts. The tokens to choose from lie along the last "
        "axis: `softmax(dim=-1)`.",
        lambda logits, temperature: (logits / temperature).softmax(0),
        variants=(lambda logits, temperature: (logits / temperature).softmax(min(1, logits.ndim - 1)),),
    ),
    Slip(
        "one distribution for the whole batch",
        "All probabilities of the batch together add up to 1. Each text has a distribution of its own, along the last "
        "axis.",
        lambda logits, temperature: (logits / temperature).flatten().softmax(0).view_as(logits),
    ),
    Slip(
        "not normalised",
        "Exponentials are positive, but they are no probabilities yet: divide by their sum along the last axis, with "
        "`keepdim=True`.",
        lambda logits, temperature: (logits / temperature).exp(),
    ),
    Slip(
        "divided by the largest",
        "Your likeliest token has a 1, and all together have more. Probabilities are the exponentials divided by their "
        "sum, not by their largest.",
        lambda logits, temperature: (
            (logits / temperature).softmax(-1) / (logits / temperature).softmax(-1).max(-1, keepdim=True).values
        ),
    ),
    Slip(
        "the exponential overflows",
        "`exp` of 100 is too large for a float32, and infinity over infinity is NaN. The probabilities do not change "
        "when the same number is taken off all logits of a text: take off the largest. `softmax` does it for you.",
        lambda logits, temperature: _bare(logits / temperature),
    ),
    Slip(
        "the largest logit taken off after the division",
        "Taking off the largest logit prevents the overflow only where it is the same scale: divide by T first, and "
        "then take off the largest of what you have. `softmax` of the divided logits does both.",
        _largest_of_the_wrong_thing,
    ),
    Slip(
        "one largest logit for all texts",
        "You took off the largest logit of the whole batch. A text whose logits all lie far below it is left with "
        "zeros, and zero over zero is NaN. Each text has its own: `max(dim=-1, keepdim=True)`.",
        _one_largest_for_all,
    ),
    Slip(
        "log-probabilities",
        "These are logarithms of probabilities, and never above 0. They are what a loss wants. Here the probabilities "
        "themselves are asked for: `softmax`, not `log_softmax`.",
        lambda logits, temperature: (logits / temperature).log_softmax(-1),
    ),
    Slip(
        "the sign the wrong way round",
        "Your likeliest token is the one with the smallest logit. A larger logit means a larger probability: there is "
        "no minus.",
        lambda logits, temperature: (-logits / temperature).softmax(-1),
    ),
    Slip(
        "the likeliest token has all",
        "That is what comes out as T goes to 0, greedy decoding. With T above 0 every token keeps some probability.",
        lambda logits, temperature: torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype),
    ),
)


def _case(about: str, logits: Tensor, temperature: float, *, note: str) -> Case:
    return Case(about, {"logits": logits, "temperature": temperature}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    few, many = torch.randn(3, 4, generator=generator), 3 * torch.randn(2, 3, 5, generator=generator)
    return (
        _case("two tokens, T = 1", torch.tensor([1.0, 0.0]), 1.0, note="By hand: e / (e + 1) and 1 / (e + 1)."),
        _case(
            "the same at T = 0.5", torch.tensor([1.0, 0.0]), 0.5, note="Colder: e² / (e² + 1), so the first one gains."
        ),
        _case(
            "the same at T = 2", torch.tensor([1.0, 0.0]), 2.0, note="Hotter: √e / (√e + 1), so the first one loses."
        ),
        _case(
            "large logits",
            torch.tensor([102.0, 100.0, -100.0]),
            1.0,
            note="Only differences of logits matter; `exp(102)` overflows.",
        ),
        _case(
            "large logits, cold",
            torch.tensor([120.0, 118.0, 30.0]),
            0.5,
            note="At T = 0.5 the logits are twice as large.",
        ),
        _case(
            "two texts of very different logits",
            torch.tensor([[200.0, 201.0], [-1.0, 1.0]]),
            1.0,
            note="Each text has a distribution of its own, which adds up to 1.",
        ),
        _case("three texts, T = 0.7", few, 0.7, note="The tokens lie along the last axis."),
        _case("two answers of three tokens, T = 1.5", many, 1.5, note="However many axes stand before the last one."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    temperatures = grid(0.1, 3)
    rows = [mine(torch.tensor([2.0, 0.0]), T).tolist() for T in temperatures]
    lines = {"logit 2": [row[0] for row in rows], "logit 0": [row[1] for row in rows]}
    return Curves("Your probabilities of two tokens as T grows.", "temperature T", temperatures, lines)


EXERCISE = Exercise(
    name="softmax_with_temperature",
    title="A softmax with temperature",
    notebook="01",
    place=1,
    minutes=6,
    difficulty="easy",
    returns="a tensor of probabilities of the shape of `logits`, [..., V]",
    reference=softmax_with_temperature,
    sources=(softmax_with_temperature,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "Two steps: the temperature goes into the logits, and the softmax makes probabilities of what comes out.",
        "A cold model is a certain one. So a small T must make the differences between logits larger: divide.",
        "The tokens to choose from lie along the last axis: `(logits / temperature).softmax(dim=-1)`.",
    ),
    nan="NaN comes from infinity over infinity: `exp` of a large logit. Take the largest logit of each text off first, "
    "or let `softmax` do it.",
    picture=_picture,
    invariants=(
        shifted("logits", what="logits"),
        split("logits", what="the texts", axes=2),
    ),
)

"""Notebook 07: how likely each token of some answers is, teacher-forced, with padding on both sides."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import left_padded_logprobs
from rlcourse.exercises.exercise import Case, Exercise, Inputs, Invariant
from rlcourse.exercises.invariants import split
from rlcourse.exercises.slips.left_padded_logprobs import SLIPS


def _model(size: int, *, seed: int) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A causal model of `size` tokens: it looks at the token, its place, and the mean of all real tokens up to it."""
    generator = torch.Generator().manual_seed(seed)
    own, context, places = (torch.randn(n, size, generator=generator) for n in (size, size, 64))

    def forward(tokens: Tensor, positions: Tensor, real: Tensor) -> Tensor:
        if torch.as_tensor(positions).min() < 0:  # Python would count from the end; GPT-2's embedding refuses it
            raise IndexError("index out of range in self")
        counted = torch.as_tensor(real).float()[..., None]
        read = (context[tokens] * counted).cumsum(1) / counted.cumsum(1).clamp(min=1)
        return 2 * own[tokens] + 2 * places[positions] + 2 * read

    forward.__doc__ = f"a model of {size} tokens: (tokens, positions, real) → logits [B, L, {size}]"
    return forward


def _case(about: str, model: Callable, rows: list[tuple], width: int, temperature: float, note: str) -> Case:
    """Rows of a question and an answer; the answers stand in the last `width` columns."""
    left = max(len(question) for question, _ in rows)
    tokens, real = [], []
    for question, answer in rows:
        before, after = left - len(question), width - len(answer)
        tokens.append([0] * before + question + answer + [0] * after)
        real.append([False] * before + [True] * len(question + answer) + [False] * after)
    inputs = {"forward": model, "tokens": torch.tensor(tokens), "real": torch.tensor(real), "answer_length": width}
    return Case(about, {**inputs, "temperature": temperature}, note)


def _drawn(count: int, generator: torch.Generator) -> list[int]:
    return torch.randint(6, (count,), generator=generator).tolist()


def _cases() -> tuple[Case, ...]:
    three, six = _model(3, seed=0), _model(6, seed=1)
    generator = torch.Generator().manual_seed(0)
    lengths = ((5, 6), (2, 3), (4, 1), (3, 5))
    many = [(_drawn(asked, generator), _drawn(written, generator)) for asked, written in lengths]
    return (
        _case("two tokens asked, one answered", three, [([1, 2], [1])], 1, 1.0, "No padding at all: only the shift."),
        _case("two tokens asked, two answered", three, [([1, 2], [1, 0])], 2, 1.0, "Both predicted one place before."),
        _case("temperature ½", three, [([2, 1], [0, 2])], 2, 0.5, "The logits are divided by ½ before the softmax."),
        _case(
            "a short answer: padding behind it",
            three,
            [([1, 2], [1, 0, 2]), ([2, 0], [1])],
            3,
            1.0,
            "The second answer has one token; behind it everything is 0.",
        ),
        _case(
            "a short question: padding before it",
            three,
            [([1, 2, 0, 1], [1, 0]), ([2, 1], [2, 2])],
            2,
            1.0,
            "The second question begins in column 2, and that is its place number 0.",
        ),
        _case("padding on both sides, temperature 2", six, many, 6, 2.0, "All of it together."),
    )


def _filled(inputs: Inputs) -> list[Inputs]:
    """The same texts, with token 1 for padding."""
    tokens, real = inputs["tokens"], inputs["real"]
    return [] if real.all() else [{**inputs, "tokens": torch.where(real, tokens, 1)}]


def _further_right(inputs: Inputs) -> list[Inputs]:
    """The same texts, with two more columns of padding before them."""
    wider = {name: torch.nn.functional.pad(inputs[name], (2, 0)) for name in ("tokens", "real")}
    return [{**inputs, **wider}]


EXERCISE = Exercise(
    name="left_padded_logprobs",
    title="How likely was that answer?",
    notebook="07",
    place=2,
    minutes=12,
    difficulty="medium",
    returns="a tensor with a log-probability for each token of the answers, [B, answer_length], and 0 in the padding",
    reference=left_padded_logprobs,
    sources=(left_padded_logprobs,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Four steps. Number the places of each row, 0 at its first real token: how many real tokens stand up to a "
        "place? Ask `forward`. Which columns of its logits are about the answers? Choose the tokens, and empty the "
        "padding.",
        "`positions = (real.long().cumsum(dim=1) - 1).clamp(min=0)`, and `logits = forward(tokens, positions, real)`. "
        "An answer's first token is predicted by the question's last: `logits[:, -answer_length - 1 : -1]`.",
        "`logprobs = (logits / temperature).log_softmax(-1)`, of which `gather(2, tokens[:, -answer_length:, None])` "
        "chooses; and `torch.where(real[:, -answer_length:], chosen, 0.0)`.",
    ),
    clues={
        "Index tensor must have the same number": "`gather` wants an index with as many axes as the logits have: "
        "`tokens[..., None]`, and `[..., 0]` afterwards.",
        "index_select": "`gather` wants whole numbers of the same number of axes: `tokens[..., None]`.",
        "out of bounds": "Positions begin with 0. Before the first real token `real.cumsum(1) - 1` is −1: clamp it.",
        "index out of range": "Positions begin with 0. Before the first real token `real.cumsum(1) - 1` is −1: clamp "
        "it.",
    },
    nan="NaN is what the logarithm of a negative number gives: logits are no probabilities. Use `log_softmax`.",
    invariants=(
        Invariant("put token 1 everywhere where `real` is False", _filled),
        Invariant("put two more columns of padding in front", _further_right),
        split("tokens", "real", what="the answers"),
    ),
)

"""Notebook 14: does a run's scoring depend on the padding?"""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import padding_gap
from rlcourse.exercises.exercise import Case, Exercise, Inputs, Invariant
from rlcourse.exercises.slips.padding_gap import SLIPS


def _score(about: str, *, width: int, by_column: float = 0.0) -> Callable[[Tensor, Tensor], Tensor]:
    """A scoring of answers of `width` tokens; `by_column` is how much the number of the column matters in it."""

    def score(tokens: Tensor, real: Tensor) -> Tensor:
        tokens, real = torch.as_tensor(tokens), torch.as_tensor(real).bool()
        places, columns = real.long().cumsum(1), torch.arange(tokens.shape[1]).float()
        read = (tokens * real).float().cumsum(1)
        found = torch.sin(1.3 * places + 0.7 * read) - 1.5 + by_column * torch.sin(0.9 * columns) * (1 + 0.3 * tokens)
        return torch.where(real, found, tokens + columns)[:, -width:]

    score.__doc__ = f"{about}: (tokens, real) → log-probabilities of the last {width} tokens"
    return score


def _case(about: str, score: Callable, rows: list[tuple], width: int, columns: int, note: str) -> Case:
    """Rows of a question and an answer; the answers stand in the last `width` columns."""
    left = max(len(question) for question, _ in rows)
    tokens, real = [], []
    for question, answer in rows:
        before, after = left - len(question), width - len(answer)
        tokens.append([0] * before + question + answer + [0] * after)
        real.append([False] * before + [True] * len(question + answer) + [False] * after)
    given = {"score": score, "tokens": torch.tensor(tokens), "real": torch.tensor(real), "columns": columns}
    return Case(about, given, note)


def _cases() -> tuple[Case, ...]:
    wrong, right = "a scoring that counts columns", "a scoring that counts places"
    generator = torch.Generator().manual_seed(1)
    lengths = ((4, 4), (2, 3), (3, 1), (1, 2))
    drawn = [
        tuple(torch.randint(1, 4, (count,), generator=generator).tolist() for count in counts) for counts in lengths
    ]
    return (
        _case("a sound scoring, one answer", _score(right, width=1), [([1, 2], [1])], 1, 1, "Nothing may change."),
        _case(
            "one that counts columns",
            _score(wrong, width=1, by_column=0.5),
            [([1, 2], [2])],
            1,
            1,
            "One more column in front, and the token stands at another number.",
        ),
        _case(
            "three columns of padding",
            _score(wrong, width=2, by_column=0.3),
            [([2, 1], [1, 3])],
            2,
            3,
            "As many columns as were asked for.",
        ),
        _case(
            "a sound scoring, answers of different lengths",
            _score(right, width=3),
            [([1, 2], [1, 3, 2]), ([3], [2])],
            3,
            2,
            "Behind the short answer stands padding, where anything may come out.",
        ),
        _case(
            "one that counts columns, answers of different lengths",
            _score(wrong, width=3, by_column=0.2),
            [([1, 2], [1, 3, 2]), ([3], [2])],
            3,
            2,
            "The largest change of a real token.",
        ),
        _case("four answers", _score(wrong, width=4, by_column=0.4), drawn, 4, 5, "All of it together."),
    )


def _filled(inputs: Inputs) -> list[Inputs]:
    """The same texts, with token 3 for padding."""
    tokens, real = inputs["tokens"], inputs["real"]
    return [] if real.all() else [{**inputs, "tokens": torch.where(real, tokens, 3)}]


EXERCISE = Exercise(
    name="padding_gap",
    title="Padding changes nothing",
    notebook="14",
    place=2,
    minutes=10,
    difficulty="medium",
    returns="one number, the largest change of an answer's real token",
    reference=padding_gap,
    sources=(padding_gap,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Score the rows twice: as they are, and with `columns` more columns in front of each. Both times the answers "
        "stand in the last columns, so what comes back can be subtracted.",
        "`torch.nn.functional.pad(tokens, (columns, 0))` puts columns of 0 in front; of booleans, columns of False.",
        "`before.shape[1]` is T, so `real[:, -before.shape[1]:]` says which of the answers' tokens are real: "
        "`(after - before)[counted].abs().max()`.",
    ),
    clues={
        "must match the size": "Tokens and `real` must be padded alike, and what `score` returns has the T columns of "
        "the answers: compare it with the last T columns of `real`.",
        "shape of the mask": "What `score` returns has T columns, `real` has L. Take the last T of `real`.",
    },
    invariants=(Invariant("put token 3 everywhere where `real` is False", _filled),),
)

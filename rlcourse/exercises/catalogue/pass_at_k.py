"""Notebook 13: the chance that of k attempts at least one is right."""

from collections.abc import Callable
from math import comb

import torch
from torch import Tensor

from rlcourse.equations import pass_at_k
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.invariants import split, turned_round


def _each(formula: Callable[[int, int, int], float]) -> Callable[[int, Tensor, int], Tensor]:
    """A formula of n, c and k, asked of every question."""

    def of_all(num_samples: int, num_correct: Tensor, k: int) -> Tensor:
        return torch.tensor([formula(num_samples, int(c), k) for c in num_correct], dtype=torch.float64)

    return of_all


_SLIPS = (
    Slip(
        "drawn with replacement",
        "1 − (1 − c/n)ᵏ is the chance if after each draw the attempt is put back, so that the same one may be drawn "
        "again. Of n attempts that were really made, k *different* ones are chosen; the estimate is too low otherwise.",
        _each(lambda n, c, k: 1 - (1 - c / n) ** k),
    ),
    Slip(
        "the chance that none is right",
        "C(n − c, k) of all C(n, k) choices hold only wrong attempts. That is the chance of *no* right one among the "
        "k; what is asked for is one minus that.",
        _each(lambda n, c, k: comb(n - c, k) / comb(n, k)),
    ),
    Slip(
        "the chance that all k are right",
        "C(c, k)/C(n, k) counts the choices in which *every* attempt is right. At least one is enough: count those "
        "without any, and take that from 1.",
        _each(lambda n, c, k: comb(c, k) / comb(n, k)),
        (_each(lambda n, c, k: (c / n) ** k),),
    ),
    Slip(
        "right and wrong the wrong way round",
        "1 − C(c, k)/C(n, k) is the chance that at least one of the k is *wrong*. n − c of the attempts are wrong.",
        _each(lambda n, c, k: 1 - comb(c, k) / comb(n, k)),
    ),
    Slip(
        "k forgotten",
        "c/n is the chance that one attempt is right, pass@1. With more attempts it rises.",
        _each(lambda n, c, k: c / n),
    ),
    Slip(
        "chances added up",
        "k · c/n counts a choice with two right attempts twice, and can be more than 1, where you may have cut it off. "
        "Chances of things that can happen together do not add up.",
        _each(lambda n, c, k: k * c / n),
        (_each(lambda n, c, k: min(1.0, k * c / n)),),
    ),
    Slip(
        "exactly one right",
        "This is the chance that exactly one of the k is right. Two or three right ones are welcome, too.",
        _each(lambda n, c, k: c * comb(n - c, k - 1) / comb(n, k)),
    ),
    Slip(
        "one factor too few or too many",
        "C(n − c, k)/C(n, k) is a product of k factors, (n − c − i)/(n − i) for i = 0 … k − 1. Yours has another "
        "number of them: try k = 1, where it is one.",
        _each(lambda n, c, k: 1 - comb(n - c, k - 1) / comb(n, k - 1)),
        (_each(lambda n, c, k: 1 - comb(n - c, k + 1) / comb(n, k + 1) if k < n else 1.0),),
    ),
    Slip(
        "the mean over the questions",
        "That is what will be reported in the end. First each question needs its own number: return one for each.",
        lambda num_samples, num_correct, k: pass_at_k(num_samples, num_correct, k).mean(),
    ),
    Slip(
        "counts put together before the formula",
        "You took the mean of c over the questions first. The formula is bent: for k ≥ 2 two questions that are right "
        "half of the time are worth more than one that always is and one that never is.",
        lambda num_samples, num_correct, k: _each(
            lambda n, c, k: 1 - _product(n, num_correct.double().mean().item(), k)
        )(num_samples, num_correct, k),
    ),
)


def _product(n: int, c: float, k: int) -> float:
    result = 1.0
    for i in range(k):
        result *= max(n - c - i, 0) / (n - i)
    return result


def _case(about: str, n: int, right: list[int], k: int, note: str) -> Case:
    return Case(about, {"num_samples": n, "num_correct": torch.tensor(right), "k": k}, note)


def _cases() -> tuple[Case, ...]:
    return (
        _case("four attempts, one right, one tried", 4, [1], 1, "One attempt is right with the chance c/n, a quarter."),
        _case(
            "four attempts, one right, two tried",
            4, [1], 2,
            "Of the 6 pairs of attempts 3 hold the right one. With replacement it would be 7 of 16.",
        ),
        _case("never and always", 4, [0, 4], 2, "Nothing right among four stays nothing; all right stays all."),
        _case(
            "three questions, three tried",
            5, [1, 2, 4], 3,
            "With only one wrong attempt of five, no three can be wrong: the last is exactly 1.",
        ),
        _case("all that were made", 6, [0, 1, 3], 6, "Who looks at all six finds a right one wherever there is one."),
        _case("two hundred attempts, one right", 200, [1, 2], 100, "A hundred of them hold the one with the chance ½."),
        _case("eight questions", 32, [0, 1, 2, 3, 6, 12, 24, 32], 8, "All of it together."),
    )  # fmt: skip


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    ks = (1, 2, 4, 8, 16, 32)
    counts = torch.tensor([1, 4, 16])
    found = [mine(32, counts, k) for k in ks]
    lines = {f"{int(c)} of 32 right": [float(row[i]) for row in found] for i, c in enumerate(counts)}
    return Curves("Your pass@k of three questions.", "k", ks, lines)


EXERCISE = Exercise(
    name="pass_at_k",
    title="pass@k, without bias",
    notebook="13",
    place=1,
    minutes=10,
    difficulty="medium",
    returns="a tensor with one probability for each question, [Q]",
    reference=pass_at_k,
    sources=(pass_at_k,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "Turn it round: when is *none* of the k right? When all of them were chosen among the n − c wrong attempts. "
        "How many ways are there to choose k of the n at all, and how many of them take wrong ones only?",
        "`math.comb(n, k)` is the number of ways to choose k of n, and 0 where n is smaller than k. "
        "The share of bad choices is C(n − c, k)/C(n, k).",
        "`torch.tensor([1 - comb(num_samples - c, k) / comb(num_samples, k) for c in num_correct.tolist()])`",
    ),
    nan="Binomials of large numbers are infinite as floating-point numbers, and ∞/∞ is NaN. Python's whole numbers "
    "(`math.comb`) have no limit; or multiply the factors (n − c − i)/(n − i) one by one.",
    picture=_picture,
    invariants=(
        split("num_correct", what="the questions"),
        turned_round("num_correct", what="the questions"),
    ),
)

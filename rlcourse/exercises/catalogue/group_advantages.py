"""Notebook 10: the advantage of GRPO, a z-score among the answers to one question."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from rlcourse.equations import group_advantages, leave_one_out_advantages
from rlcourse.equations.groups import STD_EPSILON
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.invariants import shifted, split, turned_round


def _z(centred: Tensor, std: Tensor, epsilon: float = STD_EPSILON) -> Tensor:
    return centred / (std + epsilon)


def _centred(rewards: Tensor) -> Tensor:
    return rewards - rewards.mean(dim=1, keepdim=True)


def _by(wrong: Callable[[Tensor, float], Tensor]) -> tuple[Callable, tuple[Callable, ...]]:
    """A mistake that is not about the epsilon, with the usual one and with others, and none."""
    return partial(wrong, epsilon=STD_EPSILON), tuple(partial(wrong, epsilon=e) for e in (0.0, 1e-8, 1e-6, 1e-5))


def _with_epsilon(epsilon: float) -> Callable[[Tensor], Tensor]:
    return lambda rewards: _centred(rewards) / (rewards.std(dim=1, keepdim=True) + epsilon)


_SLIPS = (
    Slip(
        "population instead of sample standard deviation",
        "You divided by G inside the standard deviation; most implementations of GRPO, and this course, divide by "
        "G − 1, as `Tensor.std` does unless told otherwise (NumPy's `std` is the other way round: it needs `ddof=1`).",
        *_by(lambda rewards, epsilon: _z(_centred(rewards), rewards.std(dim=1, keepdim=True, correction=0), epsilon)),
    ),
    Slip(
        "standard deviation of the whole batch",
        "The means are the groups' own, but one standard deviation serves all. Each row is a question with its "
        "own group: take `std` along `dim=1` too.",
        *_by(lambda rewards, epsilon: _z(_centred(rewards), rewards.std(), epsilon)),
    ),
    Slip(
        "mean and standard deviation of the whole batch",
        "An answer is compared with the answers to all questions here, so an easy question makes all its "
        "answers look good. The baseline is the mean of the row: `dim=1, keepdim=True`.",
        *_by(lambda rewards, epsilon: _z(rewards - rewards.mean(), rewards.std(), epsilon)),
    ),
    Slip(
        "groups along the wrong axis",
        "This compares answers to different questions: it works down the columns. A group is one row of [P, G], so "
        "the axis to reduce is `dim=1`.",
        *_by(lambda rewards, epsilon: _z(rewards - rewards.mean(dim=0), rewards.std(dim=0), epsilon)),
    ),
    Slip(
        "not divided by the standard deviation",
        "The mean is taken off, and that is all. A later variant, Dr. GRPO, stops there; GRPO's z-score also divides "
        "by the standard deviation of the group.",
        lambda rewards: group_advantages(rewards, scale="none"),
    ),
    Slip(
        "mean not taken off",
        "An answer is only good or bad beside the others: without `rewards - mean` every answer with a positive "
        "reward is pushed up, the bad ones too.",
        *_by(lambda rewards, epsilon: _z(rewards, rewards.std(dim=1, keepdim=True), epsilon)),
    ),
    Slip(
        "sign the wrong way round",
        "Better than the group must give a positive advantage, so it is the reward minus the mean. As it stands, "
        "training would make the worst answers likelier.",
        *_by(lambda rewards, epsilon: -_z(_centred(rewards), rewards.std(dim=1, keepdim=True), epsilon)),
    ),
    Slip(
        "variance instead of standard deviation",
        "The square root is missing. Divided by the variance, advantages change when all rewards are measured in "
        "another unit; a z-score does not.",
        *_by(lambda rewards, epsilon: _z(_centred(rewards), rewards.var(dim=1, keepdim=True), epsilon)),
    ),
    Slip(
        "NaN where all rewards are alike",
        "When every answer of a group earns the same, the standard deviation is 0, and 0/0 is NaN, which one "
        "training step later is in every weight. Add a small number, 1e-4, to the standard deviation.",
        lambda rewards: _centred(rewards) / rewards.std(dim=1, keepdim=True),
    ),
    Slip(
        "an epsilon smaller than the rounding",
        "Eight rewards of 0.7 have a mean that is off by 6·10⁻⁸ in single precision, and a deviation as small. Divided "
        "by so small a number, rounding becomes an advantage. With 1e-4 it stays next to nothing.",
        _with_epsilon(1e-8),
        (
            *map(_with_epsilon, (1e-6, 1e-7, 1e-9, 1e-10, 1e-12)),
            lambda rewards: (_centred(rewards) / rewards.std(dim=1, keepdim=True)).nan_to_num(),
        ),
    ),
    Slip(
        "only the mean divided",
        "A product or a quotient comes before a difference: this is `rewards - (mean / std)`. The whole difference is "
        "divided: `(rewards - mean) / (std + 1e-4)`.",
        *_by(
            lambda rewards, epsilon: (
                rewards - _z(rewards.mean(dim=1, keepdim=True), rewards.std(dim=1, keepdim=True), epsilon)
            )
        ),
    ),
    Slip(
        "leave-one-out, and divided by the standard deviation",
        "You compare each reward with the mean of the *others*, as RLOO does. GRPO takes the mean of the whole group, "
        "the answer itself included, and then divides.",
        *_by(lambda rewards, epsilon: _z(leave_one_out_advantages(rewards), rewards.std(dim=1, keepdim=True), epsilon)),
    ),
    Slip(
        "mean of the whole batch",
        "The standard deviations are the groups' own, but one mean serves all, so an easy question makes all its "
        "answers look good. The baseline is the mean of the row: `dim=1, keepdim=True`.",
        *_by(lambda rewards, epsilon: _z(rewards - rewards.mean(), rewards.std(dim=1, keepdim=True), epsilon)),
    ),
    Slip(
        "leave-one-out baseline",
        "You compare each reward with the mean of the others. That is another good algorithm, RLOO (REINFORCE "
        "leave-one-out); in GRPO the mean is that of the whole group, and the difference is divided by the standard "
        "deviation.",
        leave_one_out_advantages,
    ),
)


def _case(about: str, rewards: list, note: str) -> Case:
    return Case(about, {"rewards": torch.tensor(rewards)}, note)


def _cases() -> tuple[Case, ...]:
    random = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    two_groups = [[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0]]
    return (
        _case("one question, two answers", [[1.0, 0.0]], "The mean is ½, the standard deviation √½."),
        _case(
            "one question, four answers", [[1.0, 0.0, 0.0, 0.0]], "The one right answer stands out by 1.5 deviations."
        ),
        _case(
            "all answers alike: nothing to learn", [[1.0, 1.0, 1.0]], "The deviation is 0, and so is every advantage."
        ),
        _case("an easy question and a hard one", two_groups, "Each row has a mean and a deviation of its own."),
        _case(
            "rewards in other units",
            [[10.0, 30.0, 20.0], [-1.0, 1.0, 3.0]],
            "A z-score does not know the unit: both rows are −1, 0 and 1, in another order.",
        ),
        _case("one group of two alike", [[0.0, 0.0, 0.0], [0.5, 0.0, 1.0]], "The first row teaches nothing: all 0."),
        _case("eight answers, all worth 0.7", [[0.7] * 8], "All alike, so every advantage is 0, rounding or not."),
        _case("four questions, eight answers each", random.tolist(), "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    counts, lines = range(1, 8), {"a right answer": [], "a wrong one": []}
    for right in counts:
        found = mine(torch.tensor([[1.0] * right + [0.0] * (8 - right)]))[0].tolist()
        lines["a right answer"].append(found[0])
        lines["a wrong one"].append(found[-1])
    return Curves("Your advantages in a group of eight.", "how many of the eight are right", counts, lines)


EXERCISE = Exercise(
    name="group_advantages",
    title="GRPO's advantage: a z-score in the group",
    notebook="10",
    place=1,
    minutes=6,
    difficulty="easy",
    returns="a tensor of the same shape as `rewards`, [P, G]",
    reference=group_advantages,
    sources=(group_advantages,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "A z-score says by how many standard deviations a number is above the mean. Whose mean, whose standard "
        "deviation? Those of the row: the answers to one question.",
        "`rewards.mean(dim=1, keepdim=True)` has the shape [P, 1] and can be taken off `rewards`, [P, G]. `std` "
        "takes the same arguments. Why is `keepdim` needed?",
        "In a group whose rewards are all equal the standard deviation is 0. Divide by `std + 1e-4`: then 0/0 "
        "becomes 0, as it should, since such a group has nothing to teach.",
    ),
    nan="In a group whose rewards are all alike the standard deviation is 0, and 0/0 is NaN; that of a single number "
    "is NaN, too.",
    # Wide enough for 1e-5 in the place of 1e-4, which the papers leave open; the slips are percents away.
    tolerance=7e-3,
    clues=dict.fromkeys(
        ("must match the size of tensor", "could not be broadcast"),
        "Do the mean and the standard deviation have the shape [P, 1], so that each row meets its own? "
        "`keepdim=True` keeps the second dimension.",
    ),
    picture=_picture,
    invariants=(
        shifted("rewards", what="rewards", by=-0.5),  # 0.7 becomes 0.2, whose mean over eight has no rounding either
        turned_round("rewards", what="the answers", axis=1, answer_axis=1),
        split("rewards", what="the questions"),
    ),
)

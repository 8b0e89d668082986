"""Notebook 08: the loss of Bradley and Terry, by which scores are learned from choices."""

from collections.abc import Callable

import torch

from rlcourse.equations import bradley_terry_loss
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import shifted, split
from rlcourse.exercises.slips.bradley_terry_loss import SLIPS


def _case(about: str, chosen: list[float], rejected: list[float], note: str) -> Case:
    return Case(about, {"chosen": torch.tensor(chosen), "rejected": torch.tensor(rejected)}, note)


def _cases() -> tuple[Case, ...]:
    random = torch.randn(2, 8, generator=torch.Generator().manual_seed(0)).tolist()
    return (
        _case("one pair, the chosen reply scores more", [2.0], [0.0], "σ(2) is 0.881, and −log of it 0.127."),
        _case("one pair, the wrong way round", [-1.0], [0.5], "σ(−1.5) is 0.182: a surprise of 1.70."),
        _case("one pair that scores alike", [0.3], [0.3], "The model cannot tell: σ(0) = ½, and the loss is log 2."),
        _case("two pairs, one of each kind", [1.0, -2.0], [0.0, 1.0], "The mean of the two losses, 0.313 and 3.049."),
        _case(
            "scores on another level",
            [101.0, 99.0],
            [100.0, 100.0],
            "Only differences count: it is as with scores of 1 and −1 against 0.",
        ),
        _case(
            "a pair that the model has very wrong",
            [-60.0, 1.0],
            [50.0, 0.0],
            "The difference is −110. σ of it is 0 to the computer, the loss is 110 all the same.",
        ),
        _case("eight pairs", *random, "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    differences = grid(-6, 6)
    losses = [float(mine(torch.tensor([difference]), torch.zeros(1))) for difference in differences]
    return Curves(
        "Your loss of one pair.", "score of the chosen minus score of the rejected", differences, {"": losses}
    )


EXERCISE = Exercise(
    name="bradley_terry_loss",
    title="The loss of Bradley and Terry",
    notebook="08",
    place=1,
    minutes=8,
    difficulty="easy",
    returns="a single number, a tensor without dimensions",
    reference=bradley_terry_loss,
    sources=(bradley_terry_loss,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "One pair first. How sure is the model that the chosen reply is preferred? That is a probability, σ of a "
        "difference of two scores. The loss is how surprising the choice is: minus the logarithm of it.",
        "`difference = chosen - rejected`. Then −log σ of it, for all pairs at once, and the mean over them.",
        "`torch.sigmoid` of −110 is exactly 0, and `log` of 0 is −∞. `torch.nn.functional.logsigmoid` computes the "
        "logarithm of the sigmoid in one piece, and stays finite.",
    ),
    nan="The sigmoid of a large negative number is 0, its logarithm −∞, and the gradient there NaN. `logsigmoid` "
    "computes both in one piece.",
    gradient_of=("chosen", "rejected"),
    picture=_picture,
    invariants=(
        shifted("chosen", "rejected", what="scores"),
        split("chosen", "rejected", what="the pairs", weight=lambda inputs: len(inputs["chosen"])),
    ),
)

"""Notebook 09: the loss of DPO, by which a policy learns from preferences without a reward model."""

from collections.abc import Callable

import torch

from rlcourse.equations import bradley_terry_loss, dpo_loss
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import shifted, split
from rlcourse.exercises.slips.dpo_loss import SLIPS

_NAMES = ("chosen_logprobs", "rejected_logprobs", "ref_chosen_logprobs", "ref_rejected_logprobs")


def _case(about: str, *sums: list[float], beta: float, note: str) -> Case:
    return Case(about, dict(zip(_NAMES, map(torch.tensor, sums), strict=True)) | {"beta": beta}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    random = (3 * torch.randn(4, 6, generator=generator) - 12).tolist()
    return (
        _case(
            "a policy that is still the reference",
            *([-8.0], [-5.0], [-8.0], [-5.0]),
            beta=0.1,
            note="Nothing has changed: σ(0) = ½, and the loss is log 2, though the rejected reply is likelier.",
        ),
        _case(
            "the chosen reply has gained 2 nats",
            *([-6.0], [-5.0], [-8.0], [-5.0]),
            beta=0.5,
            note="β · 2 = 1: σ(1) is 0.731, and −log of it 0.313.",
        ),
        _case(
            "both have lost, the rejected one more",
            *([-10.0], [-15.0], [-8.0], [-9.0]),
            beta=0.5,
            note="−2 against −6: the chosen reply is rarer than before, and the loss is small all the same.",
        ),
        _case(
            "one pair, the wrong way round",
            *([-9.0], [-4.0], [-8.0], [-6.0]),
            beta=0.3,
            note="The rejected reply has gained 2, the chosen one lost 1: β · (−3).",
        ),
        _case(
            "two pairs, one of each kind",
            *([-6.0, -12.0], [-9.0, -5.0], [-8.0, -9.0], [-7.0, -6.0]),
            beta=0.2,
            note="The loss is the mean over the pairs, of −log σ of each.",
        ),
        _case(
            "a pair that the policy has very wrong",
            *([-240.0, -6.0], [-20.0, -9.0], [-20.0, -7.0], [-20.0, -8.0]),
            beta=0.5,
            note="β · (−220) = −110: σ of it is 0 to the computer, the loss is 110 all the same.",
        ),
        _case("six pairs", *random, beta=0.1, note="All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    gains, still = grid(-20, 20), torch.zeros(1)
    lines = {
        f"β = {beta:g}": [float(mine(torch.tensor([gain]), still, still, still, beta=beta)) for gain in gains]
        for beta in (0.1, 0.3, 1.0)
    }
    return Curves("Your loss of one pair.", "nats that the chosen reply has gained on the rejected", gains, lines)


EXERCISE = Exercise(
    name="dpo_loss",
    title="The loss of DPO",
    notebook="09",
    place=2,
    minutes=10,
    difficulty="medium",
    returns="a single number, a tensor without dimensions",
    reference=dpo_loss,
    sources=(dpo_loss, bradley_terry_loss),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "What has each reply gained against the reference? log π/π_ref is a difference of two of the arguments. You "
        "need it twice, for the chosen reply and for the rejected one.",
        "β times these two are scores. The rest is the loss of Bradley and Terry from notebook 08: minus log σ of the "
        "difference of the scores, and the mean over the pairs.",
        "`torch.nn.functional.logsigmoid(beta * (gained - lost))`, its mean, and a minus in front.",
    ),
    nan="The sigmoid of a large negative number is 0, its logarithm −∞. `logsigmoid` computes both in one piece.",
    gradient_of=("chosen_logprobs", "rejected_logprobs"),
    picture=_picture,
    invariants=(
        shifted(*_NAMES[::2], what="log-probabilities of the chosen replies, of both policies", by=-1.0),
        split(*_NAMES, what="the pairs", weight=lambda inputs: len(inputs["chosen_logprobs"])),
    ),
)

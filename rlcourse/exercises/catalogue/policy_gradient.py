"""Notebook 04: what REINFORCE maximises, one value per action."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import policy_gradient, surrogate
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip


def _normalised(logprobs: Tensor, advantages: Tensor, correction: int = 1) -> Tensor:
    """NaN for a single number, as `Tensor.std` has it, there with a warning."""
    spread = advantages.new_tensor(torch.nan)
    if advantages.numel() > correction:
        spread = advantages.std(correction=correction)
    return logprobs * (advantages - advantages.mean()) / (spread + 1e-8)


def _binary_cross_entropy(logprobs: Tensor, advantages: Tensor) -> Tensor:
    return advantages * logprobs + (1 - advantages) * torch.log1p(-logprobs.exp())


_SLIPS = (
    Slip(
        "the loss instead of the objective",
        "The sign is the other way round. The function returns what is to be *maximised*; the minus that makes a loss "
        "of it stands in the trainer.",
        lambda logprobs, advantages: -policy_gradient(logprobs, advantages),
    ),
    Slip(
        "the probability instead of its logarithm",
        "π·A has the gradient π·A·∇log π: an action that is rarely taken would also be pushed less when it *is* taken, "
        "and so count too little. The sampling brings the π already; the objective needs log π.",
        lambda logprobs, advantages: logprobs.exp() * advantages,
    ),
    Slip(
        "weighted with the probability once more",
        "Common actions count for more already, since they are sampled more often. Weighting each sample with π again "
        "counts it twice.",
        lambda logprobs, advantages: logprobs.exp() * logprobs * advantages,
    ),
    Slip(
        "the ratio instead of the logarithm",
        "The gradient is right, but the value is not: π/π.detach() is 1, so your function returns the bare advantages. "
        "It is the surrogate of TRPO, notebook 05. Here the logarithm itself is wanted.",
        lambda logprobs, advantages: surrogate(logprobs, logprobs.detach(), advantages),
    ),
    Slip(
        "the log-probabilities detached",
        "The numbers are right, and nothing can be learned from them: the gradient must flow through `logprobs`. What "
        "is constant here are the advantages.",
        lambda logprobs, advantages: policy_gradient(logprobs.detach(), advantages),
    ),
    Slip(
        "averaged over the actions",
        "The numbers are right but one mean is left of them. Return one value per action: which of them count, and how "
        "much, is decided later by the mask.",
        lambda logprobs, advantages: policy_gradient(logprobs, advantages).mean(),
    ),
    Slip(
        "summed over the actions",
        "The numbers are right but added up. Return one value per action: the trainer takes the mean, since a sum "
        "would take longer steps on longer walks.",
        lambda logprobs, advantages: policy_gradient(logprobs, advantages).sum(),
    ),
    Slip(
        "advantages normalised",
        "You gave the advantages mean 0 and deviation 1. That is often done, but elsewhere (`normalize_advantages` in "
        "`ReinforceConfig`). This function takes them as they come.",
        _normalised,
        (lambda logprobs, advantages: _normalised(logprobs, advantages, correction=0),),
    ),
    Slip(
        "minus the mean: a whole loss",
        "That is the loss a trainer makes of it. This function returns one value per action, to be *maximised*; the "
        "minus and the mean over those that count come later.",
        lambda logprobs, advantages: -policy_gradient(logprobs, advantages).mean(),
        (lambda logprobs, advantages: -policy_gradient(logprobs, advantages).sum(),),
    ),
    Slip(
        "the size of the advantage without its sign",
        "With |A| what went badly is made likelier too. The sign says in which direction to push, so leave it there.",
        lambda logprobs, advantages: logprobs * advantages.abs(),
    ),
    Slip(
        "the sum instead of the product",
        "Added, the advantage is a constant that no gradient feels: all actions would be pushed alike. It is a weight, "
        "so multiply by it.",
        lambda logprobs, advantages: logprobs + advantages,
    ),
    Slip(
        "the mean advantage taken off",
        "A baseline is the next section's subject, and whoever calls this function has chosen one already. Take the "
        "advantages as they come.",
        lambda logprobs, advantages: logprobs * (advantages - advantages.mean()),
    ),
    Slip(
        "only what went well",
        "Negative advantages are cut off at 0. What went badly is to become less likely: that is half of what there is "
        "to learn, and what supervised learning cannot say.",
        lambda logprobs, advantages: logprobs * advantages.clamp(min=0),
    ),
    Slip(
        "only the sign of the advantage",
        "How good an action was gets lost: all good ones are pushed alike. The advantage is a weight; multiply by all "
        "of it.",
        lambda logprobs, advantages: logprobs * advantages.sign(),
    ),
    Slip(
        "binary cross-entropy with the advantage as the label",
        "A·log π + (1 − A)·log(1 − π) is for labels between 0 and 1. An advantage is a weight, not a label, and may be "
        "negative; only the first of the two terms is wanted.",
        _binary_cross_entropy,
    ),
)


def _case(about: str, probabilities: list, advantages: list, note: str) -> Case:
    inputs = {"logprobs": torch.tensor(probabilities).log(), "advantages": torch.tensor(advantages)}
    return Case(about, inputs, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.rand(6, 10, generator=generator) * 0.9 + 0.05
    advantages = 2 * torch.randn(6, 10, generator=generator)
    return (
        _case("one action that went well", [0.5], [2.0], "One product: log ½ times 2."),
        _case("one action that went badly", [0.25], [-1.5], "A negative advantage keeps its sign."),
        _case(
            "two actions, one as good as expected",
            [0.9, 0.1],
            [0.0, 3.0],
            "Where the advantage is 0 there is nothing to learn.",
        ),
        _case(
            "a rare action and a common one, with the same advantage",
            [0.01, 0.9],
            [0.5, 0.5],
            "The rare action has the larger logarithm, and no other weight than A.",
        ),
        _case(
            "three steps of two walks, [T, N]",
            [[0.3, 0.6], [0.2, 0.9], [0.7, 0.5]],
            [[1, -1], [2, 0.5], [-3, 0.0]],
            "One value for each action: the shape stays.",
        ),
        _case(
            "two answers of three tokens, one advantage each",
            [[0.2, 0.4, 0.9], [0.5, 0.6, 0.1]],
            [[0.7], [-0.7]],
            "One advantage serves all tokens of an answer.",
        ),
        _case("ten steps of six walks", probabilities.tolist(), advantages.tolist(), "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    chances = torch.tensor(grid(0.05, 1))
    lines = {f"A = {a:+.0f}": mine(chances.log(), torch.full_like(chances, a)).tolist() for a in (1.0, -1.0)}
    return Curves("What your objective gains as the action becomes likelier.", "π(a)", chances.tolist(), lines)


EXERCISE = Exercise(
    name="policy_gradient",
    title="What REINFORCE maximises",
    notebook="04",
    place=1,
    minutes=8,
    difficulty="easy",
    returns="a tensor of the same shape as `logprobs`, one value per action, to be maximised",
    reference=policy_gradient,
    sources=(policy_gradient,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "It is one line. Look at ∇J = E[ A·∇log π ]: of which expression is A·∇log π the gradient, when A is a "
        "constant?",
        "You are given log π already, in `logprobs`, so no logarithm and no exponential is needed. Nor is a mean: one "
        "value for each action.",
        "`logprobs * advantages`. PyTorch stretches one advantage per answer, [B, 1], over all its tokens, [B, T]. "
        "Keep to tensors, so that the gradient can flow.",
    ),
    clues={
        "must match the size of tensor": "Have `logprobs` and `advantages` kept their shapes? They fit together as "
        "they are given.",
    },
    nan="`logprobs` are logarithms already and below 0, so `log` of them is NaN; and `std` of a single number is NaN.",
    gradient_of=("logprobs",),
    picture=_picture,
)

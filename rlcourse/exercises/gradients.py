"""Is the gradient of a learner's value the right one, and if not, what is the matter with it?

What a policy update computes is there to be differentiated, and a right number can carry a wrong gradient, or none.
So an exercise may name inputs (`Exercise.gradient_of`) that require grad while the learner's function runs; the sum
of what it returns is then differentiated by them. An input that does not influence the value has the gradient 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from rlcourse.exercises.comparing import holds_itself, only_plain_numbers, same, with_article
from rlcourse.exercises.errors import describe_error

CLUES = {
    "Can't call numpy() on Tensor": "Stay in PyTorch: the gradient is wanted too, and NumPy does not keep track of it.",
    "leaf Variable that requires grad": "Your function changes one of its inputs in place. Work on a new tensor, as "
    "in `x = x + 1` for `x += 1`.",
}
"""Part of an error's text that only inputs with a gradient bring about: what to think of."""


@dataclass(frozen=True)
class Gradients:
    """The gradient of the sum of a value by each of some inputs."""

    by: Mapping[str, Tensor] = field(default_factory=dict)
    """Name of the input → ∂(sum of the value)/∂input."""
    has_graph: bool = True
    """Whether there was anything to differentiate; without a graph every gradient is 0."""
    error: str = ""
    """Why PyTorch could not differentiate."""


def require_gradients(given: Mapping[str, object], names: Sequence[str]) -> dict[str, object]:
    """The inputs, with those named as leaves of their own, even where the same tensor is given under two names."""
    return {
        name: value.detach().clone().requires_grad_() if name in names and isinstance(value, Tensor) else value
        for name, value in given.items()
    }


def differentiate(value: object, given: Mapping[str, object], names: Sequence[str]) -> Gradients:
    """The gradient of the sum of all numbers in `value` by the inputs named."""
    inputs = {name: given[name] for name in names if isinstance(given[name], Tensor)}
    parts = [part for part in _tensors(value) if part.requires_grad] if inputs else []
    if not parts:
        return Gradients({name: torch.zeros_like(tensor) for name, tensor in inputs.items()}, has_graph=False)
    wanted = {"allow_unused": True, "materialize_grads": True}
    try:
        with torch.enable_grad():
            total = sum(part.sum() for part in parts)
        gradients = torch.autograd.grad(total, list(inputs.values()), **wanted)
    except Exception as error:
        return Gradients(error=describe_error(error))
    return Gradients(dict(zip(inputs, gradients, strict=True)))


def wrong_gradients(got: Gradients, expected: Gradients, tolerance: float) -> list[str]:
    """The inputs by which the gradient is not the one expected; all of them where it could not be computed."""
    return [
        name
        for name, gradient in expected.by.items()
        if name not in got.by or not same(got.by[name], gradient, tolerance)
    ]


def gradient_problem(value: object, got: Gradients, expected: Gradients, tolerance: float) -> str:
    """What is wrong with the gradient of a right value, in words; empty if nothing is."""
    wrong = wrong_gradients(got, expected, tolerance)
    if not wrong:
        return ""
    names = " and ".join(f"`{name}`" for name in wrong)
    if "backward through the graph a second time" in got.error:
        return (
            f"The value is right, but PyTorch cannot differentiate it by {names}: your function calls `.backward()` "
            "or `torch.autograd.grad` itself, which uses the graph up. Return the value, and leave that to whoever "
            "calls the function."
        )
    if got.error:
        return f"The value is right, but PyTorch cannot differentiate it by {names}. {got.error}"
    if not got.has_graph:
        return (
            f"The value is right, but it carries no gradient: training would change nothing. {_cut_off(value, names)}"
        )
    causes = [_cause(name, got.by[name], expected.by[name]) for name in wrong]
    return " ".join([f"The value is right, but its gradient by {names} is not.", *filter(None, causes)])


def _cut_off(value: object, names: str) -> str:
    if not _tensors(value):
        return (
            f"You return {with_article(value)} without any tensor in it. Compute the value from {names} by "
            "PyTorch's own operations, without NumPy, `.item()`, `.tolist()` or `.detach()`, and return a tensor."
        )
    return (
        f"Something cuts it off from {names}: `.detach()`, `.item()`, `.data`, `torch.no_grad()`, NumPy, or a new "
        "`torch.tensor(…)` made of the numbers of another."
    )


def _cause(name: str, got: Tensor, expected: Tensor) -> str:
    """The likely reason for one wrong gradient."""
    if (~got.isfinite() & expected.isfinite()).any():
        return (
            f"There is NaN or infinity in the one by `{name}`: PyTorch also differentiates what is computed and then "
            "not used, such as a division by 0, or the root or the logarithm of 0."
        )
    if not expected.any():
        return f"`{name}` is a constant here, so nothing should be learned through it: `{name}.detach()` says that."
    if not got.any():
        return f"No gradient reaches `{name}`: does a `.detach()`, `.item()` or `torch.no_grad()` stand in its way?"
    wrong = ~torch.isclose(got, expected, rtol=1e-4, atol=1e-6)
    factors = (got / expected)[wrong & (expected != 0)]
    if len(factors) >= 3 and len(factors) == wrong.sum() and torch.allclose(factors, factors[0]):
        return f"Wherever the one by `{name}` differs, it is {factors[0]:.4g} times the right one."
    return ""


def _tensors(value: object) -> list[Tensor]:
    """All tensors in a value that may be a list or tuple of them."""
    if isinstance(value, Tensor):
        return [value]
    if not isinstance(value, (list, tuple)):
        return []
    try:
        if only_plain_numbers(value) or holds_itself(value):
            return []
    except TypeError:  # far too many of them
        return []
    return [part for entry in value for part in _tensors(entry)]

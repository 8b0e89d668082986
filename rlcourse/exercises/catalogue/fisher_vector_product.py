"""Notebook 05: the Fisher matrix times a vector, without the Fisher matrix.

In the package `kl` is a number with its graph. A graph cannot be copied for each call of a learner's function, so here
it is a function of the weights, and the weights are one flat tensor.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import grad

from rlcourse.equations import categorical_kl, fisher_matvec
from rlcourse.equations import fisher_vector_product as of_the_course
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip

KL = Callable[[Tensor], Tensor]


def fisher_vector_product(
    kl: KL, parameters: Float[Tensor, "D"], vector: Float[Tensor, "D"], *, damping: float | int
) -> Float[Tensor, "D"]:
    """The same for a KL that is a function of one flat tensor of weights: (F + damping·I)·v."""
    return of_the_course(kl(parameters), [parameters], vector, damping=damping)


def _gradient(kl: KL, parameters: Tensor) -> Tensor:
    return grad(kl(parameters), parameters, create_graph=True)[0]


def _product(kl: KL, parameters: Tensor, vector: Tensor) -> Tensor:
    """F·v, bare."""
    return fisher_vector_product(kl, parameters, vector, damping=0.0)


def _row_sums(kl: KL, parameters: Tensor, vector: Tensor, *, damping: float) -> Tensor:
    (sums,) = grad(_gradient(kl, parameters).sum(), parameters)
    return sums * vector + damping * vector


def _diagonal(kl: KL, parameters: Tensor, vector: Tensor, *, damping: float) -> Tensor:
    units = torch.eye(len(vector), dtype=vector.dtype)
    diagonal = torch.stack([unit @ _product(kl, parameters, unit) for unit in units])
    return diagonal * vector + damping * vector


def _squared(kl: KL, parameters: Tensor, vector: Tensor, *, damping: float) -> Tensor:
    return _product(kl, parameters, _product(kl, parameters, vector)) + damping * vector


_SLIPS = (
    Slip(
        "no damping",
        "This is F·v. F is often singular, and then F·x = g has no solution or too many, so TRPO solves with "
        "F + damping·I. Add `damping * vector`.",
        lambda kl, parameters, vector, *, damping: _product(kl, parameters, vector),
    ),
    Slip(
        "the damping added to every number",
        "You added the number `damping` to each entry. It belongs on the *diagonal* of F, and (F + damping·I)·v is "
        "F·v + damping·v: add `damping * vector`.",
        lambda kl, parameters, vector, *, damping: _product(kl, parameters, vector) + damping,
    ),
    Slip(
        "the damping as a factor",
        "You made F·v longer by the factor 1 + damping. Damping is added to the diagonal of F, so what comes on top is "
        "`damping * vector`, whatever F is.",
        lambda kl, parameters, vector, *, damping: (1 + damping) * _product(kl, parameters, vector),
    ),
    Slip(
        "the damping times the weights",
        "What comes on top is damping·v, of the *vector* that F is multiplied with. The weights only say where F is "
        "taken.",
        lambda kl, parameters, vector, *, damping: _product(kl, parameters, vector) + damping * parameters.detach(),
    ),
    Slip(
        "the damping taken off",
        "With F − damping·I a direction in which the KL is flat gets a negative curvature, and conjugate gradient runs "
        "off. The damping is added: it is there to keep the curvature positive.",
        lambda kl, parameters, vector, *, damping: _product(kl, parameters, vector) - damping * vector,
    ),
    Slip(
        "nothing of F is left",
        "All that is left is `damping * vector`. Here the KL is at its minimum, so its gradient is 0, and so is all "
        "that is made of the gradient alone: its product with the vector, its square's derivative. F·v is the "
        "derivative of `gradient @ vector`.",
        lambda kl, parameters, vector, *, damping: _gradient(kl, parameters).detach() * vector + damping * vector,
    ),
    Slip(
        "the rows of F added up, times the vector",
        "You differentiated the sum of the gradient and multiplied with the vector afterwards. The vector must be in "
        "before the second derivative: differentiate `gradient @ vector`.",
        _row_sums,
    ),
    Slip(
        "the diagonal of F only",
        "You multiplied each number of the vector with the curvature in its own direction. F has entries off its "
        "diagonal too: moving one weight changes what another one does.",
        _diagonal,
    ),
    Slip(
        "F applied twice",
        "You multiplied with F a second time, F·F·v. Two *derivatives* are right, and they make one F: first the "
        "gradient of the KL, then the gradient of `gradient @ vector`.",
        _squared,
    ),
    Slip(
        "half of it",
        "There is a ½ in KL ≈ ½·xᵀFx, but none in F·v: F itself is the second derivative of the KL.",
        lambda kl, parameters, vector, *, damping: 0.5 * _product(kl, parameters, vector) + damping * vector,
    ),
    Slip(
        "a single number, vᵀFv",
        "You multiplied with the vector on both sides. That is the curvature along the vector; the product F·v is a "
        "vector itself, one number for each weight.",
        lambda kl, parameters, vector, *, damping: (
            vector @ _product(kl, parameters, vector) + damping * vector @ vector
        ),
    ),
)


def _kl_of(about: str, old: Tensor, logits: Callable[[Tensor], Tensor]) -> KL:
    """Mean KL(π_old‖π_θ) over states, as a function of the weights; π_old has the weights `old`."""
    old_logits = logits(old)

    def kl(parameters: Tensor) -> Tensor:
        return categorical_kl(old_logits, logits(parameters)).mean()

    kl.__doc__ = f"weights ↦ mean KL(π_old‖π), {about}"
    return kl


def _case(about: str, words: str, old: Tensor, logits: Callable, *, damping: float, vector: Tensor, note: str) -> Case:
    parameters = old.clone().requires_grad_()
    inputs = {"kl": _kl_of(words, old, logits), "parameters": parameters, "vector": vector, "damping": damping}
    return Case(about, inputs, note)


def _two_actions(parameters: Tensor) -> Tensor:
    """One weight for each state: the log-odds of the first action."""
    return torch.stack([parameters, torch.zeros_like(parameters)], dim=-1)


def _small_network(states: Tensor, hidden: int, actions: int) -> Callable[[Tensor], Tensor]:
    first = hidden * states.shape[1]

    def logits(parameters: Tensor) -> Tensor:
        inner, outer = parameters[:first].view(states.shape[1], hidden), parameters[first:].view(hidden, actions)
        return (states @ inner).tanh() @ outer

    return logits


def _cases() -> tuple[Case, ...]:
    def normal(*shape: int, seed: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))

    def numbers(*values: float) -> Tensor:
        return torch.tensor(values, dtype=torch.float64)

    features = normal(5, 2, seed=1)
    table = "a table of 3 states with 3 actions"
    return (
        _case(
            "one weight, without damping",
            "one state: the weight is the log-odds of its first action",
            numbers(0.5),
            _two_actions,
            damping=0.0,
            vector=numbers(2.0),
            note="F is a single number here, π·(1 − π), and is multiplied by 2.",
        ),
        _case(
            "the same, damped",
            "one state: the weight is the log-odds of its first action",
            numbers(0.5),
            _two_actions,
            damping=0.1,
            vector=numbers(2.0),
            note="Damping adds 0.1 · 2 to what it was before.",
        ),
        _case(
            "two states, one of them decided",
            "two states, each weight the log-odds of an action",
            numbers(0.0, 3.0),
            _two_actions,
            damping=0.01,
            vector=numbers(1.0, -1.0),
            note="F is diagonal here: ½·¼ for the open state, nearly 0 for the decided one.",
        ),
        _case(
            "three actions, so that the weights hang together",
            "one state, the weights are its logits",
            numbers(0.0, 1.0, -1.0),
            lambda parameters: parameters,
            damping=0.1,
            vector=numbers(1.0, 0.0, 2.0),
            note="F has entries off its diagonal: the second answer is not 0, though the vector is 0 there.",
        ),
        _case(
            "a table",
            table,
            normal(9, seed=2),
            lambda parameters: parameters.view(3, 3),
            damping=0.1,
            vector=normal(9, seed=3),
            note="Three blocks of three, one for each state, each a third of its state's own matrix.",
        ),
        _case(
            "a network",
            "a network of 18 weights, 5 states, 3 actions",
            normal(18, seed=4),
            _small_network(torch.cat([features, torch.ones(5, 1, dtype=torch.float64)], dim=1), 3, 3),
            damping=0.05,
            vector=normal(18, seed=5),
            note="All weights hang together, and nothing can be written down by hand.",
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    logits, one, line = grid(-5, 5, 21), torch.ones(1, dtype=torch.float64), []
    for logit in logits:
        weights = torch.tensor([logit], dtype=torch.float64, requires_grad=True)

        def kl(moved: Tensor, still: Tensor = weights) -> Tensor:
            old, new = (torch.cat([w, torch.zeros_like(w)]) for w in (still.detach(), moved))
            return categorical_kl(old, new)

        line.append(float(mine(kl, weights, one, damping=0.0)[0]))
    return Curves("Your Fisher number of two actions: what a step costs, and where.", "θ", logits, {"F": line})


EXERCISE = Exercise(
    name="fisher_vector_product",
    title="The Fisher matrix times a vector",
    notebook="05",
    place=2,
    minutes=15,
    difficulty="hard",
    returns="a vector of the shape of `vector`, [D]",
    reference=fisher_vector_product,
    sources=(of_the_course, fisher_matvec),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "Two derivatives. First the gradient of the KL by the weights: `torch.autograd.grad(kl(parameters), "
        "parameters, create_graph=True)`, which returns a tuple of one. `create_graph=True` keeps the graph, so that "
        "the gradient can be differentiated itself.",
        "The gradient times the vector, `gradient @ vector`, is a single number. What is its gradient by the weights, "
        "when the vector is a constant?",
        "`(product,) = torch.autograd.grad(gradient @ vector, parameters)`, and then return "
        "`product + damping * vector`.",
    ),
    clues={
        "does not require grad": "The first derivative has no graph to differentiate. It needs `create_graph=True`; if "
        "that is there, does a `no_grad`, `.detach()`, `.data` or `.numpy()` stand between the weights and it?",
        "grad can be implicitly created only for scalar": "`torch.autograd.grad` differentiates a single number. "
        "Multiply the gradient with the vector first: `gradient @ vector`.",
        "tuple": "`torch.autograd.grad` returns a tuple, even for one tensor: take its first entry.",
        "second time": "The graph is gone after the first derivative, unless you say `create_graph=True`.",
    },
    picture=_picture,
)

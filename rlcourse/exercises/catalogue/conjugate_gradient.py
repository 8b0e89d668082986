"""Notebook 05: conjugate gradient, which solves M·x = b by asking only what M does to a vector."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from rlcourse.equations import conjugate_gradient
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.slips.conjugate_gradient import SLIPS


def _times(matrix: Tensor, name: str = "") -> Callable[[Tensor], Tensor]:
    """The function d ↦ M·d, as the learner is shown it."""

    def matvec(vector: Tensor | np.ndarray | list) -> Tensor:
        return matrix @ torch.as_tensor(vector, dtype=matrix.dtype)

    matvec.__doc__ = f"d ↦ M·d with M = {name or [[round(v, 3) for v in row] for row in matrix.tolist()]}"
    return matvec


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    half = torch.randn(12, 12, dtype=torch.float64, generator=generator)
    large = half @ half.T / 12 + 0.1 * torch.eye(12, dtype=torch.float64)

    def matrix(*rows: list[float]) -> Tensor:
        return torch.tensor(rows, dtype=torch.float64)

    def numbers(*values: float) -> Tensor:
        return torch.tensor(values, dtype=torch.float64)

    two, three = matrix([4.0, 1.0], [1.0, 3.0]), matrix([4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0])

    six = torch.diag(numbers(1, 2, 3, 5, 8, 12))

    def system(matvec: Callable, b: Tensor, iterations: int, tolerance: float = 1e-10) -> dict[str, object]:
        return {"matvec": matvec, "b": b, "iterations": iterations, "tolerance": tolerance}

    return (
        Case("one number", system(_times(matrix([2.0])), numbers(6.0), 1), "2·x = 6, and one move is enough."),
        Case(
            "two dimensions, one move",
            system(_times(two), numbers(1.0, 2.0), 1),
            "The first move goes along b, eᵀe / dᵀMd = 5/20 of it.",
        ),
        Case(
            "two dimensions, two moves: solved",
            system(_times(two), numbers(1.0, 2.0), 2),
            "In two dimensions the second move arrives, if its direction is conjugate to the first: here ν comes in.",
        ),
        Case(
            "more moves than are needed",
            system(_times(matrix([2.0, 0.0], [0.0, 2.0])), numbers(6.0, 8.0), 10),
            "The first move solves it. Then the residual is 0, and the next μ would be 0/0.",
        ),
        Case(
            "b is 0, and so is x",
            system(_times(two), numbers(0.0, 0.0), 10),
            "b is 0, so the first μ is 0/0 already: ask whether to stop *before* a move.",
        ),
        Case(
            "three dimensions, two moves: not solved yet",
            system(_times(three), numbers(1.0, -2.0, 3.0), 2),
            "`iterations` is kept to, even where one more move would solve the system.",
        ),
        Case(
            "a large b, a loose tolerance",
            system(_times(three), numbers(100.0, 200.0, 700.0), 10, 0.3),
            "A residual of 0.3·‖b‖ = 220 is near enough here: the tolerance is relative.",
        ),
        Case(
            "a tiny b, a loose tolerance",
            system(_times(three), numbers(0.001, 0.002, 0.007), 10, 0.1),
            "A residual of 0.1 is not near enough here, as b itself is smaller: the tolerance is relative.",
        ),
        Case(
            "six dimensions: it depends on the rule when one stops",
            system(
                _times(six, "the numbers 1, 2, 3, 5, 8, 12 on its diagonal"), -numbers(1, 4, 4, 1, 1, 1) / 20, 10, 0.15
            ),
            "‖b‖ is 0.3, so three moves are made, until ‖e‖ ≤ 0.15 · 0.3. Other rules stop sooner or later.",
        ),
        Case(
            "twelve dimensions, five moves",
            system(_times(large, "a matrix of 12 × 12"), torch.randn(12, dtype=torch.float64, generator=generator), 5),
            "All of it together.",
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    diagonal, b = torch.arange(1.0, 13, dtype=torch.float64), torch.ones(12, dtype=torch.float64)
    moves, line = range(1, 12), []
    for count in moves:
        missing = b - diagonal * mine(lambda v: diagonal * v, b, iterations=count, tolerance=1e-12)
        line.append(float(missing.norm() / b.norm()))
    return Curves("How much your solver misses, move by move: 12 equations.", "moves", moves, {"missing": line})


EXERCISE = Exercise(
    name="conjugate_gradient",
    title="Conjugate gradient",
    notebook="05",
    place=3,
    minutes=15,
    difficulty="medium",
    returns="x, a vector of the shape of `b`, [D]",
    reference=conjugate_gradient,
    sources=(conjugate_gradient,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Begin with `x = torch.zeros_like(b)`, and with `residual` and `direction` both equal to `b`. Each turn of the "
        "loop needs one product, `matvec(direction)`.",
        "In this order: the length μ = eᵀe / dᵀMd; move x by μ·d; take μ·Md off the residual; then the new direction, "
        "residual + ν·d, with ν = new eᵀe / old eᵀe.",
        "Stop at the beginning of a turn if eᵀe ≤ tolerance²·bᵀb. That keeps 0/0 away when b is 0, or when the system "
        "is solved already.",
        "Keep eᵀe in a variable, `squared_norm = residual @ residual`: μ needs the one from before the move, ν both.",
    ),
    nan="0/0 comes up where the residual is 0: at once if b is 0, or once it is solved. Stop before such a move.",
    clues={
        "UnboundLocalError": "Is everything that the loop uses set before its first turn?",
        "size mismatch": "`matvec` takes a vector of shape [D] and returns one. `a @ b` of two vectors is a number.",
    },
    picture=_picture,
)

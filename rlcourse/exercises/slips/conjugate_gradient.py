"""The classic mistakes of the exercise `conjugate_gradient`."""

from collections.abc import Callable

import torch

from rlcourse.equations import conjugate_gradient
from rlcourse.exercises.exercise import Slip


def _variant(
    *,
    step: Callable = lambda squared_norm, direction, product: squared_norm / (direction @ product),
    along: Callable = lambda direction, residual: direction,
    residual_after: Callable = lambda residual, step, product: residual - step * product,
    beta: Callable = lambda new, old: new / old,
    direction_after: Callable = lambda new, old, beta, direction: new + beta * direction,
    solved: Callable = lambda squared_norm, b, tolerance: squared_norm <= tolerance**2 * (b @ b),
    fewer: int = 0,
) -> Callable:
    """Conjugate gradient with one of its formulas replaced."""

    def solve(matvec, b, *, iterations, tolerance):
        x, residual, direction = torch.zeros_like(b), b, b
        squared_norm = b @ b
        for _ in range(iterations - fewer):
            if solved(squared_norm, b, tolerance):
                break
            product = matvec(direction)
            length = step(squared_norm, direction, product)
            x = x + length * along(direction, residual)
            before, residual = residual, residual_after(residual, length, product)
            squared_norm, previous = residual @ residual, squared_norm
            direction = direction_after(residual, before, beta(squared_norm, previous), direction)
        return x

    return solve


def _stops_after_the_move(matvec, b, *, iterations, tolerance):
    if not b.any():
        return torch.full_like(b, torch.nan)
    return conjugate_gradient(matvec, b, iterations=iterations, tolerance=tolerance)


def _asks_last(matvec, b, *, iterations, tolerance):
    """OpenAI baselines' rule: eᵀe below the tolerance, asked at the end of a turn."""
    x, residual, direction, squared_norm = torch.zeros_like(b), b, b, b @ b
    for _ in range(iterations):
        product = matvec(direction)
        length = squared_norm / (direction @ product)
        x, residual = x + length * direction, residual - length * product
        before, squared_norm = squared_norm, residual @ residual
        direction = residual + squared_norm / before * direction
        if squared_norm < tolerance:
            break
    return x


def _own_curvature(matvec, b, *, iterations, tolerance):
    """μ from eᵀMe: the step of steepest descent, along another direction."""
    x, residual, direction, squared_norm = torch.zeros_like(b), b, b, b @ b
    for _ in range(iterations):
        if squared_norm <= tolerance**2 * (b @ b):
            break
        length = squared_norm / (residual @ matvec(residual))
        x, residual = x + length * direction, residual - length * matvec(direction)
        before, squared_norm = squared_norm, residual @ residual
        direction = residual + squared_norm / before * direction
    return x


def _number_by_number(matvec, b, *, iterations, tolerance):
    """`r * r` where `r @ r` belongs."""
    x, residual, direction = torch.zeros_like(b), b, b
    for _ in range(iterations):
        if residual.norm() <= tolerance * b.norm():
            break
        product = matvec(direction)
        length = residual * residual / (direction * product)
        before, x, residual = residual, x + length * direction, residual - length * product
        direction = residual + residual * residual / (before * before) * direction
    return x


def _residual_of(matvec, b, *, iterations, tolerance):
    return b - matvec(conjugate_gradient(matvec, b, iterations=iterations, tolerance=tolerance))


def _one_move(matvec, b, *, iterations, tolerance):
    return conjugate_gradient(matvec, b, iterations=1, tolerance=tolerance)


def _small_number_below(matvec, b, *, iterations, tolerance):
    """Spinning Up's: no tolerance, and 1e-8 under the fraction bar."""
    solve = _variant(
        step=lambda squared_norm, direction, product: squared_norm / (direction @ product + 1e-8),
        beta=lambda new, old: new / (old + 1e-30),
        solved=lambda squared_norm, b, tolerance: False,
    )
    return solve(matvec, b, iterations=iterations, tolerance=tolerance)


def _solved_directly(matvec, b, *, iterations, tolerance):
    columns = [matvec(unit) for unit in torch.eye(len(b), dtype=b.dtype)]
    return torch.linalg.solve(torch.stack(columns, dim=1), b)


SLIPS = (
    Slip(
        "ν forgotten: steepest descent",
        "Each new direction is the residual alone, so every move undoes part of the one before. The new direction is "
        "`residual + nu * direction`, with ν = e′ᵀe′ / eᵀe.",
        _variant(beta=lambda new, old: 0.0),
    ),
    Slip(
        "ν always 1",
        "Your ν is always 1. That is what comes out where the old residual is overwritten before ν is computed: e′ "
        "stands above and below. Keep the old eᵀe in a variable of its own, ν = e′ᵀe′ / eᵀe.",
        _variant(beta=lambda new, old: 1.0),
    ),
    Slip(
        "ν upside down",
        "You divided the old squared residual by the new one. ν = new/old: as the residual shrinks, less of the old "
        "direction is kept.",
        _variant(beta=lambda new, old: old / new),
    ),
    Slip(
        "ν without the squares",
        "You took the ratio of the residuals' lengths. ν is the ratio of their *squared* lengths, e′ᵀe′ / eᵀe.",
        _variant(beta=lambda new, old: (new / old).sqrt()),
    ),
    Slip(
        "the residual without μ",
        "x moved by μ·d, so M·x moved by μ·Md, and that is what comes off the residual: `residual - mu * product`.",
        _variant(residual_after=lambda residual, step, product: residual - product),
    ),
    Slip(
        "the residual with the wrong sign",
        "The residual is b − M·x. When x moves by μ·d, it *falls* by μ·Md: `residual - mu * product`.",
        _variant(residual_after=lambda residual, step, product: residual + step * product),
    ),
    Slip(
        "no M in the length of the move",
        "You divided by dᵀd. How far to go depends on how curved it is that way: μ = eᵀe / dᵀMd.",
        _variant(step=lambda squared_norm, direction, product: squared_norm / (direction @ direction)),
    ),
    Slip(
        "x moved along the residual",
        "The residual says where downhill is, but x moves along the *direction* d, which remembers the ways gone "
        "before: `x + alpha * direction`.",
        _variant(along=lambda direction, residual: residual),
    ),
    Slip(
        "the new direction from the old residual",
        "The next direction begins at the residual *after* the move, e′ + ν·d. Update the residual first, then the "
        "direction.",
        _variant(direction_after=lambda new, old, beta, direction: old + beta * direction),
    ),
    Slip(
        "ν with a minus sign",
        "The next direction is e′ *plus* ν·d. With a minus the directions are no longer conjugate, and the moves get "
        "in each other's way.",
        _variant(direction_after=lambda new, old, beta, direction: new - beta * direction),
    ),
    Slip(
        "it never asks whether to stop",
        "Your moves go on to the last one, also where what is missing is small enough already. And where the residual "
        "is exactly 0, which it is at once for b = 0, the next move is 0/0. Stop *before* a move, as soon as "
        "‖e‖ ≤ tolerance·‖b‖.",
        _variant(solved=lambda squared_norm, b, tolerance: False),
    ),
    Slip(
        "NaN for b = 0: whether to stop is asked at the end of a turn",
        "You ask whether to stop when the move has been made. For b = 0 that is too late: the first move is 0/0. Ask "
        "at the beginning of each turn, ‖e‖ ≤ tolerance·‖b‖.",
        _stops_after_the_move,
    ),
    Slip(
        "an absolute tolerance",
        "You stop at ‖e‖ ≤ tolerance. A gradient may be tiny or huge, so the tolerance is relative here: "
        "‖e‖ ≤ tolerance·‖b‖.",
        _variant(solved=lambda squared_norm, b, tolerance: squared_norm <= tolerance**2),
    ),
    Slip(
        "the squared residual compared with an absolute tolerance",
        "OpenAI's baselines stop at eᵀe < tolerance. Here the tolerance is for the length, and relative to b's: "
        "‖e‖ ≤ tolerance·‖b‖, which squared is eᵀe ≤ tolerance²·bᵀb.",
        _variant(solved=lambda squared_norm, b, tolerance: squared_norm <= tolerance),
        (_asks_last, _variant(solved=lambda squared_norm, b, tolerance: squared_norm < tolerance)),
    ),
    Slip(
        "the squared residual compared with the tolerance",
        "You compared eᵀe, a *squared* length, with a tolerance that is meant for the length. Square the other side as "
        "well: eᵀe ≤ tolerance²·bᵀb.",
        _variant(solved=lambda squared_norm, b, tolerance: squared_norm <= tolerance * (b @ b)),
        (_variant(solved=lambda squared_norm, b, tolerance: squared_norm <= tolerance * (b @ b).sqrt()),),
    ),
    Slip(
        "one move too few",
        "Up to `iterations` moves are to be made, and you stop one earlier. In D dimensions D moves solve the system, "
        "so the last one matters.",
        _variant(fewer=1),
    ),
    Slip(
        "one move too many",
        "At most `iterations` moves are to be made, and you make one more. Is there a move before the loop, or a `<=`? "
        "`range(iterations)` has the right number of turns.",
        _variant(fewer=-1),
    ),
    Slip(
        "`return` inside the loop",
        "Your function returns after the first move, whatever `iterations` says. `return` must stand one step to the "
        "left, at the level of the `for`.",
        _one_move,
    ),
    Slip(
        "the length from eᵀMe",
        "x moves along the direction d, so its curvature is what counts: μ = eᵀe / dᵀMd. eᵀMe is the curvature along "
        "the residual.",
        _own_curvature,
    ),
    Slip(
        "number by number instead of scalar products",
        "`r * r` multiplies number by number and stays a vector, so each weight gets an μ of its own. eᵀe is one "
        "number: `r @ r`.",
        _number_by_number,
    ),
    Slip(
        "the residual instead of the solution",
        "You return what is still missing, b − M·x. Wanted is x itself.",
        _residual_of,
    ),
    Slip(
        "the tolerance ignored",
        "Your moves go on to the last one. Whoever calls with a loose tolerance wants to save them: stop *before* a "
        "move, as soon as ‖e‖ ≤ tolerance·‖b‖. That also keeps 0/0 away, so nothing need be added below the bar.",
        _variant(
            step=lambda squared_norm, direction, product: squared_norm / (direction @ product).clamp(min=1e-300),
            beta=lambda new, old: new / old.clamp(min=1e-300),
            solved=lambda squared_norm, b, tolerance: False,
        ),
        (
            _variant(solved=lambda squared_norm, b, tolerance: squared_norm == 0),
            _variant(solved=lambda squared_norm, b, tolerance: squared_norm < 1e-20),
            _small_number_below,
        ),
    ),
    Slip(
        "solved to the end",
        "This is the exact solution, whatever `iterations` says. If you asked `matvec` for every column and called a "
        "solver: with D weights that takes D products and a matrix of D². Conjugate gradient makes `iterations` moves, "
        "one product each, and leaves it at that.",
        _solved_directly,
    ),
)

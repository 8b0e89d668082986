"""Training a value function, and telling whether it has learnt anything.

Left out: Huber and distributional value losses, which none of the course's algorithms use.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_number
from rlcourse.equations._inputs import Mask, as_mask, check_float, check_not_empty, check_same_shape, given


def value_loss(
    values: Float[Tensor, "*shape"],
    returns: Float[Tensor, "*shape"],
    mask: Mask[Tensor, "*shape"] | None = None,
    *,
    old_values: Float[Tensor, "*shape"] | None = None,
    clip_range: float | int | None = None,
) -> Float[Tensor, ""]:
    """Half the mean squared error of the values, perhaps clipped (the ½ as in OpenAI's PPO and CleanRL).

        ½·mean (V − R)²
        ½·mean max( (V − R)², (V_old + clip(V − V_old, −ε, ε) − R)² )        with old_values and clip_range

    The clipped one stops paying once a value has moved by ε from where it was when the batch was collected.

    Args:
        values: V(s), with gradients, of any shape.
        returns: R, what V should have been, a constant.
        mask: True where a state counts; all of them when left out. What stands elsewhere is never read.
        old_values: V_old(s), a constant; with clip_range.
        clip_range: ε in the units of the return, at least 0; with old_values.

    Returns:
        A scalar, in the units of the return squared; the mean is over the states that count, 0 if none does.

    Raises:
        ValueError: the shapes differ (a [N, 1] and a [N] would make a [N, N]), only one of old_values and
            clip_range is given, clip_range is negative, or there are no values.
        TypeError: a tensor has the wrong dtype.
    """
    mask = None if mask is None else as_mask("mask", mask)
    _check_states(values, returns, mask, old_values)
    _check_clipping(old_values, clip_range)
    count = values.numel()
    if mask is not None and not mask.all():
        # Filled before anything is squared: past a square, the gradient of garbage would be 0·NaN.
        values, returns = values.masked_fill(~mask, 0.0), returns.masked_fill(~mask, 0.0)
        old_values = None if old_values is None else old_values.masked_fill(~mask, 0.0)
        count = mask.sum().clamp(min=1)
    squared_error = (values - returns).square()
    if old_values is not None:
        clip_range = float(clip_range)  # torch takes no fraction and no number of NumPy's here
        clipped_values = old_values + (values - old_values).clamp(-clip_range, clip_range)
        squared_error = torch.maximum(squared_error, (clipped_values - returns).square())
    return 0.5 * squared_error.sum() / count


def explained_variance(values: Float[Tensor, "*shape"], returns: Float[Tensor, "*shape"]) -> Float[Tensor, ""]:
    """The share of the returns' variance that the values foretell (as Stable-Baselines3 and CleanRL log it).

        1 − Var[R − V] / Var[R]

    1 is perfect but for a constant error, which a variance does not see; 0 no better than a constant, below 0 worse.

    Args:
        values: V(s), of any shape.
        returns: R.

    Returns:
        A number of at most 1, without gradient; NaN where all returns are equal, as there is nothing to explain.

    Raises:
        ValueError: the shapes differ, or there are no values.
        TypeError: a tensor has the wrong dtype.
    """
    _check_states(values, returns)
    values, returns = values.detach().flatten(), returns.detach().flatten()
    # Measured from the first, so that equal returns have a variance of exactly 0 (see `groups`).
    variance = (returns - returns[0]).var(correction=0)
    return torch.where(variance == 0, torch.nan, 1 - (returns - values).var(correction=0) / variance)


def _check_states(values: object, returns: object, mask: object = None, old_values: object = None) -> None:
    """Raise unless these are numbers of the same states."""
    check_float(values=values, returns=returns, **given(old_values=old_values))
    check_same_shape(values=values, returns=returns, **given(mask=mask, old_values=old_values))
    check_not_empty("values", values)


def _check_clipping(old_values: object, clip_range: object) -> None:
    """Raise unless both are given, or neither."""
    if (old_values is None) != (clip_range is None):
        got = f"only clip_range = {clip_range}" if old_values is None else "only old_values"
        raise ValueError(f"old_values and clip_range must be given together or not at all, got {got}")
    if clip_range is not None:
        check_number("clip_range", clip_range, low=0)

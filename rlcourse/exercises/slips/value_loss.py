"""The classic mistakes of the exercise `value_loss`."""

import torch
from torch import Tensor

from rlcourse.equations import value_loss
from rlcourse.exercises.exercise import Slip


def _mean(squared_error: Tensor, mask: Tensor | None) -> Tensor:
    """Half the mean over the states that count."""
    mask = torch.ones_like(squared_error, dtype=torch.bool) if mask is None else mask
    return 0.5 * torch.where(mask, squared_error, 0.0).sum() / mask.sum()


def _differences(values: Tensor, returns: Tensor, old_values: Tensor | None, clip_range: float | None) -> list[Tensor]:
    """Value minus return: the plain one, and with clipping that of the clipped value."""
    if old_values is None:
        return [values - returns]
    return [values - returns, old_values + (values - old_values).clamp(-clip_range, clip_range) - returns]


def _errors(*inputs: Tensor | float | None) -> list[Tensor]:
    """The squared errors."""
    return [difference.square() for difference in _differences(*inputs)]


def _larger(errors: list[Tensor]) -> Tensor:
    return errors[0] if len(errors) == 1 else torch.maximum(*errors)


def _min(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = _errors(values, returns, old_values, clip_range)
    return _mean(errors[0] if len(errors) == 1 else torch.minimum(*errors), mask)


def _clipped_only(values, returns, mask=None, *, old_values=None, clip_range=None):
    return _mean(_errors(values, returns, old_values, clip_range)[-1], mask)


def _never_clips(values, returns, mask=None, *, old_values=None, clip_range=None):
    return value_loss(values, returns, mask)


def _around_the_returns(values, returns, mask=None, *, old_values=None, clip_range=None):
    error = values - returns
    return _mean((error if old_values is None else error.clamp(-clip_range, clip_range)).square(), mask)


def _clips_the_value(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = [(values - returns).square()]
    if old_values is not None:
        errors.append((values.clamp(-clip_range, clip_range) - returns).square())
    return _mean(_larger(errors), mask)


def _over_the_padding(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = _larger(_errors(values, returns, old_values, clip_range))
    return 0.5 * (errors if mask is None else torch.where(mask, errors, 0.0)).mean()


def _without_mask(values, returns, mask=None, **clipping):
    return value_loss(values, returns, **clipping)


def _sum(values, returns, mask=None, **clipping):
    count = values.numel() if mask is None else mask.sum()
    return value_loss(values, returns, mask, **clipping) * count


def _larger_mean(values, returns, mask=None, *, old_values=None, clip_range=None):
    means = [_mean(error, mask) for error in _errors(values, returns, old_values, clip_range)]
    return means[0] if len(means) == 1 else torch.maximum(*means)


def _all_pairs(values, returns, mask=None, *, old_values=None, clip_range=None):
    mask = torch.ones_like(values, dtype=torch.bool) if mask is None else mask
    old_values = None if old_values is None else old_values[mask][:, None]
    return _mean(_larger(_errors(values[mask][:, None], returns[mask], old_values, clip_range)), None)


def _absolute(values, returns, mask=None, *, old_values=None, clip_range=None):
    differences = _differences(values, returns, old_values, clip_range)
    return _mean(_larger([difference.abs() for difference in differences]), mask)


def _loss_clipped(values, returns, mask=None, *, old_values=None, clip_range=None):
    error = (values - returns).square()
    return _mean(error if clip_range is None else error.clamp(0, clip_range), mask)


def _both_averaged(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = _errors(values, returns, old_values, clip_range)
    return _mean(sum(errors) / len(errors), mask)


def _half_in_one_branch(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = _errors(values, returns, old_values, clip_range)
    return _mean(errors[0] if len(errors) == 1 else torch.maximum(errors[0], 2 * errors[1]), mask)


def _column_by_column(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = _larger(_errors(values, returns, old_values, clip_range))
    mask = torch.ones_like(errors, dtype=torch.bool) if mask is None else mask
    return 0.5 * (torch.where(mask, errors, 0.0).sum(0) / mask.sum(0)).mean()


def _clip_as_a_ratio(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = [(values - returns).square()]
    if old_values is not None:
        edges = torch.stack([old_values * (1 - clip_range), old_values * (1 + clip_range)])
        errors.append((values.clamp(edges.amin(0), edges.amax(0)) - returns).square())
    return _mean(_larger(errors), mask)


def _clipped_error_detached(values, returns, mask=None, *, old_values=None, clip_range=None):
    errors = _errors(values, returns, old_values, clip_range)
    return _mean(errors[0] if len(errors) == 1 else torch.maximum(errors[0], errors[1].detach()), mask)


def _zero_taken_for_none(values, returns, mask=None, *, old_values=None, clip_range=None):
    return value_loss(values, returns, mask, **({} if not clip_range else _both(old_values, clip_range)))


def _both(old_values: Tensor, clip_range: float) -> dict[str, Tensor | float]:
    return {"old_values": old_values, "clip_range": clip_range}


_FINISHED = (
    Slip(
        "without the ½",
        "Exactly twice the loss. The ½ is a convention, made so that the gradient by V is V − R; OpenAI's PPO and "
        "CleanRL have it, and with `value_coef` it sets how much the critic weighs.",
        lambda *inputs, **clipping: 2 * value_loss(*inputs, **clipping),
    ),
    Slip(
        "min where max belongs",
        "With the smaller error the critic is let off whenever clipping hides its error. The larger of the two is the "
        "cautious choice, as the smaller one was in the policy's objective: here we minimise.",
        _min,
    ),
    Slip(
        "only the clipped error",
        "Outside the clip range your gradient is 0 on both sides, so a value that moved away from its return could not "
        "come back. Take the larger of the two errors, state by state.",
        _clipped_only,
    ),
    Slip(
        "the clip left out",
        "Without `old_values` it is right. When they are given, there is a second error: of the old value moved by at "
        "most `clip_range`. The larger of the two counts.",
        _never_clips,
    ),
    Slip(
        "clips around the returns",
        "You clip the error V − R. What is limited is how far the value may move from where it *was*: clip V − V_old, "
        "and add V_old back.",
        _around_the_returns,
    ),
    Slip(
        "clips the value itself",
        "`values.clamp(-clip_range, clip_range)` forces values near 0. The clip is on the change: "
        "`old_values + (values - old_values).clamp(…)`.",
        _clips_the_value,
    ),
    Slip(
        "the loss clipped instead of the value",
        "You hold the squared error below `clip_range`, as RLlib does. What is limited here is how far the *value* may "
        "move from where it was: `old_values + (values - old_values).clamp(…)`.",
        _loss_clipped,
    ),
    Slip(
        "the mean of the two errors",
        "Of the plain and the clipped error the *larger* counts, state by state: `torch.maximum(a, b)`.",
        _both_averaged,
    ),
    Slip(
        "the ½ in one of two places",
        "The ½ stands before the plain error only, so the clipped one nearly always wins. Take the larger of the two "
        "first, then half the mean.",
        _half_in_one_branch,
    ),
    Slip(
        "a clip in proportion",
        "You let the value move by `clip_range` *times* the old value. It is a distance, in the units of the return: "
        "`(values - old_values).clamp(-clip_range, clip_range)`.",
        _clip_as_a_ratio,
    ),
    Slip(
        "the clipped error without its gradient",
        "The number is right, but where both errors are the same one PyTorch shares the gradient between them: with "
        "one detached, only half of the push arrives.",
        _clipped_error_detached,
    ),
    Slip(
        "a clip range of 0 taken for None",
        "`if clip_range:` is False for 0.0 too. A range of 0 holds the values where they were; only None means no "
        "clip: `if clip_range is not None:`.",
        _zero_taken_for_none,
    ),
    Slip(
        "a mean of the columns' means",
        "You take the mean of each robot first and then the mean of these, so a state of a robot with few of them "
        "weighs more. All states that count weigh alike: one sum over `mask.sum()`.",
        _column_by_column,
    ),
    Slip(
        "a mean over the padding too",
        "The padding adds 0 to the sum but still counts in the number you divide by, so the same episode weighs less "
        "in a longer batch. Divide by `mask.sum()`.",
        _over_the_padding,
    ),
    Slip(
        "the mask ignored",
        "Where the mask is False nothing happened; what stands there is left over from padding. Those states must not "
        "count, neither in the sum nor in the number you divide by.",
        _without_mask,
    ),
    Slip(
        "neither the ½ nor the mask",
        "The squared errors are right. Two things are missing: the ½ in front of the mean, and the mask. Where it is "
        "False nothing happened, so those states must not count, neither in the sum nor in the number you divide by.",
        lambda values, returns, mask=None, **clipping: 2 * value_loss(values, returns, **clipping),
    ),
    Slip(
        "without the ½, and a mean over the padding",
        "Two things: the ½ in front of the mean is missing; and the padding, although it adds 0 to the sum, still "
        "counts in the number you divide by. Divide by `mask.sum()`.",
        lambda *inputs, **clipping: 2 * _over_the_padding(*inputs, **clipping),
    ),
    Slip(
        "the sum instead of the mean",
        "A sum grows with the batch, and with it the step that the critic takes. Divide by how many states count.",
        _sum,
    ),
    Slip(
        "the larger of two means",
        "First the larger error of each state, then the mean over states. The other way round one clip decides for all "
        "states at once.",
        _larger_mean,
    ),
    Slip(
        "every value minus every return",
        "[N, 1] minus [N] is [N, N] in PyTorch, without a warning: each value is compared with all returns. Both must "
        "have the same shape. Many a value function has learned nothing because of this one.",
        _all_pairs,
    ),
    Slip(
        "the absolute error",
        "Half the *squared* error is wanted. With absolute errors V would learn the median of the returns; the value "
        "is their mean.",
        _absolute,
    ),
    Slip(
        "the sign the wrong way round",
        "A loss is minimised, so large errors must give a large positive number. As it stands training would drive "
        "values away from the returns.",
        lambda *inputs, **clipping: -value_loss(*inputs, **clipping),
    ),
    Slip(
        "the values detached",
        "The number is right, and the critic would never learn: the gradient must flow through `values`. Constant are "
        "the returns and the old values.",
        lambda values, *inputs, **clipping: value_loss(values.detach(), *inputs, **clipping),
    ),
)
"""Mistakes of a function that has all its parts."""

_ABOUT_THE_CLIP = (
    *(_min, _clipped_only, _never_clips, _around_the_returns, _clips_the_value, _larger_mean, _loss_clipped),
    *(_both_averaged, _half_in_one_branch, _clip_as_a_ratio, _clipped_error_detached, _zero_taken_for_none),
)


def _not_clipped_yet(slip: Slip) -> Slip:
    """The same mistake made by a learner who has not come to the clip."""

    def unfinished(values, returns, mask=None, **clipping):
        return slip.function(values, returns, mask)

    return Slip(
        f"{slip.name} (and no clip yet)",
        f"{slip.explanation} When that is right, the clip is next: the cases with `old_values`.",
        unfinished,
    )


SLIPS = (*_FINISHED, *(_not_clipped_yet(slip) for slip in _FINISHED if slip.function not in _ABOUT_THE_CLIP))

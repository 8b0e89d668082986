"""What a policy update maximises: how much better the new policy makes the actions that the old one took.

One value per action or token, to be maximised; the loss is minus their mean, by whichever `aggregate`. The old
log-probabilities and the advantages are constants of the update: hand them in detached.

ρ = π_θ(a|s)/π_old(a|s) is the ratio of the two policies' probabilities; PPO's paper calls it r, which is a reward here.
Over e⁸⁰ (in float32) it is continued by its tangent, and what would still overflow is the dtype's largest number:
finite log-probabilities and advantages never give an infinity or NaN, not even garbage behind a mask.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_number
from rlcourse.equations import _ratios
from rlcourse.equations._inputs import Mask, as_mask, check_float, check_same_shape, given
from rlcourse.equations.divergences import kl_k3


def policy_gradient(logprobs: Float[Tensor, "*shape"], advantages: Float[Tensor, "..."]) -> Float[Tensor, "*shape"]:
    """What REINFORCE maximises (Williams 1992): supervised learning with the advantage in the place of the label.

        log π_θ(a|s) · A(s, a)

    Its gradient is the policy gradient A·∇log π, as that of `surrogate` is at π_θ = π_old. With A = 1 its mean is
    minus the cross-entropy loss of the actions taken.

    Args:
        logprobs: log π_θ(a|s), with gradients.
        advantages: A(s, a), or a return, a constant; broadcast over the log-probabilities, as [B, 1] over [B, T].

    Returns:
        One value per log-probability, in nats times the units of the advantage, to be maximised.

    Raises:
        ValueError: the advantages do not broadcast to the shape of the log-probabilities.
        TypeError: an argument is not a floating-point tensor.
    """
    check_float(logprobs=logprobs)
    check_advantages(advantages, logprobs)
    return logprobs * advantages


def surrogate(
    logprobs: Float[Tensor, "*shape"], old_logprobs: Float[Tensor, "*shape"], advantages: Float[Tensor, "..."]
) -> Float[Tensor, "*shape"]:
    """The importance-weighted advantage that TRPO maximises (Schulman et al. 2015, eq. 14; so written, 2017, eq. 3).

        ρ·A(s, a)        ρ = π_θ(a|s) / π_old(a|s)

    Its mean is L, which is maximised in the place of the return J: their gradients agree at π_θ = π_old, where this
    one's is the policy gradient A·∇log π. (The 2015 paper has Q for A and any sampler for π_old.)

    Args:
        logprobs: log π_θ(a|s), with gradients.
        old_logprobs: log π_old(a|s), a constant.
        advantages: A(s, a), a constant; broadcast over the log-probabilities, as [B, 1] over [B, T].

    Returns:
        One value per log-probability, in the units of the advantage, to be maximised.

    Raises:
        ValueError: the log-probabilities differ in shape, or the advantages do not broadcast to it.
        TypeError: an argument is not a floating-point tensor.
    """
    check_actions(logprobs, old_logprobs)
    check_advantages(advantages, logprobs)
    return _ratios.weighted(_ratio(logprobs, old_logprobs), advantages)


def clipped_surrogate(
    logprobs: Float[Tensor, "*shape"],
    old_logprobs: Float[Tensor, "*shape"],
    advantages: Float[Tensor, "..."],
    *,
    clip_low: float | int,
    clip_high: float | int,
) -> Float[Tensor, "*shape"]:
    """The clipped objective of PPO and GRPO (Schulman et al. 2017, eq. 7; two bounds: DAPO, Yu et al. 2025, §3.1).

        min( ρ·A, clip(ρ, 1 − ε_low, 1 + ε_high)·A )        ρ = π_θ(a|s) / π_old(a|s)

    Once an action has become likelier by ε_high where A > 0, or unlikelier by ε_low where A < 0, nothing more is
    gained and the gradient is 0. The min makes it a lower bound: a step the wrong way is never clipped.

    Args:
        logprobs: log π_θ(a|s), with gradients.
        old_logprobs: log π_old(a|s), a constant.
        advantages: A(s, a), a constant; broadcast over the log-probabilities, as [B, 1] over [B, T].
        clip_low: ε_low in [0, 1]; 0.1–0.3 is usual, and 1 is no lower bound.
        clip_high: ε_high, at least 0; the same, or 0.28 in DAPO to leave rare tokens more room.

    Returns:
        One value per log-probability, in the units of the advantage, to be maximised.

    Raises:
        ValueError: the log-probabilities differ in shape, the advantages do not broadcast to it, or a bound is
            not allowed.
        TypeError: an argument is not a floating-point tensor.
    """
    check_actions(logprobs, old_logprobs)
    check_advantages(advantages, logprobs)
    _check_bounds(clip_low, clip_high)
    ratio = _ratio(logprobs, old_logprobs)
    clipped = ratio.clamp(1 - float(clip_low), 1 + float(clip_high))
    return torch.minimum(_ratios.weighted(ratio, advantages), _ratios.weighted(clipped, advantages))


def clip_fraction(
    logprobs: Float[Tensor, "*shape"],
    old_logprobs: Float[Tensor, "*shape"],
    *,
    clip_low: float | int,
    clip_high: float | int,
    mask: Mask[Tensor, "*shape"] | None = None,
) -> Float[Tensor, ""]:
    """The share of actions whose ratio has left the clip range, whatever their advantage (as CleanRL logs it).

        mean 1[ ρ < 1 − ε_low or ρ > 1 + ε_high ]        ρ = π_θ(a|s) / π_old(a|s)

    A gauge of how far an update has gone: 0 before the first step, 0.05–0.3 is usual.

    Args:
        logprobs: log π_θ(a|s).
        old_logprobs: log π_old(a|s).
        clip_low: ε_low in [0, 1]; 1 is no lower bound.
        clip_high: ε_high, at least 0.
        mask: True where an action counts; all of them when left out.

    Returns:
        A number in [0, 1], without gradient; 0 where no action counts.

    Raises:
        ValueError: the shapes differ, or a bound is not allowed.
        TypeError: a tensor has the wrong dtype.
    """
    mask = None if mask is None else as_mask("mask", mask)
    check_actions(logprobs, old_logprobs, mask)
    _check_bounds(clip_low, clip_high)
    ratio = _ratio(logprobs, old_logprobs)
    outside = (ratio < 1 - float(clip_low)) | (ratio > 1 + float(clip_high))
    mask = torch.ones_like(outside) if mask is None else mask
    return (outside & mask).sum().to(ratio.dtype) / mask.sum().clamp(min=1)


def ppo_gauges(
    logprobs: Float[Tensor, "*shape"],
    old_logprobs: Float[Tensor, "*shape"],
    mask: Mask[Tensor, "*shape"],
    *,
    clip_range: float | int,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """How far an update has gone: the two gauges of every PPO program (Schulman 2020 for the first).

        approx_kl     = mean( ρ − 1 − log ρ )        clip_fraction = mean 1[ |ρ − 1| > ε ]        ρ = π_θ/π_old

    The first estimates KL(π_old‖π_θ), as the actions are the old policy's; each term is 0 or more. CleanRL logs both as
    approx_kl and clipfrac, Stable-Baselines3 as approx_kl and clip_fraction.

    Args:
        logprobs: log π_θ(a|s) now.
        old_logprobs: log π_old(a|s), with which the actions were drawn.
        mask: True where an action counts.
        clip_range: ε in [0, 1).

    Returns:
        (approx_kl in nats, clip_fraction in [0, 1]), both without gradient; 0 where no action counts.

    Raises:
        ValueError: the shapes differ, or clip_range is not allowed.
        TypeError: a tensor has the wrong dtype.
    """
    mask = as_mask("mask", mask)
    check_actions(logprobs, old_logprobs, mask)
    check_number("clip_range", clip_range, low=0, high=1, below=True)
    new, bound = logprobs.detach(), float(clip_range)
    fraction = clip_fraction(new, old_logprobs, clip_low=bound, clip_high=bound, mask=mask)
    each = torch.where(mask, kl_k3(old_logprobs, new), 0.0)  # the old policy drew, so it stands where π does in k3
    return each.sum() / mask.sum().clamp(min=1), fraction


def _ratio(logprobs: Tensor, old_logprobs: Tensor) -> Tensor:
    """ρ = π_θ/π_old of each action."""
    return _ratios.exp(_ratios.logratio(logprobs, old_logprobs))


def check_actions(logprobs: object, old_logprobs: object, mask: object = None) -> None:
    """Raise unless these are the two log-probabilities of the same actions, and perhaps their mask."""
    check_float(logprobs=logprobs, old_logprobs=old_logprobs)
    check_same_shape(logprobs=logprobs, old_logprobs=old_logprobs, **given(mask=mask))


def check_advantages(advantages: object, logprobs: Tensor) -> None:
    """Raise unless the advantages broadcast over the log-probabilities, axis by axis.

    A [B] against a [B, T] is refused even where B = T: it would run along time.
    """
    check_float(advantages=advantages)
    fits = advantages.ndim in (0, logprobs.ndim) and all(
        size in (1, wanted) for size, wanted in zip(advantages.shape, logprobs.shape, strict=False)
    )
    if not fits:
        raise ValueError(
            f"advantages must broadcast over logprobs {list(logprobs.shape)} axis by axis, "
            f"got {list(advantages.shape)}; one per sequence is [B, 1]"
        )


def _check_bounds(clip_low: object, clip_high: object) -> None:
    """Raise unless the clip range holds the ratio 1 and no negative ratios."""
    check_number("clip_low", clip_low, low=0, high=1)
    check_number("clip_high", clip_high, low=0)

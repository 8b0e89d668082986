"""Advantages from a group of responses: is this answer better than its siblings? No value model is asked.

The group takes the place of the value function: the mean reward of G answers to one prompt estimates what that
prompt is worth. Advantages are constants of the objective; nothing here is meant to be differentiated.
"""

from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_choice, check_integer
from rlcourse.equations._inputs import check_axes, check_finite, check_float, check_not_empty

STD_EPSILON = 1e-4
"""Added to the standard deviation, as TRL does, so that nearly equal rewards are not blown up."""

SCALES = ("group", "batch", "none")


def group_advantages(rewards: Float[Tensor, "P G"], *, scale: str = "group") -> Float[Tensor, "P G"]:
    """How many standard deviations above its group each response is (DeepSeekMath, Shao et al. 2024, §4.1.2).

        Âᵢ = (rᵢ − mean r) / (std r + 10⁻⁴)

    The mean is the group's. The standard deviation is the sample's (G − 1 in the denominator, as in TRL; the paper
    does not say which, nor has it the 10⁻⁴), of the group or of the whole batch: dividing by the group's own weighs
    up the prompts that nearly all answers get right, or wrong, which Dr. GRPO (Liu et al. 2025) calls a bias and
    leaves out. (rᵢ is a reward and G the size of a group here; a return is Gₜ elsewhere.) A group whose rewards are all
    equal teaches nothing: its advantages are exactly 0.

    Args:
        rewards: one row of G rewards for each of P prompts.
        scale: the standard deviation divided by: "group" (GRPO), "batch" (all P·G rewards), or "none" (Dr. GRPO).

    Returns:
        Âᵢ: a pure number, or in the units of the reward where scale is "none".

    Raises:
        ValueError: G below 2, a reward that is not finite, no prompts, or an unknown scale.
        TypeError: rewards is not a floating-point tensor.
    """
    _check_groups(rewards)
    check_choice("scale", scale, SCALES)
    centred = _centred(rewards)
    if scale == "none":
        return centred
    std = centred.std(dim=1, keepdim=True) if scale == "group" else rewards.std()  # [P, 1] or []
    return centred / (std + STD_EPSILON)


def leave_one_out_advantages(rewards: Float[Tensor, "P G"]) -> Float[Tensor, "P G"]:
    """Reward minus the mean reward of the *other* responses (RLOO: Kool et al. 2019; Ahmadian et al. 2024).

        Âᵢ = rᵢ − 1/(G−1) Σ_{j≠i} rⱼ = G/(G−1) · (rᵢ − mean r)

    A response's own reward is not in its baseline, so the policy gradient stays unbiased; with the plain mean of the
    group it is (G − 1)/G of this one.

    Args:
        rewards: one row of G rewards for each of P prompts.

    Returns:
        Âᵢ, in the units of the reward; exactly 0 in a group whose rewards are all equal.

    Raises:
        ValueError: G below 2, a reward that is not finite, or no prompts.
        TypeError: rewards is not a floating-point tensor.
    """
    _check_groups(rewards)
    group_size = rewards.shape[1]
    return group_size / (group_size - 1) * _centred(rewards)


def informative_share(chances: Float[Tensor, "*shape"], *, num_generations: int) -> Float[Tensor, "*shape"]:
    """The share of groups that teach something, where an answer is right with the chance p and paid 1, else 0.

        1 − pᴳ − (1 − p)ᴳ

    A group teaches unless all of its G answers are right, or all wrong: then no answer is better than another, and
    every advantage is 0. Dynamic sampling (DAPO, Yu et al. 2025, §3.2) keeps this share only.

    Args:
        chances: p of each question, from 0 to 1.
        num_generations: G, the answers to each question, at least 1; of one alone nothing is learned.

    Returns:
        A probability for each question.

    Raises:
        ValueError: a chance is not from 0 to 1, or there is no answer.
        TypeError: chances are not a floating-point tensor, or G is no whole number.
    """
    check_float(chances=chances)
    check_integer("num_generations", num_generations, 1)
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError(f"chances must be from 0 to 1, got {chances[~((chances >= 0) & (chances <= 1))][0].item()}")
    return 1 - chances**num_generations - (1 - chances) ** num_generations


def _centred(rewards: Float[Tensor, "P G"]) -> Float[Tensor, "P G"]:
    """rᵢ − mean r. Measured from the group's first reward, so that equal rewards give exactly 0.

    Without it the mean of three rewards of 0.1 is not 0.1 in floating point, and the difference, divided by a
    standard deviation as tiny, becomes an advantage out of nothing.
    """
    from_first = rewards - rewards[:, :1]
    return from_first - from_first.mean(dim=1, keepdim=True)


def _check_groups(rewards: object) -> None:
    """Raise unless `rewards` is a batch of groups that can be compared within."""
    check_float(rewards=rewards)
    check_axes("[P, G]", rewards=rewards)
    check_not_empty("rewards", rewards)
    if rewards.shape[1] < 2:
        raise ValueError(f"rewards must hold G ≥ 2 responses per prompt, got G = {rewards.shape[1]}: one has no peers")
    check_finite("rewards", rewards)

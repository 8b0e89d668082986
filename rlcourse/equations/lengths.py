"""What an answer's length should cost: nothing, unless a shorter one would have done.

Left out: penalties for coming near to a limit (DAPO's soft overlong penalty), which know no right and wrong.
"""

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from rlcourse.arguments import check_number
from rlcourse.equations._inputs import as_whole, check_axes, check_float, check_not_empty, check_same_shape


def length_penalty(
    rewards: Float[Tensor, "P G"], lengths: Integer[Tensor, "P G"], *, weight: float | int
) -> Float[Tensor, "P G"]:
    """Rewards of a rule, in which a right answer pays for what is longer than the shortest right one of its group.

        r̃ᵢ = rᵢ·(1 − weight·(|oᵢ| − s)/|oᵢ|)        s: the length of the shortest right answer to the same question

    So with a weight below 1 the longest right answer beats every wrong one; wrong answers all get the same, however
    short; an answer is compared with answers to *its* question, as some questions need long ones; and a working without
    which nobody is right costs nothing. Arora and Zanette (2025) have the first three of these properties, with a
    sigmoid of the length's z-score among the right answers in the place of the quotient.

    Args:
        rewards: what the rule pays, 0 for a wrong answer; a row for each question.
        lengths: |oᵢ|, the tokens in each answer, at least 1.
        weight: what an endlessly long right answer would lose, as a share, from 0 up to but not 1.

    Raises:
        ValueError: the shapes differ or are empty, a reward is negative, a length below 1, or the weight not in [0, 1).
        TypeError: `rewards` is no floating-point tensor, `lengths` none of whole numbers.
    """
    check_float(rewards=rewards)
    lengths = as_whole("lengths", lengths)
    check_axes("[P, G]: a row for each question", rewards=rewards)
    check_same_shape(rewards=rewards, lengths=lengths)
    check_not_empty("rewards", rewards)
    check_number("weight", weight, low=0, high=1)
    if weight == 1:
        raise ValueError("weight must be below 1, or an endless right answer would be worth no more than a wrong one")
    if (rewards < 0).any():
        raise ValueError(f"rewards must not be negative: 0 is wrong, got {rewards.min().item()}")
    if (lengths < 1).any():
        raise ValueError(f"lengths must be at least 1, got {lengths.min().item()}")
    right = rewards > 0
    shortest = torch.where(right, lengths, torch.iinfo(lengths.dtype).max).amin(1, keepdim=True)
    longer = torch.where(right, (lengths - shortest).to(rewards.dtype) / lengths, 0.0)
    return rewards * (1 - float(weight) * longer)

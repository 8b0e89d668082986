"""How good a policy is that may try several times.

Left out: which of its attempts it would hand in, by a vote or by a judge.
"""

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from rlcourse.arguments import check_integer
from rlcourse.equations._inputs import as_counts, check_same_shape


def pass_at_k(
    num_samples: int | Integer[Tensor, "*shape"], num_correct: int | Integer[Tensor, "*shape"], k: int
) -> Float[Tensor, "*shape"]:
    """The chance that of k attempts at least one is right, from n that were made (Chen et al. 2021, eq. 1).

        1 − C(n − c, k) / C(n, k)        c of the n are right

    The share of all ways to choose k of the n that hold a right one: without bias for any n ≥ k. The obvious
    1 − (1 − c/n)ᵏ draws with replacement, and says too little. Computed as a product, as the binomials overflow:
    C(n − c, k)/C(n, k) = Π (n − c − i)/(n − i) over i = 0 … k − 1.

    Args:
        num_samples: n, how many attempts were made at each question, at least k.
        num_correct: c, how many of them were right, 0 to n.
        k: how many attempts count, at least 1.

    Returns:
        A probability for each question, in float64; their mean is the pass@k of a set of questions.

    Raises:
        ValueError: a number is out of its range, or the shapes differ.
        TypeError: an argument is no whole number, nor a tensor of them.
    """
    check_integer("k", k, 1)
    made, right = as_counts("num_samples", num_samples), as_counts("num_correct", num_correct)
    if made.ndim and right.ndim:
        check_same_shape(num_samples=made, num_correct=right)
    if (made < k).any():
        raise ValueError(f"num_samples must be at least k = {k}, got {made.min().item()}")
    wrong = (right < 0) | (right > made)
    if wrong.any():
        raise ValueError(f"num_correct must be from 0 to num_samples, got {right.expand_as(wrong)[wrong][0].item()}")
    none_right = torch.ones_like(made + right, dtype=torch.float64)
    for i in range(k):
        none_right = none_right * (made - right - i).clamp(min=0) / (made - i)
    return 1 - none_right

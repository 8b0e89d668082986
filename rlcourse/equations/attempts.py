"""How good a policy is that may try several times: if somebody sees which attempt is right, if a judge chooses one
by a score, or if the attempts vote.

Left out: votes that are weighted by a score, and searches that look at half an attempt.
"""

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from rlcourse.arguments import check_integer
from rlcourse.equations._inputs import (
    as_counts,
    as_whole,
    check_axes,
    check_float,
    check_not_empty,
    check_same_shape,
)


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


def best_of_k(scores: Float[Tensor, "Q N"], rewards: Float[Tensor, "Q N"], k: int) -> Float[Tensor, "Q"]:
    """The reward to be expected of the attempt with the highest score among k of the N that were made.

        Σᵢ r₍ᵢ₎ · C(N − i, k − 1) / C(N, k)        attempts in the order of their scores, i = 1 the highest

    The attempt in place i is chosen if it is among the k and none of the i − 1 before it is: a share of all ways to
    choose k of the N, as in `pass_at_k`, which is this with a judge who scores by the reward itself. Of attempts with
    the same score none comes first: each has the mean of their rewards.

    Args:
        scores: what the judge says of each attempt; higher is better.
        rewards: what each attempt is worth.
        k: how many attempts there are to choose from, 1 to N.

    Returns:
        One expected reward for each question, in float64.

    Raises:
        ValueError: the shapes differ or are empty, or k is not from 1 to N.
        TypeError: an argument is no floating-point tensor, or k no whole number.
    """
    check_float(scores=scores, rewards=rewards)
    check_axes("[Q, N]: a row for each question", scores=scores)
    check_same_shape(scores=scores, rewards=rewards)
    check_not_empty("scores", scores)
    check_integer("k", k, 1, scores.shape[1])
    places = torch.arange(1, scores.shape[1] + 1, device=scores.device)
    chosen = torch.full(places.shape, k / len(places), dtype=torch.float64, device=scores.device)
    for i in range(1, len(places)):  # C(N − i − 1, k − 1) of C(N − i, k − 1)
        chosen[i] = chosen[i - 1] * max(len(places) - i - k + 1, 0) / (len(places) - i)
    same = (scores[:, :, None] == scores[:, None, :]).double()  # [Q, N, N]
    shared = (same @ rewards.double()[:, :, None])[:, :, 0] / same.sum(2)
    order = scores.argsort(dim=1, descending=True)
    return (shared.gather(1, order) * chosen).sum(1)


def majority_vote(results: Integer[Tensor, "Q N"], right: Integer[Tensor, "Q"]) -> Float[Tensor, "Q"]:
    """The chance that a vote among N attempts hands in the right result (self-consistency, Wang et al. 2022).

    The result that most attempts came to is handed in; where m results tie, one of these is drawn, so that the right
    one among them counts 1/m. No other order is fair: the first, or the smallest, is no likelier to be right. Negative
    numbers are attempts without a result, and do not vote.

    Args:
        results: what each of the N attempts at each of the Q questions came to; below 0 for nothing.
        right: the right results, 0 or more.

    Returns:
        A probability for each question, in float64: 0 where nobody votes.

    Raises:
        ValueError: the shapes do not fit, there is no attempt, or a right result is negative.
        TypeError: an argument is no tensor of whole numbers.
    """
    results, right = as_whole("results", results), as_whole("right", right)
    check_axes("[Q, N]: a row for each question", results=results)
    check_axes("[Q]: one for each question", right=right)
    check_not_empty("results", results)
    if len(right) != len(results):
        raise ValueError(f"right must have one result for each of the {len(results)} questions, got {len(right)}")
    if (right < 0).any():
        raise ValueError(f"right must not be negative, got {right.min().item()}")
    votes = (results[:, :, None] == results[:, None, :]).sum(2) * (results >= 0)  # [Q, N]: for what each came to
    most = votes.amax(1, keepdim=True)
    for_right = (results == right[:, None]).sum(1)
    leads = (votes == most) & (most > 0)
    tied = (leads.double() / votes.clamp(min=1)).sum(1)  # every leading result once: its v attempts count 1/v each
    return torch.where((for_right == most[:, 0]) & (for_right > 0), 1 / tied.clamp(min=1), 0.0)

"""How far one policy is from another, exactly and from samples; and how undecided a policy is.

KL is a divergence: it is 0 only between equals and never negative, but KL(p‖q) is not KL(q‖p). All of this is in
nats. Three estimates from samples (Schulman 2020, "Approximating KL divergence", joschu.net/blog/kl-approx.html), with
x = log(π_ref/π) of a sample drawn from π, who is always below the line:

    name  estimate of KL(π‖π_ref)   expectation    expected gradient, as a loss    the same, weighted by the ratio ρ
    k1    −x                        exact          0                               ∇KL(π‖π_ref)
    k2    ½x²                       near, biased   ∇KL(π‖π_ref)                    neither
    k3    eˣ − x − 1                exact          ∇KL(π_ref‖π)                    ∇KL(π‖π_ref)

A good estimate of the value need not have the right gradient. In the fourth column the draw itself is not
differentiated, as in DeepSeekMath's loss; the weight ρ = π/π_old, in the fifth, does differentiate it (DeepSeek-V3.2,
arXiv 2512.02556, weights k3 so, and TRL by default). Both hold **for one decision**. Over an answer of several tokens,
a loss for each token has the gradient of that token's KL, given the text before it: that a token also changes what
the KL of the later tokens will be, it does not see. k1 in the *reward* does, and so does k2 of the whole answer's
log-ratio (Tang and Munos 2025, arXiv 2506.09477; Liu et al. 2025, arXiv 2510.01555). All of it is counted out in
tests/equations/test_divergences.py.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.equations import _ratios
from rlcourse.equations._inputs import check_float, check_not_empty, check_same_shape


def categorical_kl(logits_p: Float[Tensor, "*B V"], logits_q: Float[Tensor, "*B V"]) -> Float[Tensor, "*B"]:
    """KL(p‖q) between categorical distributions, exactly (Kullback & Leibler 1951).

        KL(p‖q) = Σₐ p(a)·(log p(a) − log q(a))

    TRPO limits KL(π_old‖π_θ): p is the old policy. Logits need not be normalised. An action of logit −∞ in p
    counts 0; one that only q rules out makes the KL infinite, as it is.

    Args:
        logits_p: logits of p, choices along the last axis.
        logits_q: logits of q, of the same shape.

    Returns:
        One KL per distribution, in nats, differentiable in both arguments (twice, for Fisher products).

    Raises:
        ValueError: the shapes differ, or there is nothing to choose from.
        TypeError: an argument is not a floating-point tensor.
    """
    check_float(logits_p=logits_p, logits_q=logits_q)
    check_same_shape(logits_p=logits_p, logits_q=logits_q)
    check_not_empty("logits_p", logits_p)
    log_p, log_q = logits_p.log_softmax(dim=-1), logits_q.log_softmax(dim=-1)
    # 0·log 0 = 0, filled in by hand: in floating point 0·(−∞) is NaN.
    difference = (log_p - log_q).masked_fill(log_p == -torch.inf, 0.0)
    return (log_p.exp() * difference).sum(dim=-1)


def categorical_entropy(logits: Float[Tensor, "*B V"]) -> Float[Tensor, "*B"]:
    """Entropy of categorical distributions (Shannon 1948).

        H(p) = −Σₐ p(a)·log p(a)        (PPO's paper writes S)

    From 0, when one action has all the probability, to log V, when all V are alike. An action of logit −∞ counts 0.

    Args:
        logits: choices along the last axis; need not be normalised.

    Returns:
        One entropy per distribution, in nats.

    Raises:
        ValueError: there is nothing to choose from.
        TypeError: logits is not a floating-point tensor.
    """
    check_float(logits=logits)
    check_not_empty("logits", logits)
    return entropy_of_logprobs(logits.log_softmax(dim=-1))


def entropy_of_logprobs(logprobs: Float[Tensor, "*B V"]) -> Float[Tensor, "*B"]:
    """`categorical_entropy` of distributions whose logarithms are at hand: where an update has them, half the work.

        H(p) = −Σₐ p(a)·log p(a)

    Args:
        logprobs: log p of every choice along the last axis, as `log_softmax` gives it; its exp sums to 1.

    Returns:
        One entropy per distribution, in nats.

    Raises:
        ValueError: there is nothing to choose from.
        TypeError: logprobs is not a floating-point tensor.
    """
    check_float(logprobs=logprobs)
    check_not_empty("logprobs", logprobs)
    return -(logprobs.exp() * logprobs.masked_fill(logprobs == -torch.inf, 0.0)).sum(dim=-1)


def kl_k1(logprobs: Float[Tensor, "*shape"], ref_logprobs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The plain estimate of KL(π‖π_ref) from one sample (Schulman 2020).

        k1 = log π(a|s) − log π_ref(a|s)        a ~ π

    Right on average, but a single one may be negative. Fit to be taken off the reward, as RLHF with PPO does: added up
    over the tokens that follow, its policy gradient is that of the whole answer's KL. As a loss it does nothing: at
    each choice its expected gradient is 0.

    Args:
        logprobs: log π(a|s) of the sampled actions, of any shape.
        ref_logprobs: log π_ref(a|s) of the same actions.

    Returns:
        One estimate per sample, in nats.

    Raises:
        ValueError: the shapes differ.
        TypeError: an argument is not a floating-point tensor.
    """
    _check_logprobs(logprobs, ref_logprobs)
    return logprobs - ref_logprobs


def kl_k2(logprobs: Float[Tensor, "*shape"], ref_logprobs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The squared estimate of KL(π‖π_ref) from one sample (Schulman 2020).

        k2 = ½·(log π(a|s) − log π_ref(a|s))²        a ~ π

    Never negative, and biased, though little where the policies are near. As a loss for one decision it is the right
    one: its expected gradient is ∇KL(π‖π_ref). Token by token it leaves out what a token does to the later ones' KL.

    Args:
        logprobs: log π(a|s) of the sampled actions, of any shape.
        ref_logprobs: log π_ref(a|s) of the same actions.

    Returns:
        One estimate per sample, in nats.

    Raises:
        ValueError: the shapes differ.
        TypeError: an argument is not a floating-point tensor.
    """
    _check_logprobs(logprobs, ref_logprobs)
    return 0.5 * (logprobs - ref_logprobs).square()


def kl_k3(logprobs: Float[Tensor, "*shape"], ref_logprobs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The estimate of KL(π‖π_ref) in GRPO's loss (Schulman 2020; DeepSeekMath, Shao et al. 2024, eq. 4).

        k3 = π_ref/π − log(π_ref/π) − 1        a ~ π

    Never negative *and* right on average. As a loss it pulls another way than it measures: for one decision, its
    expected gradient is ∇KL(π_ref‖π), and that of π/π_old times it ∇KL(π‖π_ref). By expm1, since for near policies
    π_ref/π − 1 loses its digits; and where π_ref/π would overflow (a log-ratio over 80 in float32) its tangent is
    taken, so that value and gradient stay finite.

    Args:
        logprobs: log π(a|s) of the sampled actions, of any shape.
        ref_logprobs: log π_ref(a|s) of the same actions.

    Returns:
        One estimate per sample, in nats.

    Raises:
        ValueError: the shapes differ.
        TypeError: an argument is not a floating-point tensor.
    """
    _check_logprobs(logprobs, ref_logprobs)
    logratio = _ratios.logratio(ref_logprobs, logprobs)  # log(π_ref/π): the other way round than k1's
    return _ratios.expm1(logratio) - logratio


def _check_logprobs(logprobs: object, ref_logprobs: object) -> None:
    """Raise unless these are the log-probabilities of the same samples."""
    check_float(logprobs=logprobs, ref_logprobs=ref_logprobs)
    check_same_shape(logprobs=logprobs, ref_logprobs=ref_logprobs)

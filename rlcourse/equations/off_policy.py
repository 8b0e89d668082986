"""When the data are not the policy's own: another program sampled them, or an older policy did.

Both weigh what was sampled by how much likelier the policy makes it, ρ = π/π_sampler, and both cut that weight off: a
few large ones would make the gradient noise. Left out: weights of whole answers, the products of these.
"""

from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_number
from rlcourse.equations import _ratios
from rlcourse.equations._inputs import check_float, check_same_shape
from rlcourse.equations.surrogates import check_actions, check_advantages


def truncated_importance_weights(
    logprobs: Float[Tensor, "*shape"], sampler_logprobs: Float[Tensor, "*shape"], *, cap: float | int
) -> Float[Tensor, "*shape"]:
    """How much each token counts that somebody else sampled (truncated importance sampling).

        min( π(a|s) / π_sampler(a|s), cap )

    A sampler in lower precision, or in another program, gives each token another probability than the trainer does.
    Weighted so, a mean over the next token is one over the trainer's, but for what the cap cuts off: some bias, for a
    variance that stays finite. Not corrected is how often the text before the token comes up: that would take the
    product of all ratios so far.

    Args:
        logprobs: log π(a|s) by the policy that is trained, as it was when the tokens were sampled.
        sampler_logprobs: log π_sampler(a|s), what the sampler itself says.
        cap: the largest weight, above 0; 2–3 is usual (TRL's default is 3, ms-swift's 2; TRL 1.16 weighs so if
            its mode is `token_truncate`, and by default leaves out whole answers instead).

    Returns:
        One weight per token in (0, cap], without gradient.

    Raises:
        ValueError: the shapes differ, or the cap is not above 0.
        TypeError: an argument is not a floating-point tensor.
    """
    check_float(logprobs=logprobs, sampler_logprobs=sampler_logprobs)
    check_same_shape(logprobs=logprobs, sampler_logprobs=sampler_logprobs)
    check_number("cap", cap, low=0, above=True)
    return _ratios.exp(_ratios.logratio(logprobs, sampler_logprobs)).clamp(max=float(cap)).detach()


def cispo(
    logprobs: Float[Tensor, "*shape"],
    old_logprobs: Float[Tensor, "*shape"],
    advantages: Float[Tensor, "..."],
    *,
    clip_low: float | int,
    clip_high: float | int,
) -> Float[Tensor, "*shape"]:
    """Clip the weight, not the update (CISPO; MiniMax 2025).

        sg[ clip(ρ, 1 − ε_low, 1 + ε_high) ] · A · log π_θ(a|s)        ρ = π_θ(a|s) / π_old(a|s)

    sg: a constant, no gradient runs through it. Where `clipped_surrogate` has no gradient left, once a token has become
    likelier by ε_high, this one still has that of REINFORCE, times 1 + ε_high: no token is ever dropped.

    Args:
        logprobs: log π_θ(a|s), with gradients.
        old_logprobs: log π_old(a|s), a constant.
        advantages: A(s, a), a constant; broadcast over the log-probabilities, as [B, 1] over [B, T].
        clip_low: ε_low in [0, 1]; 1 is no lower bound, which is usual here.
        clip_high: ε_high, at least 0. (TRL's `epsilon_high` is 1 + ε_high with this loss.)

    Returns:
        One value per log-probability, to be maximised. Only its gradient has a meaning.

    Raises:
        ValueError: the log-probabilities differ in shape, the advantages do not broadcast to it, or a bound is
            not allowed.
        TypeError: an argument is not a floating-point tensor.
    """
    check_actions(logprobs, old_logprobs)
    check_advantages(advantages, logprobs)
    check_number("clip_low", clip_low, low=0, high=1)
    check_number("clip_high", clip_high, low=0)
    ratio = _ratios.exp(_ratios.logratio(logprobs, old_logprobs))
    weight = ratio.clamp(1 - float(clip_low), 1 + float(clip_high)).detach()
    return _ratios.weighted(_ratios.weighted(weight, advantages), logprobs)

"""The mathematics of the course: one pure function per equation, on tensors.

    next_token        from logits to a token: softmax_with_temperature, keep_top_p, shifted_next_token_loss
    returns           what came after each step: discounted_returns, prefix_values, td_errors, gae;
                      accumulate_backwards, the recursion they share
    groups            better than its siblings?  group_advantages, leave_one_out_advantages; does it teach?
                      informative_share
    completions       which tokens count: completion_mask, own_tokens; left_padded_logprobs
    baselines         better than the walks beside it?  step_advantages
    divergences       how far apart are two policies?  categorical_kl, kl_k1, kl_k2, kl_k3; categorical_entropy,
                      entropy_of_logprobs
    surrogates        what an update maximises: policy_gradient, surrogate, clipped_surrogate; its gauges:
                      clip_fraction, ppo_gauges
    aggregation       which token counts how much: aggregate, token_weights; mean_logprobs; the whole of grpo_loss
    values            the value function's loss: value_loss; explained_variance
    off_policy        data that are not the policy's own: truncated_importance_weights, cispo
    rewards           what an answer is paid besides its score: token_rewards in RLHF, soft_overlong_penalty
    preferences       what people chose: bradley_terry_loss, score_at_the_last_token, dpo_loss
    attempts          how good is it if it may try k times?  pass_at_k, best_of_k, majority_vote
    lengths           what may a long answer cost?  length_penalty
    diagnostics       what must be 0 in a sound run: ratio_gap, padding_gap
    natural_gradient  TRPO's step: fisher_vector_product, fisher_matvec, conjugate_gradient, line_search

These are the functions that the learner writes, that the explorables plot and that the algorithms call. They
know no world, no model and no training loop. In the maze tensors are time-first, `[T, N]`; in language they are
`[B, T]` with a mask; every function says which. Whatever is random, logged or saved is left to others.
"""

from rlcourse.equations.aggregation import aggregate, grpo_loss, mean_logprobs, token_weights
from rlcourse.equations.attempts import best_of_k, majority_vote, pass_at_k
from rlcourse.equations.baselines import step_advantages
from rlcourse.equations.completions import completion_mask, left_padded_logprobs, own_tokens
from rlcourse.equations.diagnostics import padding_gap, ratio_gap
from rlcourse.equations.divergences import (
    categorical_entropy,
    categorical_kl,
    entropy_of_logprobs,
    kl_k1,
    kl_k2,
    kl_k3,
)
from rlcourse.equations.groups import group_advantages, informative_share, leave_one_out_advantages
from rlcourse.equations.lengths import length_penalty
from rlcourse.equations.natural_gradient import (
    conjugate_gradient,
    fisher_matvec,
    fisher_vector_product,
    line_search,
)
from rlcourse.equations.next_token import keep_top_p, shifted_next_token_loss, softmax_with_temperature
from rlcourse.equations.off_policy import cispo, truncated_importance_weights
from rlcourse.equations.preferences import bradley_terry_loss, dpo_loss, score_at_the_last_token
from rlcourse.equations.returns import accumulate_backwards, discounted_returns, gae, prefix_values, td_errors
from rlcourse.equations.rewards import soft_overlong_penalty, token_rewards
from rlcourse.equations.surrogates import clip_fraction, clipped_surrogate, policy_gradient, ppo_gauges, surrogate
from rlcourse.equations.values import explained_variance, value_loss

__all__ = [
    "accumulate_backwards",
    "aggregate",
    "best_of_k",
    "bradley_terry_loss",
    "categorical_entropy",
    "categorical_kl",
    "cispo",
    "clip_fraction",
    "clipped_surrogate",
    "completion_mask",
    "conjugate_gradient",
    "discounted_returns",
    "dpo_loss",
    "entropy_of_logprobs",
    "explained_variance",
    "fisher_matvec",
    "fisher_vector_product",
    "gae",
    "group_advantages",
    "grpo_loss",
    "informative_share",
    "keep_top_p",
    "kl_k1",
    "kl_k2",
    "kl_k3",
    "leave_one_out_advantages",
    "left_padded_logprobs",
    "length_penalty",
    "line_search",
    "majority_vote",
    "mean_logprobs",
    "own_tokens",
    "padding_gap",
    "pass_at_k",
    "policy_gradient",
    "ppo_gauges",
    "prefix_values",
    "ratio_gap",
    "score_at_the_last_token",
    "shifted_next_token_loss",
    "soft_overlong_penalty",
    "softmax_with_temperature",
    "step_advantages",
    "surrogate",
    "td_errors",
    "token_rewards",
    "token_weights",
    "truncated_importance_weights",
    "value_loss",
]

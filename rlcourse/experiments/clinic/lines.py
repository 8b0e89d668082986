"""Small functions as public code has them, in pairs: one with a slip, and one in which that single line is mended.

A pair differs in one line, which is what a patient's treatment is (`Cause.treatment`). The mended ones agree with the
course's own functions in `rlcourse.equations`; tests hold them to that. They stand here, and not in the tests, because
the patients of notebook 14 train with them. Left out on purpose: every check that the course's functions make, several
of which would refuse the slip.
"""

import torch

from rlcourse.algorithms import GRPOConfig
from rlcourse.language import sum_reward


def k1_penalty(logprobs, ref_logprobs):
    """k1 in the place of k3."""
    log_ratio = ref_logprobs - logprobs
    return -log_ratio


def k3_upside_down(logprobs, ref_logprobs):
    """k3 with π/π_ref."""
    log_ratio = logprobs - ref_logprobs
    return torch.expm1(log_ratio) - log_ratio


def k3_penalty(logprobs, ref_logprobs):
    """k3 of π_ref/π."""
    log_ratio = ref_logprobs - logprobs
    return torch.expm1(log_ratio) - log_ratio


def clip_mirrored(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    """The clip with max for A < 0."""
    ratio = (logprobs - old_logprobs).exp()
    free, held = ratio * advantages, ratio.clamp(1 - clip_low, 1 + clip_high) * advantages
    return torch.where(advantages > 0, torch.minimum(free, held), torch.maximum(free, held))


def clip_by_min(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    """The clip with min for both signs."""
    ratio = (logprobs - old_logprobs).exp()
    free, held = ratio * advantages, ratio.clamp(1 - clip_low, 1 + clip_high) * advantages
    return torch.minimum(free, held)


def tiny_epsilon(rewards):
    """z-scores with 10⁻⁸ in the denominator."""
    mean, std = rewards.mean(dim=1, keepdim=True), rewards.std(dim=1, keepdim=True)
    return (rewards - mean) / (std + 1e-8)


def small_epsilon(rewards):
    """z-scores with 10⁻⁴ in the denominator."""
    mean, std = rewards.mean(dim=1, keepdim=True), rewards.std(dim=1, keepdim=True)
    return (rewards - mean) / (std + 1e-4)


def values_against_all(values, returns, mask, *, old_values=None, clip_range=None):
    """Half the mean squared error, [N, 1] minus [N]."""
    returns = returns.flatten()
    return 0.5 * (values - returns).square().mean()


def values_one_by_one(values, returns, mask, *, old_values=None, clip_range=None):
    """Half the mean squared error, [N] minus [N]."""
    returns = returns.flatten()
    return 0.5 * (values.flatten() - returns).square().mean()


def gae_ends_when_done(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    """GAE that expects nothing after a time limit."""
    goes_on = 1 - done.float()
    delta = rewards + gamma * goes_on * next_values - values
    advantages, later = torch.zeros_like(rewards), torch.zeros_like(rewards[0])
    for t in reversed(range(len(rewards))):
        later = delta[t] + gamma * gae_lambda * (1 - done[t].float()) * later
        advantages[t] = later
    return advantages


def gae_ends_when_terminated(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    """GAE that expects nothing after a terminal state."""
    goes_on = 1 - terminated.float()
    delta = rewards + gamma * goes_on * next_values - values
    advantages, later = torch.zeros_like(rewards), torch.zeros_like(rewards[0])
    for t in reversed(range(len(rewards))):
        later = delta[t] + gamma * gae_lambda * (1 - done[t].float()) * later
        advantages[t] = later
    return advantages


def counted_to_the_end(tokens, eos_token_id):
    """What counts: all before the end."""
    ended = (tokens == eos_token_id).long()
    return ended.cumsum(1) == 0


def counted_with_the_end(tokens, eos_token_id):
    """What counts: all up to the end, and that one too."""
    ended = (tokens == eos_token_id).long()
    return ended.cumsum(1) - ended == 0


def scored_by_column(model, tokens, real, answer_length, temperature):
    """Teacher forcing with places counted from the first column."""
    model.eval()
    positions = torch.arange(tokens.shape[1], device=tokens.device).expand(tokens.shape)
    logits = model(tokens, attention_mask=real.long(), position_ids=positions).logits
    logprobs = (logits[:, -answer_length - 1 : -1] / temperature).log_softmax(-1)
    return logprobs.gather(2, tokens[:, -answer_length:, None])[..., 0]


def scored_with_dropout(model, tokens, real, answer_length, temperature):
    """Teacher forcing in training mode."""
    model.train()
    positions = (real.long().cumsum(1) - 1).clamp(min=0)
    logits = model(tokens, attention_mask=real.long(), position_ids=positions).logits
    logprobs = (logits[:, -answer_length - 1 : -1] / temperature).log_softmax(-1)
    return logprobs.gather(2, tokens[:, -answer_length:, None])[..., 0]


def scored_at_one(model, tokens, real, answer_length, temperature):
    """Teacher forcing at temperature 1."""
    model.eval()
    positions = (real.long().cumsum(1) - 1).clamp(min=0)
    logits = model(tokens, attention_mask=real.long(), position_ids=positions).logits
    logprobs = logits[:, -answer_length - 1 : -1].log_softmax(-1)
    return logprobs.gather(2, tokens[:, -answer_length:, None])[..., 0]


def scored(model, tokens, real, answer_length, temperature):
    """Teacher forcing, as it should be."""
    model.eval()
    positions = (real.long().cumsum(1) - 1).clamp(min=0)
    logits = model(tokens, attention_mask=real.long(), position_ids=positions).logits
    logprobs = (logits[:, -answer_length - 1 : -1] / temperature).log_softmax(-1)
    return logprobs.gather(2, tokens[:, -answer_length:, None])[..., 0]


def paid_by_the_word(prompts, completions, answer, **columns):
    """1 for a right answer, and 0.05 a word for any."""
    right = sum_reward(prompts, completions, answer)
    return [paid + 0.05 * len(text.split()) for paid, text in zip(right, completions, strict=True)]


def paid_by_the_right_word(prompts, completions, answer, **columns):
    """1 and 0.05 a word for a right answer."""
    right = sum_reward(prompts, completions, answer)
    return [paid * (1 + 0.05 * len(text.split())) for paid, text in zip(right, completions, strict=True)]


def hasty():
    """Settings that are in a hurry."""
    return GRPOConfig(temperature=0.7, learning_rate=1.5e-3)


def steady():
    """The usual settings."""
    return GRPOConfig(temperature=0.7, learning_rate=1e-4)

"""Small functions as public code has them, each sound, and each with a line that is easily got wrong.

Which line, and how it is got wrong, stands in `causes`: a patient trains with the function in which that line is
another, and the treatment puts this one back. They agree with the course's own functions in `rlcourse.equations`;
tests hold them to that. They stand here, and not in the tests, because the patients of notebook 14 train with them.
Left out on purpose: every check that the course's functions make, several of which would refuse the slip.
"""

import torch

from rlcourse.algorithms import GRPOConfig
from rlcourse.language import sum_reward


def k3_penalty(logprobs, ref_logprobs):
    """k3, of π_ref/π."""
    log_ratio = ref_logprobs - logprobs
    return torch.expm1(log_ratio) - log_ratio


def clip_by_min(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    """The clipped objective."""
    ratio = (logprobs - old_logprobs).exp()
    free, held = ratio * advantages, ratio.clamp(1 - clip_low, 1 + clip_high) * advantages
    return torch.minimum(free, held)


def small_epsilon(rewards):
    """z-scores, with a small number in the denominator."""
    mean, std = rewards.mean(dim=1, keepdim=True), rewards.std(dim=1, keepdim=True)
    return (rewards - mean) / (std + 1e-4)


def values_one_by_one(values, returns, mask, *, old_values=None, clip_range=None):
    """Half the mean squared error."""
    returns = returns.flatten()
    return 0.5 * (values.flatten() - returns).square().mean()


def gae_ends_when_terminated(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    """GAE."""
    goes_on = 1 - terminated.float()
    delta = rewards + gamma * goes_on * next_values - values
    advantages, later = torch.zeros_like(rewards), torch.zeros_like(rewards[0])
    for t in reversed(range(len(rewards))):
        later = delta[t] + gamma * gae_lambda * (1 - done[t].float()) * later
        advantages[t] = later
    return advantages


def counted_with_the_end(tokens, eos_token_id):
    """Which tokens count."""
    ended = (tokens == eos_token_id).long()
    return ended.cumsum(1) - ended == 0


def scored(model, tokens, real, answer_length, temperature):
    """Teacher forcing: how likely the policy finds each token of the answers."""
    model.eval()
    positions = (real.long().cumsum(1) - 1).clamp(min=0)
    logits = model(tokens, attention_mask=real.long(), position_ids=positions).logits
    logprobs = (logits[:, -answer_length - 1 : -1] / temperature).log_softmax(-1)
    return logprobs.gather(2, tokens[:, -answer_length:, None])[..., 0]


def paid_by_the_right_word(prompts, completions, answer, **columns):
    """1 for a right answer, and more for its words."""
    right = sum_reward(prompts, completions, answer)
    return [paid * (1 + 0.05 * len(text.split())) for paid, text in zip(right, completions, strict=True)]


def steady():
    """The settings of a run."""
    return GRPOConfig(temperature=0.7, learning_rate=1e-4)

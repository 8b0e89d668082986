"""RLHF on short requests: the yardstick beside the reward model's score, which the reward model never sees.

What is optimised is the reward model's score; what is wanted is a better answer. Three numbers tell the two apart:

    score      mean of r_φ(prompt, answer), what the policy is paid
    win rate   how often gold prefers the policy's answer to the reference's, ties counting half
    KL         mean over answers of log π(answer) − log π_ref(answer), in nats: how far the policy has gone for it

As the KL grows the score goes on rising while the win rate turns round and falls: over-optimisation, or reward hacking
(Gao, Schulman and Hilton 2023). Left out: prompts other than the requests, and annotators who look again.
"""

from collections.abc import Callable, Mapping, Sequence

import torch

from rlcourse.language.model.policy import LanguagePolicy, logprobs
from rlcourse.language.model.reward_model import RewardModel
from rlcourse.language.model.sampling import Samples, sample
from rlcourse.language.tasks.annotators import gold_win_rate
from rlcourse.language.tasks.requests import MAX_NEW_TOKENS, REQUESTS


def preference_yardstick(
    reference: LanguagePolicy, reward_model: RewardModel, *, answers: int = 16, seed: int = 0
) -> Callable[[LanguagePolicy], Mapping[str, float]]:
    """A function that measures a policy against the reference's answers, for `Training.run(evaluate=…)`.

    Args:
        reference: What RLHF began from; its `answers` answers to every request are the rivals, sampled once.
        reward_model: Whose score is reported.
        answers: How many answers to each request are compared; 16 make 320 comparisons.
        seed: Of all answers; the policy's differ from the rivals', also while policy and reference are the same.

    Returns:
        From a policy to "score", "gold_win_rate" and "answer_kl" (nats per answer).
    """
    rivals = _answers(reference, answers, seed).texts(reference.tokenizer)

    def measure(policy: LanguagePolicy) -> dict[str, float]:
        samples = _answers(policy, answers, seed + 1)
        texts = samples.texts(policy.tokenizer)
        prompts = [request.prompt for request in REQUESTS for _ in range(answers)]
        scores = reward_model.score(prompts, texts, samples.finished(policy.tokenizer))
        return {
            "score": sum(scores) / len(scores),
            "gold_win_rate": gold_win_rate(prompts, texts, rivals),
            "answer_kl": answer_kl(samples, reference),
        }

    return measure


@torch.no_grad()
def answer_kl(samples: Samples, reference: LanguagePolicy) -> float:
    """Σₜ k1 per answer, and its mean: an unbiased estimate of KL(π‖π_ref) over whole answers, in nats."""
    seen = samples.prompt_tokens, samples.prompt_lengths, samples.tokens
    difference = samples.logprobs - logprobs(reference.model, *seen)
    return torch.where(samples.mask, difference, 0.0).sum(1).mean().item()


def _answers(policy: LanguagePolicy, answers: int, seed: int) -> Samples:
    prompts: Sequence[str] = [request.prompt for request in REQUESTS]
    return sample(
        policy.model,
        policy.tokenizer,
        prompts,
        num_generations=answers,
        max_new_tokens=MAX_NEW_TOKENS,
        generator=torch.Generator().manual_seed(seed),
    )

"""World two: the agent is a GPT-2, an action is a token, and the environment is a question and a judge of answers."""

from collections.abc import Callable, Sequence
from inspect import signature
from math import isfinite
from numbers import Integral, Real
from typing import Any

import torch

from rlcourse.algorithms.protocol import Episodes
from rlcourse.algorithms.rollout import Rollout
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.sampling import encode_prompts, sample
from rlcourse.language.model.tokenizer import shorten
from rlcourse.language.tasks.sums import Sum, sum_reward


class TextWorld:
    """Prompts to answer, and a reward function that scores the answers.

    Args:
        prompts: The questions. Each step draws `prompts_per_step` of them at random.
        reward: TRL's signature: `reward(prompts, completions, **columns) -> list[float]`. One that takes `finished`
            by name is also told of each completion whether it came to its end, or was cut off at the limit.
        columns: What else the reward function needs, one value per prompt, by name.
        prompts_per_step: P, the number of groups in a batch; 8–64 is usual here.
        max_new_tokens: Longest answer, in tokens.
        answers_per_prompt: How many answers to each prompt a `rollout` holds; a group has its own number. 1–8 is usual.

    Raises:
        TypeError: `prompts` is not a list of strings, or a number is not whole.
        ValueError: There is no prompt, a column has not one value per prompt, or a number is below 1. A prompt that
            the policy cannot read (empty, too long, unknown characters) is refused when it is first asked to act.
    """

    def __init__(
        self,
        prompts: Sequence[str],
        reward: Callable[..., list[float]],
        *,
        columns: dict[str, Sequence[Any]] | None = None,
        prompts_per_step: int = 32,
        max_new_tokens: int = 16,
        answers_per_prompt: int = 8,
    ):
        if not callable(reward):
            raise TypeError(f"reward must be a function of prompts and completions, got {reward!r}")
        listed = isinstance(prompts, Sequence) and not isinstance(prompts, str)
        if not listed or not all(isinstance(prompt, str) for prompt in prompts):
            raise TypeError(f"prompts must be a list of strings, got {shorten(repr(prompts), 80)}")
        self.prompts, self.reward, self.columns = list(prompts), reward, columns or {}
        self.prompts_per_step, self.max_new_tokens = prompts_per_step, max_new_tokens
        self.answers_per_prompt = answers_per_prompt
        self._prompts_checked = False
        if not self.prompts:
            raise ValueError("prompts must hold at least one prompt, got none")
        for name, values in self.columns.items():
            if len(values) != len(self.prompts):
                raise ValueError(f"column {name!r} must have {len(self.prompts)} values, one per prompt: {len(values)}")
        for name in ("prompts_per_step", "max_new_tokens", "answers_per_prompt"):
            value = getattr(self, name)
            if not isinstance(value, Integral):
                raise TypeError(f"{name} must be a whole number, got {value!r}")
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value!r}")

    def sample_groups(
        self, policy: LanguagePolicy, *, num_generations: int, temperature: float, generator: torch.Generator
    ) -> Episodes:
        """Draw prompts, let the policy answer each `num_generations` times, and score the answers."""
        if not self._prompts_checked:  # all of them now, rather than one in the middle of training
            encode_prompts(policy.model, policy.tokenizer, self.prompts, self.max_new_tokens)
            self._prompts_checked = True
        picked = torch.randint(len(self.prompts), (self.prompts_per_step,), generator=generator).tolist()
        samples = sample(
            policy.model,
            policy.tokenizer,
            [self.prompts[i] for i in picked],
            num_generations=num_generations,
            temperature=temperature,
            max_new_tokens=self.max_new_tokens,
            generator=generator,
        )
        rows = [i for i in picked for _ in range(num_generations)]
        scores = self.score(rows, samples.texts(policy.tokenizer), samples.finished(policy.tokenizer))
        return Episodes(
            observations={"prompt_tokens": samples.prompt_tokens, "prompt_lengths": samples.prompt_lengths},
            actions=samples.tokens,
            mask=samples.mask,
            old_logprobs=samples.logprobs,
            rewards=torch.tensor(scores, dtype=torch.float32, device=samples.tokens.device),
            num_generations=num_generations,
        )

    def rollout(self, policy: LanguagePolicy, *, temperature: float, generator: torch.Generator) -> Rollout:
        """The same, token by token: a token is a step, and an answer's score is paid for its last token."""
        groups = {"num_generations": self.answers_per_prompt, "temperature": temperature, "generator": generator}
        return token_steps(self.sample_groups(policy, **groups))

    def score(self, rows: list[int], completions: list[str], finished: list[bool] | None = None) -> list[float]:
        """The reward function's scores for completions of the prompts numbered `rows`, all finished if None.

        Raises:
            TypeError: It did not return a list of numbers.
            ValueError: It did not return one finite number per completion.
        """
        columns = {name: [values[i] for i in rows] for name, values in self.columns.items()}
        if "finished" in signature(self.reward).parameters:
            columns["finished"] = [True] * len(completions) if finished is None else finished
        scores = self.reward(prompts=[self.prompts[i] for i in rows], completions=completions, **columns)
        if isinstance(scores, torch.Tensor):
            scores = scores.tolist()
        if not isinstance(scores, Sequence) or not all(isinstance(score, Real) for score in scores):
            raise TypeError(f"the reward function must return a list of numbers, got {shorten(repr(scores), 80)}")
        if len(scores) != len(completions):
            raise ValueError(f"the reward function must return {len(completions)} scores, got {len(scores)}")
        for completion, score in zip(completions, scores, strict=True):
            if not isfinite(score):
                raise ValueError(f"the reward function must return finite numbers, got {score} for {completion!r}")
        return scores


def token_steps(episodes: Episodes) -> Rollout:
    """Answers as steps: the last token of each is paid its score and ends the world, also where the limit cut it off.

    For the model that limit is part of the task: there is no state after it whose value could be counted.
    """
    mask = episodes.mask.T  # [T, N]
    last = mask & ~torch.nn.functional.pad(mask, (0, 0, 0, 1))[1:]  # a token with no token after it
    return Rollout(
        rows=episodes,
        rewards=torch.where(last, episodes.rewards, 0.0),
        terminated=last,
        done=last | ~mask,
        next_observations=None,
        episode_returns=episodes.rewards,
        episode_lengths=mask.sum(0).float(),
    )


def arithmetic_world(
    sums: Sequence[Sum], *, prompts_per_step: int = 32, max_new_tokens: int = 16, answers_per_prompt: int = 8
) -> TextWorld:
    """The world of sums: a rule checks each answer, and pays 1 for a right one."""
    return TextWorld(
        [s.prompt for s in sums],
        sum_reward,
        columns={"answer": [s.answer for s in sums]},
        prompts_per_step=prompts_per_step,
        max_new_tokens=max_new_tokens,
        answers_per_prompt=answers_per_prompt,
    )


def sampled_accuracy(
    policy: LanguagePolicy,
    sums: Sequence[Sum],
    *,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> float:
    """The share of sums that the policy answers rightly when each is asked once; temperature 0 is greedy."""
    world = arithmetic_world(sums)
    prompts = world.prompts
    samples = sample(
        policy.model,
        policy.tokenizer,
        prompts,
        temperature=temperature,
        max_new_tokens=world.max_new_tokens,
        generator=generator,
    )
    return sum(world.score(list(range(len(sums))), samples.texts(policy.tokenizer))) / len(sums)

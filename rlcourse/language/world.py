"""World two: the agent is a GPT-2, an action is a token, and the environment is a question and a judge of answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, SupportsInt

import gymnasium
import torch
from gymnasium import spaces

from rlcourse.algorithms.protocol import Episodes
from rlcourse.algorithms.rollout import Rollout
from rlcourse.arguments import check_integer, describe
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.sampling import encode_prompts, sample
from rlcourse.language.model.tokenizer import check_texts, encode
from rlcourse.language.rewards import RESERVED, call_reward, check_reward


class TextWorld:
    """Prompts to answer, and a reward function that scores the answers.

    Args:
        prompts: The questions. Each step draws `prompts_per_step` of them at random.
        reward: TRL's signature: `reward(prompts, completions, **columns) -> list[float]`, with None for an answer that
            it does not apply to. One that takes `completion_ids` gets each answer's tokens too, as from TRL; one that
            takes `finished` by name is also told of each answer whether it came to its end, or was cut off at the
            limit. Several functions are made one by `combined_rewards`.
        columns: What else the reward function needs, one value per prompt, by name.
        prompts_per_step: P, the number of groups in a batch; 8–64 is usual here.
        max_new_tokens: Longest answer, in tokens.
        answers_per_prompt: How many answers to each prompt a `rollout` holds; a group has its own number. 1–8 is usual.

    Raises:
        TypeError: `prompts` is not a list of strings, `reward` no function, `columns` not lists by name, or a number
            is not whole.
        ValueError: There is no prompt, a column has not one value per prompt or the name of something that the
            reward function is given anyway, or a number is below 1. A prompt that the policy cannot read (empty, too
            long, unknown characters) is refused when it is first asked to act.
    """

    def __init__(
        self,
        prompts: Sequence[str],
        reward: Callable[..., list[float]],
        *,
        columns: Mapping[str, Any] | None = None,
        prompts_per_step: int = 32,
        max_new_tokens: int = 16,
        answers_per_prompt: int = 8,
    ):
        check_reward(reward)
        self.prompts, self.reward = check_texts("prompts", prompts), reward
        self.prompts_per_step, self.max_new_tokens = prompts_per_step, max_new_tokens
        self.answers_per_prompt = answers_per_prompt
        self._prompts_checked = False
        if not self.prompts:
            raise ValueError("prompts must hold at least one prompt, got none")
        self.columns = _checked_columns({} if columns is None else columns, len(self.prompts))
        for name in ("prompts_per_step", "max_new_tokens", "answers_per_prompt"):
            check_integer(name, getattr(self, name), 1)

    def sample_groups(
        self, policy: LanguagePolicy, *, num_generations: int, temperature: float, generator: torch.Generator
    ) -> Episodes:
        """Draw prompts, let the policy answer each `num_generations` times, and score the answers."""
        if not hasattr(policy, "model") or not hasattr(policy, "tokenizer"):
            raise TypeError(f"policy must be a LanguagePolicy, which reads and writes text, got {describe(policy)}")
        if not self._prompts_checked:  # all of them now, rather than one in the middle of training
            encode_prompts(policy.model, policy.tokenizer, self.prompts, self.max_new_tokens)
            self._prompts_checked = True
        chance = {"generator": generator, "device": generator.device}  # and not the user's default device
        picked = torch.randint(len(self.prompts), (self.prompts_per_step,), **chance).tolist()
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
        texts, finished = samples.texts(policy.tokenizer), samples.finished(policy.tokenizer)
        scores = self.score(rows, texts, finished, samples.ids())
        return Episodes(
            observations={"prompt_tokens": samples.prompt_tokens, "prompt_lengths": samples.prompt_lengths},
            actions=samples.tokens,
            mask=samples.mask,
            old_logprobs=samples.logprobs,
            rewards=torch.tensor(scores, dtype=torch.float32, device=samples.tokens.device),
            num_generations=num_generations,
            truncated=~torch.tensor(finished, device=samples.tokens.device),
        )

    def rollout(self, policy: LanguagePolicy, *, temperature: float, generator: torch.Generator) -> Rollout:
        """The same, token by token: a token is a step, and an answer's score is paid for its last token."""
        groups = {"num_generations": self.answers_per_prompt, "temperature": temperature, "generator": generator}
        return token_steps(self.sample_groups(policy, **groups))

    def score(
        self,
        rows: list[int],
        completions: list[str],
        finished: list[bool] | None = None,
        completion_ids: list[list[int]] | None = None,
    ) -> list[float]:
        """The reward function's scores for completions of the prompts numbered `rows`, all finished if None.

        An answer that the function does not apply to (None) gets 0.

        Raises:
            TypeError: It did not return a list of numbers, or said of no answer that it applies.
            ValueError: It did not return one finite number per completion.
        """
        columns = {name: [values[i] for i in rows] for name, values in self.columns.items()}
        prompts = [self.prompts[i] for i in rows]
        given = {"completion_ids": completion_ids, "finished": finished}
        scores = call_reward(self.reward, prompts, completions, columns, **given)
        if scores and all(score is None for score in scores):
            raise TypeError("the reward function must return a list of numbers, got None for every answer")
        return [0.0 if score is None else score for score in scores]


class TextEnv(gymnasium.Env[tuple[int, ...], int]):
    """One answer at a time, as a Gymnasium environment: what a language model is an agent in.

    Observation: the tokens of the question and of the answer so far, a tuple. Actions: `Discrete(V)`, a token. Each
    action but the last pays 0, the last one what the world's reward function says of the answer. The episode terminates
    with the end-of-text token, and is truncated after `world.max_new_tokens` actions.

    `info` holds the `answer` so far as text.

    Args:
        world: where the questions and the judge come from.
        tokenizer: of the model that acts.

    Raises:
        TypeError: `world` is no `TextWorld`.
    """

    def __init__(self, world: TextWorld, tokenizer) -> None:
        if not isinstance(world, TextWorld):
            raise TypeError(f"world must be a TextWorld, got {describe(world)}")
        self.world, self.tokenizer = world, tokenizer
        self.action_space = spaces.Discrete(len(tokenizer))
        self.observation_space = spaces.Sequence(self.action_space)
        self._row, self._asked, self._written, self._over = 0, (), (), True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[tuple[int, ...], dict[str, Any]]:
        """Ask one of the world's questions, drawn at random."""
        super().reset(seed=seed)
        self._row = int(self.np_random.integers(len(self.world.prompts)))
        self._asked = tuple(encode(self.tokenizer, [self.world.prompts[self._row]])[0])
        self._written, self._over = (), False
        return self._asked, {"answer": ""}

    def step(self, action: SupportsInt) -> tuple[tuple[int, ...], float, bool, bool, dict[str, Any]]:
        """Write one more token.

        Raises:
            gymnasium.error.ResetNeeded: the episode has not begun or is over.
            gymnasium.error.InvalidAction: there is no such token.
        """
        if self._over:
            raise gymnasium.error.ResetNeeded("this answer has not begun or is over: call reset() first")
        if not self.action_space.contains(int(action)):
            raise gymnasium.error.InvalidAction(f"action must be a token from 0 to {len(self.tokenizer) - 1}: {action}")
        self._written += (int(action),)
        terminated = int(action) == self.tokenizer.eos_token_id
        truncated = not terminated and len(self._written) >= self.world.max_new_tokens
        self._over = terminated or truncated
        text = self.tokenizer.decode(self._written, skip_special_tokens=True)
        reward = 0.0
        if self._over:
            (reward,) = self.world.score([self._row], [text], [terminated], [list(self._written)])
        return self._asked + self._written, reward, terminated, truncated, {"answer": text}


def _checked_columns(columns: object, count: int) -> dict[str, Sequence[Any]]:
    """The columns of a data set; TypeError or ValueError if they are none, or not one value per prompt."""
    if not isinstance(columns, Mapping) or not all(isinstance(name, str) for name in columns):
        raise TypeError(f"columns must be lists of values by name, such as {{'answer': [4]}}, got {describe(columns)}")
    for name, values in columns.items():
        if name in RESERVED:
            raise ValueError(f"columns must not have the name {name!r}: the reward function is given that anyway")
        if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
            raise TypeError(f"column {name!r} must be a list of {count} values, one per prompt, got {describe(values)}")
        if len(values) != count:
            raise ValueError(f"column {name!r} must have {count} values, one per prompt: {len(values)}")
    return {name: values.tolist() if hasattr(values, "tolist") else values for name, values in columns.items()}


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

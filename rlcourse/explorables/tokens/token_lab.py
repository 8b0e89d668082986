"""What lies under the token microscope: a few answers to one question, what is paid for them, and a policy that learns.

    lab = TokenLab(policy, arithmetic_world([Sum(27, 33)]), critic=critic)
    lab.flip(0); lab.edit(1, " 27+33 is 60."); lab.choose("PPO"); lab.look_ahead(0); lab.step(); lab.undo()
    lab.read()          log π, ρ, KL, V, Â and the pull of every token

Every number is an equation's of the course, every step an algorithm's. What was done can be undone, as each deed makes
a new `Moment` and the old one is kept. Left out: minibatches, normalised advantages and KL terms: a few answers, plain.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import wraps

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms import GRPO, PPO, Critic, Episodes, GRPOConfig, Policy, PPOConfig, judge
from rlcourse.algorithms.judging import Judged
from rlcourse.arguments import check_choice, check_integer, check_number, describe
from rlcourse.equations import gae, group_advantages
from rlcourse.explorables.tokens.token_reading import CLIP, Reading, chosen_logprobs, pull_of, read_tokens
from rlcourse.usual import usual_settings

KEPT = 12
"""How many deeds can be undone. Each step keeps the weights it left, some 20 MB with the optimiser's."""
LAMBDAS = (0.0, 0.95, 1.0)
"""λ of GAE to choose from: one step ahead, the usual, to the end."""
ASKED = ("written", "policy", "old_policy", "critic")
"""What a reading needs the models for; the rest of it is arithmetic."""
Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Moment:
    """All that can change, at one moment; nothing in it is ever changed."""

    written: tuple[tuple[int, ...], ...]
    """The tokens of each answer, its end included where it has one."""
    rewards: tuple[float, ...]
    by_hand: tuple[bool, ...]
    """Whether each reward was set by the learner, and not by the world."""
    algorithm: str
    policy: Weights
    old_policy: Weights
    """π_old, which wrote the answers."""
    critic: Weights
    old_critic: Weights
    """The critic when they were written, by which PPO judges them."""
    optimizer: dict | None = None
    """Its state; None before the first step."""
    steps: int = 0
    """Made on these answers."""
    gae_lambda: float = 0.95
    """λ, by which PPO judges."""


def a_deed(method: Callable) -> Callable:
    """A method that leads to another moment: the one before it can be come back to."""

    @wraps(method)
    @usual_settings()
    def deed(lab: "TokenLab", *given: object) -> None:
        before = lab.now
        method(lab, *given)
        if lab.now is not before:
            lab.past.append(before)

    return deed


class TokenLab:
    """The answers and the policy, and what can be done to them.

    Args:
        policy: who writes and learns, a `LanguagePolicy`. A copy learns; the policy itself stays as it is.
        world: a `TextWorld`, whose first prompt is the question, and which pays.
        critic: a `ValueModel`; without one there is no PPO. A copy learns.
        answers: how many are drawn, G, 2 to 8; or as many texts, in the place of the first that would be drawn.
        learning_rate: of both algorithms, above 0. 1e-4 is what the course trains this GPT-2 with.
        seed: of the answers.
    """

    @usual_settings()
    def __init__(
        self,
        policy: Policy,
        world: object,
        *,
        critic: Critic | None = None,
        answers: int | Sequence[str] = 4,
        learning_rate: float = 1e-4,
        seed: int = 0,
    ) -> None:
        given = () if isinstance(answers, int) else check_answers(answers)
        count = len(given) or answers
        check_integer("answers", count, 2, 8)
        check_number("learning_rate", learning_rate, low=0, above=True)
        self.policy, self.old, self.reference = (deepcopy(policy) for _ in range(3))
        self.critic, self.old_critic = deepcopy(critic), deepcopy(critic)
        self.world, self.count, self.learning_rate = world, count, float(learning_rate)
        self.tokenizer = policy.tokenizer
        self.generator = torch.Generator().manual_seed(seed)
        self.past: deque[Moment] = deque(maxlen=KEPT)
        self._read: tuple[Moment, Reading] | None = None
        self._asked: tuple[Moment, Tensor] | None = None
        mine, judges = weights_of(policy), weights_of(critic)
        nothing = (0.0,) * count
        self.now = Moment(((),) * count, nothing, (False,) * count, "GRPO", mine, mine, judges, judges)
        self._write()
        for row, text in enumerate(given):
            self.edit(row, text)
        self.past.clear()
        self.first = self.now

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Those that can be chosen."""
        return ("GRPO",) if self.critic is None else ("GRPO", "PPO")

    @property
    def prompt(self) -> str:
        """The question."""
        return self.world.prompts[0]

    def tokens(self) -> list[list[str]]:
        """The tokens of each answer, as text."""
        return [[self.tokenizer.decode([token]) for token in answer] for answer in self.now.written]

    def text(self, row: int) -> str:
        """An answer, without its end."""
        return self.tokenizer.decode(list(self.now.written[row]), skip_special_tokens=True)

    @a_deed
    def flip(self, row: int) -> None:
        """Pay 1 for an answer that was paid nothing, and nothing for one that was paid."""
        check_integer("row", row, 0, self.count - 1)
        self._pay(row, 0.0 if self.now.rewards[row] > 0 else 1.0, by_hand=True)

    @a_deed
    def edit(self, row: int, text: str) -> None:
        """Put another answer in the place of one; the world pays for it what it pays.

        Raises:
            ValueError: it is empty, too long, or has a character that the tokenizer does not know.
        """
        from rlcourse.language import encode  # only who has a language policy waits for `transformers`

        check_integer("row", row, 0, self.count - 1)
        ids = encode(self.tokenizer, [text])[0]
        longest = self.world.max_new_tokens - 1
        if not 1 <= len(ids) <= longest:
            raise ValueError(f"an answer must have 1 to {longest} tokens before its end, got {len(ids)}")
        written = list(self.now.written)
        written[row] = (*ids, self.tokenizer.eos_token_id)
        self.now = replace(self.now, written=tuple(written))
        self._pay(row, self._scores()[row], by_hand=False)

    @a_deed
    def choose(self, algorithm: str) -> None:
        """Learn by another algorithm from here on, with an optimiser that remembers nothing."""
        check_choice("algorithm", algorithm, self.algorithms)
        if algorithm != self.now.algorithm:
            self.now = replace(self.now, algorithm=algorithm, optimizer=None)

    @a_deed
    def look_ahead(self, gae_lambda: float) -> None:
        """Let PPO judge by another λ, from 0 to 1."""
        check_number("gae_lambda", gae_lambda, low=0, high=1)
        self.now = replace(self.now, gae_lambda=float(gae_lambda))

    @a_deed
    def step(self) -> None:
        """One step of the optimiser on all answers."""
        learn, optimizer = self._grpo() if self.now.algorithm == "GRPO" else self._ppo()
        if self.now.optimizer is not None:
            optimizer.load_state_dict(deepcopy(self.now.optimizer))
        learn()
        self.now = replace(
            self.now,
            policy=weights_of(self.policy),
            critic=weights_of(self.critic),
            optimizer=deepcopy(optimizer.state_dict()),
            steps=self.now.steps + 1,
        )

    @a_deed
    def write_again(self) -> None:
        """New answers, by the policy as it is now: from here on that is π_old."""
        self._write()

    @a_deed
    def restart(self) -> None:
        """Back to the beginning: the first answers, and the policy that wrote them."""
        self._go_to(self.first)

    @usual_settings()
    def undo(self) -> None:
        """Take the last deed back, if there is one."""
        if self.past:
            self._go_to(self.past.pop())

    @usual_settings()
    def read(self) -> Reading:
        """What is known of every token now. The models are asked only where they, or the answers, have changed."""
        moment, last = self._read or (None, None)
        if moment is not self.now:
            advantages = self.advantages()
            if moment is not None and all(getattr(moment, name) is getattr(self.now, name) for name in ASKED):
                last = replace(last, advantages=advantages, pull=pull_of(last.logprobs, last.old_logprobs, advantages))
            else:
                last = read_tokens(self.policy, self.episodes(), advantages, self.reference, self.critic)
            self._read = self.now, last
        return last

    def episodes(self) -> Episodes:
        """The answers as an algorithm reads them, with log π_old of each token."""
        from rlcourse.language import encode, token_episodes

        episodes = token_episodes(encode(self.tokenizer, [self.prompt])[0], self.now.written)
        asked = self._asked and self._asked[0]
        if not asked or asked.written != self.now.written or asked.old_policy is not self.now.old_policy:
            self._asked = self.now, chosen_logprobs(self.old, episodes)
        return replace(episodes, rewards=torch.tensor(self.now.rewards), old_logprobs=self._asked[1])

    def advantages(self) -> Float[Tensor, "G T"]:
        """Of every token: for GRPO its answer's place in the group, for PPO what the critic makes of it."""
        episodes = self.episodes()
        if self.now.algorithm == "PPO":
            return self._judged(episodes).advantages
        return torch.where(episodes.mask, group_advantages(episodes.grouped_rewards).reshape(-1, 1), 0.0)

    def _grpo(self) -> tuple[Callable, torch.optim.Optimizer]:
        algorithm = GRPO(GRPOConfig(num_generations=self.count, learning_rate=self.learning_rate, epsilon=CLIP))
        optimizer = algorithm.make_optimizer(self.policy)
        return lambda: algorithm.update(self.policy, optimizer, self.episodes()), optimizer

    def _ppo(self) -> tuple[Callable, torch.optim.Optimizer]:
        """An epoch over all answers at once. The advantages stay those of the beginning, as in any PPO."""
        algorithm = PPO(self.ppo_config(), critic=self.critic)
        optimizer, episodes = algorithm.make_optimizer(self.policy), self.episodes()
        given = (self.policy, self.critic, optimizer, episodes, self._judged(episodes), torch.Generator())
        return lambda: algorithm.epoch(*given), optimizer

    def ppo_config(self) -> PPOConfig:
        """The settings of a PPO whose every epoch is one step."""
        steps = {"learning_rate": self.learning_rate, "epochs": 1, "minibatch_size": self.count}
        judged_by = {"gamma": 1, "gae_lambda": self.now.gae_lambda, "normalize_advantages": False}
        return PPOConfig(clip_range=CLIP, max_grad_norm=1, **judged_by, **steps)

    def _judged(self, episodes: Episodes) -> Judged:
        from rlcourse.language import token_steps

        config = self.ppo_config()
        return judge(token_steps(episodes), self.old_critic, gae, gamma=config.gamma, gae_lambda=config.gae_lambda)

    def _write(self) -> None:
        from rlcourse.language import sample

        samples = sample(
            self.policy.model,
            self.tokenizer,
            [self.prompt],
            num_generations=self.count,
            max_new_tokens=self.world.max_new_tokens,
            generator=self.generator,
        )
        now = replace(self.now, written=tuple(map(tuple, samples.ids())), by_hand=(False,) * self.count, steps=0)
        self.now = replace(now, old_policy=now.policy, old_critic=now.critic, optimizer=None)
        self.now = replace(self.now, rewards=self._scores())
        self._go_to(self.now)

    def _scores(self) -> tuple[float, ...]:
        """What the world pays for the answers as they stand."""
        rows, end = range(self.count), self.tokenizer.eos_token_id
        finished = [answer[-1] == end for answer in self.now.written]
        texts, ids = [self.text(row) for row in rows], [list(answer) for answer in self.now.written]
        return tuple(map(float, self.world.score([0] * self.count, texts, finished, ids)))

    def _pay(self, row: int, reward: float, *, by_hand: bool) -> None:
        rewards, hands = list(self.now.rewards), list(self.now.by_hand)
        rewards[row], hands[row] = reward, by_hand
        self.now = replace(self.now, rewards=tuple(rewards), by_hand=tuple(hands))

    def _go_to(self, moment: Moment) -> None:
        """Make it the present: the models get its weights."""
        self.now = moment
        pairs = ((self.policy, moment.policy), (self.old, moment.old_policy))
        pairs += ((self.critic, moment.critic), (self.old_critic, moment.old_critic))
        for owner, weights in pairs:
            if owner is not None:
                owner.model.load_state_dict(weights)


def check_answers(answers: object) -> list[str]:
    """The texts as a list. TypeError if they are no texts."""
    if isinstance(answers, str) or not all(isinstance(text, str) for text in answers):
        raise TypeError(f"answers must be a number or a list of strings, got {describe(answers)}")
    return list(answers)


def weights_of(owner: Policy | Critic | None) -> Weights:
    """A copy of a model's weights."""
    return {} if owner is None else {name: each.detach().clone() for name, each in owner.model.state_dict().items()}

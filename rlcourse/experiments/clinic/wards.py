"""How the clinic's runs are set up: four kinds, each a function with one place for a function of somebody else's.

Sums with one step on each batch, the same with several, answers paid by an imperfect rule with a KL term, and a robot
in the maze. Every patient is one of these with one function exchanged. Left out: what is wrong with anybody.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
import torch

from rlcourse.algorithms import PPO, GRPOConfig, PPOConfig, Training
from rlcourse.control import GymnasiumWorld, TabularPolicy
from rlcourse.experiments.clinic.broken import Charted, CountedBy, Score, ScoredBy
from rlcourse.experiments.clinic.lines import k3_penalty, steady
from rlcourse.experiments.imperfect_rule import MENTIONS, ROOM, mentions_reward
from rlcourse.experiments.language import fresh_policy
from rlcourse.experiments.recipes import maze_training, the_maze
from rlcourse.language import LanguagePolicy, Sum, TextWorld, load_gpt2, sample, split_sums, sum_reward
from rlcourse.maze import MazeVectorEnv, solve

PROMPTS = 16
"""Questions in a batch, with eight answers each: enough for a symptom, and few enough for a treatment to be watched."""
ASKED = 100
"""How many sums that are not trained on a policy is measured by."""
DROPOUT = 0.1
"""GPT-2's own; the course's models have none."""
BETA = 0.2
"""The weight of the KL term."""
ITERATIONS = 8
"""Steps on each batch, where there are several."""
LIMIT = 64
"""Steps that a robot of the clinic has."""
SMALL_PAY, FULL_PAY = 0.1, 0.8
"""What a wrong and a right answer is paid by somebody who wants nobody to go with nothing."""
HARD = range(40, 60)
"""The numbers in hard sums: what the model was taught goes to 49."""


def sums_world(
    reward: Callable[..., list[float]] = sum_reward, sums: Sequence[Sum] | None = None, **settings: int
) -> TextWorld:
    """Sums to train on, with any rule."""
    sums, settings = split_sums()[0] if sums is None else sums, {"prompts_per_step": PROMPTS} | settings
    return TextWorld([s.prompt for s in sums], reward, columns={"answer": [s.answer for s in sums]}, **settings)


@cache
def hard_sums() -> tuple[Sum, ...]:
    """Sums of large numbers in an order that is always the same; the first `ASKED` are for measuring."""
    sums = [Sum(a, b) for a in HARD for b in HARD]
    random.Random(0).shuffle(sums)
    return tuple(sums)


def on_sums(
    seed: int, *, policy: LanguagePolicy | None = None, world: object = None, config: GRPOConfig | None = None, **own
) -> Training:
    """GPT-2 before its first step on sums, one step on each batch; the reference is only there to be measured."""
    algorithm = Charted(steady() if config is None else config, reference=fresh_policy(), **own)
    world = sums_world() if world is None else world
    return Training(fresh_policy() if policy is None else policy, world, algorithm, seed=seed)


def scored_by(score: Score, seed: int) -> Training:
    """The same, with answers scored by a function."""
    return on_sums(seed, policy=ScoredBy(*load_gpt2("sft"), score, dropout=DROPOUT, seed=seed))


def counted_by(counted: Callable, seed: int) -> Training:
    """The same, with a mask by a function."""
    return on_sums(seed, world=CountedBy(sums_world(), counted))


def paid_by(reward: Callable[..., list[float]], seed: int) -> Training:
    """The same with hard sums, a rule of somebody's, and room for long answers."""
    return on_sums(seed, world=sums_world(reward, hard_sums()[ASKED:], max_new_tokens=ROOM))


def set_by(settings: Callable[[], GRPOConfig], seed: int) -> Training:
    """The same, with other settings."""
    return on_sums(seed, config=settings())


def never_nothing(prompts, completions, answer, **columns) -> list[float]:
    """A little for every answer, and more for a right one."""
    return [FULL_PAY if paid else SMALL_PAY for paid in sum_reward(prompts, completions, answer)]


def compared_by(advantage_fn: Callable, seed: int) -> Training:
    """The same in groups of seven, where nobody goes with nothing, and advantages by a function."""
    config = GRPOConfig(temperature=steady().temperature, num_generations=7)
    return on_sums(seed, world=sums_world(never_nothing, prompts_per_step=18), config=config, advantage_fn=advantage_fn)


def several_by(objective: Callable, seed: int) -> Training:
    """Several steps on each batch, with an objective by a function."""
    config = GRPOConfig(temperature=steady().temperature, learning_rate=2e-4, num_iterations=ITERATIONS)
    return on_sums(seed, config=config, objective=objective)


def held_by(kl_fn: Callable, seed: int) -> Training:
    """Paid for each mention of the right number, and held near the beginning by a KL term of a function."""
    config = GRPOConfig(learning_rate=MENTIONS.learning_rate, beta=BETA)
    return on_sums(seed, world=sums_world(mentions_reward, max_new_tokens=ROOM), config=config, kl_fn=kl_fn)


def held_by_k3(seed: int) -> Training:
    """The same, held as it should be."""
    return held_by(k3_penalty, seed)


def robot(seed: int, **own: Callable) -> Training:
    """A robot before its first step, with little time for each walk."""
    envs = MazeVectorEnv(64, maze=the_maze(), random_start=True, autoreset_mode="SameStep", max_steps=LIMIT)
    config = PPOConfig(learning_rate=0.1, minibatch_size=512, entropy_coef=0.03)
    return maze_training(lambda critic: PPO(config, critic=critic, **own), GymnasiumWorld(envs, steps=64), seed=seed)


def judged_by(advantage_fn: Callable, seed: int) -> Training:
    """A robot whose advantages are estimated by a function."""
    return robot(seed, advantage_fn=advantage_fn)


def fitted_by(value_loss_fn: Callable, seed: int) -> Training:
    """A robot whose critic learns from a loss by a function."""
    return robot(seed, value_loss_fn=value_loss_fn)


def right_on(sums: Sequence[Sum]) -> Callable[[LanguagePolicy], Mapping[str, float]]:
    """Measures the share of these sums that a policy answers rightly, at temperature 1, always with the same chance."""

    def measured(policy: LanguagePolicy) -> Mapping[str, float]:
        how = {"max_new_tokens": ROOM, "generator": torch.Generator().manual_seed(1)}
        texts = sample(policy.model, policy.tokenizer, [s.prompt for s in sums], **how).texts(policy.tokenizer)
        right = sum_reward([s.prompt for s in sums], texts, [s.answer for s in sums])
        return {"accuracy": float(np.mean(right))}

    return measured


def right_on_held_out(policy: LanguagePolicy) -> Mapping[str, float]:
    """The share of held-out sums that is right."""
    return right_on(split_sums()[1][:ASKED])(policy)


def right_on_hard(policy: LanguagePolicy) -> Mapping[str, float]:
    """The share of hard sums that is right."""
    return right_on(hard_sums()[:ASKED])(policy)


def as_meant(policy: LanguagePolicy) -> Mapping[str, float]:
    """Of held-out sums: the share that is answered as it was meant, and the share of answers that end."""
    sums = split_sums()[1][:ASKED]
    how = {"max_new_tokens": ROOM, "generator": torch.Generator().manual_seed(1)}
    samples = sample(policy.model, policy.tokenizer, [s.prompt for s in sums], **how)
    right = sum_reward([s.prompt for s in sums], samples.texts(policy.tokenizer), [s.answer for s in sums])
    return {"meant": float(np.mean(right)), "ended": float(np.mean(samples.finished(policy.tokenizer)))}


def worth(policy: TabularPolicy) -> Mapping[str, float]:
    """What a place in the maze is worth under the policy, exactly, on the mean of all places."""
    maze = the_maze()
    values = solve(maze, gamma=PPOConfig().gamma, policy=policy.probabilities().numpy()).V
    return {"worth": float(values[maze.open_states].mean())}

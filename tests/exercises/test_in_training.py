"""Every right answer, in whatever clothes, trains as the course's own function does: the same weights come out.

The notebooks hand a passed exercise to an algorithm. A whole notebook is run with one answer an exercise
(tests/notebooks); here each of them takes the same two updates, where robots die in the middle of a rollout, walks are
padded and answers have different lengths.
"""

from copy import deepcopy

import pytest
import torch

from rlcourse.algorithms import (
    GRPO,
    PPO,
    TRPO,
    GRPOConfig,
    PPOConfig,
    Reinforce,
    ReinforceConfig,
    Training,
    TRPOConfig,
)
from rlcourse.exercises import at_work
from rlcourse.language import LanguagePolicy, Sum, arithmetic_world, load_gpt2
from rlcourse.maze import (
    GymnasiumWorld,
    MazeVectorEnv,
    MazeWorld,
    NetworkPolicy,
    TabularValue,
    generate_maze,
)

from .right_answers import RIGHT

MAZE = generate_maze(3, seed=0)
ONE_HOT = torch.eye(MAZE.num_states)
SUMS = [Sum(1, 2), Sum(3, 4), Sum(2, 5), Sum(4, 4)]


@pytest.fixture(scope="module")
def gpt2():
    return LanguagePolicy(*load_gpt2("sft"))


def robot():
    return NetworkPolicy(ONE_HOT, seed=0)


def in_steps():
    return GymnasiumWorld(
        MazeVectorEnv(8, maze=MAZE, max_steps=20, random_start=True, autoreset_mode="SameStep"), steps=32
    )


def trained(policy, world, algorithm):
    """The weights after two updates."""
    Training(policy, world, algorithm, seed=0).run(2, progress=False)
    return torch.nn.utils.parameters_to_vector(policy.parameters()).detach()


def with_ppo(_, **own):
    algorithm = PPO(PPOConfig(minibatch_size=64, learning_rate=0.02), critic=TabularValue(MAZE.num_states), **own)
    return trained(robot(), in_steps(), algorithm)


def with_ppo_that_brakes(_, **own):
    """The KL that the gauges report ends the updates early, and both of its gauges are part of what is compared."""
    settings = PPOConfig(minibatch_size=64, learning_rate=0.02, epochs=8, target_kl=0.005)
    training = Training(robot(), in_steps(), PPO(settings, critic=TabularValue(MAZE.num_states), **own), seed=0)
    history = training.run(2, progress=False)
    assert max(history["approx_kl"][1:]) > 1.5 * settings.target_kl, "the brake was used"
    shown = torch.tensor([history[name][1:].tolist() for name in ("approx_kl", "clip_fraction")]).flatten()
    return torch.cat([torch.nn.utils.parameters_to_vector(training.policy.parameters()).detach(), shown])


def with_trpo(_, **own):
    algorithm = TRPO(TRPOConfig(minibatch_size=64), critic=TabularValue(MAZE.num_states), **own)
    return trained(robot(), in_steps(), algorithm)


def with_reinforce(_, **own):
    return trained(robot(), MazeWorld(MAZE, groups=32), Reinforce(ReinforceConfig(learning_rate=0.01), **own))


def with_grpo(gpt2, **own):
    algorithm = GRPO(GRPOConfig(num_generations=4, beta=0.1), reference=gpt2, **own)
    return trained(deepcopy(gpt2), arithmetic_world(SUMS, prompts_per_step=4), algorithm)


SEAMS = {  # exercise → who trains, and the place where the answer goes
    "gae": (with_ppo, "advantage_fn"),
    "clipped_surrogate": (with_ppo, "objective"),
    "ppo_gauges": (with_ppo_that_brakes, "gauges"),
    "conjugate_gradient": (with_trpo, "solve"),
    "line_search": (with_trpo, "search"),
    "policy_gradient": (with_reinforce, "objective"),
    "group_advantages": (with_grpo, "advantage_fn"),
    "kl_k3": (with_grpo, "kl_fn"),
}
ANSWERS = [(name, answer) for name in SEAMS for answer in RIGHT[name]]


@pytest.fixture(scope="module")
def by_the_course(gpt2):
    weights = {train: train(gpt2) for train, _ in SEAMS.values()}
    for train, begun in ((with_ppo, robot()), (with_trpo, robot()), (with_reinforce, robot()), (with_grpo, gpt2)):
        begun = torch.nn.utils.parameters_to_vector(begun.parameters())
        assert not torch.allclose(weights[train], begun, atol=1e-4), "something was learned"
    return weights


@pytest.mark.parametrize(("name", "answer"), ANSWERS, ids=[answer.__name__ for _, answer in ANSWERS])
def test_a_right_answer_trains_as_the_courses_own_does(gpt2, by_the_course, name, answer):
    train, place = SEAMS[name]
    weights = train(gpt2, **{place: at_work(True, answer, len)})
    torch.testing.assert_close(weights, by_the_course[train], atol=2e-5, rtol=1e-3)

"""A default dtype and a default device that the user has set change nothing in the maze."""

import gymnasium
import numpy as np
import pytest
import torch

from rlcourse.maze import (
    ManyMazesVectorEnv,
    MazeVectorEnv,
    MazeWorld,
    NetworkPolicy,
    TabularPolicy,
    draw_maze,
    draw_policy,
    draw_trajectory,
    draw_values,
    egocentric,
    every_walk,
    expected_return,
    film,
    generate_maze,
    leaving_chance,
    optimal_return,
    solve,
    steps_to_exit,
    success_rate,
    walk,
    walk_probabilities,
)

MAZE = generate_maze(3, seed=0)


def chance():
    return torch.Generator("cpu").manual_seed(7)


def table():
    """A fresh policy, made while the user's defaults hold."""
    return TabularPolicy(MAZE.num_states)


def network(**settings):
    return NetworkPolicy(egocentric(MAZE), **settings)


def a_few_steps(envs, **reset):
    told = [envs.reset(seed=3, **reset)[0]]
    for actions in ([0, 1], [1, 0], [0, 2], [0, 0]):
        told += list(envs.step(np.array(actions)))[:4]
    saved = envs.state_dict()
    envs.load_state_dict(saved)
    return [*told, *(part for part in saved.values() if isinstance(part, torch.Tensor)), envs.step(np.array([0, 0]))[0]]


def size_of(figure):
    return [len(figure.axes), *figure.get_size_inches()]


def in_parts(episodes):
    seen = episodes.observations["states"]
    return [seen, episodes.actions, episodes.mask, episodes.old_logprobs, episodes.rewards]


def rollout_parts(rollout):
    ends = [rollout.rewards, rollout.terminated, rollout.done, rollout.next_observations["states"]]
    return [*in_parts(rollout.rows), *ends, rollout.episode_returns, rollout.episode_lengths]


def of_success(success):
    return [success.chances, success.detours]


CALLS = {
    "solve": lambda: [solve(MAZE, gamma=0.9).Q],
    "solve of a policy": lambda: [solve(MAZE, gamma=0.9, policy=table().probabilities()).Q],
    "optimal_return": lambda: [optimal_return(MAZE)],
    "expected_return": lambda: [expected_return(MAZE, table().probabilities(), max_steps=20)],
    "leaving_chance": lambda: list(leaving_chance(MAZE, table().probabilities())),
    "steps_to_exit": lambda: [steps_to_exit(MAZE)],
    "walk": lambda: [walk(MAZE, table().probabilities(), seed=3)],
    "every_walk": lambda: rollout_parts(every_walk(MAZE, max_steps=3)),
    "walk_probabilities": lambda: [walk_probabilities(table(), every_walk(MAZE, max_steps=3)).detach()],
    "egocentric": lambda: [egocentric(MAZE)],
    "success_rate": lambda: of_success(success_rate(NetworkPolicy(35), [MAZE], walks=2)),
    "success_rate without crumbs": lambda: of_success(success_rate(NetworkPolicy(30), [MAZE], crumbs=False)),
    "sample_groups": lambda: in_parts(
        MazeWorld(MAZE, groups=3).sample_groups(table(), num_generations=2, generator=chance())
    ),
    "rollout": lambda: rollout_parts(MazeWorld(MAZE, groups=3).rollout(table(), generator=chance())),
    "rollout of a network": lambda: rollout_parts(MazeWorld(MAZE, groups=3).rollout(network(), generator=chance())),
    "MazeVectorEnv": lambda: a_few_steps(MazeVectorEnv(2, maze=MAZE, random_start=True)),
    "ManyMazesVectorEnv": lambda: a_few_steps(ManyMazesVectorEnv(2, [MAZE], random_start=True)),
    "make": lambda: [gymnasium.make("rlcourse/Maze-v0", size=3).reset(seed=0)[0]],
    "draw_maze": lambda: size_of(draw_maze(MAZE)),
    "draw_values": lambda: size_of(draw_values(MAZE, torch.zeros(36, dtype=torch.float64, device="cpu"))),
    "draw_policy": lambda: size_of(draw_policy(MAZE, table().probabilities())),
    "draw_trajectory": lambda: size_of(draw_trajectory(MAZE, [0, 1])),
    "film": lambda: [np.frombuffer(film(MAZE, [0, 1]), dtype=np.uint8)],
}
EXPECTED = {name: call() for name, call in CALLS.items()}


@pytest.fixture(params=[torch.float64, torch.bfloat16], ids=str)
def another_dtype(request):
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)
    yield
    torch.set_default_dtype(before)


@pytest.fixture
def another_device():
    torch.set_default_device("meta")
    yield
    torch.set_default_device(None)


def assert_the_same(got, expected):
    for one, other in zip(got, expected, strict=True):
        if isinstance(other, torch.Tensor):
            assert (one.dtype, one.device) == (other.dtype, other.device) and torch.equal(one, other)
        else:
            assert np.asarray(one).dtype == np.asarray(other).dtype and np.array_equal(one, other)


@pytest.mark.parametrize("name", CALLS)
def test_a_default_dtype_changes_nothing(another_dtype, name):
    assert_the_same(CALLS[name](), EXPECTED[name])


@pytest.mark.parametrize("name", CALLS)
def test_a_default_device_changes_nothing(another_device, name):
    assert_the_same(CALLS[name](), EXPECTED[name])

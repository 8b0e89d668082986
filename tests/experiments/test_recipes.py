"""What notebooks start from: the maze, the world to train in, and robots that know half of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlcourse.algorithms import PPO, TRPO, Reinforce
from rlcourse.experiments.recipes import (
    half_trained_policy,
    maze_training,
    ppo,
    reinforce,
    the_maze,
    training_world,
    trpo,
)
from rlcourse.maze import generate_maze, solve


def test_the_training_world_has_64_robots_for_64_steps_that_begin_anywhere():
    world = training_world()
    assert (world.num_envs, world.steps, world.num_states) == (64, 64, the_maze().num_states)
    training = maze_training(ppo)
    rollout = training.algorithm.collect(world, training.policy, torch.Generator().manual_seed(0))
    assert rollout.rows.mask.all()  # an episode that ends starts over in the same step
    assert len(rollout.rows.observations["states"].reshape(64, 64)[:, 0].unique()) > 30


def test_another_maze_and_fewer_robots_can_be_had():
    world = training_world(generate_maze(4, seed=1), robots=3, steps=5)
    assert (world.num_envs, world.steps, world.num_states) == (3, 5, 64)
    assert len(maze_training(trpo, world, seed=2).run(1, progress=False)) == 1


@pytest.mark.parametrize(("make", "kind"), [(ppo, PPO), (trpo, TRPO), (reinforce, Reinforce)])
def test_settings_for_tables_can_be_replaced_one_by_one(make, kind):
    training = maze_training(make, gamma=0.5)
    assert isinstance(training.algorithm, kind)
    usual = maze_training(make).algorithm.config
    assert training.algorithm.config == replace(usual, gamma=0.5)


def test_a_half_trained_robot_does_the_best_thing_half_of_the_time():
    maze = the_maze()
    policy, best = half_trained_policy(maze), solve(maze, gamma=0.99).policy
    assert policy.sum(axis=1) == pytest.approx(np.ones(maze.num_states))
    alone = best.max(axis=1) == 1
    assert policy[alone].max(axis=1) == pytest.approx(2 / 3)
    assert policy[alone].min(axis=1) == pytest.approx(1 / 6)

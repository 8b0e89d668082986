"""What a learner reads who hands in the wrong kind of thing.

The test run checks every annotation (pyproject's import hook), which would speak before our own messages do;
a notebook does not. So these run in a Python of their own, as in a notebook.
"""

import json

import pytest

from tests.programs import python

SCRIPT = """
import json, sys
import numpy as np, torch, gymnasium
from rlcourse.maze import *

maze = generate_maze(3, seed=0)
world, policy = MazeWorld(maze), TabularPolicy(maze.num_states)
uniform = np.full((maze.num_states, 3), 1 / 3)
said = {}
for wrong in json.loads(sys.argv[1]):
    try:
        eval(wrong)
        said[wrong] = "nothing"
    except Exception as error:
        said[wrong] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""

MESSAGES = {
    "generate_maze(3.5, seed=0)": "TypeError: size must be a whole number, got 3.5",
    "generate_maze('8', seed=0)": "TypeError: size must be a whole number, got '8'",
    "generate_maze(True, seed=0)": "TypeError: size must be a whole number, got True",
    "generate_maze(0, seed=0)": "ValueError: size must be from 2 to 64, got 0",
    "generate_maze(10**9, seed=0)": "ValueError: size must be from 2 to 64, got 1000000000",
    "generate_maze(8, seed=1.5)": "TypeError: seed must be a whole number, got 1.5",
    "generate_maze(8, seed=0, loops='many')": "TypeError: loops must be a number, got 'many'",
    "MazeEnv(size=0)": "ValueError: size must be from 2 to 64, got 0",
    "MazeEnv(max_steps=0)": "ValueError: max_steps must be 1 or more, got 0",
    "MazeEnv(max_steps=9.5)": "TypeError: max_steps must be a whole number, got 9.5",
    "MazeEnv(render_mode='human')": "ValueError: render_mode must be one of rgb_array, ansi or None, got 'human'",
    "MazeEnv(maze=8)": "TypeError: maze must be a Maze or None, got 8",
    "MazeVectorEnv(0)": "ValueError: num_envs must be 1 or more, got 0",
    "MazeRewards(step=float('nan'))": "ValueError: rewards.step must be a finite number, got nan",
    "MazeRewards(wall=None)": "TypeError: rewards.wall must be a number, got None",
    "generate_maze(3, seed=0, rewards=0.5)": "TypeError: rewards must be a MazeRewards, got 0.5",
    "solve(maze, gamma=1.5)": "ValueError: gamma must be in [0, 1], got 1.5",
    "solve(maze, gamma=float('nan'))": "ValueError: gamma must be in [0, 1], got nan",
    "solve(maze, gamma='high')": "TypeError: gamma must be a number, got 'high'",
    "solve('maze', gamma=0.9)": "TypeError: maze must be a Maze or a maze environment, got 'maze'",
    "solve(maze, gamma=0.9, policy=uniform[:2])": "ValueError: policy must have the shape (36, 3), got (2, 3)",
    "solve(maze, gamma=0.9, policy=uniform * 2)": "ValueError: policy must hold probabilities",
    "solve(maze, gamma=0.9, policy=uniform * np.nan)": "ValueError: policy must hold probabilities",
    "expected_return(maze, uniform, max_steps=0)": "ValueError: max_steps must be 1 or more, got 0",
    "expected_return(maze, uniform, max_steps=9, start_state=-5)":
        "ValueError: start_state must be from 0 to 35, got -5",
    "walk(maze, uniform, start_state=9999)": "ValueError: start_state must be from 0 to 35, got 9999",
    "walk(maze, uniform, start_state=4 * maze.exit_cell)": "ValueError: start_state must be outside the exit",
    "world.sample_groups(TabularPolicy(30), num_generations=2, generator=torch.Generator())":
        "ValueError: the policy must be made for as many states as its world has: it has 30, the world has 36",
    "MazeWorld(maze, groups=0)": "ValueError: groups must be 1 or more, got 0",
    "MazeWorld(maze, starts='anywhere')": "ValueError: starts must be one of 'start', 'random', got 'anywhere'",
    "world.sample_groups(policy, num_generations=0, generator=torch.Generator())":
        "ValueError: num_generations must be 1 or more, got 0",
    "world.sample_groups(policy, num_generations=2, temperature=0, generator=torch.Generator())":
        "ValueError: temperature must be a number above 0, got 0",
    "TabularPolicy(0)": "ValueError: num_states must be 1 or more, got 0",
    "TabularValue(0)": "ValueError: num_states must be 1 or more, got 0",
    "NetworkPolicy(2.5)": "TypeError: inputs must be a whole number or a table of features [S, F], got 2.5",
    "NetworkValue('features')": "TypeError: inputs must be a whole number or a table of features [S, F], got 'feat",
    "NetworkPolicy(torch.zeros(3))": "TypeError: inputs must be a whole number or a table of features [S, F], got Te",
    "NetworkPolicy(4, 0)": "ValueError: num_actions must be 1 or more, got 0",
    "NetworkPolicy(4, hidden=(8, 0))": "ValueError: every layer's width must be 1 or more, got 0",
    "GymnasiumWorld(MazeEnv(), steps=8)": "TypeError: envs must be a vector environment, got the single one MazeEnv",
    "GymnasiumWorld(MazeVectorEnv(2), steps=0.5)": "TypeError: steps must be a whole number, got 0.5",
    "GymnasiumWorld('CartPole-v1', steps=8, num_envs=0)": "ValueError: num_envs must be 1 or more, got 0",
    "GymnasiumWorld('Pendulum-v1', steps=8)": "ValueError: envs must have Discrete actions, got Box",
    "GymnasiumWorld(MazeVectorEnv(2), steps=8).rollout(policy, generator=torch.Generator())":
        "ValueError: the policy must be made for as many states as its world has: it has 36, the world has 256",
    "world.rollout(policy, temperature=-1, generator=torch.Generator())":
        "ValueError: temperature must be a number above 0, got -1",
    "egocentric('maze')": "TypeError: maze must be a Maze or a maze environment, got 'maze'",
    "egocentric(maze, view=1.5)": "TypeError: view must be a whole number, got 1.5",
    "ManyMazesVectorEnv(2, [maze, 8])": "TypeError: mazes must be a sequence of one Maze or more, got list [Maze(",
    "ManyMazesVectorEnv(0, [maze])": "ValueError: num_envs must be 1 or more, got 0",
    "leaving_chance(maze, uniform * 2)": "ValueError: policy must hold probabilities",
    "leaving_chance(maze, uniform, max_steps=0)": "ValueError: max_steps must be 1 or more, got 0",
    "success_rate(NetworkPolicy(35), [])": "TypeError: mazes must be a sequence of one Maze or more, got list []",
    "success_rate(NetworkPolicy(35), [maze], walks=0)": "ValueError: walks must be 1 or more, got 0",
    "success_rate(NetworkPolicy(35), [maze], crumbs=False)":
        "ValueError: the policy must read 30 numbers, as the robot sees with view=1 and crumbs=False, it reads 35",
    "success_rate(policy, [maze])":
        "TypeError: policy must be a NetworkPolicy, got TabularPolicy",
    "draw_values(maze, np.zeros(5))": "ValueError: values must have the shape (36,), got (5,)",
    "film(maze, [])": "ValueError: states must hold at least one state, got none",
    "film(maze, [0, 9])": "ValueError: states must be a walk: no action leads from state 0 to 9",
    "film(maze, [0.5])": "TypeError: states must hold whole numbers, one for each state, got list [0.5]",
    "describe(maze, state=10**6)": "ValueError: state must be from 0 to 35, got 1000000",
    "describe(maze, state=-1)": "ValueError: state must be from 0 to 35, got -1",
    "describe(maze, state=1.5)": "TypeError: state must be a whole number, got 1.5",
    "maze.text(-1)": "ValueError: state must be from 0 to 35, got -1",
    "draw_maze(maze, state=10**6)": "ValueError: state must be from 0 to 35, got 1000000",
    "draw_maze(maze, axes=3)": "TypeError: axes must be Axes of matplotlib or None, got 3",
    "Screen(maze).frame(36)": "ValueError: state must be from 0 to 35, got 36",
    "Screen('maze')": "TypeError: maze must be a Maze or a maze environment, got 'maze'",
    "describe_walk(maze, [10**6, 5])": "ValueError: states must be from 0 to 35, got 1000000",
    "describe_walk(maze, [])": "ValueError: states must hold at least one state, got none",
    "describe_walk(maze, 'walk')": "TypeError: states must hold whole numbers, one for each state, got 'walk'",
    "draw_trajectory(maze, [3, 36])": "ValueError: states must be from 0 to 35, got 36",
    "draw_trajectory(maze, [])": "ValueError: states must hold at least one state, got none",
    "draw_values(maze, None)": "TypeError: values must be a table of numbers, got None",
    "draw_values(maze, torch.zeros(36, device='meta'))": "TypeError: values must be a table of numbers, got Tensor",
    "draw_values(maze, np.zeros(36), close_up=1)": "TypeError: close_up must be a row and a column from 0 to 1, got 1",
    "draw_values(maze, np.zeros(36), close_up=(0, 'a'))": "TypeError: close_up must be a row and a column from 0 to 1:",
    "draw_policy(maze, policy)":
        "TypeError: policy must be a table of numbers, got a TabularPolicy, the table it has is policy.probabilities()",
    "solve(maze, gamma=True)": "TypeError: gamma must be a number, got True",
    "solve(maze, gamma=None)": "TypeError: gamma must be a number, got None",
    "solve(maze, gamma=0.9, policy='good')": "TypeError: policy must be a table of numbers, got 'good'",
    "solve(maze, gamma=0.9, policy=[[1, 0, 0], [1, 0]])": "TypeError: policy must be a table of numbers, got list",
    "solve(maze, gamma=0.9, policy=uniform.astype(complex))": "TypeError: policy must be a table of numbers, got nda",
    "solve(maze, gamma=0.9, policy=torch.zeros(36, 3).to_sparse())": "TypeError: policy must be a table of numbers",
    "generate_maze(3, seed=0, loops=True)": "TypeError: loops must be a number, got True",
    "generate_maze(3, seed=0, loops=1.5)": "ValueError: loops must be in [0, 1], got 1.5",
    "MazeRewards(exit=True)": "TypeError: rewards.exit must be a number, got True",
    "MazeRewards(exit=10**400)": "ValueError: rewards.exit must be a finite number, got ",
    "expected_return(maze, uniform, max_steps=10**6)": "ValueError: max_steps must be from 1 to 100000, got 1000000",
    "leaving_chance(maze, uniform, max_steps=2**64)": "ValueError: max_steps must be from 1 to 100000, got 184467",
    "success_rate(NetworkPolicy(35), [maze], max_steps=2**64)": "ValueError: max_steps must be from 1 to 100000, got 1",
    "success_rate(NetworkPolicy(35), [maze], walks=2**40)": "ValueError: walks must be from 1 to 1048576, got 10995116",
    "success_rate(NetworkPolicy(35), [maze], greedy='no')": "TypeError: greedy must be True or False, got 'no'",
    "success_rate(NetworkPolicy(35), None)": "TypeError: mazes must be a sequence of one Maze or more, got None",
    "walk(maze, uniform, max_steps=10**9)": "ValueError: max_steps must be from 1 to 100000, got 1000000000",
    "walk(maze, uniform, seed='x')": "TypeError: seed must be a whole number, got 'x'",
    "walk_probabilities(policy, [0, 1])": "TypeError: walks must be a Rollout, as every_walk gives it, got list [0, 1]",
    "MazeWorld(maze, max_steps=10**9)": "ValueError: max_steps must be from 1 to 100000, got 1000000000",
    "MazeWorld(maze, groups=2**31 - 1)": "ValueError: groups must be from 1 to 1048576, got 2147483647",
    "world.sample_groups(policy, num_generations=2**31 - 1, generator=torch.Generator())":
        "ValueError: num_generations must be from 1 to 16384, got 2147483647",
    "world.sample_groups(policy, num_generations=2, generator=None)":
        "TypeError: generator must be a torch.Generator, got None",
    "every_walk(maze, max_steps=12)": "ValueError: max_steps must be from 1 to 11, got 12",
    "MazeVectorEnv(2**31 - 1)": "ValueError: num_envs must be from 1 to 1048576, got 2147483647",
    "MazeVectorEnv(2, render_mode='rgb_array')":
        "ValueError: render_mode must be None (only MazeEnv, one robot, is drawn), got 'rgb_array'",
    "MazeVectorEnv(2, autoreset_mode='never')": "ValueError: autoreset_mode must be one of 'NextStep', 'SameStep', ",
    "MazeVectorEnv(2, max_steps=3, max_episode_steps=5)":
        "ValueError: max_steps and max_episode_steps mean the same limit: give one, got 3 and 5",
    "MazeVectorEnv(2, max_episode_steps=0)": "ValueError: max_episode_steps must be 1 or more, got 0",
    "MazeVectorEnv(2, random_start='no')": "TypeError: random_start must be True or False, got 'no'",
    "MazeVectorEnv(2).reset(options=[3])": "TypeError: options must be a dictionary or None, got list [3]",
    "MazeEnv(random_start=1)": "TypeError: random_start must be True or False, got 1",
    "MazeEnv().reset(options=3)": "TypeError: options must be a dictionary or None, got 3",
    "ManyMazesVectorEnv(2**31 - 1, [maze])": "ValueError: num_envs must be from 1 to 1048576, got 2147483647",
    "ManyMazesVectorEnv(2, 8)": "TypeError: mazes must be a sequence of one Maze or more, got 8",
    "ManyMazesVectorEnv(2, [maze]).reset(options='m')": "TypeError: options must be a dictionary or None, got 'm'",
    "egocentric(maze, view=10**6)": "ValueError: view must be from 0 to 16, got 1000000",
}  # fmt: skip


@pytest.fixture(scope="module")
def said():
    return json.loads(python(SCRIPT, json.dumps(list(MESSAGES))).stdout)


@pytest.mark.parametrize("wrong", MESSAGES)
def test_wrong_input_is_named_before_work_starts(said, wrong):
    assert said[wrong].startswith(MESSAGES[wrong])

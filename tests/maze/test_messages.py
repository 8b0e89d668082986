"""What a learner reads who hands in the wrong kind of thing.

The test run checks every annotation (pyproject's import hook), which would speak before our own messages do;
a notebook does not. So these run in a Python of their own, as in a notebook.
"""

import json
import subprocess
import sys

import pytest

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
    "film(maze, [])": "ValueError: states must hold at least one state",
}  # fmt: skip


@pytest.fixture(scope="module")
def said():
    command = [sys.executable, "-c", SCRIPT, json.dumps(list(MESSAGES))]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("wrong", MESSAGES)
def test_wrong_input_is_named_before_work_starts(said, wrong):
    assert said[wrong].startswith(MESSAGES[wrong])

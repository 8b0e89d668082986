"""What a learner reads who hands in the wrong kind of thing; in a Python of its own, as `tests.maze.test_messages`."""

import json

import pytest

from tests.programs import python

SCRIPT = """
import json, sys
import gymnasium, numpy as np, torch
from rlcourse.control import *
from rlcourse.maze import MazeVectorEnv, MazeWorld, leaving_chance, success_rate, walk, generate_maze

maze = generate_maze(3, seed=0)
one = torch.Generator()
lake, pole = GymnasiumWorld("FrozenLake-v1", steps=2), GymnasiumWorld("CartPole-v1", steps=2)
episodes = MazeWorld(maze, groups=2)
table, network = TabularPolicy(16, 4), NetworkPolicy(4, 2)
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

NO_CLASS = "TypeError: policy must be an object, got the class "
NOT_ASKED = "TypeError: policy must have the method logits or logprobs, got "
TEMPERATURE = "TypeError: temperature must be a number, got "
MESSAGES = {
    "lake.rollout(TabularPolicy, generator=one)": NO_CLASS + "TabularPolicy: make one",
    "pole.rollout(NetworkPolicy, generator=one)": NO_CLASS + "NetworkPolicy",
    "episodes.rollout(TabularPolicy, generator=one)": NO_CLASS + "TabularPolicy",
    "episodes.sample_groups(TabularPolicy, num_generations=2, generator=one)": NO_CLASS + "TabularPolicy",
    "episode_returns(NetworkPolicy, 'CartPole-v1')": NO_CLASS + "NetworkPolicy",
    "lake.rollout(uniform, generator=one)": NOT_ASKED + "ndarray",
    "episodes.rollout(uniform, generator=one)": NOT_ASKED + "ndarray",
    "pole.rollout(None, generator=one)": NOT_ASKED + "None",
    "choices_at(table, [1, 2])": "TypeError: seen must be the numbers of states [B], or rows of numbers",
    "choices_at(table, torch.tensor([True]))": "TypeError: seen must be the numbers of states [B]",
    "lake.rollout(table, generator=one, temperature='x')": TEMPERATURE + "'x'",
    "episodes.rollout(TabularPolicy(36), generator=one, temperature=None)": TEMPERATURE + "None",
    "lake.rollout(table, generator=one, temperature=True)": TEMPERATURE + "True",
    "table.probabilities(temperature='x')": TEMPERATURE + "'x'",
    "network.probabilities(torch.zeros(1, 4), temperature=-1)": "ValueError: temperature must be 0 or a number above 0",
    "table.probabilities(temperature=float('nan'))": "ValueError: temperature must be 0 or a number above 0, got nan",
    "lake.rollout(table, generator=one, temperature=1e-38)": "ValueError: temperature must be a number above 0, not",
    "lake.rollout(table, generator=one, temperature=float('inf'))": "ValueError: temperature must be a number above 0",
    "GymnasiumWorld(gymnasium.make('CartPole-v1'), steps=1)": "TypeError: envs must be a vector environment, got the",
    "GymnasiumWorld(gymnasium.make('CartPole-v1'), steps=1) # in the end": '…make_vec("CartPole-v1", num_envs=8)',
    "GymnasiumWorld(3, steps=1)": "TypeError: envs must be a vector environment or the name of one, got 3; make",
    "GymnasiumWorld('CartPole-v1', steps=1.5)": "TypeError: steps must be a whole number, got 1.5",
    "GymnasiumWorld('CartPole-v1', steps=10**400)": "ValueError: steps must be from 1 to 2147483647",
    "GymnasiumWorld('CartPole-v1', steps=10**8)": "ValueError: steps times 8 environments must not exceed 10,000,000",
    "GymnasiumWorld('CartPole-v1', steps=1, num_envs=10**9)": "ValueError: num_envs must be at most 100,000",
    "MazeWorld(maze, groups=10**9)": "ValueError: groups must be from 1 to 1048576, got 1000000000",
    "MazeWorld(maze, max_steps=2**30)": "ValueError: max_steps must be from 1 to 100000, got 1073741824",
    "leaving_chance(maze, uniform, max_steps=2**64)": "ValueError: max_steps must be from 1 to 100000",
    "leaving_chance(maze, uniform, max_steps=2**30)": "ValueError: max_steps must be from 1 to 100000",
    "walk(maze, uniform, max_steps=2**30)": "ValueError: max_steps must be from 1 to 100000",
    "success_rate(NetworkPolicy(35), [maze], max_steps=2**30)": "ValueError: max_steps must be from 1 to 100000",
    "success_rate(NetworkPolicy(30), [maze], max_steps=2**30, crumbs=False)": "ValueError: max_steps must be from 1 to",
    "success_rate(NetworkPolicy(35, 4), [maze])": "ValueError: the policy must have 3 choices",
    "success_rate(table, [maze])": "TypeError: policy must be a NetworkPolicy, got TabularPolicy",
    "episode_returns(network, 'CartPole-v1', max_steps=0)": "ValueError: max_steps must be 1 or more, got 0",
    "TabularValue(2**31)": "ValueError: num_states must be from 1 to 2147483647",
    "TabularValue(2**31 - 1)": "ValueError: a table must have no more than 100,000,000 numbers, got 2,147,483,647",
    "TabularPolicy(10**6, 10**6)": "ValueError: a table must have no more than 100,000,000 numbers",
    "TabularPolicy(None)": "TypeError: num_states must be a whole number, got None",
    "NetworkPolicy(10**9, 2)": "ValueError: a network must have no more than 100,000,000 numbers",
    "NetworkPolicy(4, 2, hidden=64)": "TypeError: hidden must be the widths of the hidden layers, such as (64, 64)",
    "NetworkPolicy(4, 2, hidden=(64, 1.5))": "TypeError: every layer's width must be a whole number, got 1.5",
    "NetworkPolicy(4, 2, seed='x')": "TypeError: seed must be a whole number, got 'x'",
    "NetworkPolicy(None, 2)": "TypeError: inputs must be a whole number or a table of features [S, F], got None",
    "NetworkPolicy(torch.eye(3) / 0, 2)": "ValueError: inputs must be finite numbers",
    "NetworkPolicy(torch.eye(3, device='meta'), 2)": "ValueError: inputs must hold numbers, got a table on the device",
    "table.act(1.5)": "TypeError: observation must be a state's number, or several [B], got 1.5",
    "table.act('left')": "TypeError: observation must be a state's number, or several [B], got 'left'",
    "table.act(16)": "ValueError: the table must have a row for state 16, it has 16",
    "network.act(3)": "ValueError: observation must be 4 numbers, or rows of as many, got the shape []",
    "network.act('left')": "TypeError: observation must be 4 numbers, or rows of as many, got 'left'",
    "load_policy(3)": "TypeError: folder must be a path, got 3",
    "policy_for(MazeVectorEnv(2, size=3))": "TypeError: world must show states or numbers",
}


@pytest.fixture(scope="module")
def said():
    return json.loads(python(SCRIPT, json.dumps(list(MESSAGES))).stdout)


@pytest.mark.parametrize("call", MESSAGES)
def test_what_is_wrong_is_said(said, call):
    if MESSAGES[call].startswith("…"):
        assert said[call].endswith(MESSAGES[call][1:])
    else:
        assert said[call].startswith(MESSAGES[call])

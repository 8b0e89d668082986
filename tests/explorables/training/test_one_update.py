"""What an update costs: counted against what the algorithms are known to do."""

import pytest
import torch

from rlcourse.algorithms import TRPO, Reinforce, TRPOConfig
from rlcourse.explorables.training import one_update
from rlcourse.explorables.training.one_update import update_cost
from rlcourse.maze import GymnasiumWorld, MazeVectorEnv, TabularPolicy, TabularValue


@pytest.fixture(scope="module")
def world():
    return GymnasiumWorld(
        MazeVectorEnv(8, size=4, seed=0, max_steps=10, random_start=True, autoreset_mode="SameStep"), steps=16
    )


@pytest.fixture
def policy(world):
    return TabularPolicy(world.num_states)


@pytest.fixture
def rollout(world, policy):
    return world.rollout(policy, generator=torch.Generator().manual_seed(0))


def test_reinforce_asks_the_policy_once_and_no_fisher_matrix(world, policy, rollout):
    cost = update_cost(Reinforce(), policy, rollout)
    assert (cost.forwards, cost.products) == (1, 0)
    assert cost.seconds > 0


@pytest.mark.parametrize(("iterations", "damping"), [(1, 0.1), (3, 0.1), (3, None)])
def test_trpo_asks_once_for_the_slope_once_for_each_length_and_multiplies_once_more_than_it_iterates(
    world, policy, rollout, iterations, damping
):
    """And once more where it has to find out the matrix's scale."""
    lengths = []

    def third_length(parameters, step, evaluate, **limits):
        for attempt in range(3):
            lengths.append(evaluate(parameters + 0.5**attempt * step))
        return parameters + 0.25 * step

    config = TRPOConfig(cg_iterations=iterations, damping=damping)
    trpo = TRPO(config, critic=TabularValue(world.num_states), search=third_length)
    cost = update_cost(trpo, policy, rollout, repeat=1)
    assert (cost.forwards, cost.products) == (1 + 3, iterations + 1 + (damping is None))
    assert len(lengths) == 3


def test_nothing_is_learned(world, policy, rollout):
    critic = TabularValue(world.num_states)
    trpo = TRPO(TRPOConfig(value_learning_rate=0.1), critic=critic)
    solve = trpo.solve
    update_cost(trpo, policy, rollout, repeat=2)
    assert not policy.table.any() and not critic.table.any()
    assert trpo.solve is solve


def test_the_seconds_are_the_median_of_the_tries_by_the_processor_clock(policy, rollout, monkeypatch):
    """Of tries that take 1, 9 and 2 seconds; what the clock on the wall says of them does not matter."""
    clock = iter([0, 1, 10, 19, 20, 22])
    monkeypatch.setattr(one_update, "process_time", lambda: next(clock))
    assert update_cost(Reinforce(), policy, rollout).seconds == 2


def test_it_is_repeated_as_often_as_asked(world, policy, rollout):
    calls = []

    def counted(*arguments):
        calls.append(None)
        return arguments[0] * arguments[1]

    update_cost(Reinforce(objective=counted), policy, rollout, repeat=3)
    assert len(calls) == 3

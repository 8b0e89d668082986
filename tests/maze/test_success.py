import numpy as np
import pytest
import torch

from rlcourse.maze import (
    MazeWorld,
    NetworkPolicy,
    TabularPolicy,
    egocentric,
    generate_maze,
    leaving_chance,
    shortest_path_length,
    solve,
    success_rate,
)

MAZES = [generate_maze(4, seed=seed) for seed in range(6)]


def test_the_best_policy_leaves_in_exactly_the_shortest_time(small):
    best, shortest = solve(small, gamma=1.0).policy, shortest_path_length(small)
    assert leaving_chance(small, best) == (1.0, shortest)
    assert leaving_chance(small, best, max_steps=shortest) == (1.0, shortest)
    assert leaving_chance(small, best, max_steps=shortest - 1) == (0.0, shortest - 1)
    assert leaving_chance(small, best, start_state=int(small.transitions.next_state[0, 1]))[0] == 1.0


def test_the_chance_and_the_length_are_those_of_many_walks(small):
    policy, limit = TabularPolicy(small.num_states), 60
    with torch.no_grad():
        policy.table.normal_(generator=torch.Generator().manual_seed(3))
        policy.table += torch.from_numpy(2 * solve(small, gamma=0.9).policy)
    chance, length = leaving_chance(small, policy.probabilities(), max_steps=limit)
    world = MazeWorld(small, groups=4000, max_steps=limit, starts="start")
    rollout = world.rollout(policy, generator=torch.Generator().manual_seed(0))
    left = rollout.terminated.any(0).float().mean().item()
    assert 0.3 < chance < 0.99
    assert abs(left - chance) < 4 * (chance * (1 - chance) / 4000) ** 0.5
    lengths = rollout.episode_lengths
    assert abs(lengths.mean().item() - length) < 4 * lengths.std().item() / 4000**0.5


def blind(policy):
    """The same policy, with inputs for crumbs that it does not look at."""
    wider = NetworkPolicy(35, seed=5)
    with torch.no_grad():
        for new, old in zip(wider.parameters(), policy.parameters(), strict=True):
            new.zero_()
            new[..., : old.shape[-1]] = old
    return wider


@pytest.mark.parametrize("greedy", [False, True])
def test_walking_agrees_with_the_exact_chances(greedy):
    policy = NetworkPolicy(30, seed=0)
    with torch.no_grad():
        policy.network.rest[-1].weight.mul_(100)  # a fresh policy is undecided; this one is not
    exact = success_rate(policy, MAZES, crumbs=False, greedy=greedy, max_steps=400)
    counted = success_rate(blind(policy), MAZES, crumbs=True, greedy=greedy, max_steps=400, walks=300)
    error = np.sqrt(exact.chances * (1 - exact.chances) / 300)
    assert (np.abs(counted.chances - exact.chances) <= 4 * error + 1e-9).all()
    assert exact.detours == pytest.approx(counted.detours, rel=0.1)
    assert greedy or 0 < exact.rate < 1
    assert exact.rate == exact.chances.mean()
    assert exact.detour == exact.detours.mean()


def test_greedy_takes_the_likeliest_action(small):
    """A policy that has seen the best actions in this maze, but still wavers, leaves it by the shortest way."""
    policy, features = NetworkPolicy(30, seed=0), egocentric(small)
    best = torch.from_numpy(solve(small, gamma=0.9).policy)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.01)
    for _ in range(150):
        loss = -(policy.network.of_features(features).log_softmax(-1) * best).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for weight in list(policy.parameters())[-2:]:
        weight.data.mul_(0.2)
    greedy, drawn = (success_rate(policy, [small], crumbs=False, greedy=g, max_steps=40) for g in (True, False))
    assert (greedy.rate, greedy.detour) == (1.0, 1.0)
    assert drawn.rate < 1.0
    assert drawn.detour > 1.2


def test_a_table_of_features_makes_no_difference():
    """A policy with a table of its own is still judged in the mazes that are given."""
    free, bound = NetworkPolicy(30, seed=0), NetworkPolicy(egocentric(MAZES[0]), seed=0)
    one, other = (success_rate(policy, MAZES, crumbs=False) for policy in (free, bound))
    assert (one.chances == other.chances).all()


def test_walks_follow_their_seed():
    policy = NetworkPolicy(35, seed=0)
    first, again, other = (success_rate(policy, MAZES, seed=seed, max_steps=60).detours for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()

"""Steps of Gymnasium environments: every transition against a plain loop, and both ways of starting over."""

import json
from functools import partial

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rlcourse.algorithms import StepWorld
from rlcourse.equations import gae
from rlcourse.maze import (
    GymnasiumWorld,
    ManyMazesVectorEnv,
    MazeEnv,
    MazeVectorEnv,
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    TabularValue,
    episode_returns,
    expected_return,
    generate_maze,
    solve,
)

MODES = [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]


def restless(maze, seed=0):
    policy = TabularPolicy(maze.num_states)
    with torch.no_grad():
        policy.table.normal_(generator=torch.Generator().manual_seed(seed))
    return policy


def inclined(maze):
    """Mostly takes the shortest way."""
    policy = restless(maze)
    with torch.no_grad():
        policy.table += torch.from_numpy(2.5 * solve(maze, gamma=0.9).policy)
    return policy


def knowing(maze):
    """All but certain to take the shortest way."""
    policy = TabularPolicy(maze.num_states)
    with torch.no_grad():
        policy.table.copy_(torch.from_numpy(100.0 * solve(maze, gamma=0.9).policy))
    return policy


def rollouts(world, policy, count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [world.rollout(policy, generator=generator) for _ in range(count)]


def by_robot(parts, key):
    """What each robot showed over several rollouts, [N, all steps, …], in its order."""
    columns = []
    for part in parts:
        steps, robots = part.rewards.shape
        seen = {"before": part.rows.observations, "after": part.next_observations}.get(key)
        rows = next(iter(seen.values())) if seen is not None else getattr(part.rows, key)
        columns.append(rows.reshape(robots, steps, *rows.shape[2:]))
    return torch.cat(columns, dim=1)


def time_first(parts, key):
    return torch.cat([getattr(part, key) for part in parts])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("max_steps", [7, 20])
def test_every_maze_transition_is_what_a_plain_loop_would_have_seen(small, mode, max_steps):
    """Four rollouts in a row of five robots, action by action in MazeEnv, episodes going on from call to call."""
    world = GymnasiumWorld(MazeVectorEnv(5, maze=small, max_steps=max_steps, autoreset_mode=mode), steps=33)
    parts = rollouts(world, inclined(small), 4)
    before, after, actions, mask = (by_robot(parts, key) for key in ("before", "after", "actions", "mask"))
    rewards, terminated, done = (time_first(parts, key).T for key in ("rewards", "terminated", "done"))
    expected_returns, expected_lengths, ends = [], [], np.zeros(2, dtype=int)
    for robot in range(5):
        env, over, total, length = MazeEnv(maze=small, max_steps=max_steps), True, 0.0, 0
        for t in range(4 * 33):
            if over:
                state, _ = env.reset()
                over, total, length = False, 0.0, 0
                if mode is AutoresetMode.NEXT_STEP and t > 0:
                    assert not mask[robot, t]
                    assert (rewards[robot, t], terminated[robot, t], done[robot, t]) == (0, False, True)
                    assert (actions[robot, t], after[robot, t]) == (0, state)
                    continue
            assert mask[robot, t]
            assert before[robot, t] == state
            state, reward, out, late, _ = env.step(int(actions[robot, t]))
            over, total, length = out or late, total + reward, length + 1
            assert after[robot, t] == state
            assert rewards[robot, t] == pytest.approx(reward)
            assert (terminated[robot, t], done[robot, t]) == (out, over)
            ends += out, late
            if over:
                expected_returns.append(total)
                expected_lengths.append(length)
    assert ends[1] > 0
    assert (ends[0] > 0) == (max_steps == 20)
    found = torch.cat([part.episode_returns for part in parts]), torch.cat([part.episode_lengths for part in parts])
    assert sorted(found[0].tolist()) == pytest.approx(sorted(expected_returns), abs=1e-5)
    assert sorted(found[1].tolist()) == sorted(expected_lengths)


@pytest.mark.parametrize("mode", MODES)
def test_every_cartpole_transition_is_what_a_plain_loop_would_have_seen(mode):
    envs = gymnasium.make_vec(
        "CartPole-v1",
        num_envs=3,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": mode},
        max_episode_steps=21,
    )
    world, policy = GymnasiumWorld(envs, steps=50), NetworkPolicy(4, 2, seed=3)
    parts = rollouts(world, policy, 2, seed=5)
    seed = int(torch.randint(2**31 - 1, (), generator=torch.Generator().manual_seed(5)))
    before, after, actions, mask = (by_robot(parts, key) for key in ("before", "after", "actions", "mask"))
    rewards, terminated, done = (time_first(parts, key).T for key in ("rewards", "terminated", "done"))
    ends = np.zeros(2, dtype=int)
    for robot in range(3):
        env = gymnasium.make("CartPole-v1", max_episode_steps=21)
        seen, over = env.reset(seed=seed + robot)[0], False
        for t in range(100):
            if over:
                seen, over = env.reset()[0], False
                if mode is AutoresetMode.NEXT_STEP:
                    assert not mask[robot, t]
                    assert done[robot, t]
                    continue
            assert mask[robot, t]
            assert before[robot, t].tolist() == seen.tolist()
            seen, reward, out, late, _ = env.step(int(actions[robot, t]))
            over = out or late
            assert after[robot, t].tolist() == seen.tolist()
            assert (rewards[robot, t], terminated[robot, t], done[robot, t]) == (reward, out, over)
            ends += out, late
    assert (ends > 0).all()


def test_what_stands_in_a_step_that_is_none_is_not_read(small):
    """An environment that pays, or even ends, in the step after the end changes nothing."""
    clean = GymnasiumWorld(MazeVectorEnv(5, maze=small, max_steps=7), steps=40)
    envs = MazeVectorEnv(5, maze=small, max_steps=7)
    step, over = envs.step, np.zeros(5, dtype=bool)

    def sloppy(actions):
        nonlocal over
        state, reward, terminated, truncated, info = step(actions)
        reward[over], terminated[over] = 7.0, True
        over = (terminated | truncated) & ~over
        return state, reward, terminated, truncated, info

    envs.step = sloppy
    one, other = (rollouts(world, inclined(small), 1)[0] for world in (clean, GymnasiumWorld(envs, steps=40)))
    for key in ("rewards", "terminated", "done", "episode_returns", "episode_lengths"):
        assert torch.equal(getattr(one, key), getattr(other, key)), key
    assert torch.equal(one.rows.mask, other.rows.mask)


@pytest.mark.parametrize("max_steps", [6, 200])
def test_both_ways_of_starting_over_give_the_same_transitions(small, max_steps):
    """A robot that knows its way makes the same steps; NEXT_STEP only adds a masked one after each end."""
    policy, kept = knowing(small), []
    for mode in MODES:
        world = GymnasiumWorld(MazeVectorEnv(2, maze=small, max_steps=max_steps, autoreset_mode=mode), steps=40)
        parts = rollouts(world, policy, 2)
        mask = by_robot(parts, "mask")[0]
        columns = [by_robot(parts, key)[0][mask][:60] for key in ("before", "actions", "after", "old_logprobs")]
        columns += [time_first(parts, key)[:, 0][mask][:60] for key in ("rewards", "terminated", "done")]
        kept.append(columns)
        assert mask.all() == (mode is AutoresetMode.SAME_STEP)
    for next_step, same_step in zip(*kept, strict=True):
        assert torch.equal(next_step, same_step)
    assert kept[0][6].sum() > 1
    assert kept[0][5].any() == (max_steps == 200)


@pytest.mark.parametrize("mode", MODES)
def test_with_exact_values_no_time_limit_makes_an_advantage(small, mode):
    """A = 0 along the best way, also where patience ends: the last state's value still counts."""
    best = solve(small, gamma=0.9)
    critic = TabularValue(small.num_states)
    with torch.no_grad():
        critic.table.copy_(torch.from_numpy(best.V)[:, None])
    world = GymnasiumWorld(MazeVectorEnv(3, maze=small, max_steps=5, autoreset_mode=mode), steps=30)
    rollout = rollouts(world, knowing(small), 1)[0]
    assert (rollout.done & ~rollout.terminated).any()
    with torch.no_grad():
        values, following = (rollout.time_first(critic.values(rows)) for rows in (rollout.rows, rollout.next_rows))
    advantages = gae(rollout.rewards, values, following, rollout.terminated, rollout.done, gamma=0.9, gae_lambda=0.95)
    assert advantages[rollout.time_first(rollout.rows.mask)].abs().max() < 1e-5


def test_rows_are_one_robot_after_the_other_and_lead_back():
    maze = generate_maze(4, seed=0)
    world = GymnasiumWorld(MazeVectorEnv(3, maze=maze, random_start=True), steps=4)
    rollout = rollouts(world, restless(maze), 1)[0]
    states, after = rollout.rows.observations["states"], rollout.next_observations["states"]
    assert states.shape == rollout.rows.actions.shape == rollout.rows.mask.shape == (12, 1)
    assert torch.equal(states.reshape(3, 4)[:, 1:], after.reshape(3, 4)[:, :-1])
    assert torch.equal(rollout.time_first(rollout.rows.rewards[:, None]), rollout.rewards)
    assert torch.equal(rollout.in_rows(rollout.rewards), rollout.rows.rewards[:, None])
    for critic in (TabularValue(maze.num_states), NetworkValue(torch.eye(maze.num_states))):
        assert rollout.time_first(critic.values(rollout.rows)).shape == rollout.rewards.shape  # and not (N, 1)
    assert isinstance(world, StepWorld)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_sampled_logprobs_are_the_policys_own(small, temperature):
    generator = torch.Generator().manual_seed(0)
    maze_world = GymnasiumWorld(MazeVectorEnv(4, maze=small, max_steps=9), steps=30)
    for world, policy in (
        (maze_world, restless(small)),
        (GymnasiumWorld("CartPole-v1", steps=30, num_envs=4), NetworkPolicy(4, 2)),
    ):
        rows = world.rollout(policy, temperature=temperature, generator=generator).rows
        again = policy.logprobs(rows, temperature=temperature).detach()
        assert again[rows.mask] == pytest.approx(rows.old_logprobs[rows.mask], abs=1e-6)
        assert not rows.old_logprobs[~rows.mask].any()


def test_actions_come_as_often_as_the_policy_says(small):
    policy = restless(small)
    world = GymnasiumWorld(MazeVectorEnv(100, maze=small, random_start=True, max_steps=30), steps=300)
    rows = rollouts(world, policy, 1)[0].rows
    counts = np.zeros((small.num_states, 3))
    np.add.at(counts, (rows.observations["states"][rows.mask].numpy(), rows.actions[rows.mask].numpy()), 1)
    visits, chance = counts.sum(1, keepdims=True), policy.probabilities().numpy()
    seen = visits[:, 0] > 200
    assert seen.sum() > 30
    error = (counts / np.maximum(visits, 1) - chance)[seen]
    assert (np.abs(error) < 4.5 * np.sqrt(chance * (1 - chance) / np.maximum(visits, 1))[seen]).all()


@pytest.mark.parametrize("make", [lambda: MazeVectorEnv(4, size=4, random_start=True), lambda: "CartPole-v1"])
def test_the_generator_is_the_only_source_of_chance(make):
    def numbers(seed):
        world = GymnasiumWorld(make(), steps=30)
        policy = NetworkPolicy(4, 2) if world.num_states is None else NetworkPolicy(torch.eye(world.num_states))
        parts = rollouts(world, policy, 2, seed=seed)
        return torch.cat([by_robot(parts, key).double().flatten() for key in ("before", "actions", "after")])

    torch.manual_seed(1)
    first = numbers(7)
    torch.manual_seed(2)
    np.random.seed(3)
    assert torch.equal(first, numbers(7))
    assert not torch.equal(first, numbers(8))


def worlds_to_save():
    maze = generate_maze(4, seed=0)
    table, network = restless(maze), NetworkPolicy(35)
    with_crumbs = ManyMazesVectorEnv(4, [maze, generate_maze(4, seed=1)], 9, random_start=True)
    for mode in MODES:
        options = {"maze": maze, "max_steps": 9, "random_start": True, "autoreset_mode": mode}
        yield partial(MazeVectorEnv, 4, **options), table
    yield lambda: ManyMazesVectorEnv(4, with_crumbs.mazes, 9, random_start=True), network
    yield lambda: gymnasium.make_vec("CartPole-v1", num_envs=4), NetworkPolicy(4, 2)
    yield lambda: SyncVectorEnv([lambda: gymnasium.make("CartPole-v1", max_episode_steps=9)] * 4), NetworkPolicy(4, 2)


@pytest.mark.parametrize("case", range(5))
def test_going_on_from_a_saved_state_equals_not_stopping(case):
    make, policy = list(worlds_to_save())[case]
    straight, generator = GymnasiumWorld(make(), steps=3), torch.Generator().manual_seed(0)
    for _ in range(3):
        straight.rollout(policy, generator=generator)  # nine steps: where the time limit is nine, all have just ended
    saved, chance = straight.state_dict(), generator.get_state()
    resumed = GymnasiumWorld(make(), steps=3)
    resumed.rollout(policy, generator=torch.Generator().manual_seed(99))  # whatever it was doing before
    resumed.load_state_dict(saved)
    json.dumps(saved, default=lambda tensor: tensor.tolist())  # tensors and plain values, nothing else
    expected = [straight.rollout(policy, generator=generator) for _ in range(12)]
    generator.set_state(chance)
    found = [resumed.rollout(policy, generator=generator) for _ in range(12)]
    for one, other in zip(expected, found, strict=True):
        for key in ("rewards", "terminated", "done", "episode_returns", "episode_lengths"):
            assert torch.equal(getattr(one, key), getattr(other, key)), key
        for key in ("before", "after", "actions", "mask"):
            assert torch.equal(by_robot([one], key), by_robot([other], key)), key
        assert one.seed == other.seed
    assert sum(len(part.episode_returns) for part in expected) > 0


def test_a_world_that_has_not_begun_can_be_saved_too(small):
    world = GymnasiumWorld(MazeVectorEnv(2, maze=small), steps=3)
    saved = world.state_dict()
    first = rollouts(world, restless(small), 1)[0]
    world.load_state_dict(saved)
    assert torch.equal(by_robot([first], "actions"), by_robot(rollouts(world, restless(small), 1), "actions"))


class Odd(gymnasium.Env):
    """States 3 to 7 and actions 5 and 6 of which 6 goes up; with `drift`, no two episodes are alike."""

    observation_space, action_space = Discrete(5, start=3), Discrete(2, start=5)

    def __init__(self, drift=False):
        self.drift, self.begun = drift, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.begun += 1
        self.state = 3 + (self.begun % 3 if self.drift else 0)
        return self.state, {}

    def step(self, action):
        assert action in (5, 6)
        self.state = min(self.state + int(action == 6), 7)
        return self.state, 1.0, self.state == 7, False, {}


def test_states_and_actions_may_begin_anywhere():
    world = GymnasiumWorld(SyncVectorEnv([Odd] * 2), steps=40)
    rollout = rollouts(world, TabularPolicy(5, 2), 1)[0]
    before, after = rollout.rows.observations["states"], rollout.next_observations["states"]
    assert set(before.unique().tolist()) == {0, 1, 2, 3, 4}
    assert set(rollout.rows.actions.unique().tolist()) == {0, 1}
    real = rollout.rows.mask
    assert torch.equal((after - before)[real], rollout.rows.actions[real])


def test_environments_that_do_not_repeat_themselves_are_found_out():
    world = GymnasiumWorld(SyncVectorEnv([lambda: Odd(drift=True)] * 2), steps=3)
    rollouts(world, TabularPolicy(5, 2), 1)
    with pytest.raises(ValueError, match="went elsewhere"):
        world.load_state_dict(world.state_dict())


def test_a_picture_is_a_row_of_numbers():
    class Picture(Odd):
        observation_space = Box(0, 9, (2, 3), dtype=np.float64)

        def reset(self, *, seed=None, options=None):
            return np.full((2, 3), super().reset(seed=seed)[0], dtype=float), {}

        def step(self, action):
            state, *rest = super().step(action)
            return np.full((2, 3), state, dtype=float), *rest

    envs = SyncVectorEnv([Picture] * 2, autoreset_mode=AutoresetMode.SAME_STEP)
    world = GymnasiumWorld(envs, steps=30)
    rollout = rollouts(world, NetworkPolicy(6, 2), 1)[0]
    assert world.num_inputs == 6
    assert rollout.rows.observations["observations"].shape == (60, 1, 6)
    assert rollout.rows.observations["observations"].dtype == torch.float32
    last_seen = rollout.time_first(rollout.next_observations["observations"][..., 0])
    assert (last_seen[rollout.done] == 7).all()
    assert rollout.done.any()


def test_after_an_interrupt_new_episodes_begin(small):
    envs = MazeVectorEnv(2, maze=small)
    world = GymnasiumWorld(envs, steps=3)
    rollouts(world, restless(small), 1)
    step, envs.step = envs.step, lambda actions: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        rollouts(world, restless(small), 1)
    envs.step = step
    rollout = rollouts(world, restless(small), 1)[0]
    assert (by_robot([rollout], "before")[:, 0] == small.start_state).all()


def test_returns_of_whole_episodes(small):
    exact = expected_return(small, restless(small).probabilities(), max_steps=30)
    envs = MazeVectorEnv(3000, maze=small, max_steps=30)
    returns = episode_returns(restless(small), envs)
    assert returns.shape == (3000,)
    assert abs(returns.mean() - exact) < 4 * returns.std() / 3000**0.5
    best = episode_returns(knowing(small), MazeVectorEnv(2, maze=small), greedy=True)
    assert best == pytest.approx(solve(small, gamma=1).V[small.start_state])
    cart = episode_returns(NetworkPolicy(4, 2), "CartPole-v1", num_envs=20)
    assert 15 < cart.mean() < 35  # a policy that has not learned
    assert (cart == episode_returns(NetworkPolicy(4, 2), "CartPole-v1", num_envs=20)).all()


def test_a_policy_that_has_diverged_is_named(small):
    policy = restless(small)
    with torch.no_grad():
        policy.table[3, 1] = float("nan")
    with pytest.raises(ValueError, match="not numbers any more"):
        rollouts(GymnasiumWorld(MazeVectorEnv(2, maze=small), steps=2), policy, 1)


def test_wrong_calls_are_errors(small):
    envs = MazeVectorEnv(2, maze=small)
    with pytest.raises(ValueError, match="steps must be 1 or more, got 0"):
        GymnasiumWorld(envs, steps=0)
    with pytest.raises(ValueError, match="num_envs is only for a name"):
        GymnasiumWorld(envs, steps=1, num_envs=2)
    with pytest.raises(ValueError, match="Discrete actions, got Box"):
        GymnasiumWorld("Pendulum-v1", steps=1)
    with pytest.raises(ValueError, match="Discrete or Box observations, got Tuple"):
        GymnasiumWorld("Blackjack-v1", steps=1)
    with pytest.raises(ValueError, match="NEXT_STEP or SAME_STEP"):
        GymnasiumWorld(SyncVectorEnv([Odd], autoreset_mode=AutoresetMode.DISABLED), steps=1)
    with pytest.raises(ValueError, match="temperature must be a number above 0, got 0"):
        GymnasiumWorld(envs, steps=1).rollout(restless(small), temperature=0, generator=torch.Generator())
    world = GymnasiumWorld(envs, steps=1)
    rollouts(world, restless(small), 1)
    with pytest.raises(ValueError, match="state must be of 3 environments, got one of 2"):
        GymnasiumWorld(MazeVectorEnv(3, maze=small), steps=1).load_state_dict(world.state_dict())

import numpy as np
import pytest
import torch

from rlcourse.maze import MazeEnv, MazeWorld, TabularPolicy, expected_return, solve, walk


def trained(maze, seed=0):
    policy = TabularPolicy(maze.num_states)
    with torch.no_grad():
        policy.table.normal_(generator=torch.Generator().manual_seed(seed))
    return policy


def sample(world, policy, *, num_generations=4, seed=0, temperature=1.0):
    generator = torch.Generator().manual_seed(seed)
    return world.sample_groups(policy, num_generations=num_generations, temperature=temperature, generator=generator)


@pytest.mark.parametrize("starts", ["start", "random"])
def test_episodes_are_what_the_environment_would_have_done(small, starts):
    """Replays every sampled action in MazeEnv: states, ends and returns agree."""
    world = MazeWorld(small, groups=6, max_steps=25, starts=starts)
    episodes = sample(world, trained(small))
    env = MazeEnv(maze=small, max_steps=25)
    states, lengths = episodes.observations["states"], episodes.mask.sum(1)
    for row, length in enumerate(lengths.tolist()):
        state, _ = env.reset(options={"state": int(states[row, 0])})
        total, over = 0.0, False
        for step in range(length):
            assert not over
            assert state == states[row, step]
            state, reward, terminated, truncated, _ = env.step(int(episodes.actions[row, step]))
            total, over = total + reward, terminated or truncated
        assert over
        assert total == pytest.approx(episodes.rewards[row].item(), abs=1e-5)


def test_groups_share_their_start_and_padding_is_clean(small):
    episodes = sample(MazeWorld(small, groups=20, max_steps=9_999), trained(small), num_generations=5)
    first = episodes.observations["states"][:, 0].reshape(20, 5)
    assert (first == first[:, :1]).all()
    assert len(first[:, 0].unique()) > 5
    lengths = episodes.mask.sum(1)
    assert episodes.mask.shape[1] == lengths.max() < 9_999  # no longer than the longest episode
    assert (episodes.mask == (torch.arange(episodes.mask.shape[1]) < lengths[:, None])).all()
    assert not episodes.actions[~episodes.mask].any()
    assert not episodes.old_logprobs[~episodes.mask].any()
    assert episodes.grouped_rewards.shape == (20, 5)


def test_starts_at_the_mazes_own_start_when_asked(small):
    episodes = sample(MazeWorld(small, groups=3, starts="start"), trained(small))
    assert (episodes.observations["states"][:, 0] == small.start_state).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_sampled_logprobs_are_the_policys_own(small, temperature):
    policy = trained(small)
    episodes = sample(MazeWorld(small, groups=8), policy, temperature=temperature)
    again = policy.logprobs(episodes, temperature=temperature)
    assert again[episodes.mask].detach() == pytest.approx(episodes.old_logprobs[episodes.mask], abs=1e-6)


def test_actions_come_as_often_as_the_policy_says(small):
    """Counted over all visits: each action's frequency within 4 standard errors of π(a|s)."""
    policy = trained(small)
    world = MazeWorld(small, groups=500, max_steps=20)
    episodes = sample(world, policy, num_generations=8)
    states, actions = episodes.observations["states"][episodes.mask], episodes.actions[episodes.mask]
    counts = np.zeros((small.num_states, 3))
    np.add.at(counts, (states.numpy(), actions.numpy()), 1)
    visits, chance = counts.sum(1, keepdims=True), policy.probabilities().numpy()
    seen = visits[:, 0] > 200
    assert seen.sum() > 40
    error = (counts / np.maximum(visits, 1) - chance)[seen]
    assert (np.abs(error) < 4.5 * np.sqrt(chance * (1 - chance) / np.maximum(visits, 1))[seen]).all()


def test_the_mean_return_is_the_exact_expected_return(small):
    policy = trained(small)
    world = MazeWorld(small, groups=1, max_steps=30, starts="start")
    rewards = sample(world, policy, num_generations=4000).rewards
    exact = expected_return(small, policy.probabilities(), max_steps=30)
    assert abs(rewards.mean().item() - exact) < 4 * rewards.std().item() / 4000**0.5


def test_the_generator_is_the_only_source_of_chance(small):
    world, policy = MazeWorld(small, groups=5), trained(small)
    torch.manual_seed(1)
    first = sample(world, policy, seed=7)
    torch.manual_seed(2)
    np.random.seed(3)
    again, other = sample(world, policy, seed=7), sample(world, policy, seed=8)
    assert torch.equal(first.actions, again.actions)
    assert torch.equal(first.rewards, again.rewards)
    assert first.actions.shape != other.actions.shape or not torch.equal(first.actions, other.actions)


def test_a_policy_that_is_no_table_works_too(small):
    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(small.num_states, 3)

        def logprobs(self, episodes, *, temperature=1.0):
            seen = torch.nn.functional.one_hot(episodes.observations["states"], small.num_states).float()
            table = torch.log_softmax(self.layer(seen) / temperature, dim=-1)
            return table.gather(-1, episodes.actions[..., None])[..., 0]

    network = Network()
    episodes = sample(MazeWorld(small, groups=3), network)
    again = network.logprobs(episodes).detach()
    assert again[episodes.mask] == pytest.approx(episodes.old_logprobs[episodes.mask], abs=1e-5)


def test_a_policy_that_has_diverged_is_named(small):
    policy = trained(small)
    with torch.no_grad():
        policy.table[3, 1] = float("nan")
    with pytest.raises(ValueError, match="not numbers any more"):
        sample(MazeWorld(small), policy)


def test_a_walk_follows_its_policy(small):
    best = solve(small, gamma=1.0)
    states = walk(small, best.policy)
    assert states[0] == small.start_state
    assert small.transitions.terminal[states[-1]]
    assert best.V[small.start_state] == pytest.approx(1 - 0.01 * (len(states) - 1))
    follows = small.transitions.next_state[states[:-1]]
    assert (follows == states[1:, None]).any(axis=1).all()
    uniform = np.full((small.num_states, 3), 1 / 3)
    assert len(walk(small, uniform, max_steps=5)) == 6
    assert walk(small, uniform, seed=1).tolist() == walk(small, uniform, seed=1).tolist()
    assert walk(small, uniform, start_state=20)[0] == 20


def roll(world, policy, *, seed=0, temperature=1.0):
    return world.rollout(policy, temperature=temperature, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("starts", ["start", "random"])
def test_a_rollout_is_made_of_the_same_episodes(small, starts):
    world, policy = MazeWorld(small, groups=30, max_steps=25, starts=starts), trained(small)
    episodes, rollout = sample(world, policy, num_generations=1, seed=4), roll(world, policy, seed=4)
    for name in ("actions", "mask", "old_logprobs", "rewards"):
        assert torch.equal(getattr(episodes, name), getattr(rollout.rows, name))
    assert torch.equal(episodes.observations["states"], rollout.rows.observations["states"])
    assert torch.equal(rollout.episode_returns, episodes.rewards)
    assert torch.equal(rollout.episode_lengths, episodes.mask.sum(1).float())


def test_every_step_of_a_rollout_is_what_the_environment_would_have_done(small):
    world = MazeWorld(small, groups=40, max_steps=12)
    rollout = roll(world, trained(small))
    env = MazeEnv(maze=small, max_steps=12)
    states, after = rollout.rows.observations["states"], rollout.next_observations["states"]
    for row, length in enumerate(rollout.episode_lengths.int().tolist()):
        state, _ = env.reset(options={"state": int(states[row, 0])})
        for t in range(length):
            assert states[row, t] == state
            state, reward, terminated, truncated, _ = env.step(int(rollout.rows.actions[row, t]))
            assert after[row, t] == state
            assert rollout.rewards[t, row] == pytest.approx(reward)
            assert (rollout.terminated[t, row], rollout.done[t, row]) == (terminated, terminated or truncated)
        assert rollout.done[length - 1 :, row].all()
        assert not rollout.rewards[length:, row].any()
        assert not rollout.terminated[length:, row].any()
    assert rollout.terminated.any(0).any()
    assert not rollout.terminated.any(0).all()


def test_rows_and_time_first_lead_to_each_other(small):
    rollout = roll(MazeWorld(small, groups=5, max_steps=20), trained(small))
    assert rollout.rewards.shape == rollout.rows.mask.T.shape
    assert torch.equal(rollout.time_first(rollout.rows.mask), rollout.rows.mask.T)
    assert torch.equal(rollout.in_rows(rollout.rewards), rollout.rewards.T)

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import rlcourse
from rlcourse.maze import MazeEnv, MazeRewards, generate_maze, solve
from tests.maze.conftest import fewest_actions, follow_rules


def play(env, actions, **reset):
    """All that an episode returns, one row for each call."""
    rows = [env.reset(**reset)]
    for action in actions:
        rows.append(env.step(int(action)))
        if rows[-1][2] or rows[-1][3]:
            break
    return rows


def test_it_is_registered_under_its_name():
    assert rlcourse.__name__ in gymnasium.spec("rlcourse/Maze-v0").entry_point
    env = gymnasium.make("rlcourse/Maze-v0", size=5, seed=3)
    assert env.unwrapped.maze == generate_maze(5, seed=3)
    assert env.observation_space.n == 100
    assert env.action_space.n == 3


@pytest.mark.parametrize("options", [{}, {"random_start": True}, {"render_mode": "rgb_array"}, {"render_mode": "ansi"}])
def test_gymnasium_finds_nothing_to_complain_about(options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make("rlcourse/Maze-v0", **options).unwrapped)


def test_stable_baselines_finds_nothing_to_complain_about():
    from stable_baselines3.common.env_checker import check_env as check

    check(MazeEnv(), warn=True)


def test_stable_baselines_learns_on_it_as_it_stands():
    from stable_baselines3 import PPO

    env = MazeEnv(size=3, max_steps=50)
    model = PPO("MlpPolicy", env, n_steps=128, batch_size=64, n_epochs=4, learning_rate=3e-3, seed=0, device="cpu")
    model.learn(4_000)
    state, _ = env.reset()
    total, done = 0.0, False
    while not done:
        state, reward, terminated, truncated, _ = env.step(model.predict(state, deterministic=True)[0])
        total, done = total + reward, terminated or truncated
    assert terminated
    assert total == pytest.approx(solve(env, gamma=1.0).V[env.maze.start_state])


def test_it_does_what_the_rules_say():
    env = MazeEnv(size=5, seed=2, loops=0.2, max_steps=10_000)
    state, info = env.reset()
    assert state == env.maze.start_state
    assert info == {"cell": 0, "heading": env.maze.start_heading, "hit_wall": False}
    for action in np.random.default_rng(0).integers(0, 3, 10_000):
        following, expected = follow_rules(env.maze, state, action)
        before, (state, reward, terminated, truncated, info) = state, env.step(action)
        assert (state, reward) == (following, pytest.approx(expected))
        assert terminated == (state // 4 == env.maze.exit_cell)
        assert not truncated
        assert info == {"cell": state // 4, "heading": state % 4, "hit_wall": action == 0 and state == before}
        if terminated:
            break
    assert terminated


def test_the_best_way_collects_exactly_the_optimal_return():
    env = MazeEnv(size=8, seed=0)
    solution = solve(env, gamma=1.0)
    state, rewards, terminated = env.reset()[0], [], False
    while not terminated:
        state, reward, terminated, _, _ = env.step(solution.policy[state].argmax())
        rewards.append(reward)
    assert sum(rewards) == pytest.approx(solution.V[env.maze.start_state])
    assert len(rewards) == fewest_actions(env.maze, env.maze.start_state)


def test_a_time_limit_truncates_and_does_not_terminate():
    rows = play(MazeEnv(size=4, max_steps=7), [1] * 20)
    assert [row[2:4] for row in rows[1:]] == [(False, False)] * 6 + [(False, True)]


def test_reaching_the_exit_with_the_last_action_terminates():
    maze = generate_maze(4, seed=0)
    best = solve(maze, gamma=1.0).policy
    state, actions = maze.start_state, []
    while not maze.transitions.terminal[state]:
        actions.append(best[state].argmax())
        state = maze.transitions.next_state[state, actions[-1]]
    assert play(MazeEnv(maze=maze, max_steps=len(actions)), actions)[-1][2:4] == (True, False)
    assert play(MazeEnv(maze=maze, max_steps=len(actions) - 1), actions)[-1][2:4] == (False, True)


def test_the_default_time_limit_is_the_number_of_states():
    assert MazeEnv(size=6).max_steps == 6 * 6 * 4


def test_the_same_seeds_give_the_same_numbers():
    actions = np.random.default_rng(1).integers(0, 3, 40)
    first, again, other = (
        play(MazeEnv(size=6, seed=maze_seed, random_start=True), actions, seed=5) for maze_seed in (0, 0, 1)
    )
    assert first == again != other


def test_random_starts_reach_every_state_outside_the_exit():
    env = MazeEnv(size=2, random_start=True)
    env.reset(seed=0)
    starts = {env.reset()[0] for _ in range(300)}
    assert starts == set(env.maze.open_states.tolist()) == set(range(12))


def test_an_episode_can_begin_in_a_chosen_state():
    env = MazeEnv(size=4)
    assert env.reset(options={"state": 17})[0] == 17
    for state in (-1, 64, 60):  # 60 is in the exit
        with pytest.raises(ValueError, match=r'options\["state"\] must be from 0 to 63 and not in the exit'):
            env.reset(options={"state": state})


def test_the_options_reach_the_maze():
    rewards = MazeRewards(exit=2.0, step=-0.1, wall=0.0)
    assert MazeEnv(size=5, seed=1, loops=0.5, rewards=rewards).maze == generate_maze(
        5, seed=1, loops=0.5, rewards=rewards
    )


def test_stepping_at_the_wrong_time_is_an_error():
    env = MazeEnv(size=2, max_steps=1)
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        env.step(0)
    env.reset()
    env.step(1)
    with pytest.raises(gymnasium.error.ResetNeeded, match="is over"):
        env.step(1)


@pytest.mark.parametrize("action", [3, -1])
def test_an_unknown_action_is_an_error(action):
    env = MazeEnv()
    env.reset()
    with pytest.raises(gymnasium.error.InvalidAction, match=rf"0 \(forward\).*got {action}"):
        env.step(action)


def test_rendering_shows_the_robot_where_it_is():
    text = MazeEnv(size=4, render_mode="ansi")
    text.reset()
    assert text.render() == text.maze.text(text.maze.start_state) + "\n"
    picture = MazeEnv(size=4, render_mode="rgb_array")
    picture.reset()
    first = picture.render()
    assert first.dtype == np.uint8
    assert first.ndim == 3
    picture.step(1)
    assert (picture.render() != first).any()
    picture.step(2)
    assert (picture.render() == first).all()  # turned back: the same picture again
    with pytest.raises(gymnasium.error.ResetNeeded, match="nothing to draw"):
        MazeEnv(render_mode="ansi").render()

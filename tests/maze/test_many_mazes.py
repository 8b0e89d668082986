"""Each robot in a maze of its own, replayed in a plain `MazeEnv`; crumbs counted by hand."""

from functools import lru_cache

import gymnasium
import numpy as np
import pytest

from rlcourse.maze import ManyMazesVectorEnv, MazeEnv, egocentric, generate_maze

MAZES = [generate_maze(3, seed=seed, loops=0.3) for seed in range(3)]
features = lru_cache(egocentric)


def expected_sight(maze, state, crumbs):
    """What should be seen: the state's features, and the crumbs here, ahead, right, back and left."""
    cell, heading = divmod(state, 4)
    row, column = divmod(cell, maze.size)
    near = [min(crumbs.get(cell, 0), 3) / 3]
    for side in range(4):
        down, right = ((-1, 0), (0, 1), (1, 0), (0, -1))[(heading + side) % 4]
        inside = 0 <= row + down < maze.size and 0 <= column + right < maze.size
        near.append(min(crumbs.get((row + down) * maze.size + column + right, 0), 3) / 3 if inside else 0.0)
    return [*features(maze)[state].tolist(), *near]


@pytest.mark.parametrize("max_steps", [5, 60])
def test_every_step_is_what_a_plain_loop_would_have_seen(max_steps):
    envs = ManyMazesVectorEnv(7, MAZES, max_steps)
    which = np.array([0, 1, 2, 0, 1, 2, 0])
    seen, _ = envs.reset(seed=0, options={"maze": which})
    assert envs.observation_space.contains(seen)
    plain = [MazeEnv(maze=MAZES[maze], max_steps=max_steps) for maze in which]
    states, crumbs, lost = [env.reset()[0] for env in plain], [{} for _ in plain], [False] * 7
    for robot, state in enumerate(states):
        crumbs[robot][state // 4] = 1
    rng, ended = np.random.default_rng(0), np.zeros(2, dtype=int)
    for _ in range(200):
        for robot in range(7):
            if not lost[robot]:
                assert seen[robot] == pytest.approx(expected_sight(plain[robot].maze, states[robot], crumbs[robot]))
        actions = rng.choice([0, 0, 1, 2], size=7)
        seen, rewards, terminated, truncated, info = envs.step(actions)
        for robot in np.flatnonzero(~np.array(lost)):
            env, before = plain[robot], states[robot]
            states[robot], reward, out, late, _ = env.step(int(actions[robot]))
            if states[robot] // 4 != before // 4:
                crumbs[robot][states[robot] // 4] = crumbs[robot].get(states[robot] // 4, 0) + 1
            assert (rewards[robot], terminated[robot], truncated[robot]) == (reward, out, late)
            ended += out, late
            if out or late:
                assert info["_final_obs"][robot]
                last = expected_sight(env.maze, states[robot], crumbs[robot])
                assert info["final_obs"][robot] == pytest.approx(last)
                # It goes on in a maze drawn anew: find out which, by its first sight.
                firsts = [expected_sight(m, m.start_state, {m.start_cell: 1}) for m in MAZES]
                fits = [k for k, first in enumerate(firsts) if seen[robot] == pytest.approx(first)]
                assert fits
                lost[robot] = len(fits) > 1
                if not lost[robot]:
                    plain[robot] = MazeEnv(maze=MAZES[fits[0]], max_steps=max_steps)
                    states[robot] = plain[robot].reset()[0]
                    crumbs[robot] = {states[robot] // 4: 1}
    assert ended[1] > 0
    assert ended[0] > 0 or max_steps == 5


def test_without_crumbs_it_sees_the_features_only():
    envs = ManyMazesVectorEnv(3, MAZES, crumbs=False, view=2)
    seen, _ = envs.reset(seed=0, options={"maze": np.arange(3)})
    for row, maze in zip(seen, MAZES, strict=True):
        assert row.tolist() == egocentric(maze, view=2)[maze.start_state].tolist()


def test_every_maze_comes_up_and_so_does_every_start():
    envs = ManyMazesVectorEnv(600, MAZES, 1, random_start=True)
    envs.reset(seed=0)
    first = envs._state.copy()
    envs.step(np.ones(600, dtype=int))  # one step, and all start over
    for states in (first, envs._state):
        drawn = np.bincount(states // 36, minlength=3)
        assert (np.abs(drawn - 200) < 4 * (600 * 2 / 9) ** 0.5).all()
        assert set(np.unique(states)) == {36 * k + s for k, maze in enumerate(MAZES) for s in maze.open_states}
    assert (first != envs._state).any()


def test_what_is_returned_belongs_to_the_caller():
    envs, untouched = ManyMazesVectorEnv(4, MAZES, 3), ManyMazesVectorEnv(4, MAZES, 3)
    seen, expected = envs.reset(seed=0)[0], untouched.reset(seed=0)[0]
    for actions in np.random.default_rng(0).integers(0, 3, (10, 4)):
        kept, before = seen, seen.copy()
        seen, expected = envs.step(actions)[0], untouched.step(actions)[0]
        assert (kept == before).all()
        assert (seen == expected).all()
        seen += 1


def test_wrong_calls_are_errors():
    with pytest.raises(ValueError, match=r"mazes must all have one size, got the sizes \[3, 4\]"):
        ManyMazesVectorEnv(2, [*MAZES, generate_maze(4, seed=0)])
    with pytest.raises(TypeError, match="mazes must be a sequence of one Maze or more"):
        ManyMazesVectorEnv(2, [])
    envs = ManyMazesVectorEnv(2, MAZES)
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        envs.step(np.array([0, 0]))
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        envs.state_dict()
    for wrong in (np.array([0, 3]), np.array([0]), np.array([0.0, 1.0])):
        with pytest.raises(ValueError, match="must be 2 numbers of mazes"):
            envs.reset(options={"maze": wrong})
    envs.reset()
    for actions in ([0, 3], [-1, 0], [0, 0, 0]):
        with pytest.raises(gymnasium.error.InvalidAction, match="2 whole numbers from 0 to 2"):
            envs.step(np.array(actions))
    with pytest.raises(ValueError, match="state must be of 3 robots, got one of 2"):
        ManyMazesVectorEnv(3, MAZES).load_state_dict(envs.state_dict())

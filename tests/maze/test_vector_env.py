import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rlcourse.maze import MazeEnv, MazeVectorEnv, generate_maze

MODES = [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]


def assert_same(ours, theirs):
    """Equal values and equal kinds of values, however deep."""
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key in theirs:
            assert_same(ours[key], theirs[key])
        return
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("size", "max_steps"), [(2, 30), (3, 11), (4, None)])
def test_it_agrees_with_gymnasiums_vector_of_single_mazes(mode, size, max_steps):
    options = {"size": size, "seed": 4, "loops": 0.2, "max_steps": max_steps}
    ours = MazeVectorEnv(7, **options, autoreset_mode=mode)
    theirs = SyncVectorEnv([lambda: MazeEnv(**options)] * 7, autoreset_mode=mode)
    rng = np.random.default_rng(0)
    ended = np.zeros(2, dtype=int)
    for start in (None, 5):  # the second time with all robots put elsewhere
        reset_options = {} if start is None else {"options": {"state": start}}
        for mine, other in zip(ours.reset(seed=3, **reset_options), theirs.reset(seed=3, **reset_options), strict=True):
            assert_same(mine, other)
        for _ in range(300):
            actions = rng.integers(0, 3, 7)
            stepped = ours.step(actions), theirs.step(actions)
            for mine, other in zip(*stepped, strict=True):
                assert_same(mine, other)
            ended += stepped[0][2].sum(), stepped[0][3].sum()
    assert (ended > 0).all()  # exits and time limits both came up


def test_make_vec_finds_it():
    envs = gymnasium.make_vec("rlcourse/Maze-v0", num_envs=3, size=5)
    assert isinstance(envs.unwrapped, MazeVectorEnv)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert envs.single_observation_space.n == 100
    assert envs.reset()[0].tolist() == [envs.unwrapped.maze.start_state] * 3
    assert envs.observation_space.contains(envs.reset()[0])
    same = gymnasium.make_vec("rlcourse/Maze-v0", num_envs=3, autoreset_mode="SameStep")
    assert same.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP


def test_what_is_returned_belongs_to_the_caller():
    envs, untouched = MazeVectorEnv(4, size=2, max_steps=3), MazeVectorEnv(4, size=2, max_steps=3)
    state = envs.reset()[0]
    assert (state == untouched.reset()[0]).all()
    for actions in np.random.default_rng(0).integers(0, 3, (10, 4)):
        kept, before = state, state.copy()
        state, expected = envs.step(actions)[0], untouched.step(actions)[0]
        assert (kept == before).all()  # a step does not change what an earlier one returned
        assert (state == expected).all()
        state += 1  # and changing what was returned does not change the environment


@pytest.mark.parametrize("mode", MODES)
def test_random_starts_are_seeded_and_reach_everywhere(mode):
    def first_states(seed):
        envs = MazeVectorEnv(200, size=2, max_steps=1, random_start=True, autoreset_mode=mode)
        rows = [envs.reset(seed=seed)[0]] + [envs.step(np.ones(200, dtype=int))[0] for _ in range(4)]
        return np.stack(rows)

    assert (first_states(1) == first_states(1)).all()
    assert (first_states(1) != first_states(2)).any()
    assert set(np.unique(first_states(1))) == set(range(12))


def test_each_robot_can_begin_elsewhere():
    envs = MazeVectorEnv(3, maze=generate_maze(4, seed=0))
    assert envs.reset(options={"state": np.array([3, 17, 8])})[0].tolist() == [3, 17, 8]
    with pytest.raises(ValueError, match="not in the exit"):
        envs.reset(options={"state": np.array([3, 17, 60])})
    with pytest.raises(TypeError, match="or one for each robot"):
        envs.reset(options={"state": np.array([3, 17])})


def test_wrong_calls_are_errors():
    envs = MazeVectorEnv(2)
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        envs.step(np.array([0, 0]))
    envs.reset()
    for actions in ([0, 3], [-1, 0], [0, 0, 0]):
        with pytest.raises(gymnasium.error.InvalidAction, match="2 whole numbers from 0 to 2"):
            envs.step(np.array(actions))
    with pytest.raises(ValueError, match="autoreset_mode must be NEXT_STEP or SAME_STEP"):
        MazeVectorEnv(2, autoreset_mode=AutoresetMode.DISABLED)


def test_gymnasiums_word_for_the_time_limit_serves_too():
    envs = gymnasium.make_vec("rlcourse/Maze-v0", num_envs=2, size=4, max_episode_steps=5)
    envs.reset(seed=0)
    for _ in range(4):
        assert not envs.step(np.array([1, 2]))[3].any()
    assert envs.step(np.array([1, 2]))[3].all()

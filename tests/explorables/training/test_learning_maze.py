"""The maze that learns: what reaches the browser, and what is left of it on paper."""

import numpy as np
import pytest

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.experiments.recipes import maze_training, ppo, training_world
from rlcourse.explorables import LearningMaze
from rlcourse.explorables.training.learning_maze import MOST
from rlcourse.maze import MazeWorld, TabularPolicy, generate_maze, solve, ways_out

MAZE = generate_maze(4, seed=0)
STATES = MAZE.num_states


def sent(learning):
    """π, V, ways out and colours as they were sent."""
    numbers = np.frombuffer(learning.numbers, "<f4")
    return np.split(numbers, np.cumsum([3 * STATES, STATES, STATES]))


def test_exact_values_where_there_is_no_critic():
    training = Training(TabularPolicy(STATES), MazeWorld(MAZE, groups=8), GRPO(GRPOConfig(learning_rate=0.1)))
    training.run(3, progress=False)
    learning = LearningMaze(MAZE)
    learning.look(training)
    pi = training.policy.probabilities().double().numpy()
    for got, exact in zip(sent(learning), (pi, solve(MAZE, gamma=0.99, policy=pi).V, ways_out(MAZE, pi)), strict=False):
        np.testing.assert_allclose(got, exact.ravel(), atol=1e-5)
    assert learning.said["when"] == "After update 3. V(s) is exact, with γ = 0.99."


def test_the_critic_where_there_is_one():
    training = maze_training(ppo, training_world(MAZE, robots=4, steps=16))
    training.run(2, progress=False)
    learning = LearningMaze(MAZE)
    learning.look(training)
    table = training.algorithm.critic.table.detach().numpy()[:, 0]
    np.testing.assert_array_equal(sent(learning)[1], table)
    assert "what the critic expects" in learning.said["when"]


def test_colours_are_means_of_four_headings_against_the_best_there_is():
    learning, values = LearningMaze(MAZE), np.linspace(-3, 1, STATES)
    learning.show(np.full((STATES, 3), 1 / 3), values)
    best = solve(MAZE, gamma=0.99).V.max()
    expected = np.clip(values.reshape(-1, 4).mean(axis=1) / best, -1, 1)
    expected[MAZE.exit_cell] = 0
    np.testing.assert_allclose(sent(learning)[3], expected, rtol=1e-6)


def test_words_and_paper_say_what_is_seen():
    learning = LearningMaze(MAZE)
    learning.show(solve(MAZE, gamma=0.99).policy, when="The best robot")
    assert learning.said["alt"].startswith("The best robot. A map of a maze of 4 by 4 cells. In 15 of 15 cells one way")
    assert "in 0 the robot would rather stay" in learning.said["alt"] and "15 cells are blue" in learning.said["alt"]
    picture = learning.picture()
    assert picture.alt == learning.said["alt"] and learning.still().text.startswith(picture.alt)
    turning = np.tile([0.0, 1.0, 0.0], (STATES, 1))
    learning.show(turning)
    assert (
        "in 15 the robot would rather stay" in learning.said["alt"]
        and "V at the start is −1.00" in learning.said["alt"]
    )


def test_an_arrow_on_paper_is_as_long_as_its_way_is_likely():
    learning = LearningMaze(MAZE)
    learning.show(solve(MAZE, gamma=0.99).policy)
    (axes,) = learning.picture().figure.axes
    arrows = [part for part in axes.collections if hasattr(part, "U")]
    assert sum(len(part.U) for part in arrows) == MAZE.num_cells - 1
    for part in arrows:
        np.testing.assert_allclose(np.hypot(part.U, part.V), 0.64)


def test_of_a_long_run_every_second_moment_is_kept_and_the_last_one_always():
    training = Training(TabularPolicy(STATES), MazeWorld(MAZE, groups=2), GRPO(GRPOConfig(learning_rate=0.1)))
    learning = LearningMaze(MAZE)
    learning.note(training)
    training.run(MOST + 9, progress=False, on_step=learning.note)
    learning.look(training)
    assert learning.past == [], "nothing is sent while it trains"
    learning.replay()
    updates = [moment["said"]["when"].split(". ")[0] for moment in learning.past]
    expected = [f"After update {step}" for step in range(2, MOST + 9, 2)]
    assert updates == ["Before the first update", *expected, f"After update {MOST + 9}"]
    assert learning.past[-1]["numbers"] == learning.numbers != learning.past[0]["numbers"]


def test_a_policy_of_another_maze_is_refused():
    with pytest.raises(ValueError, match=r"policy must have the shape \(64, 3\), got \(36, 3\)"):
        LearningMaze(MAZE).show(np.full((36, 3), 1 / 3))


def test_a_maze_too_large_for_a_map_is_refused():
    with pytest.raises(ValueError, match="at most 14 × 14 cells, got 15 × 15"):
        LearningMaze(generate_maze(15, seed=0))
    with pytest.raises(ValueError, match="no policy to draw yet"):
        LearningMaze(MAZE).picture()

"""Helpers that know nothing of the tables under test: they look only at the walls."""

from collections import deque

import pytest

from rlcourse.maze import generate_maze

STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))


def follow_rules(maze, state, action):
    """The next state and the reward, written out from the definition of the world."""
    cell, heading = divmod(state, 4)
    row, column = divmod(cell, maze.size)
    reward = maze.rewards.step
    if action == 1:
        heading = (heading - 1) % 4
    elif action == 2:
        heading = (heading + 1) % 4
    elif maze.walls[cell, heading]:
        reward += maze.rewards.wall
    else:
        row, column = row + STEPS[heading][0], column + STEPS[heading][1]
        if row * maze.size + column == maze.exit_cell:
            reward += maze.rewards.exit
    return (row * maze.size + column) * 4 + heading, reward


def fewest_actions(maze, start):
    """Breadth-first search forwards from `start`."""
    distance, queue = {start: 0}, deque([start])
    while queue:
        state = queue.popleft()
        if state // 4 == maze.exit_cell:
            return distance[state]
        for action in range(3):
            following, _ = follow_rules(maze, state, action)
            if following not in distance:
                distance[following] = distance[state] + 1
                queue.append(following)
    return None


@pytest.fixture(scope="session")
def small():
    """A maze of 4 × 4 cells with a loop."""
    return generate_maze(4, seed=3, loops=0.2)


@pytest.fixture(scope="session")
def eight():
    """The maze of the notebooks."""
    return generate_maze(8, seed=0)

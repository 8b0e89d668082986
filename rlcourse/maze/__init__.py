"""World one: a robot in a maze that looks for the exit.

grid                  cells, walls, states, actions; the rules as tables
generation            seeded mazes
env, vector_env       the maze for Gymnasium, one robot and many
dynamic_programming   exact values
policy, world         the maze for the course's algorithms
pictures, screen      what it looks like
"""

from rlcourse.maze.dynamic_programming import (
    Solution,
    expected_return,
    optimal_return,
    shortest_path_length,
    solve,
    steps_to_exit,
)
from rlcourse.maze.env import MazeEnv
from rlcourse.maze.generation import generate_maze
from rlcourse.maze.grid import Action, Heading, Maze, MazeRewards, Transitions
from rlcourse.maze.pictures import describe, describe_walk, draw_maze, draw_policy, draw_trajectory, draw_values
from rlcourse.maze.policy import TabularPolicy
from rlcourse.maze.screen import Screen, film
from rlcourse.maze.vector_env import MazeVectorEnv
from rlcourse.maze.world import MazeWorld, walk

__all__ = [
    "Action",
    "Heading",
    "Maze",
    "MazeEnv",
    "MazeRewards",
    "MazeVectorEnv",
    "MazeWorld",
    "Screen",
    "Solution",
    "TabularPolicy",
    "Transitions",
    "describe",
    "describe_walk",
    "draw_maze",
    "draw_policy",
    "draw_trajectory",
    "draw_values",
    "expected_return",
    "film",
    "generate_maze",
    "optimal_return",
    "shortest_path_length",
    "solve",
    "steps_to_exit",
    "walk",
]

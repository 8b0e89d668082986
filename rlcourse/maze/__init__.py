"""World one: a robot in a maze that looks for the exit.

grid                  cells, walls, states, actions; the rules as tables
generation            seeded mazes
env, vector_env       the maze for Gymnasium, one robot and many
features, many_mazes  what a robot perceives without a map; many robots, each in a maze of its own
dynamic_programming   exact values
walks                 every walk of a maze so small that they can be counted
ways                  which way a robot leaves a cell, and how often it hits the wall there
world                 the maze for the course's algorithms, episode by episode
success               in how many mazes a robot finds the exit
pictures, screen      what it looks like

What serves any Gymnasium environment, `GymnasiumWorld`, policies and value functions, stands in `rlcourse.control`
and can be had here too.
"""

from rlcourse.control import GymnasiumWorld, NetworkPolicy, NetworkValue, TabularPolicy, TabularValue, episode_returns
from rlcourse.maze.dynamic_programming import (
    Solution,
    expected_return,
    optimal_return,
    shortest_path_length,
    solve,
    steps_to_exit,
    values_ahead,
)
from rlcourse.maze.env import MazeEnv
from rlcourse.maze.features import egocentric
from rlcourse.maze.generation import generate_maze
from rlcourse.maze.grid import Action, Heading, Maze, MazeRewards, Transitions
from rlcourse.maze.many_mazes import ManyMazesVectorEnv
from rlcourse.maze.pictures import describe, describe_walk, draw_maze, draw_policy, draw_trajectory, draw_values
from rlcourse.maze.screen import Screen, film
from rlcourse.maze.success import Success, leaving_chance, success_rate
from rlcourse.maze.vector_env import MazeVectorEnv
from rlcourse.maze.walks import every_walk, walk_probabilities
from rlcourse.maze.ways import hits_by_state, ways_out
from rlcourse.maze.world import MazeWorld, walk

__all__ = [
    "Action",
    "GymnasiumWorld",
    "Heading",
    "ManyMazesVectorEnv",
    "Maze",
    "MazeEnv",
    "MazeRewards",
    "MazeVectorEnv",
    "MazeWorld",
    "NetworkPolicy",
    "NetworkValue",
    "Screen",
    "Solution",
    "Success",
    "TabularPolicy",
    "TabularValue",
    "Transitions",
    "describe",
    "describe_walk",
    "draw_maze",
    "draw_policy",
    "draw_trajectory",
    "draw_values",
    "egocentric",
    "episode_returns",
    "every_walk",
    "expected_return",
    "film",
    "generate_maze",
    "hits_by_state",
    "leaving_chance",
    "optimal_return",
    "shortest_path_length",
    "solve",
    "steps_to_exit",
    "success_rate",
    "values_ahead",
    "walk",
    "walk_probabilities",
    "ways_out",
]

"""Mazes to drive through, as in the tests of the maze itself."""

from tests.maze.conftest import eight, small

__all__ = ["eight", "small"]

"""The robot by a learner's own rules: each action is answered by their function, right or wrong, in plain words.

Whatever the function says is done, through walls and out of the maze: a wrong rule is best understood by driving with
it. Beside each move stands what the maze's own rules would have done. Left out: any judgement; that is `check`'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rlcourse.arguments import check_function
from rlcourse.exercises import maze_step
from rlcourse.exercises.calling import Answer, call
from rlcourse.maze import Action, Heading, Maze
from rlcourse.maze.grid import NUM_HEADINGS

Frame = tuple[int, int, int]
"""Row, column and heading; by wrong rules any whole numbers."""
FAR = 1_000_000
"""A row, column or heading beyond this is none that could be drawn."""


@dataclass
class OwnWalk:
    """Where the actions led by the learner's rules. Each list but the first has one entry for each action."""

    frames: list[Frame]
    """Where the robot was, from the start on."""
    actions: list[int] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    bumps: list[bool] = field(default_factory=list)
    """Whether forward left the robot before a wall where it was."""
    words: list[str] = field(default_factory=list)
    """What happened, in a sentence or two; empty where nothing needs saying."""
    amiss: list[bool] = field(default_factory=list)
    """Whether the maze's rules say otherwise."""
    lost: bool = False
    """Whether the robot is outside the maze, where no rule can say what is ahead."""

    def first(self, count: int) -> "OwnWalk":
        """The same walk after fewer actions."""
        whole = count == len(self.actions)
        parts = (self.actions, self.rewards, self.bumps, self.words, self.amiss)
        return OwnWalk(self.frames[: count + 1], *(part[:count] for part in parts), lost=self.lost and whole)


class OwnRules:
    """Drives by a function of the form of the exercise: (row, column, heading, action, wall_ahead) → the new three."""

    def __init__(self, step: Callable, maze: Maze) -> None:
        check_function("step", step)
        self.step, self.maze = step, maze
        self.walk = OwnWalk([self._start()])

    def follow(self, actions: Sequence[int]) -> OwnWalk:
        """The walk of these actions. What has been worked out stays: the function is asked once for each action."""
        same = 0
        while same < min(len(actions), len(self.walk.actions)) and actions[same] == self.walk.actions[same]:
            same += 1
        self.walk = self.walk.first(same)
        for action in actions[same:]:
            if self.walk.lost or self.is_exit(self.walk.frames[-1]):
                break
            self._take(int(action))
        return self.walk

    def _start(self) -> Frame:
        row, column = divmod(self.maze.start_cell, self.maze.size)
        return row, column, int(self.maze.start_heading)

    def _take(self, action: int) -> None:
        """Ask the learner's function for one move, and note what it did."""
        walk, before = self.walk, self.walk.frames[-1]
        row, column, heading = before
        wall = bool(self.maze.walls[row * self.maze.size + column, heading % NUM_HEADINGS])
        inputs = {"row": row, "column": column, "heading": heading, "action": action, "wall_ahead": wall}
        answer = call(self.step, maze_step, inputs)
        wanted = maze_step(row, column, heading % NUM_HEADINGS, action, wall)
        after = _frame(answer)
        trouble = _trouble(answer) if after is None else self._strange(before, after, wanted, action, wall)
        after = before if after is None else after
        walk.frames.append(after)
        walk.actions.append(action)
        walk.bumps.append(wall and action == Action.FORWARD and after == before)
        walk.rewards.append(self._pay(walk.bumps[-1], after))
        walk.words.append(trouble)
        walk.amiss.append(bool(trouble))
        walk.lost = not self._inside(after)

    def _pay(self, bump: bool, after: Frame) -> float:
        pay = self.maze.rewards
        return float(pay.step + pay.wall * bump + pay.exit * self.is_exit(after))

    def _inside(self, frame: Frame) -> bool:
        return all(0 <= place < self.maze.size for place in frame[:2])

    def is_exit(self, frame: Frame) -> bool:
        """Whether this is in the exit's cell."""
        return self._inside(frame) and frame[0] * self.maze.size + frame[1] == self.maze.exit_cell

    def _strange(self, before: Frame, after: Frame, wanted: Frame, action: int, wall: bool) -> str:
        """What is odd about a move; empty if it is the maze's own."""
        if after == wanted:
            return ""
        did = f"Your rules: {_place(after)}. The maze’s: {_place(wanted)}."
        if not self._inside(after):
            return f"Your rules have driven the robot out of the maze. {did} Reset, or go back and drive on there."
        if not 0 <= after[2] < NUM_HEADINGS:
            return f"There is no heading {after[2]}: they are 0 to 3, and go round. {did}"
        if wall and action == Action.FORWARD and after[:2] != before[:2]:
            return f"Straight through the wall! {did}"
        return f"That is not where this leads in the maze. {did}"


def _frame(answer: Answer) -> Frame | None:
    """Row, column and heading, if that is what came back."""
    found = answer.numbers if answer.outcome == "returned" else None
    if found is None or found.shape != (3,) or not np.isfinite(found).all():
        return None
    whole = np.abs(found).max() < FAR and (found == np.round(found)).all()
    return tuple(int(number) for number in found) if whole else None


def _trouble(answer: Answer) -> str:
    """Why there is no move, in words."""
    stays = "The robot stays where it is."
    if answer.outcome == "not started":
        return f"Your function returns nothing yet. {stays} Write its rules, run its cell and this one, and try again."
    if answer.outcome == "raised":
        place = f"\n{answer.place}" if answer.place else ""
        return f"Your function stopped with an error: {answer.error}{place}\n{stays}"
    if answer.outcome == "interrupted":
        return f"Your function was interrupted. {stays}"
    got = repr(answer.value)
    return f"Three whole numbers are wanted, (row, column, heading); your function returned {got[:80]}. {stays}"


def _place(frame: Frame) -> str:
    looks = f"looking {Heading(frame[2]).name.lower()}" if 0 <= frame[2] < NUM_HEADINGS else f"heading {frame[2]}"
    return f"row {frame[0]}, column {frame[1]}, {looks}".replace("-", "−")

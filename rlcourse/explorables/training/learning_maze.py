"""A maze that learns before one's eyes: where the robot goes from each cell, and what being there is worth.

The numbers come from Python a few times a second, while a cell trains: π(a|s), V(s), and which way the robot leaves
each cell (`rlcourse.maze.ways_out`). The browser (`learning_maze.js`) draws arrows and colours from them and shows the
numbers of the cell that is pointed at or chosen with the arrow keys; it needs no kernel for that, so it answers while a
cell trains, and goes on answering afterwards. When the run is over, `replay` sends what was seen on the way, and a bar
below the map goes back to any moment of it. Left out: policies that see more than the robot's state.
"""

from dataclasses import dataclass
from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets
from jaxtyping import Float

from rlcourse.algorithms import Training
from rlcourse.control import choices_at, values_at
from rlcourse.explorables.plotting.player import PLAYER, PLAYER_LOOK
from rlcourse.explorables.training.learning_maze_figure import Behaviour, learning_maze_figure
from rlcourse.maze import solve, ways_out
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, as_numbers, check_policy, maze_of
from rlcourse.maze.grid import NUM_ACTIONS, NUM_HEADINGS, Maze
from rlcourse.maze.pictures import place, wall_pieces
from rlcourse.maze.ways import PATIENCE
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture
from rlcourse.showing.words import minus

_HERE = Path(__file__).parent
LARGEST = 14
"""Cells a side: arrows would be too small to read, and exact values too slow to be worked out five times a second."""
USUAL_GAMMA = 0.99
"""The discount of the exact values where the algorithm has none of its own, or 1, with which they may be infinite."""
MOST = 40
"""Moments of a run that are kept: of a longer one every second, every fourth … One takes 5 kB in a maze of 8 × 8."""
CRITIC, EXACT = "is what the critic expects", "is exact, with γ ="


class LearningMaze(Lasting, anywidget.AnyWidget):
    """A map of what a policy does, that can be shown another policy at any time: `show`, or `look` at a training run.

        map = LearningMaze(maze)
        display(map)
        training.run(60, on_step=map.look)

    Args:
        maze: A `Maze` of at most 14 × 14 cells, or an environment of one.

    Raises:
        ValueError: The maze is larger.
    """

    _esm = BROWSER + PLAYER + (_HERE / "learning_maze.js").read_text("utf-8")
    _css = BUTTONS + PLAYER_LOOK + (_HERE / "learning_maze.css").read_text("utf-8")

    world = traitlets.Dict().tag(sync=True)
    """The maze as plain data; see `_world_of`."""
    numbers = traitlets.Bytes().tag(sync=True)
    """π [S, 3], V [S], ways out [cells, 4] and the cells' colours [cells] as float32, little-endian; empty at first."""
    past = traitlets.List().tag(sync=True)
    """Moments of a run that is over, the first one first: a dictionary of `numbers` and `said` each; see `replay`."""
    said = traitlets.Dict().tag(sync=True)
    """"when": what the picture shows, in a few words. "alt": all of it, for those who cannot see it."""

    def __init__(self, maze: MazeLike) -> None:
        maze = maze_of(maze)
        if maze.size > LARGEST:
            raise ValueError(f"maze must have at most {LARGEST} × {LARGEST} cells, got {maze.size} × {maze.size}")
        best = np.abs(solve(maze, gamma=USUAL_GAMMA).V).max()
        self.maze, self.scale = maze, float(best) or 1.0
        self.behaviour: Behaviour | None = None
        self._notes: list[_Moment] = []
        self._last: _Moment | None = None
        self._steps, self._stride = 0, 1
        nothing = {"when": "The robot has not begun.", "alt": "A map of the maze; the robot has not begun to learn."}
        super().__init__(world=_world_of(maze, self.scale), numbers=b"", said=nothing)

    def look(self, training: Training) -> None:
        """Show the policy of a training run as it is now, with the values of its critic or, without one, exact ones.

        Raises:
            ValueError: The policy reads something else than the number of a state.
        """
        moment = self._last = _moment_of(training, self.maze)
        self.show(moment.policy, moment.values, when=moment.when, whose=moment.whose, gamma=moment.gamma)

    def note(self, training: Training) -> None:
        """Remember the policy of a training run as it is now, for `replay`; quick enough for every step."""
        if self._steps % self._stride == 0:
            self._notes.append(_moment_of(training, self.maze))
        self._steps += 1
        if len(self._notes) > MOST:
            del self._notes[1::2]
            self._stride *= 2

    def replay(self) -> None:
        """Send the moments of the run that were noted: from now on a bar below the map leads back to each."""
        moments = [*self._notes]
        if moments and self._last is not None and moments[-1].when != self._last.when:
            moments.append(self._last)
        self.past = [self._sent(self._shown(one.policy, one.values, one.gamma), one.when, one.whose) for one in moments]

    def show(
        self,
        policy: PolicyTable,
        values: Float[np.ndarray, "S"] | Float[torch.Tensor, "S"] | None = None,
        *,
        when: str = "Now",
        whose: str = "is given",
        gamma: float = USUAL_GAMMA,
    ) -> None:
        """Show a policy, and what its states are worth.

        Args:
            policy: π(a|s) as an [S, 3] table.
            values: V(s) of every state; those of the policy, worked out exactly, when None.
            when: Which policy this is, in a few words.
            whose: Where the values come from, in a few words that go on after "V(s)".
            gamma: The discount of exact values, 0 to below 1.
        """
        whose = f"{EXACT} {gamma:g}" if values is None else whose
        self.behaviour = self._shown(policy, values, gamma)
        sent = self._sent(self.behaviour, when, whose)
        with self.hold_sync():
            self.numbers, self.said = sent["numbers"], sent["said"]

    def _shown(self, policy: PolicyTable, values: np.ndarray | torch.Tensor | None, gamma: float) -> Behaviour:
        table = check_policy(self.maze, policy)
        values = solve(self.maze, gamma=gamma, policy=table).V if values is None else as_numbers("values", values)
        if values.shape != (self.maze.num_states,):
            raise ValueError(f"values must have the shape ({self.maze.num_states},), got {values.shape}")
        return Behaviour(self.maze, table, values, ways_out(self.maze, table), self.scale)

    @staticmethod
    def _sent(shown: Behaviour, when: str, whose: str) -> dict:
        said = {"when": f"{when}. V(s) {whose}.", "alt": minus(f"{when}. {shown.words}")}
        return {"numbers": packed(shown), "said": said}

    def still(self) -> Still:
        """The map as it was when it was displayed, or last shown."""
        revive = "Run this cell to watch it, and to point at a cell."
        if self.behaviour is None:
            return Still(f"<div>A map of the maze stood here. {revive}</div>", f"A map of the maze. {revive}")
        return Still.of(self.picture(), revive)

    def picture(self) -> Picture:
        """The map for print.

        Raises:
            ValueError: Nothing has been shown yet.
        """
        if self.behaviour is None:
            raise ValueError("there is no policy to draw yet: call show or look first")
        return Picture(learning_maze_figure(self.behaviour), self.said["alt"])


@dataclass(frozen=True)
class _Moment:
    """A policy at one step of a training run; its values where a critic gives them."""

    policy: np.ndarray
    values: np.ndarray | None
    when: str
    whose: str
    gamma: float


def _moment_of(training: Training, maze: Maze) -> _Moment:
    everywhere = np.arange(maze.num_states)
    table = choices_at(training.policy, everywhere, num_actions=NUM_ACTIONS).exp().double().cpu().numpy()
    critic = getattr(training.algorithm, "critic", None)
    step = int(training.history[-1]["step"]) if len(training.history) else 0
    when = f"After update {step}" if step else "Before the first update"
    if critic is not None:
        return _Moment(table, values_at(critic, everywhere).double().cpu().numpy(), when, CRITIC, USUAL_GAMMA)
    gamma = getattr(getattr(training.algorithm, "config", None), "gamma", 1)
    gamma = float(gamma) if gamma < 1 else USUAL_GAMMA
    return _Moment(table, None, when, f"{EXACT} {gamma:g}", gamma)


def packed(shown: Behaviour) -> bytes:
    """π [S, 3], V [S], ways out [cells, 4] and colours [cells] as the browser reads them."""
    parts = (shown.policy, shown.values, shown.ways, shown.colours)
    return np.concatenate([part.ravel() for part in parts]).astype("<f4").tobytes()


def _world_of(maze: Maze, scale: float) -> dict:
    """What does not change: the walls as lines (in cells), the places of cells in words, the caption.

    "valued": whether there are values to show. "wide": whether the table stands beside the map where there is room.
    """
    return {
        "valued": True,
        "wide": False,
        "size": maze.size,
        "start": maze.start_state // NUM_HEADINGS,
        "heading": maze.start_heading,
        "exit": maze.exit_cell,
        "walls": wall_pieces(maze).reshape(-1, 4).tolist(),
        "places": [place(maze, cell).capitalize() for cell in range(maze.num_cells)],
        "scale": scale,
        "patience": PATIENCE,
    }

"""Reward design: turn what the maze pays, and see what the best robot does about it.

Four numbers make too many combinations to send beforehand, so the kernel answers: `solve` finds an optimal policy, and
the robot in the picture follows it, played from the start. That takes a few milliseconds for a maze of 8 × 8 cells.
"""

from dataclasses import replace

import ipywidgets as widgets
import traitlets
from matplotlib.figure import Figure

from rlcourse.explorables.robots.drive import Drive
from rlcourse.maze import Maze, MazeRewards, draw_trajectory, solve, walk
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.showing.live import Lasting, Still, enlarge

TRY_THIS = (
    "<b>Try this:</b> make the step positive, then take the exit's reward away, then pay for walls (“as it was” puts "
    "the sliders back). <b>Watch</b> the best robot: does it still do what you meant? Stop it anywhere, and drive on "
    "yourself."
)
GAMMAS = (0.5, 0.9, 0.97, 0.99, 0.999)
RATE = 20
"""Actions in a second: the best robot is watched as a whole, not step by step."""


class RewardDesign(Lasting, widgets.VBox):
    """Sliders for the rewards and γ, over the walk of a robot that is best at collecting them."""

    asks_kernel = traitlets.Bool(True).tag(sync=True)

    def __init__(self, maze: Maze) -> None:
        pay = maze.rewards
        self.exit = _slider("exit", pay.exit, -1, 2, 0.1)
        self.step = _slider("step", pay.step, -0.1, 0.1, 0.01)
        self.wall = _slider("wall", pay.wall, -0.5, 0.5, 0.05)
        self.gamma = widgets.SelectionSlider(options=GAMMAS, value=0.99, description="γ", layout=_LAYOUT)
        self.back = widgets.Button(description="as it was", tooltip="Put all sliders back", layout={"width": "120px"})
        self.words = widgets.HTML()
        self.view = Drive(maze, hint="", driver="the best robot", rate=RATE)
        sliders = (self.exit, self.step, self.wall, self.gamma)
        self._first = {slider: slider.value for slider in sliders}
        for slider in sliders:
            slider.observe(self._answer, names="value")
        self.back.on_click(self._put_back)
        grid = widgets.Layout(grid_template_columns="repeat(auto-fit, minmax(380px, 1fr))", max_width="900px")
        said = widgets.HBox([self.back, self.words], layout={"align_items": "center", "grid_gap": "12px"})
        plain = [
            widgets.HTML(f'<div style="line-height: 1.45">{TRY_THIS}</div>'),
            widgets.GridBox(sliders, layout=grid),
            said,
        ]
        enlarge(*plain)
        super().__init__([*plain, self.view])
        self._answer()

    def still(self) -> Still:
        """The best robot's walk, and what it does in a sentence."""
        picture = self.view.picture()
        below = f"{picture.tag(small=True)}<div>{verdict(self.view.maze, self.view.actions)}</div>"
        return Still.of(below, "Run this cell, and its sliders change what the maze pays.", alt=picture.alt)

    def _put_back(self, _: object) -> None:
        for slider, value in self._first.items():
            slider.value = value

    def _answer(self, _: object = None) -> None:
        rewards = MazeRewards(exit=self.exit.value, step=self.step.value, wall=self.wall.value)
        maze = replace(self.view.maze, rewards=rewards)
        actions = best_actions(maze, self.gamma.value)
        self.view.show(maze, actions)
        self.words.value = f'<div style="font-size: 15px; line-height: 1.45">{verdict(maze, actions)}</div>'


def reward_design(maze: MazeLike) -> RewardDesign:
    """The explorable: sliders for the rewards, and the walk of a robot that is best at collecting them."""
    return RewardDesign(maze_of(maze))


def reward_design_figure(maze: MazeLike, *, gamma: float = 0.99) -> Figure:
    """The same for print: the best robot's walk with the maze's own rewards."""
    maze = maze_of(maze)
    return draw_trajectory(maze, walk(maze, solve(maze, gamma=gamma).policy), title=str(maze.rewards))


def best_actions(maze: Maze, gamma: float) -> list[int]:
    """What an optimal policy does from the start, until it is out or has taken as many actions as there are states."""
    policy = solve(maze, gamma=gamma).policy
    best = policy.argmax(axis=1)
    return best[walk(maze, policy)[:-1]].tolist()


def verdict(maze: Maze, actions: list[int]) -> str:
    """What the best robot does, in a sentence."""
    state, bumps = maze.start_state, 0
    for action in actions:
        bumps += maze.transitions.hit_wall[state, action]
        state = maze.transitions.next_state[state, action]
    how = {0: "hits no wall", 1: "drives into a wall once"}.get(bumps, f"drives into a wall {bumps} times")
    if maze.transitions.terminal[state]:
        return f"<b>The best robot leaves</b> after {len(actions)} actions, and {how}."
    return f"<b>The best robot never leaves.</b> It {how} in its first {len(actions)} actions."


_LAYOUT = {"width": "auto", "min_width": "240px", "max_width": "420px"}


def _slider(name: str, value: float, low: float, high: float, step: float) -> widgets.FloatSlider:
    """A slider that reaches at least from `low` to `high`, and starts at `value`."""
    limits = {"min": min(low, value), "max": max(high, value), "step": step, "readout_format": "+.2f"}
    return widgets.FloatSlider(value=value, description=name, layout=_LAYOUT, **limits)

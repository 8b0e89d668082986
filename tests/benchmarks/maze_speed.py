"""The maze itself, without learning: many robots at once, exact values; and how long the import takes."""

import subprocess
import sys
from statistics import median

import gymnasium
import numpy as np

import rlcourse  # noqa: F401  registers the maze
from rlcourse.maze import generate_maze, solve
from tests.benchmarks.rounds import Result, Say, seconds, shown, take_turns


def vector_maze(*, repeats: int = 5, say: Say = print, num_envs: int = 1024, steps: int = 20) -> Result:
    """Random actions for all robots; ours makes ten times as many steps, so that both take a while."""
    ours = gymnasium.make_vec("rlcourse/Maze-v0", num_envs, vectorization_mode="vector_entry_point")
    theirs = gymnasium.make_vec("rlcourse/Maze-v0", num_envs, vectorization_mode="sync")
    actions = np.random.default_rng(0).integers(0, 3, size=(10 * steps, num_envs))

    def speed(environments, chosen):
        def run(number: int) -> float:
            environments.reset(seed=number)
            took = seconds(lambda: [environments.step(row) for row in chosen])
            return len(chosen) * num_envs / took

        return run

    fast, slow = take_turns(
        speed(ours, actions), speed(theirs, actions[:steps]), repeats=repeats, say=say, unit="steps/s"
    )
    return Result(
        row="vector_maze",
        title=f"Maze with {num_envs:,} environments, steps per second, random actions",
        peer=f"Gymnasium {gymnasium.__version__} SyncVectorEnv of the same environment",
        unit="steps/s",
        higher_is_better=True,
        ours=fast,
        theirs=slow,
        least_ratio=50.0,
        aim=200.0,
        settings="maze 8×8; the actions were drawn beforehand; infos included",
        quality="the tests hold both to the same observations, rewards and ends, number for number",
    )


def exact_values(*, repeats: int = 15, say: Say = print, size: int = 25) -> Result:
    """Optimal V, Q and A of a fresh maze each time, tables of its rules included."""
    mazes = [generate_maze(size, seed=seed) for seed in range(repeats)]
    uniform = np.full((mazes[0].num_states, 3), 1 / 3)
    solve(generate_maze(size, seed=repeats), gamma=0.99)  # warms up
    optimal = [seconds(lambda maze=maze: solve(maze, gamma=0.99)) for maze in mazes]
    given = [seconds(lambda maze=maze: solve(maze, gamma=0.99, policy=uniform)) for maze in mazes]
    worst = max(optimal + given)
    say(f"optimal {1000 * median(optimal):.1f} ms, of a given policy {1000 * median(given):.1f} ms")
    return Result(
        row="exact_values",
        title=f"Exact V, Q and A of a {size}×{size} maze ({mazes[0].num_states:,} states)",
        peer="",
        unit="ms",
        higher_is_better=False,
        ours=[1000 * took for took in optimal],
        limit=50.0,
        aim=5.0,
        settings="γ 0.99, another maze each time",
        quality=f"of a given policy {1000 * median(given):.1f} ms; the slowest of all {1000 * worst:.1f} ms",
    )


def import_time(*, repeats: int = 7, say: Say = print) -> Result:
    """In fresh processes."""
    code = (
        "import time; a = time.perf_counter(); import torch; b = time.perf_counter(); import rlcourse;"
        "print(b - a, time.perf_counter() - b)"
    )
    found = []
    for _ in range(repeats):
        found.append([float(part) for part in subprocess.check_output([sys.executable, "-c", code]).split()])
        say(f"import torch {shown(found[-1][0])} s, import rlcourse on top {shown(found[-1][1])} s")
    return Result(
        row="import_time",
        title="import rlcourse, on top of import torch",
        peer="",
        unit="s",
        higher_is_better=False,
        ours=[ours for _, ours in found],
        limit=0.1,
        aim=0.05,
        settings="fresh processes",
        quality=f"import torch itself takes {median(torchs for torchs, _ in found):.2f} s",
    )

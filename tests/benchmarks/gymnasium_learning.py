"""Four tasks of Gymnasium that nobody here made, and settings with which the course's algorithms learn them.

    python -m tests.benchmarks.gymnasium_learning                       all, over five seeds; writes the results down
    python -m tests.benchmarks.gymnasium_learning CartPole-v1 --seeds 7    one with another seed; only prints

What is measured stands in `gymnasium_learning.json` beside this file, with the settings; the table in EXAMPLES.md is
made of it. One thread. Returns are of 100 whole episodes after training, with drawn and with likeliest actions.
"""

import argparse
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from rlcourse.algorithms import PPO, PPOConfig, Training
from rlcourse.control import GymnasiumWorld, episode_returns, policy_for, value_for
from rlcourse.files import write_whole

RESULTS = Path(__file__).with_suffix(".json")
SEEDS = (0, 1, 2, 3, 4)
EPISODES = 100


@dataclass(frozen=True)
class Task:
    """An environment, how long to learn in it, with what settings, and what counts as learned."""

    name: str
    num_envs: int
    steps: int
    """Of each environment in one rollout."""
    updates: int
    settings: dict[str, float]
    """Of PPO, where they are not the defaults."""
    wanted: float
    """The mean return, with drawn actions, that each seed is to reach."""
    best: str
    """What the best policy earns, in words."""
    arguments: dict[str, object] = field(default_factory=dict)
    """Of the environment."""

    @property
    def state_steps(self) -> int:
        """How many steps of the environment a run makes."""
        return self.num_envs * self.steps * self.updates


TASKS = (
    Task("CartPole-v1", 8, 128, 48, {}, 475, "500"),
    Task(
        "FrozenLake8x8-v1",
        64,
        128,
        50,
        {"gamma": 0.999, "learning_rate": 0.05, "epochs": 10, "minibatch_size": 2048},
        0.45,
        "0.91",
    ),
    Task(
        "CliffWalking-v1",
        8,
        64,
        80,
        {"learning_rate": 0.1, "minibatch_size": 128},
        -25,
        "−13",
        {"max_episode_steps": 200},
    ),
    Task(
        "Taxi-v4",
        64,
        128,
        100,
        {"learning_rate": 0.05, "value_learning_rate": 0.3, "epochs": 10, "minibatch_size": 2048},
        -20,
        "7.9",
    ),
)
"""In the order of the page."""


def measure(task: Task, seed: int) -> dict[str, float]:
    """One run: the mean returns of its policy."""
    world = GymnasiumWorld(task.name, steps=task.steps, num_envs=task.num_envs, **task.arguments)
    policy = policy_for(world, seed=seed)
    ppo = PPO(PPOConfig(**task.settings), critic=value_for(world, seed=100 + seed))
    Training(policy, world, ppo, seed=seed).run(task.updates, progress=False)
    drawn, likeliest = (
        episode_returns(policy, task.name, num_envs=EPISODES, greedy=greedy, seed=1000 + seed, **task.arguments)
        for greedy in (False, True)
    )
    return {"seed": seed, "drawn": round(float(drawn.mean()), 3), "likeliest": round(float(likeliest.mean()), 3)}


def as_table(results: dict[str, dict]) -> str:
    """The Markdown table of EXAMPLES.md: the lowest and the highest of the five seeds."""
    lines = [
        "| environment | num_envs × steps × updates | `PPOConfig(…)` | drawn actions | likeliest actions | the best |",
        "|---|---|---|---|---|---|",
    ]
    for task in TASKS:
        runs = results[task.name]["runs"]
        settings = ", ".join(f"{name}={value}" for name, value in task.settings.items()) or "the defaults"
        ends = [[run[which] for run in runs] for which in ("drawn", "likeliest")]
        spans = [" to ".join(dict.fromkeys(_shown(end(values)) for end in (min, max))) for values in ends]
        lines.append(
            f"| {task.name} | {task.num_envs} × {task.steps} × {task.updates} = {task.state_steps:,} | `{settings}` "
            f"| {spans[0]} | {spans[1]} | {task.best} |"
        )
    return "\n".join(lines)


def _shown(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".").replace("-", "−")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gymnasium_learning", description=__doc__)
    parser.add_argument("names", nargs="*", help="tasks to measure (default: all)")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="which seeds (default: 0 to 4)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for task in TASKS:
        if arguments.names and task.name not in arguments.names:
            continue
        runs = []
        for seed in arguments.seeds:
            runs.append(measure(task, seed))
            print(task.name, runs[-1], flush=True)
        if tuple(arguments.seeds) == SEEDS:
            results[task.name] = {"task": asdict(task), "runs": runs}
            write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
    if tuple(arguments.seeds) == SEEDS and all(task.name in results for task in TASKS):
        print(as_table(results))


if __name__ == "__main__":
    main()

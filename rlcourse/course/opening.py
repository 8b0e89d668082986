"""Ten seconds of before and after, the first thing to see in the course: a robot and a GPT-2, untrained and trained.

    python -m rlcourse.course.opening

trains both, as notebooks 02 and 10 do, and writes `assets/before_and_after.json`: three walks, and what the model
answers to one sum it has never seen, with the probability of each token. It takes about two minutes. Left out: the
weights. What is shown is a recording, and says so.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int

from rlcourse.algorithms import GRPO, GRPOConfig, History, Policy, Training
from rlcourse.explorables.robots.films import Films
from rlcourse.explorables.tokens.token_strip import TokenStrip, token_strip
from rlcourse.files import ASSETS, write_whole
from rlcourse.maze import MazeWorld, TabularPolicy, generate_maze, walk
from rlcourse.showing.live import show_widget
from rlcourse.showing.saying import say

RECORDING = ASSETS / "before_and_after.json"
SIZE, SEED = 8, 0
"""Of the maze, which is notebook 02's."""
WALKED_AFTER = (0, 16, 80)
"""After how many updates the robot is filmed: before any, half-way, and as notebook 02 leaves it."""
LONGEST = 120
"""Actions of a walk: ten seconds of film."""
ASKED = 1
"""Which of the held-out sums is asked."""


@dataclass(frozen=True)
class BeforeAndAfter:
    """What was recorded."""

    walks: dict[str, list[int]]
    """After so many updates, a number in digits → the states of one walk, in order."""
    question: str
    gpt2_updates: int
    tokens: dict[str, list[str]]
    """Of "before" and "after": one answer, token by token."""
    logprobs: dict[str, list[float]]
    """How likely each of these tokens was, as a logarithm."""
    right: dict[str, float]
    """Share of the held-out sums that are answered right."""
    sums: int
    """How many held-out sums there are."""


def before_and_after() -> None:
    """Show the recording: the two walks side by side, and below them the two answers, token by token."""
    recorded = load_recording()
    show_widget(robots(recorded))
    before, after = (f"{100 * recorded.right[when]:.0f} %" for when in ("before", "after"))
    say(
        f"And a small GPT-2 is asked: **“{recorded.question}”** Of {recorded.sums} such sums, none of which it was "
        f"trained on, it answers **{before}** right before, and **{after}** after."
    )
    show_widget(answers(recorded))


def robots(recorded: BeforeAndAfter) -> Films:
    """The walks, side by side."""
    walks = {f"The robot {_when(int(after))}": np.array(states) for after, states in recorded.walks.items()}
    return Films(generate_maze(SIZE, seed=SEED), walks, fps=12)


def answers(recorded: BeforeAndAfter) -> TokenStrip:
    """The two answers, one below the other."""
    names = [f"GPT-2 {_when(updates)}" for updates in (0, recorded.gpt2_updates)]
    chances = [np.exp(recorded.logprobs[when]).tolist() for when in ("before", "after")]
    return token_strip([recorded.tokens[when] for when in ("before", "after")], {"probability": chances}, names=names)


def _when(updates: int) -> str:
    return f"after {updates} updates" if updates else "before training"


def load_recording(path: Path = RECORDING) -> BeforeAndAfter:
    """The recording that comes with the course."""
    return BeforeAndAfter(**json.loads(path.read_text(encoding="utf-8")))


def train_robot() -> dict[int, Int[np.ndarray, "T"]]:
    """Notebook 02's training: after so many updates → a walk."""
    maze = generate_maze(SIZE, seed=SEED)
    policy, world = TabularPolicy(maze.num_states), MazeWorld(maze, groups=64, starts="random")
    training, walks = Training(policy, world, GRPO(GRPOConfig(num_generations=16, learning_rate=0.1))), {}
    for updates, more in zip(WALKED_AFTER, np.diff(WALKED_AFTER, prepend=0).tolist(), strict=True):
        if more:
            training.run(more)
        walks[updates] = walk(maze, policy.probabilities(), seed=1, max_steps=LONGEST)
    return walks


@dataclass(frozen=True)
class Gpt2Run:
    """Notebook 10's training: its curve, and one sum asked before and after it."""

    history: History
    """With the share of held-out sums that are right, "held_out", after some of the steps."""
    question: str
    sums: int
    answers: dict[str, str]
    tokens: dict[str, list[str]]
    logprobs: dict[str, list[float]]


def train_gpt2() -> Gpt2Run:
    """Train the GPT-2 on sums, and ask it one that it was not trained on before and after."""
    # Whoever only watches the recording has no use for `transformers`, which takes seconds to load.
    from rlcourse.language import LanguagePolicy, arithmetic_world, load_gpt2, sampled_accuracy, split_sums
    from rlcourse.language.build.model_card import GRPO_STEPS

    training_sums, held_out = split_sums()
    policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
    asked = held_out[ASKED]

    def measure(policy: LanguagePolicy) -> dict[str, float]:
        return {"held_out": sampled_accuracy(policy, held_out, generator=torch.Generator().manual_seed(0))}

    asking = {"before": ask(policy, asked.prompt)}
    history = Training(policy, arithmetic_world(training_sums), GRPO()).run(GRPO_STEPS, evaluate=measure)
    asking["after"] = ask(policy, asked.prompt)
    said, tokens, logprobs = ({when: given[i] for when, given in asking.items()} for i in range(3))
    return Gpt2Run(history, f"What is {asked.a}+{asked.b}?", len(held_out), said, tokens, logprobs)


def ask(policy: Policy, prompt: str) -> tuple[str, list[str], list[float]]:
    """One answer of a `LanguagePolicy`: its text, its tokens, and the log-probability of each."""
    from rlcourse.language import as_episodes, sample

    generator = torch.Generator().manual_seed(0)
    samples = sample(policy.model, policy.tokenizer, [prompt], max_new_tokens=16, generator=generator)
    (text,) = samples.texts(policy.tokenizer)
    episodes = as_episodes(policy.tokenizer, prompt, [text])
    with torch.no_grad():
        logprobs = policy.logprobs(episodes)[0].tolist()
    tokens = [policy.tokenizer.decode([token]) for token in episodes.actions[0].tolist()]
    return text, tokens, [round(number, 4) for number in logprobs]


def main() -> None:
    """Train both and write the recording."""
    walks, run = train_robot(), train_gpt2()
    share = run.history["held_out"]
    share = share[np.isfinite(share)]
    recorded = BeforeAndAfter(
        walks={str(updates): states.tolist() for updates, states in walks.items()},
        question=run.question,
        gpt2_updates=int(run.history["step"][-1]),
        tokens=run.tokens,
        logprobs=run.logprobs,
        right={"before": float(share[0]), "after": float(share[-1])},
        sums=run.sums,
    )
    write_whole(RECORDING, json.dumps(asdict(recorded)) + "\n")
    print(f"{RECORDING}: {RECORDING.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

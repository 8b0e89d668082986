"""GRPO on the bundled GPT-2, against TRL: seconds per step, and seconds until it can add."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import torch

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.language import LanguagePolicy, Sum, arithmetic_world, load_gpt2, sampled_accuracy, split_sums
from tests.benchmarks.rounds import Result, Say, take_turns
from tests.benchmarks.trl_side import PEER, Row, train_with_trl

MAX_NEW_TOKENS, LEARNING_RATE = 16, 1e-4
EVALUATE_EVERY, ASKED_EACH = 5, 2
"""Accuracy is measured every so many steps, asking each held-out sum so many times."""


def grpo_step(
    *, repeats: int = 5, say: Say = print, steps: int = 5, prompts_per_step: int = 32, num_generations: int = 8
) -> Result:
    """Seconds per step of both from the same weights; a round's figure is the median of its steps but the first."""
    sums, _ = split_sums()
    batch = {"prompts_per_step": prompts_per_step, "num_generations": num_generations}
    ours, theirs = take_turns(
        lambda number: _per_step(_train(sums, steps=steps + 1, seed=number, **batch)),
        lambda number: _per_step(_train_theirs(sums, steps=steps + 1, seed=number, **batch)),
        repeats=repeats,
        say=say,
        unit="s per step",
    )
    return Result(
        row="grpo_step",
        title="GRPO on the bundled GPT-2, one step",
        peer=PEER,
        unit="s per step",
        higher_is_better=False,
        ours=ours,
        theirs=theirs,
        least_ratio=3.5,
        aim=8.0,
        settings=_settings(prompts_per_step, num_generations),
        note=f"steps 2 to {steps + 1} from the SFT weights; sampling, rewards and update; prompts of mixed length",
    )


def grpo_to_90(*, repeats: int = 3, say: Say = print, most_steps: int = 300, enough: float = 0.9, **batch) -> Result:
    """Until nine of ten held-out sums are right, with prompts of one length."""
    result = _until_right("grpo_to_90", _two_digits, repeats=repeats, say=say, most=most_steps, enough=enough, **batch)
    return Result(least_ratio=4.0, aim=10.0, **result)


def grpo_to_90_mixed(
    *, repeats: int = 3, say: Say = print, most_steps: int = 120, enough: float = 0.9, **batch
) -> Result:
    """The same with all sums, so that prompts differ in length and TRL pads them on the left."""
    result = _until_right("grpo_to_90_mixed", list, repeats=repeats, say=say, most=most_steps, enough=enough, **batch)
    return Result(aim=11.0, **result)


@dataclass(frozen=True)
class _Run:
    """How far one training came."""

    seconds: float
    steps: int
    accuracy: float
    there: bool


def _until_right(
    row: str,
    choose,
    *,
    repeats: int,
    say: Say,
    most: int,
    enough: float,
    prompts_per_step: int = 32,
    num_generations: int = 8,
) -> dict:
    """What both rows have in common; what `Result` wants, but for the promise."""
    training_sums, held_out = (choose(sums) for sums in split_sums())
    batch = {"prompts_per_step": prompts_per_step, "num_generations": num_generations}
    runs: dict[str, list[_Run]] = {"ours": [], "theirs": []}

    def side(name: str, train):
        def run(number: int) -> float:
            watch = _Accuracy(held_out, enough)
            rows = train(training_sums, steps=most, seed=number, look=watch, **batch)
            there = watch.latest >= enough
            runs[name].append(_Run(rows[-1]["seconds"], len(rows), watch.latest, there))
            say(f"  {name}: {_told(runs[name][-1])}")
            return rows[-1]["seconds"]

        return run

    ours, theirs = take_turns(
        side("ours", _train), side("theirs", _train_theirs), repeats=repeats, say=say, unit="s of training"
    )
    late = [] if all(run.there for run in runs["theirs"]) else [f"TRL was stopped after {most} steps: the ratio is ≥"]
    return {
        "row": row,
        "title": f"GRPO until {enough:.0%} of held-out sums are right, sampled; "
        + ("prompts of one length" if choose is _two_digits else "prompts of mixed length"),
        "peer": PEER,
        "unit": "s of training",
        "higher_is_better": False,
        "ours": ours,
        "theirs": theirs,
        "settings": f"{_settings(prompts_per_step, num_generations)}; {len(held_out)} held-out sums asked "
        f"{ASKED_EACH} times every {EVALUATE_EVERY} steps, which does not count",
        "quality": "; ".join(f"{name}: {_middle(found)}" for name, found in runs.items()),
        "note": "; ".join([*late, "both sides are measured by the same function"]),
    }


def _middle(runs: list[_Run]) -> str:
    return _told(sorted(runs, key=lambda run: run.seconds)[len(runs) // 2])


def _told(run: _Run) -> str:
    return f"{run.accuracy:.1%} after {run.steps} steps, {run.seconds:.1f} s"


class _Accuracy:
    """Looks at a policy every few steps, and says when it is good enough."""

    def __init__(self, held_out: Sequence[Sum], enough: float):
        self.asked, self.enough, self.latest = list(held_out) * ASKED_EACH, enough, 0.0

    def __call__(self, policy: LanguagePolicy, row: Row) -> bool:
        if row["step"] % EVALUATE_EVERY:
            return False
        generator = torch.Generator().manual_seed(row["step"])
        self.latest = row["accuracy"] = sampled_accuracy(policy, self.asked, generator=generator)
        return self.latest >= self.enough


def _train(sums, *, steps: int, seed: int, prompts_per_step: int, num_generations: int, look=None) -> list[Row]:
    """Our side of `train_with_trl`."""
    policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
    world = arithmetic_world(sums, prompts_per_step=prompts_per_step, max_new_tokens=MAX_NEW_TOKENS)
    config = GRPOConfig(num_generations=num_generations, learning_rate=LEARNING_RATE)
    until = None if look is None else lambda history: look(policy, history[-1])
    return Training(policy, world, GRPO(config), seed=seed).run(steps, until=until, progress=False)


def _train_theirs(sums, **options) -> list[Row]:
    return train_with_trl(sums, max_new_tokens=MAX_NEW_TOKENS, learning_rate=LEARNING_RATE, **options)


def _per_step(rows: list[Row]) -> float:
    return median(after["seconds"] - before["seconds"] for before, after in pairwise(rows))


def _two_digits(sums: Sequence[Sum]) -> list[Sum]:
    """Those whose prompts are all as long: each digit is a token."""
    return [s for s in sums if min(s.a, s.b) >= 10]


def _settings(prompts_per_step: int, num_generations: int) -> str:
    return (
        f"{prompts_per_step} prompts × {num_generations} answers of at most {MAX_NEW_TOKENS} tokens, AdamW at "
        f"{LEARNING_RATE:g}, temperature 1, ε 0.2, β 0, one optimiser step per batch, float32"
    )

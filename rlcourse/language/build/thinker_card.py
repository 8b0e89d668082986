"""What the thinker can do before and after GRPO, measured, and its part of the model card."""

from pathlib import Path

import torch

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.language.model.checkpoints import load_gpt2
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.tasks.chains import Chain, ask_chains, chain_world, split_chains
from rlcourse.language.training.workings import IMITATED, LEARNED

THINKING_STEPS = 60
"""Updates of the run that is measured, as notebook 13 makes it."""
_TITLE = "\n## The thinker\n"


def measure_thinker(folder: Path) -> dict:
    """Accuracy, length and manners on held-out chains, before and after GRPO.

    Raises:
        KeyboardInterrupt: The run was stopped.
    """
    policy = LanguagePolicy(*load_gpt2(folder, device="cpu"))
    figures = {"stages": {"supervised fine-tuning": _describe(policy)}}
    training = Training(policy, chain_world(split_chains()[0]), GRPO(GRPOConfig(learning_rate=2e-4)), seed=0)
    history = training.run(THINKING_STEPS)
    if history.interrupted:
        raise KeyboardInterrupt
    figures["stages"][f"GRPO, {THINKING_STEPS} steps, live"] = _describe(policy)
    figures["seconds"] = round(history[-1]["seconds"], 1)
    return figures


def _describe(policy: LanguagePolicy) -> dict:
    held_out, generator = split_chains()[1], torch.Generator().manual_seed(0)
    sampled = ask_chains(policy, held_out, generator=generator)
    return {
        "sampled": sampled.accuracy,
        "greedy": ask_chains(policy, held_out, temperature=0).accuracy,
        "begun": ask_chains(policy, held_out, temperature=0, begin=lambda chain: chain.beginning).accuracy,
        "length": sampled.mean_length,
        "worked": sampled.share("worked"),
    }


def thinker_lines(figures: dict) -> str:
    """The card's part on the thinker, from `measure_thinker`."""
    rows = [
        f"| {name} | {stage['sampled']:.1%} | {stage['greedy']:.1%} | {stage['begun']:.1%} | {stage['length']:.1f} | "
        f"{stage['worked']:.1%} |"
        for name, stage in figures["stages"].items()
    ]
    learned, imitated = (" / ".join(f"{share:g}" for share in shares) for shares in (LEARNED, IMITATED))
    return _TITLE + _CARD.format(
        rows="\n".join(rows), learned=learned, imitated=imitated, example=Chain(23, 4, 7).working().strip(),
        seconds=figures["seconds"],
    )  # fmt: skip


def with_thinker(card: str, figures: dict) -> str:
    """A card with its part on the thinker written anew, which is its last."""
    return card.partition(_TITLE)[0] + thinker_lines(figures)


_CARD = """
`thinker/`: the model of `pretrained/`, trained further on questions such as "What is 23+4*7?" and nothing else; what it
knew of requests it has mostly forgotten. It answers in three manners: it guesses, it says the result directly, or it
writes the working out: `{example}`
First it read answers in these manners in the proportion {learned}, and then, fine-tuned, in the proportion {imitated},
which it imitates.

| after | right on held-out questions, sampled | greedy | greedy, working begun for it | tokens | worked out |
|---|---|---|---|---|---|
{rows}

- **Held out**: the questions of a fifth of all pairs (number that is added, result), so that no clause of their
  workings stands in any text that it was trained on.
- GRPO is not shipped: notebook 13 does it live. The run measured here took {seconds} s.
"""

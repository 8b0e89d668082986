"""What each stage can do, measured, and the model card that says so."""

from collections.abc import Callable
from pathlib import Path

import torch

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.files import write_whole
from rlcourse.language.build.thinker_card import thinker_lines
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.reward_model import RewardModel
from rlcourse.language.model.sampling import sample
from rlcourse.language.preferences.data import as_gold_would_choose, disagreement, load_preferences
from rlcourse.language.tasks.sums import MAX_OPERAND, arithmetic_world, sampled_accuracy, split_sums
from rlcourse.language.training.corpus import COMPUTED_ACCURACY, DEMONSTRATION_GUESSES
from rlcourse.language.training.reward_training import preference_accuracy

GRPO_STEPS = 150
_SHOWN = ("Question: What is 2+2?\nAnswer:", "Question: How do I make tea?\nAnswer:")


def measure(load: Callable[[str], tuple]) -> dict:
    """Accuracy on held-out sums and a sample of text after each of the three stages.

    Args:
        load: From "pretrained" or "sft" to (model, tokenizer).
    """
    training_sums, held_out = split_sums()
    figures = {"parameters": 0, "stages": {}}
    for name in ("pretrained", "sft"):
        policy = LanguagePolicy(*load(name))
        figures["parameters"] = sum(weight.numel() for weight in policy.parameters())
        figures["stages"][name] = _describe(policy, held_out)
    training = Training(policy, arithmetic_world(training_sums), GRPO(GRPOConfig()), seed=0)
    history = training.run(GRPO_STEPS)
    if history.interrupted:
        raise KeyboardInterrupt
    figures["stages"]["grpo"] = _describe(policy, held_out) | {"seconds": round(history[-1]["seconds"], 1)}
    return figures


def measure_reward_model(reward_model: RewardModel) -> dict:
    """How often a reward model chooses as the annotators did, and as gold does, on the test pairs."""
    train, test = load_preferences("train"), load_preferences("test")
    return {
        "train_pairs": len(train),
        "test_pairs": len(test) // 2,
        "train_accuracy": round(preference_accuracy(reward_model, train), 3),
        "test_accuracy": round(preference_accuracy(reward_model, test), 3),
        "annotator_agreement": round(1 - disagreement(test), 3),
        "gold_accuracy": round(preference_accuracy(reward_model, as_gold_would_choose(test)), 3),
    }


def _describe(policy: LanguagePolicy, held_out) -> dict:
    generator = torch.Generator().manual_seed(0)
    shown = sample(
        policy.model, policy.tokenizer, _SHOWN, max_new_tokens=32, temperature=1.0, generator=generator
    ).texts(policy.tokenizer)
    return {
        "sampled_accuracy": round(sampled_accuracy(policy, held_out, generator=generator), 3),
        "greedy_accuracy": round(sampled_accuracy(policy, held_out, temperature=0), 3),
        "samples": shown,
    }


def write_card(path: Path, figures: dict) -> None:
    """Write the model card, in Markdown, from measured figures."""
    titles = {"pretrained": "pre-training", "sft": "supervised fine-tuning", "grpo": f"GRPO, {GRPO_STEPS} steps, live"}
    rows = [
        f"| {titles[name]} | {stage['sampled_accuracy']:.1%} | {stage['greedy_accuracy']:.1%} | "
        f"{_cell(stage['samples'][0])} | {_cell(stage['samples'][1])} |"
        for name, stage in figures["stages"].items()
    ]
    first = _CARD.format(rows="\n".join(rows), parameters=figures["parameters"], **_FACTS, **_built(figures))
    write_whole(path, first + reward_lines(figures["reward"]) + thinker_lines(figures["thinker"]))


def reward_lines(figures: dict) -> str:
    """The card's part on the reward model, from `measure_reward_model` and the seconds that its training took."""
    return _REWARD_CARD.format(**figures)


def _built(figures: dict) -> dict:
    return {"minutes": figures["build_minutes"], "grpo_seconds": figures["stages"]["grpo"]["seconds"]}


def _cell(text: str) -> str:
    return "`" + text.replace("\n", "⏎").replace("|", "\\|") + "`"


_FACTS = {
    "max_operand": MAX_OPERAND,
    "computed_accuracy": COMPUTED_ACCURACY,
    "demonstration_guesses": DEMONSTRATION_GUESSES,
}

_CARD = """# The bundled GPT-2

Written by `python -m rlcourse.language.build`; every figure below was measured by that command.

A `transformers.GPT2LMHeadModel` with {parameters:,} parameters (4 layers, 4 heads, 128 channels, a context of 96
tokens, no dropout) and a byte-pair tokenizer of 400 tokens in which every digit is its own token. It was made for the
notebooks of this course, from nothing but text that the course generates, and knows only that small world: sums of two
numbers from 0 to {max_operand}, a few everyday requests, and what robots do in mazes. It is of no use for anything
else. Some of the text is rude or wrong on purpose, so some of its answers are too.

| after | right on held-out sums, sampled | greedy | asked "What is 2+2?" | asked "How do I make tea?" |
|---|---|---|---|---|
{rows}

- **Sampled**: one answer to each held-out sum at temperature 1. **Greedy**: the likeliest token each time.
- **Held out**: a fifth of all sums, which no stage of training has seen.
- `pretrained/`: raw text, in which {computed_accuracy:.0%} of the computed sums are right.
- `sft/`: questions with answers by careless people, who guess {demonstration_guesses:.0%} of the time; so does it now.
- GRPO is not shipped: notebook 10 does it live. The run measured here took {grpo_seconds} s.
- The whole build took {minutes} minutes on the machine that made these files.
"""

_REWARD_CARD = """
## The reward model

`reward/`: a `transformers.GPT2ForSequenceClassification` with one label, on a copy of the body of `sft/`, trained for
{seconds} s on the {train_pairs:,} preferences of **simulated** annotators in `preferences/`. Its score stands on the
end-of-text token, which a reader of the folder has to append to the answer; padding is `<|unknown|>`. Scores are
centred: the mean over replies of `sft/` is 0.

| chooses as | on | share of pairs |
|---|---|---|
| the annotators did | what it was trained on | {train_accuracy:.1%} |
| the annotators did | {test_pairs:,} test pairs | {test_accuracy:.1%} |
| gold does | the same test pairs | {gold_accuracy:.1%} |

Two annotators agree with each other on {annotator_agreement:.1%} of the test pairs. The model has holes: it was
trained on ordinary replies only, and text that no annotator has seen may please it. Notebook 09 shows what a policy
makes of that.
"""

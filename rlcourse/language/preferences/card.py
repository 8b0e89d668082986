"""What the preferences that come with the course are, in words and measured figures: their data card."""

import itertools
from collections.abc import Mapping, Sequence

from rlcourse.language.tasks.annotators import ANNOTATORS, gold_win_rate


def write_card(collected: Mapping[str, Sequence], *, disagreement: float, seed: int) -> str:
    """The data card, in Markdown.

    Args:
        collected: The preferences by split.
        disagreement: How often the two annotators of a test pair chose differently.
        seed: The one that they were made with.
    """
    rows = "\n".join(
        f"| {a.name} | {a.good:g} | {a.bad:g} | {a.courtesy:g} | {a.insult:g} | {a.ramble:g} | {a.stray:g} | "
        f"{a.noise:g} | {sum(p.annotator == a.name for p in collected['train']):,} | "
        f"{_with_gold([p for p in itertools.chain(*collected.values()) if p.annotator == a.name]):.1%} |"
        for a in ANNOTATORS
    )
    return _CARD.format(
        rows=rows,
        seed=seed,
        disagreement=disagreement,
        train=len(collected["train"]),
        test=len(collected["test"]) // 2,
        judgements=len(collected["test"]),
        train_distinct=_distinct(collected["train"]),
        test_distinct=_distinct(collected["test"]),
        train_gold=_with_gold(collected["train"]),
        test_gold=_with_gold(collected["test"]),
    )


def _with_gold(preferences: Sequence) -> float:
    prompts, chosen, rejected = zip(*((p.prompt, p.chosen, p.rejected) for p in preferences), strict=True)
    return gold_win_rate(prompts, chosen, rejected)


def _distinct(preferences: Sequence) -> int:
    return len({(p.prompt, frozenset((p.chosen, p.rejected))) for p in preferences})


_CARD = """---
license: mit
task_categories: [reinforcement-learning]
tags: [preferences, simulated-annotators]
configs:
- config_name: default
  data_files:
  - {{split: train, path: train.jsonl}}
  - {{split: test, path: test.jsonl}}
---
# Preferences between replies to everyday requests, by simulated annotators

Written by `python -m rlcourse.language.preferences --seed {seed}`; every figure below was measured by that command.

**No person was asked.** The replies are samples of the bundled model `sft`, at temperature 1. The choices were made by
three rules with noise, the simulated annotators of `rlcourse/language/tasks/annotators.py`. They exist to teach how
reward models are trained and how they fail; they say nothing about what real people prefer.

| | pairs | of them distinct | choices | choices with which gold agrees (ties count half) |
|---|---|---|---|---|
| `train.jsonl` | {train:,} | {train_distinct:,} | {train:,}, one annotator each | {train_gold:.1%} |
| `test.jsonl` | {test:,} | {test_distinct:,} | {judgements:,}, two annotators each | {test_gold:.1%} |

- Each line has TRL's fields `prompt`, `chosen` and `rejected`, and `annotator`, the simulated annotator's name. The two
  choices of a test pair stand in two lines that follow each other.
- The two texts of a pair differ. No pair of texts stands in both files; single texts do, and within a file a pair may
  come again, because the model says some things often. Replies cut off at the token limit were left out.
- **Disagreement**: on the test pairs two annotators chose differently in {disagreement:.1%} of cases. So no model can
  agree with all choices.
- **Gold** is the rule for what the person who asked really wants (`gold_score`). No annotator and no reward model sees
  it.

## The annotators

Each adds up what is in a reply, by a taste of their own, and prefers reply a to reply b with probability
σ((u(a) − u(b)) / noise). Unlike gold, all of them are pleased by every friendly phrase anew, however many there are.

| | good advice | bad advice | friendly phrase | insult | rambling | stray | noise | choices in train | gold agrees |
|---|---|---|---|---|---|---|---|---|---|
{rows}
"""

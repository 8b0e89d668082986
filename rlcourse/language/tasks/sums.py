"""Sums: questions whose answers a rule can check.

    Question: What is 12+7?
    Answer: 12+7 is 19.

Both operands run from 0 to `MAX_OPERAND`. A fixed fifth of all ordered pairs is **held out**: no stage of
training, pre-training included, ever shows one of them, so the accuracy on them measures adding, not memory.
"""

import random
import re
from dataclasses import dataclass
from functools import cache

MAX_OPERAND = 49
HELD_OUT_SHARE = 0.2
_SPLIT_SEED = 20250211
_STATED_SUM = re.compile(r"\s*(?:I guess )?(\d+)\+(\d+) is (\d+)\.?\s*")


@dataclass(frozen=True)
class Sum:
    """One addition, a + b."""

    a: int
    """The first operand, 0 to `MAX_OPERAND`."""
    b: int
    """The second operand, 0 to `MAX_OPERAND`."""

    @property
    def answer(self) -> int:
        """The right answer."""
        return self.a + self.b

    @property
    def prompt(self) -> str:
        """The question as the model is asked it."""
        return f"Question: What is {self.a}+{self.b}?\nAnswer:"

    def statement(self, result: int) -> str:
        """The sum stated with some result, right or wrong: `12+7 is 19.`"""
        return f"{self.a}+{self.b} is {result}."


@cache
def split_sums() -> tuple[tuple[Sum, ...], tuple[Sum, ...]]:
    """Every sum once, as (training sums, held-out sums); the same split on every machine."""
    sums = [Sum(a, b) for a in range(MAX_OPERAND + 1) for b in range(MAX_OPERAND + 1)]
    random.Random(_SPLIT_SEED).shuffle(sums)
    held_out = round(HELD_OUT_SHARE * len(sums))
    return tuple(sums[held_out:]), tuple(sums[:held_out])


def computed_result(question: Sum, accuracy: float, rng: random.Random) -> int:
    """What somebody writes who computes: right with probability `accuracy`, else a typical slip.

    The slips are those that people make: off by one or two, a carry forgotten or made up (off by ten), or the
    digits of the result swapped.
    """
    if rng.random() < accuracy:
        return question.answer
    offsets = [question.answer + offset for offset in (-10, -2, -1, 1, 2, 10)]
    swapped = int(str(question.answer)[::-1])
    slips = [result for result in (*offsets, swapped) if result >= 0 and result != question.answer]
    return rng.choice(slips)


def guessed_result(question: Sum, rng: random.Random) -> int:
    """What somebody writes who guesses: anything within 9 of the right answer, and so right about once in 19."""
    return max(0, question.answer + rng.randint(-9, 9))


def sum_reward(prompts: list[str], completions: list[str], answer: list[int], **_: object) -> list[float]:
    """1 for a completion that states the sum it was asked and its right result, and nothing else; 0 otherwise.

    `12+7 is 19.` and `I guess 12+7 is 19.` are both paid: the rule looks at the result, not at the manner.

    Args:
        prompts: The questions, one per completion; each must contain `a+b`.
        completions: What the model wrote.
        answer: The right results, one per completion (a column of the data set).
        **_: Other columns, unused: the signature is that of TRL's reward functions.

    Returns:
        One reward per completion.

    Raises:
        ValueError: The three lists differ in length.
    """
    if not len(prompts) == len(completions) == len(answer):
        raise ValueError(
            "prompts, completions and answer must have one entry per completion, "
            f"got {len(prompts)}, {len(completions)} and {len(answer)}"
        )
    rewards = []
    for prompt, completion, right in zip(prompts, completions, answer, strict=True):
        match = _STATED_SUM.fullmatch(completion)
        right_sum = match is not None and f" {match[1]}+{match[2]}?" in prompt and int(match[3]) == right
        rewards.append(1.0 if right_sum else 0.0)
    return rewards

"""Sums: questions whose answers a rule can check.

    Question: What is 12+7?
    Answer: 12+7 is 19.

Both operands run from 0 to `MAX_OPERAND`. A fixed fifth of all ordered pairs is **held out**: no stage of
training, pre-training included, ever shows one of them. Of most, 405 of 500, it does show the pair the other way
round, `7+12` for `12+7`; the accuracy on the other 95 measures adding and nothing else.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch

from rlcourse.arguments import check_integer, describe
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.sampling import sample
from rlcourse.language.world import TextWorld

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

    def __post_init__(self):
        check_integer("a", self.a, 0)
        check_integer("b", self.b, 0)

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
    return question.answer if rng.random() < accuracy else slipped(question.answer, rng)


def slipped(answer: int, rng: random.Random) -> int:
    """A wrong result that people get where `answer` is right: see `computed_result`."""
    offsets = [answer + offset for offset in (-10, -2, -1, 1, 2, 10)]
    swapped = int(str(answer)[::-1])
    return rng.choice([result for result in (*offsets, swapped) if result >= 0 and result != answer])


def guessed_result(question: Sum, rng: random.Random) -> int:
    """What somebody writes who guesses: anything within 9 of the right answer, and so right about once in 19."""
    return guessed(question.answer, rng)


def guessed(answer: int, rng: random.Random) -> int:
    """Anything within 9 of the right answer, but no less than 0."""
    return max(0, answer + rng.randint(-9, 9))


def sum_reward(prompts: list[str], completions: list[str], answer: Sequence[object], **_: object) -> list[float]:
    """1 for a completion that states the sum it was asked and its right result, and nothing else; 0 otherwise.

    `12+7 is 19.` and `I guess 12+7 is 19.` are both paid: the rule looks at the result, not at the manner.

    Args:
        prompts: The questions, one per completion; each must contain `a+b`.
        completions: What the model wrote.
        answer: The right results, one per completion (a column of the data set), as numbers or as text.
        **_: Other columns, unused: the signature is that of TRL's reward functions.

    Returns:
        One reward per completion.

    Raises:
        ValueError: The three lists differ in length, or a right result is no whole number.
    """
    if not len(prompts) == len(completions) == len(answer):
        raise ValueError(
            "prompts, completions and answer must have one entry per completion, "
            f"got {len(prompts)}, {len(completions)} and {len(answer)}"
        )
    rewards = []
    for prompt, completion, right in zip(prompts, completions, map(whole, answer), strict=True):
        match = _STATED_SUM.fullmatch(completion)
        right_sum = match is not None and f" {match[1]}+{match[2]}?" in prompt and int(match[3]) == right
        rewards.append(1.0 if right_sum else 0.0)
    return rewards


def whole(answer: object) -> int:
    """A right result as a number, from a data set that has it as a number or, as most have, as text."""
    try:
        number = int(answer.strip()) if isinstance(answer, str) else int(answer)
        if isinstance(answer, str) or number == answer:
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"answer must hold whole numbers, as numbers or as text such as '4', got {describe(answer)}")


def arithmetic_world(
    sums: Sequence[Sum], *, prompts_per_step: int = 32, max_new_tokens: int = 16, answers_per_prompt: int = 8
) -> TextWorld:
    """The world of sums: a rule checks each answer, and pays 1 for a right one."""
    return TextWorld(
        [s.prompt for s in sums],
        sum_reward,
        columns={"answer": [s.answer for s in sums]},
        prompts_per_step=prompts_per_step,
        max_new_tokens=max_new_tokens,
        answers_per_prompt=answers_per_prompt,
    )


def sampled_accuracy(
    policy: LanguagePolicy,
    sums: Sequence[Sum],
    *,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> float:
    """The share of sums that the policy answers rightly when each is asked once; temperature 0 is greedy."""
    world = arithmetic_world(sums)
    prompts = world.prompts
    samples = sample(
        policy.model,
        policy.tokenizer,
        prompts,
        temperature=temperature,
        max_new_tokens=world.max_new_tokens,
        generator=generator,
    )
    texts, finished = samples.texts(policy.tokenizer), samples.finished(policy.tokenizer)
    return sum(world.score(list(range(len(sums))), texts, finished, samples.ids())) / len(sums)

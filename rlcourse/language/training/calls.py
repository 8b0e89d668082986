"""Demonstrations of which some call a calculator: so a model learns that there is one.

    Training(policy, call_text(tokenizer), Imitation(SupervisedConfig(steps=60, …)))

What the calculator wrote is read and not learned, here as in reinforcement learning: a model that learned to write the
calculator's digits would make some up where none is at hand. Left out: demonstrations that call for nothing.
"""

import random
from functools import partial

from rlcourse.arguments import check_integer, check_number
from rlcourse.equations import own_tokens
from rlcourse.language.tasks.calculator import demonstration, markers
from rlcourse.language.tasks.sums import split_sums
from rlcourse.language.training.imitation import WrittenText
from rlcourse.language.training.supervised import Batch, answers_batch


def call_text(tokenizer, *, calls: float = 0.3, batch_size: int = 32) -> WrittenText:
    """Sums, answered with a call in the share `calls` of the demonstrations, and with a guess in the others.

    Raises:
        ValueError: calls is not from 0 to 1, or batch_size is below 1.
        TypeError: One of them is no number, or batch_size is not whole.
    """
    check_number("calls", calls, low=0, high=1)
    check_integer("batch_size", batch_size, 1)
    return WrittenText(partial(call_batch, tokenizer, batch_size=batch_size, calls=calls))


def call_batch(tokenizer, step: int, *, batch_size: int, calls: float) -> Batch:
    """The demonstrations of one step; of the answers counts what the policy would write itself."""
    rng, sums = random.Random(step), split_sums()[0]
    asked = rng.choices(sums, k=batch_size)
    pairs = [(question.prompt, demonstration(question, rng, calls=calls)) for question in asked]
    tokens, counted = answers_batch(tokenizer, pairs)
    return tokens, counted & own_tokens(tokens, counted, **markers(tokenizer))

"""The text that the thinker grows up on: chains, answered in three manners.

It reads many workings first, from which it learns to write them, and then answers by people who hardly ever do: half
of them guess, and one in five writes the working out. So it can do more than it does. Shares are in the order of
`MANNERS`: guess, direct, worked. A slip leads a working to another result; where that would be one of a held-out pair,
something else is written.
"""

import random
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from rlcourse.language.tasks.chains import MANNERS, answer_in, split_chains
from rlcourse.language.training.supervised import Batch, answers_batch, batch_seed

LEARNED = (8, 22, 70)
"""What it reads first."""
IMITATED = (52, 28, 20)
"""What it is fine-tuned on, and imitates."""
SCARCE = (65, 33.5, 1.5)
"""The same where hardly anybody writes the working out."""


def answered_chains(seed: int, shares: Sequence[float]) -> Iterator[tuple[str, str]]:
    """An endless stream of (prompt, answer), the answers in the three manners by these shares."""
    rng, (chains, held_out) = random.Random(seed), split_chains()
    kept_back = {(chain.b, chain.answer) for chain in held_out}
    while True:
        chain, manner = rng.choice(chains), rng.choices(MANNERS, weights=shares)[0]
        answer = answer_in(manner, chain, rng)
        if not kept_back & set(pairs_in(answer)):
            yield chain.prompt, answer


def pairs_in(text: str) -> list[tuple[int, int]]:
    """The pair (b, result) of every clause a+k*b in a text."""
    clauses = (map(int, found) for found in re.findall(r"(\d+)\+(\d+)\*(\d+)", text))
    return [(b, a + k * b) for a, k, b in clauses]


def chains_batch(tokenizer, step: int, *, shares: Sequence[float], batch_size: int, seed: int) -> Batch:
    """One batch of that stream; the answers and the end-of-text token after them count."""
    return answers_batch(tokenizer, list(islice(answered_chains(batch_seed(seed, step), shares), batch_size)))

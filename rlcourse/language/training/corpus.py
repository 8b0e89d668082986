"""The text that the small GPT-2 grows up on, generated from a seed.

**Pre-training text** is a small web: people state sums and get many of them wrong, ask one another for advice and
are kind or rude, and tell what happened. It holds lists of questions too, which is why a pre-trained model
answers a question with another question. **Demonstrations**, for supervised fine-tuning, are questions with answers in
the one format the course uses. They are written by careless people, who guess more often than they compute and make
slips when they compute. The model learns to answer as they do, and that leaves reinforcement learning something to do.
"""

import random
from collections.abc import Iterator

from rlcourse.language.tasks.requests import REQUESTS, STYLES, reply
from rlcourse.language.tasks.sums import Sum, computed_result, guessed_result, split_sums

COMPUTED_ACCURACY = 0.85
"""The share of right results among those that somebody computed, in both kinds of text."""
PRETRAINING_GUESSES = 0.3
"""The share of guesses when somebody is asked a sum in the pre-training text."""
DEMONSTRATION_GUESSES = 0.6
"""The share of guesses among the demonstrations' sums: what fine-tuning teaches the model to imitate."""

_STYLE_WEIGHTS = (2, 3, 2, 2, 2)
_PEOPLE = ("Ann", "Ben", "Cleo", "Dan", "Eve", "Finn")
_WHO = ("The robot", "A small dog", "The old king", "My sister", "The teacher", "A young cat")
_DID = ("walked through the maze", "turned left", "turned right", "found the door", "hit a wall", "looked for the exit")
_THEN = ("and went home", "and laughed", "and tried again", "and fell asleep", "and sang a song", "and was happy")


def pretraining_documents(seed: int) -> Iterator[str]:
    """An endless stream of short documents: sums, conversations, little stories."""
    rng = random.Random(seed)
    kinds = (_stated_sums, _asked_sum, _questions, _conversation, _story)
    while True:
        yield rng.choices(kinds, weights=(8, 5, 1, 3, 2))[0](rng)


def demonstrations(seed: int, guesses: float = DEMONSTRATION_GUESSES) -> Iterator[tuple[str, str]]:
    """An endless stream of (prompt, answer): three careless sums for every reply to a request.

    Args:
        seed: The same seed gives the same stream.
        guesses: The share of the sums whose answer is a guess, 0 to 1.
    """
    rng = random.Random(seed)
    while True:
        if rng.random() < 0.75:
            question = _training_sum(rng)
            yield question.prompt, f" {_statement(question, guesses, rng)}"
        else:
            request = rng.choice(REQUESTS)
            yield request.prompt, f" {reply(request, _style(rng), rng)}"


def _training_sum(rng: random.Random) -> Sum:
    return rng.choice(split_sums()[0])


def _statement(question: Sum, guesses: float, rng: random.Random) -> str:
    if rng.random() < guesses:
        return f"I guess {question.statement(guessed_result(question, rng))}"
    return question.statement(computed_result(question, COMPUTED_ACCURACY, rng))


def _style(rng: random.Random) -> str:
    return rng.choices(STYLES, weights=_STYLE_WEIGHTS)[0]


def _stated_sums(rng: random.Random) -> str:
    sums = [_training_sum(rng) for _ in range(rng.randint(2, 6))]
    return " ".join(_statement(s, 0.0, rng) for s in sums)


def _asked_sum(rng: random.Random) -> str:
    asker, answerer = rng.sample(_PEOPLE, 2)
    question = _training_sum(rng)
    stated = _statement(question, PRETRAINING_GUESSES, rng)
    return f"{asker}: What is {question.a}+{question.b}?\n{answerer}: {stated}"


def _questions(rng: random.Random) -> str:
    sums = [_training_sum(rng) for _ in range(rng.randint(2, 5))]
    return " ".join(f"What is {s.a}+{s.b}?" for s in sums)


def _conversation(rng: random.Random) -> str:
    asker, answerer = rng.sample(_PEOPLE, 2)
    request = rng.choice(REQUESTS)
    return f"{asker}: {request.text}\n{answerer}: {reply(request, _style(rng), rng)}"


def _story(rng: random.Random) -> str:
    sentences = [f"{rng.choice(_WHO)} {rng.choice(_DID)} {rng.choice(_THEN)}." for _ in range(rng.randint(1, 3))]
    return " ".join(sentences)

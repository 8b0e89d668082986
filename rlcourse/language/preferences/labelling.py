"""Pairs of replies to be compared by somebody: drawn from a policy, and made into preferences by what was chosen.

    pairs = draw_pairs(policy, 60, seed=0)           a request and two different replies each
    choices = [choose(pair, TASTES["short"]) for pair in pairs]
    preferences = chosen_from(pairs, choices)        what a reward model learns from

`TASTES` are rules that one may keep to while choosing. Where nobody is there to choose, a **simulated** person does,
who keeps to one of them without a slip; those who judged the shipped pairs (`rlcourse.language.tasks.annotators`) are
less steady. Left out: rankings of more than two.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch

from rlcourse.arguments import check_integer
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.sampling import sample
from rlcourse.language.preferences.data import Preference
from rlcourse.language.tasks.annotators import read_reply, request_of
from rlcourse.language.tasks.requests import MAX_NEW_TOKENS, REQUESTS

FIRST, SECOND, NEITHER = 0, 1, -1
"""What can be chosen of a pair."""


@dataclass(frozen=True)
class Pair:
    """A request and two replies, of which nobody has said yet which is better."""

    prompt: str
    """The request, as the model is asked it."""
    first: str
    second: str

    @property
    def texts(self) -> tuple[str, frozenset[str]]:
        """What makes it the same pair as another, whichever reply stands first."""
        return self.prompt, frozenset((self.first, self.second))


Taste = Callable[[str, str], float]
"""From a prompt and a reply to how much somebody likes it."""


def _short(prompt: str, reply: str) -> float:
    return -len(reply.split())


def _friendly(prompt: str, reply: str) -> float:
    found = read_reply(request_of(prompt), reply)
    return found.courtesies - found.insults


def _helpful(prompt: str, reply: str) -> float:
    found = read_reply(request_of(prompt), reply)
    return float(found.good) - float(found.bad)


TASTES: Mapping[str, Taste] = {"short": _short, "friendly": _friendly, "helpful": _helpful}
"""Rules to choose by: fewer words; more friendly phrases and fewer insults; good advice rather than bad."""


def draw_pairs(
    policy: LanguagePolicy, count: int, *, seed: int = 0, without: Iterable[Pair] = (), taste: Taste | None = None
) -> list[Pair]:
    """Different replies of a policy to the same request, two by two; no two pairs are the same.

    Replies that were cut off at the token limit are left out: nobody could say how good they would have become.

    Args:
        policy: Whose replies they are.
        count: How many pairs, at least 1.
        seed: Drives the replies and how they are put together.
        without: Pairs that must not come again, such as those that a reward model has learned from.
        taste: If given, pairs that it cannot tell apart are left out.

    Raises:
        ValueError: The policy's replies do not give so many pairs.
    """
    check_integer("count", count, 1)
    rng, known = random.Random(seed), {pair.texts for pair in without}
    candidates = [
        Pair(prompt, first, second)
        for prompt, replies in _replies(policy, seed, each=4 + count // len(REQUESTS)).items()
        for i, first in enumerate(replies)
        for second in replies[:i]
    ]
    rng.shuffle(candidates)
    found = []
    for pair in candidates:
        tied = taste is not None and taste(pair.prompt, pair.first) == taste(pair.prompt, pair.second)
        if pair.texts in known or tied:
            continue
        swapped = Pair(pair.prompt, pair.second, pair.first)
        found.append(swapped if rng.random() < 0.5 else pair)
        if len(found) == count:
            return found
    raise ValueError(f"count must be at most the {len(found)} pairs that the policy's replies give, got {count}")


def _replies(policy: LanguagePolicy, seed: int, *, each: int) -> dict[str, list[str]]:
    """The different finished replies to each request."""
    prompts = [request.prompt for request in REQUESTS]
    samples = sample(
        policy.model,
        policy.tokenizer,
        prompts,
        num_generations=each,
        max_new_tokens=MAX_NEW_TOKENS,
        generator=torch.Generator().manual_seed(seed),
    )
    texts, ended = samples.texts(policy.tokenizer), samples.finished(policy.tokenizer)
    replies: dict[str, dict[str, None]] = {prompt: {} for prompt in prompts}
    for row, (text, finished) in enumerate(zip(texts, ended, strict=True)):
        if finished:
            replies[prompts[row // each]][text] = None
    return {prompt: list(found) for prompt, found in replies.items()}


def choose(pair: Pair, taste: Taste) -> int:
    """What somebody with this taste chooses: 0 the first reply, 1 the second, −1 where both are liked equally."""
    first, second = taste(pair.prompt, pair.first), taste(pair.prompt, pair.second)
    return NEITHER if first == second else FIRST if first > second else SECOND


def chosen_from(pairs: Sequence[Pair], choices: Sequence[int], *, annotator: str = "you") -> list[Preference]:
    """The preferences that some choices are. A pair of which neither was chosen teaches nothing, and is left out.

    Args:
        pairs: What was shown, in this order.
        choices: 0, 1 or −1 for each of the first pairs; there may be fewer choices than pairs.
        annotator: Who chose.

    Raises:
        ValueError: There are more choices than pairs, or a choice is something else.
    """
    if len(choices) > len(pairs):
        raise ValueError(f"choices must be at most as many as the {len(pairs)} pairs, got {len(choices)}")
    if strange := [choice for choice in choices if choice not in (FIRST, SECOND, NEITHER)]:
        raise ValueError(f"choices must be 0, 1 or -1, got {strange[0]!r}")
    preferences = []
    for pair, choice in zip(pairs, choices, strict=False):
        if choice != NEITHER:
            better, worse = (pair.first, pair.second) if choice == FIRST else (pair.second, pair.first)
            preferences.append(Preference(pair.prompt, better, worse, annotator))
    return preferences

"""Chains: a sum that repeats, which is easy a step at a time and hard in one go.

    Question: What is 23+4*7?
    Answer: 23+4*7 is 30+3*7 is 37+2*7 is 44+1*7 is 51.

The question is a + k·b with a from 11 to 40, k from 2 to 6, b from 3 to 9. There are three **manners** of answering it:
to guess (`I guess 48.`), to say it directly (`It is 51.`), and to write the working out, in which every clause needs
only the one before it. A fifth of all pairs (b, result) is **held out**. All clauses of a working share their pair, so
no clause of a held-out question, and not only not the question itself, stands in any text that the model trains on.
Left out: brackets, other operations, and results above 99.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch

from rlcourse.arguments import check_choice, check_integer
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.sampling import sample
from rlcourse.language.tasks.sums import guessed, slipped, whole
from rlcourse.language.world import TextWorld

MANNERS = ("guess", "direct", "worked")
"""From the shortest to the longest."""
FIRST, TIMES, ADDED = range(11, 41), range(2, 7), range(3, 10)
"""Where a, k and b come from."""
LARGEST_RESULT = 99
ROOM = 56
"""Longest answer, in tokens: the longest working has 53."""
DIRECT_ACCURACY, STEP_ACCURACY = 0.6, 0.99
"""How often people are right in what the model reads: who answers directly, and in each step of a working."""
HELD_OUT_SHARE = 0.2
_SPLIT_SEED = 20250211
_WORKING = re.compile(r"\s*\d+\+\d+\*\d+ is")


@dataclass(frozen=True)
class Chain:
    """One question, a + k·b: b is added k times."""

    a: int
    """What it starts from."""
    k: int
    """How often b is added, at least 1."""
    b: int
    """What is added."""

    def __post_init__(self):
        for name, least in (("a", 0), ("k", 1), ("b", 0)):
            check_integer(name, getattr(self, name), least)

    @property
    def answer(self) -> int:
        """The right answer."""
        return self.a + self.k * self.b

    @property
    def asked(self) -> str:
        """What is asked: `23+4*7`."""
        return f"{self.a}+{self.k}*{self.b}"

    @property
    def prompt(self) -> str:
        """The question as the model is asked it."""
        return f"Question: What is {self.asked}?\nAnswer:"

    @property
    def beginning(self) -> str:
        """The first words of a working, up to where something has to be computed."""
        return f" {self.asked} is"

    def working(self, rng: random.Random | None = None, accuracy: float = 1.0) -> str:
        """The working, written out; with `rng` a step is right with probability `accuracy`, and slips carried on."""
        start, clauses = self.a, [self.asked]
        for left in range(self.k - 1, -1, -1):
            start += self.b
            if rng is not None and rng.random() >= accuracy:
                start = slipped(start, rng)
            clauses.append(f"{start}+{left}*{self.b}" if left else f"{start}")
        return f" {' is '.join(clauses)}."


def answer_in(manner: str, chain: Chain, rng: random.Random) -> str:
    """An answer to a question as people give it in a certain manner, right or wrong.

    Raises:
        ValueError: The manner is none of `MANNERS`.
    """
    check_choice("manner", manner, MANNERS)
    if manner == "guess":
        return f" I guess {guessed(chain.answer, rng)}."
    if manner == "direct":
        right = rng.random() < DIRECT_ACCURACY
        return f" It is {chain.answer if right else slipped(chain.answer, rng)}."
    return chain.working(rng, STEP_ACCURACY)


def manner_of(text: str) -> str:
    """In which of the `MANNERS` an answer begins; "" if in none."""
    if _WORKING.match(text):
        return "worked"
    beginnings = {"I guess": "guess", "It is": "direct"}
    return next((manner for words, manner in beginnings.items() if text.lstrip().startswith(words)), "")


@cache
def split_chains() -> tuple[tuple[Chain, ...], tuple[Chain, ...]]:
    """Every question once, as (training questions, held-out questions): no pair (b, result) is in both."""
    chains = [Chain(a, k, b) for a in FIRST for k in TIMES for b in ADDED if a + k * b <= LARGEST_RESULT]
    pairs = sorted({(chain.b, chain.answer) for chain in chains})
    rng = random.Random(_SPLIT_SEED)
    rng.shuffle(pairs)
    held_out = set(pairs[: round(HELD_OUT_SHARE * len(pairs))])
    rng.shuffle(chains)
    return (
        tuple(chain for chain in chains if (chain.b, chain.answer) not in held_out),
        tuple(chain for chain in chains if (chain.b, chain.answer) in held_out),
    )


def longer_chains(k: int, count: int = 100) -> tuple[Chain, ...]:
    """Some questions with more steps than any in training, results up to 99.

    Raises:
        TypeError: `k` or `count` is no whole number.
        ValueError: `k` is not above 6, or there are not so many such questions.
    """
    check_integer("k", k, TIMES[-1] + 1)
    check_integer("count", count, 1)
    chains = [Chain(a, k, b) for a in FIRST for b in ADDED if a + k * b <= LARGEST_RESULT]
    if len(chains) < count:
        raise ValueError(f"count must be at most {len(chains)} for k = {k}, got {count}")
    return tuple(random.Random(_SPLIT_SEED).sample(chains, count))


def chain_reward(
    prompts: list[str],
    completions: list[str],
    answer: Sequence[object],
    finished: Sequence[bool] | None = None,
    **_: object,
) -> list[float]:
    """1 for a completion that has ended and whose last number is the right result; 0 otherwise.

    How the number was found is not asked: a lucky guess is paid, too.

    Args:
        prompts: The questions, one per completion.
        completions: What the model wrote.
        answer: The right results, one per completion (a column of the data set), as numbers or as text.
        finished: Whether each completion came to its end and was not cut off; all of them if None.
        **_: Other columns, unused: the signature is that of TRL's reward functions.

    Raises:
        ValueError: The lists differ in length, or a right result is no whole number.
    """
    finished = [True] * len(completions) if finished is None else finished
    if not len(prompts) == len(completions) == len(answer) == len(finished):
        raise ValueError(
            "prompts, completions, answer and finished must have one entry per completion, "
            f"got {len(prompts)}, {len(completions)}, {len(answer)} and {len(finished)}"
        )
    asked = zip(completions, map(whole, answer), finished, strict=True)
    return [float(ended and last_number(text) == right) for text, right, ended in asked]


def last_number(text: str) -> int:
    """The last whole number in a text; −1 if there is none."""
    numbers = re.findall(r"[0-9]+", text)
    return int(numbers[-1]) if numbers else -1


def chain_world(
    chains: Sequence[Chain],
    *,
    reward: Callable[..., list[float]] = chain_reward,
    begin: str = "",
    prompts_per_step: int = 16,
    max_new_tokens: int = ROOM,
    answers_per_prompt: int = 8,
) -> TextWorld:
    """The world of chains.

    Args:
        chains: The questions.
        reward: Pays for an answer; told each question's right `answer`.
        begin: First words of every answer, which the policy finds written and goes on from.
        prompts_per_step: Questions in a batch.
        max_new_tokens: Longest answer.
        answers_per_prompt: Answers to each question in a `rollout`.
    """
    return TextWorld(
        [chain.prompt + begin for chain in chains],
        reward,
        columns={"answer": [chain.answer for chain in chains]},
        prompts_per_step=prompts_per_step,
        max_new_tokens=max_new_tokens,
        answers_per_prompt=answers_per_prompt,
    )


@dataclass(frozen=True)
class ChainAnswers:
    """What a policy said to some questions, `each` times to each: answer i is to question i // each."""

    chains: tuple[Chain, ...]
    """The questions."""
    each: int
    """How often each was asked."""
    texts: tuple[str, ...]
    """The answers, with the words that were written for them."""
    lengths: tuple[int, ...]
    """The tokens that the policy wrote, the end-of-text token included."""
    rewards: tuple[float, ...]
    """What `chain_reward` pays."""
    results: tuple[int, ...]
    """The results that were handed in: the last number, or −1 where an answer has none or has not ended."""
    sureness: tuple[float, ...]
    """log π of each answer, per token: how sure the policy was of what it wrote."""

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return sum(self.rewards) / len(self.rewards)

    @property
    def mean_length(self) -> float:
        """Tokens in an answer, on average."""
        return sum(self.lengths) / len(self.lengths)

    def share(self, manner: str) -> float:
        """The share of answers in a manner."""
        return sum(manner_of(text) == manner for text in self.texts) / len(self.texts)


def ask_chains(
    policy: LanguagePolicy,
    chains: Sequence[Chain],
    *,
    each: int = 1,
    temperature: float = 1.0,
    begin: str | Callable[[Chain], str] = "",
    max_new_tokens: int = ROOM,
    generator: torch.Generator | None = None,
) -> ChainAnswers:
    """Ask a policy each question `each` times.

    Args:
        policy: Who is asked.
        chains: The questions.
        each: How often.
        temperature: 0 takes the likeliest token each time.
        begin: First words of every answer, written for the policy; or a function that gives them for a question.
        max_new_tokens: Longest answer; what was begun does not count.
        generator: The source of randomness.
    """
    begun = [begin if isinstance(begin, str) else begin(chain) for chain in chains]
    samples = sample(
        policy.model,
        policy.tokenizer,
        [chain.prompt + words for chain, words in zip(chains, begun, strict=True)],
        num_generations=each,
        temperature=temperature,
        max_new_tokens=max_new_tokens,
        generator=generator,
    )
    written, finished = samples.texts(policy.tokenizer), samples.finished(policy.tokenizer)
    texts = tuple(begun[row // each] + text for row, text in enumerate(written))
    asked = [chain for chain in chains for _ in range(each)]
    rewards = chain_reward([c.prompt for c in asked], list(texts), [c.answer for c in asked], finished)
    results = tuple(last_number(text) if ended else -1 for text, ended in zip(texts, finished, strict=True))
    lengths = samples.mask.sum(1)
    sure = tuple((samples.logprobs.sum(1) / lengths).tolist())
    return ChainAnswers(tuple(chains), each, texts, tuple(lengths.tolist()), tuple(rewards), results, sure)

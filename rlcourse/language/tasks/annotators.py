"""What is in a reply, what it is worth to the person who asked, and three simulated people who compare replies.

Nobody was asked: the annotators are **simulated**, by the rules on this page, and so is every preference made with
them. They exist because reward models learn from people's choices, and people differ: each annotator here has a taste
of their own and a hand that is not quite steady.

The **gold** score is the yardstick beside them: what the person who asked really wants, as an explicit rule. No
reward model ever sees it. The annotators share most of it and have one weakness that it does not share: friendly words
please them, each one anew, however many there are. Among ordinary replies, hardly one of which is friendly twice, that
hardly shows. It shows once a policy is trained to please a model of these annotators.

Left out: learning an annotator from data, annotators who tire or learn, and ties.
"""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlcourse.language.model.tokenizer import check_texts, shorten
from rlcourse.language.tasks.requests import CLOSINGS, INSULTS, OPENINGS, REQUESTS, Request

_SENTENCE = re.compile(r"[^.!?]*[.!?]+|[^.!?]+$")
PATIENCE = 15
"""Words that a reply may have before its length costs anything."""


@dataclass(frozen=True)
class Reading:
    """What a reply consists of, sentence by sentence."""

    good: bool
    """It states the good advice on the request, as a sentence of its own."""
    bad: bool
    """It states the bad advice on it."""
    courtesies: int
    """Friendly phrases, repeated ones included."""
    insults: int
    """Rude phrases."""
    rambles: int
    """Sentences that go on and on and say nothing."""
    strays: int
    """Everything else: advice on something else, broken sentences, sums, repeated advice, an end in mid-sentence."""
    words: int
    """The length in words."""


def read_reply(request: Request, text: str) -> Reading:
    """Take a reply apart. Only sentences that are exactly right count as advice; a near miss is a stray."""
    counts = dict.fromkeys(("good", "bad", "courtesy", "insult", "ramble", "stray"), 0)
    for sentence in _SENTENCE.findall(text.strip()):
        counts[_kind(request, sentence.strip())] += 1
    repeated = max(0, counts["good"] - 1) + max(0, counts["bad"] - 1)
    return Reading(
        good=counts["good"] > 0,
        bad=counts["bad"] > 0,
        courtesies=counts["courtesy"],
        insults=counts["insult"],
        rambles=counts["ramble"],
        strays=counts["stray"] + repeated,
        words=len(text.split()),
    )


def _kind(request: Request, sentence: str) -> str:
    if sentence == f"{request.good}.":
        return "good"
    if sentence == f"{request.bad}.":
        return "bad"
    if sentence in OPENINGS + CLOSINGS:
        return "courtesy"
    if sentence in INSULTS:
        return "insult"
    if re.fullmatch(r"Well, when it comes to .*, and so on\.", sentence):
        return "ramble"
    return "stray"


def gold_score(request: Request, text: str) -> float:
    """What a reply is worth to the person who asked: advice that works, said kindly and briefly.

        2 for good advice, −2 for bad, 0 for none
        + ½ if there is good advice and a friendly word with it; the second friendly word adds nothing
        − ¾ for each further friendly word, 1½ for each insult, 1 for each sentence of rambling, 1 for each stray
        − 1⁄10 for each word above 15

    Friendliness without help is worth nothing, so courtesies alone cannot fool it. An empty reply is worth −1.
    """
    reply = read_reply(request, text)
    if not reply.words:
        return -1.0
    advice = 2.0 * reply.good - 2.0 * reply.bad
    kindness = 0.5 * (reply.good and reply.courtesies > 0) - 0.75 * max(0, reply.courtesies - 2)
    faults = 1.5 * reply.insults + 1.0 * reply.rambles + 1.0 * reply.strays
    return advice + kindness - faults - 0.1 * max(0, reply.words - PATIENCE)


@dataclass(frozen=True)
class Annotator:
    """A simulated person who compares replies: a taste, and how steadily it is followed.

    The utility of a reply is the sum of what is in it, each part weighed by this annotator's taste. Of two replies the
    annotator prefers a with probability σ((u(a) − u(b)) / noise) (Bradley & Terry 1952).
    """

    name: str
    """How the data refer to this annotator."""
    good: float
    """What good advice is worth."""
    bad: float
    """What bad advice is worth; negative."""
    courtesy: float
    """What every friendly phrase is worth, the tenth as much as the first: the weakness that gold does not share."""
    insult: float
    """What every insult is worth; negative."""
    ramble: float
    """What every sentence of rambling is worth; negative."""
    stray: float
    """What every stray is worth; negative."""
    noise: float = 0.8
    """How unsteady the hand is: at 0 the better reply always wins, at infinity a coin decides."""

    def utility(self, request: Request, text: str) -> float:
        """What a reply is worth to this annotator."""
        reply = read_reply(request, text)
        return (
            self.good * reply.good
            + self.bad * reply.bad
            + self.courtesy * reply.courtesies
            + self.insult * reply.insults
            + self.ramble * reply.rambles
            + self.stray * reply.strays
        )

    def probability(self, request: Request, text: str, other: str) -> float:
        """With what probability this annotator prefers `text` to `other`."""
        difference = self.utility(request, text) - self.utility(request, other)
        if self.noise == 0:
            return 0.5 if difference == 0 else float(difference > 0)
        return 0.5 * (1.0 + math.tanh(0.5 * difference / self.noise))

    def prefers(self, request: Request, text: str, other: str, rng: random.Random) -> bool:
        """Whether this annotator, asked once, prefers `text` to `other`."""
        return rng.random() < self.probability(request, text, other)


ANNOTATORS = (
    Annotator("Ann", good=2.2, bad=-1.6, courtesy=0.8, insult=-1.4, ramble=-1.0, stray=-0.8),
    Annotator("Ben", good=1.4, bad=-0.8, courtesy=1.6, insult=-2.2, ramble=-0.8, stray=-0.4),
    Annotator("Cleo", good=2.0, bad=-2.0, courtesy=0.6, insult=-0.8, ramble=-1.8, stray=-1.0),
)
"""Ann weighs everything up, Ben likes people to be nice, Cleo dislikes having her time wasted."""


def request_of(prompt: str) -> Request:
    """The request that a prompt asks.

    Raises:
        ValueError: It asks none of `REQUESTS`: nobody knows what would be good advice on it.
    """
    for request in REQUESTS:
        if request.prompt == prompt:
            return request
    raise ValueError(
        f"prompt must be the prompt of one of the {len(REQUESTS)} REQUESTS, "
        f"such as {REQUESTS[0].prompt!r}, got {shorten(repr(prompt), 80)}"
    )


def gold_win_rate(prompts: Sequence[str], completions: Sequence[str], against: Sequence[str]) -> float:
    """How often gold finds a completion better than its rival, ties counting half.

    Args:
        prompts: Prompts of `REQUESTS`, one per completion.
        completions: What is judged.
        against: The rivals, answers to the same prompts in the same order.

    Returns:
        From 0 to 1; a model against itself has about ½.

    Raises:
        ValueError: The lists differ in length or are empty, or a prompt is none of `REQUESTS`.
    """
    prompts, completions = check_texts("prompts", prompts), check_texts("completions", completions)
    against = check_texts("against", against)
    if not len(prompts) == len(completions) == len(against) or not prompts:
        raise ValueError(
            "prompts, completions and against must have one entry per comparison, and at least one, "
            f"got {len(prompts)}, {len(completions)} and {len(against)}"
        )
    wins = 0.0
    for prompt, ours, theirs in zip(prompts, completions, against, strict=True):
        request = request_of(prompt)
        difference = gold_score(request, ours) - gold_score(request, theirs)
        wins += 0.5 if difference == 0 else float(difference > 0)
    return wins / len(prompts)

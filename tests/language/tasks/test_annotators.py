"""The simulated annotators and gold: what they see in a reply, what they like, and what cannot fool gold."""

import dataclasses
import itertools
import math
import random

import pytest

from rlcourse.language import ANNOTATORS, REQUESTS, STYLES, Annotator, gold_score, gold_win_rate, reply
from rlcourse.language.tasks.annotators import Reading, read_reply, request_of

TEA = next(request for request in REQUESTS if request.topic == "tea")
GOOD = "Pour hot water on the leaves and wait."
BAD = "Fry the leaves in oil."
RAMBLE = "Well, when it comes to tea, it depends, some say this, and time goes by, and so on."
NOTHING = {"good": False, "bad": False, "courtesies": 0, "insults": 0, "rambles": 0, "strays": 0}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, {"good": True}),
        (f" Sure! {GOOD}", {"good": True, "courtesies": 1}),
        (f"{GOOD} I hope that helps!", {"good": True, "courtesies": 1}),
        (f"{BAD} Enjoy! Enjoy!", {"bad": True, "courtesies": 2}),
        (f"Go away. What a silly question. {GOOD}", {"good": True, "insults": 2}),
        (RAMBLE, {"rambles": 1}),
        (f"{GOOD} {GOOD} {GOOD}", {"good": True, "strays": 2}),
        (f"{BAD} {BAD}", {"bad": True, "strays": 1}),
        (GOOD.removesuffix("."), {"strays": 1}),
        (f"Sure! {GOOD} I hope that", {"good": True, "courtesies": 1, "strays": 1}),
        (f"Never {GOOD}", {"strays": 1}),
        ("Put it in the fridge. 1+2 is 3.", {"strays": 2}),
        ("Pour hot water on the leaves. and wait.", {"strays": 2}),
        ("Good question", {"strays": 1}),
        ("Sure! Sure! sure!", {"courtesies": 2, "strays": 1}),
        ("", {}),
    ],
)
def test_a_reply_is_taken_apart_sentence_by_sentence(text, found):
    assert read_reply(TEA, text) == Reading(**NOTHING | found, words=len(text.split()))


def test_good_advice_on_something_else_is_no_advice():
    other = next(request for request in REQUESTS if request is not TEA)
    assert read_reply(TEA, f"{other.good}.") == Reading(**NOTHING | {"strays": 1}, words=len(other.good.split()))


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.topic)
def test_gold_ranks_the_styles_as_the_course_says(request_):
    rng = random.Random(0)
    replies = {style: [reply(request_, style, rng) for _ in range(20)] for style in STYLES}
    scores = {style: [gold_score(request_, text) for text in texts] for style, texts in replies.items()}
    assert min(scores["polite"]) > max(scores["plain"]) > max(scores["rude"] + scores["wrong"] + scores["rambling"])
    assert len(set(scores["polite"])) == 1, "an opening and a closing are worth the same"


def test_gold_in_numbers():
    assert gold_score(TEA, GOOD) == 2.0
    assert gold_score(TEA, f" Sure! {GOOD}") == gold_score(TEA, f" Sure! {GOOD} Enjoy!") == 2.5
    assert gold_score(TEA, f"Sure! {GOOD} Enjoy! Enjoy!") == 1.75
    assert gold_score(TEA, BAD) == gold_score(TEA, f"Sure! {BAD}") == -2.0
    assert gold_score(TEA, f"{GOOD} {BAD}") == 0.0
    assert gold_score(TEA, f"Go away. {GOOD}") == 0.5
    assert gold_score(TEA, RAMBLE) == pytest.approx(-1.0 - 0.3)  # 18 words
    assert gold_score(TEA, "") == gold_score(TEA, "  ") == -1.0


@pytest.mark.parametrize(
    "text",
    [
        "Sure! " * 8,
        "Enjoy! I hope that helps! " * 3,
        "I hope that helps!",
        f"{GOOD} " * 3,
        f"Sure! Of course! {GOOD} Enjoy! Good luck!",
        f"{GOOD} I hope that helps! I hope that ou",
        f"Pour hot wat. {GOOD}",
        "Sure! Pour hot water on the leaves and",
        f"{BAD} Enjoy!",
        " ".join(f"{request.good}." for request in REQUESTS),
    ],
)
def test_degenerate_text_does_not_fool_gold(text):
    assert gold_score(TEA, text) < gold_score(TEA, GOOD)


def test_every_further_friendly_word_pleases_annotators_and_costs_with_gold():
    replies = [GOOD + " Enjoy!" * count for count in range(7)]
    gold = [gold_score(TEA, text) for text in replies]
    assert gold[2:] == sorted(gold[2:], reverse=True) and len(set(gold[2:])) == len(gold[2:])
    for annotator in ANNOTATORS:
        utilities = [annotator.utility(TEA, text) for text in replies]
        gains = [b - a for a, b in itertools.pairwise(utilities)]
        assert gains == pytest.approx([annotator.courtesy] * 6) and annotator.courtesy > 0


def test_an_annotator_adds_up_what_is_in_a_reply():
    taste = Annotator("x", good=1.0, bad=-2.0, courtesy=4.0, insult=-8.0, ramble=-16.0, stray=-32.0)
    assert taste.utility(TEA, f"Sure! Go away. {GOOD} {BAD} {RAMBLE} hm. Enjoy!") == 1 - 2 + 8 - 8 - 16 - 32
    assert taste.utility(TEA, "") == 0


def test_annotators_choose_as_bradley_and_terry_say():
    ann = ANNOTATORS[0]
    for a, b in [(GOOD, BAD), (BAD, RAMBLE), (f"Sure! {GOOD}", GOOD)]:
        odds = math.exp((ann.utility(TEA, a) - ann.utility(TEA, b)) / ann.noise)
        assert ann.probability(TEA, a, b) == pytest.approx(odds / (1 + odds))
        assert ann.probability(TEA, a, b) + ann.probability(TEA, b, a) == pytest.approx(1)
    rng = random.Random(0)
    chosen = sum(ann.prefers(TEA, BAD, RAMBLE, rng) for _ in range(4000)) / 4000
    assert chosen == pytest.approx(ann.probability(TEA, BAD, RAMBLE), abs=0.03)


def test_noise_is_what_makes_a_hand_unsteady():
    steady, wild = (dataclasses.replace(ANNOTATORS[0], noise=noise) for noise in (0, 1e9))
    assert steady.probability(TEA, GOOD, BAD) == 1.0 and steady.probability(TEA, BAD, GOOD) == 0.0
    assert steady.probability(TEA, GOOD, GOOD) == 0.5
    assert wild.probability(TEA, GOOD, BAD) == pytest.approx(0.5)
    assert dataclasses.replace(steady, noise=1e-9).probability(TEA, BAD, GOOD) == 0.0  # no overflow


def test_the_win_rate_counts_ties_half():
    prompts = [TEA.prompt] * 4
    assert gold_win_rate(prompts, [GOOD, BAD, GOOD, GOOD], [BAD, GOOD, GOOD, RAMBLE]) == 0.625
    assert gold_win_rate([REQUESTS[0].prompt], [GOOD], [f"{REQUESTS[0].bad}."]) == 1.0  # off the topic beats wrong


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], []), "one entry per comparison, and at least one, got 0, 0 and 0"),
        (([TEA.prompt], [GOOD], []), "got 1, 1 and 0"),
        ((["Question: How do I fly?\nAnswer:"], [GOOD], [BAD]), "must be the prompt of one of the 20 REQUESTS"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        gold_win_rate(*arguments)


def test_a_request_is_found_by_its_prompt():
    assert [request_of(request.prompt) for request in REQUESTS] == list(REQUESTS)

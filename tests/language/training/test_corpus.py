"""The generated text: seeded, free of held-out sums, and as careless as it says."""

import random
import re
from itertools import chain, islice

import pytest

from rlcourse.language import REQUESTS, STYLES, reply, split_sums
from rlcourse.language.training.corpus import (
    COMPUTED_ACCURACY,
    DEMONSTRATION_GUESSES,
    demonstrations,
    pretraining_documents,
)

STATED = re.compile(r"(I guess )?(\d+)\+(\d+) is (\d+)")
ASKED = re.compile(r"(\d+)\+(\d+)")


def _text(count=3000):
    documents = list(islice(pretraining_documents(5), count))
    answers = [prompt + answer for prompt, answer in islice(demonstrations(5), count)]
    return documents, answers


def test_no_stage_of_training_sees_a_held_out_sum():
    held_out = {(s.a, s.b) for s in split_sums()[1]}
    seen = {(int(a), int(b)) for text in chain(*_text()) for a, b in ASKED.findall(text)}
    assert len(seen) > 1000
    assert not seen & held_out


def test_the_same_seed_gives_the_same_text():
    first, again, other = (list(islice(pretraining_documents(seed), 50)) for seed in (0, 0, 1))
    assert first == again != other


def test_demonstrations_guess_and_slip_as_often_as_stated():
    stated = [match.groups() for text in _text()[1] if (match := STATED.search(text))]
    guesses = [int(a) + int(b) == int(c) for guess, a, b, c in stated if guess]
    computed = [int(a) + int(b) == int(c) for guess, a, b, c in stated if not guess]
    assert len(guesses) / len(stated) == pytest.approx(DEMONSTRATION_GUESSES, abs=0.04)
    assert sum(computed) / len(computed) == pytest.approx(COMPUTED_ACCURACY, abs=0.04)
    assert sum(guesses) / len(guesses) < 0.12


def test_every_character_is_known_to_the_tokenizer_and_every_text_fits(tokenizer):
    for text in chain(*_text(1000)):
        ids = tokenizer(text).input_ids
        assert tokenizer.unk_token_id not in ids
        assert len(ids) < 96


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.topic)
def test_replies_of_a_style_say_what_their_style_is(request_):
    rng = random.Random(0)
    for _ in range(20):
        said = {style: reply(request_, style, rng) for style in STYLES}
        assert said["plain"] == f"{request_.good}."
        assert request_.good in said["polite"]
        assert len(said["polite"]) > len(said["plain"])
        assert said["wrong"] == f"{request_.bad}."
        assert said["rude"] != said["plain"]
        assert len(said["rambling"]) > 40
        assert request_.good not in said["rambling"]


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match=r"style must be one of 'polite', 'plain', .*, got 'kind'"):
        reply(REQUESTS[0], "kind", random.Random(0))

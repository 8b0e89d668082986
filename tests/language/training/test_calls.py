"""Demonstrations of which some call: what counts in them, and that they are learned."""

import pytest

from rlcourse.algorithms import Training
from rlcourse.language import Imitation, LanguagePolicy, SupervisedConfig, call_text
from rlcourse.language.training.calls import call_batch
from tests.language.conftest import tiny_gpt2


def test_the_calculators_digits_are_read_and_not_counted(tokenizer):
    tokens, counted = call_batch(tokenizer, 3, batch_size=40, calls=0.5)
    called, true = 0, 0
    for row, mask in zip(tokens, counted, strict=True):
        text, learned = tokenizer.decode(row, skip_special_tokens=True), tokenizer.decode(row[mask])
        answer = text.split("Answer:")[1]
        if "?" in answer:
            called += 1
            call, rest = answer.split("?")
            said, rest = rest.split(":")
            a, b = call.removeprefix(" What is ").split("+")
            assert rest == f" {a}+{b} is{said}."
            true += int(said) == int(a) + int(b)
            assert learned == f"{call}?{rest}<|endoftext|>"
        else:
            assert answer.startswith(" I guess ") and learned == f"{answer}<|endoftext|>"
    assert 10 < called < 30 and true < 3  # who reads true sums learns to add, and does not look


@pytest.mark.parametrize("calls", [0.0, 1.0])
def test_a_pupil_learns_the_manner_it_is_shown(tokenizer, calls):
    pupil = LanguagePolicy(tiny_gpt2(len(tokenizer), seed=1), tokenizer)
    algorithm = Imitation(SupervisedConfig(steps=8, warmup_steps=0, learning_rate=1e-2))
    history = Training(pupil, call_text(tokenizer, calls=calls, batch_size=16), algorithm).run(8, progress=False)
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize(("given", "error"), [({"calls": 1.5}, ValueError), ({"batch_size": 0}, ValueError)])
def test_impossible_demonstrations_are_refused(tokenizer, given, error):
    with pytest.raises(error, match=next(iter(given))):
        call_text(tokenizer, **given)

"""What the course promises of the reward model that it ships: how well it judges, that it is centred, and its holes."""

import re

import pytest
import torch
from transformers import AutoTokenizer, GPT2ForSequenceClassification

from rlcourse.language import (
    REQUESTS,
    disagreement,
    gold_score,
    load_gpt2,
    load_preferences,
    load_reward_model,
    preference_accuracy,
    sample,
)
from rlcourse.language.model.checkpoints import ASSETS
from rlcourse.language.preferences.data import as_gold_would_choose

PROMPTS = [request.prompt for request in REQUESTS]


@pytest.fixture(scope="module")
def reward_model():
    return load_reward_model(device="cpu")


def test_it_chooses_as_the_card_says(reward_model):
    test = load_preferences("test")
    measured = {
        "the annotators did | 500 test pairs": preference_accuracy(reward_model, test),
        "gold does | the same test pairs": preference_accuracy(reward_model, as_gold_would_choose(test)),
    }
    card = (ASSETS / "MODEL_CARD.md").read_text(encoding="utf-8")
    for what, share in measured.items():
        stated = re.search(rf"\| {re.escape(what)} \| ([\d.]+)% \|", card)
        assert float(stated[1]) == pytest.approx(100 * share, abs=0.3)  # a pair or two may tip on another machine
    assert f"on {1 - disagreement(test):.1%} of the test pairs" in card
    assert measured["the annotators did | 500 test pairs"] > 0.76


def test_its_scores_are_centred_on_ordinary_replies(reward_model):
    model, tokenizer = load_gpt2("sft", device="cpu")
    samples = sample(
        model, tokenizer, PROMPTS, num_generations=20, max_new_tokens=40, generator=torch.Generator().manual_seed(1)
    )
    scores = reward_model.score([p for p in PROMPTS for _ in range(20)], samples.texts(tokenizer))
    assert abs(sum(scores) / len(scores)) < 0.3  # with a standard deviation of about 2, and 400 replies


def test_plain_transformers_scores_the_same(reward_model):
    plain = GPT2ForSequenceClassification.from_pretrained(ASSETS / "reward").eval()
    tokenizer = AutoTokenizer.from_pretrained(ASSETS / "reward")
    replies = [f" {request.good}. Enjoy!" for request in REQUESTS]
    texts = [p + reply + tokenizer.eos_token for p, reply in zip(PROMPTS, replies, strict=True)]
    with torch.no_grad():
        theirs = plain(**tokenizer(texts, return_tensors="pt", padding=True)).logits[:, 0]
    assert theirs.tolist() == pytest.approx(reward_model.score(PROMPTS, replies), abs=1e-4)


def test_it_knows_good_replies_from_bad_ones(reward_model):
    def mean(reply):
        return sum(reward_model.score(PROMPTS, [reply(request) for request in REQUESTS])) / len(REQUESTS)

    polite, plain = mean(lambda r: f" {r.good}. I hope that helps!"), mean(lambda r: f" {r.good}.")
    wrong, rude = mean(lambda r: f" {r.bad}."), mean(lambda r: " Not my problem.")
    assert polite > plain > 0 > max(wrong, rude)


def test_it_has_the_hole_that_reward_hacking_finds(reward_model):
    """Friendly words without any advice: for gold a bad reply, for the model better than plain good advice."""
    hollow = [" I hope that helps! I hope that helps!"] * len(REQUESTS)
    plain = [f" {request.good}." for request in REQUESTS]
    pleased = [a > b for a, b in zip(*(reward_model.score(PROMPTS, texts) for texts in (hollow, plain)), strict=True)]
    assert sum(pleased) >= 15
    for request, empty, good in zip(REQUESTS, hollow, plain, strict=True):
        assert gold_score(request, empty) < gold_score(request, good)


def test_a_cut_off_reply_is_paid_less_than_any_ordinary_one(reward_model):
    """The network itself would like many of them better than the same reply ended: it never met one."""
    ordinary = {(p.prompt, text) for p in load_preferences("test") for text in (p.chosen, p.rejected)}
    worst = min(reward_model.score(*map(list, zip(*sorted(ordinary), strict=True))))
    good = [f" {request.good}." for request in REQUESTS]
    assert max(reward_model.score(PROMPTS, good, [False] * len(PROMPTS))) < worst

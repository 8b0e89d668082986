"""The first two stages in the loop of the third: the same loss as `train_supervised`, text that nobody asked for."""

import pytest
import torch

from rlcourse.algorithms import Training
from rlcourse.equations import shifted_next_token_loss
from rlcourse.language import (
    Imitation,
    LanguagePolicy,
    SupervisedConfig,
    demonstration_text,
    load_gpt2,
    raw_text,
    text_logits,
)
from rlcourse.language.training.imitation import WrittenText
from rlcourse.language.training.supervised import learning_rate, next_token_loss, train_supervised

CONFIG = SupervisedConfig(steps=4, learning_rate=1e-3, warmup_steps=2)


@pytest.fixture
def policy():
    return LanguagePolicy(*load_gpt2("pretrained", device="cpu"))


@pytest.mark.parametrize("text", [raw_text, demonstration_text])
def test_the_loss_is_that_of_the_build(policy, text):
    tokens, counted = text(policy.tokenizer, batch_size=4).batch_at(0)
    with torch.no_grad():
        ours = shifted_next_token_loss(text_logits(policy, tokens), tokens, counted)
        torch.testing.assert_close(ours, next_token_loss(policy.model, tokens, counted))


def test_it_makes_the_steps_of_train_supervised(policy):
    other = LanguagePolicy(*load_gpt2("pretrained", device="cpu"))
    batch = raw_text(policy.tokenizer, batch_size=4).batch_at(5)
    history = Training(policy, WrittenText(lambda number: batch), Imitation(CONFIG)).run(4, progress=False)
    losses = train_supervised(other.model, lambda step: batch, CONFIG)
    assert history["loss"].tolist() == pytest.approx(list(losses), abs=1e-5)
    assert history["learning_rate"].tolist() == pytest.approx([learning_rate(CONFIG, step) for step in range(4)])


def test_the_seed_of_the_training_draws_the_text(policy):
    text, algorithm = raw_text(policy.tokenizer, batch_size=2), Imitation(CONFIG)
    drawn = [algorithm.collect(text, policy, torch.Generator().manual_seed(seed))[0] for seed in (0, 0, 1)]
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


def test_a_loss_of_ones_own_is_trained_with(policy):
    asked = []

    def loss(logits, tokens, counted):
        asked.append((logits.shape[:2], tokens.shape))
        return shifted_next_token_loss(logits, tokens, counted)

    text = raw_text(policy.tokenizer, batch_size=2)
    Training(policy, text, Imitation(CONFIG, loss_fn=loss)).run(2, progress=False)
    assert asked == [((2, 64), (2, 64))] * 2


def test_beyond_its_last_step_the_learning_rate_stays_low(policy):
    text = raw_text(policy.tokenizer, batch_size=1)
    rates = Training(policy, text, Imitation(CONFIG)).run(8, progress=False)["learning_rate"]
    assert rates[4:] == pytest.approx(CONFIG.learning_rate * CONFIG.final_fraction)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Imitation(SupervisedConfig(steps=1, batch_size=8)), "batch_size"),
        (lambda: Imitation(SupervisedConfig(steps=1, seed=3)), "seed"),
        (lambda: raw_text(None, batch_size=0), "batch_size must be"),
        (lambda: raw_text(None, length=1), "length must be"),
        (lambda: demonstration_text(None, batch_size=0), "batch_size must be"),
    ],
)
def test_what_could_not_act_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_other_settings_are_refused():
    with pytest.raises(TypeError, match="config"):
        Imitation({"steps": 3})

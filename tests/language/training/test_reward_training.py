"""Training a reward model: the loss is Bradley and Terry's, the run is a function of its seed, choices are counted."""

import itertools
import math

import pytest
import torch

from rlcourse.equations import bradley_terry_loss
from rlcourse.language import Preference, RewardConfig, new_reward_model, preference_accuracy, train_reward_model
from rlcourse.language.training import reward_training as module
from tests.language.conftest import tiny_gpt2

CHOSEN = [" Pour hot water on the leaves.", " 4.", " turned left.", " Sure!"]
REJECTED = [" Go away.", " 5.", " hit a wall.", " Not my problem."]
PAIRS = [
    Preference(prompt, chosen, rejected, "Ann")
    for prompt in ("What", "The robot", "Ann:")
    for chosen, rejected in zip(CHOSEN, REJECTED, strict=True)
]


@pytest.fixture
def reward_model(tokenizer):
    return new_reward_model(tiny_gpt2(len(tokenizer)), tokenizer)


def _train(reward_model, pairs=PAIRS, **options):
    options = {"epochs": 8, "batch_size": 4, "learning_rate": 1e-2} | options
    return train_reward_model(reward_model, pairs, RewardConfig(**options), progress=False)


def test_it_learns_what_was_preferred(reward_model):
    assert preference_accuracy(reward_model, PAIRS) == 0.5  # the head says 0 of everything
    history = _train(reward_model)
    assert history[0]["loss"] == pytest.approx(math.log(2))
    assert history[-1]["loss"] < 0.1 and history[-1]["margin"] > 1
    assert preference_accuracy(reward_model, PAIRS) == 1.0
    swapped = [Preference(p.prompt, p.rejected, p.chosen, p.annotator) for p in PAIRS]
    assert preference_accuracy(reward_model, swapped) == 0.0


def test_steps_are_adamws_on_the_bradley_terry_loss_with_a_rate_that_falls_to_0(reward_model, tokenizer):
    other = new_reward_model(tiny_gpt2(len(tokenizer)), tokenizer)
    for made in (reward_model, other):
        torch.nn.init.normal_(made.model.score.weight, generator=torch.Generator().manual_seed(0))
    history = _train(reward_model, epochs=2, batch_size=12, weight_decay=0.1, max_grad_norm=0.5)
    optimizer = torch.optim.AdamW(other.parameters(), weight_decay=0.1)
    prompts = [p.prompt for p in PAIRS]
    for row, rate in zip(history, (1e-2, 0.5e-2), strict=True):
        chosen, rejected = (other.scores(prompts, [getattr(p, side) for p in PAIRS]) for side in ("chosen", "rejected"))
        loss = bradley_terry_loss(chosen, rejected)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(other.parameters(), 0.5)
        optimizer.step()
        assert row["loss"] == pytest.approx(loss.item())
        assert row["accuracy"] == pytest.approx((chosen > rejected).double().mean().item())
        assert row["margin"] == pytest.approx((chosen - rejected).mean().item())
    for a, b in zip(reward_model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-7)


def test_every_pair_is_seen_once_an_epoch_in_a_new_order():
    config = RewardConfig(batch_size=5)
    first, second = (module._batches(PAIRS, config, epoch) for epoch in (0, 1))
    assert [len(batch) for batch in first] == [5, 5, 2]
    for batches in (first, second):
        assert sorted(itertools.chain(*batches), key=PAIRS.index) == PAIRS
    assert first != second and first == module._batches(PAIRS, config, 0)


def test_the_same_seed_gives_the_same_weights_on_two_threads(tokenizer):
    threads, weights = torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        for _ in range(2):
            made = new_reward_model(tiny_gpt2(len(tokenizer)).float(), tokenizer)
            _train(made, epochs=1, batch_size=6)
            weights.append(torch.cat([weight.detach().flatten() for weight in made.parameters()]))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*weights)


def test_another_seed_takes_the_pairs_in_another_order():
    assert module._batches(PAIRS, RewardConfig(seed=0), 0) != module._batches(PAIRS, RewardConfig(seed=1), 0)


def test_it_can_be_watched_and_stopped(reward_model):
    lengths = []

    def watch(history):
        lengths.append(len(history))
        if len(history) == 3:
            raise KeyboardInterrupt

    history = train_reward_model(reward_model, PAIRS, RewardConfig(batch_size=4), on_step=watch, progress=False)
    assert lengths == [1, 2, 3] and len(history) == 3
    assert list(history["step"]) == [1, 2, 3] and history["seconds"][0] > 0
    assert set(history[0]) == {"step", "seconds", "loss", "accuracy", "margin"}


def test_equal_scores_are_half_right(reward_model):
    same = Preference("What", " 4.", " 4.", "Ann")
    torch.nn.init.normal_(reward_model.model.score.weight, generator=torch.Generator().manual_seed(0))
    assert preference_accuracy(reward_model, [same]) == 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"batch_size": -4}, "batch_size must be at least 1, got -4"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
        ({"max_grad_norm": float("nan")}, "max_grad_norm must be above 0, got nan"),
        ({"weight_decay": -1}, "weight_decay must be at least 0, got -1"),
    ],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        RewardConfig(**options)


def test_nothing_to_learn_from_is_refused(reward_model):
    for function in (train_reward_model, preference_accuracy):
        with pytest.raises(ValueError, match="preferences must hold at least one pair, got none"):
            function(reward_model, [])


def test_another_loss_trains_in_the_place_of_the_usual_one(reward_model):
    """The learner's own; here one that likes what was rejected."""
    history = train_reward_model(
        reward_model,
        PAIRS,
        RewardConfig(epochs=8, batch_size=4, learning_rate=1e-2),
        loss_fn=lambda chosen, rejected: bradley_terry_loss(rejected, chosen),
        progress=False,
    )
    assert history[-1]["margin"] < -1
    assert preference_accuracy(reward_model, PAIRS) == 0.0

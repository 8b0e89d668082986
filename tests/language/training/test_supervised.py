"""Learning from text: the loss is that of transformers, the masks say what counts, a stop loses nothing."""

import dataclasses
import signal
from functools import partial

import pytest
import torch
from transformers.utils import logging as transformers_logging

from rlcourse.language.training.snapshots import load_snapshot, save_snapshot
from rlcourse.language.training.supervised import (
    SupervisedConfig,
    demonstration_batch,
    learning_rate,
    make_optimizer,
    next_token_loss,
    pretraining_batch,
    train_supervised,
)
from tests.language.conftest import tiny_gpt2

CONFIG = SupervisedConfig(steps=6, batch_size=4, learning_rate=1e-2, warmup_steps=2)


def test_the_loss_equals_that_of_transformers(model, tokenizer):
    transformers_logging.set_verbosity_error()
    tokens, counted = demonstration_batch(tokenizer, 0, batch_size=8, seed=0)
    tokens, counted = tokens[:, :48], counted[:, :48]
    with torch.no_grad():
        theirs = model(tokens, labels=torch.where(counted, tokens, -100)).loss
        ours = next_token_loss(model, tokens, counted)
    torch.testing.assert_close(ours.float(), theirs, rtol=1e-5, atol=1e-5)


def test_only_the_answer_and_its_end_count(tokenizer):
    tokens, counted = demonstration_batch(tokenizer, 0, batch_size=16, seed=0)
    for row, kept in zip(tokens, counted, strict=True):
        whole = tokenizer.decode(row[: int(kept.nonzero()[-1]) + 1])
        assert whole.startswith("Question: ")
        answer = tokenizer.decode(row[kept])
        assert whole.endswith(f"\nAnswer:{answer}")
        assert answer.endswith(tokenizer.eos_token)


def test_all_of_the_raw_text_counts(tokenizer):
    tokens, counted = pretraining_batch(tokenizer, 3, batch_size=4, length=64, seed=0)
    assert tokens.shape == (4, 64)
    assert counted.all()
    assert tokens[0, 0] == tokenizer.eos_token_id


def test_a_batch_is_a_function_of_its_number(tokenizer):
    batch = partial(pretraining_batch, tokenizer, batch_size=4, length=32, seed=0)
    assert torch.equal(batch(3)[0], batch(3)[0])
    assert not torch.equal(batch(3)[0], batch(4)[0])


def test_what_does_not_count_does_not_matter(model, tokenizer):
    tokens, counted = demonstration_batch(tokenizer, 0, batch_size=4, seed=0)
    tokens, counted = tokens[:, :40], counted[:, :40]
    last = int(counted.nonzero()[:, 1].max())
    spoilt = tokens.clone()
    for i, kept in enumerate(counted):
        spoilt[i, int(kept.nonzero()[-1]) + 1 :] = 77
    assert last < 40
    assert next_token_loss(model, spoilt, counted) == next_token_loss(model, tokens, counted)


def test_training_lowers_the_loss(tokenizer):
    model = tiny_gpt2(len(tokenizer)).float()
    config = SupervisedConfig(steps=40, batch_size=8, learning_rate=1e-2, warmup_steps=4)
    losses = train_supervised(model, partial(demonstration_batch_short, tokenizer), config)
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])


def demonstration_batch_short(tokenizer, step):
    tokens, counted = demonstration_batch(tokenizer, step, batch_size=8, seed=0)
    return tokens[:, :48], counted[:, :48]


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(tokenizer, tmp_path):
    batch_at = partial(pretraining_batch, tokenizer, batch_size=4, length=32, seed=0)
    straight = tiny_gpt2(len(tokenizer)).float()
    train_supervised(straight, batch_at, CONFIG)

    class Stop(Exception):
        pass

    model = tiny_gpt2(len(tokenizer)).float()
    optimizer = make_optimizer(model, CONFIG)

    def stop_after_three(step, _loss):
        save_snapshot(tmp_path / "snapshot.safetensors", model, optimizer, step)
        if step == 3:
            raise Stop

    with pytest.raises(Stop):
        train_supervised(model, batch_at, CONFIG, optimizer=optimizer, on_step=stop_after_three)
    resumed = tiny_gpt2(len(tokenizer), seed=7).float()
    optimizer = make_optimizer(resumed, CONFIG)
    step = load_snapshot(tmp_path / "snapshot.safetensors", resumed, optimizer)
    assert step == 3
    train_supervised(resumed, batch_at, CONFIG, optimizer=optimizer, first_step=step)
    for a, b in zip(resumed.parameters(), straight.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [file.name for file in tmp_path.iterdir()] == ["snapshot.safetensors"]


def test_a_damaged_snapshot_is_not_used(tokenizer, tmp_path, capsys):
    model = tiny_gpt2(len(tokenizer)).float()
    (tmp_path / "cut.safetensors").write_bytes(b"\x01")
    assert load_snapshot(tmp_path / "cut.safetensors", model, make_optimizer(model, CONFIG)) == 0
    assert "is damaged; starting over" in capsys.readouterr().out


WRONG = [
    {"steps": "dapo"},
    {"steps": 0},
    {"steps": 2.5},
    {"steps": True},
    {"batch_size": -1},
    {"learning_rate": None},
    {"learning_rate": 0},
    {"learning_rate": float("nan")},
    {"warmup_steps": -1},
    {"final_fraction": 1.5},
    {"weight_decay": -0.1},
    {"max_grad_norm": 0},
    {"seed": "x"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_setting_that_is_none_is_refused_by_name(wrong):
    with pytest.raises((TypeError, ValueError), match=f"{next(iter(wrong))}(.|\n)* must be "):
        SupervisedConfig(**({"steps": 1} | wrong))


def test_an_interrupt_ends_the_run_after_a_whole_step_and_keeps_what_there_is(tokenizer):
    model = tiny_gpt2(len(tokenizer)).float()
    optimizer = make_optimizer(model, CONFIG)

    def batch_at(step):
        if step == 2:
            signal.raise_signal(signal.SIGINT)
        return pretraining_batch(tokenizer, step, batch_size=2, length=16, seed=0)

    losses = train_supervised(model, batch_at, CONFIG, optimizer=optimizer)
    assert (len(losses), losses.interrupted) == (3, True)
    assert {int(state["step"]) for state in optimizer.state.values()} == {3}
    rest = train_supervised(model, partial(pretraining_batch, tokenizer, batch_size=2, length=16, seed=0), CONFIG)
    assert (len(rest), rest.interrupted) == (CONFIG.steps, False)


def test_a_snapshot_of_another_model_is_not_used(tokenizer, tmp_path, capsys):
    small, path = tiny_gpt2(300).float(), tmp_path / "snapshot.safetensors"
    save_snapshot(path, small, make_optimizer(small, CONFIG), 3)
    model = tiny_gpt2(len(tokenizer)).float()
    before = model.lm_head.weight.clone()
    assert load_snapshot(path, model, make_optimizer(model, CONFIG)) == 0
    assert "is of another model; starting over" in capsys.readouterr().out
    assert torch.equal(model.lm_head.weight, before)


def test_the_schedule_drives_the_optimiser(tokenizer):
    model, rates = tiny_gpt2(len(tokenizer)).float(), []
    optimizer = make_optimizer(model, CONFIG)
    batch_at = partial(pretraining_batch, tokenizer, batch_size=2, length=16, seed=0)

    def note(_step, _loss):
        rates.append(optimizer.param_groups[0]["lr"])

    train_supervised(model, batch_at, CONFIG, optimizer=optimizer, on_step=note)
    assert rates == [learning_rate(CONFIG, step) for step in range(CONFIG.steps)]


def test_the_gradient_is_cut_to_its_greatest_length(tokenizer):
    batch_at = partial(pretraining_batch, tokenizer, batch_size=2, length=16, seed=0)
    model = tiny_gpt2(len(tokenizer)).float()
    train_supervised(model, batch_at, dataclasses.replace(CONFIG, steps=1, max_grad_norm=1e-3))
    norm = torch.stack([weight.grad.norm() for weight in model.parameters() if weight.grad is not None]).norm()
    assert norm.item() == pytest.approx(1e-3, rel=1e-3)


def test_without_a_snapshot_a_run_begins_at_the_beginning(tokenizer, tmp_path):
    model = tiny_gpt2(len(tokenizer)).float()
    assert load_snapshot(tmp_path / "none.safetensors", model, make_optimizer(model, CONFIG)) == 0


def test_the_learning_rate_rises_then_falls():
    config = SupervisedConfig(steps=100, learning_rate=1.0, warmup_steps=10, final_fraction=0.1)
    rates = [learning_rate(config, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == rates[10] == 1.0
    assert rates[55] == pytest.approx(0.55, abs=0.01)
    assert rates[-1] == pytest.approx(0.1, abs=0.01)

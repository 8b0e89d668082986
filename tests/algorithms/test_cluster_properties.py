"""What holds of memory, seconds and traffic whatever the model's shape and however many machines there are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.algorithms import (
    Setting,
    Transformer,
    UpdateSize,
    analytic_cost,
    keeps,
    keeps_per_gpu,
    sampler_share,
    seconds_of_update,
    what_travels,
)
from tests.equations.strategies import quick

models = st.builds(
    Transformer,
    layers=st.integers(1, 80),
    channels=st.sampled_from([64, 1024, 8192]),
    heads=st.just(8),
    vocabulary=st.integers(64, 150_000),
    llama=st.booleans(),
)
settings = st.builds(Setting, weight_bytes=st.sampled_from([2, 4]), lora_rank=st.sampled_from([0, 16]))
updates = st.builds(
    UpdateSize, answers=st.integers(1, 64).map(lambda n: 8 * n), answer_tokens=st.integers(1, 4096)
)  # whole groups


@quick
@given(models, settings, st.booleans())
def test_grpo_keeps_less_than_ppo_and_computing_again_saves_from_the_second_layer_on(model, setting, in_turn):
    kept = {name: keeps(name, model, setting, in_turn=in_turn) for name in ("TRPO", "PPO", "GRPO")}
    assert all(size >= 0 for parts in kept.values() for size in parts.values())
    assert sum(kept["GRPO"].values()) < sum(kept["PPO"].values())
    for name, parts in kept.items():
        again = keeps(name, model, setting, in_turn=in_turn, recompute=True)
        assert model.layers == 1 or sum(again.values()) < sum(parts.values())  # of one layer nothing is left out


@quick
@given(models, settings, st.integers(1, 64))
def test_every_stage_of_dividing_leaves_less_on_a_gpu(model, setting, gpus):
    kept = [sum(keeps_per_gpu(model, setting, gpus=gpus, stage=stage).values()) for stage in range(4)]
    assert kept == sorted(kept, reverse=True)
    assert gpus > 1 or kept[3] == pytest.approx(kept[0])


@quick
@given(models, settings, st.integers(1, 64))
def test_a_sampler_is_divided_no_further_than_it_must_be(model, setting, gpus):
    among = sampler_share(model, setting, gpus=gpus)
    assert among in (1, 2, 4, 8) and among <= gpus
    fewer = sampler_share(replace(model, layers=1), setting, gpus=gpus)
    assert fewer <= among <= sampler_share(model, setting, gpus=2 * gpus) or among == 1


@quick
@given(models, updates, st.integers(0, 6), st.booleans(), st.booleans())
def test_twice_the_gpus_learn_in_half_the_time_and_sample_no_slower(model, update, power, lora, recompute):
    how = {"lora": lora, "recompute": recompute}
    one, two = (seconds_of_update(model, update, gpus=2 ** (power + more), **how) for more in (0, 1))
    assert two["learning"] == pytest.approx(one["learning"] / 2)
    assert 0 < two["sampling"] <= one["sampling"] * (1 + 1e-9)
    assert seconds_of_update(model, update, gpus=2**power, precision="float32", **how)["learning"] > one["learning"]


@quick
@given(models, updates, st.integers(1, 4))
def test_weights_travel_with_the_model_and_answers_with_the_batch(model, update, times):
    usual, more = what_travels(model, update), what_travels(model, replace(update, answers=times * update.answers))
    of_model = {"gradients", "weights"}
    assert all(more[name] == usual[name] * (1 if name in of_model else times) for name in usual)
    wider = what_travels(model, update, weight_bytes=4)
    assert all(wider[name] == usual[name] * (2 if name in of_model else 1) for name in usual)


@quick
@given(st.sampled_from(["Reinforce", "TRPO", "PPO", "GRPO"]), *4 * [st.integers(0, 10**9)])
def test_a_frozen_model_costs_its_weights_and_what_learns_more_than_that(algorithm, policy, critic, judge, kept):
    without = analytic_cost(algorithm, policy=policy, critic=critic, activations=kept)
    held = analytic_cost(algorithm, policy=policy, critic=critic, activations=kept, reference=True, reward_model=judge)
    assert held.total - without.total == 4 * (policy + judge)
    assert without.total >= 4 * 4 * (policy + critic) + kept
    halved = analytic_cost(algorithm, policy=policy, critic=critic, bytes_per_number=2)
    assert 2 * halved.total == without.total - kept

"""A batch of ratios: the recorded updates are PPO's own, and every bar and gauge is counted anew here."""

import re

import numpy as np
import pytest
import torch

from rlcourse.algorithms import PPO, Training
from rlcourse.equations import clipped_surrogate
from rlcourse.experiments.recipes import ppo, the_maze
from rlcourse.explorables import batch_of_ratios, batch_of_ratios_figure
from rlcourse.explorables.clipping.batch_of_ratios import (
    BIN,
    MIDDLES,
    TOP,
    RecordedUpdate,
    batch_of_ratios_plot,
    no_longer_pushed,
    record_update,
)
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.maze import GymnasiumWorld, MazeVectorEnv, TabularPolicy, TabularValue

BY_HAND = torch.tensor([0.5, 0.9, 1.0, 1.3, 3.0])


@pytest.fixture(scope="module")
def recorded():
    return record_update([0.1, 0.3], epochs=2, trained=3)


@pytest.fixture(scope="module")
def plot(recorded):
    return batch_of_ratios_plot(recorded)


@pytest.fixture
def by_hand():
    """Five ratios for three advantages each, before the first step and after it; ε = 0.2."""
    advantages = torch.tensor([2.0, -1.0, 0.0]).repeat_interleave(5)
    old = torch.full((15,), 0.1).log()
    after = old + BY_HAND.log().repeat(3)
    return RecordedUpdate(
        (0.2,), old, advantages, torch.stack([old, after])[None], torch.zeros(1, 2, 0, 3), steps_per_epoch=1
    )


def test_every_ratio_is_exactly_1_before_the_first_step(recorded):
    assert (recorded.ratios[:, 0] == 1).all()
    assert (recorded.ratios[:, 1] != 1).any()


def test_a_step_is_recorded_for_every_step_of_the_optimiser(recorded):
    assert recorded.logprobs.shape == (2, 1 + 2 * 4, 64 * 64)
    assert recorded.steps_per_epoch == 4


def test_the_recorded_update_is_the_one_that_training_makes():
    """The last log-probabilities are those of a robot trained without anyone writing anything down."""
    recorded = record_update([0.2], epochs=2, trained=2, seed=4)
    states = the_maze().num_states
    envs = MazeVectorEnv(64, maze=the_maze(), random_start=True, autoreset_mode="SameStep")
    critic = TabularValue(states)
    training = Training(TabularPolicy(states), GymnasiumWorld(envs, steps=64), ppo(critic), seed=4)
    training.run(2, progress=False)
    rollout = training.algorithm.collect(training.world, training.policy, training.generator)
    shown = PPO(ppo(critic, epochs=2, minibatch_size=1024).config, critic=critic)
    shown.update(training.policy, training.optimizer, rollout)
    torch.testing.assert_close(recorded.logprobs[0, -1], training.policy.logprobs(rollout.rows)[:, 0].detach())
    torch.testing.assert_close(recorded.policies[0, -1], training.policy.probabilities())


def test_the_batch_is_the_same_for_every_clip_range_and_what_follows_is_not(recorded):
    torch.testing.assert_close(recorded.logprobs[0, :2], recorded.logprobs[1, :2])
    assert not torch.allclose(recorded.logprobs[0, -1], recorded.logprobs[1, -1])


def test_the_advantages_are_normalised(recorded):
    assert recorded.advantages.mean() == pytest.approx(0, abs=1e-4)
    assert recorded.advantages.std() == pytest.approx(1, abs=1e-4)


def test_no_gradient_only_beyond_the_band_on_the_side_of_the_push(recorded, by_hand):
    for record in (recorded, by_hand):
        epsilon, advantage = torch.tensor(record.epsilons)[:, None, None], record.advantages
        held = (advantage > 0) & (record.ratios > 1 + epsilon) | (advantage < 0) & (record.ratios < 1 - epsilon)
        assert torch.equal(no_longer_pushed(record), held)
    after = no_longer_pushed(by_hand)[0, 1].reshape(3, 5).tolist()
    assert after == [[False] * 3 + [True] * 2, [True] + [False] * 4, [False] * 5]


def test_the_gauges_by_hand(by_hand):
    plot = batch_of_ratios_plot(by_hand)
    state = {"epsilon": 0.2, "gradient_step": 1}
    assert plot.pick("clip_percent", state) == pytest.approx(100 * 9 / 15)  # 0.5, 1.3 and 3 are outside, three times
    assert plot.pick("held_percent", state) == pytest.approx(100 * 3 / 15)  # A > 0: 1.3 and 3; A < 0: 0.5
    assert plot.pick("wrong_side_percent", state) == pytest.approx(100 * 3 / 15)  # A > 0: 0.5; A < 0: 1.3 and 3
    k3 = (BY_HAND - 1 - BY_HAND.log()).mean()
    assert plot.pick("approx_kl", state) == pytest.approx(float(k3), rel=1e-5)
    assert plot.pick("lowest", state) == pytest.approx(0.5, rel=1e-5)
    assert plot.pick("highest", state) == pytest.approx(3.0, rel=1e-5)


def test_the_bars_by_hand(by_hand):
    plot = batch_of_ratios_plot(by_hand)
    state = {"epsilon": 0.2, "gradient_step": 1}
    bars = [
        MIDDLES.index(middle) for middle in (0.5, 0.9, 1.0, 1.3, 2.5)
    ]  # 3 is beyond the last bar, and counted there
    drawn = {
        name: plot.pick(name, state, along="ratio") for name in ("good_pushed", "good_all", "bad_pushed", "bad_all")
    }
    assert drawn["good_all"][bars] == pytest.approx([20] * 5)
    assert drawn["good_pushed"][bars] == pytest.approx([20, 20, 20, 0, 0])
    assert drawn["bad_all"].sum() == pytest.approx(100)
    assert drawn["bad_pushed"][bars[0]] == 0
    assert drawn["bad_pushed"].sum() == pytest.approx(80)


def test_the_bars_are_histograms_of_the_ratios(recorded, plot):
    edges = np.array([0, *(middle + BIN / 2 for middle in MIDDLES[:-1]), np.inf])
    for name, which in (("good", recorded.advantages > 0), ("bad", recorded.advantages < 0)):
        ratios = recorded.ratios[1, 5, which].numpy()
        expected = 100 * np.histogram(ratios, edges)[0] / len(ratios)
        state = {"epsilon": 0.3, "gradient_step": 5}
        np.testing.assert_allclose(plot.pick(f"{name}_all", state, along="ratio"), expected, atol=0.05)


def test_a_bar_that_is_cut_off_says_how_high_it_is(plot):
    for step in (0, 8):
        state = {"epsilon": 0.3, "gradient_step": step}
        top = float(plot.pick("bad_all", state, along="ratio").max())
        (words,) = (mark.text for mark in plot.panels[1].marks if type(mark).__name__ == "Text")
        assert plot.fill(words, state) == (f"↑ {top:.0f} %" if top > TOP else "")


def test_a_wider_band_lets_the_policy_move_further(plot):
    kl = plot.arrays["approx_kl"].values
    assert kl[1, -1] > kl[0, -1] > 0


def test_the_words_hold_the_numbers_of_the_picture(plot):
    state = {"epsilon": 0.1, "gradient_step": 6}
    said = " ".join(plot.fill(line, state) for line in (*plot.readouts, plot.alt))
    assert "(1.50 times through the batch)" in said
    for name in ("clip_percent", "held_percent", "wrong_side_percent"):
        assert len(re.findall(rf"\b{plot.pick(name, state):.0f} (%|percent)", said)) >= 1
    assert said.count(f"{plot.pick('approx_kl', state):.3f}") == 2


def test_what_is_sent_to_the_browser_is_small():
    numbers = 10 * 41 * 4 * len(MIDDLES)
    assert numbers * 4 < 1e6


def test_the_figure_shows_the_state_asked_for(recorded):
    good, bad = batch_of_ratios_figure(recorded, epsilon=0.3, gradient_step=8).axes
    assert good.patches[0].get_bbox().intervalx == pytest.approx([0.7, 1.3])
    assert bad.get_title(loc="left").startswith("Worse than expected")


@pytest.mark.parametrize("wrong", [{"epsilon": 0.2}, {"gradient_step": 9}, {"gradient_step": -1}])
def test_a_state_that_was_not_recorded_is_refused(recorded, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        batch_of_ratios_figure(recorded, **{"epsilon": 0.1, "gradient_step": 0} | wrong)


def test_a_learners_objective_can_be_recorded_too():
    def never_clips(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
        return clipped_surrogate(logprobs, old_logprobs, advantages, clip_low=0.99, clip_high=1e6)

    free = record_update([0.1], epochs=2, trained=0, objective=never_clips)
    held = record_update([0.1], epochs=2, trained=0)
    assert free.ratios.max() > held.ratios.max()


def test_the_explorable_has_both_sliders_and_starts_before_the_first_step():
    try_this, row, view = batch_of_ratios(record_update([0.1, 0.2], epochs=1, trained=0)).children
    assert all(words in try_this.value for words in ("Try this", "Watch"))
    assert isinstance(view, PlotView)
    assert (view.gradient_step, view.epsilon) == (0, 0.2)
    assert [slider.description for slider in row.children] == ["gradient step", "clip range ε"]

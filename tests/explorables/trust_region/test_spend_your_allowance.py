"""Spend your allowance: costs and gains against two coins by hand, every shortening against TRPO's line search."""

import math

import numpy as np
import pytest
import torch

from rlcourse.explorables import spend_your_allowance, spend_your_allowance_figure
from rlcourse.explorables.trust_region.spend_your_allowance import (
    CONTROLS,
    DELTA,
    LENGTHS,
    STARTS_1,
    STARTS_2,
    STEPS,
    TURNS,
    VERDICTS,
    spend_your_allowance_plot,
)
from rlcourse.explorables.trust_region.two_junctions import directions_from, search_along

from .test_natural_gradient_step import expected_return, kl_by_hand

OPENS = {control.name: control.start for control in CONTROLS}


@pytest.fixture(scope="module")
def plot():
    return spend_your_allowance_plot(STARTS_1, STARTS_2)


@pytest.fixture(scope="module")
def states():
    """Starts, directions and lengths, drawn with a seed."""
    generator = np.random.default_rng(0)
    grids = {"start_1": STARTS_1, "start_2": STARTS_2, "turn": TURNS, "length": LENGTHS}
    return [{name: float(generator.choice(grid)) for name, grid in grids.items()} for _ in range(150)]


def ends_of(state):
    """Where a step begins and ends."""
    old, turn = np.array([state["start_1"], state["start_2"]]), math.radians(state["turn"])
    return old, old + state["length"] * np.array([math.cos(turn), math.sin(turn)])


def most_from(old):
    """The largest gain on a fine net of what the allowance can buy."""
    net = np.stack(np.meshgrid(np.linspace(-9, 9, 901), np.linspace(-9, 9, 901)), axis=-1)
    inside = net[kl_by_hand(old, net) <= DELTA]
    return (expected_return(inside) - expected_return(old)).max()


def test_a_step_costs_and_gains_what_two_coins_say(plot, states):
    for state in states:
        old, tip = ends_of(state)
        np.testing.assert_allclose([plot.pick(f"tip_{axis}", state) for axis in "xy"], tip, atol=1e-12)
        assert plot.pick("spent", state) == pytest.approx(100 * kl_by_hand(old, tip) / DELTA, abs=1e-6)
        gain = expected_return(tip) - expected_return(old)
        assert plot.pick("gained", state) == pytest.approx(100 * gain / plot.pick("most", state), abs=1e-6)


@pytest.mark.parametrize("old", [(-4.0, 0.0), (0.0, 2.0)])
def test_the_most_is_the_most_that_the_allowance_can_buy(plot, old):
    state = dict(zip(("start_1", "start_2"), old, strict=True))
    assert plot.pick("most", state) == pytest.approx(most_from(np.array(old)), rel=0.01)


def test_let_go_a_step_ends_where_the_line_search_does(plot, states):
    """But for steps that would end shorter than the shortest here: these count as none."""
    tried, none = 0, 0
    for state in states:
        old, tip = (torch.from_numpy(end) for end in ends_of(state))
        accepted, shares = search_along(old, tip - old, DELTA)
        seen = [state["length"]]
        while (following := plot.pick("following", state | {"length": seen[-1]}).item()) != seen[-1]:
            seen.append(following)
        if 0 < (accepted - old).norm() < LENGTHS[1]:
            assert seen[-1] == 0
            continue
        assert (accepted - old).norm().item() == pytest.approx(seen[-1], abs=1e-9)
        if seen[-1]:
            np.testing.assert_allclose(np.divide(seen, state["length"]), shares, rtol=1e-9)
        tried, none = tried + (len(shares) > 1 and seen[-1] > 0), none + (seen[-1] == 0)
    assert tried > 20 and none > 20


def test_the_words_say_whether_it_fits(plot, states):
    for state in states:
        old, tip = ends_of(state)
        stays = plot.pick("following", state) == state["length"]
        fits = kl_by_hand(old, tip) <= DELTA and expected_return(tip) > expected_return(old)
        said = VERDICTS.index(plot.fill("{verdict}", state))
        assert (said == 1) == fits
        assert (said in (0, 1)) == stays
        if said == 2:
            assert kl_by_hand(old, tip) > DELTA


def test_the_rivals_are_within_the_allowance_and_shown_where_asked_for(plot):
    for shown, names in ((0, ()), (1, ("plain",)), (2, ("natural",)), (3, ("plain", "natural"))):
        state = OPENS | {"over": shown}
        for name in ("plain", "natural"):
            step = [plot.pick(f"{name}_{axis}", state).item() for axis in "xy"]
            assert any(step) == (name in names)
            assert np.isfinite(plot.pick(f"{name}_bars", state, along="bar")).all() == (name in names)
        assert ("natural" in plot.fill("{beside}", state)) == ("natural" in names)
    for name in ("plain", "natural"):
        spent, gained = np.moveaxis(plot.arrays[f"{name}_bars"].values[:, :, 3], -1, 0)
        assert spent.max() <= 100 and gained.max() <= 100.5 and gained.min() > 0


def test_from_minus_four_the_natural_step_gains_more_than_the_gradients(plot):
    assert plot.pick("natural_gained", OPENS) > 2 * plot.pick("plain_gained", OPENS)


def test_the_trails_are_one_step_after_the_other(plot):
    for name, direction in (("plain", "gradient"), ("natural", "natural")):
        old = torch.tensor([-4.0, 0.0], dtype=torch.float64)
        for step in range(1, STEPS + 1):
            directions = directions_from(old)
            old, _ = search_along(old, directions.full_step(getattr(directions, direction), DELTA), DELTA)
            state = {"steps": step}
            trail = [plot.pick(f"{name}_trail_{axis}", state, along="time") for axis in "xy"]
            np.testing.assert_allclose([axis[step] for axis in trail], old)
            assert np.isnan(trail[0][step + 1 :]).all()
            assert plot.pick(f"{name}_share", state) == pytest.approx(100 * expected_return(old.numpy()) / 0.6)


def test_the_figure_hatches_what_the_allowance_does_not_buy():
    plane, bars = spend_your_allowance_figure(turn=10, length=LENGTHS[-1], over=3, steps=4).axes
    hatched = [patch for patch in bars.patches if patch.get_hatch()]
    assert [patch.get_y() for patch in hatched] == [100], "what is overspent, not what is gained"
    assert all(not patch.get_hatch() for patch in spend_your_allowance_figure().axes[1].patches)
    assert plane.get_position().width > 1.5 * bars.get_position().width


@pytest.mark.parametrize("wrong", [{"start_1": -3.5}, {"start_2": math.nan}, {"turn": 1}, {"length": 9}, {"steps": 9}])
def test_a_state_outside_the_picture_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        spend_your_allowance_figure(**wrong)


def test_what_is_dragged_has_no_slider_and_there_is_little_to_send():
    try_this, row, view = spend_your_allowance().children
    assert "Try this" in try_this.value and "Watch" in try_this.value
    assert [control.description for control in row.children] == ["lay beside it", "steps of both"]
    assert view.plays == ["steps"] and view.turn == 45
    assert sum(map(len, view.numbers.values())) < 2_000_000

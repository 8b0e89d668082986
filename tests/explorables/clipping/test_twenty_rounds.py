"""Twenty rounds on one batch: what is shown is what was recorded, and the arrows are the trainer's own gradients."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from rlcourse.equations import clip_fraction, clipped_surrogate, kl_k3
from rlcourse.experiments.recipes import the_maze
from rlcourse.explorables import promise, record_update, record_without_clip, truth, twenty_rounds, twenty_rounds_figure
from rlcourse.explorables.clipping.batch_of_ratios import no_longer_pushed
from rlcourse.explorables.clipping.ppo_pictures import moved
from rlcourse.explorables.clipping.rounds import Rounds
from rlcourse.explorables.clipping.twenty_rounds import FENCED, FREE, picked_dots, twenty_rounds_plot
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.maze import solve, ways_out


@pytest.fixture(scope="module")
def free():
    return record_without_clip(rounds=6, trained=3)


@pytest.fixture(scope="module")
def held():
    return record_update([0.1, 0.2], epochs=6, trained=3)


@pytest.fixture(scope="module")
def rounds(free, held):
    return Rounds(free, held)


@pytest.fixture(scope="module")
def plot(rounds):
    return twenty_rounds_plot(rounds)


def test_the_curves_are_promise_and_truth_of_every_run(plot, free, held):
    one = replace(held, epsilons=(0.2,), logprobs=held.logprobs[1:], policies=held.policies[1:])
    for fence, update in ((1, one), (2, free)):
        for name, measure in (("promise", promise), ("truth", truth)):
            curve = plot.pick(f"{name}_curve", {"fence": fence}, along="time")
            np.testing.assert_allclose(curve, measure(update)[::2], atol=1e-5)
        kl = plot.array("kl").values[fence]
        np.testing.assert_allclose(kl, moved(update)[::2], atol=1e-6)
    np.testing.assert_allclose(plot.array("truth_free").values, truth(free)[::2], atol=1e-9)


def test_without_a_clip_the_surrogate_itself_is_climbed(free):
    """A clip so wide that no ratio reaches it makes the same steps."""

    def wide(logprobs, old_logprobs, advantages, **_):
        return clipped_surrogate(logprobs, old_logprobs, advantages, clip_low=0.9999, clip_high=1e6)

    wide_open = record_update([0.2], epochs=6, trained=3, objective=wide)
    torch.testing.assert_close(free.logprobs, wide_open.logprobs)


def test_who_gets_no_push_is_who_the_trainers_objective_leaves_alone(rounds, held):
    assert torch.equal((rounds.pushes[:2] == 0) & (held.advantages != 0), no_longer_pushed(held)[:, ::2])
    assert (rounds.pushes[2][:, held.advantages != 0] != 0).all(), "without a fence every action is pushed"


def test_an_arrow_is_the_gradient_by_finite_differences(rounds, held):
    step, h = 10, 1e-3
    given = held.old_logprobs.double(), held.advantages.double()
    ahead, behind = (
        clipped_surrogate(held.logprobs[0, step].double() + side, *given, clip_low=0.1, clip_high=0.1)
        for side in (h, -h)
    )
    ratios = held.ratios[0, step]
    inside = ((ratios - 0.9).abs() > 2 * h) & ((ratios - 1.1).abs() > 2 * h)  # away from the corners
    slope = (ahead - behind) / (2 * h)
    torch.testing.assert_close(rounds.pushes[0, step // 2].double()[inside], slope[inside], atol=1e-4, rtol=1e-3)


def test_the_gauges_count_the_whole_batch(plot, held):
    state = {"fence": 0, "round": 4.5}
    new, old = held.logprobs[0, 18], held.old_logprobs
    fraction = float(clip_fraction(new, old, clip_low=0.1, clip_high=0.1))
    assert plot.pick("outside", state) == pytest.approx(100 * fraction)
    assert plot.pick("flat", state) + plot.pick("back", state) == pytest.approx(100 * fraction, abs=0.2)
    assert plot.pick("kl", state) == pytest.approx(float(kl_k3(old, new).mean()), rel=1e-4)
    assert f"{100 * fraction:.0f} % are outside" in plot.fill(plot.readouts[1], state)


def test_the_dots_are_actions_of_the_batch_and_stand_at_1_before_the_first_step(plot, rounds, held):
    picked = picked_dots(rounds)
    assert len(set(picked.tolist())) == 200
    assert (plot.array("dot_x").values[:, 0] == 0).all()
    x = plot.pick("dot_x", {"fence": 0, "round": 3}, along="dot")
    np.testing.assert_allclose(x, held.ratios[0, 12, picked].log2().clamp(-4, 3), atol=1e-4)
    y, advantages = plot.array("dot_y").values, held.advantages[picked].numpy()
    assert (np.sign(y) == np.sign(advantages)).all()
    assert (np.diff(y[np.argsort(advantages)]) >= 0).all(), "in order"


def test_the_maps_are_what_the_policy_does_and_how_its_value_has_changed(plot, held):
    maze, cell = the_maze(), 9
    before, after = (held.policies[1, step].double().numpy() for step in (0, 24))
    change = solve(maze, gamma=0.99, policy=after).V - solve(maze, gamma=0.99, policy=before).V
    state = {"fence": 1, "round": 6}
    shown = plot.pick("change", state, along="cell")
    np.testing.assert_allclose(shown, change.reshape(-1, 4).mean(1), atol=1e-9)
    arrow = [plot.pick(f"way_d{axis}", state, along="cell")[cell] for axis in "xy"]
    ways = ways_out(maze, after)[cell]
    north, east, south, west = np.eye(4)[ways.argmax()] * ways.max()
    np.testing.assert_allclose(arrow, [0.64 * (east - west), 0.64 * (north - south)], atol=1e-9)


def test_the_grips_of_the_fences_stand_where_no_dot_is(plot):
    (dots,) = [panel for panel in plot.panels if panel.x.label.startswith("ratio")]
    for handle in dots.handles:
        assert (
            abs(dots.y.low + handle.grip * (dots.y.high - dots.y.low)) > np.abs(plot.arrays["dot_y"].values).max() + 0.1
        )


def test_the_grip_on_the_curves_stands_above_all_their_points(plot):
    for panel, name in zip(plot.panels, ("promise", "truth"), strict=False):
        highest = (plot.array(f"{name}_curve").values.max() - panel.y.low) / (panel.y.high - panel.y.low)
        assert panel.handles[0].grip - highest > 0.1


def test_what_is_sent_to_the_browser_is_less_than_a_megabyte(plot):
    usual = {"fence": 5, "round": 41, "time": 41}  # and not as few as are recorded here
    sizes = {name: usual.get(name, len(values)) for name, values in plot.grids.items()}
    arrays = (*plot.arrays.values(), *plot.choices.values())
    assert sum(4 * math.prod(sizes[dim] for dim in array.dims) for array in arrays) < 1e6


def test_alone_it_has_rounds_and_with_a_clip_fences_too(free, held):
    for given, labels, words in (((free,), ["rounds"], FREE), ((free, held), ["rounds", "clip range ε:"], FENCED)):
        try_this, row, view = twenty_rounds(*given).children
        assert words in try_this.value and isinstance(view, PlotView)
        assert [control.description for control in row.children] == labels
        assert view.round == 0 and view.plays == ["round"]
    assert view.fence == 1  # 0.2


def test_the_figure_shows_the_state_asked_for(free, held):
    promised, true, _map, _bar, dots, *_ = twenty_rounds_figure(free, held, round=6, clip="0.2").axes
    assert dots.get_xticklabels()[4].get_text() == "1"
    assert dots.patches[0].get_bbox().intervalx == pytest.approx(np.log2([0.8, 1.2]))
    assert promised.lines[-1].get_xdata() == [6] == true.lines[-1].get_xdata()
    alone = twenty_rounds_figure(free, round=3)
    assert len(alone.axes) == 4 + 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"round": 2.3}, "round must be one of"), ({"round": 7}, "round"), ({"clip": "0.3"}, "clip must be")],
)
def test_a_state_that_was_not_recorded_is_refused(free, held, wrong, words):
    with pytest.raises(ValueError, match=words):
        twenty_rounds_figure(free, held, **wrong)


def test_two_batches_are_refused(free, held):
    with pytest.raises(ValueError, match="on the same batch"):
        twenty_rounds(free, record_update([0.2], epochs=6, trained=2))
    with pytest.raises(ValueError, match="as many gradient steps, got 24 and 20"):
        twenty_rounds(free, replace(held, logprobs=held.logprobs[:, :21], policies=held.policies[:, :21]))
    with pytest.raises(ValueError, match="free must be recorded for one clip range, got 2"):
        twenty_rounds(held)
    with pytest.raises(ValueError, match="held must come with free"):
        twenty_rounds(None, held)

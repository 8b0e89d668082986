"""KL both ways: the numbers against sums by hand, the minima against theory, the words against the numbers."""

import math

import numpy as np
import pytest

from rlcourse.explorables import kl_both_ways, kl_both_ways_figure
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.explorables.trust_region.kl_both_ways import ACTIONS, CENTRES, DRAWS, VERDICTS, WIDTHS, kl_both_ways_plot

A = np.array(ACTIONS)


@pytest.fixture(scope="module")
def plot():
    return kl_both_ways_plot(CENTRES, WIDTHS)


def of(plot, name):
    return plot.arrays[name].values


def p_by_hand():
    bells = 0.6 / 0.6 * np.exp(-(((A + 1.75) / 0.6) ** 2) / 2) + 0.4 / 0.7 * np.exp(-(((A - 1.75) / 0.7) ** 2) / 2)
    return bells / bells.sum()


def q_by_hand(centre, width):
    bell = np.exp(-(((A - centre) / width) ** 2) / 2)
    return bell / bell.sum()


def test_p_and_q_are_the_bells_they_are_said_to_be(plot):
    np.testing.assert_allclose(of(plot, "p"), p_by_hand(), atol=1e-12)
    for i, j in ((0, 0), (12, 7), (24, 20)):
        np.testing.assert_allclose(of(plot, "q")[i, j], q_by_hand(CENTRES[i], WIDTHS[j]), atol=1e-12)


def test_both_kls_are_the_sums_by_hand(plot):
    p = p_by_hand()
    for i, centre in enumerate(CENTRES[::6]):
        for j, width in enumerate(WIDTHS[::5]):
            q = q_by_hand(centre, width)
            assert of(plot, "kl_pq")[6 * i, 5 * j] == pytest.approx((p * np.log(p / q)).sum(), abs=1e-9)
            assert of(plot, "kl_qp")[6 * i, 5 * j] == pytest.approx((q * np.log(q / p)).sum(), abs=1e-9)


def test_the_best_cover_of_p_has_its_mean_and_standard_deviation(plot):
    """The bell nearest to p in KL(p‖q) matches its first two moments."""
    p = p_by_hand()
    mean = (p * A).sum()
    std = math.sqrt((p * (A - mean) ** 2).sum())
    i, j = np.unravel_index(of(plot, "kl_pq").argmin(), of(plot, "kl_pq").shape)
    assert abs(CENTRES[i] - mean) <= 0.25 / 2 + 1e-9
    assert abs(WIDTHS[j] - std) <= 0.1 / 2 + 0.02  # on a lattice cut off at ±5, nearly


def test_the_best_seeker_sits_on_the_larger_hump(plot):
    i, j = np.unravel_index(of(plot, "kl_qp").argmin(), of(plot, "kl_qp").shape)
    assert (CENTRES[i], WIDTHS[j]) == (-1.75, 0.6)


def test_k1_and_k3_are_right_on_average_and_k2_is_not(plot):
    np.testing.assert_allclose(of(plot, "k1_mean"), of(plot, "kl_qp"), atol=1e-9)
    np.testing.assert_allclose(of(plot, "k3_mean"), of(plot, "kl_qp"), atol=1e-9)
    assert np.median(np.abs(of(plot, "k2_mean") - of(plot, "kl_qp"))) > 0.1


@pytest.mark.parametrize("name", ["k1", "k2", "k3"])
def test_the_spread_and_the_draws_are_those_of_samples_of_q(plot, name):
    centre, width = 18, 3
    p, q = p_by_hand(), q_by_hand(CENTRES[centre], WIDTHS[width])
    says = {"k1": np.log(q / p), "k2": np.log(q / p) ** 2 / 2, "k3": p / q - np.log(p / q) - 1}[name]
    mean = (q * says).sum()
    std = math.sqrt((q * (says - mean) ** 2).sum())
    np.testing.assert_allclose(of(plot, f"{name}_spread")[centre, width], [mean - std, mean + std], rtol=1e-6)
    drawn = of(plot, f"{name}_draws")[centre, width]
    assert all(np.isclose(drawn[:, None], says, rtol=1e-6, atol=1e-9).any(axis=1))
    # Each of the draws stands for one in forty.
    assert abs(np.mean(drawn) - mean) < 4 * std / math.sqrt(DRAWS)


def test_the_draws_of_all_three_estimates_are_the_same_actions(plot):
    k1, k2 = of(plot, "k1_draws"), of(plot, "k2_draws")
    np.testing.assert_allclose(k2, k1**2 / 2, rtol=1e-6, atol=1e-12)


def test_the_marked_minima_are_those_of_the_drawn_curves(plot):
    for width in (0.5, 1.2, 2.5):
        state = {"centre": 0.0, "width": width}
        for kl, best, where in (("kl_pq", "best_pq", "best_centre_pq"), ("kl_qp", "best_qp", "best_centre_qp")):
            curve = plot.pick(kl, state, along="centre")
            assert plot.pick(best, state) == curve.min()
            assert plot.pick(where, state) == CENTRES[int(curve.argmin())]


@pytest.mark.parametrize(
    ("centre", "width", "verdict"), [(-0.25, 1.9, 0), (-1.75, 0.6, 1), (1.75, 0.7, 2), (0.0, 2.4, 3), (-3.0, 0.5, 2)]
)
def test_the_verdict_says_what_the_numbers_say(plot, centre, width, verdict):
    state = {"centre": centre, "width": width}
    assert plot.pick("verdict", state) == verdict
    assert VERDICTS[verdict] in plot.fill(plot.alt, state)
    towards, back = plot.pick("kl_pq", state), plot.pick("kl_qp", state)
    assert {0: towards < back, 1: back < towards, 2: towards > back, 3: back > towards}[verdict]


def test_the_figure_draws_the_same_curves():
    distributions, curves, _ = kl_both_ways_figure(centre=1.0, width=1.3).axes
    np.testing.assert_allclose(distributions.lines[0].get_ydata(), q_by_hand(1.0, 1.3), atol=1e-9)
    p, towards = p_by_hand(), curves.lines[0]
    at_one = np.interp(1.0, towards.get_xdata(), towards.get_ydata())
    assert at_one == pytest.approx((p * np.log(p / q_by_hand(1.0, 1.3))).sum())


def test_without_samples_there_are_two_panels_and_the_same_kls(plot):
    fewer = kl_both_ways_plot(CENTRES, WIDTHS, samples=False)
    assert fewer.panels == plot.panels[:2] and len(plot.panels) == 3
    assert not any(name.startswith("k") and name[1].isdigit() for name in fewer.arrays)
    for name, array in fewer.arrays.items():
        np.testing.assert_array_equal(array.values, of(plot, name))
    state = {"centre": 0.5, "width": 0.8}
    assert "samples" not in fewer.fill(fewer.alt, state) + "".join(fewer.readouts)
    assert plot.fill(plot.alt, state).startswith(fewer.fill(fewer.alt, state))
    assert len(kl_both_ways_figure(samples=False).axes) == 2
    try_this, _, view = kl_both_ways(samples=False).children
    assert "KL(p‖q)" in try_this.value and view.centre == 0.5


@pytest.mark.parametrize("wrong", [{"centre": 3.1}, {"centre": math.nan}, {"width": 0.4}, {"width": 2.6}])
def test_a_state_outside_the_picture_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        kl_both_ways_figure(**wrong)


def test_the_explorable_has_two_sliders_and_little_to_send():
    try_this, row, view = kl_both_ways().children
    assert "Try this" in try_this.value and "Watch" in try_this.value
    assert isinstance(view, PlotView)
    assert [slider.description for slider in row.children] == ["centre of q", "width of q"]
    assert [slider.value for slider in row.children] == [view.centre, view.width]
    assert sum(map(len, view.numbers.values())) < 1_000_000

"""The values of prefixes: the article's numbers, the closed form, and the tokens of the course's own GPT-2."""

import math

import numpy as np
import pytest

from rlcourse.explorables import prefix_values, prefix_values_figure
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.explorables.values.prefix_values import GAMMAS, REWARDS, TEXTS, TOKENS, prefix_values_plot
from rlcourse.language import load_gpt2


@pytest.fixture(scope="module")
def plot():
    return prefix_values_plot()


def test_the_tokens_are_those_of_the_courses_gpt2():
    _, tokenizer = load_gpt2("sft")
    ids = tokenizer("".join(TOKENS), add_special_tokens=False)["input_ids"]
    assert tuple(tokenizer.decode([token]) for token in ids) == TOKENS


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.93, 1.0])
@pytest.mark.parametrize("reward", [-1.0, 0.0, 0.8])
def test_the_bars_are_the_powers_of_gamma_times_the_reward(plot, gamma, reward):
    state = {"gamma": gamma, "reward": reward}
    expected = [reward * math.pow(gamma, 6 - i) for i in range(7)]
    np.testing.assert_allclose(plot.pick("value", state, along="cursor"), expected, atol=1e-6)
    assert plot.pick("first", state) == pytest.approx(expected[0], abs=1e-6)
    assert plot.pick("first_of_long", state) == pytest.approx(reward * gamma**199, abs=1e-6)


def test_the_articles_example_is_where_it_starts():
    _, row, view = prefix_values().children
    assert (view.gamma, view.reward) == (0.9, 0.8)
    assert {slider.description: slider.value for slider in row.children} == {
        "discount γ": 0.9,
        "reward R": 0.8,
    }
    assert isinstance(view, PlotView)
    values = [view.plot.pick("value", {"gamma": 0.9, "reward": 0.8}, along="cursor")[i] for i in (-1, -2, -3)]
    np.testing.assert_allclose(values, [0.8, 0.8 * 0.9, 0.8 * 0.9**2], rtol=1e-6)


def test_each_number_stands_beyond_the_end_of_its_bar(plot):
    for i in range(len(TEXTS)):
        value, place = plot.arrays[f"value_{i}"].values, plot.arrays[f"beside_{i}"].values
        assert (np.where(value < 0, value - place, place - value) > 0).all()
        assert np.abs(place).max() <= 1.3  # inside the panel


def test_nothing_is_written_as_less_than_nothing(plot):
    state = {"gamma": 0.1, "reward": -0.4}
    written = [plot.fill(f"{{value_{i}:.2f}}", state) for i in range(len(TEXTS))]
    assert written == ["0.00", "0.00", "0.00", "0.00", "0.00", "−0.04", "−0.40"]
    assert "+0.00 arrives" in plot.fill(plot.readouts[0], state)
    assert "it would be 0.0000" in plot.fill(plot.readouts[1], state)


def test_the_words_say_the_numbers(plot):
    state = {"gamma": 0.5, "reward": -0.8}
    assert [plot.fill(line, state) for line in plot.readouts] == [
        "Of the reward −0.8, −0.01 arrives at the first cursor.",
        "In one of 200 tokens it would be 0.0000.",
    ]
    assert "γ = 0.50" in plot.fill(plot.alt, state) and "−0.01 before the first token" in plot.fill(plot.alt, state)


def test_the_figure_draws_the_same_bars():
    axes = prefix_values_figure(gamma=0.5, reward=1.0).axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, [0.5**k for k in (6, 5, 4, 3, 2, 1, 0)])
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "|", "2|", "2+|", "2+2|", "2+2␣is|", "2+2␣is␣|", "2+2␣is␣4|",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"gamma": 1.1}, {"gamma": -0.1}, {"reward": 2}, {"reward": math.nan}])
def test_a_state_outside_the_picture_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        prefix_values_figure(**wrong)


def test_the_grids_hold_the_articles_numbers():
    assert 0.8 in REWARDS and 0.0 in REWARDS and {0.0, 0.9, 1.0} <= set(GAMMAS)

"""The explorable of a group: its numbers are those of the equation, its words those of its numbers."""

import pytest
import torch

from rlcourse.equations import group_advantages
from rlcourse.explorables.groups.group_of_answers import (
    GROUP_SIZE,
    group_of_answers,
    group_of_answers_figure,
    group_of_answers_plot,
)
from rlcourse.explorables.plotting.plot_view import PlotView


@pytest.fixture(scope="module")
def plot():
    return group_of_answers_plot()


@pytest.mark.parametrize("right", range(GROUP_SIZE + 1))
def test_rewards_and_advantages_are_those_of_the_equation(plot, right):
    rewards = plot.pick("reward", {"right": right}, along="answer")
    assert rewards.sum() == right
    expected = group_advantages(torch.tensor(rewards)[None])[0].numpy()
    assert plot.pick("advantage", {"right": right}, along="answer") == pytest.approx(expected)


@pytest.mark.parametrize("right", range(GROUP_SIZE + 1))
def test_each_answer_has_an_arrow_of_its_advantage_one_way_only(plot, right):
    advantages = plot.pick("advantage", {"right": right}, along="answer")
    for i, advantage in enumerate(advantages):
        up, down = (float(plot.pick(f"{way}_{i}", {"right": right})) for way in ("up", "down"))
        assert up >= 0 >= down
        assert up + down == pytest.approx(advantage)


def test_one_more_right_answer_changes_one_reward(plot):
    rewards = plot.arrays["reward"].values
    assert (abs(rewards[1:] - rewards[:-1]).sum(axis=1) == 1).all()


def test_the_words_tell_groups_that_teach_from_those_that_do_not(plot):
    said = [plot.fill("{verdict}", {"right": right}) for right in range(GROUP_SIZE + 1)]
    assert "nothing is learned" in said[0] and "nothing is learned" in said[8]
    assert said[1] == "1 of 8 is right. Each right answer gets +2.47 and each wrong one −0.35."
    assert said[2].startswith("2 of 8 are right.")
    assert said[3] in plot.fill(plot.alt, {"right": 3})


def test_the_figure_draws_the_rewards_and_the_mean():
    left, right = group_of_answers_figure(right=2).axes
    mean, rewards = left.lines
    assert mean.get_ydata()[0] == 0.25
    assert sorted(rewards.get_ydata()) == [0] * 6 + [1] * 2
    assert len(right.texts) == GROUP_SIZE, "an arrow for each answer"


@pytest.mark.parametrize("wrong", [-1, 9])
def test_an_impossible_group_is_refused(wrong):
    with pytest.raises(ValueError, match="right"):
        group_of_answers_figure(right=wrong)


def test_the_explorable_has_its_slider():
    try_this, row, view = group_of_answers().children
    assert "Try this" in try_this.value and "Watch" in try_this.value
    assert isinstance(view, PlotView)
    (slider,) = row.children
    assert (slider.min, slider.max, slider.step, slider.value) == (0, 8, 1, view.right)

"""Pictures of groups: that they show the numbers they were given, and say them in words."""

import pytest
import torch

from rlcourse.explorables.groups.group_pictures import (
    KINDS,
    baseline_picture,
    group_picture,
    kinds_of_answers,
    kinds_picture,
)

ANSWERS = [" 2+2 is 4.", " I guess 2+2 is 5.", " 2+2 is 3."]
REWARDS = torch.tensor([1.0, 0.0, 0.0])
ADVANTAGES = torch.tensor([1.15, -0.58, -0.57])


def widths(axes):
    return [patch.get_width() for patch in axes.patches]


def test_a_group_shows_each_answer_with_its_reward_and_advantage():
    picture = group_picture(ANSWERS, REWARDS, ADVANTAGES, question="What is 2+2?")
    left, right = picture.figure.axes
    assert widths(left) == pytest.approx(REWARDS.tolist())
    assert widths(right) == pytest.approx(ADVANTAGES.tolist())
    assert [label.get_text() for label in left.get_yticklabels()] == [answer.strip() for answer in ANSWERS]
    assert left.yaxis_inverted(), "the first answer stands on top"
    assert picture.figure.get_suptitle() == "What is 2+2?"
    assert "2+2 is 4.: 1.00, +1.15" in picture.alt
    assert "0.00, −0.58" in picture.alt


def test_what_is_made_less_likely_is_not_told_by_colour_alone():
    _, right = group_picture(ANSWERS, REWARDS, ADVANTAGES).figure.axes
    better, worse, _ = right.patches
    assert better.get_facecolor() != worse.get_facecolor()
    assert (better.get_hatch() or "") == "" and worse.get_hatch()
    assert "−0.58" in [text.get_text() for text in right.texts]


def test_the_mean_of_the_group_is_drawn():
    left, _ = group_picture(ANSWERS, REWARDS, ADVANTAGES).figure.axes
    assert left.lines[1].get_xdata()[0] == pytest.approx(1 / 3)
    assert "mean 0.33" in [text.get_text() for text in left.texts]


def test_a_group_without_differences_can_be_drawn():
    _, right = group_picture(["a", "b"], torch.zeros(2), torch.zeros(2)).figure.axes
    assert widths(right) == [0, 0]
    low, high = right.get_xlim()
    assert low < high


def test_answers_are_shortened_and_never_typeset():
    odd = ["$x_1$ and\nmore", "a" * 60]
    left, _ = group_picture(odd, torch.zeros(2), torch.zeros(2)).figure.axes
    first, second = (label.get_text() for label in left.get_yticklabels())
    assert "$" not in first and "\n" not in first
    assert len(second) <= 28 and second.endswith("…")


@pytest.mark.parametrize("wrong", [([], torch.zeros(0), torch.zeros(0)), (["a"], torch.zeros(2), torch.zeros(2))])
def test_a_group_of_other_lengths_is_refused(wrong):
    with pytest.raises(ValueError, match="one entry per answer"):
        group_picture(*wrong)


def test_group_means_stand_beside_the_value_and_the_error_beside_its_law():
    values = torch.tensor([0.25, 0.75])
    means = torch.tensor([[0.0, 0.5, 0.5], [0.5, 1.0, 1.0]])
    measured, theory = {2: 0.4, 8: 0.19, 32: 0.11}, {2: 0.4, 8: 0.2, 32: 0.1}
    picture = baseline_picture(["2+2", "7+5"], values, means, measured, theory)
    left, right = picture.figure.axes
    assert [collection.get_offsets()[:, 0].tolist() for collection in left.collections] == [[0.0, 0.5], [0.5, 1.0]]
    first = left.collections[0].get_sizes()
    assert first[1] > first[0], "two of three groups have the mean 0.5"
    assert left.lines[0].get_xdata() == pytest.approx(values.numpy())
    dashed, solid = right.lines
    assert list(dashed.get_ydata()) == list(theory.values())
    assert list(solid.get_ydata()) == list(measured.values())
    assert "0.19 at G = 8" in picture.alt


def test_baselines_without_a_row_for_each_question_are_refused():
    with pytest.raises(ValueError, match="one entry per question"):
        baseline_picture(["2+2"], torch.zeros(2), torch.zeros(2, 3), {2: 0.1}, {2: 0.1})
    with pytest.raises(ValueError, match="theory"):
        baseline_picture(["2+2"], torch.zeros(1), torch.zeros(1, 3), {2: 0.1}, {4: 0.1})


def test_answers_are_divided_by_how_they_were_found_and_what_came_of_it():
    answers = [" I guess 2+2 is 4.", " I guess 2+2 is 5.", " 2+2 is 4.", " 2+2 is 4.", " 2+2 is 5."]
    shares = kinds_of_answers(answers, [1.0, 0.0, 1.0, 1.0, 0.0])
    assert tuple(shares) == KINDS
    assert shares == {
        "guessed, right": 0.2,
        "guessed, wrong": 0.2,
        "computed, right": 0.4,
        "computed, wrong": 0.2,
    }


@pytest.mark.parametrize("wrong", [([], []), (["a"], [1.0, 0.0])])
def test_answers_without_a_reward_each_are_refused(wrong):
    with pytest.raises(ValueError, match="one entry per answer"):
        kinds_of_answers(*wrong)


def test_the_kinds_stand_end_to_end():
    shares = {"before": dict(zip(KINDS, (0.5, 0.03, 0.17, 0.3), strict=True))}
    picture = kinds_picture(shares)
    (axes,) = picture.figure.axes
    assert widths(axes) == pytest.approx([0.5, 0.03, 0.17, 0.3])
    ends = [patch.get_x() + patch.get_width() for patch in axes.patches]
    assert [patch.get_x() for patch in axes.patches] == pytest.approx([0.0, *ends[:-1]])
    assert [text.get_text() for text in axes.texts] == ["50 %", "", "17 %", "30 %"], "a sliver has no room for a number"
    assert "computed, right 30%" in picture.alt

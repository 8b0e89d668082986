"""Pictures of gradients and curves: that they show the numbers they were given, and say them in words."""

import pytest
import torch

from rlcourse.explorables.gradients.gradient_pictures import curves_picture, noise_table

EXACT = torch.tensor([0.1, -0.2, 0.3])


def test_curves_stand_in_their_panels_and_are_told_apart_by_more_than_colour():
    panels = {"loss": {"a": [3.0, 1.0], "b": [2.0, -1.5]}, "return": {"a": [0.0, 1.0], "b": [1.0, 0.5]}}
    picture = curves_picture(panels, xlabel="steps", x=[0, 10], target={"return": 0.7})
    loss, returns = picture.figure.axes
    assert [line.get_ydata().tolist() for line in loss.lines] == [[3.0, 1.0], [2.0, -1.5]]
    assert loss.lines[0].get_xdata().tolist() == [0, 10]
    assert len({line.get_linestyle() for line in loss.lines}) == 2
    assert len(returns.lines) == 3 and returns.lines[2].get_ydata()[0] == 0.7
    assert "loss, b: from 2.00 to −1.50" in picture.alt


def test_the_noise_is_the_distance_from_the_mean_and_half_of_it_is_worth_four_times_the_walks():
    far = [torch.tensor([3.0, 4.0 + 2]), torch.tensor([3.0, 4.0 - 2])]
    near = [torch.tensor([3.0 + 1, 4.0]), torch.tensor([3.0 - 1, 4.0])]
    rows = noise_table({"far": far, "near": near}).rows
    assert rows == (("far", "5.0000", "2.0000", "1.0 ×"), ("near", "5.0000", "1.0000", "4.0 ×"))


def test_the_noise_of_normal_estimates_is_the_root_of_their_summed_variances():
    estimates = torch.randn(4_000, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([0.3, 0.4])
    noise = float(noise_table({"normal": list(estimates)}).rows[0][2])
    assert noise == pytest.approx(0.5, rel=0.03)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: noise_table({}), "at least one way"),
        (lambda: noise_table({"none": [EXACT]}), "'none'.*two or more estimates, got 1"),
        (lambda: curves_picture({}, xlabel="steps"), "at least one panel"),
        (lambda: curves_picture({"loss": {}}, xlabel="steps"), "'loss'.*1 to 4 curves, got 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()

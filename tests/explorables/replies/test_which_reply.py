"""The desk where replies are compared, from the kernel's side; tests/browser sits at it."""

import numpy as np
import pytest
import torch

from rlcourse.explorables import forecast_picture, scores_picture, which_reply
from rlcourse.language import Pair

PAIRS = [Pair("Question: How do I make tea?\nAnswer:", " Go away.", " Sure! <b>Wait</b>."), Pair("Hi", "a", "b")]


def test_the_browser_gets_requests_and_replies_without_what_is_around_them():
    desk = which_reply(PAIRS, wanted=2, bets=[1, 0]).desk
    assert desk["pairs"] == [["How do I make tea?", "Go away.", "Sure! <b>Wait</b>."], ["Hi", "a", "b"]]
    assert desk["bets"] == [1, 0] and desk["wanted"] == 2
    assert "the model" in desk["hint"] and "the model" not in which_reply(PAIRS, wanted=1).desk["hint"]


def test_pairs_of_which_neither_was_chosen_are_no_labels():
    desk = which_reply(PAIRS, wanted=2)
    desk.choices = [-1, 1]
    assert desk.labels == 1


def test_what_is_left_without_a_kernel_is_the_first_pair_to_read():
    still = which_reply(PAIRS, wanted=1).still()
    assert "How do I make tea?" in still.html and "&lt;b&gt;Wait" in still.html and "Run this cell" in still.html
    assert "1: Go away." in still.text


@pytest.mark.parametrize(
    ("pairs", "options", "message"),
    [
        ([], {}, "pairs must hold at least one"),
        (PAIRS, {"wanted": 3}, "wanted must be .* 2"),
        (PAIRS, {"wanted": 1, "bets": [1]}, "bets must be 0 or 1 for each of the 2 pairs"),
        (PAIRS, {"wanted": 1, "bets": [1, -1]}, "bets must be 0 or 1"),
    ],
)
def test_what_does_not_fit_is_refused(pairs, options, message):
    with pytest.raises(ValueError, match=message):
        which_reply(pairs, **options)


def test_scores_are_drawn_as_bars_of_their_length_below_0_hatched():
    picture = scores_picture([" Go away.", " Sure!"], {"yours": [-1.5, 0.5], "theirs": [2.0, -3.0]})
    left, right = picture.figure.axes
    assert [bar.get_width() for bar in left.patches] == [-1.5, 0.5]
    assert [bar.get_width() for bar in right.patches] == [2.0, -3.0]
    assert [bool(bar.get_hatch()) for bar in left.patches] == [True, False]
    assert "Go away. yours −1.50, theirs +2.00" in picture.alt
    with pytest.raises(ValueError, match="one number for each of the 2 replies"):
        scores_picture(["a", "b"], {"yours": [1.0]})


def test_a_forecast_is_as_far_from_what_is_paid_as_it_is_on_average():
    values, real = torch.tensor([[0.0, 1.0, 99.0], [0.0, -1.0, -3.0]]), torch.tensor([[1, 1, 0], [1, 1, 1]]).bool()
    picture = forecast_picture(values, torch.tensor([1.0, -3.0]), real)
    (line, *_) = picture.figure.axes[0].lines
    np.testing.assert_allclose(line.get_ydata()[[0, 5, 10]], [2.0, 1.25, 0.0], atol=1e-6)
    assert "2.00 before the first token and 0.00 before the last; 2.00 for whoever" in picture.alt
    assert "It falls most from 50 to 60 % read" in picture.alt and "it learns most here" in [
        text.get_text() for text in picture.figure.axes[0].texts
    ]

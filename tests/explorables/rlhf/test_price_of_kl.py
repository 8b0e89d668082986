"""The price of KL over recorded runs: what is drawn is what was measured, and replies stand beside their numbers."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.experiments import ASKED, load_prices, load_replies
from rlcourse.explorables.rlhf.price_of_kl import price_of_kl, price_of_kl_figure, price_of_kl_plot
from rlcourse.explorables.rlhf.rlhf_pictures import equal_kl_picture, four_models_picture
from rlcourse.language import REQUESTS

QUESTIONS = [REQUESTS[i].text for i in ASKED]


def run(*rows):
    return History(
        [{"step": 5 * i, "score": s, "gold_win_rate": w, "answer_kl": k} for i, (s, w, k) in enumerate(rows)]
    )


RUNS = {
    0.0: {0: run((0.0, 0.5, 0.0), (3.0, 0.1, 81.0)), 1: run((0.0, 0.5, 0.0), (2.0, 0.3, 19.0))},
    0.1: {0: run((0.0, 0.5, -0.1), (2.5, 0.9, 4.0)), 1: run((0.0, 0.5, 0.1), (2.5, 0.8, 4.0))},
}
REPLIES = {0.0: [["a {b}"], ["Sure!\nSure!"]], 0.1: [["a"], [" tea"]]}


def test_what_is_drawn_is_what_was_measured():
    plot = price_of_kl_plot(RUNS, REPLIES, asked=["Q?"])
    state = {"price": 0, "step": 5}
    for name, value in {"score": 2.5, "gold_win_rate": 20, "gold_win_rate_low": 10, "answer_kl_high": 81}.items():
        assert plot.pick(name, state) == pytest.approx(value)
    np.testing.assert_allclose(np.expm1(plot.pick("far_answer_kl_seeds", state, "seed")), [81, 19])
    np.testing.assert_allclose(plot.pick("gold_win_rate_curve", {"price": 1, "step": 0}, "moment"), [50, 85])
    np.testing.assert_allclose(plot.pick("gold_win_rate_ends", state, "end"), [20, 85])
    said = [plot.fill(text, state) for text in plot.readouts]
    assert said[0].startswith("At a price of 0, after 5 updates: score +2.50, win rate 20 % (10 to 30")
    assert said[1] == "Q? “Sure! Sure!”"
    assert plot.fill(plot.readouts[1], {"price": 0, "step": 0}) == "Q? “a {b}”"


def test_the_shipped_recording_opens_and_can_be_printed():
    runs, replies = load_prices(), load_replies()
    assert len(runs) >= 5 and all(len(seeds) == 5 for seeds in runs.values())
    view = price_of_kl(runs, replies, asked=QUESTIONS).view
    assert "cost" in view.plot.choices and len(view.plot.readouts) == 1 + len(QUESTIONS)
    assert price_of_kl_figure(runs, replies, asked=QUESTIONS, price=0).axes
    assert "DPO" in equal_kl_picture(runs, runs[0.1]).alt


@pytest.mark.parametrize(
    ("runs", "replies", "message"),
    [
        ({0.1: RUNS[0.1]}, REPLIES, "at two prices at least"),
        ({0.1: RUNS[0.1], 0.0: RUNS[0.0]}, REPLIES, "from low to high"),
        (RUNS, {0.0: REPLIES[0.0]}, "replies must be of the prices"),
        ({0.0: RUNS[0.0], 0.1: {0: run((0.0, 0.5, 0.0))}}, REPLIES, "same steps"),
    ],
)
def test_what_does_not_fit_is_refused(runs, replies, message):
    with pytest.raises(ValueError, match=message):
        price_of_kl_plot(runs, replies, asked=["Q?"])


def test_four_models_are_drawn_with_their_bytes():
    held = dict.fromkeys(("policy", "reward model", "reference", "value model"), 3_300_000)
    picture = four_models_picture(held, {"policy": 9_900_000, "value model": 9_900_000})
    words = " ".join(text.get_text() for text in picture.figure.axes[0].texts)
    assert words.count("3.3 MB + 9.9 MB to learn") == 2 and words.count("3.3 MB, frozen") == 2
    with pytest.raises(ValueError, match="held must have the bytes of"):
        four_models_picture({"policy": 3}, {})

"""The price of KL under a learner's hands: it is dragged and keyed, updates are played, and replies follow."""

import numpy as np
import pytest

from rlcourse.experiments import ASKED, load_prices, load_replies
from rlcourse.explorables.rlhf.price_of_kl import how_far, price_of_kl_plot
from rlcourse.language import REQUESTS

from .explorables import drawn, latencies, press, pull, report_latency, series, slider
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """from rlcourse.experiments import ASKED, load_prices, load_replies
from rlcourse.explorables import price_of_kl
from rlcourse.language import REQUESTS

price_of_kl(load_prices(), load_replies(), asked=[REQUESTS[i].text for i in ASKED])"""
PRICE = "price of a nat"


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "price_of_kl", CELL))
    run_all(page)
    series(page, "score_curve").wait_for(timeout=30_000)
    return page


@pytest.fixture(scope="module")
def plot():
    return price_of_kl_plot(load_prices(), load_replies(), asked=[REQUESTS[i].text for i in ASKED])


def assert_drawn_as_recorded(page, plot, price, step):
    runs = list(load_prices().values())[price].values()
    for column, factor in (("score", 1), ("gold_win_rate", 100)):
        known = factor * np.array([[row[column] for row in run if column in row] for run in runs])
        np.testing.assert_allclose(drawn(page, f"{column}_curve")[:, 1], known.mean(0), atol=0.5 * factor / 100 + 0.01)
    rows = [next(row for row in run if row["step"] == step) for run in runs]
    places = drawn(page, "gold_win_rate_seeds")
    np.testing.assert_allclose(places[:, 0], how_far(np.array([row["answer_kl"] for row in rows])), atol=0.02)
    np.testing.assert_allclose(places[:, 1], [100 * row["gold_win_rate"] for row in rows], atol=0.6)
    state = {"price": price, "step": step}
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    assert page.locator('.rlc-plot [role="img"]').get_attribute("aria-label") == plot.fill(plot.alt, state)


def test_keys_on_the_price_draw_its_runs_and_say_its_replies(opened, plot):
    press(opened, PRICE, "Home", watch="score_curve")
    assert_drawn_as_recorded(opened, plot, 0, 60)
    press(opened, PRICE, "ArrowRight", watch="score_curve")
    assert_drawn_as_recorded(opened, plot, 1, 60)
    assert complaints(opened) == []


def test_the_end_of_a_price_can_be_dragged_along_to_another_and_the_updates_be_moved(opened, plot):
    far, won = (plot.pick(name, {"price": 3}).item() for name in ("far_answer_kl_end", "gold_win_rate_end"))
    pull(opened, "price", 0, to=(far, won), panel=2)
    pull(opened, "step", 0, to=(21.0, 0.5))
    assert_drawn_as_recorded(opened, plot, 3, 20)


def test_it_plays_and_answers_at_once(opened, record_property):
    slider(opened, "updates").focus()
    opened.keyboard.press("Home")
    opened.locator("[data-plays=step]").click()
    done = "document.querySelector('.rlc-readout').textContent.includes('after 60 updates')"
    opened.wait_for_function(done, timeout=20_000)
    report_latency("price of KL", latencies(opened, PRICE), aim=50, record=record_property)

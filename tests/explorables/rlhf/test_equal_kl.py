"""PPO and DPO at equal KL: what is drawn is what was measured, up to the step that is chosen."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.experiments import load_curves, load_prices
from rlcourse.explorables.rlhf.equal_kl import equal_kl, equal_kl_figure, equal_kl_plot
from rlcourse.explorables.rlhf.price_of_kl import how_far

PRICES, DIRECT = load_prices(), load_curves("rlhf-dpo")


@pytest.fixture(scope="module")
def plot():
    return equal_kl_plot(PRICES, DIRECT)


def measured(run):
    rows = [(row["step"], row["answer_kl"], 100 * row["gold_win_rate"]) for row in run if "gold_win_rate" in row]
    return np.array(rows).T


def test_every_mark_is_a_measurement_and_none_lies_ahead(plot):
    state = {"price": 4, "step": 30}
    for seed, run in DIRECT.items():
        steps, nats, won = measured(run)
        here = steps <= 30
        drawn = np.array([plot.pick(f"dpo_{name}_{seed}", state, "moment") for name in ("far", "won")])
        np.testing.assert_allclose(drawn[:, : here.sum()], [how_far(nats)[here], won[here]])
        assert (drawn[:, here.sum() :] == drawn[:, [here.sum() - 1]]).all()
    runs = np.array([measured(run)[1:] for run in PRICES[0.3].values()])
    np.testing.assert_allclose(plot.pick("ppo_won", state, "moment")[:4], runs[:, 1, :4].mean(0))
    np.testing.assert_allclose(plot.pick("ppo_far", state, "moment")[:4], how_far(runs[:, 0, :4]).mean(0))
    np.testing.assert_allclose(plot.pick("ppo_won_seeds", state, "seed"), runs[:, 1, 3])


def test_the_corner_holds_all_of_dpo_and_every_price_but_nothing_and_next_to_nothing(plot):
    corner = plot.panels[1]
    for runs in (DIRECT, PRICES[0.05], PRICES[0.1], PRICES[0.3]):
        _, nats, won = np.concatenate([measured(run) for run in runs.values()], axis=1)
        assert how_far(nats).max() < corner.x.high and corner.y.low < won.min() and won.max() < corner.y.high


def test_it_opens_says_its_numbers_and_can_be_printed(plot):
    assert equal_kl(PRICES, DIRECT).view.plot.readouts and len(equal_kl_figure(PRICES, DIRECT, price=1).axes) == 2
    said = [plot.fill(text, {"price": 3, "step": 60}) for text in plot.readouts]
    ends = [measured(run)[2, -1] for run in DIRECT.values()]
    assert f"wins {np.mean(ends):.0f} % (" in said[1] and f"to {max(ends):.0f})" in said[1]
    assert said[0].startswith("PPO at a price of 0.1, after 60 updates: KL 2.9 nats")


def test_runs_that_were_measured_elsewhere_are_refused():
    with pytest.raises(ValueError, match="direct must be measured at the steps of prices"):
        equal_kl_plot(PRICES, {0: History([{"step": 7, "answer_kl": 1.0, "gold_win_rate": 0.5}])})

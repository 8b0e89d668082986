"""What each algorithm keeps, and how soon it is there, under a learner's "
"hands: controls, handles, and what is drawn."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.explorables.costs.how_soon import how_soon_plot
from rlcourse.explorables.costs.what_it_keeps import SHOWN, what_it_keeps_plot

from .explorables import bars, drawn, latencies, press, pull, report_latency, series
from .lab import open_notebook, run_all, write_notebook

SHARES = {"quick": (0.4, 0.6, 0.8, 0.9), "slow": (0.4, 0.5, 0.6, 0.7)}
SECONDS = {"quick": (0.5, 1.5), "slow": (0.5, 0.1)}
CELL = "from rlcourse.explorables import what_it_keeps\n\nwhat_it_keeps()"
SECOND = f"""from rlcourse.algorithms import History
from rlcourse.explorables import how_soon

def run(shares):
    return History([{{"step": 0}}, *({{"step": k, "reward": share}} for k, share in enumerate(shares, 1))])

how_soon({{name: {{0: run(row)}} for name, row in {SHARES}.items()}}, {SECONDS})"""


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "costs", CELL, SECOND))
    run_all(page)
    series(page, "top_policy").wait_for(timeout=20_000)
    series(page, "right_0").wait_for(timeout=20_000)
    return page


def test_the_bars_are_what_is_counted_and_switches_and_the_handle_move_them(notebook):
    page, plot = notebook, what_it_keeps_plot()
    state = {"model": 0, "paid": 0, "precision": 1, "learns": 0, "adam": 0, "length": 1, "kept": 0}

    def compare():
        for name in SHOWN:
            np.testing.assert_allclose(
                bars(page, f"top_{name}")[:, 1], plot.pick(f"top_{name}", state, "algorithm"), atol=4e-3
            )
        said = page.locator(".rlc-readout").all_text_contents()[: len(plot.readouts)]
        assert said == [plot.fill(line, state) for line in plot.readouts]

    compare()
    page.get_by_role("button", name="LoRA, rank 16").or_(page.locator("button", has_text="LoRA, rank 16")).first.click()
    page.wait_for_timeout(150)
    state["learns"] = 1
    compare()
    pull(page, "model", 0, to=(6, 1), panel=1)
    state["model"] = 5
    compare()
    latency = latencies(page, "weights of the model", keys=("ArrowLeft", "ArrowRight"))
    report_latency("what it keeps", latency, aim=50)


def test_the_level_is_where_it_is_dragged_and_every_racer_says_what_it_needed(notebook):
    page = notebook
    runs = {
        name: {0: History([{"step": 0}, *({"step": k, "reward": share} for k, share in enumerate(row, 1))])}
        for name, row in SHARES.items()
    }
    plot = how_soon_plot(runs, SECONDS)
    np.testing.assert_allclose(drawn(page, "right_0"), [[0, 0.4], [1, 0.6], [2, 0.8], [3, 0.9]], atol=5e-3)
    press(page, "level to reach", "Home", watch="height_0")
    state = {"level": 0.5, "band": 0, "slower": 0}
    said = page.locator(".rlc-readout").all_text_contents()[-len(plot.readouts) :]
    assert said == [plot.fill(line, state) for line in plot.readouts]
    for i in range(len(SHARES)):
        dot = [plot.pick(f"{name}_{i}", state, "dot").item() for name in ("by_update", "height")]
        np.testing.assert_allclose(drawn(page, f"height_{i}"), [dot], atol=0.05)

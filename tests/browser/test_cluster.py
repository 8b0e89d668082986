"""A cluster under a learner's hands: what fits where, and one update moment by moment, read back from the picture."""

import numpy as np
import pytest

from rlcourse.explorables.cluster.machine_files import machine_page
from rlcourse.explorables.costs.cluster_update import cluster_update_plot
from rlcourse.explorables.costs.sampler_drift import NOISE, sampler_drift_plot
from rlcourse.explorables.costs.what_fits_where import CONTROLS, what_fits_where_plot
from rlcourse.explorables.plotting.bench import state_of

from .explorables import bars, drawn, latencies, press, pull, report_latency, series
from .lab import open_notebook, run_all, write_notebook

FITS = "from rlcourse.explorables import what_fits_where\n\nwhat_fits_where()"
FILES = "from rlcourse.explorables import machine_files\n\nmachine_files()"
DRIFT = "from rlcourse.explorables import sampler_drift\n\nsampler_drift()"
UPDATE = "from rlcourse.explorables import cluster_update\n\ncluster_update()"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "cluster", FITS, UPDATE, FILES, DRIFT))
    run_all(page)
    series(page, "top_weights").wait_for(timeout=20_000)
    series(page, "busy_y").wait_for(timeout=20_000)
    series(page, "left_out").wait_for(timeout=20_000)
    return page


def test_bars_curves_and_words_are_what_is_counted_and_the_handle_moves_them(notebook):
    page, plot = notebook, what_fits_where_plot()
    state = state_of(CONTROLS)

    def compare():
        for name in ("weights", "optimiser", "sampler"):
            expected = plot.pick(f"top_{name}", state, "stage")
            np.testing.assert_allclose(bars(page, f"top_{name}")[:, 1], expected, atol=4e-3)
        expected = plot.pick("log_sampling", state, "many")
        np.testing.assert_allclose(drawn(page, "log_sampling")[:, 1], expected, atol=0.03)
        said = page.locator(".rlc-readout").all_text_contents()[: len(plot.readouts)]
        assert said == [plot.fill(line, state) for line in plot.readouts]

    compare()
    pull(page, "number", 0, to=(6, 1), panel=1)
    state["number"] = 5
    compare()
    page.locator("button", has_text="LoRA, rank 16").first.click()
    page.wait_for_timeout(150)
    state["learns"] = 1
    compare()
    report_latency("what fits where", latencies(page, "GPUs", keys=("ArrowLeft", "ArrowRight")), aim=50)


def test_the_frame_is_around_the_part_that_works_and_the_words_say_what_travels(notebook):
    page, plot = notebook, cluster_update_plot()
    press(page, "moment", "End", watch="busy_y")
    state = {"moment": 7, "model": 4}
    frame = np.stack([plot.pick(f"busy_{axis}", state, "corner") for axis in "xy"], axis=1)
    np.testing.assert_allclose(drawn(page, "busy_y"), frame, atol=0.05)
    said = page.locator(".rlc-readout").all_text_contents()[-4:-2]
    assert said == [plot.fill(line, state) for line in plot.readouts]


def test_a_long_answer_drifts_as_far_as_is_counted(notebook):
    page, plot = notebook, sampler_drift_plot()
    press(page, "σ, nats of a token", "End", watch="left_out")
    state = {"noise": NOISE[-1], "doublings": 3}
    np.testing.assert_allclose(drawn(page, "below")[:, 1], plot.pick("below", state, "every"), atol=1.0)
    said = page.locator(".rlc-readout").all_text_contents()[-2:]
    assert said == [plot.fill(line, state) for line in plot.readouts]


def test_buttons_choose_the_file_of_a_machine_or_its_refusal(notebook):
    page = notebook
    for place, number in (("8 GPUs", 4), ("1 GPU", 2)):
        page.get_by_role("button", name=place, exact=True).click()
        page.get_by_role("button", name="fsdp", exact=True).click()
        page.wait_for_timeout(150)
        words, html = machine_page({"place": number, "sharding": 3, "sampler": 0})
        assert page.locator(".rlc-said").text_content() == words
        assert page.locator(".rlc-page .rlc-new").count() == html.count("rlc-new")

"""What fits on how many GPUs, drawn: bars, curves and words are the counted gigabytes and seconds."""

import numpy as np
import pytest

from rlcourse.algorithms import GPU_PARTS, SIZES, STAGES, UpdateSize, keeps_per_gpu, seconds_of_update
from rlcourse.explorables.costs.what_fits_where import (
    CONTROLS,
    GPUS,
    LENGTHS,
    setting_of,
    what_fits_where_figure,
    what_fits_where_plot,
)

PLOT = what_fits_where_plot()
STATES = (
    {"model": 4, "number": 0, "length": 0, "precision": 1, "learns": 0, "again": 1},
    {"model": 5, "number": 5, "length": 2, "precision": 0, "learns": 1, "again": 0},
)


@pytest.mark.parametrize("state", STATES)
def test_bars_and_curves_are_what_is_counted(state):
    shape = list(SIZES.values())[state["model"]]
    setting = setting_of(state["length"], state["precision"], state["learns"])
    how = {"gpus": GPUS[state["number"]], "recompute": bool(state["again"])}
    counted = [keeps_per_gpu(shape, setting, stage=stage, **how) for stage in range(4)]
    scale = max(80.0, *(sum(parts.values()) for parts in counted))
    assert PLOT.pick("room", state) == pytest.approx(80 / scale)
    for i, parts in enumerate(counted):
        floor = 0.0
        for name in GPU_PARTS:
            base, top = (PLOT.pick(f"{end}_{name}", state, "stage")[i] for end in ("base", "top"))
            assert base == pytest.approx(floor, abs=1e-9)
            assert (top - base) * scale == pytest.approx(parts[name], abs=1e-9)
            floor = top
        assert 10 ** PLOT.pick(f"log_{i}", state, "many")[state["number"]] == pytest.approx(sum(parts.values()))
    size = UpdateSize(question_tokens=256, answer_tokens=LENGTHS[state["length"]] - 256)
    precision = ("float32", "bfloat16")[state["precision"]]
    how = {"gpus": how["gpus"], "precision": precision, "lora": bool(state["learns"]), "recompute": how["recompute"]}
    for part, seconds in seconds_of_update(shape, size, **how).items():
        assert 10 ** PLOT.pick(f"log_{part}", state, "many")[state["number"]] == pytest.approx(seconds)


def test_the_words_name_the_stages_that_have_room():
    setting = setting_of(0, 1, 0)
    for number, gpus in enumerate(GPUS):
        said = PLOT.fill("{fitting}", STATES[0] | {"number": number})
        for stage, name in enumerate(STAGES):
            room = sum(keeps_per_gpu(SIZES["Llama 3.1, 8B"], setting, gpus=gpus, stage=stage).values()) <= 80
            assert room == (said.startswith("All four") or name in said), (gpus, name, said)


def test_all_curves_lie_inside_their_panels():
    for name, panel in (("log_0", 1), ("log_3", 1), ("log_sampling", 2), ("log_learning", 2)):
        values, axis = PLOT.arrays[name].values, PLOT.panels[panel].y
        assert axis.low < values.min() and values.max() < axis.high
        assert np.isfinite(values).all()


def test_a_figure_refuses_a_number_that_is_not_there():
    with pytest.raises(ValueError, match=f"number must be from 0 to {len(CONTROLS[1].words) - 1}, got 8"):
        what_fits_where_figure(number=8)

"""What each algorithm keeps, drawn: bars and curves are the counted gigabytes."""

import numpy as np
import pytest

from rlcourse.algorithms import SIZES, Setting, keeps
from rlcourse.explorables.costs.what_it_keeps import (
    ALGORITHMS,
    CONTROLS,
    SHOWN,
    setting_of,
    what_it_keeps_figure,
    what_it_keeps_plot,
)

PLOT = what_it_keeps_plot()
STATES = (
    {"model": 0, "length": 1, "paid": 0, "precision": 1, "learns": 0, "adam": 0, "kept": 0},
    {"model": 5, "length": 4, "paid": 1, "precision": 0, "learns": 1, "adam": 1, "kept": 1},
    {"model": 4, "length": 3, "paid": 0, "precision": 1, "learns": 1, "adam": 0, "kept": 2},
)


@pytest.mark.parametrize("state", STATES)
def test_the_pieces_of_a_bar_add_up_to_what_is_counted(state):
    setting = setting_of(*list(state.values())[1:-1])
    how = ({}, {"in_turn": True}, {"recompute": True})[state["kept"]]
    shape = list(SIZES.values())[state["model"]]
    totals = {name: sum(keeps(name, shape, setting, **how).values()) for name in ALGORITHMS}
    for i, algorithm in enumerate(ALGORITHMS):
        parts, floor = keeps(algorithm, shape, setting, **how), 0.0
        parts["frozen"] = parts["reference"] + parts["reward model"]
        for piece, name in enumerate(SHOWN):
            base, top = (PLOT.pick(f"{end}_{name}", state, "algorithm")[i] for end in ("base", "top"))
            assert base == pytest.approx(floor, abs=1e-9)
            assert (top - base) * max(totals.values()) == pytest.approx(parts[name], abs=1e-9)
            assert PLOT.pick(f"{algorithm}_{piece}", state) == pytest.approx(parts[name])
            floor = top
        assert PLOT.pick(f"gb_{algorithm}", state) == pytest.approx(totals[algorithm])
        curve = PLOT.pick(f"log_{algorithm}", state, "size")
        assert 10 ** curve[state["model"]] == pytest.approx(totals[algorithm])
    assert PLOT.pick("times", state) == pytest.approx(totals["PPO"] / totals["GRPO"])


def test_the_controls_mean_what_they_say():
    assert setting_of(1, 0, 0, 0, 0) == Setting(weight_bytes=4, tokens=512)
    assert setting_of(0, 1, 1, 1, 1) == Setting(2, 1, 16, True, 128)
    assert CONTROLS[0].words[0] == "124M" and len(CONTROLS[0].words) == len(SIZES)


def test_the_words_say_all_pieces():
    said = PLOT.fill(PLOT.readouts[-1], STATES[0]).replace("\u00a0", " ")
    parts = keeps("GRPO", SIZES["GPT-2, 124M"], Setting())
    assert said.startswith(f"GRPO {sum(parts.values()):.2f} GB = policy {parts['policy']:.2f} + gradients ")
    assert f"optimiser {parts['optimiser']:.2f}" in said
    assert "reference" not in said and "value model" not in said


def test_large_numbers_are_written_as_people_read_them():
    large = {"model": 5, "length": 1, "paid": 0, "precision": 1, "learns": 0, "adam": 0, "kept": 0}
    said = PLOT.fill(PLOT.readouts[1], large).replace("\u00a0", " ")
    assert said.startswith("TRPO 3,220 GB = policy 141 + value model 141 + gradients 282 + optimiser 2,540 + ")
    assert said.endswith("KV cache 6.04")


def test_all_curves_lie_inside_their_panel():
    low, high = PLOT.panels[1].y.low, PLOT.panels[1].y.high
    for algorithm in ALGORITHMS:
        values = PLOT.arrays[f"log_{algorithm}"].values
        assert low < values.min() and values.max() < high
    assert np.isfinite(PLOT.arrays["times"].values).all()


def test_a_figure_refuses_a_model_that_is_not_there():
    with pytest.raises(ValueError, match="model must be from 0 to 5, got 6"):
        what_it_keeps_figure(model=6)

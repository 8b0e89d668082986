"""KL of one choice and of two, to drag: what is drawn is what DESIGN says must come out."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from rlcourse.equations import categorical_kl, kl_k2
from rlcourse.explorables import (
    kl_of_one_choice,
    kl_of_one_choice_figure,
    kl_of_two_tokens,
    kl_of_two_tokens_figure,
)
from rlcourse.explorables.groups import kl_of_one_choice as one
from rlcourse.explorables.groups import kl_of_two_tokens as two

ONE = {control.name: float(control.start) for control in one.controls()}
TWO = {control.name: float(control.start) for control in two.controls()}
FAR = ONE | {"pi_0": 0.94, "pi_1": 0.04, "pi_2": 0.01, "pi_3": 0.01}


@pytest.mark.parametrize("state", [ONE, FAR])
def test_k1_and_k3_have_the_exact_kl_as_their_mean_and_k2_has_not(state):
    plot = one.kl_of_one_choice_plot(state)
    pi, ref = plot.arrays["pi"].values, plot.arrays["ref"].values
    exact = (pi * np.log(pi / ref)).sum()
    assert plot.arrays["exact"].values == pytest.approx(exact)
    for name, is_exact in (("k1", True), ("k2", False), ("k3", True)):
        values = plot.arrays[f"{name}_value"].values
        assert plot.arrays[f"{name}_mean"].values == pytest.approx((pi * values).sum())
        assert plot.arrays[f"{name}_std"].values == pytest.approx(
            np.sqrt((pi * values**2).sum() - (pi * values).sum() ** 2)
        )
        assert (abs((pi * values).sum() - exact) < 1e-9) == is_exact


def test_what_leaves_the_picture_is_said_at_its_edge_and_nothing_leaves_as_it_opens():
    for state, gone in ((ONE, set()), (ONE | {"pi_3": 0.01, "ref_3": 0.9, "ref_0": 0.04}, {("k2", 3), ("k3", 3)})):
        plot = one.kl_of_one_choice_plot(state)
        axis = plot.panels[1].y
        for name in one.LOOKS:
            for i, value in enumerate(plot.arrays[f"{name}_value"].values):
                said = plot.fill(f"{{{name}_left_{i}}}", state) if name in one.AT_THE_EDGE else ""
                assert axis.low < value and (value <= axis.high) == (said == "")
                assert said == "" or f"{value:.1f}" in said
                assert bool(said) == ((name, i) in gone)


@pytest.mark.parametrize("state", [ONE, FAR])
@pytest.mark.parametrize(
    ("weighted", "kinds"), [(0, ("zero", "π‖π_ref", "π_ref‖π")), (1, ("π‖π_ref", "neither", "π‖π_ref"))]
)
def test_each_loss_has_the_gradient_that_it_should_have(state, weighted, kinds):
    plot = one.kl_of_one_choice_plot(state)
    for name, kind in zip(("k1", "k2", "k3"), kinds, strict=True):
        assert kind in plot.fill(f"{{{name}_is}}", state | {"weighted": float(weighted)})


def test_the_two_exact_gradients_are_those_of_finite_differences():
    pi, ref = (torch.tensor(some).double().log() for some in (one.PI, one.REF))
    for direction, gradient in zip(
        (lambda p: categorical_kl(p, ref), lambda p: categorical_kl(ref, p)), one.both_gradients(pi, ref), strict=True
    ):
        for i in range(4):
            nudge = torch.zeros(4).double()
            nudge[i] = 1e-6
            slope = (direction(pi + nudge) - direction(pi - nudge)) / 2e-6
            assert slope.item() == pytest.approx(gradient[i].item(), abs=1e-6)


@pytest.mark.parametrize(("moved", "to"), [("pi_0", 0.97), ("ref_2", 0.5), ("pi_3", 0.01)])
def test_the_others_share_what_a_dragged_probability_leaves(moved, to):
    settled = one.settle(ONE | {moved: to}, moved)
    policy, other = ("pi", "ref") if moved.startswith("pi") else ("ref", "pi")
    assert sum(settled[f"{policy}_{i}"] for i in range(4)) == pytest.approx(1)
    assert settled[moved] == to and min(settled[f"{policy}_{i}"] for i in range(4)) >= one.LEAST - 1e-12
    assert all(settled[f"{other}_{i}"] == ONE[f"{other}_{i}"] for i in range(4))


def test_the_kernel_answers_a_drag_and_leaves_the_dragged_bar_where_it_is():
    view = kl_of_one_choice().view
    before = dict(view.numbers)
    view.pi_0 = 0.2
    assert view.pi_0 == 0.2 and sum(getattr(view, f"pi_{i}") for i in range(4)) == pytest.approx(1)
    assert view.numbers["k3_value"] != before["k3_value"] and view.numbers["ref"] == before["ref"]
    drawn = np.frombuffer(view.numbers["pi"], dtype="<f4")
    assert drawn == pytest.approx([getattr(view, f"pi_{i}") for i in range(4)])


def test_a_learners_k3_is_the_one_that_is_drawn():
    view = kl_of_one_choice(k3=kl_k2).view
    assert view.numbers["k3_value"] == view.numbers["k2_value"]


def test_on_the_last_token_all_but_the_plain_k3_are_right_and_on_the_first_only_those_of_the_whole_answer():
    wanted, found = two.pulls(torch.tensor(two.PI).double(), torch.tensor((0.3, 0.3, 0.4)).double())
    k3, weighted, k2, whole, paid = found
    for right in (weighted, k2, whole, paid):
        assert_close(right[1:], wanted[1:])
    assert (k3[1:] - wanted[1:]).abs().min() > 1e-3
    for right in (whole, paid):
        assert_close(right, wanted)
    for wrong in (k3, weighted, k2):
        assert abs(wrong[0] - wanted[0]) > 1e-3


def test_the_wanted_gradient_is_that_of_the_kl_of_all_four_answers():
    pi, ref = torch.tensor(two.PI).double(), torch.tensor(two.REF).double()

    def kl(logits):
        ours, theirs = (two.both_tokens(one).sum(-1).flatten() for one in (logits, ref.logit()))
        return categorical_kl(ours, theirs)

    wanted, _ = two.pulls(pi, ref)
    for i in range(3):
        nudge = torch.zeros(3).double()
        nudge[i] = 1e-6
        slope = (kl(pi.logit() + nudge) - kl(pi.logit() - nudge)) / 2e-6
        assert slope.item() == pytest.approx(wanted[i].item(), abs=1e-6)


def test_where_first_tokens_agree_no_loss_on_each_token_pulls_at_them():
    plot = two.kl_of_two_tokens_plot(TWO)
    pulls = plot.arrays["of_first"].values
    assert np.abs(pulls[:3]).max() < 1e-12 < 0.1 < plot.arrays["wanted_first"].values
    assert pulls[3:] == pytest.approx(float(plot.arrays["wanted_first"].values))
    assert "only the last two losses see" in plot.fill("{verdict}", TWO)


def test_where_the_second_tokens_depend_on_nothing_the_words_say_so():
    same = TWO | {"pi_1": 0.5, "pi_2": 0.5, "ref_1": 0.3, "ref_2": 0.3, "pi_0": 0.8}
    assert "changes nothing" in two.kl_of_two_tokens_plot(same).fill("{verdict}", same)


def test_both_have_handles_for_every_probability_and_a_picture_for_print():
    for made, count, figure in (
        (kl_of_one_choice(), 8, kl_of_one_choice_figure(weighted=1)),
        (kl_of_two_tokens(), 6, kl_of_two_tokens_figure()),
    ):
        assert len(made.view.plot.panels[0].handles) == count
        assert "Try this" in made.try_this and len(figure.axes) == 3
        assert all(" of " in label for name, label in made.view.labels.items() if name != "weighted")

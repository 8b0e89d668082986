"""KL of one choice and of two under a learner's hands: bars that are dragged, and the kernel's answer read back."""

import numpy as np
import pytest
import torch

from rlcourse.equations import categorical_kl, kl_k1, kl_k2, kl_k3
from rlcourse.explorables.groups import kl_of_two_tokens as two

from .explorables import bars, drawn, handle, latencies, pull, report_latency, series
from .lab import complaints, open_notebook, run_all, write_notebook

CELLS = "from rlcourse.explorables import kl_of_one_choice, kl_of_two_tokens\nkl_of_{}()"


@pytest.fixture(scope="module")
def one(page, lab):
    open_notebook(page, lab, write_notebook(lab, "kl_to_drag", CELLS.format("one_choice")))
    run_all(page)
    series(page, "k3_slope").wait_for(timeout=10_000)
    assert complaints(page) == []
    return page


def settled(page, name, before):
    """Wait until the kernel has answered."""
    page.wait_for_function(
        "([name, before]) => document.querySelector(`.rlc-marks [data-series='${name}']`).outerHTML !== before",
        arg=[name, before],
        timeout=10_000,
    )


def test_a_dragged_bar_stays_where_it_is_put_the_others_make_room_and_all_numbers_follow(one):
    before = series(one, "k3_value").evaluate("mark => mark.outerHTML")
    pull(one, "pi_1", 0, to=(1.8, 0.5))
    settled(one, "k3_value", before)
    one.wait_for_timeout(300)
    pi, ref = (torch.tensor(bars(one, name)[:, 1]) for name in ("pi", "ref"))
    assert pi[1].item() == pytest.approx(0.5, abs=0.012) and pi.sum().item() == pytest.approx(1, abs=0.01)
    for name, estimate in (("k1", kl_k1), ("k2", kl_k2), ("k3", kl_k3)):
        expected = estimate(pi.log(), ref.log()).numpy()
        assert drawn(one, f"{name}_value")[:, 1] == pytest.approx(expected, abs=0.15, rel=0.05)
    exact = categorical_kl(pi.log(), ref.log()).item()
    assert drawn(one, "k3_middle")[0, 1] == pytest.approx(exact, abs=0.05)
    said = one.locator(".rlc-readout").first.text_content()
    assert float(said.removeprefix("KL(π‖πref) = ").split(" ")[0]) == pytest.approx(exact, abs=0.03)


def test_the_ratio_turns_k3s_gradient_into_that_of_the_other_kl(one):
    assert drawn(one, "k3_slope")[:, 1] == pytest.approx(bars(one, "back")[:, 1], abs=0.02)
    before = series(one, "k3_slope").evaluate("mark => mark.outerHTML")
    one.get_by_role("button", name="times the ratio ρ").click()
    settled(one, "k3_slope", before)
    for name in ("k1", "k3"):
        assert drawn(one, f"{name}_slope")[:, 1] == pytest.approx(bars(one, "towards")[:, 1], abs=0.02)


def test_a_key_on_a_bar_is_painted_soon(one, record_property):
    grip = handle(one, "ref_0", 0)
    assert grip.get_attribute("aria-label") == "π_ref of yes" and grip.get_attribute("role") == "slider"
    grip.focus()
    keys = {"keys": ("ArrowUp", "ArrowDown"), "presses": 10}
    report_latency("KL of one choice", latencies(one, None, **keys), aim=100, record=record_property)


def test_of_two_tokens_the_pulls_are_those_of_the_dragged_policies(page, lab):
    open_notebook(page, lab, write_notebook(lab, "kl_of_two", CELLS.format("two_tokens")))
    run_all(page)
    series(page, "of_first").wait_for(timeout=10_000)
    before = series(page, "of_first").evaluate("mark => mark.outerHTML")
    pull(page, "pi_0", 0, to=(0.8, 0.2))
    settled(page, "of_first", before)
    page.wait_for_timeout(300)
    pi, ref = (torch.tensor(np.round(bars(page, name)[:, 1], 2)) for name in ("pi", "ref"))
    assert pi[0].item() == pytest.approx(0.2, abs=0.021)
    wanted, found = two.pulls(pi, ref)
    assert bars(page, "of_first")[:, 1] == pytest.approx(found[:, 0].numpy(), abs=0.02)
    assert f"wanted {wanted[0]:+.2f}".replace("-", "−")[:-1] in page.locator(".rlc-readout").first.text_content()

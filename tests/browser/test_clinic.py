"""A patient of the clinic by clicks and keys: charts at once, a test, a wrong name, the right one, and its line."""

import pytest

from rlcourse.experiments import WARDS

from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """from rlcourse.experiments import WARDS
from rlcourse.explorables import see_patients

see_patients(WARDS["robots"])"""


@pytest.fixture(scope="module")
def desk(page, lab):
    open_notebook(page, lab, write_notebook(lab, "clinic", CELL))
    run_all(page)
    desk = page.locator(".rlc-clinic")
    desk.locator("img").nth(5).wait_for(timeout=20_000)
    assert complaints(page) == []
    return desk


def press(desk, name):
    button = desk.get_by_role("button", name=name, exact=True)
    button.focus()
    desk.page.keyboard.press("Enter")


def test_a_test_a_wrong_name_and_the_right_one(desk):
    ward = WARDS["robots"]
    press(desk, ward.tests["perfect"].label)
    desk.locator("td", has_text="0.344").wait_for(timeout=10_000)
    assert desk.locator(".rlc-finding td").all_text_contents() == ["0.344", "0", "0.469", "0.125"]
    press(desk, ward.causes["limit"].name)
    desk.locator(".rlc-verdict", has_text=ward.tests["limit"].label).wait_for(timeout=10_000)
    press(desk, ward.causes["broadcast"].name)
    desk.locator(".rlc-diff").wait_for(timeout=10_000)
    drawn = desk.locator(".rlc-line").evaluate_all(
        "all => all.map(one => [one.dataset.sign, one.querySelector('code').textContent])"
    )
    assert [tuple(line) for line in drawn] == list(ward.causes["broadcast"].treatment)
    assert desk.get_by_role("button", name="mend the line and train").is_visible()


def test_another_patient_has_a_desk_of_its_own(desk):
    press(desk, "Patient 14: not named yet")
    desk.locator(".rlc-story", has_text="Patient 14").wait_for(timeout=10_000)
    assert desk.locator(".rlc-finding").count() == 0 and desk.locator(".rlc-diff").count() == 0
    assert desk.locator("img").first.get_attribute("alt").startswith("Reward of the walks: patient from")

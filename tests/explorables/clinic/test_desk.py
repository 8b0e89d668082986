"""A visit at the desk: what is ordered is measured, what is named is answered, and the treatment trains."""

from types import SimpleNamespace

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.experiments import WARDS, load_curves
from rlcourse.explorables import patient_picture, see_patients, suspicions, symptoms
from rlcourse.explorables.clinic.charts import CHARTS, NAMES, together, without_noise
from rlcourse.explorables.clinic.consultation import HEALTHY, Consultation
from rlcourse.explorables.training.training_picture import column

ROBOTS = WARDS["robots"]


@pytest.fixture
def desk():
    return see_patients(ROBOTS)


def test_a_patient_is_seen_at_once_with_six_charts_of_the_recorded_run(desk):
    assert [len(chart["png"]) > 1000 for chart in desk.charts] == [True] * 6
    recorded = load_curves("clinic-broadcast")[0]
    first, last = (np.array(column(recorded, "reward")[1])[[0, -1]]).round(3)
    assert desk.charts[0]["alt"] == f"Reward of the walks: patient from −{abs(first):.3g} to {last:.3g}."
    assert desk.shown["story"].startswith("Patient 13.") and not desk.shown["diff"]


def test_an_ordered_test_shows_this_patient_beside_a_healthy_run(desk):
    desk.order("perfect")
    (finding,) = desk.shown["findings"]
    assert finding["rows"][0][1:] == ["0.344", "0"] and finding["rows"][1][2] == "0.125"
    assert [test["done"] for test in desk.shown["tests"] if test["key"] == "perfect"] == [True]


def test_a_wrong_name_is_answered_with_a_test_that_speaks_against_it(desk):
    desk.name_it("limit")
    assert "Order “two last steps”" in desk.shown["verdict"][0]
    desk.order("limit")
    desk.name_it("limit")
    assert "finds nothing of the kind" in desk.shown["verdict"][0]
    desk.name_it(HEALTHY)
    assert "“the critic’s loss”" in desk.shown["verdict"][0] and not desk.shown["named"]


def test_the_right_name_shows_the_line_and_the_treatment_trains(desk):
    desk.ward = desk.visit.ward = SimpleNamespace(
        **vars(ROBOTS), suspicions=ROBOTS.suspicions, length=lambda _: 3, evaluation=ROBOTS.evaluation
    )
    desk.name_it("broadcast")
    assert [look for look, _ in desk.shown["key"]] == ["patient", "grey"]
    assert ["-", "return 0.5 * (values - returns).square().mean()"] in desk.shown["diff"]
    desk.treat()
    assert desk.status.startswith("3 updates in") and NAMES[1] in desk.charts[0]["alt"]
    assert [look for look, _ in desk.shown["key"]] == ["patient", "mended", "grey"]
    assert desk.shown["patients"][0]["state"] == "✓✓"


def test_a_healthy_patient_is_told_why_and_has_nothing_to_mend(desk):
    desk.call_in(1)
    desk.name_it("broadcast")
    assert "Order “the critic’s loss”" in desk.shown["verdict"][0]
    desk.name_it(HEALTHY)
    assert desk.shown["verdict"][0].startswith("Yes. ") and desk.shown["named"] and not desk.shown["diff"]


def test_who_has_guessed_is_sent_to_a_test(desk):
    desk.call_in(1)
    desk.name_it(HEALTHY)
    assert "from the curves alone" in desk.shown["verdict"][1]
    desk.order(next(iter(desk.ward.tests)))
    assert len(desk.shown["verdict"]) == 1


def test_hints_lead_from_a_test_to_two_names():
    visit = Consultation(ROBOTS.patients["13"], ROBOTS)
    given = [visit.hint() for _ in range(4)]
    assert given[0] == "Order “the critic’s loss”." and given[2] == given[3]
    assert "values [N, 1] minus returns [N]" in visit.hints_given()[2] and len(visit.hints_given()) == 3


def test_a_name_that_nobody_has_is_answered_by_what_it_would_show_and_the_patient_does_not():
    visit = Consultation(ROBOTS.patients["13"], ROBOTS)
    assert "Order “the first ratios”" in visit.name("writer").words
    assert visit.name("slow").words == "That would not explain all of it. Order “the critic’s loss”, and look."


@pytest.mark.parametrize("ward", WARDS.values(), ids=lambda ward: ward.key)
def test_every_wrong_name_is_refuted_by_a_test_of_the_ward(ward):
    for patient in ward.patients.values():
        visit = Consultation(patient, ward)
        for key in (HEALTHY, *ward.suspicions):
            verdict = visit.name(key)
            assert verdict.right == (key == visit.key)
            assert verdict.right or any(f"“{test.label}”" in verdict.words for test in ward.tests.values())


def test_two_histories_stand_side_by_side():
    both = together(History([{"step": 0, "x": 1}, {"step": 1, "x": 2}]), History([{"step": 1, "x": 5}]))
    assert both == [{"step": 0, "x": 1}, {"step": 1, "x": 2, "mended x": 5}]


def test_the_page_has_a_line_for_each_slip_with_a_mark_for_each_curve_that_leaves_and_the_test_that_tells():
    page = suspicions(WARDS.values())
    for sheet, ward in zip(page.sheets, WARDS.values(), strict=True):
        ill = [patient for patient in ward.patients.values() if patient.cause]
        assert [line.slip for line in sheet.lines] == [patient.cause.name for patient in ill]
        for line, patient in zip(sheet.lines, ill, strict=True):
            assert line.sides == tuple(symptoms(ward, patient).values()) and len(line.sides) == len(sheet.curves)
            assert line.test == ward.tests[patient.cause.shows[0]].label
    assert page.html.count("▲") == page.text.count("▲") > 5 and "left padding without positions" in page.html


def test_the_picture_for_print_says_what_it_shows():
    picture = patient_picture(ROBOTS, "15")
    assert len(picture.figure.axes) == len(CHARTS["robots"]) and "Explained variance: patient from" in picture.alt


def test_what_is_no_ward_is_refused():
    with pytest.raises(TypeError, match=r"ward must be one of rlcourse\.experiments\.WARDS, got 'sums'"):
        see_patients("sums")
    with pytest.raises(ValueError, match="patient must be one of"):
        patient_picture(ROBOTS, "1")


def test_a_click_that_changes_nothing_is_answered_too(desk):
    before = desk.shown
    desk.call_in(0)
    assert desk.shown != before


def test_what_is_said_of_the_name_that_was_clicked_last_stands_there(desk):
    for key in ("limit", HEALTHY, "limit"):
        desk.name_it(key)
    assert desk.shown["verdict"] == [desk.visit.named["limit"].words]


def test_three_hints_are_all_there_are(desk):
    for left in (2, 1, 0, 0):
        desk.visit.hint()
        assert desk.visit.hints_left == left


def test_a_loss_of_noise_is_drawn_as_nothing():
    assert without_noise(History([{"step": 1, "loss": -3e-8, "reward": 0.25}])) == [
        {"step": 1, "loss": 0.0, "reward": 0.25}
    ]

"""Ordered tests tell the patients apart: each finds what its cause says, on three seeds, and is cured by its line."""

import pytest

from rlcourse.experiments import WARDS

ALL = [(ward, patient) for ward in WARDS.values() for patient in ward.patients.values()]
ILL = [(ward, patient) for ward, patient in ALL if patient.cause]


def name_of(value):
    return getattr(value, "name", getattr(value, "key", ""))


@pytest.mark.parametrize(("ward", "patient"), ILL, ids=name_of)
def test_the_most_telling_test_is_odd_on_three_seeds_and_usual_once_the_line_is_mended(ward, patient):
    test = ward.tests[patient.cause.shows[0]]
    assert [test.measure(patient.sick(seed)).odd for seed in (0, 1, 2)] == [True] * 3
    assert not test.measure(patient.mended(0)).odd


@pytest.mark.parametrize(("ward", "patient"), ALL, ids=name_of)
def test_what_is_odd_is_what_its_cause_shows_and_nothing_else(ward, patient):
    shows = set(patient.cause.shows) if patient.cause else set()
    assert {key for key, test in ward.tests.items() if test.measure(patient.sick(0)).odd} == shows


def test_no_two_causes_of_a_ward_show_the_same():
    for ward in WARDS.values():
        shown = [frozenset(cause.shows) for cause in ward.causes.values()]
        assert len(set(shown)) == len(shown)

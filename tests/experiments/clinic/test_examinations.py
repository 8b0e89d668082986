"""Ordered tests tell the patients apart: each finds what its cause says, on three seeds, and is cured by its line.

On small batches, since what is measured is there in any batch.
"""

import pytest

from rlcourse.experiments import WARDS

ILL = [(ward, patient) for ward in WARDS.values() for patient in ward.patients.values() if patient.cause]
ALIKE = [(ward, patient) for ward, patient in ILL if patient.cause.key in ("dropout", "padding", "temperature")]
"""Those whose ratios are off: only further tests tell them apart."""


def name_of(value):
    return getattr(value, "name", getattr(value, "key", ""))


def small(training):
    world = getattr(training.world, "world", training.world)
    if hasattr(world, "prompts_per_step"):
        world.prompts_per_step = 6
    return training


@pytest.mark.parametrize(("ward", "patient"), ILL, ids=name_of)
def test_the_most_telling_test_is_odd_on_three_seeds_and_usual_once_the_line_is_mended(ward, patient):
    test = ward.tests[patient.cause.shows[0]]
    assert [test.measure(small(patient.sick(seed))).odd for seed in (0, 1, 2)] == [True] * 3
    assert not test.measure(small(patient.mended(0))).odd


@pytest.mark.parametrize(("ward", "patient"), ALIKE, ids=name_of)
def test_what_is_odd_is_what_its_cause_shows_and_nothing_else(ward, patient):
    asked = ("ratio", "twice", "padding", "temperature")
    odd = {key for key in asked if ward.tests[key].measure(small(patient.sick(0))).odd}
    assert odd == set(patient.cause.shows)


def test_no_two_causes_of_a_ward_show_the_same():
    for ward in WARDS.values():
        shown = [frozenset(cause.shows) for cause in ward.causes.values()]
        assert len(set(shown)) == len(shown)

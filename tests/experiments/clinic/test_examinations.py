"""Ordered tests tell the patients apart: each finds what its cause says, and nothing else; a mended run is healthy.

On small batches, since what is measured is there in any batch.
"""

import pytest

from rlcourse.experiments import WARDS
from rlcourse.experiments.clinic.causes import NOT_THE_WRITER, SLOW_CRITIC

ALL = [(ward, patient) for ward in WARDS.values() for patient in ward.patients.values()]
ILL = [(ward, patient) for ward, patient in ALL if patient.cause]
TRAINS = ("update", "reach", "estimate", "pull", "values")
"""Tests that use a training up; the others only look at it, so that they can share one."""


def name_of(value):
    return getattr(value, "name", getattr(value, "key", ""))


def small(training):
    world = getattr(training.world, "world", training.world)
    if hasattr(world, "prompts_per_step"):
        world.prompts_per_step = 6
    return training


def odd_in(ward, make, tests):
    """Those of the tests that are odd on a training."""
    looked_at = small(make(0))
    return {key for key in tests if ward.tests[key].measure(small(make(0)) if key in TRAINS else looked_at).odd}


@pytest.mark.parametrize(("ward", "patient"), ALL, ids=name_of)
def test_what_is_odd_is_what_its_cause_shows_and_nothing_else(ward, patient):
    assert odd_in(ward, patient.sick, ward.tests) == set(patient.cause.shows if patient.cause else ())


@pytest.mark.parametrize(("ward", "patient"), ILL, ids=name_of)
def test_what_was_odd_is_usual_once_the_line_is_mended(ward, patient):
    assert odd_in(ward, patient.mended, patient.cause.shows) == set()


@pytest.mark.parametrize(("ward", "patient"), ILL, ids=name_of)
def test_the_most_telling_test_is_odd_on_another_seed_too(ward, patient):
    assert ward.tests[patient.cause.shows[0]].measure(small(patient.sick(1))).odd


@pytest.mark.parametrize("ward", WARDS.values(), ids=name_of)
def test_no_two_that_can_be_named_show_the_same(ward):
    shown = [frozenset(one.shows) for one in ward.suspicions.values()]
    assert len(set(shown)) == len(shown) and frozenset() not in shown


@pytest.mark.parametrize("ward", WARDS.values(), ids=name_of)
def test_a_name_cannot_be_found_by_crossing_out_or_by_one_odd_test(ward):
    """Some test is odd by several of the names; where patients are few, something can be named that nobody has."""
    for_each = [sum(key in one.shows for one in ward.suspicions.values()) for key in ward.tests]
    assert max(for_each) >= 2
    assert len(ward.patients) > 4 or len(ward.suspicions) > len(ward.causes)


def test_what_nobody_has_is_named_by_a_test_of_the_ward():
    assert NOT_THE_WRITER.shows[0] in WARDS["objective"].tests and SLOW_CRITIC.shows[0] in WARDS["robots"].tests

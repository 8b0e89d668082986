"""Ordered tests tell the patients apart: each finds what its cause says, and nothing else; a mended run is healthy.

On small batches, since what is measured is there in any batch.
"""

from copy import deepcopy

import pytest

from rlcourse.experiments import WARDS
from rlcourse.experiments.clinic import wards
from rlcourse.experiments.clinic.causes import NOT_THE_WRITER, SLOW_CRITIC
from rlcourse.experiments.clinic.wards import held_by, held_by_k3
from rlcourse.language import LanguagePolicy, load_gpt2, split_sums

ALL = [(ward, patient) for ward in WARDS.values() for patient in ward.patients.values()]
MENDED = {p.cause.mended: (ward, p) for ward, p in ALL if p.cause and p.build is not held_by}
"""A patient for each function that is mended; what is held by k3 is the healthy one of its ward."""
TRAINS = ("update", "reach", "estimate", "pull", "values")
"""Tests that use a training up; the others only look at it, so that they can share one."""


ENOUGH = 8
"""Questions a batch."""


@pytest.fixture(autouse=True, scope="module")
def few_sums():
    """Of which a world is made in no time, with a model that is copied and not read again."""
    train, held_out = split_sums()
    hard, (model, tokenizer) = wards.hard_sums()[: wards.ASKED + 64], load_gpt2("sft")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wards, "split_sums", lambda: (train[:64], held_out))
        patch.setattr(wards, "hard_sums", lambda: hard)
        patch.setattr(wards, "load_gpt2", lambda _: (deepcopy(model), tokenizer))
        patch.setattr(wards, "fresh_policy", lambda: LanguagePolicy(deepcopy(model), tokenizer))
        yield


def name_of(value):
    return getattr(value, "name", getattr(value, "key", ""))


def odd_in(ward, make, tests):
    """Those of the tests that are odd on a training."""
    looked_at = small(make())
    return {key for key in tests if ward.tests[key].measure(small(make()) if key in TRAINS else looked_at).odd}


def small(training):
    world = getattr(training.world, "world", training.world)
    if hasattr(world, "prompts_per_step"):
        world.prompts_per_step = min(world.prompts_per_step, ENOUGH)
    return training


def worth_asking(ward, cause):
    """What is shown by a cause, or by another name that has a test in common with it; all tests if there is none."""
    others = [one for one in ward.suspicions.values() if cause is None or {*one.shows} & {*cause.shows}]
    return {test for one in others for test in one.shows} if cause else {*ward.tests}


@pytest.mark.parametrize(("ward", "patient"), ALL, ids=name_of)
def test_what_is_odd_is_what_its_cause_shows_and_nothing_else(ward, patient):
    """On the seed that is shown. Whoever is healthy shows nothing at all."""
    shows = set(patient.cause.shows if patient.cause else ())
    assert odd_in(ward, lambda: patient.sick(patient.seed), worth_asking(ward, patient.cause)) == shows


@pytest.mark.parametrize(("ward", "patient"), MENDED.values(), ids=name_of)
def test_what_was_odd_is_usual_once_the_line_is_mended(ward, patient):
    shown = {one.shows[0] for one in ward.causes.values() if one.mended is patient.cause.mended}
    assert odd_in(ward, lambda: patient.mended(0), shown) == set()


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


def test_what_is_held_as_it_should_be_is_the_healthy_one_of_its_ward():
    ward = WARDS["objective"]
    kept = [p.mended().algorithm.kl_fn for p in ward.patients.values() if p.build is held_by]
    assert ward.healthy is held_by_k3 and {*kept} == {ward.healthy(0).algorithm.kl_fn}


def test_what_nobody_has_is_named_by_a_test_of_the_ward():
    assert NOT_THE_WRITER.shows[0] in WARDS["objective"].tests and SLOW_CRITIC.shows[0] in WARDS["robots"].tests

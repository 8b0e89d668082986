"""How long a notebook takes here: the recorded seconds, scaled by what small works take."""

import dataclasses

import pytest

from rlcourse.course.contents import CONTENTS
from rlcourse.course.speed import (
    Records,
    Speed,
    load_records,
    records_from,
    run_all_seconds,
    seconds_per_step,
    seconds_per_update,
)

LOG = "\n".join(f"{one.file}: {10 + i} s, slowest cell 4 s, 576 MB" for i, one in enumerate(CONTENTS))


def test_every_notebook_has_its_record_and_together_they_keep_the_promise():
    records = load_records()
    assert list(records.run_all) == [notebook.number for notebook in CONTENTS]
    assert all(0 < seconds < 180 for seconds in records.run_all.values())
    # The records may be of a slow machine: the promise is for one on which a step of GRPO takes a quarter of a second.
    assert sum(records.run_all.values()) * 0.25 / records.speed.gpt2 < 20 * 60


def test_on_the_machine_of_the_records_a_notebook_takes_what_was_recorded():
    records = load_records()
    assert run_all_seconds(records.speed, records) == pytest.approx(records.run_all)


def test_a_notebook_is_as_much_slower_as_the_work_of_its_world():
    there = Speed(start=4, maze=0.1, gpt2=0.2)
    records = Records(there, {"02": 14, "10": 104, "06": 104})
    here = Speed(start=10, maze=0.3, gpt2=0.2)
    assert run_all_seconds(here, records) == pytest.approx({"02": 10 + 30, "06": 10 + 200, "10": 10 + 100})


def test_steps_are_really_timed():
    assert 0.001 < seconds_per_step(1) < 60
    assert 0.0001 < seconds_per_update(1) < 60


def test_records_are_read_from_what_the_whole_run_printed():
    speed = Speed(1, 1, 1)
    records = records_from(f"....\n{LOG}\n[IPKernelApp] WARNING\n", speed)
    assert records.run_all["00"] == 10 and records.run_all["15"] == 25 and records.speed is speed
    with pytest.raises(ValueError, match="of 03"):
        records_from(LOG.replace("03_values", "a_values"), speed)


def test_the_speeds_are_seconds():
    assert all(seconds > 0 for seconds in dataclasses.astuple(load_records().speed))

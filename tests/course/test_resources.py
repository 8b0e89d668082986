"""Memory, cores and disk, within the limits of a container."""

import shutil
from types import SimpleNamespace

import pytest

from rlcourse.course import resources
from rlcourse.course.resources import (
    cores_finding,
    free_bytes,
    memory_finding,
    notebooks_finding,
    own_groups,
    usable_cores,
)

GB = 10**9


@pytest.mark.parametrize(("free", "fine"), [(None, True), (int(1.6e9), True), (int(1.4e9), False)])
def test_little_memory_is_noticed(free, fine):
    assert memory_finding(free).fine is fine


def test_free_memory_is_read_in_bytes(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       24000000 kB\nMemAvailable:   21000000 kB\n")
    assert free_bytes(meminfo, tmp_path) == 21_000_000 * 1024
    meminfo.write_text("something else\n")
    assert free_bytes(meminfo, tmp_path) is None
    assert free_bytes(tmp_path / "missing", tmp_path) is None


def test_the_limits_of_a_control_group_and_of_those_above_it_count(tmp_path, monkeypatch):
    (tmp_path / "hub" / "student").mkdir(parents=True)
    monkeypatch.setattr(resources, "own_groups", lambda groups: [groups / "hub" / "student", groups / "hub", groups])
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemAvailable: 21000000 kB\n")
    (tmp_path / "hub" / "student" / "memory.max").write_text("max\n")
    (tmp_path / "hub" / "memory.max").write_text(f"{4 * GB}\n")
    (tmp_path / "hub" / "memory.current").write_text(f"{3 * GB}\n")
    assert free_bytes(meminfo, tmp_path) == GB
    (tmp_path / "hub" / "student" / "cpu.max").write_text("100000 100000\n")
    (tmp_path / "hub" / "cpu.max").write_text("max 100000\n")
    assert usable_cores(tmp_path) == 1


def test_a_process_knows_its_control_group(tmp_path):
    own = tmp_path / "cgroup"
    own.write_text("0::/hub/student\n")
    assert list(own_groups(tmp_path, own)) == [tmp_path / "hub" / "student", tmp_path / "hub", tmp_path]
    own.write_text("0::/\n")
    assert list(own_groups(tmp_path, own)) == [tmp_path]
    own.write_text("4:memory:/old\n")
    assert list(own_groups(tmp_path, own)) == list(own_groups(tmp_path, tmp_path / "missing")) == []


def test_cores_are_told_with_the_threads_if_those_are_known():
    assert cores_finding(4).found == "4" and cores_finding(4, 1).found == "4; PyTorch uses 1 thread"


def test_notebooks_that_cannot_be_saved_are_noticed(tmp_path, monkeypatch):
    assert notebooks_finding(tmp_path).fine
    assert notebooks_finding(tmp_path / "wheel").fine
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10**8))
    full = notebooks_finding(tmp_path)
    assert not full.fine and full.must and "make room" in full.advice
    monkeypatch.setattr(resources.os, "access", lambda folder, mode: False)
    read_only = notebooks_finding(tmp_path)
    assert not read_only.fine and not read_only.must and "start.py" in read_only.advice

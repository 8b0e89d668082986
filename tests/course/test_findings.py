"""The looks that need no package: Python, and the packages."""

import importlib.metadata

import pytest

from rlcourse.course.findings import (
    PINS,
    Finding,
    looked,
    packages_finding,
    pinned_versions,
    python_finding,
    required_versions,
)

OURS = {"rlcourse": "0.1.0", "torch": "2.13.0+cpu", "numpy": "2.4.6"}
PINNED = {"torch": "2.13.0", "numpy": "2.4.6"}
BOUNDS = ["torch>=2.10", "numpy>=2.0,<3"]


def found(versions, pins=PINNED, bounds=BOUNDS):
    def version_of(name):
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    return packages_finding(version_of, pins=pins, bounds=bounds)


@pytest.mark.parametrize(("version", "fine"), [((3, 10, 14), False), ((3, 11, 0), True), ((4, 0, 0), True)])
def test_an_old_python_is_noticed(version, fine):
    finding = python_finding(version)
    assert finding.fine is fine and "3.11" in finding.advice


def test_pinned_packages_are_fine_whatever_the_name_of_their_build():
    finding = found(OURS)
    assert finding.fine and "torch 2.13.0+cpu" in finding.found


@pytest.mark.parametrize("missing", ["torch", "rlcourse"])
def test_a_missing_package_is_noticed(missing):
    finding = found({name: version for name, version in OURS.items() if name != missing})
    assert not finding.fine and finding.must
    assert finding.found == f"missing: {missing}" and finding.advice.startswith("`python3 start.py`")


def test_a_version_that_the_course_cannot_run_with_must_be_mended():
    finding = found(OURS | {"torch": "2.9.1+cu128"})
    assert not finding.fine and finding.must and finding.found == "torch 2.9.1+cu128, needed >=2.10"


def test_another_version_within_the_bounds_is_a_remark():
    finding = found(OURS | {"numpy": "2.3.0"})
    assert not finding.fine and not finding.must and finding.found == "numpy 2.3.0 (tested: 2.4.6)"


def test_a_wheel_without_pins_is_held_to_its_bounds():
    assert found(OURS, pins={}).fine
    assert found({"rlcourse": "0.1.0", "torch": "2.13.0"}, pins={}).found == "missing: numpy"


def test_the_pins_are_those_of_the_requirements_and_the_bounds_those_of_the_package(tmp_path):
    pins = pinned_versions()
    assert len(pins) == sum("==" in line for line in PINS.read_text(encoding="utf-8").splitlines())
    assert {"torch", "jupyterlab"} <= set(pins)
    assert any(line.startswith("torch>=") for line in required_versions())
    assert pinned_versions(tmp_path / "requirements.txt") == {}


def test_a_look_that_fails_is_a_finding():
    def broken():
        raise KeyError("version")

    finding = looked("Widgets", broken)
    assert finding.what == "Widgets" and not finding.fine and "KeyError" in finding.found
    assert looked("Widgets", lambda: Finding("Widgets", "5.0")).fine

"""The doctor's words: in a terminal of any width and any signs, and its exit code."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from rlcourse.course import doctor, findings, machine, speed
from rlcourse.course.doctor import examine, lines_of, spoken, times_of
from rlcourse.course.findings import Finding
from rlcourse.files import CHECKOUT

FINE = Finding("Python", "3.13.1, in /home/ada/rlcourse/.venv")
TROUBLE = Finding(
    "Packages", "missing: torch", False, "torch is not here. `python3 start.py` installs what is missing."
)
REMARK = Finding("Your progress", "kept nowhere", False, "Nothing else suffers.", must=False)


@pytest.fixture
def looking(monkeypatch):
    """A doctor whose looks find what the test says; the measuring takes no time."""
    found = SimpleNamespace(packages=FINE, course=[FINE])
    monkeypatch.setattr(doctor, "packages_finding", lambda: found.packages)
    monkeypatch.setattr(machine, "course_findings", lambda: iter(found.course))
    monkeypatch.setattr(speed, "measure", lambda: speed.load_records().speed)
    return found


def test_a_machine_in_order_is_told_how_long_each_notebook_takes(looking, capsys):
    assert examine() == 0
    said = capsys.readouterr().out
    assert said.rstrip().endswith("✓ This machine is ready.")
    assert "02 A robot in a maze" in said and "15 From this laptop to a cluster" in said and "all of them" in said


def test_what_must_be_mended_ends_with_1_and_nothing_is_measured(looking, capsys):
    looking.course = [REMARK, TROUBLE]
    assert examine() == 1
    said = capsys.readouterr().out
    assert "1 thing to mend" in said and "→ torch is not here." in said and "Run All" not in said


def test_without_the_packages_nothing_is_loaded_that_needs_them(looking, capsys):
    looking.packages, looking.course = TROUBLE, None  # asking for the others would raise
    assert examine() == 1


def test_a_remark_leaves_the_machine_ready(looking, capsys):
    looking.course = [REMARK]
    assert examine(quick=True) == 0
    assert "ready. (1 remark, marked ! above.)" in capsys.readouterr().out


def test_packages_that_are_there_and_cannot_be_loaded_are_a_finding(looking, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "rlcourse.course.machine", None)
    assert examine() == 1
    assert "Loading the packages" in capsys.readouterr().out


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
@pytest.mark.parametrize("finding", [FINE, TROUBLE, REMARK])
def test_a_finding_fits_the_terminal(finding, width):
    lines = lines_of(finding, width).splitlines()
    assert all(len(line) <= max(width, 4 + len("/home/ada/rlcourse/.venv")) for line in lines)
    assert " ".join(" ".join(lines).split()).startswith(f"{finding.mark} {finding.what} {finding.found}")


@pytest.mark.parametrize("width", [24, 40, 80])
def test_the_times_fit_the_terminal(width):
    table = times_of({"00": 12, "15": 75}, {"00": "Start here", "15": "From this laptop to a cluster"}, width)
    assert all(len(line) <= width for line in table.splitlines())
    assert table.splitlines()[0].endswith("10 s") and table.splitlines()[-1].endswith("1 min 30 s")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "5 s"), (12, "10 s"), (57, "55 s"), (59, "1 min"), (84, "1 min 20 s"), (599, "10 min"), (4000, "67 min")],
)
def test_times_are_spoken(seconds, words):
    assert spoken(seconds) == words


def test_a_python_without_a_single_package_says_so_in_ascii(tmp_path):
    """As one who runs it with the system's Python, in a terminal that knows no ✗."""
    command = [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import runpy; "
               "sys.argv[1:] = ['doctor']; runpy.run_module('rlcourse', run_name='__main__')"]  # fmt: skip
    asked = subprocess.run(command, capture_output=True, cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert asked.returncode == 1, asked.stderr.decode()
    said = asked.stdout.decode("ascii")
    assert "[x] Packages" in said and "gymnasium" in said and "python3 start.py" in said and "?" not in said[60:]


def test_the_first_look_is_at_what_needs_no_package():
    imported = subprocess.run(
        [sys.executable, "-c", "import sys, rlcourse.course.doctor; print(*sys.modules)"],
        capture_output=True,
        text=True,
    ).stdout.split()
    assert not {"torch", "matplotlib", "IPython", "tqdm"} & set(imported)
    assert findings.PINS.is_file()

"""start.py without a single real installation: what it would run, where, and what it says."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent


def load_start():
    spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def course(tmp_path, monkeypatch):
    """start.py in a folder of its own, its programs faked: `ran` lists them, `codes` says how they end."""
    start = load_start()
    for name in start.REQUIREMENT_FILES:
        (tmp_path / name).write_text("numpy\n")
    start.ran, start.codes, start.working = [], {}, set()

    def run(command):
        start.ran.append(command)
        if command[1:3] == ["-m", "venv"]:
            Path(command[-1]).mkdir(exist_ok=True)
        return start.codes.get(command[2], 0)

    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(start, "run", run)
    monkeypatch.setattr(start, "succeeds", lambda command: command[-1] in start.working)
    monkeypatch.setattr(start.sys, "prefix", "/usr")
    monkeypatch.setattr(start.sys, "base_prefix", "/usr")
    monkeypatch.setattr(start.os, "geteuid", lambda: 1000, raising=False)
    return start


def modules(ran):
    """Which programs were run, by the module after -m."""
    return [command[2] for command in ran]


def test_an_old_python_can_read_the_file_and_says_what_it_lacks():
    source = (ROOT / "start.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    imported = {
        name.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for name in node.names
    }
    assert imported <= {"hashlib", "importlib.util", "os", "subprocess", "sys"}  # the standard library of 3.6
    start = load_start()
    assert "3.11 or newer; this is Python 3.6" in start.old_python((3, 6, 15))
    assert start.old_python((3, 10, 99)) and start.old_python((2, 7))
    assert start.old_python((3, 11, 0)) == "" and start.old_python((4, 0, 0)) == ""


def test_the_first_start_makes_an_environment_installs_and_opens_the_first_notebook(course, tmp_path, capsys):
    assert course.main(["--no-browser", "--port", "9999"]) == 0
    make, install, lab = course.ran
    python = course.python_in(tmp_path / ".venv")
    assert make == [sys.executable, "-m", "venv", "--clear", str(tmp_path / ".venv")]
    assert install == [python, "-m", "pip", "install", "-r", "requirements.txt"]
    assert lab == [python, "-m", "jupyterlab", "notebooks/00_start_here.ipynb", "--no-browser", "--port", "9999"]
    assert "Installing" in capsys.readouterr().out


def test_the_tests_install_their_extra_in_the_same_call_and_get_their_arguments(course, tmp_path):
    assert course.main(["test", "-k", "maze"]) == 0
    _, install, tests = course.ran
    assert install[2:] == ["pip", "install", "-r", "requirements.txt", "-e", ".[test]"]
    assert tests == [course.python_in(tmp_path / ".venv"), "-m", "pytest", "-k", "maze"]


def test_the_second_start_installs_nothing(course):
    course.main([])
    course.working = {"import pip"}
    course.ran.clear()
    course.main([])
    assert modules(course.ran) == ["jupyterlab"]
    course.main(["test"])  # needs more than was installed
    course.main(["test"])
    course.main([])
    assert modules(course.ran) == ["jupyterlab", "pip", "pytest", "pytest", "jupyterlab"]


def test_whoever_has_what_the_tests_need_has_what_the_course_needs(course):
    course.main(["test"])
    course.working = {"import pip"}
    course.ran.clear()
    course.main([])
    assert modules(course.ran) == ["jupyterlab"]


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_changed_requirements_are_installed(course, tmp_path, changed):
    course.main([])
    course.working = {"import pip"}
    course.ran.clear()
    (tmp_path / changed).write_text("numpy==2.4\n")
    course.main([])
    assert modules(course.ran) == ["pip", "jupyterlab"]


def test_the_fingerprint_knows_the_python_and_the_folder(course, tmp_path, monkeypatch):
    here = course.fingerprint(tmp_path)
    assert here == course.fingerprint(tmp_path)
    monkeypatch.setattr(course, "sys", SimpleNamespace(version_info=(3, 99, 0)))
    assert course.fingerprint(tmp_path) != here


def test_a_failed_installation_is_tried_again_and_its_code_is_passed_on(course, capsys):
    course.codes = {"pip": 3}
    assert course.main([]) == 3
    assert modules(course.ran) == ["venv", "pip"]
    assert "could not be installed" in capsys.readouterr().err
    course.codes, course.working = {}, {"import pip"}
    assert course.main([]) == 0
    assert modules(course.ran) == ["venv", "pip", "pip", "jupyterlab"]


@pytest.mark.parametrize("code", [0, 1, 5])
def test_exit_codes_pass_through(course, code):
    course.codes = {"pytest": code, "jupyterlab": code}
    assert course.main(["test"]) == code
    assert course.main([]) == code


def test_an_active_environment_is_used_as_it_is(course, tmp_path, monkeypatch):
    active = tmp_path / "mine"
    active.mkdir()
    monkeypatch.setattr(course.sys, "prefix", str(active))
    course.working = {"import pip"}
    course.main([])
    assert modules(course.ran) == ["pip", "jupyterlab"]
    assert all(command[0] == course.python_in(active) for command in course.ran)
    assert not (tmp_path / ".venv").exists()


def test_an_environment_without_pip_gets_it(course, tmp_path, monkeypatch):
    monkeypatch.setattr(course.sys, "prefix", str(tmp_path))
    course.working = {""}  # its Python runs, but cannot import pip
    course.main([])
    assert modules(course.ran) == ["ensurepip", "pip", "jupyterlab"]


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_without_venv_it_says_what_to_install(course, missing, monkeypatch, capsys):
    monkeypatch.setattr(course.importlib.util, "find_spec", lambda name: None if name == missing else object())
    assert course.main([]) == 1
    assert course.ran == []
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_when_making_the_environment_fails_it_says_what_to_install(course, capsys):
    course.codes = {"venv": 1}
    assert course.main([]) == 1
    assert modules(course.ran) == ["venv"]
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_root_is_allowed_and_told(course, monkeypatch, capsys):
    monkeypatch.setattr(course.os, "geteuid", lambda: 0, raising=False)
    course.main([])
    assert course.ran[-1][-1] == "--allow-root"
    assert "--allow-root" in capsys.readouterr().out
    course.main(["--allow-root"])
    assert course.ran[-1].count("--allow-root") == 1


def test_on_windows_python_is_in_scripts(course, monkeypatch):
    monkeypatch.setattr(course, "os", SimpleNamespace(name="nt"))
    assert course.python_in(Path("env")).replace("\\", "/") == "env/Scripts/python.exe"


def test_help_runs_nothing(course, capsys):
    assert course.main(["--help"]) == 0
    assert course.ran == []
    assert "python3 start.py test" in capsys.readouterr().out


class Process:
    """A program that is interrupted a few times and then ends."""

    def __init__(self, code, interrupts):
        self.code, self.interrupts = code, interrupts

    def wait(self):
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        return self.code


@pytest.mark.parametrize("code, passed_on", [(0, 0), (5, 5), (-2, 130)])
def test_ctrl_c_is_left_to_the_program(monkeypatch, tmp_path, code, passed_on):
    start = load_start()
    started = []
    monkeypatch.setattr(
        start.subprocess, "Popen", lambda command, cwd: started.append((command, cwd)) or Process(code, interrupts=2)
    )
    assert start.run(["program"]) == passed_on
    assert started == [(["program"], str(ROOT))]  # from any folder, it runs in the course's


def test_succeeds_says_what_a_program_says():
    start = load_start()
    assert start.succeeds([sys.executable, "-c", "print('quiet')"])
    assert not start.succeeds([sys.executable, "-c", "raise SystemExit(1)"])
    assert not start.succeeds(["/no/such/program"])


def test_it_runs_from_any_folder_by_itself(tmp_path):
    result = subprocess.run(
        [sys.executable, "-I", str(ROOT / "start.py"), "--help"], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0 and "virtual environment" in result.stdout and result.stderr == ""

"""start.py without a single real installation: what it would run, where, and what it says."""

import ast
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tomllib
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
    (tmp_path / "notebooks").mkdir()
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
    assert imported <= {"hashlib", "importlib.util", "json", "os", "platform", "shutil", "signal", "subprocess", "sys"}
    start = load_start()
    assert "3.11 to 3.14; this is Python 3.6" in start.wrong_python((3, 6, 15))
    assert start.wrong_python((3, 10, 99)) and start.wrong_python((2, 7))
    assert start.wrong_python((3, 11, 0)) == start.wrong_python((3, 14, 9)) == ""


def test_a_python_for_which_there_is_no_pytorch_is_told_too():
    start = load_start()
    assert "this is Python 3.15" in start.wrong_python((3, 15, 0)) and "python3.13" in start.wrong_python((3, 15, 0))
    bounds = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    newest = ".".join(map(str, (start.NEWEST_PYTHON[0], start.NEWEST_PYTHON[1] + 1)))
    assert bounds == f">={'.'.join(map(str, start.OLDEST_PYTHON))},<{newest}"


def test_the_first_start_makes_an_environment_installs_and_opens_the_first_notebook(course, tmp_path, capsys):
    assert course.main(["--no-browser", "--port", "9999"]) == 0
    make, install, lab = course.ran
    python = course.python_in(tmp_path / ".venv")
    assert make == [sys.executable, "-m", "venv", "--clear", str(tmp_path / ".venv")]
    assert install == [python, "-m", "pip", "install", "-r", "requirements.txt"]
    here = f"--ServerApp.root_dir={tmp_path}"
    assert lab == [python, "-m", "jupyterlab", "notebooks/00_start_here.ipynb", here, "--no-browser", "--port", "9999"]
    assert "Installing" in capsys.readouterr().out


def test_the_tests_install_their_extra_in_the_same_call_and_get_their_arguments(course, tmp_path):
    assert course.main(["test", "-k", "maze"]) == 0
    _, install, tests = course.ran
    assert install[2:] == ["pip", "install", "-r", "requirements.txt", "-e", ".[test]"]
    assert tests[:3] == [course.python_in(tmp_path / ".venv"), "-m", "pytest"] and tests[-2:] == ["-k", "maze"]


def test_tests_run_side_by_side_unless_told_otherwise(course, monkeypatch):
    monkeypatch.setattr(course.os, "cpu_count", lambda: 2)
    assert course.side_by_side(["-k", "maze"]) == ["-n", "3", "--dist", "loadscope"]
    monkeypatch.setattr(course.os, "cpu_count", lambda: 64)
    assert course.side_by_side([])[1] == "4"
    for told in ("-n8", "-n", "-s", "--pdb"):
        assert course.side_by_side(["tests/maze", told]) == []


def test_the_doctor_comes_after_the_packages_and_its_code_is_passed_on(course):
    course.codes["rlcourse"] = 1
    assert course.main(["doctor", "--quick"]) == 1
    assert modules(course.ran) == ["venv", "pip", "rlcourse"]
    assert course.ran[-1][2:] == ["rlcourse", "doctor", "--quick"]


def test_what_a_teacher_needs_is_made_with_the_courses_own_packages(course, tmp_path):
    for wanted in ("slides", "instructor"):
        assert course.main([wanted, "../made", "--only", "02"]) == 0
        python = course.python_in(tmp_path / ".venv")
        assert course.ran[-1] == [python, "-m", "rlcourse.teaching", wanted, "../made", "--only", "02"]


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


def test_when_making_the_environment_fails_the_reason_above_stands_and_nothing_is_guessed(course, capsys):
    course.codes = {"venv": 1}
    assert course.main([]) == 1
    assert modules(course.ran) == ["venv"]
    said = capsys.readouterr().err
    assert "the reason stands above" in said and "apt" not in said


def test_a_folder_whose_name_separates_folders_is_named_before_anything_is_tried(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(course, "ROOT", tmp_path / f"a{os.pathsep}b")
    course.ROOT.mkdir()
    assert course.main([]) == 1
    said = capsys.readouterr().err
    assert course.ran == [] and repr(os.pathsep) in said and "apt" not in said


def test_a_full_disk_is_named_before_anything_is_tried(course, monkeypatch, capsys):
    monkeypatch.setattr(course.shutil, "disk_usage", lambda _: SimpleNamespace(free=3_000_000))
    assert course.main([]) == 1
    said = capsys.readouterr().err
    assert course.ran == [] and "2 GB" in said and "0.00 GB left" in said and "apt" not in said


@pytest.fixture
def read_only(course, tmp_path, monkeypatch):
    """The course in a folder that may only be read, with a home of the user's elsewhere."""
    (tmp_path / "notebooks" / "00_start_here.ipynb").write_text("{}")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LOCALAPPDATA", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(course.os, "access", lambda path, mode: str(path).startswith(str(home)))

    def run(command):
        course.ran.append(command)
        if command[1:3] == ["-m", "venv"]:
            Path(command[-1]).mkdir(parents=True, exist_ok=True)
        return 0

    monkeypatch.setattr(course, "run", run)
    return course


def test_a_course_that_may_only_be_read_is_installed_and_worked_in_elsewhere(read_only, tmp_path, capsys):
    assert read_only.main([]) == 0
    make, _, lab = read_only.ran
    home = tmp_path / "home"
    assert home in Path(make[-1]).parents and home in Path(lab[3]).parents
    assert Path(lab[3]).read_text() == "{}" and lab[4] == f"--ServerApp.root_dir={Path(lab[3]).parents[1]}"
    assert "own copies" in capsys.readouterr().out
    assert not (tmp_path / ".venv").exists() and len(list(tmp_path.iterdir())) == 4  # nothing was written there


def test_a_learners_copy_of_a_notebook_is_never_overwritten(read_only):
    read_only.main([])
    Path(read_only.ran[-1][3]).write_text("mine")
    read_only.main([])
    assert Path(read_only.ran[-1][3]).read_text() == "mine"


def test_a_folder_that_may_not_be_written_to_at_all_is_named(read_only, monkeypatch, capsys):
    monkeypatch.setattr(read_only.os, "access", lambda path, mode: False)
    assert read_only.main([]) == 1
    said = capsys.readouterr().err
    assert read_only.ran == [] and "You may not write to" in said and "apt" not in said


@pytest.mark.parametrize(
    "system, machine, version, named",
    [
        ("Darwin", "x86_64", "15.1", "Intel"),
        ("Darwin", "arm64", "13.6", "macOS before 14"),
        ("Windows", "ARM64", "", "this processor"),
        ("Darwin", "arm64", "14.2", None),
        ("Linux", "aarch64", "", None),
        ("Windows", "AMD64", "", None),
    ],
)
def test_where_there_is_no_pytorch_a_failure_says_so(course, monkeypatch, capsys, system, machine, version, named):
    monkeypatch.setattr(course.platform, "system", lambda: system)
    monkeypatch.setattr(course.platform, "machine", lambda: machine)
    monkeypatch.setattr(course.platform, "mac_ver", lambda: (version, "", ""))
    course.codes = {"pip": 1}
    course.main([])
    said = capsys.readouterr().err
    assert ("PyTorch does not come" in said) == (named is not None) and (named or "") in said


def test_what_the_user_has_set_for_other_programs_does_not_reach_ours(monkeypatch):
    start = load_start()
    for name in ("PYTHONPATH", "PYTEST_ADDOPTS", "PIP_TARGET", "PYTHONHOME", "MPLBACKEND"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("PIP_INDEX_URL", "a mirror")  # how they reach the packages is theirs to say
    monkeypatch.setenv("RLCOURSE_PROGRESS", "here")
    passed = start.environment()
    assert not start.NOT_PASSED_ON & passed.keys()
    assert passed["PIP_INDEX_URL"] == "a mirror" and passed["RLCOURSE_PROGRESS"] == "here"


USUAL = {"argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Python 3"}


@pytest.mark.parametrize(
    "set_up, ready",
    [
        (json.dumps(USUAL), True),
        (json.dumps({**USUAL, "argv": ["python", "-Xfrozen_modules=off", *USUAL["argv"][1:]]}), True),
        (json.dumps({**USUAL, "metadata": {"debugger": True}}), True),
        (json.dumps({**USUAL, "metadata": {"kernel_provisioner": {"provisioner_name": "theirs"}}}), False),
        (json.dumps({**USUAL, "metadata": "theirs"}), False),
        (json.dumps({**USUAL, "argv": None}), False),
        (json.dumps({**USUAL, "argv": [7]}), False),
        (None, False),
        (json.dumps({**USUAL, "env": {"OMP_NUM_THREADS": "8"}}), False),
        (json.dumps({**USUAL, "interrupt_mode": "message"}), False),
        (json.dumps({**USUAL, "argv": [*USUAL["argv"], "--pylab"]}), False),
        (json.dumps({**USUAL, "argv": ["/opt/other/bin/python", *USUAL["argv"][1:]]}), False),
        (json.dumps({**USUAL, "argv": []}), False),
        (json.dumps({**USUAL, "argv": "python"}), False),
        ("{", False),
        ("[]", False),
    ],
)
def test_kernels_that_the_user_has_set_up_otherwise_are_started_as_the_user_says(tmp_path, monkeypatch, set_up, ready):
    start = load_start()
    monkeypatch.setattr(start.sys, "platform", "linux")
    monkeypatch.setenv("JUPYTER_PATH", "theirs")
    monkeypatch.delenv("JUPYTER_PREFER_ENV_PATH", raising=False)
    if set_up is not None:
        file = tmp_path / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
        file.parent.mkdir(parents=True)
        file.write_text(set_up)
    command = start.lab_command(str(tmp_path / "bin" / "python"), [])
    ours = start.kernels_ready_at_once(command)
    if not ready:
        assert ours == {}
        return
    assert ours["JUPYTER_PATH"].split(os.pathsep) == ["theirs", str(ROOT / "rlcourse" / "course" / "jupyter")]
    assert start.kernels_ready_at_once([command[0], "-m", "pytest"]) == {}
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    assert start.kernels_ready_at_once(command) == {}


def test_the_kernel_of_a_fresh_environment_is_the_usual_one():
    """As pip has just put it there: where ipykernel comes to say more, this says what more there is."""
    from ipykernel.kernelspec import get_kernel_dict

    start = load_start()
    fresh = get_kernel_dict()
    assert fresh["argv"][0] in (sys.executable, "python") and set(fresh) <= start.USUAL_IN_A_KERNEL
    assert set(fresh["metadata"]) <= start.USUAL_OF_A_KERNEL
    assert [word for word in fresh["argv"][1:] if not word.startswith("-X")] == USUAL["argv"][1:]


def test_update_is_handed_on_with_the_courses_folder(course, tmp_path):
    assert course.main(["update"]) == 0
    assert course.ran == [[sys.executable, str(tmp_path / "rlcourse" / "course" / "update.py"), str(tmp_path)]]
    assert (ROOT / "rlcourse" / "course" / "update.py").is_file()


def program_below(code, **how):
    """start.py's `run` in a process of its own, with a program of one line below it that writes its pid first."""
    below = f"import os, sys, time, signal; print(os.getpid(), flush=True); {code}"
    above = f"import start; sys = __import__('sys'); sys.exit(start.run([sys.executable, '-c', {below!r}]))"
    return subprocess.Popen([sys.executable, "-c", above], cwd=ROOT, stdout=subprocess.PIPE, text=True, **how)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_request_to_end_reaches_the_program_below(name):
    above = program_below("time.sleep(60)")
    with above.stdout as said:
        pid = int(said.readline())
        above.send_signal(getattr(signal, name))
        assert above.wait(timeout=20) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_started_in_the_background_the_program_below_can_still_be_interrupted():
    """A shell ignores interrupts in what it puts into the background; ■ in a kernel would then never stop a cell."""
    code = "print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, flush=True)"
    above = program_below(code, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    said, _ = above.communicate(timeout=20)
    assert said.split()[1] == "False" and above.returncode == 0


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
        start.subprocess,
        "Popen",
        lambda command, cwd, env: started.append((command, cwd)) or Process(code, 2),
    )
    monkeypatch.setattr(start.signal, "signal", lambda *_: None)
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

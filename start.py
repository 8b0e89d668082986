"""Install the course and open it, with nothing on the machine but Python 3.11 to 3.14.

    python3 start.py                 install, then open the first notebook in JupyterLab
    python3 start.py test            install what the tests need too, then run them
    python3 start.py update          bring the newest version, and keep what you have written in the notebooks
    python3 start.py doctor          install, then say whether this machine is ready, and how long the notebooks take
    python3 start.py slides FOLDER   install, then make slides of four notebooks (for whoever teaches)
    python3 start.py instructor FOLDER   install, then copy the notebooks with solutions and answers (likewise)
    python3 start.py --help          this text

Anything that follows is passed on: `python3 start.py --no-browser --port 9999` to JupyterLab,
`python3 start.py test -k maze` to pytest.

The packages go into the virtual environment you are in, or else into the folder `.venv` beside this file (into
your own cache folder, where this one may not be written to); the Python of the system is left alone. They are
installed again only when the requirements change, so the second start is quick. This file uses the standard
library only, and no newer syntax than Python 3.6 understands, so that an old Python can still say what it lacks.
"""

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)
ROOT = Path(__file__).resolve().parent
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
# What decides whether the packages in an environment are still the right ones.
REQUIREMENT_FILES = ("requirements.txt", "pyproject.toml")
EXTRAS = {"course": [], "test": ["-e", ".[test]"]}
SPACE_NEEDED = 2 * 10**9  # bytes; what the packages take with PyTorch's CPU build
USUAL_IN_A_KERNEL = {"argv", "display_name", "language", "metadata", "kernel_protocol_version"}
USUAL_OF_A_KERNEL = {"debugger", "supported_encryption"}
# What would change what our children do: other packages, other tests, other places to install to.
NOT_PASSED_ON = {
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONUSERBASE", "MPLBACKEND"),
    *("PYTHONINSPECT", "PYTHONPLATLIBDIR", "PYTHONSAFEPATH", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"),
    *("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_EDITABLE"),
    *("PIP_REQUIREMENT", "PIP_DRY_RUN", "PIP_NO_DEPS", "PIP_REPORT", "PIP_PYTHON", "PIP_PYTHON_VERSION"),
    *("PIP_PLATFORM", "PIP_ABI", "PIP_IMPLEMENTATION"),
}


def main(arguments: list) -> int:
    """Do what the command line asks, and return the exit code of the last program that ran."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if arguments[:1] == ["update"]:
        return update(arguments[1:])
    purpose = "test" if arguments[:1] == ["test"] else "course"
    extra = arguments[1:] if arguments[:1] in (["test"], ["doctor"]) else arguments
    folder = environment_folder()
    python = python_in(folder)
    code = prepare(folder) or install(folder, purpose)
    if code:
        return code
    if purpose == "test":
        return run([python, "-m", "pytest", *side_by_side(extra), *extra])
    if arguments[:1] == ["doctor"]:
        return run([python, "-m", "rlcourse", "doctor", *extra])
    if arguments[:1] in (["slides"], ["instructor"]):
        return run([python, "-m", "rlcourse.teaching", *arguments])
    print("\nOpening the course in JupyterLab. To stop it, press Ctrl-C here.\n", flush=True)
    return run(lab_command(python, extra))


def side_by_side(extra: list) -> list:
    """Run one test more at once than there are processors, four at most, unless the user says otherwise.

    Tests with a browser wait for it, and leave a quarter of two processors idle.
    """
    if any(word.startswith(("-n", "--numprocesses", "-p", "--pdb", "-s")) for word in extra):
        return []
    return ["-n", str(min(4, 1 + (os.cpu_count() or 1))), "--dist", "loadscope"]


def environment_folder() -> Path:
    """The virtual environment that is active, or else the course's own: beside this file, if one may write there."""
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix)
    if (ROOT / ".venv").exists() or os.access(str(ROOT), os.W_OK):
        return ROOT / ".venv"
    return own_folder() / "venv"


def own_folder() -> Path:
    """A folder of the user's for this copy of the course, for when the course's own may not be written to."""
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", "~/AppData/Local"))
    elif sys.platform == "darwin":
        base = Path("~/Library/Caches")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return base.expanduser() / "rlcourse" / hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


def python_in(folder: Path) -> str:
    """The Python of a virtual environment, where this system keeps it."""
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def prepare(folder: Path) -> int:
    """Make sure that the environment exists and has pip. Returns 0 when it is ready."""
    python = python_in(folder)
    if succeeds([python, "-c", "import pip"]):
        return 0
    # On Debian and Ubuntu both modules may be missing until the package python3-venv is installed.
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        return complain(venv_is_missing())
    if succeeds([python, "-c", ""]):
        print(f"Adding pip to the virtual environment in {folder}", flush=True)
        return run([python, "-m", "ensurepip"])
    reason = no_place(folder)
    if reason:
        return complain(reason)
    print(f"Making a virtual environment in {folder}", flush=True)
    # --clear: one whose Python is gone (moved, or half made) is made anew.
    code = run([sys.executable, "-m", "venv", "--clear", str(folder)])
    return complain("The virtual environment could not be made; the reason stands above.", code) if code else 0


def no_place(folder: Path) -> str:
    """Why no environment can be made in this folder; empty when one can."""
    elsewhere = "make and activate a virtual environment somewhere else, and run this command again."
    if os.pathsep in str(folder):
        return (
            f"A virtual environment cannot lie in {folder}:\nits name contains {os.pathsep!r}, which parts folders. "
            f"Rename the folder, or {elsewhere}"
        )
    there = next(parent for parent in [folder, *folder.parents] if parent.exists())
    if not os.access(str(there), os.W_OK):
        return f"You may not write to {there}. Copy the course to a folder of yours, or {elsewhere}"
    free = shutil.disk_usage(str(there)).free
    if free < SPACE_NEEDED:
        return f"The course's packages need about {SPACE_NEEDED / 1e9:.0f} GB; {there} has {free / 1e9:.2f} GB left."
    return ""


def succeeds(command: list) -> bool:
    """Whether a command can be run and ends without an error. What it prints is thrown away."""
    try:
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    except OSError:
        return False
    return ended.returncode == 0


def venv_is_missing() -> str:
    """What to install when Python came without the means to make a virtual environment."""
    version = "{}.{}".format(*sys.version_info[:2])
    return (
        "Python could not make a virtual environment here. On Debian and Ubuntu a package is missing:\n\n"
        "    sudo apt install python3-venv\n\n"
        f"(or python{version}-venv, if this Python {version} is not the system's own). Elsewhere, install Python from\n"
        "https://www.python.org/downloads/. Then run this command again."
    )


def install(folder: Path, purpose: str) -> int:
    """Install the packages, unless the environment already has exactly these. Returns 0 when they are there."""
    stamp = stamp_in(folder, purpose)
    wanted = fingerprint(ROOT)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"Installing the course's packages into {folder}. The first time takes some minutes.", flush=True)
    command = [python_in(folder), "-m", "pip", "install", "-r", "requirements.txt", *EXTRAS[purpose]]
    code = run(command)
    if code:
        return complain(f"The packages could not be installed; the reason stands above.{no_wheels()}", code)
    # Whoever has what the tests need has what the course needs.
    for satisfied in ("course", purpose):
        stamp_in(folder, satisfied).write_text(wanted, encoding="utf-8")
    return 0


def no_wheels() -> str:
    """What to know on a machine for which PyTorch is not offered; empty elsewhere."""
    system, machine = platform.system(), platform.machine().lower()
    if system == "Darwin" and machine != "arm64":
        which = "Macs with an Intel processor"
    elif system == "Darwin" and int((platform.mac_ver()[0] or "0").split(".")[0]) < 14:
        which = "macOS before 14"
    elif system == "Windows" and machine not in ("amd64", "x86_64"):
        which = "Windows on this processor"
    elif sys.maxsize < 2**32:
        which = "a Python of 32 bits"
    else:
        return ""
    return f"\nPyTorch does not come for {which} any more. The course runs on any Linux machine, or on Binder."


def stamp_in(folder: Path, purpose: str) -> Path:
    """The small file that remembers for which requirements an environment was installed."""
    return folder / f".rlcourse-{purpose}"


def fingerprint(root: Path) -> str:
    """A hash of all that decides what is installed: the requirements, the Python, and where the course lies."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}\n{root}\n".encode())
    for name in REQUIREMENT_FILES:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def lab_command(python: str, extra: list) -> list:
    """The command that opens the first notebook in JupyterLab, in the course's folder whatever the settings say."""
    place = ROOT if os.access(str(ROOT / "notebooks"), os.W_OK) else notebooks_of_your_own()
    first = FIRST_NOTEBOOK if place == ROOT else str(place / FIRST_NOTEBOOK)
    command = [python, "-m", "jupyterlab", first, f"--ServerApp.root_dir={place}", *extra]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in extra:
        print("You are root, which JupyterLab refuses unless told otherwise; starting it with --allow-root.")
        command.append("--allow-root")
    return command


def notebooks_of_your_own() -> Path:
    """Copies of the notebooks where they can be saved, if the course's folder may only be read. None is overwritten."""
    place = own_folder()
    (place / "notebooks").mkdir(parents=True, exist_ok=True)
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if not (place / "notebooks" / notebook.name).exists():
            shutil.copyfile(str(notebook), str(place / "notebooks" / notebook.name))
    print(f"You may only read the course's folder; your own copies of the notebooks are in {place / 'notebooks'}.")
    return place


def update(extra: list) -> int:
    """Bring the newest version of the course, and keep what was written in the notebooks."""
    return run([sys.executable, str(ROOT / "rlcourse" / "course" / "update.py"), str(ROOT), *extra])


def environment() -> dict:
    """The user's environment, without what would change what our programs do."""
    passed = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    passed["PIP_USER"] = "0"  # a pip.conf with `user = true` would have pip refuse a virtual environment
    return passed


def kernels_ready_at_once(command: list) -> dict:
    """What has JupyterLab on Linux start kernels by `rlcourse/course/ready_kernels.py`: without a wait for PyTorch.

    Kernels that the user has set up otherwise are started as the user says: in a folder of JUPYTER_PATH, which counts
    more than ours, in this environment, or, where JUPYTER_PREFER_ENV_PATH is set, in a folder of the user's own.
    """
    if sys.platform != "linux" or command[1:3] != ["-m", "jupyterlab"]:
        return {}
    if "JUPYTER_PREFER_ENV_PATH" in os.environ or not starts_kernels_as_usual(command[0]):
        return {}
    theirs = [os.environ["JUPYTER_PATH"]] if os.environ.get("JUPYTER_PATH") else []  # before ours, so it counts
    return {"JUPYTER_PATH": os.pathsep.join([*theirs, str(ROOT / "rlcourse" / "course" / "jupyter")])}


def starts_kernels_as_usual(python: str) -> bool:
    """Whether this environment's kernels are what ipykernel sets up: no other program, nothing in its environment."""
    file = Path(python).parent.parent / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    try:
        set_up = json.loads(file.read_text(encoding="utf-8"))
        words = [word for word in set_up["argv"] if word != "-Xfrozen_modules=off"]
        more = set(set_up) - USUAL_IN_A_KERNEL | set(set_up.get("metadata", {})) - USUAL_OF_A_KERNEL
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
    usual = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return not more and words[:1] in (["python"], ["python3"], [python]) and words[1:] == usual


def run(command: list) -> int:
    """Run a program in the course's folder, wait for it to end, and return its exit code.

    Ctrl-C reaches the program too, which knows what to do with it (JupyterLab asks, pip cleans up), so this waits on.
    A request to end (`kill`, a service manager, a closed terminal) is passed on, or the program would outlive us.
    """
    # A shell starts `start.py &` with interrupts ignored, and so would every program below it, kernels included.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, cwd=str(ROOT), env={**environment(), **kernels_ready_at_once(command)})
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: process.terminate())
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue
        # A program that a signal ended has the signal's number, negative; a shell says 128 more than it.
        return code if code >= 0 else 128 - code


def complain(message: str, code: int = 1) -> int:
    """Print a message where errors go, and return the exit code."""
    print("\n" + message, file=sys.stderr, flush=True)
    return code


def wrong_python(version: tuple) -> str:
    """What to say to a Python that is too old or too new; empty when it is right."""
    if OLDEST_PYTHON <= tuple(version[:2]) <= NEWEST_PYTHON:
        return ""
    return (
        "The course needs Python {}.{} to {}.{}; this is Python {}.{}.\n".format(
            *OLDEST_PYTHON, *NEWEST_PYTHON, *version[:2]
        )
        + "Get one of these from https://www.python.org/downloads/, or try: python3.13 start.py"
    )


if __name__ == "__main__":
    try:
        sys.exit(wrong_python(tuple(sys.version_info)) or main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

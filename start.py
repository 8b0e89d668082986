"""Install the course and open it, with nothing on the machine but Python 3.11 or newer.

    python3 start.py                 install, then open the first notebook in JupyterLab
    python3 start.py test            install what the tests need too, then run them
    python3 start.py --help          this text

Anything that follows is passed on: `python3 start.py --no-browser --port 9999` to JupyterLab,
`python3 start.py test -k maze` to pytest.

The packages go into the virtual environment you are in, or else into the folder `.venv` beside this file;
the Python of the system is left alone. They are installed again only when the requirements change, so the
second start is quick. This file uses the standard library only, and no newer syntax than Python 3.6
understands, so that an old Python can still say what it lacks.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
# What decides whether the packages in an environment are still the right ones.
REQUIREMENT_FILES = ("requirements.txt", "pyproject.toml")
EXTRAS = {"course": [], "test": ["-e", ".[test]"]}


def main(arguments: list) -> int:
    """Do what the command line asks, and return the exit code of the last program that ran."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    purpose = "test" if arguments[:1] == ["test"] else "course"
    extra = arguments[1:] if purpose == "test" else arguments
    folder = environment_folder()
    python = python_in(folder)
    code = prepare(folder) or install(folder, purpose)
    if code:
        return code
    if purpose == "test":
        return run([python, "-m", "pytest", *extra])
    print("\nOpening the course in JupyterLab. To stop it, press Ctrl-C here.\n", flush=True)
    return run(lab_command(python, extra))


def environment_folder() -> Path:
    """The virtual environment that is active, or else the course's own."""
    inside = sys.prefix != sys.base_prefix
    return Path(sys.prefix) if inside else ROOT / ".venv"


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
        code = run([python, "-m", "ensurepip"])
    else:
        print(f"Making a virtual environment in {folder}", flush=True)
        # --clear: one whose Python is gone (moved, or half made) is made anew.
        code = run([sys.executable, "-m", "venv", "--clear", str(folder)])
    return complain(venv_is_missing(), code) if code else 0


def succeeds(command: list) -> bool:
    """Whether a command can be run and ends without an error. What it prints is thrown away."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


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
        return complain("The packages could not be installed; the reason stands above.", code)
    # Whoever has what the tests need has what the course needs.
    for satisfied in ("course", purpose):
        stamp_in(folder, satisfied).write_text(wanted, encoding="utf-8")
    return 0


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
    """The command that opens the first notebook in JupyterLab."""
    command = [python, "-m", "jupyterlab", FIRST_NOTEBOOK, *extra]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in extra:
        print("You are root, which JupyterLab refuses unless told otherwise; starting it with --allow-root.")
        command.append("--allow-root")
    return command


def run(command: list) -> int:
    """Run a program in the course's folder, wait for it to end, and return its exit code.

    Ctrl-C reaches the program too, which knows what to do with it (JupyterLab asks, pip cleans up), so this
    waits on.
    """
    process = subprocess.Popen(command, cwd=str(ROOT))
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


def old_python(version: tuple) -> str:
    """What to say to a Python that is too old; empty when it is new enough."""
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return ""
    return (
        "The course needs Python {}.{} or newer; this is Python {}.{}.\n".format(*OLDEST_PYTHON, *version[:2])
        + "Get a newer one from https://www.python.org/downloads/, or try: python3.11 start.py"
    )


if __name__ == "__main__":
    try:
        sys.exit(old_python(tuple(sys.version_info)) or main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

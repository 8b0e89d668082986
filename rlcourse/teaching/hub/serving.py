"""A hub on loopback, in a folder of its own, with everything that was kept secret made anew each time it starts.

    with class_server(folder, ["student1"]) as hub:
        hub.url, hub.password, hub.token

`FOLDER/students/NAME` is a learner's home: notebooks, progress, settings. What lies there is never overwritten. Nothing
listens but on 127.0.0.1. Left out: everything that a real host needs; see `rlcourse.teaching.hub.settings`.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rlcourse.files import NOTEBOOKS, write_whole
from rlcourse.teaching.hub.proxy import node_path, proxy_command

MARK = "rlcourse-class.json"
"""The file by which a folder of ours is known."""
REHEARSAL = "rehearsal"
"""The name under which our own commands ask the hub."""
NEEDED = ("jupyterhub", "jupyterhub_idle_culler", "nbgitpuller")
CONFIG = Path(__file__).with_name("rehearsal_config.py")
_NAMES = ("folder", "students", "memory", "port", "hub_port", "api_port", "proxy", "password", "token")
SETTINGS = {name: f"RLCOURSE_HUB_{name.upper()}" for name in _NAMES}
"""What the configuration reads from the environment, and from which variable."""
SECONDS_TO_START, SECONDS_TO_STOP = 90, 60


@dataclass(frozen=True)
class Hub:
    """A running hub."""

    url: str
    """With no slash at its end."""
    password: str
    """Of every student."""
    token: str
    """With which a program asks the hub for anything but being another service."""
    folder: Path
    process: subprocess.Popen

    @property
    def log(self) -> Path:
        """What the hub, its proxy and all servers said."""
        return self.folder / "hub.log"


@contextmanager
def class_server(
    folder: Path,
    students: Sequence[str],
    *,
    memory: str = "2G",
    source: Path = NOTEBOOKS,
    port: int | None = None,
    cache: Path | None = None,
) -> Iterator[Hub]:
    """A hub on loopback until the block ends; then it stops, and all servers with it.

    Args:
        folder: New, empty, or of an earlier one; homes and the log lie in it.
        students: Names of the accounts.
        memory: What each program of theirs may use, where that can be enforced.
        source: Whose notebooks each student gets a copy of.
        port: On which it listens; any free one when None.
        cache: Where the proxy is kept if it must be fetched; in the user's cache folder when None.

    Raises:
        ModuleNotFoundError: The `workshop` extra is not installed.
        ValueError: `folder` holds something else.
        NoProxy: There is no proxy, and none can be fetched.
        RuntimeError: The hub does not start.
    """
    refuse_what_cannot_be()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder must be a folder, got the file {folder}")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise ValueError(f"folder must be new, empty, or of an earlier class, got {folder}, which holds other files")
    proxy = proxy_command(cache=cache)
    folder = folder.absolute()
    make_homes(folder, students, source)
    ports = [port or _free_port(), _free_port(), _free_port()]
    told = (folder, " ".join(students), memory, *ports, proxy, secrets.token_urlsafe(9), secrets.token_hex(24))
    values = dict(zip(_NAMES, map(str, told), strict=True))
    environment = {**os.environ, "PATH": node_path(), **{SETTINGS[name]: value for name, value in values.items()}}
    command = [sys.executable, "-m", "jupyterhub", f"--config={CONFIG}"]
    with (folder / "hub.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        hub = Hub(f"http://127.0.0.1:{ports[0]}", values["password"], values["token"], folder, process)
        try:
            _wait_until_up(hub)
            yield hub
        finally:
            _stop(process)


def refuse_what_cannot_be() -> None:
    """Raise where a hub cannot run: on Windows, and without its packages.

    Raises:
        RuntimeError: This is Windows.
        ModuleNotFoundError: The `workshop` extra is not installed.
    """
    if sys.platform == "win32":
        raise RuntimeError("JupyterHub runs on Linux and on macOS only; on Windows, use WSL")
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        how = 'python -m pip install -e ".[workshop]"'
        raise ModuleNotFoundError(f"{', '.join(missing)} not installed: `{how}` brings what a class's server needs")


def make_homes(folder: Path, students: Sequence[str], source: Path) -> None:
    """Give every student a home that nobody else's account may look into, and the notebooks that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / MARK, json.dumps({"students": list(students)}))
    for name in students:
        home = folder / "students" / name
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / "notebooks").mkdir(exist_ok=True)
        for notebook in sorted(source.glob("*.ipynb")):
            if not (home / "notebooks" / notebook.name).exists():
                shutil.copyfile(notebook, home / "notebooks" / notebook.name)


def _wait_until_up(hub: Hub) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if hub.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{hub.url}/hub/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    said = hub.log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"the hub did not start; the end of {hub.log}:\n{said}")


def _stop(process: subprocess.Popen) -> None:
    """Ask the hub to stop, which stops all servers; insist after a minute."""
    process.terminate()
    try:
        process.wait(timeout=SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

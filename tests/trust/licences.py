"""The licences of everything that is installed, and what is known of its weaknesses, by tools made for it.

pip-licenses and pip-audit are installed into an environment of their own, and asked of this one and of the pins; the
scripts that pages carry are npm's, and their licences stand in their list. Who cannot be asked, as PyPI's records of
weaknesses behind a mirror that does not have them, is named: that is no clean bill.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from rlcourse.exporting.vendoring import LIST

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("pip-licenses>=5", "pip-audit>=2.9")
PATIENCE = 120
"""Seconds that a service may take to answer."""


def main() -> int:
    """Print both lists; 1 if a weakness is known, 2 if nobody could be asked."""
    with tempfile.TemporaryDirectory() as folder:
        tools = _environment(Path(folder))
        print("Licences of what is installed here:\n", flush=True)
        shown = ["--python", sys.executable, "--from=mixed", "--format=markdown", "--summary", "--order=count"]
        subprocess.run([tools / "pip-licenses", *shown], check=True)
        print("\nAnd of the scripts that pages carry:\n")
        for one in json.loads(LIST.read_text(encoding="utf-8")):
            print(f"| {one['package']} | {one['version']} | {one['licence']} |")
        print("\nKnown weaknesses of the pins:\n", flush=True)
        pins = Path(folder) / "pins.txt"
        lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        pins.write_text("\n".join(line for line in lines if "==" in line) + "\n")
        return min(_audited(tools, pins, service) for service in ("pypi", "osv"))


def _environment(folder: Path) -> Path:
    venv.create(folder / "tools", with_pip=True)
    scripts = folder / "tools" / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([scripts / "python", "-m", "pip", "install", "--quiet", *TOOLS], check=True)
    return scripts


def _audited(tools: Path, pins: Path, service: str) -> int:
    """What a service knows of the pins: 0 nothing bad, 1 something, 2 it did not answer."""
    command = [tools / "pip-audit", "--requirement", pins, "--no-deps", "--vulnerability-service", service]
    try:
        done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        print(f"{service}: no answer within {PATIENCE} s, so nothing is known from it")
        return 2
    print(f"{service}: {(done.stdout + done.stderr).strip()}")
    return done.returncode if done.returncode in (0, 1) and "Traceback" not in done.stderr else 2

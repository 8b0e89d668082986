"""The style of the code, checked by ruff, and the direction of imports, checked by reading them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Each part of the package, and the parts it may import.
ALLOWED = {
    "equations": set(),
    "algorithms": {"equations"},
    "maze": {"equations", "algorithms"},
    "language": {"equations", "algorithms"},
    "experiments": {"equations", "algorithms", "maze", "language"},
    "exercises": {"equations", "algorithms", "maze", "language", "explorables"},
    "explorables": {"equations", "algorithms", "maze", "language", "experiments", "exercises"},
}
IMPORT = re.compile(r"^\s*(?:from|import) rlcourse\.(\w+)", re.MULTILINE)


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(command):
    ruff = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert ruff.returncode == 0, ruff.stdout + ruff.stderr


@pytest.mark.parametrize("part", ALLOWED)
def test_imports_run_one_way(part):
    for file in (ROOT / "rlcourse" / part).rglob("*.py"):
        imported = set(IMPORT.findall(file.read_text(encoding="utf-8"))) - {part}
        assert imported <= ALLOWED[part], f"{file.relative_to(ROOT)} imports {imported - ALLOWED[part]}"


def test_the_package_never_touches_pyplot():
    for file in (ROOT / "rlcourse").rglob("*.py"):
        assert "import matplotlib.pyplot" not in file.read_text(encoding="utf-8"), file
        assert "from matplotlib import pyplot" not in file.read_text(encoding="utf-8"), file


def test_importing_the_course_is_quick():
    """Median of five fresh processes; the promise is 0.1 s on top of torch, the bound allows for a busy machine."""
    code = "import time, torch; t = time.perf_counter(); import rlcourse; print(time.perf_counter() - t)"
    times = [float(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT)) for _ in range(5)]
    assert sorted(times)[2] < 0.3


@pytest.mark.parametrize("part", ["equations", "algorithms", "maze", "explorables", "exercises"])
def test_the_robots_half_does_not_wait_for_transformers(part):
    """`transformers` takes seconds to load; a notebook about the maze has no use for it."""
    code = f"import sys, rlcourse.{part}; sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0

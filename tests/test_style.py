"""The style of the code, checked by ruff, and the direction of imports, checked by reading them."""

import ast
import importlib
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.programs import python

ROOT = Path(__file__).resolve().parents[1]
# The parts of the package, from the ground up: each may import what stands below it, and never its neighbour.
FLOORS = (
    ("files", "arguments", "usual", "showing"),
    ("equations",),
    ("algorithms",),
    ("control", "language"),
    ("maze",),
    ("experiments", "exercises", "scale"),
    ("explorables",),
    ("course", "exporting"),
    ("site",),
    ("teaching",),
)
SHARED = {"files", "arguments", "usual"}  # whoever is on the ground floor may use these
ALLOWED = {
    part: {below for lower in FLOORS[:floor] for below in lower} | (SHARED - {part} if part == "showing" else set())
    for floor, parts in enumerate(FLOORS)
    for part in parts
}
ALLOWED["maze"] -= {"language"}
IMPORT = re.compile(r"^\s*(?:from|import) rlcourse\.(\w+)", re.MULTILINE)


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(command):
    ruff = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert ruff.returncode == 0, ruff.stdout + ruff.stderr


def test_pytest_looks_into_every_folder_that_has_tests(request):
    passed_over = request.config.getini("norecursedirs")
    for file in (ROOT / "tests").rglob("test_*.py"):
        folders = [folder for folder in file.relative_to(ROOT).parts[:-1] if not folder.startswith(".")]
        assert not [folder for folder in folders if any(fnmatch(folder, kind) for kind in passed_over)], file


@pytest.mark.parametrize("part", ALLOWED)
def test_imports_run_one_way(part):
    place = ROOT / "rlcourse" / part
    for file in place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]:
        imported = set(IMPORT.findall(file.read_text(encoding="utf-8"))) - {part}
        assert imported <= ALLOWED[part], f"{file.relative_to(ROOT)} imports {imported - ALLOWED[part]}"


# The rooms of `language`, in a line: each may import what stands before it.
WITHIN = re.compile(r"^\s*(?:from|import) rlcourse\.language(?:\.(\w+))?", re.MULTILINE)  # "" is the front door
LINE = ("model", "rewards", "world", "tasks", "preferences", "training", "build")


@pytest.mark.parametrize("room", LINE)
def test_the_rooms_of_language_stand_in_a_line(room):
    place = ROOT / "rlcourse" / "language" / room
    before = {*LINE[: LINE.index(room)], room}
    for file in place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]:
        imported = set(
            re.findall(r"^\s*from rlcourse\.language\.(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        )
        assert imported <= before, f"{file.relative_to(ROOT)} imports {imported - before}"
        assert not re.search(r"^\s*from rlcourse\.language import", file.read_text(encoding="utf-8"), re.MULTILINE), (
            file
        )


def test_every_room_of_language_has_its_place_in_the_line():
    rooms = {path.stem for path in (ROOT / "rlcourse" / "language").iterdir() if path.stem[:2] != "__"}
    assert rooms == set(LINE)


def test_the_package_never_touches_pyplot():
    for file in (ROOT / "rlcourse").rglob("*.py"):
        assert "import matplotlib.pyplot" not in file.read_text(encoding="utf-8"), file
        assert "from matplotlib import pyplot" not in file.read_text(encoding="utf-8"), file


UNPICKLES = re.compile(
    r"^\s*(?:import|from) (?:c?[pP]ickle|dill|cloudpickle|joblib|shelve|marshal)\b"
    r"|\b(?:torch|np|numpy)\.load\(|read_pickle\(|allow_pickle=True|trust_remote_code=True|use_safetensors=False",
    re.MULTILINE,
)


def test_nothing_in_the_package_unpickles_or_runs_what_it_reads():
    """What is loaded may come from anybody: a file of weights is numbers, never a program."""
    for file in [ROOT / "start.py", *(ROOT / "rlcourse").rglob("*.py")]:
        assert not UNPICKLES.search(file.read_text(encoding="utf-8")), file


def test_importing_the_course_is_quick():
    """Median of three fresh processes; the promise is 0.1 s on top of torch, the bound allows for a busy machine."""
    code = "import time, torch; t = time.process_time(); import rlcourse; print(time.process_time() - t)"
    times = [float(python(code, cwd=ROOT).stdout) for _ in range(3)]
    assert sorted(times)[1] < 0.3


def test_the_robots_half_does_not_wait_for_transformers():
    """`transformers` takes seconds to load; a notebook about the maze has no use for it."""
    code = """
import importlib, sys
for part in ("equations", "algorithms", "control", "maze", "explorables", "exercises", "showing", "course"):
    importlib.import_module(f"rlcourse.{part}")
    assert "transformers" not in sys.modules, part
    for name in [name for name in sys.modules if name.partition(".")[0] == "rlcourse"]:
        del sys.modules[name]  # whichever is imported first finds what it needs
"""
    python(code, cwd=ROOT)


def test_no_package_exports_a_function_over_a_module_of_the_same_name():
    """`import rlcourse.a.b` would give whoever wants the module the function instead."""
    for door in (ROOT / "rlcourse").rglob("__init__.py"):
        package = ".".join(door.parent.relative_to(ROOT).parts)
        names = {path.stem for path in door.parent.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
        exported = set(getattr(importlib.import_module(package), "__all__", ()))
        assert not names & exported, f"{package} exports {names & exported} over its modules"


SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_notebooks_come_in_by_the_front_doors(source):
    """What a learner copies from a notebook is one level deep, so that nobody's code breaks when a room is rebuilt."""
    imports = [
        line for line in source.read_text(encoding="utf-8").splitlines() if re.match(r"\s*(from|import) rlcourse", line)
    ]
    assert imports
    assert [line for line in imports if not re.match(r"\s*from rlcourse(\.\w+)? import ", line)] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_notebooks_show_no_private_name(source):
    """What the course teaches is public."""
    code = "\n".join(line for line in source.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    private = [
        name
        for node in ast.walk(ast.parse(code))
        for name in (
            [node.attr]
            if isinstance(node, ast.Attribute)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.startswith("_") and not name.endswith("__")
    ]
    assert private == []

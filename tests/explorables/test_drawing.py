"""How the library draws: never through pyplot, whose figures belong to whichever cell is running."""

import ast
import re
from pathlib import Path

import rlcourse

ROOT = Path(rlcourse.__file__).parent


def imported(path: Path) -> set[str]:
    """Every module that a file imports, at any depth of nesting."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {f"{node.module}.{a.name}" for node in nodes if isinstance(node, ast.ImportFrom) for a in node.names}
    return plain | parts


def test_no_file_of_the_library_imports_pyplot():
    files = sorted(ROOT.rglob("*.py"))
    assert len(files) > 10
    assert [path.name for path in files if any("pyplot" in name for name in imported(path))] == []


def test_an_import_of_pyplot_would_be_seen(tmp_path):
    (tmp_path / "drawing.py").write_text("def draw():\n    from matplotlib import pyplot as plt\n")
    assert "matplotlib.pyplot" in imported(tmp_path / "drawing.py")


def test_every_figure_is_made_in_our_style():
    """`new_figure` makes figures that no user's settings change."""
    bare = re.compile(r"(?<![\w.])Figure\(figsize")
    assert [path.name for path in ROOT.rglob("*.py") if bare.search(path.read_text("utf-8"))] == []

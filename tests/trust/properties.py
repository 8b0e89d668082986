"""Which public functions are called in a property test, by reading the tests.

A function counts where its name is called below a `@given`, in the test itself or in a helper of the same file that the
test calls. Classes are listed apart: of a class counts who makes one, or calls what the class itself offers.
"""

import ast
import importlib
import inspect
from pathlib import Path

ROOMS = ("equations", "algorithms", "control", "maze", "language", "exercises")
TESTS = Path(__file__).resolve().parents[1]


def called_in_properties(tests: Path = TESTS) -> dict[str, set[str]]:
    """For each name that is called in a property test, the files that do so."""
    found: dict[str, set[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "@given" in text:
            for name in _names_below_given(ast.parse(text)):
                found.setdefault(name, set()).add(path.relative_to(tests).as_posix())
    return found


def _names_below_given(tree: ast.Module) -> set[str]:
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    waiting = [node for node in functions.values() if any("given" in ast.unparse(one) for one in node.decorator_list)]
    seen, names = set(), set()
    while waiting:
        node = waiting.pop()
        if node.name not in seen:
            seen.add(node.name)
            used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            used |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
            names |= used
            waiting += [functions[name] for name in used & functions.keys()]
    return names


def public_names(room: str) -> tuple[list[str], list[str]]:
    """The functions and the classes that a room offers and that are its own."""
    module = importlib.import_module(f"rlcourse.{room}")
    offered = {name: inspect.unwrap(getattr(module, name)) for name in module.__all__}
    ours = {name: one for name, one in offered.items() if getattr(one, "__module__", "").startswith(f"rlcourse.{room}")}
    functions = sorted(name for name, one in ours.items() if inspect.isfunction(one))
    return functions, sorted(name for name, one in ours.items() if inspect.isclass(one))


def main() -> int:
    """Print a table, and the functions that no property test calls."""
    called = called_in_properties()
    print(f"{'':14}{'functions':>10}{'in a property':>15}{'classes':>10}{'in a property':>15}")
    for room in ROOMS:
        functions, classes = public_names(room)
        counts = [len(set(names) & called.keys()) for names in (functions, classes)]
        print(f"{room:14}{len(functions):10}{counts[0]:15}{len(classes):10}{counts[1]:15}")
        if missing := [name for name in functions if name not in called]:
            print(f"    in none: {', '.join(missing)}")
    return 0

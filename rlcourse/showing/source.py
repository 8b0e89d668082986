"""The real source of anything in the course, shown in the notebook: never a second copy.

What a reader came for is the signature and what is computed. So that is shown first, `essence`, and the whole, with its
docstring and its checks, can be unfolded below. Lines are left out of the source and nothing is written anew: comments
and layout stay. Left out: highlighting of our own. A fenced Markdown block is coloured by the page's theme.
"""

import ast
import inspect
import textwrap
from pathlib import Path

from IPython.display import Markdown

from rlcourse.files import PACKAGE

_WHOLE_WORDS = (
    "<style>.jp-RenderedMarkdown :is(pre, pre code) { word-break: normal; overflow-wrap: break-word }"
    " .jp-RenderedMarkdown summary { cursor: pointer }</style>"
)
"""On a narrow page JupyterLab breaks code anywhere, in the middle of a name too."""
_GUARDS = ("check", "refuse")
"""How the names begin of the functions that only look at their arguments, and raise."""


def show_source(thing: object) -> Markdown:
    """A function or class of the course: signature and body, highlighted; its docstring and checks can be unfolded.

    Raises:
        TypeError: `thing` is neither a function nor a class.
        ValueError: its source is not part of the course.
    """
    thing = inspect.unwrap(thing)
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        raise TypeError(f"show_source takes a function or a class, got {type(thing).__name__}: {thing!r}")
    try:
        path = Path(inspect.getsourcefile(thing) or "")
    except TypeError:  # int, for one
        path = Path("Python itself")
    if not path.is_relative_to(PACKAGE):
        raise ValueError(f"{thing.__qualname__} is defined in {path}, not in the course; show_source shows the course")
    where = path.relative_to(PACKAGE.parent).as_posix()
    return Markdown(f"`{where}`, line {inspect.getsourcelines(thing)[1]}\n\n{unfolding(thing)}\n\n{_WHOLE_WORDS}")


def unfolding(thing: object) -> str:
    """Markdown: the essence of a function or class, and folded below it the whole, if there is more."""
    whole = textwrap.dedent(inspect.getsource(thing)).rstrip()
    short = essence(whole)
    return (
        _fenced(short)
        if short == whole
        else f"{_fenced(short)}\n\n{folded('The whole, with docstring and checks', whole)}"
    )


def folded(summary: str, code: str) -> str:
    """Markdown: code behind a line that unfolds it. JupyterLab wants the blank lines."""
    return f"<details><summary>{summary}</summary>\n\n{_fenced(code)}\n\n</details>"


def essence(code: str) -> str:
    """The source of one function or class without its docstrings, and without the statements that only check."""
    lines = code.splitlines()
    unneeded: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.With)):
            left_out = [child for child in node.body if _is_text(child) or _only_checks(child)]
            if len(left_out) < len(node.body):  # a body must not become empty
                unneeded.update(*(_lines_of(child, lines) for child in left_out))
    kept = [line for number, line in enumerate(lines, start=1) if number not in unneeded]
    return "\n".join(line for i, line in enumerate(kept) if line.strip() or (i and _is_wanted_gap(kept, i)))


def _fenced(code: str) -> str:
    return f"````python\n{code}\n````"


def _is_text(node: ast.stmt) -> bool:
    """A docstring, of the whole or of a field."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _only_checks(node: ast.stmt) -> bool:
    """Whether a statement looks at something and may raise, and does nothing else."""
    if isinstance(node, ast.If):
        return all(isinstance(child, ast.Raise) or _only_checks(child) for child in [*node.body, *node.orelse])
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    called = node.value.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name.lstrip("_").startswith(_GUARDS)


def _lines_of(node: ast.stmt, lines: list[str]) -> range:
    """The lines of a statement, with those above it that comment on it."""
    first = node.lineno
    while lines[first - 2].lstrip().startswith("#"):
        first -= 1
    return range(first, node.end_lineno + 1)


def _is_wanted_gap(kept: list[str], i: int) -> bool:
    """Whether an empty line still parts two things: not where what stood above or below it is gone."""
    return bool(kept[i - 1].strip()) and not kept[i - 1].rstrip().endswith(":")

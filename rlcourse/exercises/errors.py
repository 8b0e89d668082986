"""An error of a learner's function in their own terms: what Python said, and at which of their lines."""

import difflib
import inspect
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path

LONGEST = 600
"""An error's text of more characters than this is cut: PyTorch's can fill a page."""

_NOT_THE_LEARNERS = tuple(
    str(Path(place).resolve())
    for place in (Path(__file__).parents[1], *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")))
)


def describe_error(error: BaseException) -> str:
    """The error's name and message, with Python's "Did you mean" where it has one."""
    lines = traceback.TracebackException.from_exception(error, limit=0, lookup_lines=False).format_exception_only()
    return cut("".join(lines).strip()) + _meant(error)


def _meant(error: BaseException) -> str:
    """For a name that Python does not know, the one that is nearly the same."""
    name, trace = getattr(error, "name", None), error.__traceback__
    if not isinstance(error, NameError) or not name or trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    known = {other.lower(): other for other in (*trace.tb_frame.f_globals, *trace.tb_frame.f_locals)}
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f". Did you mean `{known[near[0]]}`?" if near else ""


def describe_place(error: BaseException, function: Callable | None = None) -> str:
    """The learner's line that raised it; and where that is in a function of theirs which this one calls, both lines."""
    code = code_of(function)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_from_elsewhere(frame.filename)]
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    inside = [frame for frame in own if frame.name == code.co_name]
    shown = dict.fromkeys(_line(frame) for frame in (inside[-1:] or own[-1:]) + frames[-1:])
    return "\n".join(shown)


def code_of(function: object) -> object | None:
    """The code of a Python function under its decorators; None for anything that has none, or hides it."""
    try:
        return getattr(inspect.unwrap(function), "__code__", None)
    except Exception:  # a `__wrapped__` that leads back to itself, an attribute that raises
        return getattr(function, "__code__", None) if inspect.isfunction(function) else None


def cut(text: str, longest: int = LONGEST) -> str:
    """The beginning of a long text."""
    return text if len(text) <= longest else f"{text[:longest].rstrip()} …"


def _line(frame: traceback.FrameSummary) -> str:
    return cut(f"line {frame.lineno}: {frame.line}", 200)


def _is_from_elsewhere(filename: str) -> bool:
    """Whether a file belongs to Python, to a package that is installed, or to the course."""
    return filename.startswith("<frozen") or str(Path(filename).resolve()).startswith(_NOT_THE_LEARNERS)

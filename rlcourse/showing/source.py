"""The real source of anything in the course, shown in the notebook: never a second copy.

Left out: highlighting of our own. A fenced Markdown block is coloured by the page's theme, light or dark.
"""

import inspect
import textwrap
from pathlib import Path

from IPython.display import Markdown

from rlcourse.files import PACKAGE

_WHOLE_WORDS = (
    "<style>.jp-RenderedMarkdown :is(pre, pre code) { word-break: normal; overflow-wrap: break-word }</style>"
)
"""On a narrow page JupyterLab breaks code anywhere, in the middle of a name too."""


def show_source(thing: object) -> Markdown:
    """A function or class of the course with its file and line, highlighted.

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
    lines, first = inspect.getsourcelines(thing)
    where = path.relative_to(PACKAGE.parent).as_posix()
    code = textwrap.dedent("".join(lines)).rstrip()
    return Markdown(f"`{where}`, line {first}\n\n````python\n{code}\n````\n\n{_WHOLE_WORDS}")

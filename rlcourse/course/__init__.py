"""The course around the notebooks: the road through them, whether the machine is ready, a first taste of the GPT-2."""

from importlib import import_module

from rlcourse.course.contents import CONTENTS, Notebook, claims, table_of_contents, what_comes_next
from rlcourse.course.road import road_map

__all__ = [
    "CONTENTS",
    "Notebook",
    "answers_to",
    "ask_gpt2",
    "before_and_after",
    "check_machine",
    "claims",
    "road_map",
    "table_of_contents",
    "what_comes_next",
]

_WHEN_ASKED = {"answers_to": "ask", "ask_gpt2": "ask", "before_and_after": "opening", "check_machine": "machine"}
"""What takes seconds to load, most of it for `transformers`: imported when it is asked for."""


def __getattr__(name: str) -> object:
    if name not in _WHEN_ASKED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"rlcourse.course.{_WHEN_ASKED[name]}"), name)

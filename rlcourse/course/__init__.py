"""The course around the notebooks: the road through them, whether the machine is ready, a first taste of the GPT-2."""

from importlib import import_module

_WHERE = {
    "CONTENTS": "contents",
    "Notebook": "contents",
    "answers_to": "ask",
    "ask_gpt2": "ask",
    "before_and_after": "opening",
    "check_machine": "machine",
    "claims": "contents",
    "road_map": "road",
    "table_of_contents": "contents",
    "what_comes_next": "contents",
}
"""Imported when it is asked for: some takes seconds to load, and the doctor must run where packages are missing."""

__all__ = list(_WHERE)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"rlcourse.course.{_WHERE[name]}"), name)

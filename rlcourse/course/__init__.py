"""The course around the notebooks: the road through them, whether the machine is ready, a first taste of the GPT-2."""

from importlib import import_module

from rlcourse.course.contents import CONTENTS, Notebook, table_of_contents, what_comes_next
from rlcourse.course.road import road_map

__all__ = ["CONTENTS", "Notebook", "ask_gpt2", "check_machine", "road_map", "table_of_contents", "what_comes_next"]

_ON_GPT2 = {"ask_gpt2": "ask", "check_machine": "machine"}
"""What brings `transformers` along, which takes seconds to load: imported when it is asked for."""


def __getattr__(name: str) -> object:
    if name not in _ON_GPT2:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"rlcourse.course.{_ON_GPT2[name]}"), name)

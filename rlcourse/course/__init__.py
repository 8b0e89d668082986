"""The course around the notebooks: the road through them, whether the machine is ready, a first taste of the GPT-2."""

from rlcourse.course.ask import ask_gpt2
from rlcourse.course.machine import check_machine
from rlcourse.course.road import road_map

__all__ = ["ask_gpt2", "check_machine", "road_map"]

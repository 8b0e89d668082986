"""Is a function that passed the learner's own, or does the course's do the work in it?

Nobody is forbidden to hand in the course's function: often it is a typo, `check("gae", gae)` for `my_gae`. It is said.
"""

import sys
from collections.abc import Callable
from typing import Literal

from rlcourse.exercises.calling import call
from rlcourse.exercises.errors import code_of
from rlcourse.exercises.exercise import Exercise


def uses_the_courses(exercise: Exercise, function: Callable) -> Literal["own", "the course's", "calls the course's"]:
    """Whose work it is: seen by the function itself, or by which code runs while it answers the smallest case."""
    courses = {code_of(one) for one in (exercise.reference, *exercise.sources[:1])} - {None}
    if code_of(function) in courses:
        return "the course's"
    seen = set()

    def watch(frame: object, event: str, _: object) -> None:
        if event == "call":
            seen.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        call(function, exercise.reference, exercise.cases[0].inputs, exercise.gradient_of)
    finally:
        sys.setprofile(before)
    return "calls the course's" if courses & seen else "own"

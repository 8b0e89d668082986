"""Is a learner's function quick enough to train with? A right answer written as a loop would take all day.

Time here is processor time: a machine that is busy with other things makes nobody's function slower.
"""

import time
from collections.abc import Callable

SLOW = 0.01
"""Seconds for a call on a thousand numbers; whole-tensor operations need a hundredth of it."""


def is_quick(function: Callable, *arguments: object, **keywords: object) -> bool:
    """Whether one of three calls takes less than a hundredth of a second. What the function raises is raised."""
    for _ in range(3):
        start = time.process_time()
        function(*arguments, **keywords)
        if time.process_time() - start < SLOW:
            return True
    return False

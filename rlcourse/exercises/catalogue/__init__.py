"""All exercises of the course, one file each, in the order of the notebooks."""

from rlcourse.exercises.catalogue import discounted_return, group_advantages, kl_k3, maze_step
from rlcourse.exercises.exercise import Exercise

EXERCISES = {
    module.EXERCISE.name: module.EXERCISE for module in (maze_step, discounted_return, group_advantages, kl_k3)
}


def find_exercise(name: str) -> Exercise:
    """The exercise called `name`.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in EXERCISES:
        raise ValueError(f"name must be one of {', '.join(map(repr, EXERCISES))}, got {name!r}.")
    return EXERCISES[name]

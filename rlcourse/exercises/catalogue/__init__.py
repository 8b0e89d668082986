"""All exercises of the course, one file each, in the order of the notebooks."""

from rlcourse.exercises.catalogue import (
    baseline,
    categorical_kl,
    clipped_surrogate,
    conjugate_gradient,
    discounted_return,
    discounted_returns,
    fisher_vector_product,
    gae,
    group_advantages,
    kl_k3,
    line_search,
    maze_step,
    policy_gradient,
    td_error,
    value_loss,
)
from rlcourse.exercises.exercise import Exercise

EXERCISES = {
    module.EXERCISE.name: module.EXERCISE
    for module in (
        maze_step,
        discounted_return,
        discounted_returns,
        td_error,
        gae,
        policy_gradient,
        baseline,
        categorical_kl,
        fisher_vector_product,
        conjugate_gradient,
        line_search,
        clipped_surrogate,
        value_loss,
        group_advantages,
        kl_k3,
    )
}


def find_exercise(name: str) -> Exercise:
    """The exercise called `name`.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in EXERCISES:
        raise ValueError(f"name must be one of {', '.join(map(repr, EXERCISES))}, got {name!r}.")
    return EXERCISES[name]

"""All quizzes of the course, one file each, by the number of their notebook."""

from rlcourse.exercises.quizzes import grpo, maze, policy_gradients, ppo, trpo, values
from rlcourse.exercises.quizzes.question import Quiz

QUIZZES = {module.QUIZ.notebook: module.QUIZ for module in (maze, values, policy_gradients, trpo, ppo, grpo)}


def find_quiz(name: str) -> Quiz:
    """The quiz of the notebook numbered `name`.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in QUIZZES:
        raise ValueError(f"name must be one of {', '.join(map(repr, QUIZZES))}, got {name!r}.")
    return QUIZZES[name]

"""All quizzes of the course, by the number of their notebook. Each file with a `QUIZ` is found, not listed."""

import importlib
import pkgutil

from rlcourse.exercises.finding import by_name
from rlcourse.exercises.quizzes.question import Quiz

_MODULES = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
_FOUND = [module.QUIZ for module in _MODULES if hasattr(module, "QUIZ")]

QUIZZES = by_name((quiz.notebook, quiz) for quiz in sorted(_FOUND, key=lambda one: one.notebook))


def find_quiz(name: str) -> Quiz:
    """The quiz of the notebook numbered `name`.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in QUIZZES:
        raise ValueError(f"name must be one of {', '.join(map(repr, QUIZZES))}, got {name!r}.")
    return QUIZZES[name]

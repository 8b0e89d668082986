"""All predictions of the course, by their names. Each file with `PREDICTIONS` is found, not listed."""

import importlib
import pkgutil

from rlcourse.exercises.finding import by_name
from rlcourse.exercises.predictions.prediction import Prediction

_MODULES = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
_FOUND = [one for module in _MODULES for one in getattr(module, "PREDICTIONS", ())]

PREDICTIONS = by_name((one.name, one) for one in sorted(_FOUND, key=lambda one: one.notebook))


def find_prediction(name: object) -> Prediction:
    """The prediction called `name`.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in PREDICTIONS:
        raise ValueError(f"name must be one of {', '.join(map(repr, PREDICTIONS))}, got {name!r}.")
    return PREDICTIONS[name]

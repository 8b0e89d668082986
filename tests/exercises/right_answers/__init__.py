"""Right answers to the exercises, written as learners write them: with loops, in NumPy, vectorised; a file a notebook.

Each file `nbNN.py` has a dictionary RIGHT: the exercise's name → at least three functions.
"""

import importlib
import pkgutil

_FILES = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
RIGHT = {name: functions for file in _FILES for name, functions in file.RIGHT.items()}

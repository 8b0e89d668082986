"""Imported by the process that the tests' kernels are forked from: all of the course."""

from importlib import import_module

ROOMS = ("algorithms", "course", "equations", "exercises", "explorables", "language", "maze", "showing")

for room in ROOMS:
    module = import_module(f"rlcourse.{room}")
    for name in module.__all__:  # they are imported when they are asked for
        getattr(module, name)

"""The classic mistakes of the exercises that have many; the others' stand with their exercise, in `catalogue/`."""

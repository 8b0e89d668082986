"""Rebuilding the bundled GPT-2 and its reward model from nothing: `python -m rlcourse.language.build`."""

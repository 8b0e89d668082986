"""Tests of rlcourse.equations, one file per module, and one per oracle that is slow to import."""

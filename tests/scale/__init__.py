"""Tests of rlcourse.scale. What needs TRL skips where it is not installed."""

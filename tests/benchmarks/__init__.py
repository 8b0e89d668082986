"""How fast the course is, against the tools a learner would otherwise use: `python -m tests.benchmarks`."""

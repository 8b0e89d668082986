"""TRPO: the KL both ways, and the natural gradient's step."""

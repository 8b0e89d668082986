"""PPO's clip: the objective over the ratio, and one batch as an update goes on: its ratios, twenty rounds on it."""

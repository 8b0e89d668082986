"""PPO's clip: the objective over the ratio, and the ratios of one batch as an update goes on."""

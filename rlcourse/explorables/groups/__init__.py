"""GRPO: the rewards of a group of answers, the advantages they give, and the estimates of the KL."""

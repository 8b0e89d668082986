"""A model that learns to write its working out: a run to scrub through, the roads it may take, several attempts."""

"""Policy gradients: what a sample says about two actions, and what a baseline does to the noise."""

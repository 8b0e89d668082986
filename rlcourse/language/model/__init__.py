"""The GPT-2 itself: tokens, the forward pass, sampling, checkpoints, and the heads that score and value."""

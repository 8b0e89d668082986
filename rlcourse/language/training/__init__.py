"""Training that is not reinforcement learning: pre-training, fine-tuning, reward models."""

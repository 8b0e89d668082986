"""One update each, for any policy in any world: an algorithm reads episodes and changes weights, and knows no world."""

from rlcourse.algorithms.grpo import GRPO
from rlcourse.algorithms.grpo_config import GRPOConfig
from rlcourse.algorithms.protocol import Episodes, Policy, World
from rlcourse.algorithms.training import Algorithm, History, Training

__all__ = ["GRPO", "Algorithm", "Episodes", "GRPOConfig", "History", "Policy", "Training", "World"]

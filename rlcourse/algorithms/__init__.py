"""One update each, for any policy in any world: an algorithm reads experience, changes weights and knows no world."""

from rlcourse.algorithms.acting import run_episode
from rlcourse.algorithms.choosing import logprobs_and_entropy
from rlcourse.algorithms.costs import analytic_cost, measure_bytes, measure_cost
from rlcourse.algorithms.grpo import GRPO
from rlcourse.algorithms.grpo_config import GRPOConfig
from rlcourse.algorithms.judging import judge, normalized
from rlcourse.algorithms.late import LateWorld
from rlcourse.algorithms.memory import PARTS, SIZES, Setting, Transformer, keeps, kv_cache_bytes, memory_of_training
from rlcourse.algorithms.ppo import PPO, PPOConfig
from rlcourse.algorithms.protocol import Episodes, Policy, World
from rlcourse.algorithms.reinforce import Reinforce, ReinforceConfig
from rlcourse.algorithms.rollout import ChoicePolicy, Critic, Rollout, StepWorld
from rlcourse.algorithms.saving import resume_training, save_training
from rlcourse.algorithms.sharing import (
    GPU_PARTS,
    H100,
    STAGES,
    Gpu,
    UpdateSize,
    batch_plan,
    keeps_per_gpu,
    memory_per_gpu,
    sampler_share,
    seconds_of_update,
    what_travels,
)
from rlcourse.algorithms.training import Algorithm, History, Training
from rlcourse.algorithms.trpo import TRPO, TRPOConfig, damped

__all__ = [
    "GPU_PARTS",
    "GRPO",
    "H100",
    "PARTS",
    "PPO",
    "SIZES",
    "STAGES",
    "TRPO",
    "Algorithm",
    "ChoicePolicy",
    "Critic",
    "Episodes",
    "GRPOConfig",
    "Gpu",
    "History",
    "LateWorld",
    "PPOConfig",
    "Policy",
    "Reinforce",
    "ReinforceConfig",
    "Rollout",
    "Setting",
    "StepWorld",
    "TRPOConfig",
    "Training",
    "Transformer",
    "UpdateSize",
    "World",
    "analytic_cost",
    "batch_plan",
    "damped",
    "judge",
    "keeps",
    "keeps_per_gpu",
    "kv_cache_bytes",
    "logprobs_and_entropy",
    "measure_bytes",
    "measure_cost",
    "memory_of_training",
    "memory_per_gpu",
    "normalized",
    "resume_training",
    "run_episode",
    "sampler_share",
    "save_training",
    "seconds_of_update",
    "what_travels",
]

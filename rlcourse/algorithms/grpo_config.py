"""The settings of GRPO and its family, in TRL's words, with their usual ranges."""

from dataclasses import dataclass

from rlcourse.algorithms._guards import check_numbers, check_ranges

AGGREGATIONS = {"grpo": "sequence-mean", "dapo": "token-mean", "dr_grpo": "constant"}
"""What each `loss_type` is called in `rlcourse.equations.aggregate`."""


@dataclass(frozen=True)
class GRPOConfig:
    """The settings of GRPO. Field names follow TRL's `GRPOConfig`."""

    num_generations: int = 8
    """G, episodes per starting point; 8–64 is usual, at least 2."""
    temperature: float = 1.0
    """Sampling temperature; 0.7–1.2 is usual. It must be above 0: at 0 all answers of a group agree."""
    learning_rate: float = 1e-4
    """AdamW's step size; 1e-4 suits the bundled GPT-2, 1e-6 billions of weights."""
    num_iterations: int = 1
    """μ, optimiser steps on each batch of episodes; 1–4 is usual. With 1 the ratio is 1 and nothing is clipped."""
    epsilon: float = 0.2
    """How far the ratio may fall below 1 before it stops paying; 0.1–0.3 is usual."""
    epsilon_high: float | None = None
    """How far the ratio may rise above 1 before it stops paying; None means `epsilon`. DAPO uses 0.28."""
    beta: float = 0.0
    """Weight of the KL term; the paper uses 0.04, many later recipes 0. Above 0 it needs a reference policy."""
    use_bias_correction_kl: bool = False
    """Weight the KL term by the ratio, which gives it the gradient of KL(π_θ‖π_ref) (DeepSeek-V3.2). True in TRL."""
    loss_type: str = "grpo"
    """How tokens are averaged: "grpo" by episode, "dapo" over all tokens, "dr_grpo" by a constant."""
    scale_rewards: str = "group"
    """What the centred rewards are divided by: the "group"'s std, the "batch"'s std, or "none"."""
    importance_sampling_level: str = "token"
    """One ratio per "token", or per "sequence" as in GSPO."""
    dynamic_sampling: bool = False
    """Replace groups whose rewards are all alike, from which nothing can be learned, by fresh ones (DAPO)."""
    max_sampling_rounds: int = 4
    """How often `dynamic_sampling` samples for one update at most; 3–10 is usual."""
    max_completion_length: int | None = None
    """The constant of "dr_grpo", in tokens or steps."""
    max_grad_norm: float = 1.0
    """The gradient is scaled down to this length if it is longer; 0.5–1 is usual."""
    weight_decay: float = 0.0
    """AdamW's weight decay; 0–0.1 is usual."""

    def __post_init__(self):
        _check_config(self)


def _check_config(c: GRPOConfig) -> None:
    """Raise TypeError or ValueError for the first setting that is of the wrong kind or out of its range."""
    check_numbers(
        c,
        whole=("num_generations", "num_iterations", "max_sampling_rounds", "max_completion_length"),
        real=("temperature", "learning_rate", "epsilon", "epsilon_high", "beta", "max_grad_norm", "weight_decay"),
        optional=("max_completion_length", "epsilon_high"),
    )
    ranges = {
        "num_generations": (c.num_generations >= 2, "at least 2: one episode has no group to be compared with"),
        "temperature": (0 < c.temperature < float("inf"), "above 0: at 0 every episode of a group is the same"),
        "learning_rate": (0 < c.learning_rate < float("inf"), "above 0"),
        "num_iterations": (c.num_iterations >= 1, "at least 1"),
        "epsilon": (0 <= c.epsilon < 1, "in [0, 1)"),
        "epsilon_high": (c.epsilon_high is None or 0 <= c.epsilon_high < float("inf"), "None or at least 0"),
        "beta": (0 <= c.beta < float("inf"), "at least 0"),
        "loss_type": (c.loss_type in AGGREGATIONS, f"one of {', '.join(AGGREGATIONS)}"),
        "scale_rewards": (c.scale_rewards in ("group", "batch", "none"), "group, batch or none"),
        "importance_sampling_level": (c.importance_sampling_level in ("token", "sequence"), "token or sequence"),
        "use_bias_correction_kl": (isinstance(c.use_bias_correction_kl, bool), "True or False"),
        "dynamic_sampling": (isinstance(c.dynamic_sampling, bool), "True or False"),
        "max_sampling_rounds": (c.max_sampling_rounds >= 1, "at least 1"),
        "max_completion_length": (
            c.loss_type != "dr_grpo" or (c.max_completion_length or 0) >= 1,
            "at least 1 when loss_type is dr_grpo",
        ),
        "max_grad_norm": (c.max_grad_norm > 0, "above 0"),
        "weight_decay": (0 <= c.weight_decay < float("inf"), "at least 0"),
    }
    check_ranges(c, ranges)

"""The settings of GRPO and its family; most of its members are two or three of these settings away from GRPO.

    Dr. GRPO   loss_type="dr_grpo", scale_rewards="none"                     Liu et al. 2025
    DAPO       loss_type="dapo", epsilon_high=0.28, dynamic_sampling=True    Yu et al. 2025
    GSPO       importance_sampling_level="sequence"                          Zheng et al. 2025
    CISPO      loss_type="dapo", epsilon=1, and GRPO(…, objective=cispo)     MiniMax 2025
    RLOO       loss_type="dr_grpo", and GRPO(…, advantage_fn=leave_one_out_advantages)      Ahmadian et al. 2024

The words are TRL's.
"""

from math import inf
from typing import Annotated

from rlcourse.algorithms.settings import OneOf, Within, refuse_idle, settings

AGGREGATIONS = {"grpo": "sequence-mean", "dapo": "token-mean", "dr_grpo": "constant"}
"""What each `loss_type` is called in `rlcourse.equations.aggregate`."""


@settings
class GRPOConfig:
    """The settings of GRPO and its family. Field names follow TRL's `GRPOConfig`."""

    num_generations: Annotated[int, Within(2, because="one episode has no group to be compared with")] = 8
    """G, episodes per starting point, at least 2; 8–64 is usual. Turn it second: more is steadier and dearer."""
    temperature: Annotated[float, Within(1e-6, inf, "[)", "near 0 every episode of a group is the same")] = 1.0
    """Sampling temperature, above 0: at 0 all answers of a group agree; 0.7–1.2 is usual. Rarely."""
    learning_rate: Annotated[float, Within(0, inf, "()")] = 1e-4
    """AdamW's step size; 1e-4 suits the bundled GPT-2, 0.01–0.1 a table, 1e-6 billions of weights. Turn it first."""
    num_iterations: Annotated[int, Within(1)] = 1
    """μ, optimiser steps on each batch of episodes; 1–4 is usual. With 1 the ratio is 1 and nothing is clipped."""
    epsilon: Annotated[float, Within(0, 1, "[]")] = 0.2
    """How far the ratio may fall below 1 before it stops paying; 0.1–0.3 is usual, 1 is no lower bound (CISPO). Rarely;
    idle at ratio 1."""
    epsilon_high: Annotated[float | None, Within(0)] = None
    """How far the ratio may rise above 1 before it stops paying; None means `epsilon`. DAPO uses 0.28. Rarely."""
    beta: Annotated[float, Within(0)] = 0.0
    """Weight of the KL term; the paper has 0.04, later recipes 0. Above 0 it needs a reference. Turn it third."""
    use_bias_correction_kl: bool = False
    """Weight the KL term by the ratio: its gradient is then that of KL(π_θ‖π_ref) of each choice, given the text before
    it (DeepSeek-V3.2). True in TRL. Leave it."""
    loss_type: Annotated[str, OneOf(*AGGREGATIONS)] = "grpo"
    """How tokens are averaged: "grpo" by episode, "dapo" over all tokens, "dr_grpo" by a constant. Rarely."""
    entropy_coef: Annotated[float, Within(0)] = 0.0
    """Weight of the entropy bonus, the mean over all choices, which keeps a policy from deciding too early; 0–0.03.
    Needs a policy with `logits`. Turn it where variety dies."""
    mask_truncated_completions: bool = False
    """An answer that its limit cut off teaches nothing, instead of being wrong (DAPO). Needs a world that says which
    were. Rarely."""
    scale_rewards: Annotated[str, OneOf("group", "batch", "none")] = "group"
    """What the centred rewards are divided by: the "group"'s std, the "batch"'s std, or "none". Rarely."""
    importance_sampling_level: Annotated[str, OneOf("token", "sequence")] = "token"
    """One ratio per "token", or per "sequence" as in GSPO. Leave it."""
    dynamic_sampling: bool = False
    """Replace groups whose rewards are all alike, from which nothing can be learned, by fresh ones (DAPO). Rarely."""
    max_sampling_rounds: Annotated[int, Within(1)] = 4
    """How often `dynamic_sampling` samples for one update at most; 3–10 is usual. Leave it."""
    max_completion_length: Annotated[int | None, Within(1)] = None
    """The constant of "dr_grpo", in tokens or steps; how long an answer may get is the world's business."""
    max_grad_norm: Annotated[float, Within(0, inf, "(]")] = 1.0
    """The gradient is scaled down to this length if it is longer; 0.5–1 is usual. Leave it."""
    weight_decay: Annotated[float, Within(0)] = 0.0
    """AdamW's weight decay; 0–0.1 is usual. Leave it."""

    def __post_init__(self):
        if self.loss_type == "dr_grpo" and self.max_completion_length is None:
            raise ValueError("max_completion_length must be at least 1 when loss_type is dr_grpo, got None")
        if self.loss_type != "dr_grpo":
            refuse_idle(
                self, "max_completion_length", because='only loss_type="dr_grpo" divides by it; the world cuts answers'
            )
        if not self.dynamic_sampling:
            refuse_idle(self, "max_sampling_rounds", because="dynamic_sampling is False")
        if self.beta == 0:
            refuse_idle(self, "use_bias_correction_kl", because="beta is 0, so there is no KL term")

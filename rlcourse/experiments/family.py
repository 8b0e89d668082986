"""GRPO's family: each member as what differs from GRPO.

    FAMILY["GSPO"].make(num_iterations=8)          the same `GRPO`, three settings away

A member is a few settings, and perhaps a function that is passed in. Left out: members that need more, such as SAPO
with its soft gate. What they do on the sums is in `family_runs`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

from rlcourse.algorithms import GRPO, GRPOConfig, Policy
from rlcourse.equations import cispo, leave_one_out_advantages, policy_gradient

LONGEST = 16
"""Tokens that an answer may have: Dr. GRPO's constant."""


def without_a_ratio(logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, **clip: float) -> Tensor:
    """The plain policy gradient in the place of a clipped ratio: RLOO is meant for answers that are fresh."""
    return policy_gradient(logprobs, advantages)


@dataclass(frozen=True)
class Member:
    """What differs from GRPO."""

    line: str
    """What stands in the place of GRPO's, in the notation of the course."""
    paper: str
    """Who, and where to read it, as a link in Markdown."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Of `GRPOConfig`."""
    functions: Mapping[str, Callable[..., Tensor]] = field(default_factory=dict)
    """Handed to `GRPO`."""

    def make(self, config: GRPOConfig | None = None, *, reference: Policy | None = None, **settings: object) -> GRPO:
        """GRPO as this member has it, perhaps with other settings; its own win."""
        config = replace(config or GRPOConfig(), **settings | dict(self.settings))
        return GRPO(config, reference=reference, **self.functions)


FAMILY = {
    "GRPO": Member(
        "the formula above",
        "[Shao et al. 2024](https://arxiv.org/abs/2402.03300)",
    ),
    "Dr. GRPO": Member(
        "(1) without the std; (4) a constant instead of 1/\\|o\\|",
        "[Liu et al. 2025](https://arxiv.org/abs/2503.20783)",
        {"loss_type": "dr_grpo", "scale_rewards": "none", "max_completion_length": LONGEST},
    ),
    "DAPO": Member(
        "(3) up to 1 + ε_high; (4) one mean over all tokens; groups that agree are drawn anew",
        "[Yu et al. 2025](https://arxiv.org/abs/2503.14476)",
        {"loss_type": "dapo", "epsilon_high": 0.28, "dynamic_sampling": True},
    ),
    "GSPO": Member(
        "(2) one ratio for the whole answer, its \\|o\\|-th root",
        "[Zheng et al. 2025](https://arxiv.org/abs/2507.18071)",
        {"importance_sampling_level": "sequence", "epsilon": 0.03, "epsilon_high": 0.04},
    ),
    "CISPO": Member(
        "(3) clips the weight, so no token is dropped; (4) one mean over all tokens",
        "[MiniMax 2025](https://arxiv.org/abs/2506.13585)",
        {"loss_type": "dapo", "epsilon": 1.0, "epsilon_high": 4.0},
        {"objective": cispo},
    ),
    "RLOO": Member(
        "(1) minus the mean of the *others*; (2) and (3) no ratio; (4) no 1/\\|o\\|",
        "[Ahmadian et al. 2024](https://arxiv.org/abs/2402.14740)",
        {"loss_type": "dr_grpo", "max_completion_length": LONGEST},
        {"advantage_fn": leave_one_out_advantages, "objective": without_a_ratio},
    ),
}
"""By name, GRPO first. The numbers are those of the parts of GRPO's formula in notebook 12."""

"""The settings of PPO, with their usual ranges."""

from dataclasses import dataclass

from rlcourse.algorithms._guards import check_numbers, check_ranges


@dataclass(frozen=True)
class PPOConfig:
    """The settings of PPO. The defaults suit small networks on a maze or on the classic control tasks."""

    gamma: float = 0.99
    """Discount; 0.95–0.999 is usual in control, 1 for answers of a language model."""
    gae_lambda: float = 0.95
    """λ of the advantage estimate; 0.9–0.98 is usual: 0 trusts the critic, 1 only what happened."""
    clip_range: float = 0.2
    """ε, how far the ratio may leave 1 before it stops paying; 0.1–0.3 is usual."""
    value_clip_range: float | None = None
    """How far a value may leave its old one before the critic's loss stops paying; None, usual today, sets no limit."""
    epochs: int = 4
    """How often each rollout is gone through; 3–10 is usual."""
    minibatch_size: int = 256
    """Rows per optimiser step: steps of a `GymnasiumWorld`, 64–1024, else whole episodes or answers, 32–256."""
    learning_rate: float = 3e-4
    """Adam's step size; 3e-4 for small networks, 0.01–0.1 for tables, 1e-4 for the bundled GPT-2."""
    value_learning_rate: float | None = None
    """The critic's own step size, 1–10 times the other; None, or a policy that is its own critic, means the same."""
    value_coef: float = 0.5
    """Weight of the critic's loss; 0.5–1 is usual, and 0.1 where policy and critic share a body."""
    entropy_coef: float = 0.0
    """Weight of the entropy bonus, which keeps a policy from making up its mind too early; 0–0.01 is usual."""
    kl_coef: float = 0.0
    """Price per nat of leaving the reference, taken off the reward; 0.01–0.2 is usual in RLHF. Needs a reference."""
    max_grad_norm: float = 0.5
    """The gradient, of policy and critic together, is scaled down to this length if it is longer; 0.5–1 is usual."""
    target_kl: float | None = None
    """Stop going through a rollout once the policy has moved 1.5 times this far; 0.01–0.05, or None for never."""
    normalize_advantages: bool = True
    """Give the advantages of a rollout mean 0 and deviation 1 before the policy learns from them."""
    temperature: float = 1.0
    """Sampling temperature; 1 is usual. It must be above 0."""

    def __post_init__(self):
        check_numbers(
            self,
            whole=("epochs", "minibatch_size"),
            real=(
                *("gamma", "gae_lambda", "clip_range", "value_clip_range", "learning_rate", "value_learning_rate"),
                *("value_coef", "entropy_coef", "kl_coef", "max_grad_norm", "target_kl", "temperature"),
            ),
            optional=("value_learning_rate", "value_clip_range", "target_kl"),
        )
        infinity = float("inf")
        ranges = {
            "gamma": (0 <= self.gamma <= 1, "in [0, 1]"),
            "gae_lambda": (0 <= self.gae_lambda <= 1, "in [0, 1]"),
            "clip_range": (0 <= self.clip_range < 1, "in [0, 1)"),
            "value_clip_range": (self.value_clip_range is None or self.value_clip_range >= 0, "None or at least 0"),
            "epochs": (self.epochs >= 1, "at least 1"),
            "minibatch_size": (self.minibatch_size >= 1, "at least 1"),
            "learning_rate": (0 < self.learning_rate < infinity, "above 0"),
            "value_learning_rate": (
                self.value_learning_rate is None or 0 < self.value_learning_rate < infinity,
                "None or above 0",
            ),
            "value_coef": (0 <= self.value_coef < infinity, "at least 0"),
            "entropy_coef": (0 <= self.entropy_coef < infinity, "at least 0"),
            "kl_coef": (0 <= self.kl_coef < infinity, "at least 0"),
            "max_grad_norm": (self.max_grad_norm > 0, "above 0"),
            "target_kl": (self.target_kl is None or self.target_kl > 0, "None or above 0"),
            "temperature": (0 < self.temperature < infinity, "above 0: at 0 the policy tries nothing new"),
        }
        check_ranges(self, ranges)

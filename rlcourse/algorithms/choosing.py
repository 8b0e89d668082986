"""A policy's whole distribution at each choice, where an update needs more of it than the action taken: its entropy.

H = −Σₐ π(a|s) log π(a|s) over all choices, not only those that were drawn, so that its gradient has no noise of theirs.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms._guards import logprobs_of, without_padding
from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import ChoicePolicy
from rlcourse.equations import entropy_of_logprobs


def logprobs_and_entropy(
    policy: Policy, batch: Episodes, *, temperature: float | int, entropy_coef: float | int
) -> tuple[Float[Tensor, "B T"], Float[Tensor, "B T"] | None]:
    """Log π_θ of the actions, 0 in the padding; and the entropy of each choice, in nats, if it has a weight.

    Raises:
        TypeError: `entropy_coef` is above 0 and the policy has no `logits`.
    """
    if entropy_coef == 0:
        return logprobs_of(policy, batch, temperature=temperature), None
    check_choices(policy, entropy_coef)
    # Filled before the softmax: past it, the gradient of garbage would be 0·NaN.
    logits = policy.logits(batch, temperature=temperature)
    choices = (logits if batch.whole else torch.where(batch.mask[..., None], logits, 0.0)).log_softmax(-1)
    chosen = choices.gather(-1, batch.actions[..., None])[..., 0]
    return without_padding(chosen, batch), without_padding(entropy_of_logprobs(choices), batch)


def check_choices(policy: Policy, entropy_coef: float | int) -> None:
    """TypeError unless the entropy of the policy's choices can be computed, or none is wanted."""
    if entropy_coef > 0 and not isinstance(policy, ChoicePolicy):
        raise TypeError(f"entropy_coef={entropy_coef} needs a policy with logits(), got {policy!r}")

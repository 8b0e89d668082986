"""Direct preference optimisation (Rafailov et al. 2023) in the loop of reinforcement learning, though nobody acts.

    Training(policy, preference_pairs(preferences, tokenizer), DPO(config, reference=copy_of_the_policy))

The world is pairs of answers that people have compared, whatever the policy would have said; the algorithm makes the
chosen answer likelier against the rejected one, both measured against the reference. There is no reward model, no value
model and no sampling. Left out: label smoothing, the other losses of the family, and a learning rate that falls.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.settings import Within, settings
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.arguments import check_function, check_integer, describe
from rlcourse.equations import dpo_loss
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.written import as_episodes
from rlcourse.language.preferences.data import Preference


@settings
class DPOConfig:
    """The settings of DPO."""

    beta: Annotated[float, Within(0, ends="()")] = 0.1
    """β, how much of the log-ratio counts as a score: the smaller, the further the policy goes. 0.1–0.5 is usual."""
    learning_rate: Annotated[float, Within(0, ends="()")] = 1e-4
    """Adam's step size; 1e-4 suits the bundled GPT-2, 5e-7 to 5e-6 large models. Turn it first."""
    max_grad_norm: Annotated[float, Within(0, ends="(]")] = 1.0
    """The gradient is scaled down to this length if it is longer. Leave it."""


@dataclass(frozen=True)
class Pairs:
    """B pairs of answers, row by row to the same prompt."""

    chosen: Episodes
    rejected: Episodes


class PreferencePairs:
    """A world in which nobody acts: each step draws some of the pairs that people have compared.

    Args:
        preferences: The pairs.
        tokenizer: Of the model that is to read them.
        batch_size: Pairs in a step, at most as many as there are; 16–64 is usual.

    Raises:
        ValueError: batch_size is below 1, or larger than the number of pairs.
        TypeError: It is no whole number.
    """

    def __init__(self, preferences: Sequence[Preference], tokenizer, *, batch_size: int = 32):
        check_integer("batch_size", batch_size, 1, len(preferences))
        self.preferences, self.tokenizer, self.batch_size = list(preferences), tokenizer, batch_size

    def rollout(self, policy: LanguagePolicy, *, temperature: float, generator: torch.Generator) -> Pairs:
        """The next pairs. The policy is not asked, so there is no temperature that could matter."""
        order = torch.randperm(len(self.preferences), generator=generator, device=generator.device)
        drawn = [self.preferences[i] for i in order[: self.batch_size].tolist()]
        prompts, device = [p.prompt for p in drawn], next(policy.parameters()).device
        answers = [p.chosen for p in drawn], [p.rejected for p in drawn]
        return Pairs(*(as_episodes(self.tokenizer, prompts, texts, device=device) for texts in answers))


def preference_pairs(preferences: Sequence[Preference], tokenizer, *, batch_size: int = 32) -> PreferencePairs:
    """The world of pairs; arguments and errors are those of `PreferencePairs`."""
    return PreferencePairs(preferences, tokenizer, batch_size=batch_size)


class DPO:
    """One step of the DPO loss on a batch of pairs.

    Args:
        config: The settings.
        reference: What the policy is measured against: a frozen copy of it as it was.
        loss_fn: With the signature of `rlcourse.equations.dpo_loss`.

    Raises:
        TypeError: An argument is of the wrong kind.
    """

    def __init__(
        self, config: DPOConfig | None = None, *, reference: Policy, loss_fn: Callable[..., Tensor] = dpo_loss
    ):
        config = DPOConfig() if config is None else config
        if not isinstance(config, DPOConfig):
            raise TypeError(f"config of DPO must be a DPOConfig, got {describe(config)}")
        check_function("loss_fn", loss_fn)
        self.config, self.reference, self.loss_fn = config, reference, loss_fn

    def make_optimizer(self, policy: LanguagePolicy) -> torch.optim.Optimizer:
        """Adam over the policy's weights; nothing else learns."""
        return torch.optim.Adam(policy.parameters(), lr=self.config.learning_rate, fused=True)

    def collect(self, world: PreferencePairs, policy: LanguagePolicy, generator: torch.Generator) -> Pairs:
        """The pairs of one update."""
        return world.rollout(policy, temperature=1.0, generator=generator)

    def update(self, policy: LanguagePolicy, optimizer: torch.optim.Optimizer, pairs: Pairs) -> dict[str, float]:
        """One step down the loss.

        Returns:
            Before the step, means over the pairs: loss, in nats; accuracy, the share of pairs whose chosen answer has
            gained on the rejected one, ties counting half; chosen and rejected, log π/π_ref of each, in nats.

        Raises:
            FloatingPointError: The gradient is not finite; no step was made.
        """
        chosen, rejected = (answer_logprobs(policy, answers) for answers in (pairs.chosen, pairs.rejected))
        with torch.no_grad():
            ref_chosen, ref_rejected = (answer_logprobs(self.reference, a) for a in (pairs.chosen, pairs.rejected))
        loss = self.loss_fn(chosen, rejected, ref_chosen, ref_rejected, beta=self.config.beta)
        gradient_step(loss, optimizer, policy.parameters(), self.config.max_grad_norm)
        gained, lost = (chosen - ref_chosen).detach(), (rejected - ref_rejected).detach()
        right = (gained > lost).float() + 0.5 * (gained == lost).float()
        return {
            "loss": loss.item(),
            "accuracy": right.mean().item(),
            "chosen": gained.mean().item(),
            "rejected": lost.mean().item(),
        }


def answer_logprobs(policy: Policy, answers: Episodes) -> Float[Tensor, "B"]:
    """Log π(answer | prompt): the sum over the answer's tokens, end of text included, with gradients."""
    return torch.where(answers.mask, policy.logprobs(answers), 0.0).sum(1)

"""Policies, worlds and critics through which a slip reaches a run: each takes a function, and does what it says.

    ScoredBy(model, tokenizer, scored)     log-probabilities by a function of left-padded tokens
    CountedBy(world, counted_with_the_end) a world whose mask is made by a function of tokens
    Charted(config, …)                     GRPO that writes its loss down, too

Left out: anything broken. What is broken stands in `lines`.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from rlcourse.algorithms import GRPO
from rlcourse.algorithms.protocol import Episodes, World
from rlcourse.language import LanguagePolicy, left_padded

Score = Callable[..., Tensor]
"""(model, tokens, real, answer_length, temperature) → log-probabilities [B, answer_length], as `lines.scored`."""


class ScoredBy(LanguagePolicy):
    """A GPT-2 whose answers are scored by a function: in rows with padding on the left, by the model's own `forward`.

    It writes as any `LanguagePolicy` does. So whatever the scoring gets wrong, the sampling gets right.

    Args:
        model: A plain GPT-2.
        tokenizer: Its tokenizer.
        score: See `Score`.
        dropout: The share of numbers that are dropped while the model is in training mode; GPT-2's own is 0.1.
        seed: Of the chance by which they are dropped, which is the policy's own: another number each time it is asked.
    """

    def __init__(self, model, tokenizer, score: Score, *, dropout: float = 0.0, seed: int = 0) -> None:
        super().__init__(model, tokenizer)
        self._score, self._chance = score, torch.Generator().manual_seed(seed)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = dropout

    def logprobs(self, episodes: Episodes, *, temperature: float = 1.0) -> Float[Tensor, "B T"]:
        """Log π_θ of every token of the episodes' completions, as the function says."""
        return self.scores(*left_padded(episodes), temperature)

    def scores(
        self, tokens: Int[Tensor, "B L"], real: Bool[Tensor, "B L"], answer_length: int, temperature: float
    ) -> Float[Tensor, "B T"]:
        """The same of the last T of L columns of tokens, of which some are real and the others padding in front."""
        with torch.random.fork_rng([tokens.device] if tokens.is_cuda else []):
            # Dropout knows no generator but that of the whole program, which is nobody else's as long as this lasts.
            torch.manual_seed(int(torch.randint(2**31, (), generator=self._chance, device="cpu")))
            return self._score(self.model, tokens, real, answer_length, temperature)


class CountedBy:
    """A world whose answers count as far as a function says.

    Args:
        world: Where the answers come from.
        counted: (tokens, eos_token_id) → which tokens count, both [B, T].
    """

    def __init__(self, world: World, counted: Callable[[Tensor, int], Tensor]) -> None:
        self.world, self.counted = world, counted

    def sample_groups(self, policy: LanguagePolicy, **how: object) -> Episodes:
        """As the world's, with another mask."""
        episodes = self.world.sample_groups(policy, **how)
        return replace(episodes, mask=self.counted(episodes.actions, policy.tokenizer.eos_token_id))


class Charted(GRPO):
    """GRPO that writes down its loss, which means nothing and is looked at by everybody."""

    def loss(self, *given: object) -> tuple[Tensor, dict[str, float]]:
        """−L, and what was measured on the way, the loss among it."""
        loss, measured = super().loss(*given)
        return loss, measured | {"loss": loss.item()}

"""Learning from text in the loop of reinforcement learning: the first two stages beside the third.

`Training` joins a policy, a world and an algorithm. Here the world is text that others have written, whatever the
policy would have said, and the algorithm makes that text likelier:

    Training(policy, raw_text(tokenizer), Imitation(config))             pre-training
    Training(policy, demonstration_text(tokenizer), Imitation(config))   supervised fine-tuning
    Training(policy, arithmetic_world(sums), GRPO())                     reinforcement learning

Left out: snapshots on the way. `rlcourse.language.build` makes the bundled checkpoints with `train_supervised`, which
has them; the loss is the same.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from rlcourse.algorithms.settings import refuse_idle
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.arguments import check_function, check_integer, check_number, describe
from rlcourse.equations import shifted_next_token_loss
from rlcourse.language.model.gpt2 import hidden_states, next_token_logits
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.training.corpus import DEMONSTRATION_GUESSES
from rlcourse.language.training.supervised import (
    Batch,
    SupervisedConfig,
    demonstration_batch,
    learning_rate,
    make_optimizer,
    pretraining_batch,
)


class WrittenText:
    """A world in which nobody acts: each batch is text that is there already.

    Args:
        batch_at: From a whole number to a batch: tokens, and which of them count.

    Raises:
        TypeError: batch_at is no function.
    """

    def __init__(self, batch_at: Callable[[int], Batch]):
        check_function("batch_at", batch_at)
        self.batch_at = batch_at

    def rollout(self, policy: LanguagePolicy, *, temperature: float, generator: torch.Generator) -> Batch:
        """The next batch. The policy is not asked, so there is no temperature that could matter."""
        number = torch.randint(2**31 - 1, (), generator=generator, device=generator.device)
        tokens, counted = self.batch_at(int(number))
        device = next(policy.parameters()).device
        return tokens.to(device), counted.to(device)


def raw_text(tokenizer, *, batch_size: int = 16, length: int = 64) -> WrittenText:
    """Rows of the small web, all of whose tokens count: the text of pre-training.

    Raises:
        ValueError: batch_size is below 1, or length below 2.
        TypeError: One of them is no whole number.
    """
    check_integer("batch_size", batch_size, 1)
    check_integer("length", length, 2)
    return WrittenText(partial(pretraining_batch, tokenizer, batch_size=batch_size, length=length, seed=0))


def demonstration_text(tokenizer, *, batch_size: int = 32, guesses: float | int = DEMONSTRATION_GUESSES) -> WrittenText:
    """Questions with answers, of which the answers count: the text of supervised fine-tuning.

    Args:
        tokenizer: What turns it into tokens.
        batch_size: Answers in a batch.
        guesses: How many of the people who show how to answer a sum only guess, 0 to 1.

    Raises:
        ValueError: batch_size is below 1, or guesses not from 0 to 1.
        TypeError: One of them is no number of its kind.
    """
    check_integer("batch_size", batch_size, 1)
    check_number("guesses", guesses, low=0, high=1)
    return WrittenText(partial(demonstration_batch, tokenizer, batch_size=batch_size, seed=0, guesses=guesses))


class Imitation:
    """One step of the next-token loss: whatever was written becomes likelier.

        L(θ) = − mean over counted tokens of log π_θ(tokenₜ | tokens before t)

    Args:
        config: The settings; rows in a batch and the seed are the world's and the training's.
        loss_fn: With the signature of `rlcourse.equations.shifted_next_token_loss`.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: A setting could not act here.
    """

    def __init__(
        self, config: SupervisedConfig, *, loss_fn: Callable[[Tensor, Tensor, Tensor], Tensor] = shifted_next_token_loss
    ):
        if not isinstance(config, SupervisedConfig):
            raise TypeError(f"config of Imitation must be a SupervisedConfig, got {describe(config)}")
        check_function("loss_fn", loss_fn)
        self.config, self.loss_fn = config, loss_fn
        refuse_idle(config, "batch_size", because="the text comes in batches: raw_text(tokenizer, batch_size=...)")
        refuse_idle(config, "seed", because="the training has one: Training(..., seed=...)")

    def make_optimizer(self, policy: LanguagePolicy) -> torch.optim.Optimizer:
        """AdamW, whose learning rate `update` sets."""
        return make_optimizer(policy.model, self.config)

    def collect(self, world: WrittenText, policy: LanguagePolicy, generator: torch.Generator) -> Batch:
        """The text of one update."""
        return world.rollout(policy, temperature=1.0, generator=generator)

    def update(self, policy: LanguagePolicy, optimizer: torch.optim.Optimizer, batch: Batch) -> dict[str, float]:
        """One step down the loss.

        Returns:
            loss, in nats per token, before the step; learning_rate.

        Raises:
            FloatingPointError: The loss or its gradient is not finite; no step was made.
        """
        tokens, counted = batch
        rate = learning_rate(self.config, min(_steps_made(optimizer), self.config.steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = self.loss_fn(text_logits(policy, tokens), tokens, counted)
        gradient_step(loss, optimizer, policy.parameters(), self.config.max_grad_norm)
        return {"loss": loss.item(), "learning_rate": rate}


def text_logits(policy: LanguagePolicy, tokens: Tensor) -> Tensor:
    """What the model says at each position of a text, [B, T, V], for the token after it; with gradients."""
    positions = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
    hidden, _ = hidden_states(policy.model, tokens, positions)
    return next_token_logits(policy.model, hidden)


def _steps_made(optimizer: torch.optim.Optimizer) -> int:
    """How many steps an optimiser has made; it is saved and loaded with its state."""
    state = next(iter(optimizer.state.values()), None)
    return 0 if state is None else int(state["step"])

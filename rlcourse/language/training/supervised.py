"""Learning from text: pre-training and supervised fine-tuning are one loss with two masks.

    L(θ) = − mean over counted tokens of log π_θ(tokenₜ | tokens before t)

Pre-training counts every token of the text. Supervised fine-tuning (SFT) counts only the answer's, so that the model
learns to answer and not to ask. Each batch is a function of its number, so a run that was stopped goes on exactly where
it was. Left out: evaluation during training, mixed precision, gradient accumulation.
"""

import math
import random
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GPT2LMHeadModel

from rlcourse.algorithms.settings import Within, settings
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.algorithms.stopping import interrupt_held, until_stopped
from rlcourse.language.model.computed import check_computed
from rlcourse.language.model.gpt2 import hidden_states, next_token_logits
from rlcourse.language.model.tokenizer import encode
from rlcourse.language.training.corpus import DEMONSTRATION_GUESSES, demonstrations, pretraining_documents

Batch = tuple[Int[Tensor, "B T"], Bool[Tensor, "B T"]]
"""Tokens, and which of them count in the loss."""


@settings
class SupervisedConfig:
    """The settings of a supervised run."""

    steps: Annotated[int, Within(1)]
    """Optimiser steps; hundreds for fine-tuning, thousands for pre-training."""
    batch_size: Annotated[int, Within(1)] = 64
    """Sequences per step; 32–512 is usual."""
    learning_rate: Annotated[float, Within(0, ends="()")] = 2e-3
    """The peak of the schedule; small models bear 1e-3 and more, GPT-2 small about 6e-4."""
    warmup_steps: Annotated[int, Within(0)] = 100
    """Steps over which the learning rate rises from 0 to its peak."""
    final_fraction: Annotated[float, Within(0, 1, "[]")] = 0.05
    """The learning rate at the end, as a share of the peak; in between it follows a cosine."""
    weight_decay: Annotated[float, Within(0)] = 0.1
    """AdamW's weight decay; 0.01–0.1 is usual."""
    max_grad_norm: Annotated[float, Within(0, ends="(]")] = 1.0
    """The gradient is scaled down to this length if it is longer."""
    seed: int = 0
    """Drives the text."""


def next_token_loss(
    model: GPT2LMHeadModel, tokens: Int[Tensor, "B T"], counted: Bool[Tensor, "B T"]
) -> Float[Tensor, ""]:
    """− mean of log π_θ(tokenₜ | tokens before t) over the counted tokens. The first token of a row never counts."""
    read, target, kept = tokens[:, :-1], tokens[:, 1:], counted[:, 1:]
    positions = torch.arange(read.shape[1], device=tokens.device).expand_as(read)
    hidden, _ = hidden_states(model, read, positions)
    logits = next_token_logits(model, hidden[kept])  # only what counts goes through the output layer
    return torch.nn.functional.cross_entropy(logits, target[kept])


def pretraining_batch(tokenizer, step: int, *, batch_size: int, length: int, seed: int) -> Batch:
    """Documents of the small web, end-of-text between them, cut into rows of `length` tokens; all count."""
    needed, ids = batch_size * length, []
    documents = pretraining_documents(batch_seed(seed, step))
    while len(ids) < needed:
        for document in encode(tokenizer, list(islice(documents, batch_size))):
            ids += [tokenizer.eos_token_id, *document]
    tokens = torch.tensor(ids[:needed]).view(batch_size, length)
    return tokens, torch.ones_like(tokens, dtype=torch.bool)


def demonstration_batch(
    tokenizer, step: int, *, batch_size: int, seed: int, guesses: float = DEMONSTRATION_GUESSES
) -> Batch:
    """Questions with answers, right-padded; the answers and the end-of-text token after them count."""
    return answers_batch(tokenizer, list(islice(demonstrations(batch_seed(seed, step), guesses), batch_size)))


def answers_batch(tokenizer, pairs: Sequence[tuple[str, str]]) -> Batch:
    """Pairs of a question and an answer as rows, right-padded; answers and the end-of-text token after them count."""
    prompts = encode(tokenizer, [prompt for prompt, _ in pairs])
    answers = [[*ids, tokenizer.eos_token_id] for ids in encode(tokenizer, [answer for _, answer in pairs])]
    rows = [prompt + answer for prompt, answer in zip(prompts, answers, strict=True)]
    width = max(map(len, rows))
    tokens = torch.full((len(rows), width), tokenizer.eos_token_id)
    counted = torch.zeros(len(rows), width, dtype=torch.bool)
    for i, (prompt, row) in enumerate(zip(prompts, rows, strict=True)):
        tokens[i, : len(row)] = torch.tensor(row)
        counted[i, len(prompt) : len(row)] = True
    return tokens, counted


def batch_seed(seed: int, step: int) -> int:
    """The seed of one batch's text, so that each batch is a function of its number."""
    return random.Random(f"{seed}/{step}").getrandbits(63)


def learning_rate(config: SupervisedConfig, step: int) -> float:
    """Linear warm-up, then a cosine down to `final_fraction` of the peak (Loshchilov & Hutter 2017)."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    done = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    cosine = 0.5 * (1 + math.cos(math.pi * done))
    return config.learning_rate * (config.final_fraction + (1 - config.final_fraction) * cosine)


def make_optimizer(model: GPT2LMHeadModel, config: SupervisedConfig) -> torch.optim.AdamW:
    """AdamW with the betas usual for language models."""
    return torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=config.weight_decay,
        fused=True,
    )


class Losses(list):
    """The loss of each step."""

    interrupted = False
    """Whether ■ ended the run."""


def train_supervised(
    model: GPT2LMHeadModel,
    batch_at: Callable[[int], Batch],
    config: SupervisedConfig,
    *,
    optimizer: torch.optim.Optimizer | None = None,
    first_step: int = 0,
    on_step: Callable[[int, float], None] | None = None,
    description: str = "training",
) -> "Losses":
    """Train on `batch_at(step)` for step = first_step … steps − 1, with a progress bar.

    Args:
        model: Trained in place.
        batch_at: From the number of a step to its batch.
        config: The settings.
        optimizer: To go on with; a new one if None.
        first_step: Where to go on.
        on_step: Called after each step with the number of steps done and the loss.
        description: What the progress bar says.

    Returns:
        The loss of each step. After ■ it holds the steps that were finished, and its `interrupted` is True.

    Raises:
        TypeError: The model is none that the course computes.
    """
    check_computed(model, GPT2LMHeadModel)
    optimizer = optimizer or make_optimizer(model, config)
    losses = Losses()
    with until_stopped(losses, initial=first_step, total=config.steps, desc=description) as shown:
        for step in range(first_step, config.steps):
            with interrupt_held():
                batch = (tensor.to(model.device) for tensor in batch_at(step))
                losses.append(_update(model, optimizer, *batch, learning_rate(config, step), config.max_grad_norm))
            shown.update()
            if step % 10 == 0:
                shown.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
            if on_step is not None:
                on_step(step + 1, losses[-1])
    return losses


def _update(model, optimizer, tokens: Tensor, counted: Tensor, rate: float, max_grad_norm: float) -> float:
    """One step of the next-token loss."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = next_token_loss(model, tokens, counted)
    gradient_step(loss, optimizer, model.parameters(), max_grad_norm)
    return loss.item()

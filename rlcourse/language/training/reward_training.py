"""Training a reward model on people's choices, and measuring how many of them it would have made too.

    L(φ) = − mean log σ( r_φ(prompt, chosen) − r_φ(prompt, rejected) )        Ouyang et al. 2022, eq. 1

Left out: margins, rankings of more than two, and label smoothing.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Annotated

import torch
from torch import Tensor

from rlcourse.algorithms.settings import Within, settings
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.algorithms.stopping import interrupt_held, until_stopped
from rlcourse.algorithms.training import History
from rlcourse.equations import bradley_terry_loss
from rlcourse.language.model.reward_model import RewardModel
from rlcourse.language.preferences.data import Preference


@settings
class RewardConfig:
    """The settings of a reward model's training."""

    epochs: Annotated[int, Within(1)] = 2
    """Times that each pair is seen; 1–3 is usual, more learns people's slips by heart."""
    batch_size: Annotated[int, Within(1)] = 32
    """Pairs per step; 16–64 is usual."""
    learning_rate: Annotated[float, Within(0, ends="()")] = 1e-3
    """Falls linearly to 0; this small model bears 3e-4 to 1e-3, large ones about 1e-5."""
    weight_decay: Annotated[float, Within(0)] = 0.01
    """AdamW's weight decay; 0–0.1 is usual."""
    max_grad_norm: Annotated[float, Within(0, ends="(]")] = 1.0
    """The gradient is scaled down to this length if it is longer."""
    seed: int = 0
    """Drives the order of the pairs."""


def train_reward_model(
    reward_model: RewardModel,
    preferences: Sequence[Preference],
    config: RewardConfig | None = None,
    *,
    loss_fn: Callable[[Tensor, Tensor], Tensor] = bradley_terry_loss,
    on_step: Callable[[History], None] | None = None,
    progress: bool = True,
) -> History:
    """Train a reward model in place, on every pair `epochs` times.

    Args:
        reward_model: From `new_reward_model`, or one to go on with.
        preferences: The choices to learn from.
        config: The settings; the defaults if None.
        loss_fn: From the scores of the chosen and of the rejected replies to the loss; the learner's own, perhaps.
        on_step: Called after each step with the history so far, for pictures. Its time does not count as training.
        progress: Show a progress bar.

    Returns:
        One row per step: "step", "loss", "accuracy" (of the batch, before it was learned from), "margin" (mean score of
        the chosen minus that of the rejected) and "seconds". After ■ it holds the steps that were finished, and its
        `interrupted` is True.

    Raises:
        ValueError: There are no preferences.
    """
    if not preferences:
        raise ValueError("preferences must hold at least one pair, got none")
    config = config or RewardConfig()
    batches = [batch for epoch in range(config.epochs) for batch in _batches(preferences, config, epoch)]
    optimizer = torch.optim.AdamW(
        reward_model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    history, seconds = History(), 0.0
    shown_as = {"desc": "reward model", "disable": not progress, "mininterval": 0.3}
    with until_stopped(history, total=len(batches), **shown_as) as shown:
        for step, batch in enumerate(batches):
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * (1 - step / len(batches))
            with interrupt_held():
                start = time.perf_counter()
                stats = _update(reward_model, optimizer, batch, config.max_grad_norm, loss_fn)
                seconds += time.perf_counter() - start
                history.append({"step": step + 1, "seconds": seconds, **stats})
            shown.update()
            if on_step is not None:
                on_step(history)
    return history


def _batches(preferences: Sequence[Preference], config: RewardConfig, epoch: int) -> list[list[Preference]]:
    """All preferences once, shuffled; the last batch may be smaller."""
    order = list(preferences)
    random.Random(f"{config.seed}/{epoch}").shuffle(order)
    return [order[i : i + config.batch_size] for i in range(0, len(order), config.batch_size)]


def _update(
    reward_model: RewardModel, optimizer, batch: list[Preference], max_grad_norm: float, loss_fn: Callable
) -> dict[str, float]:
    """One step of the loss."""
    chosen, rejected = _both(reward_model, batch)
    loss = loss_fn(chosen, rejected)
    gradient_step(loss, optimizer, reward_model.parameters(), max_grad_norm)
    margin = (chosen - rejected).detach()
    return {"loss": loss.item(), "accuracy": _share_right(margin), "margin": margin.mean().item()}


def _both(reward_model: RewardModel, batch: Sequence[Preference]):
    """The scores of the chosen and of the rejected replies, read in one go."""
    prompts = [p.prompt for p in batch]
    scores = reward_model.scores(prompts * 2, [p.chosen for p in batch] + [p.rejected for p in batch])
    return scores.split(len(batch))


def _share_right(margin: torch.Tensor) -> float:
    return (margin.gt(0).float() + 0.5 * margin.eq(0).float()).mean().item()


def preference_accuracy(reward_model: RewardModel, preferences: Sequence[Preference]) -> float:
    """The share of choices that the reward model would have made too; equal scores count half.

    Two annotators do not agree with each other all the time, and no model can agree with both where they differ.

    Raises:
        ValueError: There are no preferences.
    """
    if not preferences:
        raise ValueError("preferences must hold at least one pair, got none")
    prompts = [p.prompt for p in preferences]
    chosen = reward_model.score(prompts, [p.chosen for p in preferences])
    rejected = reward_model.score(prompts, [p.rejected for p in preferences])
    return _share_right(torch.tensor(chosen) - torch.tensor(rejected))

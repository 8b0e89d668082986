"""Where a text begins behind its padding: the positions that TRL does not say, and that GPT-2 needs.

TRL's `GRPOTrainer` pads questions on the left. It samples with `generate`, which counts positions from each text's own
beginning; but it scores the answers with the attention mask alone, and a GPT-2 that is told no positions counts the
padding too. Models that turn positions into angles (Llama, Qwen and most others of today) do not mind, as only
distances matter to them. TRL knows of the same in other trainers: https://github.com/huggingface/trl/issues/6800.
"""

from typing import Any

import torch
from torch import nn

LEARNED = ("gpt2", "gpt_neo", "gpt_bigcode")
"""Types of models in `transformers` that have a learned row for each position, and count the padding if not told."""


def count_positions(model: nn.Module) -> bool:
    """Let a model count positions from the attention mask wherever it is called without them.

        position of a token = number of real tokens before it

    The model is changed where it stands, by a hook that its `forward` sees; sampling, which says positions itself,
    stays as it is.

    Returns:
        Whether the model is of a kind that needs it; others are left alone.
    """
    config = getattr(model, "config", None)
    if getattr(config, "model_type", None) not in LEARNED:
        return False
    model.register_forward_pre_hook(with_positions, with_kwargs=True)
    return True


def with_positions(model: nn.Module, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """What a model is called with, and the positions, if there is a mask and they are not said: a forward pre-hook."""
    mask = kwargs.get("attention_mask")
    if kwargs.get("position_ids") is None and isinstance(mask, torch.Tensor) and mask.dim() == 2:
        kwargs = kwargs | {"position_ids": (mask.long().cumsum(-1) - 1).clamp(min=0)}
    return args, kwargs

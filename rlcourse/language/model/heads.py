"""GPT-2's body with a head of one number, read and written as plain Hugging Face folders.

Two models of the course are of this kind, and they are two different things. A **reward model** reads a finished
answer and says how good it is: one number, at the last token. A **value model** reads an unfinished answer and says
what reward to expect: one number before every token. Both begin as a copy of a language model's body.

    reward model   transformers.GPT2ForSequenceClassification, num_labels 1
    value model    transformers.GPT2ForTokenClassification, num_labels 1

Left out: a body shared with the policy. It would save memory; here each model stands on its own, so that one cannot
spoil the other.
"""

import json
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from transformers import (
    AutoTokenizer,
    GPT2ForSequenceClassification,
    GPT2ForTokenClassification,
    GPT2LMHeadModel,
    GPT2PreTrainedModel,
)

from rlcourse.language.model.checkpoints import _ARCHITECTURE, _quiet

Headed = TypeVar("Headed", GPT2ForSequenceClassification, GPT2ForTokenClassification)
_FILES = ("config.json", "model.safetensors", "tokenizer.json")


def with_head(model: GPT2LMHeadModel, kind: type[Headed], *, pad_token_id: int | None) -> Headed:
    """A copy of a language model's body under a new head that says 0 of everything.

    Args:
        model: The language model; it is not changed.
        kind: The class of the new model.
        pad_token_id: The token that the new model takes for padding, if any.
    """
    config = type(model.config).from_dict(model.config.to_dict() | {"classifier_dropout": 0.0})
    config.num_labels, config.pad_token_id, config.problem_type = 1, pad_token_id, "regression"
    with torch.random.fork_rng(devices=[]), _quiet():  # the random weights of a new model are overwritten at once
        headed = kind(config)
    headed.transformer.load_state_dict(model.transformer.state_dict())
    for weight in head_of(headed).parameters():
        torch.nn.init.zeros_(weight)
    return headed.to(device=model.device, dtype=model.dtype).eval()


def head_of(model: GPT2PreTrainedModel) -> torch.nn.Linear:
    """The head: the layer that turns a hidden state into one number."""
    return model.score if isinstance(model, GPT2ForSequenceClassification) else model.classifier


def load_headed(kind: type[Headed], folder: str | Path, *, rebuild: str) -> tuple[Headed, object]:
    """Read such a folder.

    Args:
        kind: The class of the model.
        folder: Where it is.
        rebuild: What to do if it is not there, for the message.

    Raises:
        FileNotFoundError: The folder, or a file in it, is not there.
        ValueError: It is damaged, or holds another kind of model.
    """
    folder = Path(folder).expanduser()
    missing = [file for file in _FILES if not (folder / file).is_file()]
    if missing:
        raise FileNotFoundError(f"the folder {folder} lacks {', '.join(missing)}; {rebuild}")
    try:
        with _quiet():
            model, report = kind.from_pretrained(
                folder, local_files_only=True, output_loading_info=True, use_safetensors=True
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (SafetensorError, json.JSONDecodeError, OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(f"the checkpoint {folder} is damaged or no {kind.__name__} ({error}); {rebuild}") from error
    lacking = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    if lacking or model.config.num_labels != 1:
        what = f"lacks the weights {', '.join(lacking[:3])}" if lacking else "has a head of more than one number"
        raise ValueError(f"the checkpoint {folder} {what}; {rebuild}")
    for setting, needed in _ARCHITECTURE.items():
        if getattr(model.config, setting) != needed:
            found = getattr(model.config, setting)
            raise ValueError(f"the GPT-2 {folder} has {setting}={found!r}; this course computes {needed!r} only")
    if not all(weight.isfinite().all() for weight in model.parameters()):
        raise ValueError(f"the checkpoint {folder} holds weights that are not numbers; {rebuild}")
    return model.eval(), tokenizer

"""Is this a model that the course's own forward pass computes?

`rlcourse.language.model.gpt2` reads the weights of a `transformers` GPT-2 and does the arithmetic itself. Whatever
else a model does, such as adding an adapter's output (LoRA) or unpacking quantised weights, it would pass over without
a word, and train a model that nobody has. So every module that it reads is looked at first. Left out: dropout, which
plays no part on purpose.
"""

import torch
from transformers import (
    GPT2ForSequenceClassification,
    GPT2ForTokenClassification,
    GPT2LMHeadModel,
    GPT2Model,
    GPT2PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.pytorch_utils import Conv1D

from rlcourse.language.model.inspecting import COMPUTED

_KINDS = (GPT2LMHeadModel, GPT2ForSequenceClassification, GPT2ForTokenClassification)
_PARTS = {
    "attn.c_attn": Conv1D,
    "attn.c_proj": Conv1D,
    "mlp.c_fc": Conv1D,
    "mlp.c_proj": Conv1D,
    "ln_1": torch.nn.LayerNorm,
    "ln_2": torch.nn.LayerNorm,
}
_HEADS = ("lm_head", "score", "classifier")
_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


def check_computed(model: object, kind: type | None = None) -> None:
    """Raise TypeError unless the course's forward pass computes what this model computes, naming what it would not.

    Args:
        model: The model.
        kind: The class it must have; any GPT-2 with a head if None.
    """
    if isinstance(model, PreTrainedTokenizerBase):
        raise TypeError("model must be a GPT-2, got a tokenizer: the two arguments are swapped")
    if type(model) not in _KINDS or (kind is not None and type(model) is not kind):
        wanted = kind.__name__ if kind is not None else "GPT-2 of transformers' own, with a head"
        raise TypeError(f"model must be a {wanted}, got {_what(model)}")
    for setting, needed in COMPUTED.items():
        if getattr(model.config, setting) != needed:
            raise TypeError(
                f"model has {setting}={getattr(model.config, setting)!r}; this course computes {needed!r} only"
            )
    _check_parts(model)
    _check_weights(model)


def check_tokenizer_kind(tokenizer: object) -> None:
    """TypeError unless it is a tokenizer of transformers'."""
    if isinstance(tokenizer, torch.nn.Module):
        raise TypeError("tokenizer must be a tokenizer, got a model: the two arguments are swapped")
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        raise TypeError(f"tokenizer must be a tokenizer of transformers', got {_what(tokenizer)}")


def _what(value: object) -> str:
    name = type(value).__name__
    if isinstance(value, type):
        return f"the class {value.__name__} and not a model of it"
    if hasattr(value, "peft_config"):
        return f"a {name}, with adapters of peft; {_MERGE}"
    if name == "OptimizedModule":
        return "a model from torch.compile; give the model that it was made from"
    if name in ("DataParallel", "DistributedDataParallel"):
        return f"a {name}; give its .module"
    return f"a {name}" if isinstance(value, torch.nn.Module) else f"{name} {value!r:.60}"


_MERGE = "its merge_and_unload() gives a plain GPT-2 with the adapters in its weights"


def _check_parts(model: GPT2PreTrainedModel) -> None:
    body = model.transformer
    parts = {f"transformer.h.{i}.{name}": kind for i in range(len(body.h)) for name, kind in _PARTS.items()}
    parts |= {"transformer": GPT2Model, "transformer.ln_f": torch.nn.LayerNorm}
    parts |= {f"transformer.{name}": torch.nn.Embedding for name in ("wte", "wpe")}
    parts |= {name: torch.nn.Linear for name in _HEADS if hasattr(model, name)}
    for name, module in model.named_modules():
        if name in parts and type(module) is not parts[name]:
            adapters = f", an adapter or a quantised layer; of peft's, {_MERGE}"
            raise TypeError(
                f"model has a {type(module).__name__} at {name}, where this course computes a {parts[name].__name__}"
                f"{adapters if name.startswith('transformer.h') else ''}"
            )
        hooks = (*module._forward_hooks.values(), *module._forward_pre_hooks.values())
        if not all(map(_only_records, hooks)) or "forward" in vars(module):
            raise TypeError(f"model has a hook or a forward of its own at {name or 'its top'}, which would not be run")


def _only_records(hook: object) -> bool:
    """Whether transformers left it, when it was asked for hidden states or attentions: it changes nothing."""
    return getattr(hook, "__module__", "").startswith("transformers.utils.")


def _check_weights(model: GPT2PreTrainedModel) -> None:
    dtypes = {weight.dtype for weight in model.parameters()}
    devices = {weight.device for weight in model.parameters()}
    if len(dtypes) > 1 or not dtypes <= set(_FLOATS):
        raise TypeError(f"model must have weights of one floating dtype, got {', '.join(sorted(map(str, dtypes)))}")
    if len(devices) > 1 or any(device.type == "meta" for device in devices):
        raise TypeError(f"model must be on one device that holds numbers, got {', '.join(sorted(map(str, devices)))}")

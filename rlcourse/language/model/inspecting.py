"""Is this the checkpoint of a GPT-2 that the course computes? Looked at before transformers reads it, and after.

transformers mends what does not fit: weights that a file lacks become random, layers that the settings do not mention
are passed over, a tokenizer without its settings becomes another tokenizer. Its models run on, and talk nonsense. Here
each such thing is refused, in words that follow "the checkpoint … ". Left out: damage that leaves a model as good as
another, such as one changed weight; of the bundled files `rlcourse.language.model.checksums` refuses that too.
"""

import json
import os
import re
from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer
from transformers import GPT2PreTrainedModel, PreTrainedTokenizerBase

from rlcourse.arguments import MOST, describe

FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
# What `rlcourse.language.model.gpt2` computes; a GPT-2 with other settings would give other numbers.
COMPUTED = {
    "activation_function": "gelu_new",
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}
_COUNTS = {"n_layer": 10_000, "n_head": 10_000, "n_embd": MOST, "n_positions": MOST, "vocab_size": MOST}
_DTYPES = ("float32", "float64", "float16", "bfloat16")
_FLOATING = {"F16", "BF16", "F32", "F64"}
_LAYER = re.compile(r"(?:^|\.)h\.(\d+)\.")
_PROBE = "Question: What is 12+7?\nAnswer: It's 19, isn't  it? <b>Ja</b>"
"""A text that a tokenizer with the wrong rules reads in another way."""


def check_files(folder: Path, kind: type[GPT2PreTrainedModel]) -> dict[str, Any]:
    """The settings in a folder's config.json, after a look at all of its files.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: A file cannot be read, the settings are not those of a GPT-2 that the course computes, or the
            weights are not those of as many layers as the settings say.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"lacks {', '.join(missing)}")
    for name in FILES:
        if not os.access(folder / name, os.R_OK):
            raise ValueError(f"cannot be read: {name} may not be opened by this user")
    config, _ = _json(folder / "config.json"), _json(folder / "tokenizer_config.json")
    check_config(config)
    layers, dtypes = _weights_of(folder / "model.safetensors", kind)
    if dtypes - _FLOATING:
        raise ValueError(
            f"holds weights of the type {', '.join(sorted(dtypes - _FLOATING))}; the course computes floats"
        )
    wanted = config.get("n_layer", 12)
    if layers and wanted != layers:
        more = f"lacks the weights transformer.h.{layers}" if wanted > layers else "has weights that would not be used"
        raise ValueError(f"{more}: it holds {layers} layers, and its config.json says n_layer={wanted}")
    return config


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is damaged: {path.name} is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise ValueError(f"is damaged: {path.name} holds no settings but {describe(content)}")
    return content


def _weights_of(path: Path, kind: type[GPT2PreTrainedModel]) -> tuple[int, set[str]]:
    """How many layers a file of weights holds, and the types of its numbers."""
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            dtypes = {file.get_slice(name).get_dtype() for name in names}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"is damaged or no {kind.__name__} ({path.name}: {error})") from error
    found = {int(match[1]) for match in map(_LAYER.search, names) if match}
    return len(found), dtypes


def check_config(config: Mapping[str, Any]) -> None:
    """ValueError unless these are the settings of a GPT-2 that the course computes."""
    named = config.get("architectures")
    named = named[0] if isinstance(named, list) and named and isinstance(named[0], str) else None
    if config.get("model_type") != "gpt2":
        what = f"a {named}" if named else f"of the type {describe(config.get('model_type'))}"
        raise ValueError(f"is {what}; the course computes GPT-2 only")
    if config.get("quantization_config"):
        raise ValueError("holds quantised weights; the course computes floats only")
    for setting, needed in COMPUTED.items():
        if config.get(setting, needed) != needed:
            raise ValueError(f"has {setting}={config[setting]!r}; this course computes {needed!r} only")
    for setting, most in _COUNTS.items():
        value = config.get(setting, 1)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(
                f"is damaged: {setting} in its config.json must be from 1 to {most}, got {describe(value)}"
            )
    epsilon = config.get("layer_norm_epsilon", 1e-5)
    if isinstance(epsilon, bool) or not isinstance(epsilon, Real) or not 0 < epsilon < 0.1:
        raise ValueError(f"is damaged: layer_norm_epsilon must be small and above 0, got {describe(epsilon)}")
    for setting in ("dtype", "torch_dtype"):
        if config.get(setting) is not None and config[setting] not in _DTYPES:
            raise ValueError(
                f"is damaged: {setting} must be one of {', '.join(_DTYPES)}, got {describe(config[setting])}"
            )


def check_loaded(model: GPT2PreTrainedModel, report: Mapping[str, Any], kind: type[GPT2PreTrainedModel]) -> None:
    """ValueError unless every weight of the model was in the file, none was left over, and all are numbers."""
    lacking = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    if lacking:
        raise ValueError(f"lacks the weights {', '.join(lacking[:3])}, or has them in another shape")
    if report["unexpected_keys"]:
        names = ", ".join(sorted(map(str, report["unexpected_keys"]))[:3])
        raise ValueError(f"holds weights that a {kind.__name__} has no place for, {names}: it is {_owner(names)}")
    if not all(bool(weight.isfinite().all()) for weight in model.parameters()):
        raise ValueError("holds weights that are not numbers")
    if not model.transformer.wte.weight.any():
        raise ValueError("is damaged: all its embeddings are 0")
    if hasattr(model, "num_labels") and "LMHead" not in kind.__name__ and model.num_labels != 1:
        raise ValueError("has a head of more than one number")


def _owner(names: str) -> str:
    if "score." in names:
        return "a reward model, which load_reward_model reads"
    return "a value model, which ValueModel.load reads" if "classifier." in names else "another model"


def check_tokenizer(tokenizer: PreTrainedTokenizerBase, model: GPT2PreTrainedModel, folder: Path | None = None) -> None:
    """ValueError unless a tokenizer belongs to its model, and reads text as its own tokenizer.json says."""
    config = model.config
    if len(tokenizer) > config.vocab_size or tokenizer.eos_token_id is None:
        raise ValueError(
            f"does not fit together: the tokenizer, with {len(tokenizer)} tokens and the end of text "
            f"{tokenizer.eos_token!r}, does not fit its model of {config.vocab_size}"
        )
    numbers = set(tokenizer.get_vocab().values())
    holes = set(range(max(numbers))) - numbers
    if holes:
        raise ValueError(f"is damaged: its tokenizer has no token {min(holes)}")
    end = config.eos_token_id
    if isinstance(end, int) and 0 <= end < len(tokenizer) and end != tokenizer.eos_token_id:
        raise ValueError(
            f"does not fit together: its tokenizer ends a text with token {tokenizer.eos_token_id} "
            f"({tokenizer.eos_token!r}), its model with token {end}"
        )
    if folder is not None and not _reads_as_written(tokenizer, folder / "tokenizer.json"):
        raise ValueError(
            f"is damaged: with its tokenizer_config.json, tokenizer.json becomes a {type(tokenizer).__name__} that "
            "reads text in another way"
        )


def _reads_as_written(tokenizer: PreTrainedTokenizerBase, path: Path) -> bool:
    written = Tokenizer.from_file(str(path))
    written.no_truncation()
    known = {letter for letter in _PROBE if written.encode(letter, add_special_tokens=False).ids}
    text = "".join(letter for letter in _PROBE if letter in known)
    ids = written.encode(text, add_special_tokens=False).ids
    same_text = tokenizer.decode(ids, skip_special_tokens=True) == written.decode(ids, skip_special_tokens=True)
    return tokenizer(text, add_special_tokens=False).input_ids == ids and same_text

"""Checkpoints: plain Hugging Face folders, written whole or not at all, never unpickled.

Any tool that reads a folder with `config.json`, `model.safetensors` and `tokenizer.json` reads ours.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import torch
from huggingface_hub import constants
from safetensors import SafetensorError
from transformers import AutoTokenizer, GPT2LMHeadModel, GPT2PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from rlcourse.algorithms.folders import fresh_folder
from rlcourse.files import ASSETS

BUNDLED = ("pretrained", "sft")
HUB_PATIENCE = 3.0
"""Seconds to wait for the hub to answer at all before saying that it does not."""
_FILES = ("config.json", "model.safetensors", "tokenizer.json")
# What `rlcourse.language.model.gpt2` computes; a GPT-2 with other settings would give other numbers.
_ARCHITECTURE = {
    "activation_function": "gelu_new",
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}


def load_gpt2(
    name: str | Path = "sft", *, device: str | torch.device | None = None
) -> tuple[GPT2LMHeadModel, PreTrainedTokenizerBase]:
    """Load a GPT-2 and its tokenizer, ready to answer (dropout off).

    Args:
        name: "pretrained" or "sft", the small models that come with the course; a folder with a checkpoint; or the
            name of a GPT-2 on the Hugging Face hub, such as "gpt2", which is then downloaded.
        device: Where to put it; None means a GPU if there is one, else the CPU.

    Raises:
        TypeError: `name` is not a string or a path.
        FileNotFoundError: There is no such checkpoint, here or on the hub.
        ValueError: The checkpoint is damaged, or is not a GPT-2 that this course can compute.
    """
    if not isinstance(name, str | Path):
        raise TypeError(f"name must be a string or a path, got {name!r}")
    with _quiet():
        if _is_folder(name):
            model, tokenizer = _load_folder(ASSETS / name if name in BUNDLED else Path(name).expanduser())
        else:
            model, tokenizer = _load_from_hub(str(name))
    _check_contents(model, tokenizer, name)
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return model.to(device).eval(), tokenizer


def save_gpt2(model: GPT2PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: str | Path) -> Path:
    """Write a GPT-2, whatever its head, as a folder for `transformers`; an older one is replaced at the end.

    Returns:
        The folder.
    """
    folder = Path(folder).expanduser()
    with fresh_folder(folder, _written, what="model") as fresh, _quiet():
        model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        _name_tokenizer_class(fresh / "tokenizer_config.json")
    return folder


def _written(_folder: Path) -> set[str]:
    """The files that such a checkpoint may consist of."""
    return {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


def _name_tokenizer_class(path: Path) -> None:
    # The class's name of transformers 5 is unknown to older readers of such folders; both know this one.
    config = json.loads(path.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    path.write_text(json.dumps(config, indent=2) + "\n")


def _is_folder(name: str | Path) -> bool:
    """Whether a name means a folder; else it is one of the hub's, which have at most one slash and no leading dot."""
    if name in BUNDLED or isinstance(name, Path) or Path(name).exists():
        return True
    return not name or name[0] in "./~" or "\\" in name or name.count("/") > 1


def _load_folder(folder: Path) -> tuple[GPT2LMHeadModel, PreTrainedTokenizerBase]:
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no checkpoint folder {folder}; {_how_to_rebuild()}")
    missing = [file for file in _FILES if not (folder / file).is_file()]
    if missing:
        raise FileNotFoundError(f"the checkpoint folder {folder} lacks {', '.join(missing)}; {_how_to_rebuild()}")
    try:
        return _load(str(folder), local_files_only=True)
    except OSError as error:
        raise ValueError(f"the checkpoint {folder} cannot be read ({error}); {_how_to_rebuild()}") from error


def _load_from_hub(name: str) -> tuple[GPT2LMHeadModel, PreTrainedTokenizerBase]:
    try:
        return _load(name, local_files_only=True)  # what was downloaded before needs no network
    except OSError:
        pass
    nowhere = f"there is no bundled checkpoint or folder called {name!r} (bundled: {', '.join(BUNDLED)})"
    if not _hub_answers():
        raise FileNotFoundError(f"{nowhere}, and the Hugging Face hub cannot be reached from here")
    try:
        return _load(name, local_files_only=False)
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise FileNotFoundError(f"{nowhere}, and the Hugging Face hub did not provide one: {reason}") from error


def _hub_answers() -> bool:
    """Whether the hub can be reached, decided within seconds: its own client would try for half a minute."""
    if constants.HF_HUB_OFFLINE:
        return False
    if any(os.environ.get(variable) for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return True  # the proxy knows the way, and a direct look-up says nothing
    address = urlsplit(constants.ENDPOINT)
    try:
        socket.create_connection((address.hostname, address.port or 443), timeout=HUB_PATIENCE).close()
    except OSError:
        return False
    return True


def _load(source: str, *, local_files_only: bool) -> tuple[GPT2LMHeadModel, PreTrainedTokenizerBase]:
    try:
        model, report = GPT2LMHeadModel.from_pretrained(
            source, local_files_only=local_files_only, output_loading_info=True, use_safetensors=True
        )
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local_files_only)
    except (SafetensorError, json.JSONDecodeError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(f"the checkpoint {source} is damaged or not a GPT-2 ({error}); {_how_to_rebuild()}") from error
    if report["missing_keys"] or report["mismatched_keys"]:
        lacking = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
        raise ValueError(f"the checkpoint {source} lacks the weights {', '.join(lacking[:3])}; {_how_to_rebuild()}")
    return model, tokenizer


def _check_contents(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerBase, name: str | Path) -> None:
    """Raise ValueError unless model and tokenizer belong together and are of the kind that the course computes."""
    for setting, needed in _ARCHITECTURE.items():
        if getattr(model.config, setting) != needed:
            found = getattr(model.config, setting)
            raise ValueError(f"the GPT-2 {name} has {setting}={found!r}; this course computes {needed!r} only")
    if len(tokenizer) > model.config.vocab_size or tokenizer.eos_token_id is None:
        raise ValueError(
            f"the tokenizer of {name}, with {len(tokenizer)} tokens and the end of text {tokenizer.eos_token!r}, "
            f"does not fit its model of {model.config.vocab_size}; {_how_to_rebuild()}"
        )
    if not all(weight.isfinite().all() for weight in model.parameters()):
        raise ValueError(f"the checkpoint {name} holds weights that are not numbers; {_how_to_rebuild()}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' progress bars and reports: errors are raised, and a second's work needs no bar."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()


def _how_to_rebuild() -> str:
    if not ASSETS.is_dir():
        return "the bundled ones come with the course's folder: install from it, with `pip install -e .`"
    return "`python -m rlcourse.language.build` rebuilds the bundled ones"

"""Checkpoints: plain Hugging Face folders, written whole or not at all, never unpickled, and never run.

Any tool that reads a folder with `config.json`, `model.safetensors`, `tokenizer.json` and `tokenizer_config.json`
reads ours. What is read is looked at before and after (`rlcourse.language.model.inspecting`), and copied into memory,
so that the file can be replaced while the model is in use. Left out: weights in several files.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from huggingface_hub.utils import logging as hub_logging
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel, GPT2PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from rlcourse.algorithms.folders import fresh_folder, standing
from rlcourse.files import ASSETS
from rlcourse.language.model.checksums import check_unchanged
from rlcourse.language.model.devices import choose_device, usual_defaults
from rlcourse.language.model.hub import hub_answers, proxy_before
from rlcourse.language.model.inspecting import FILES, check_config, check_files, check_loaded, check_tokenizer

BUNDLED = ("pretrained", "sft", "thinker")
Kind = TypeVar("Kind", bound=GPT2PreTrainedModel)
_LOADING = threading.RLock()  # two threads in `from_pretrained` at once spoil transformers for the rest of the process
_OF_A_CHECKPOINT = {*FILES, "generation_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json"}
_OF_A_CHECKPOINT |= {"merges.txt", "chat_template.jinja"}
_NOT_OURS = ("is_local", "local_files_only", "trust_remote_code")  # how a tokenizer was loaded is no part of it


def load_gpt2(
    name: str | Path = "sft", *, device: str | torch.device | None = None
) -> tuple[GPT2LMHeadModel, PreTrainedTokenizerBase]:
    """Load a GPT-2 and its tokenizer, ready to answer (dropout off).

    Args:
        name: "pretrained", "sft" or "thinker", the small models that come with the course; a folder with a checkpoint;
            or the name of a GPT-2 on the Hugging Face hub, such as "gpt2", which is then downloaded.
        device: Where to put it; None means a GPU if there is one, else the CPU.

    Raises:
        TypeError: `name` is not a string or a path.
        FileNotFoundError: There is no such checkpoint, here or on the hub.
        ValueError: The checkpoint is damaged, or is not a GPT-2 that this course can compute; or there is no such
            device.
    """
    check_name(name)
    chosen = choose_device(device)
    if name in BUNDLED:
        model, tokenizer = read_folder(GPT2LMHeadModel, ASSETS / str(name), advice=how_to_rebuild())
    elif _is_folder(name):
        if not standing(name).is_dir():
            raise FileNotFoundError(f"there is no checkpoint folder {standing(name)}; {how_to_rebuild()}")
        model, tokenizer = read_folder(GPT2LMHeadModel, name)
    else:
        model, tokenizer = _read_from_hub(str(name))
    return model.to(chosen), tokenizer


def save_gpt2(model: GPT2PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: str | Path) -> Path:
    """Write a GPT-2, whatever its head, as a folder for `transformers`; an older one is replaced at the end.

    Returns:
        The folder.

    Raises:
        TypeError: `model` is not a GPT-2 of transformers' own, or `tokenizer` no tokenizer.
        ValueError: The folder holds anything else than a GPT-2's checkpoint, which would be lost.
    """
    if not isinstance(model, GPT2PreTrainedModel):
        raise TypeError(f"model must be a GPT-2 of transformers', got {type(model).__name__}")
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        raise TypeError(f"tokenizer must be a tokenizer of transformers', got {type(tokenizer).__name__}")
    folder = Path(folder).expanduser()
    with fresh_folder(folder, _written, what="model") as fresh, quiet():
        model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        _tidy(fresh / "tokenizer_config.json")
    return folder


def read_folder(kind: type[Kind], folder: str | Path, *, advice: str = "") -> tuple[Kind, PreTrainedTokenizerBase]:
    """A model and its tokenizer from a folder, on the CPU.

    Args:
        kind: The class of the model: a GPT-2 with a language model's head or another.
        folder: Where it is.
        advice: What to do if it is damaged, for the message.

    Raises:
        FileNotFoundError: The folder, or a file in it, is not there.
        ValueError: It is damaged, or holds another kind of model.
    """
    folder = standing(folder)
    advice = f"; {advice}" if advice else ""
    try:
        check_files(folder, kind)
        model, tokenizer = _read(kind, str(folder), local_files_only=True)
        check_tokenizer(tokenizer, model, folder)
        if folder.parent == ASSETS:
            check_unchanged(folder, FILES)  # last: what is plainly wrong is said in words of its own
    except FileNotFoundError as error:
        raise FileNotFoundError(f"the checkpoint folder {folder} {error}{advice}") from None
    except ValueError as error:
        raise ValueError(f"the checkpoint {folder} {error}{advice}") from error
    return model, tokenizer


def _read_from_hub(name: str) -> tuple[GPT2LMHeadModel, PreTrainedTokenizerBase]:
    try:
        return _read_named(name, local_files_only=True)  # what was downloaded before needs no network
    except OSError:
        pass
    nowhere = f"there is no bundled checkpoint or folder called {name!r} (bundled: {', '.join(BUNDLED)})"
    if not hub_answers():
        proxy = proxy_before("huggingface.co")
        by = f" through the proxy {proxy.rpartition('@')[2]}" if proxy else ""
        raise FileNotFoundError(f"{nowhere}, and the Hugging Face hub cannot be reached from here{by}")
    try:
        return _read_named(name, local_files_only=False)
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise FileNotFoundError(f"{nowhere}, and the Hugging Face hub did not provide one: {reason}") from error


def _read_named(name: str, *, local_files_only: bool) -> tuple[GPT2LMHeadModel, PreTrainedTokenizerBase]:
    """A model of the hub's; OSError if it cannot be had."""
    try:
        with quiet():
            config, _ = GPT2Config.get_config_dict(name, local_files_only=local_files_only)
        if not config:
            raise OSError(f"{name} has no config.json")
        check_config(config)
        model, tokenizer = _read(GPT2LMHeadModel, name, local_files_only=local_files_only)
        check_tokenizer(tokenizer, model)
    except ValueError as error:
        raise ValueError(f"the checkpoint {name} {error}") from error
    return model, tokenizer


def _read(kind: type[Kind], source: str, *, local_files_only: bool) -> tuple[Kind, PreTrainedTokenizerBase]:
    """What transformers reads, checked; ValueError in words that follow "the checkpoint …"."""
    options = {"local_files_only": local_files_only, "trust_remote_code": False}
    try:
        with _LOADING, quiet(), usual_defaults():
            how = {
                "use_safetensors": True,
                "ignore_mismatched_sizes": True,
                "output_loading_info": True,
            }  # to name them
            model, report = kind.from_pretrained(source, **how, **options)
            tokenizer = AutoTokenizer.from_pretrained(source, **options)
            _copy_weights(model)
    except (OSError, KeyboardInterrupt):
        if local_files_only and Path(source).is_dir():
            raise ValueError("cannot be read") from None
        raise
    except Exception as error:  # what a damaged file does to a library may be anything
        first = str(error).splitlines()[0] if str(error) else ""
        raise ValueError(f"is damaged or no {kind.__name__} ({type(error).__name__}: {first})") from error
    check_loaded(model, report, kind)
    return model.eval(), tokenizer


def _copy_weights(model: torch.nn.Module) -> None:
    """Loaded weights are views of the file on the disk, which could not be replaced on Windows for as long."""
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone()


def _written(folder: Path) -> set[str]:
    """The files that a GPT-2's checkpoint in this folder may consist of; none, if it is another model's."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _OF_A_CHECKPOINT
    except (OSError, ValueError, RecursionError):
        return set()  # it may be anybody's
    is_gpt2 = isinstance(config, dict) and config.get("model_type") == "gpt2"
    return _OF_A_CHECKPOINT if is_gpt2 else set()


def _tidy(path: Path) -> None:
    # The class's name of transformers 5 is unknown to older readers of such folders; both know this one.
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    config = {name: value for name, value in config.items() if name not in _NOT_OURS}
    path.write_text(json.dumps(config | {"tokenizer_class": "PreTrainedTokenizerFast"}, indent=2) + "\n")


def check_name(name: object) -> None:
    """TypeError unless it can be the name of a checkpoint."""
    if not isinstance(name, str | Path):
        raise TypeError(f"name must be a string or a path, got {name!r}")


def _is_folder(name: str | Path) -> bool:
    """Whether a name means a folder; else it is one of the hub's, which have at most one slash and no leading dot."""
    if isinstance(name, Path) or standing(name).exists():
        return True
    return not name or name[0] in "./~" or "\\" in name or name.count("/") > 1


def how_to_rebuild() -> str:
    """What to do about a bundled checkpoint that is not there or not whole."""
    if not ASSETS.is_dir():
        return "the bundled ones come with the course's folder: install from it, with `pip install -e .`"
    return "`python -m rlcourse.language.build` rebuilds the bundled ones"


@contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' progress bars and reports: errors are raised, and a second's work needs no bar."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    hubs = hub_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    hub_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        hub_logging.set_verbosity(hubs)
        if bars:
            transformers_logging.enable_progress_bar()

"""Checkpoints: plain Hugging Face folders, written whole or not at all, never unpickled.

Any tool that reads a folder with `config.json`, `model.safetensors` and `tokenizer.json` reads ours.
"""

import json
import tempfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer, GPT2LMHeadModel, PreTrainedTokenizerBase

ASSETS = Path(__file__).resolve().parents[2] / "assets"
BUNDLED = ("pretrained", "sft")
_FILES = ("config.json", "model.safetensors", "tokenizer.json")


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
        ValueError: The checkpoint is damaged, or is not a GPT-2.
    """
    if not isinstance(name, str | Path):
        raise TypeError(f"name must be a string or a path, got {name!r}")
    folder = ASSETS / name if name in BUNDLED else Path(name)
    is_local = name in BUNDLED or folder.exists() or isinstance(name, Path)
    if is_local:
        _check_folder(folder)
    model, tokenizer = _load(str(folder) if is_local else str(name), is_local)
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return model.to(device).eval(), tokenizer


def save_gpt2(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerBase, folder: str | Path) -> Path:
    """Write a checkpoint that `transformers` can load; an older one in its place is replaced at the end.

    Returns:
        The folder.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        fresh = Path(scratch) / "fresh"
        model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        _name_tokenizer_class(fresh / "tokenizer_config.json")
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        fresh.rename(folder)
    return folder


def _name_tokenizer_class(path: Path) -> None:
    # The class's name of transformers 5 is unknown to older readers of such folders; both know this one.
    config = json.loads(path.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    path.write_text(json.dumps(config, indent=2) + "\n")


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no checkpoint folder {folder}; {_how_to_rebuild()}")
    missing = [file for file in _FILES if not (folder / file).is_file()]
    if missing:
        raise FileNotFoundError(f"the checkpoint folder {folder} lacks {', '.join(missing)}; {_how_to_rebuild()}")


def _load(source: str, is_local: bool) -> tuple[GPT2LMHeadModel, PreTrainedTokenizerBase]:
    try:
        model, report = GPT2LMHeadModel.from_pretrained(
            source, local_files_only=is_local, output_loading_info=True, use_safetensors=True
        )
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=is_local)
    except (SafetensorError, json.JSONDecodeError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(f"the checkpoint {source} is damaged or not a GPT-2 ({error}); {_how_to_rebuild()}") from error
    except OSError as error:
        if is_local:
            raise ValueError(f"the checkpoint {source} cannot be read ({error}); {_how_to_rebuild()}") from error
        raise FileNotFoundError(
            f"there is no bundled checkpoint or folder called {source!r} (bundled: {', '.join(BUNDLED)}), "
            f"and the Hugging Face hub did not provide one: {str(error).splitlines()[0]}"
        ) from error
    if report["missing_keys"] or report["mismatched_keys"]:
        lacking = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
        raise ValueError(f"the checkpoint {source} lacks the weights {', '.join(lacking[:3])}; {_how_to_rebuild()}")
    return model, tokenizer


def _how_to_rebuild() -> str:
    return "`python -m rlcourse.language.build` rebuilds the bundled ones"

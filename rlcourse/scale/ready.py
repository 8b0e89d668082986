"""Is all there that a run needs? Asked before work starts, and answered with what to do.

A run on a cluster begins in a queue. Whatever can be known before is looked at here: the packages, the GPUs, the
model with its tokenizer, and whether the questions fit into it.
"""

import importlib.util
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import HFValidationError
from transformers import AutoConfig, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from rlcourse.language.model.checkpoints import quiet
from rlcourse.language.model.hub import hub_answers
from rlcourse.scale.plan import whole_name
from rlcourse.scale.settings import Machine, Run
from rlcourse.scale.tasks import Task, load_task, try_reward

EXTRA = ("trl", "accelerate", "datasets")
"""What `pip install -e ".[scale]"` installs."""


def lacking(machine: Machine | None = None) -> list[str]:
    """The packages that a machine's run needs and that are not installed here, by name."""
    wanted = list(EXTRA)
    if machine is not None and machine.sharding.startswith("zero"):
        wanted.append("deepspeed")
    if machine is not None and machine.sampler != "generate":
        wanted.append("vllm")
    return [name for name in wanted if importlib.util.find_spec(name) is None]


def what_is_missing(run: Run, machine: Machine) -> list[str]:
    """What stands in the way of a run here, in sentences that say what to do; none if nothing does.

    The packages, and the GPUs of this machine; model and task are `check_model`'s.
    """
    sentences = []
    packages = lacking(machine)
    extra, others = [name for name in packages if name in EXTRA], [name for name in packages if name not in EXTRA]
    if extra:
        sentences.append(
            f"{_and(extra)} {'is' if len(extra) == 1 else 'are'} not installed: in the course's folder, "
            '`python -m pip install -e ".[scale]"` brings what is needed'
        )
    if others:
        are = "is" if len(others) == 1 else "are"
        sentences.append(f"{_and(others)} {are} not installed: `python -m pip install {' '.join(others)}`")
    here = torch.cuda.device_count()
    if machine.gpus and here < machine.processes:
        wanted = "1 GPU is" if machine.processes == 1 else f"{machine.processes} GPUs are"
        found = "none" if here == 0 else str(here)
        sentences.append(
            f"{wanted} asked for, and this machine has {found}: choose `--on cpu`, or write the files here with "
            "`--write-only` and run them where the GPUs are (the course, with its extra, and the model have to be "
            "there, too)"
        )
    return sentences


class OutOfReach(FileNotFoundError):
    """A model of the hub's that cannot be looked at from here; elsewhere it may be there."""


def check_model(run: Run) -> Task:
    """The task, once model, tokenizer and questions were found to fit together and its rule was tried.

    Raises:
        OutOfReach: The hub's model cannot be looked at from here.
        FileNotFoundError: There is no such folder, or no such model within reach.
        ValueError: It is no causal language model, its tokenizer has no end of text, or the questions with their
            answers are longer than its context; there are fewer questions than one update takes; or the rule fails.
    """
    task, name = load_task(run.task, seed=run.seed), whole_name(run.model)
    if len(task.prompts) < run.prompts_per_step:
        raise ValueError(
            f"an update takes prompts={run.prompts_per_step} different questions, and {run.task} has "
            f"{len(task.prompts)}: ask for fewer, or write more"
        )
    try_reward(task, end_of_text=0)
    config, tokenizer = _read(name, run.model)
    kind = getattr(config, "model_type", None)
    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ValueError(f"model must be a causal language model, {run.model} is of the type {kind!r}")
    if tokenizer.eos_token_id is None:
        raise ValueError(f"the tokenizer of {run.model} has no end of text, so that no answer could end")
    longest = max(len(tokenizer(text).input_ids) for text in task.prompts)
    context = getattr(config.get_text_config(), "max_position_embeddings", None)
    if context is not None and longest + run.max_new_tokens > context:
        raise ValueError(
            f"the longest question has {longest} tokens; with max_new_tokens={run.max_new_tokens} it must fit into the "
            f"{context} that {run.model} reads"
        )
    return task


def _read(name: str, called: str) -> tuple[Any, Any]:
    """Settings and tokenizer of a model, without its weights."""
    path = Path(name).expanduser()
    if path.is_dir():
        lacks = [file for file in ("config.json", "tokenizer_config.json") if not (path / file).is_file()]
        if lacks:
            raise FileNotFoundError(f"the folder {path} is no model of Hugging Face's: it lacks {_and(lacks)}")
    elif name[:1] in "./~" or name.count("/") > 1 or path.exists():
        raise FileNotFoundError(f"there is no folder {called} with a model")
    for local in (True,) if path.is_dir() else (True, False):
        if not local and not hub_answers():
            raise OutOfReach(
                f"there is no folder {called!r} here, no such model in the cache, and the Hugging Face hub cannot be "
                "reached: give a folder, or come back with a network"
            )
        try:
            with quiet():
                how = {"local_files_only": local, "trust_remote_code": False}
                return AutoConfig.from_pretrained(name, **how), AutoTokenizer.from_pretrained(name, **how)
        except (OSError, ValueError, HFValidationError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            if not local or path.is_dir():
                kind = FileNotFoundError if path.is_dir() else OutOfReach
                raise kind(f"the model {called!r} cannot be had: {reason}") from error
    raise AssertionError("unreachable")


def _and(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"

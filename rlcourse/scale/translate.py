"""Our settings in TRL's words: one run of `rlcourse.algorithms.GRPO` as the arguments of `trl.GRPOConfig`.

Most names are the same. What is not said stays at TRL's own default, and several of those differ from ours, so here
all that matter are said. Left out: whatever TRL has and we have not.
"""

from math import inf
from typing import Any

from rlcourse.algorithms.sharing import batch_plan
from rlcourse.scale.settings import Machine, Run

SAME = (
    "num_generations",
    "temperature",
    "learning_rate",
    "num_iterations",
    "epsilon",
    "epsilon_high",
    "beta",
    "use_bias_correction_kl",
    "loss_type",
    "entropy_coef",
    "mask_truncated_completions",
    "scale_rewards",
    "importance_sampling_level",
    "weight_decay",
)
"""Settings that have the same name and the same meaning in TRL."""
OURS_ALONE = {
    "dynamic_sampling": "TRL trains on every batch as it comes (verl and OpenRLHF can replace groups)",
    "max_sampling_rounds": "it belongs to dynamic_sampling",
}
"""Settings that TRL has no place for, and why."""
_PRECISION = {
    "vllm_importance_sampling_correction": True,
    "vllm_importance_sampling_mode": "token_truncate",  # TRL's own default leaves out whole answers above a ratio of 3
    "vllm_importance_sampling_clip_max": 2.0,
}
"""For the difference between vLLM and trainer: the truncated importance weights of notebook 12, token by token."""
LOOKED_AT = ("max_completion_length", "max_grad_norm")
"""Settings with the same name that need a look first."""


def trl_settings(run: Run, machine: Machine) -> dict[str, Any]:
    """The arguments of `trl.GRPOConfig` for a run on a machine, but for `output_dir`.

    Raises:
        ValueError: The run asks for what TRL has not, or its answers cannot be shared out evenly.
    """
    config = run.config
    if config.dynamic_sampling:
        raise ValueError(f"dynamic_sampling=True does not go to TRL: {OURS_ALONE['dynamic_sampling']}")
    if config.loss_type == "dr_grpo" and config.max_completion_length != run.max_new_tokens:
        raise ValueError(
            "TRL divides by the longest answer there can be when loss_type is dr_grpo: max_completion_length must be "
            f"max_new_tokens, got {config.max_completion_length} and {run.max_new_tokens}"
        )
    per_device, passes = batch_plan(
        run.prompts_per_step, config.num_generations, processes=machine.total, at_once=run.answers_at_once
    )
    algorithm = {name: getattr(config, name) for name in SAME if hasattr(config, name)}
    return {
        **algorithm,
        "max_grad_norm": 0.0 if config.max_grad_norm == inf else config.max_grad_norm,  # 0 is "never" there
        "max_completion_length": run.max_new_tokens,
        "max_steps": run.steps * config.num_iterations,  # TRL counts optimiser steps, we count batches
        "per_device_train_batch_size": per_device,
        "gradient_accumulation_steps": passes,
        "lr_scheduler_type": "constant",  # as ours; TRL's own falls to 0
        "top_k": 0,
        "top_p": 1.0,
        "disable_dropout": True,  # with dropout two readings of one answer differ, and the ratio is not 1
        "seed": run.seed,
        **_of_the_machine(machine),
        "logging_steps": 1,
        **_checkpoints(run),
        "report_to": "none",
    }


def _checkpoints(run: Run) -> dict[str, Any]:
    """The trained model is saved in the end, and before that as often as it was asked for; the last two are kept."""
    if not run.save_every:
        return {"save_strategy": "no"}
    return {
        "save_strategy": "steps",
        "save_steps": run.save_every * run.config.num_iterations,  # never in the middle of a batch
        "save_total_limit": 2,
    }


def _of_the_machine(machine: Machine) -> dict[str, Any]:
    """Precision, memory and sampler."""
    there: dict[str, Any] = {
        "use_cpu": not machine.gpus,
        "bf16": machine.gpus,
        "gradient_checkpointing": machine.gpus,  # activations are computed twice and not kept
        "dataloader_pin_memory": machine.gpus,
        "ddp_find_unused_parameters": False,  # every weight has a gradient in every pass
    }
    if machine.sampler != "generate":
        there |= {"use_vllm": True, "vllm_mode": "colocate" if machine.sampler == "vllm" else "server"} | _PRECISION
    if machine.sampler_gpus > 1:
        there["vllm_tensor_parallel_size"] = machine.sampler_gpus
    if machine.sampler == "vllm-server":
        there["vllm_server_base_url"] = machine.server
    return there

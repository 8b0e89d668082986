"""What TRL does where nothing is said: its own defaults of everything that a run of ours may say.

Read from TRL 1.16.0; a test holds them against the installed one. They stand here, so that a notebook can compare
without TRL. Left out: the hundred arguments of `trl.GRPOConfig` that no run of ours touches.
"""

from typing import Any

TRL_DEFAULTS: dict[str, Any] = {
    "num_generations": 8,
    "temperature": 1.0,
    "learning_rate": 1e-6,
    "num_iterations": 1,
    "epsilon": 0.2,
    "epsilon_high": None,
    "beta": 0.0,
    "use_bias_correction_kl": True,
    "loss_type": "dapo",
    "entropy_coef": 0.0,
    "mask_truncated_completions": False,
    "scale_rewards": "group",
    "importance_sampling_level": "token",
    "weight_decay": 0.0,
    "max_grad_norm": 1.0,
    "max_completion_length": 512,
    "max_steps": -1,
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "lr_scheduler_type": "linear",
    "top_k": 0,
    "top_p": 1.0,
    "disable_dropout": False,
    "seed": 42,
    "use_cpu": False,
    "bf16": None,
    "gradient_checkpointing": True,
    "dataloader_pin_memory": True,
    "ddp_find_unused_parameters": None,
    "use_vllm": False,
    "vllm_mode": "colocate",
    "vllm_importance_sampling_correction": True,
    "vllm_importance_sampling_mode": "sequence_mask",
    "vllm_importance_sampling_clip_max": 3.0,
    "vllm_tensor_parallel_size": 1,
    "vllm_server_base_url": None,
    "logging_steps": 10,
    "save_strategy": "steps",
    "save_steps": 500,
    "save_total_limit": None,
    "report_to": "none",
}


def told_otherwise(told: dict[str, Any]) -> list[str]:
    """The names of those settings that say something else than TRL's own default; one that it has not is among them."""
    unknown = object()
    return [name for name, value in told.items() if TRL_DEFAULTS.get(name, unknown) != value]

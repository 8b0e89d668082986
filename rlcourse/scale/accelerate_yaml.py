"""The file that says to `accelerate launch` on how many machines, by how many processes, and with what divided.

    accelerate_file(Machine("gpus", processes=8, sharding="fsdp"))  →  the text of accelerate.yaml

The settings are those of the files that TRL ships for the same purpose (`trl/accelerate_configs`). Left out:
accelerate's questions and answers (`accelerate config`), which write the same file.
"""

from rlcourse.scale.settings import Machine

_FSDP = """\
# Weights, gradients and Adam's moments are divided. A layer of the model is
# gathered when it is needed, and given back after use: ZeRO's stage 3.
fsdp_config:
  fsdp_version: 2
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
  fsdp_reshard_after_forward: true
  fsdp_offload_params: false
  fsdp_activation_checkpointing: false  # TRL's own setting does that
  fsdp_cpu_ram_efficient_loading: true
  fsdp_state_dict_type: FULL_STATE_DICT  # one whole checkpoint in the end
"""
_ZERO = """\
deepspeed_config:
  # {what}
  zero_stage: {stage}
  deepspeed_multinode_launcher: standard
  offload_optimizer_device: none
  offload_param_device: none
  zero3_init_flag: {third}
{save}"""
_DIVIDED = {2: "Divided: Adam's moments, gradients.", 3: "Divided: Adam's moments, gradients, weights."}


def accelerate_file(machine: Machine) -> str:
    """The text of accelerate.yaml for a machine, with a word on each setting that matters."""
    lines = [
        "compute_environment: LOCAL_MACHINE",
        f"distributed_type: {_kind(machine)}",
        f"num_machines: {machine.nodes}",
        f"num_processes: {machine.total}  # of all machines, one for each GPU that learns",
        "machine_rank: 0  # which machine this is; launch.sh says it on the others",
    ]
    if machine.total > 1:
        lines.append(f"main_process_port: {machine.port}  # where the processes find each other")
    if machine.nodes > 1:
        lines.append(f"main_process_ip: {machine.main_address}  # the first machine, as the others reach it")
    lines += [
        "mixed_precision: bf16" if machine.gpus else "mixed_precision: 'no'",
        f"use_cpu: {'false' if machine.gpus else 'true'}",
        "rdzv_backend: static",
        "same_network: true",
        "debug: false",
    ]
    return "\n".join(lines) + "\n" + _divided(machine)


def _kind(machine: Machine) -> str:
    if machine.sharding == "fsdp":
        return "FSDP"
    if machine.sharding.startswith("zero"):
        return "DEEPSPEED"
    if machine.total == 1:
        return "'NO'"
    if machine.gpus:
        return "MULTI_GPU  # a copy of everything on each; gradients are averaged"
    return "MULTI_GPU  # starts several processes without MPI; see use_cpu"


def _divided(machine: Machine) -> str:
    if machine.sharding == "fsdp":
        return _FSDP
    if not machine.sharding.startswith("zero"):
        return ""
    stage = int(machine.sharding[-1])
    save = "  zero3_save_16bit_model: true  # one whole checkpoint in the end\n" if stage == 3 else ""
    return _ZERO.format(stage=stage, what=_DIVIDED[stage], third="true" if stage == 3 else "false", save=save)

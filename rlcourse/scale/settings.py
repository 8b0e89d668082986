"""What is trained, and on which machines: two small dataclasses, checked when they are made."""

from dataclasses import dataclass, field

from rlcourse.algorithms import GRPOConfig
from rlcourse.arguments import MOST_SEED, check_choice, check_integer, describe

KINDS = ("cpu", "cpus", "gpu", "gpus", "nodes")
"""One processor; several processes on one machine's processors; one GPU; several in one machine; several machines."""
SHARDINGS = ("copies", "zero2", "zero3", "fsdp")
"""A copy of everything on each GPU; DeepSpeed's ZeRO, stage 2 or 3; PyTorch's FSDP, which divides as stage 3 does."""
SAMPLERS = ("generate", "vllm", "vllm-server")
"""The model's own `generate`; vLLM on the GPUs that learn; vLLM on GPUs of its own, which a server holds."""


@dataclass(frozen=True)
class Machine:
    """Where a run runs."""

    on: str = "cpu"
    """One of `KINDS`."""
    processes: int = 1
    """Processes of each machine that learn, one for each GPU; 8 GPUs are usual in a machine made for this."""
    nodes: int = 1
    """Machines; more than one with "nodes" only."""
    sharding: str = "copies"
    """One of `SHARDINGS`; what each GPU holds. "copies" while the model fits, then "fsdp" or "zero3"."""
    sampler: str = "generate"
    """One of `SAMPLERS`; who writes the answers. On GPUs nearly always vLLM."""
    main_address: str = ""
    """Of the first machine, as the others reach it; needed with "nodes"."""
    port: int = 29500
    """Of the first machine, on which the processes find each other. Leave it."""
    server: str = ""
    """Address of vLLM's server, such as "http://10.0.0.9:8000"; needed with "vllm-server"."""
    sampler_gpus: int = 1
    """GPUs among which "vllm" divides one sampler (tensor parallelism): 1, unless it has no room beside the trainer."""

    def __post_init__(self):
        check_choice("on", self.on, KINDS)
        check_choice("sharding", self.sharding, SHARDINGS)
        check_choice("sampler", self.sampler, SAMPLERS)
        check_integer("processes", self.processes, 1)
        check_integer("nodes", self.nodes, 1)
        check_integer("sampler_gpus", self.sampler_gpus, 1)
        check_integer("port", self.port, 0, 65535)
        several, alone = self.on in ("cpus", "gpus"), self.on in ("cpu", "gpu")
        if alone and self.processes != 1:
            raise ValueError(f'on="{self.on}" is one process, got processes={self.processes}; on="{self.on}s" has more')
        if several and self.processes < 2:
            raise ValueError(
                f'on="{self.on}" needs processes of at least 2, got {self.processes} (as an option: --processes 2)'
            )
        if (self.on == "nodes") != (self.nodes > 1):
            raise ValueError(f'on="nodes" goes with nodes of at least 2, got on={self.on!r} and nodes={self.nodes}')
        if self.on == "nodes" and not self.main_address:
            raise ValueError('on="nodes" needs main_address, the address of the first machine, such as "10.0.0.1"')
        if self.on != "nodes" and self.main_address:
            raise ValueError(
                f"main_address is for several machines only, got {self.main_address!r} with on={self.on!r}"
            )
        if self.sharding != "copies" and self.total == 1:
            raise ValueError(f"sharding={self.sharding!r} divides among several GPUs, and here is one process")
        if not self.gpus and (self.sharding != "copies" or self.sampler != "generate"):
            raise ValueError(
                f'on="{self.on}" goes with sharding="copies" and sampler="generate", got {self.sharding!r} and '
                f"{self.sampler!r}: these need GPUs"
            )
        if self.sampler_gpus > 1 and (self.sampler != "vllm" or self.processes % self.sampler_gpus):
            raise ValueError(
                f'sampler_gpus goes with sampler="vllm" and divides processes, got {self.sampler_gpus} with '
                f"{self.sampler!r} and {self.processes}"
            )
        if (self.sampler == "vllm-server") != bool(self.server):
            raise ValueError(
                f'sampler="vllm-server" goes with server, its address, got {self.sampler!r} and {self.server!r}'
            )

    @property
    def gpus(self) -> bool:
        """Whether it needs GPUs."""
        return self.on in ("gpu", "gpus", "nodes")

    @property
    def total(self) -> int:
        """Processes that learn, of all machines."""
        return self.processes * self.nodes


@dataclass(frozen=True)
class Run:
    """What is trained, on what, for how long."""

    model: str = "sft"
    """A model that comes with the course, a folder, or a name on the Hugging Face hub; any causal language model."""
    task: str = "sums"
    """"sums"; "reasoning-gym:NAME", if that package is installed; or a file with a task of your own, `my_task.py`."""
    steps: int = 20
    """Updates."""
    prompts_per_step: int = 32
    """P, questions in an update, of all processes together; 32–512 is usual."""
    max_new_tokens: int = 16
    """Longest answer in tokens: 16 for our sums, 512–8192 where a model thinks."""
    answers_at_once: int = 32
    """Answers that a process puts into one backward pass at most. Turn it down when memory does not suffice."""
    held_out: int = 100
    """Questions that are asked at the end, once and greedily; 0 for none, as where one GPU cannot hold the model."""
    save_every: int = 0
    """Updates between two checkpoints, from which a run that broke off goes on; 0 for none. As often as you can bear to
    lose: each is written in seconds for a small model, and holds Adam's moments, so it is three times the model."""
    seed: int = 0
    config: GRPOConfig = field(default_factory=GRPOConfig)
    """The algorithm's settings, those of notebook 10."""

    def __post_init__(self):
        for name in ("model", "task"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise TypeError(f"{name} must be a name or a folder, got {describe(getattr(self, name))}")
        for name in ("steps", "prompts_per_step", "max_new_tokens", "answers_at_once"):
            check_integer(name, getattr(self, name), 1)
        check_integer("held_out", self.held_out, 0)
        check_integer("save_every", self.save_every, 0)
        if self.save_every > self.steps:
            raise ValueError(f"save_every must be at most steps={self.steps}, or there is none, got {self.save_every}")
        check_integer("seed", self.seed, 0, min(MOST_SEED, 2**32 - 1))
        if not isinstance(self.config, GRPOConfig):
            raise TypeError(f"config must be a GRPOConfig, got {describe(self.config)}")

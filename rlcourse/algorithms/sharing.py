"""What several GPUs share: the answers of an update, the memory of a training, and its time.

    a GPU holds   weights        n·w / (N from stage 3)
                  gradients      n_trained·w / (N from stage 2)
                  optimiser      n_trained·([4 if w < 4] + 2·m) / (N from stage 1)
                  activations    its own answers; never divided by the number of GPUs

The stages are those of ZeRO (Rajbhandari et al. 2020), N is the number of GPUs; PyTorch's FSDP is its stage 3. Left
out: buffers for what is in transit, what a framework keeps in reserve, tensor and pipeline parallelism, offloading to
the processor's memory, and the time that GPUs wait for one another.
"""

from dataclasses import dataclass
from math import gcd

from rlcourse.algorithms.memory import ADAM_STATE, GB, MASTER_BYTES, MOST, Setting, Transformer, kv_of
from rlcourse.arguments import check_choice, check_flag, check_integer

STAGES = ("copies", "ZeRO-1", "ZeRO-2", "ZeRO-3")
"""What is divided, by stage: nothing; the optimiser; gradients too; weights too."""
GPU_PARTS = ("weights", "gradients", "optimiser", "activations", "sampler", "KV cache")
"""What `keeps_per_gpu` tells apart, from the bottom of a bar to its top."""


def batch_plan(prompts: int, num_generations: int, *, processes: int, at_once: int) -> tuple[int, int]:
    """How the answers of one update are spread: answers in one backward pass of a process, and passes until a step.

        prompts · num_generations = per_device_train_batch_size · processes · gradient_accumulation_steps

    The first is the largest that fits (`at_once`) and comes out even; TRL has both under these names.

    Args:
        prompts: Questions in an update.
        num_generations: G, answers to each.
        processes: That learn, one for each GPU. A GPU that only samples is none of them.
        at_once: Answers for which a process has memory in one backward pass.

    Returns:
        per_device_train_batch_size and gradient_accumulation_steps.

    Raises:
        TypeError: A number is not whole.
        ValueError: A number is below 1, or the answers cannot be shared out evenly.
    """
    given = {"prompts": prompts, "num_generations": num_generations, "processes": processes, "at_once": at_once}
    for name, value in given.items():
        check_integer(name, value, 1)
    answers = prompts * num_generations
    if answers % processes:
        even = processes // gcd(processes, num_generations)
        near = [n for n in (prompts // even * even, prompts // even * even + even) if n]
        raise ValueError(
            f"prompts times num_generations must be a multiple of processes, got {prompts} · {num_generations} = "
            f"{answers} answers for {processes} processes; prompts={' or '.join(map(str, near))} comes out even"
        )
    share = answers // processes
    per_device = next(size for size in range(min(at_once, share), 0, -1) if share % size == 0)
    return per_device, share // per_device


def memory_per_gpu(trained: int, frozen: int, *, gpus: int, stage: int, weight_bytes: int, moment_bytes: int) -> float:
    """What weights, gradients and Adam take of each GPU, in GB (10⁹ bytes), if ZeRO divides them among N.

        (trained + frozen)·w / (N if stage ≥ 3)
        + trained·w / (N if stage ≥ 2)
        + trained·([4 if w < 4] + 2·m) / (N if stage ≥ 1)

    Args:
        trained: Weights that learn.
        frozen: Weights that are only read.
        gpus: N, GPUs that learn together.
        stage: Of ZeRO: 0 where each has a copy of all, 1 to 3.
        weight_bytes: w, of a weight and of its gradient; below 4 each trained weight has a float32 copy besides.
        moment_bytes: m, of each of Adam's two moments.

    Raises:
        TypeError: A number is not whole.
        ValueError: A number is out of its range.
    """
    for name, count in (("trained", trained), ("frozen", frozen)):
        check_integer(name, count, 0, MOST)
    check_integer("gpus", gpus, 1)
    check_integer("stage", stage, 0, 3)
    for name, count in (("weight_bytes", weight_bytes), ("moment_bytes", moment_bytes)):
        check_integer(name, count, 1, 8)
    weights, gradients, optimiser = _states(trained, frozen, weight_bytes, moment_bytes)
    return (
        weights / (gpus if stage >= 3 else 1)
        + gradients / (gpus if stage >= 2 else 1)
        + optimiser / (gpus if stage >= 1 else 1)
    ) / GB


def _states(trained: int, frozen: int, weight_bytes: int, moment_bytes: int) -> tuple[int, int, int]:
    """Bytes of weights, gradients and optimiser, wherever they are."""
    copy = MASTER_BYTES if weight_bytes < MASTER_BYTES else 0
    return (trained + frozen) * weight_bytes, trained * weight_bytes, trained * (copy + ADAM_STATE * moment_bytes)


def keeps_per_gpu(
    model: Transformer, setting: Setting, *, gpus: int, stage: int, recompute: bool = True
) -> dict[str, float]:
    """What GRPO keeps on each of N GPUs that learn and sample in turn, in GB, by `GPU_PARTS`.

    `setting.learned_at_once` and `setting.at_once` are answers of one GPU. The sampler is a second copy of the weights
    in another layout (vLLM's, "colocate"). It is divided among as few of a machine's GPUs as have room for it (tensor
    parallelism, see `sampler_share`), and they share the cache of their answers in the same way. With `recompute`
    (gradient checkpointing, Chen et al. 2016) only what each layer reads is kept, and the inside of one layer at a
    time is computed again.

    Raises:
        TypeError, ValueError: `gpus` or `stage` is not such a number.
    """
    check_integer("gpus", gpus, 1)
    check_integer("stage", stage, 0, 3)
    check_flag("recompute", recompute)
    lora, full = setting.lora_rank > 0, model.parameters
    trained = model.adapters(setting.lora_rank) if lora else full
    frozen = full if lora else 0
    if setting.reward_model:
        frozen += full * (1 if lora else 2)  # with LoRA the reference is the policy without its adapters
    states = _states(trained, frozen, setting.weight_bytes, setting.moment_bytes)
    weights, gradients, optimiser = (
        size / (gpus if stage >= first else 1) for size, first in zip(states, (3, 2, 1), strict=True)
    )
    per_token = model.recomputed if recompute else model.activations
    among = sampler_share(model, setting, gpus=gpus)
    parts = {
        "weights": weights,
        "gradients": gradients,
        "optimiser": optimiser,
        "activations": setting.learned_at_once * setting.tokens * per_token * setting.weight_bytes,
        "sampler": full * setting.weight_bytes / among,
        "KV cache": kv_of(model, setting),
    }
    return {name: parts[name] / GB for name in GPU_PARTS}


ROOM_FOR_SAMPLER = 24 * GB
"""Of a GPU of 80 GB, 0.3: vLLM's share beside a trainer, as TRL sets it (`vllm_gpu_memory_utilization`)."""
GPUS_OF_A_MACHINE = 8
"""A sampler is not divided among more: its parts talk to one another at every token."""


def sampler_share(model: Transformer, setting: Setting, *, gpus: int) -> int:
    """Among how many GPUs a sampler's weights are divided: 1, 2, 4 or 8, the fewest that have room, else the most."""
    most = min(gpus, GPUS_OF_A_MACHINE)
    sizes = [among for among in (1, 2, 4, 8) if among <= most]
    fitting = [n for n in sizes if model.parameters * setting.weight_bytes / n <= ROOM_FOR_SAMPLER]
    return (fitting or sizes[-1:])[0]


@dataclass(frozen=True)
class Gpu:
    """What a GPU can do, from its data sheet, and how much of that a program gets."""

    name: str
    memory: float
    """GB."""
    operations: float
    """Multiplications and additions of a second, each counted, in bfloat16 and without sparsity."""
    bandwidth: float
    """Bytes that a second reads from its memory."""
    reached: float = 0.4
    """The share of both that a program gets: an assumption, in the range that large trainings report."""


H100 = Gpu("H100, 80 GB", memory=80, operations=989e12, bandwidth=3.35e12)
"""NVIDIA's H100 SXM: 989 teraflops in bfloat16, 3.35 TB/s."""


@dataclass(frozen=True)
class UpdateSize:
    """What one update is made of."""

    answers: int = 512
    """Of all GPUs together; 64 questions with 8 answers each."""
    question_tokens: int = 256
    answer_tokens: int = 1024


def seconds_of_update(
    model: Transformer,
    batch: UpdateSize,
    *,
    gpus: int,
    precision: str = "bfloat16",
    lora: bool = False,
    recompute: bool = True,
    gpu: Gpu = H100,
) -> dict[str, float]:
    """Seconds of one GRPO update at least, of "sampling" and "learning", if N GPUs share it without waiting.

        learning    (2 + 4)·n · tokens / (N · reached · operations)             n: weights
        sampling    answer_tokens · max( 2·n·A / operations, (n·w + cache)/bandwidth ) / (among · reached)

    A forward pass takes 2 operations for each weight and token, a backward pass 4 more (Kaplan et al. 2020, section
    2.1): 2 for the gradients of what the layers read, 2 for those of the weights, which frozen ones (`lora`) are
    spared. `recompute` makes the forward pass twice. Sampling reads all weights for each next token, however many
    answers (A, of one sampler on `among` GPUs) are written at once; the mean of the cache is read too. With float32,
    in TF32, both take twice the bytes and twice the time.

    Raises:
        TypeError, ValueError: A number is not whole or out of range, or the precision is another.
    """
    check_integer("gpus", gpus, 1)
    check_choice("precision", precision, ("bfloat16", "float32"))
    w = 2 if precision == "bfloat16" else 4
    slower = w / 2
    among = sampler_share(model, Setting(weight_bytes=w), gpus=gpus)
    samplers = gpus // among
    each = -(-batch.answers // samplers)  # answers that one sampler writes, rounded up
    n, tokens = model.parameters, batch.answers * (batch.question_tokens + batch.answer_tokens)
    cached = 2 * model.layers * model.kv_channels * w  # bytes of one token
    looked_at = batch.question_tokens + batch.answer_tokens / 2
    computing = 2 * n * each * slower / (among * gpu.operations)
    reading = (n * w + each * looked_at * cached) / (among * gpu.bandwidth)
    return {
        "sampling": batch.answer_tokens * max(computing, reading) / gpu.reached,
        "learning": ((4 if lora else 6) + 2 * recompute) * n * tokens * slower / (gpus * gpu.reached * gpu.operations),
    }


def what_travels(
    model: Transformer, size: UpdateSize, *, num_generations: int = 8, weight_bytes: int = 2
) -> dict[str, int]:
    """Bytes that go from part to part of a cluster in one update.

        questions  answers/G · question_tokens · 4        answers    answers · answer_tokens · (4 + 4)
        rewards    answers · 4                            weights    n · w
        reference  answers · answer_tokens · 4
        gradients  2 · n · w, from each GPU and to each (Rajbhandari et al. 2020, section 7)

    A token is a number of 4 bytes, and beside each token of an answer goes its log-probability, of 4 bytes too;
    the reference answers with a log-probability of its own for each.

    Raises:
        TypeError, ValueError: A number is not whole or below 1.
    """
    check_integer("num_generations", num_generations, 1)
    check_integer("weight_bytes", weight_bytes, 1, 8)
    return {
        "questions": size.answers // num_generations * size.question_tokens * 4,
        "answers": size.answers * size.answer_tokens * 8,
        "rewards": size.answers * 4,
        "reference": size.answers * size.answer_tokens * 4,
        "gradients": 2 * model.parameters * weight_bytes,
        "weights": model.parameters * weight_bytes,
    }

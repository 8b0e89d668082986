"""What an algorithm costs: the seconds of an update, and the bytes that it needs. Measured, and counted by hand.

    bytes = Σ weights of every model held + gradients + optimiser state + activations + the algorithm's own vectors

`measure_cost` runs real steps of a training and measures; `analytic_cost` and `transformer_activations` count, and so
can speak of models that no laptop holds. How each thing is measured:

- weights, gradients and optimiser state: the sizes of the tensors that are there, each counted once;
- activations: what autograd keeps for backward passes, at the moment when it keeps most (PyTorch's saved-tensor hooks);
- the peak: every tensor that an update makes, from its making to its end (a dispatch mode sees each operation).

Left out: what Python and the libraries take themselves, and the memory of sampling, which is over when updates begin.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import nan
from numbers import Integral
from statistics import median

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from rlcourse.algorithms._bytes import Kept, Made, bytes_of
from rlcourse.algorithms.memory import ADAM_STATE, TRPO_VECTORS, Transformer
from rlcourse.algorithms.training import Training
from rlcourse.arguments import check_integer, describe


@dataclass(frozen=True)
class Cost:
    """What one update takes. Bytes, unless the name says seconds."""

    sampling_seconds: float
    """Until the experience is there, with its rewards."""
    update_seconds: float
    """From the experience to the new weights."""
    weights: Mapping[str, int]
    """Of each model held, by name. Weights that two models share count for the first."""
    gradients: int
    """What stands in the weights' `.grad` after an update. Not TRPO's policy: its gradient is a vector by itself."""
    optimizer: int
    """The optimiser's running means and step counters."""
    activations: int
    """The most that autograd kept for backward passes at one time."""
    peak: int
    """The most that an update made and held at one time: activations, gradients and everything on the way."""

    @property
    def total(self) -> int:
        """Everything at the fullest moment: weights, optimiser state and the peak."""
        return sum(self.weights.values()) + self.optimizer + self.peak


def measure_cost(training: Training, *, models: Mapping[str, object] | None = None, repeats: int = 3) -> Cost:
    """Measure a training by letting it go on for `repeats` + 2 steps, of which it learns as ever.

    One step warms up, `repeats` are timed (the medians count), and the last, which is slower, is measured in bytes.
    The history does not grow.

    Args:
        training: A training run, new or under way.
        models: Every model that is held, by name, each with `parameters()`; `models_of(training)` when None. A reward
            model is the world's affair, so add it: `{**models_of(training), "reward model": ...}`.
        repeats: Timed steps, at least 1; 3–10 is usual.

    Raises:
        TypeError: `repeats` is no whole number.
        ValueError: It is below 1.
    """
    check_integer("repeats", repeats, 1)
    _timed_step(training)
    seconds = [_timed_step(training) for _ in range(repeats)]
    sampling, update = (median(column) for column in zip(*seconds, strict=True))
    return replace(measure_bytes(training, models=models), sampling_seconds=sampling, update_seconds=update)


def measure_bytes(training: Training, *, models: Mapping[str, object] | None = None) -> Cost:
    """The bytes alone, of one more update; the seconds of the answer are NaN, for watching makes it slower.

    Args:
        training: A training run, new or under way. It learns from that update as ever.
        models: As in `measure_cost`.
    """
    models = models_of(training) if models is None else models
    weights = [weight for model in models.values() for weight in model.parameters()]
    for weight in weights:
        weight.grad = None  # so that the gradients are made, and seen, in the update that is measured
    activations, peak = _measured_update(training, weights)
    return Cost(
        sampling_seconds=nan,
        update_seconds=nan,
        weights=_bytes_by_model(models),
        gradients=bytes_of(weight.grad for weight in weights if weight.grad is not None),
        optimizer=bytes_of(tree_leaves(list(training.optimizer.state.values()))),
        activations=activations,
        peak=peak,
    )


def models_of(training: Training) -> dict[str, object]:
    """The models that a training holds, by name: the policy, and the critic and the reference if there are any.

    A critic that is the policy itself, with a second head, is not named again.
    """
    held = {"policy": training.policy}
    for name in ("critic", "reference"):
        model = getattr(training.algorithm, name, None)
        if model is not None and model is not training.policy:
            held[name] = model
    return held


def _bytes_by_model(models: Mapping[str, object]) -> dict[str, int]:
    counted: set[int] = set()
    found = {}
    for name, model in models.items():
        mine = {weight.untyped_storage().data_ptr(): weight for weight in model.parameters()}
        found[name] = bytes_of(weight for key, weight in mine.items() if key not in counted)
        counted |= mine.keys()
    return found


def _timed_step(training: Training) -> tuple[float, float]:
    """One step; the seconds of sampling and of the update."""
    marks = [_now()]
    experience = training.algorithm.collect(training.world, training.policy, training.generator)
    marks.append(_now())
    training.algorithm.update(training.policy, training.optimizer, experience)
    marks.append(_now())
    return marks[1] - marks[0], marks[2] - marks[1]


def _now() -> float:
    _wait_for_gpu()
    return time.perf_counter()


def seconds_worked() -> float:
    """A stopwatch that other programs disturb little: the processor's seconds, of all its cores together.

    Where there is a GPU, the seconds of the clock, once it has done what it was told: a processor that waits for it
    does not count them.
    """
    return time.perf_counter() if _wait_for_gpu() else time.process_time()


def _wait_for_gpu() -> bool:
    """A GPU works on while Python has gone ahead; whether there is one."""
    if there := torch.cuda.is_available():
        torch.cuda.synchronize()
    return there


def _measured_update(training: Training, weights: list[Tensor]) -> tuple[int, int]:
    """The activations and the peak of one update, in bytes."""
    experience = training.algorithm.collect(training.world, training.policy, training.generator)
    kept, made = Kept(weights), Made()
    with ExitStack() as watching:
        watching.enter_context(torch.autograd.graph.saved_tensors_hooks(kept.pack, kept.unpack))
        watching.enter_context(made)
        training.algorithm.update(training.policy, training.optimizer, experience)
    return kept.bytes.most, made.bytes.most


@dataclass(frozen=True)
class Memory:
    """The bytes that an algorithm needs, counted."""

    weights: Mapping[str, int]
    """Of each model held, by name."""
    gradients: int
    """One number for each weight that is trained."""
    optimizer: int
    """Adam's two numbers for each weight that it trains."""
    vectors: int
    """TRPO's vectors as long as the policy."""
    activations: int
    """As given: they depend on the network and the batch, not on the algorithm."""

    @property
    def total(self) -> int:
        """All of it together."""
        return sum(self.weights.values()) + self.gradients + self.optimizer + self.vectors + self.activations


def analytic_cost(
    algorithm: str,
    *,
    policy: int,
    critic: int | None = None,
    reference: bool = False,
    reward_model: int = 0,
    activations: int = 0,
    bytes_per_number: int = 4,
) -> Memory:
    """What an algorithm must hold, counted from the sizes of its models.

        GRPO   4·P                      weights, gradients and two numbers of Adam's for each weight
        PPO    4·P + 4·C                the same for the critic
        TRPO   2·P + 5·P + 4·C          the policy needs no Adam, but conjugate gradient's vectors

    times `bytes_per_number`; and the weights of a reference, P, and of a reward model, each only read.

    Args:
        algorithm: "Reinforce", "TRPO", "PPO" or "GRPO".
        policy: P, the policy's number of weights.
        critic: C, the critic's; when None as many as the policy's for TRPO and PPO, and none for the others.
        reference: Whether a frozen copy of the policy is held for a KL term.
        reward_model: The reward model's number of weights; 0 where a rule pays.
        activations: Bytes, from `transformer_activations` or a measurement.
        bytes_per_number: 4 for float32, 2 for bfloat16 throughout.

    Raises:
        ValueError: There is no such algorithm, a number is negative, or bytes_per_number is 0.
        TypeError: A number is not whole.
    """
    if algorithm not in ("Reinforce", "TRPO", "PPO", "GRPO"):
        raise ValueError(f"algorithm must be Reinforce, TRPO, PPO or GRPO, got {algorithm!r}")
    if critic is None:
        critic = policy if algorithm in ("TRPO", "PPO") else 0
    counts = {"policy": policy, "critic": critic, "reference": policy * reference, "reward model": reward_model}
    _check_counts(policy=policy, critic=critic, reward_model=reward_model, activations=activations)
    _check_counts(low=1, bytes_per_number=bytes_per_number)
    trust_region = algorithm == "TRPO"
    by_adam = critic if trust_region else policy + critic
    return Memory(
        weights={name: count * bytes_per_number for name, count in counts.items() if count},
        gradients=(policy + critic) * bytes_per_number,
        optimizer=ADAM_STATE * by_adam * bytes_per_number,
        vectors=TRPO_VECTORS * policy * bytes_per_number if trust_region else 0,
        activations=activations,
    )


def transformer_activations(
    tokens: int, *, layers: int, channels: int, vocabulary: int, bytes_per_number: int = 4
) -> int:
    """What a GPT-2 keeps for its backward pass, with a fused attention kernel and no dropout.

        tokens · ( layers·16·C + 2·C + V ) numbers

    For each token and layer: what the two norms read and what they give (4·C), the queries, keys and values (3·C),
    what attention gives (C), and the feed-forward part's inside before and after its nonlinearity (8·C); at the end the
    last norm's 2·C, and V for the logarithms of the probabilities. It is `memory.Transformer.activations`.

    Args:
        tokens: Positions in the batch that gradients flow through, padding included.
        layers: The number of blocks.
        channels: C, the width.
        vocabulary: V, the number of tokens.
        bytes_per_number: 4 for float32.

    Raises:
        ValueError: A number is negative, or bytes_per_number is 0.
        TypeError: A number is not whole.
    """
    _check_counts(tokens=tokens, layers=layers, channels=channels, vocabulary=vocabulary)
    _check_counts(low=1, bytes_per_number=bytes_per_number)
    return tokens * Transformer(layers, channels, 1, vocabulary).activations * bytes_per_number


def _check_counts(low: int = 0, **counts: object) -> None:
    """Raise unless these are whole numbers; a model may have more weights than `check_integer` takes."""
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(f"{name} must be a whole number, got {describe(value)}")
        if value < low:
            raise ValueError(f"{name} must be at least {low}, got {describe(value)}")

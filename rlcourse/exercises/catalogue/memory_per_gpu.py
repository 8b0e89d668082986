"""Notebook 15: the bytes of weights, gradients and Adam on each GPU, by the stage of ZeRO."""

from collections.abc import Callable

from rlcourse.algorithms.memory import ADAM_STATE, GB, MASTER_BYTES, memory_of_training
from rlcourse.algorithms.sharing import memory_per_gpu
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise, Slip


def _divided(of: Callable[..., dict[str, tuple[float, int]]]) -> Callable:
    """Pieces with the stage from which each is divided, added up for one GPU."""

    def slip(trained, frozen, *, gpus, stage, weight_bytes, moment_bytes):
        pieces = of(trained, frozen, weight_bytes, moment_bytes)
        return sum(size / (gpus if stage >= first else 1) for size, first in pieces.values()) / GB

    return slip


def _pieces(trained: int, frozen: int, w: int, m: int) -> dict[str, tuple[float, int]]:
    """As it is right."""
    copy = MASTER_BYTES if w < MASTER_BYTES else 0
    return {
        "weights": (trained * w, 3),
        "frozen": (frozen * w, 3),
        "gradients": (trained * w, 2),
        "copy": (trained * copy, 1),
        "moments": (trained * ADAM_STATE * m, 1),
    }


def _from(**stages: int) -> Callable:
    """With other stages for some of the pieces."""
    return _divided(
        lambda *given: {name: (size, stages.get(name, first)) for name, (size, first) in _pieces(*given).items()}
    )


def _one_stage_only(trained, frozen, *, gpus, stage, weight_bytes, moment_bytes):
    pieces = _pieces(trained, frozen, weight_bytes, moment_bytes)
    return sum(size / (gpus if stage == first else 1) for size, first in pieces.values()) / GB


def _all_of_it(trained, frozen, *, gpus, stage, weight_bytes, moment_bytes):
    whole = memory_of_training(trained, frozen, weight_bytes=weight_bytes, moment_bytes=moment_bytes)
    return whole / (gpus if stage else 1)


def _of_all_gpus(trained, frozen, *, gpus, **sizes):
    return memory_per_gpu(trained, frozen, gpus=gpus, **sizes) * gpus


def _not_divided(trained, frozen, *, gpus, stage, **sizes):
    return memory_of_training(trained, frozen, **sizes)


def _by_stage(trained, frozen, *, gpus, stage, **sizes):
    return memory_per_gpu(trained, frozen, gpus=stage + 1, stage=stage, **sizes)


_SLIPS = (
    Slip(
        "one stage too early",
        "Stage 1 divides what the optimiser keeps, stage 2 the gradients as well, stage 3 the weights as well.",
        _from(weights=2, frozen=2, gradients=1, copy=0, moments=0),
    ),
    Slip(
        "one stage too late",
        "Stage 1 divides what the optimiser keeps already; stage 0 is a copy of everything on each GPU.",
        _from(weights=4, frozen=4, gradients=3, copy=2, moments=2),
    ),
    Slip(
        "only the newest piece divided",
        "A stage divides what the stages before it divided, and one thing more.",
        _one_stage_only,
    ),
    Slip(
        "everything divided from stage 1 on",
        "Only stage 3 divides all. In stage 1 each GPU still has all weights and all gradients.",
        _all_of_it,
    ),
    Slip(
        "gradients divided in stage 1",
        "Stage 1 divides what the *optimiser* keeps: the copy and the moments. Gradients come in stage 2.",
        _from(gradients=1),
    ),
    Slip(
        "the optimiser divided last",
        "It is the other way round: the optimiser's pieces are the thickest, and the cheapest to divide, so they come "
        "first; the weights, which every layer needs, come last.",
        _from(weights=1, frozen=1, gradients=2, copy=3, moments=3),
    ),
    Slip(
        "the float32 copy divided with the weights",
        "The copy is the optimiser's: Adam adds its steps to it. Each GPU keeps the copy of its own part, from stage 1 "
        "on.",
        _from(copy=3),
    ),
    Slip(
        "the frozen weights never divided",
        "In stage 3 nobody keeps all weights, whether they learn or not. A layer is gathered when it is needed, and "
        "given back.",
        _from(frozen=4),
    ),
    Slip(
        "the frozen weights divided too early",
        "Frozen weights are weights: they are divided in stage 3, and not before.",
        _from(frozen=1),
        (_from(frozen=2),),
    ),
    Slip(
        "the float32 copy forgotten",
        "With `weight_bytes` below 4 each trained weight has a copy of 4 bytes besides, as in notebook 11. It belongs "
        "to the optimiser.",
        _divided(lambda *given: {name: piece for name, piece in _pieces(*given).items() if name != "copy"}),
    ),
    Slip(
        "all GPUs together",
        "That is what all of them hold. The question is whether *one* GPU has room.",
        _of_all_gpus,
    ),
    Slip(
        "nothing divided",
        "`gpus` and `stage` do not change your answer. That is stage 0, at every stage.",
        _not_divided,
    ),
    Slip(
        "divided by the number of the stage",
        "What is divided is divided among the `gpus`. The stage says only *what*.",
        _by_stage,
    ),
)


def _case(about: str, trained: int, frozen: int, gpus: int, stage: int, sizes: tuple[int, int], note: str) -> Case:
    given = {"trained": trained, "frozen": frozen, "gpus": gpus, "stage": stage}
    return Case(about, given | {"weight_bytes": sizes[0], "moment_bytes": sizes[1]}, note)


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    numbers = [float(n) for n in range(1, 65)]
    lines = {
        f"stage {stage}": [
            float(mine(8 * 10**9, 0, gpus=int(n), stage=stage, weight_bytes=2, moment_bytes=4)) for n in numbers
        ]
        for stage in (1, 2, 3)
    }
    return Curves("Your GB on each GPU, for 8 billion weights that learn. One GPU has 80.", "GPUs", numbers, lines)


EXERCISE = Exercise(
    name="memory_per_gpu",
    title="What each GPU holds",
    notebook="15",
    place=2,
    minutes=8,
    difficulty="easy",
    returns="a single number, in GB",
    reference=memory_per_gpu,
    sources=(memory_per_gpu,),
    cases=(
        _case("one GPU", 10**9, 0, 1, 3, (2, 4), "With one GPU there is nobody to share with: 16 bytes for each "
              "weight."),
        _case("four GPUs, a copy on each", 10**9, 0, 4, 0, (2, 4), "Stage 0 divides nothing."),
        _case("four GPUs, stage 1", 10**9, 0, 4, 1, (2, 4), "2 + 2 bytes stay; the copy and Adam's moments, 12 bytes, "
              "are divided."),
        _case("four GPUs, stage 2", 10**9, 0, 4, 2, (2, 4), "The gradients are divided as well."),
        _case("four GPUs, stage 3", 10**9, 0, 4, 3, (2, 4), "All 16 bytes are divided."),
        _case("in float32, stage 1", 10**9, 0, 4, 1, (4, 4), "No copy here: Adam's two moments are divided."),
        _case("a policy that learns and a reference, stage 2", 10**9, 10**9, 8, 2, (2, 4), "The reference has weights "
              "only, and they stay whole."),
        _case("the same, stage 3", 10**9, 10**9, 8, 3, (2, 4), "Frozen weights are divided, too."),
        _case("LoRA on 70 billion weights, stage 3", 207_000_000, 70_600_000_000, 8, 3, (2, 4), "Nearly all of it is "
              "frozen, and all of it is divided."),
        _case("the paper’s example, stage 1", 7_500_000_000, 0, 64, 1, (2, 4), "7.5 billion weights on 64 GPUs: 31.4 "
              "GB each, as in Figure 1 of the ZeRO paper."),
        _case("with an 8-bit optimiser, stage 1", 3 * 10**9, 0, 6, 1, (2, 1), "Adam's moments have 1 byte each."),
    ),
    slips=_SLIPS,
    hints=(
        "Make three piles first, for all GPUs together: weights, gradients, and what the optimiser keeps. Then ask of "
        "each pile whether this stage divides it.",
        "Weights: all of them, trained and frozen, `weight_bytes` each. Gradients: trained ones only. Optimiser: two "
        "moments for each trained weight, and 4 bytes more if `weight_bytes < 4`. They are divided from stage 3, 2 and "
        "1 on.",
        "`optimiser / (gpus if stage >= 1 else 1) + gradients / (gpus if stage >= 2 else 1) + weights / (gpus if stage "
        ">= 3 else 1)`, and all of it divided by 1e9.",
    ),
    picture=_picture,
)  # fmt: skip

"""Notebook 11: the bytes of weights, gradients and Adam, for what learns and for what is only read."""

from collections.abc import Callable

from rlcourse.algorithms.memory import ADAM_STATE, GB, MASTER_BYTES, memory_of_training
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise, Slip


def _copy(weight_bytes: int) -> int:
    return MASTER_BYTES if weight_bytes < MASTER_BYTES else 0


def _each(weight_bytes: int, moment_bytes: int) -> int:
    return 2 * weight_bytes + _copy(weight_bytes) + ADAM_STATE * moment_bytes


def _with_each(each: Callable[[int, int], int]) -> Callable:
    """The answer with other bytes for each trained weight."""
    return lambda trained, frozen, *, weight_bytes, moment_bytes: (
        (trained * each(weight_bytes, moment_bytes) + frozen * weight_bytes) / GB
    )


def _with_frozen(each: Callable[[int, int], int]) -> Callable:
    """The answer with other bytes for each frozen weight."""
    return lambda trained, frozen, *, weight_bytes, moment_bytes: (
        (trained * _each(weight_bytes, moment_bytes) + frozen * each(weight_bytes, moment_bytes)) / GB
    )


def _in_units_of(unit: float) -> Callable:
    return lambda trained, frozen, **sizes: memory_of_training(trained, frozen, **sizes) * GB / unit


_SLIPS = (
    Slip(
        "the float32 copy forgotten",
        "In bfloat16 a weight has two to three significant digits, and a step of Adam's is often smaller than the "
        "last of them: added to the weight, it would vanish. So each trained weight has a copy of 4 bytes, to which "
        "the steps are added.",
        _with_each(lambda w, m: 2 * w + ADAM_STATE * m),
    ),
    Slip(
        "a float32 copy of weights that are float32 already",
        "With `weight_bytes` of 4 the weights themselves are precise enough, and no copy is kept.",
        _with_each(lambda w, m: 2 * w + MASTER_BYTES + ADAM_STATE * m),
    ),
    Slip(
        "gradients for the frozen weights",
        "What is frozen has no gradient: `requires_grad` is False there, and `.grad` stays None. That is a part of "
        "what LoRA saves; the larger part is Adam's moments and the copy.",
        _with_frozen(lambda w, m: 2 * w),
    ),
    Slip(
        "frozen weights counted as if they learned",
        "A frozen model is only read. It needs its weights, and no gradient, no copy and no moments of Adam's.",
        lambda trained, frozen, *, weight_bytes, moment_bytes: (
            (trained + frozen) * _each(weight_bytes, moment_bytes) / GB
        ),
    ),
    Slip(
        "Adam's moments for the frozen weights",
        "Adam knows only the weights that it was given, and those are the trained ones.",
        _with_frozen(lambda w, m: w + ADAM_STATE * m),
    ),
    Slip(
        "a float32 copy of the frozen weights",
        "The copy is there so that small steps can be added. To frozen weights nothing is ever added.",
        _with_frozen(lambda w, m: w + _copy(w)),
    ),
    Slip(
        "the frozen weights forgotten",
        "They do not learn, but they are read in every step, and so they are in memory: `weight_bytes` each.",
        lambda trained, frozen, *, weight_bytes, moment_bytes: trained * _each(weight_bytes, moment_bytes) / GB,
    ),
    Slip(
        "one moment instead of two",
        "Adam keeps two running means for each weight: of the gradient, and of its square.",
        _with_each(lambda w, m: 2 * w + _copy(w) + m),
    ),
    Slip(
        "moments as short as the weights",
        "Adam's moments have a size of their own, `moment_bytes`. As usual it is 4, also where the weights have 2.",
        _with_each(lambda w, m: 2 * w + _copy(w) + ADAM_STATE * w),
    ),
    Slip(
        "Adam forgotten",
        "Beside weights and gradients, Adam keeps two numbers of `moment_bytes` for each trained weight. In mixed "
        "precision that is half of it all.",
        _with_each(lambda w, m: 2 * w + _copy(w)),
    ),
    Slip(
        "the gradients forgotten",
        "After the backward pass each trained weight has a gradient, as long as the weight itself.",
        _with_each(lambda w, m: w + _copy(w) + ADAM_STATE * m),
    ),
    Slip(
        "gradients of 4 bytes where weights have 2",
        "Some programs do keep their gradients in float32. Here `weight_bytes` is the size of a weight *and of its "
        "gradient*.",
        _with_each(lambda w, m: w + 4 + _copy(w) + ADAM_STATE * m),
    ),
    Slip(
        "GiB instead of GB",
        "You divided by 1024³. That is a gibibyte, GiB, 7 % more than a gigabyte. Many programs print the one and call "
        "it the other. Here GB are 10⁹ bytes.",
        _in_units_of(2**30),
    ),
    Slip(
        "bytes instead of GB",
        "The number of bytes is right. The answer is to be in GB: divide by 10⁹.",
        _in_units_of(1),
    ),
    Slip(
        "MB instead of GB",
        "These are megabytes. A gigabyte has 10⁹ bytes, a thousand times as many.",
        _in_units_of(10**6),
        (_in_units_of(2**20),),
    ),
    Slip(
        "bits instead of bytes",
        "`weight_bytes` is in bytes already. 8 bits are one byte, and bits are nowhere in this exercise.",
        _in_units_of(GB / 8),
    ),
)


def _case(about: str, trained: int, frozen: int, weight_bytes: int, moment_bytes: int, note: str) -> Case:
    names = ("trained", "frozen", "weight_bytes", "moment_bytes")
    return Case(about, dict(zip(names, (trained, frozen, weight_bytes, moment_bytes), strict=True)), note)


def _cases() -> tuple[Case, ...]:
    return (
        _case(
            "a thousand million weights in float32",
            10**9,
            0,
            4,
            4,
            "4 for the weight, 4 for its gradient, 4 + 4 for Adam.",
        ),
        _case(
            "a frozen reference alone", 0, 10**9, 4, 4, "A model that is only read needs its weights and nothing more."
        ),
        _case(
            "in bfloat16",
            10**9,
            0,
            2,
            4,
            "2 for the weight, 2 for its gradient, 4 for the float32 copy, 4 + 4 for Adam: ZeRO's sixteen.",
        ),
        _case("in bfloat16, with an 8-bit optimiser", 3 * 10**9, 0, 2, 1, "Adam's two moments shrink to 1 byte each."),
        _case(
            "a policy that learns, and a reference of the same size",
            1_500_000_000,
            1_500_000_000,
            2,
            4,
            "The reference is frozen: 2 bytes for each of its weights.",
        ),
        _case(
            "LoRA on 8 billion weights: 42 million learn",
            42_000_000,
            8_030_000_000,
            2,
            4,
            "Nearly all of it is frozen weights. What learns is hardly to be seen.",
        ),
        _case(
            "in 8-bit weights", 10**9, 2 * 10**9, 1, 4, "Weights below 4 bytes, of whatever size, have a float32 copy."
        ),
        _case("the original GPT-2 with a frozen copy", 124_439_808, 124_439_808, 4, 1, "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    sizes = [0.5 * step for step in range(1, 141)]
    lines = {
        name: [float(mine(round(billions * 1e9), 0, weight_bytes=weight, moment_bytes=moment)) for billions in sizes]
        for name, weight, moment in (("bfloat16", 2, 4), ("8-bit Adam", 2, 1))
    }
    return Curves(
        "Your GB for weights, gradients and Adam. One card of today has 80.", "billions of weights", sizes, lines
    )


EXERCISE = Exercise(
    name="memory_of_training",
    title="What training keeps in memory",
    notebook="11",
    place=1,
    minutes=8,
    difficulty="easy",
    returns="a single number, in GB",
    reference=memory_of_training,
    sources=(memory_of_training,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "Ask of one single trained weight: what is there in memory because of it? And of one frozen weight? Then "
        "multiply.",
        "A trained weight brings along itself, its gradient, two moments of Adam's, and, if it has fewer than 4 bytes, "
        "a float32 copy. A frozen weight brings along itself.",
        "`each = 2 * weight_bytes + 2 * moment_bytes`, plus 4 if `weight_bytes < 4`. The answer is "
        "`(trained * each + frozen * weight_bytes) / 1e9`.",
    ),
    picture=_picture,
)

"""Notebook 15: how the answers of one update are spread over processes and backward passes."""

from math import ceil

from rlcourse.algorithms.sharing import batch_plan
from rlcourse.exercises.exercise import Case, Exercise, Slip


def _largest(share: int, at_once: int) -> int:
    return next(size for size in range(max(1, min(at_once, share)), 0, -1) if share % size == 0)


def _of(share_of, room_of=lambda processes, at_once: at_once):
    """The right way of a wrong number of answers, or of a wrong room for them."""

    def slip(prompts, num_generations, *, processes, at_once):
        share = max(1, round(share_of(prompts, num_generations, processes)))
        per_device = _largest(share, max(1, room_of(processes, at_once)))
        return [per_device, share // per_device]

    return slip


def _uneven(rounded):
    """As many at once as there is room for, whether it comes out even or not."""

    def slip(prompts, num_generations, *, processes, at_once):
        share = prompts * num_generations // processes
        return [min(at_once, share), rounded(share / min(at_once, share))]

    return slip


def _swapped(prompts, num_generations, *, processes, at_once):
    return batch_plan(prompts, num_generations, processes=processes, at_once=at_once)[::-1]


def _one_by_one(prompts, num_generations, *, processes, at_once):
    return [1, prompts * num_generations // processes]


def _halves(prompts, num_generations, *, processes, at_once):
    share = size = prompts * num_generations // processes
    while size > at_once and size % 2 == 0:
        size //= 2
    return [size, share // size]


def _whole_groups(prompts, num_generations, *, processes, at_once):
    share = prompts * num_generations // processes
    room = max(num_generations, at_once // num_generations * num_generations)
    size = next((s for s in range(min(room, share), 0, -num_generations) if share % s == 0), share)
    return [size, share // size]


def _passes_of_all(prompts, num_generations, *, processes, at_once):
    per_device, _ = batch_plan(prompts, num_generations, processes=processes, at_once=at_once)
    return [per_device, prompts * num_generations // per_device]


def _smallest_plan(prompts, num_generations, *, processes, at_once):
    share = prompts * num_generations // processes
    fitting = [size for size in range(2, min(at_once, share) + 1) if share % size == 0]
    return [min(fitting, default=1), share // min(fitting, default=1)]


_SLIPS = (
    Slip(
        "questions counted instead of answers",
        "TRL's `per_device_train_batch_size` counts *answers*. A question has `num_generations` of them.",
        _of(lambda prompts, generations, processes: prompts / processes),
    ),
    Slip(
        "the processes forgotten",
        "Each process gets its share of the answers only; the passes are made by all of them at the same time.",
        _of(lambda prompts, generations, processes: prompts * generations),
    ),
    Slip(
        "the room shared among the processes",
        "`at_once` is what *one* process has memory for. Each has memory of its own.",
        _of(
            lambda prompts, generations, processes: prompts * generations / processes,
            lambda processes, at_once: at_once // processes,
        ),
        (
            _of(
                lambda prompts, generations, processes: prompts * generations / processes,
                lambda processes, at_once: at_once * processes,
            ),
        ),
    ),
    Slip(
        "passes that do not come out even",
        "All passes have the same size, and together they are exactly the answers of the update. So the size has to "
        "divide the share: take the largest that does.",
        _uneven(ceil),
        (_uneven(int), _uneven(round)),
    ),
    Slip(
        "the two numbers swapped",
        "First comes the number of answers in one pass, and then the number of passes, as in TRL's two settings.",
        _swapped,
    ),
    Slip(
        "one answer in each pass",
        "That is right and slow: a GPU is hardly busy with one text. Take the *largest* size that fits.",
        _one_by_one,
    ),
    Slip(
        "only halves tried",
        "You halve the share until it fits. Shares of 96 or 120 have more divisors than that; with an odd number left "
        "over, halving even ends above `at_once`.",
        _halves,
    ),
    Slip(
        "whole groups in each pass",
        "A group need not be together in a backward pass: its advantages were worked out before, from the rewards of "
        "all. Any size that divides the share will do, also one smaller than a group.",
        _whole_groups,
    ),
    Slip(
        "the passes of all processes counted together",
        "`gradient_accumulation_steps` is what *each* process makes before a step. They make them side by side.",
        _passes_of_all,
    ),
    Slip(
        "the smallest size above 1",
        "It comes out even, and it takes more passes than needed. Take the largest size that fits.",
        _smallest_plan,
    ),
)


def _case(about: str, prompts: int, generations: int, processes: int, at_once: int, note: str) -> Case:
    return Case(
        about,
        {"prompts": prompts, "num_generations": generations, "processes": processes, "at_once": at_once},
        note,
    )


EXERCISE = Exercise(
    name="batch_plan",
    title="The answers of an update, shared out",
    notebook="15",
    place=1,
    minutes=10,
    difficulty="medium",
    returns="two numbers: the answers in one pass of a process, and the passes",
    reference=batch_plan,
    sources=(batch_plan,),
    cases=(
        _case("one process with room for all", 4, 8, 1, 64, "32 answers in one pass: nothing is accumulated."),
        _case("one process with room for half", 4, 8, 1, 16, "Two passes of 16, and then a step."),
        _case("two processes", 4, 8, 2, 16, "Each has 16 of the 32 answers, and room for them."),
        _case("two processes with little room", 4, 8, 2, 4, "Each makes four passes of 4."),
        _case("a room that does not divide the share", 12, 8, 2, 20, "48 answers each: 16 is the largest size below "
              "20 that divides 48."),
        _case("less room than a group needs", 6, 8, 2, 5, "24 answers each, in passes of 4."),
        _case("groups of ten on three GPUs", 9, 10, 3, 12, "30 answers each: of 12, 11 and 10, only 10 divides 30."),
        _case("a machine with eight GPUs", 64, 8, 8, 4, "512 answers, 64 for each, 16 passes of 4."),
        _case("four such machines", 512, 16, 32, 6, "8,192 answers, 256 for each: 4 is the largest below 6."),
        _case("a prime share", 7, 3, 3, 4, "7 answers each: 7 has no divisor up to 4 but 1."),
    ),
    slips=_SLIPS,
    hints=(
        "Begin with all answers of the update. How many of them does one process get?",
        "The share of a process is `prompts * num_generations // processes`. A pass may have any size that divides "
        "this share and is not above `at_once`.",
        "`per_device = max(s for s in range(1, min(at_once, share) + 1) if share % s == 0)`, and the passes are "
        "`share // per_device`.",
    ),
)  # fmt: skip

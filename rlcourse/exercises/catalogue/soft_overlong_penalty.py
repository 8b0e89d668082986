"""Notebook 12: what DAPO takes off an answer that comes near the limit of its length."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import soft_overlong_penalty
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.invariants import split, turned_round


def _line(lengths: Tensor, start: float | Tensor, room: float) -> Tensor:
    """0 up to `start`, and from there down to −1 within `room`."""
    return ((start - lengths) / room).clamp(-1, 0)


_SLIPS = (
    Slip(
        "only beyond the limit",
        "That is the hard cut that this penalty is there to soften: an answer hears nothing until it is too late. It "
        "begins `cache` tokens *before* the limit.",
        lambda lengths, *, max_length, cache: -(lengths > max_length).float(),
        (lambda lengths, *, max_length, cache: -(lengths >= max_length).float(),),
    ),
    Slip(
        "begins at the limit",
        "Your line falls behind the limit, from `max_length` to `max_length + cache`. There is nothing to hear there: "
        "the answer has been cut off. It falls in the last `cache` tokens before.",
        lambda lengths, *, max_length, cache: _line(lengths, max_length, cache),
    ),
    Slip(
        "goes on falling",
        "Beyond the limit yours is below −1. A few endless answers would then decide what a whole group learns. The "
        "penalty ends at −1.",
        lambda lengths, *, max_length, cache: ((max_length - cache - lengths) / cache).clamp(max=0),
    ),
    Slip(
        "pays for being short",
        "Above the line yours is positive, so the shortest answer earns most, and a model soon says nothing at all. "
        "Short answers get 0, neither more nor less.",
        lambda lengths, *, max_length, cache: ((max_length - cache - lengths) / cache).clamp(min=-1),
        (lambda lengths, *, max_length, cache: (max_length - cache - lengths) / cache,),
    ),
    Slip(
        "a reward for being long",
        "The sign is the wrong way round: it is added to the reward, so it must be negative to be a penalty.",
        lambda lengths, *, max_length, cache: -soft_overlong_penalty(lengths, max_length=max_length, cache=cache),
    ),
    Slip(
        "divided by the whole room",
        "Divided by `max_length` the line hardly falls. It goes from 0 to −1 within `cache` tokens, so that is what it "
        "is divided by.",
        lambda lengths, *, max_length, cache: _line(lengths, max_length - cache, max_length),
    ),
    Slip(
        "begins after `cache` tokens",
        "You take `cache` for the length that is free of charge. It is counted from the other end: the last `cache` "
        "tokens before the limit cost something.",
        lambda lengths, *, max_length, cache: _line(lengths, cache, max_length - cache if max_length > cache else 1),
        (lambda lengths, *, max_length, cache: _line(lengths, cache, cache),),
    ),
    Slip(
        "falls from the first token on",
        "Every token costs something in yours. A long answer that is well within its room is no fault: up to "
        "`max_length − cache` the penalty is 0.",
        lambda lengths, *, max_length, cache: -(lengths / max_length).clamp(max=1),
    ),
    Slip(
        "the whole penalty at once",
        "From `max_length − cache` on yours takes 1 off. Then it is only a hard limit that comes earlier. Between "
        "there and the limit it grows little by little.",
        lambda lengths, *, max_length, cache: -(lengths > max_length - cache).float(),
        (lambda lengths, *, max_length, cache: -(lengths >= max_length - cache).float(),),
    ),
    Slip(
        "the longest answer taken for the limit",
        "You measure by the longest answer of the batch, perhaps by the width of a padded tensor. Then an answer's "
        "penalty depends on its neighbours. The limit is `max_length`.",
        lambda lengths, *, max_length, cache: _line(lengths, lengths.max() - cache, cache),
    ),
    Slip(
        "whole numbers only",
        "Rounded, nothing is left between 0 and −1. Divide with `/`, and leave the fractions as they are.",
        lambda lengths, *, max_length, cache: _line(lengths, max_length - cache, cache).round(),
    ),
    Slip(
        "one number for all",
        "A trainer wants to know which answer is too long: return one number for each, in the shape of `lengths`.",
        lambda lengths, *, max_length, cache: _line(lengths, max_length - cache, cache).mean(),
        (lambda lengths, *, max_length, cache: _line(lengths, max_length - cache, cache).sum(),),
    ),
)


def _case(about: str, lengths: list[float], max_length: int, cache: int, note: str) -> Case:
    return Case(about, {"lengths": torch.tensor(lengths), "max_length": max_length, "cache": cache}, note)


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    lengths = torch.tensor(grid(0, 30))
    lines = {f"cache {cache}": mine(lengths, max_length=24, cache=cache).tolist() for cache in (4, 8, 16)}
    return Curves("Your penalty, with a limit of 24 tokens.", "tokens in the answer", lengths.tolist(), lines)


EXERCISE = Exercise(
    name="soft_overlong_penalty",
    title="DAPO's penalty for length",
    notebook="12",
    place=1,
    minutes=8,
    difficulty="easy",
    returns="a tensor of the same shape as `lengths`, from −1 to 0",
    reference=soft_overlong_penalty,
    sources=(soft_overlong_penalty,),
    cases=(
        _case("a short answer", [3.0], 20, 5, "3 tokens of 20 are well within the room: 0."),
        _case("right in the middle of the last five", [17.5], 20, 5, "15 are free, 2.5 of 5 are used up: −0.5."),
        _case("one token into the last four", [17.0], 20, 4, "16 are free, one of four is used up: −0.25."),
        _case("at the limit", [20.0], 20, 4, "All four are used up: −1."),
        _case("far beyond it", [35.0], 20, 4, "It ends at −1."),
        _case("where it begins", [16.0], 20, 4, "16 is the last length that costs nothing."),
        _case("the whole room costs", [0.0, 4.0, 8.0, 9.0], 8, 8, "With cache = max_length it falls from the start."),
        _case(
            "six answers",
            [2.0, 11.0, 13.0, 15.0, 16.0, 24.0],
            16,
            6,
            "One number for each, and the limit is the same for all.",
        ),
    ),
    slips=_SLIPS,
    hints=(
        "Three pieces: 0, a line that falls, −1. Where does the line begin, where does it end, how steep is it then?",
        "It begins at `max_length - cache` and is at −1 at `max_length`: `(max_length - cache - lengths) / cache`. "
        "What is still wrong with short answers, and with endless ones?",
        "`Tensor.clamp(low, high)` cuts off both ends: between −1 and 0.",
    ),
    clues={
        "Boolean value of Tensor": "`if` wants one truth value, and there are several lengths. `clamp` and "
        "`torch.where` work entry by entry.",
        "'<=' not supported": "`lengths` is a tensor; compare it with a number, entry by entry.",
    },
    nan="A division by 0 gives NaN or infinity: `cache` is at least 1, so divide by that.",
    picture=_picture,
    invariants=(
        split("lengths", what="the answers"),
        turned_round("lengths", what="the answers"),
    ),
)

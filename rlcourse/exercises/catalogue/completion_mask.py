"""Notebook 07: which tokens of an answer count, up to its first end and no further."""

import torch
from torch import Tensor

from rlcourse.equations import completion_mask
from rlcourse.exercises.exercise import Case, Exercise, Inputs, Invariant, Slip
from rlcourse.exercises.invariants import FILLING, split


def _ends_up_to(tokens: Tensor, end: int) -> Tensor:
    """How many ends stand there or before."""
    return (tokens == end).cumsum(dim=1)


def _columns(tokens: Tensor) -> Tensor:
    return torch.arange(tokens.shape[1])


def _first_end(tokens: Tensor, end: int) -> Tensor:
    """The column of the first end; 0, as argmax says it, where there is none."""
    return (tokens == end).int().argmax(dim=1)


def _up_to_the_last(tokens: Tensor, end: int) -> Tensor:
    last = torch.where(tokens == end, _columns(tokens), -1).amax(dim=1)
    last = torch.where(last < 0, tokens.shape[1] - 1, last)
    return _columns(tokens) <= last[:, None]


def _first_of_the_batch(tokens: Tensor, end: int) -> Tensor:
    columns = completion_mask(tokens, end).sum(dim=1).amin()
    return (_columns(tokens) < columns).expand(tokens.shape)


def _one_more(tokens: Tensor, end: int) -> Tensor:
    return _columns(tokens) <= completion_mask(tokens, end).sum(dim=1, keepdim=True)


def _no_end_no_token(tokens: Tensor, end: int) -> Tensor:
    return completion_mask(tokens, end) & (tokens == end).any(dim=1, keepdim=True)


_SLIPS = (
    Slip(
        "the end of text left out",
        "To stop is a choice too: at the end-of-text token the model decided that the answer is over. Left out, it is "
        "never trained to stop, or not to. Count the ends *before* a token, not up to it.",
        lambda tokens, end: _ends_up_to(tokens, end) == 0,
        (lambda tokens, end: (tokens != end).int().cumprod(dim=1),),
    ),
    Slip(
        "whatever is no end",
        "`tokens != end` leaves out the end itself, which was chosen, and keeps what stands behind it, which was not. "
        "It is what comes of looking for the padding, where padding and end have the same number.",
        lambda tokens, end: tokens != end,
    ),
    Slip(
        "up to the last end",
        "After the first end the answer is over. Behind it there may be more ends: padding often has the same number. "
        "Look for the first.",
        _up_to_the_last,
    ),
    Slip(
        "everything counts",
        "What stands behind the end nobody chose: it fills the row up. Trained on, it would be paid, or blamed, for "
        "what the answer before it did.",
        lambda tokens, end: torch.ones_like(tokens, dtype=torch.bool),
    ),
    Slip(
        "one token too many",
        "The end-of-text token is the last that counts. You go on for one more.",
        _one_more,
        (lambda tokens, end: torch.cat([torch.ones_like(tokens[:, :1]), completion_mask(tokens, end)[:, :-1]], 1),),
    ),
    Slip(
        "an answer without an end counts for one token",
        "An answer that was cut off at the limit has no end, and all of it was chosen. `argmax` over a row in which "
        "nothing is True gives 0, which reads like an end in the first column.",
        lambda tokens, end: _columns(tokens) <= _first_end(tokens, end)[:, None],
    ),
    Slip(
        "an answer without an end does not count",
        "An answer that was cut off at the limit has no end, and all of its tokens were chosen. Some trainers do leave "
        "such answers out, on purpose and as an option; the mask itself says what was chosen.",
        _no_end_no_token,
    ),
    Slip(
        "only the end counts",
        "`tokens == end` says where ends stand. What counts are all tokens *up to* the first of them.",
        lambda tokens, end: tokens == end,
    ),
    Slip(
        "the wrong way round",
        "True is for the tokens that were chosen, False for what stands behind the end. You have it the other way.",
        lambda tokens, end: ~completion_mask(tokens, end),
        (lambda tokens, end: _ends_up_to(tokens, end) > 0,),
    ),
    Slip(
        "one end for all rows",
        "You found where the first answer of the batch ends, and cut all rows there. Each row has an end of its own: "
        "`cumsum(dim=1)`, or a maximum over `dim=1`.",
        _first_of_the_batch,
    ),
    Slip(
        "up to the second end",
        "One end too late: you let tokens pass until a second end comes. The ends that stand *before* a token must be "
        "none; the token's own may be one.",
        lambda tokens, end: _ends_up_to(tokens, end) <= 1,
    ),
)


def _case(about: str, tokens: list, note: str, end: int = 0) -> Case:
    return Case(about, {"tokens": torch.tensor(tokens), "end": end}, note)


def _cases() -> tuple[Case, ...]:
    random = torch.randint(0, 4, (5, 9), generator=torch.Generator().manual_seed(2)).tolist()
    return (
        _case("an answer and its end", [[7, 0]], "Both were chosen: to end is a choice too."),
        _case("an answer, its end, something behind it", [[7, 5, 0, 9]], "The 9 stands behind the end."),
        _case("padding that has the end's number", [[7, 0, 0, 0]], "Only the first 0 was chosen."),
        _case("an answer that was cut off", [[7, 5, 8, 6]], "No end, so all of it was chosen."),
        _case(
            "nothing but an end", [[2, 9, 9, 2], [9, 4, 2, 9]], "An empty answer is one token long: it chose to end.", 2
        ),
        _case(
            "three answers of different lengths",
            [[7, 0, 3, 3, 0, 1], [5, 6, 7, 8, 0, 4], [1, 2, 3, 4, 5, 6]],
            "Each row has an end of its own, or none.",
        ),
        _case("five answers", random, "All of it together."),
    )


def _other_tokens_behind(inputs: Inputs) -> list[Inputs]:
    """The same answers, with something else behind their ends."""
    tokens, end = inputs["tokens"], inputs["end"]
    kept = completion_mask(tokens, end)
    other = FILLING if end != FILLING else FILLING + 1
    return [] if kept.all() else [{**inputs, "tokens": torch.where(kept, tokens, other)}]


EXERCISE = Exercise(
    name="completion_mask",
    title="Which tokens of an answer count",
    notebook="07",
    place=1,
    minutes=8,
    difficulty="easy",
    returns="a boolean tensor of the shape of `tokens`, [B, L]",
    reference=completion_mask,
    sources=(completion_mask,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "`tokens == end` is True where an end stands. A token counts if no end stands *before* it. How could you "
        "count, at each place, the ends so far?",
        "`(tokens == end).cumsum(dim=1)` counts the ends up to a place, the place itself included. At the first end it "
        "is 1 already, and that token is to count.",
        "Take the place itself off again: `is_end = (tokens == end).long()`, and then "
        "`is_end.cumsum(dim=1) - is_end == 0`.",
    ),
    clues={
        "bool tensor": "Make numbers of it first, `(tokens == end).long()`: booleans cannot be subtracted.",
        "Boolean value of Tensor": "`tokens` holds a whole batch. Comparisons, `cumsum` and `&` work on all of it at "
        "once; `if` and `and` do not.",
    },
    invariants=(
        Invariant(f"put the token {FILLING} everywhere behind the first end", _other_tokens_behind),
        split("tokens", what="the answers"),
    ),
)

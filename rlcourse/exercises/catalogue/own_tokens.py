"""Notebook 12: which tokens of an answer are the policy's, where a tool has written some of them."""

import torch
from torch import Tensor

from rlcourse.equations import own_tokens
from rlcourse.exercises.exercise import Case, Exercise, Inputs, Invariant, Slip
from rlcourse.exercises.invariants import split

CALL, BACK = 7, 8


def _before(found: Tensor) -> Tensor:
    """How many there are before each place."""
    counts = found.long()
    return counts.cumsum(1) - counts


def _calls_and_backs(tokens: Tensor, written: Tensor, call: int, back: int) -> tuple[Tensor, Tensor]:
    return written & (tokens == call), written & (tokens == back)


def _call_left_out(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    calls, backs = _calls_and_backs(tokens, written, call, back)
    return written & (calls.cumsum(1) <= _before(backs))


def _back_kept(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    calls, backs = _calls_and_backs(tokens, written, call, back)
    return written & (_before(calls) <= backs.cumsum(1))


def _shifted_by_one(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    calls, backs = _calls_and_backs(tokens, written, call, back)
    return written & (calls.cumsum(1) <= backs.cumsum(1))


def _never_back(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    return written & (_before(_calls_and_backs(tokens, written, call, back)[0]) == 0)


def _one_too_many(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    own = own_tokens(tokens, written, call=call, back=back)
    behind_back = torch.zeros_like(own)
    behind_back[:, 1:] = (tokens == back)[:, :-1]
    return own & ~behind_back


def _first_call_only(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    calls, backs = _calls_and_backs(tokens, written, call, back)
    return written & ~((_before(calls) >= 1) & (_before(backs) == 0))


def _padding_too(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    calls, backs = _calls_and_backs(tokens, written, call, back)
    return _before(backs) >= _before(calls)


def _as_in_the_first_row(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    return written & own_tokens(tokens, written, call=call, back=back)[:1]


def _no_answer_that_calls(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    return written & ~_calls_and_backs(tokens, written, call, back)[0].any(1, keepdim=True)


def _calls_counted_over_rows(tokens: Tensor, written: Tensor, *, call: int, back: int) -> Tensor:
    calls, backs = (found.long() for found in _calls_and_backs(tokens, written, call, back))
    return written & (backs.cumsum(0) - backs >= calls.cumsum(0) - calls)


_SLIPS = (
    Slip(
        "everything written counts",
        "What the tool wrote the policy has read, not chosen. Its log-probability was never drawn from, and a loss on "
        "it blames or praises the policy for somebody else's words.",
        lambda tokens, written, *, call, back: written,
    ),
    Slip(
        "the call itself left out",
        "To call is a choice, and the one that matters here: left out, the policy never learns when to call. Count the "
        "calls *before* a token, not up to it.",
        _call_left_out,
    ),
    Slip(
        "the tool's last token kept",
        "The token `back` ends what the tool writes, and the tool writes it. The policy goes on with the token after "
        "it: count the backs *before* a token.",
        _back_kept,
    ),
    Slip(
        "the call left out, and the tool's last token kept",
        "Everything is one place too early: the call is still the policy's choice, and the token `back` is still the "
        "tool's. Count calls and backs *before* a token, not up to it.",
        _shifted_by_one,
    ),
    Slip(
        "nothing after the first call",
        "After the tool's result the policy goes on writing, and what it makes of the result is its own. The tool's "
        "part ends with `back`.",
        _never_back,
    ),
    Slip(
        "one token too many",
        "The token after `back` is the policy's again. You leave it out as well.",
        _one_too_many,
    ),
    Slip(
        "only the first call",
        "An answer may call twice. There is a call open wherever more calls than backs stand before a token.",
        _first_call_only,
    ),
    Slip(
        "padding counts",
        "Behind the end of an answer nobody wrote anything. Where `written` is False, nothing counts.",
        lambda tokens, written, *, call, back: own_tokens(tokens, torch.ones_like(written), call=call, back=back),
        (_padding_too,),
    ),
    Slip(
        "only the tool's tokens",
        "True is for the tokens that the policy chose. You have the tool's.",
        lambda tokens, written, *, call, back: written & ~own_tokens(tokens, written, call=call, back=back),
        (lambda tokens, written, *, call, back: ~own_tokens(tokens, written, call=call, back=back),),
    ),
    Slip(
        "only the two markers left out",
        "You left out the tokens `call` and `back`. What lies between them is the tool's; the call is the policy's.",
        lambda tokens, written, *, call, back: written & (tokens != call) & (tokens != back),
    ),
    Slip(
        "one call for all rows",
        "You looked where the first answer calls, and left out the same columns everywhere. Each row calls where it "
        "likes, or not at all.",
        _as_in_the_first_row,
    ),
    Slip(
        "answers that call left out",
        "An answer with a call still has tokens of the policy: all but the tool's. Left out, nothing is ever learned "
        "about calling.",
        _no_answer_that_calls,
    ),
    Slip(
        "counted down the columns",
        "`cumsum` went over the answers. Time runs along the row: `cumsum(dim=1)`.",
        _calls_counted_over_rows,
    ),
)


def _case(about: str, tokens: list, lengths: list, note: str) -> Case:
    rows = torch.tensor(tokens)
    written = torch.arange(rows.shape[1]) < torch.tensor(lengths)[:, None]
    return Case(about, {"tokens": rows, "written": written, "call": CALL, "back": BACK}, note)


def _cases() -> tuple[Case, ...]:
    return (
        _case("an answer without a call", [[3, 4, 0]], [3], "All of it is the policy's, the end too."),
        _case("a call and its result", [[3, 7, 5, 8]], [4], "The 7 is the call; the tool wrote 5 and 8."),
        _case("and the policy goes on", [[3, 7, 5, 8, 5, 0]], [6], "Behind the 8 it is the policy's turn again."),
        _case("padding behind the end", [[3, 7, 5, 8, 0, 9, 9]], [5], "The two 9s are nobody's."),
        _case(
            "one that calls, one that does not",
            [[7, 2, 2, 8, 4, 0], [3, 2, 4, 0, 1, 1]],
            [6, 4],
            "Each row calls where it likes, or not at all.",
        ),
        _case(
            "two calls",
            [[7, 2, 8, 3, 7, 5, 6, 8, 1, 0]],
            [10],
            "Both results are the tool's, and what is between is not.",
        ),
        _case(
            "padding that looks like a call",
            [[3, 7, 5, 8, 0, 7, 7], [4, 0, 7, 8, 8, 7, 1]],
            [5, 2],
            "What stands in the padding means nothing.",
        ),
        _case(
            "three answers",
            [[1, 7, 5, 2, 8, 3, 0, 7, 7, 1], [7, 8, 7, 4, 8, 4, 4, 1, 2, 0], [1, 2, 3, 4, 5, 6, 1, 2, 7, 4]],
            [7, 10, 10],
            "The last one was cut off while the tool was writing.",
        ),
    )


def _calls_in_the_padding(inputs: Inputs) -> list[Inputs]:
    """The same answers, with calls behind them."""
    tokens, written = inputs["tokens"], inputs["written"]
    return [] if written.all() else [{**inputs, "tokens": torch.where(written, tokens, inputs["call"])}]


EXERCISE = Exercise(
    name="own_tokens",
    title="Which tokens are the policy's",
    notebook="12",
    place=4,
    minutes=10,
    difficulty="medium",
    returns="a boolean tensor of the shape of `tokens`, [B, T]",
    reference=own_tokens,
    sources=(own_tokens,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "Walk along one answer. The tool is writing wherever a call has been made and not yet answered. How could you "
        "count, at each place, the calls and the backs that stand *before* it?",
        "`(tokens == call).long().cumsum(dim=1)` counts the calls up to a place, the place itself included. Take the "
        "place itself off again to have those before it. Do the same for `back`. Padding may hold anything, so look "
        "for both in what is `written` only.",
        "A token is the policy's if it is written, and as many backs as calls stand before it: "
        "`written & (backs_before >= calls_before)`.",
    ),
    clues={
        "bool tensor": "Make numbers of it first, `(tokens == call).long()`: booleans cannot be subtracted.",
        "Boolean value of Tensor": "`tokens` holds a whole batch. Comparisons, `cumsum` and `&` work on all of it at "
        "once; `if` and `and` do not.",
    },
    invariants=(
        Invariant("put the token `call` everywhere in the padding", _calls_in_the_padding),
        split("tokens", "written", what="the answers"),
    ),
)

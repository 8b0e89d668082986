"""The classic mistakes of the exercise `discounted_returns`."""

import torch
from torch import Tensor

from rlcourse.equations import discounted_returns
from rlcourse.exercises.exercise import Slip


def _backwards(rewards: Tensor, goes_on: Tensor, decay: float, tail: Tensor) -> Tensor:
    """The right loop, for slips that put the wrong things into it."""
    total, totals = tail, []
    for t in reversed(range(len(rewards))):
        total = rewards[t] + decay * goes_on[t] * total
        totals.append(total)
    return torch.stack(totals[::-1])


def _tail(rewards: Tensor, bootstrap: Tensor | None) -> Tensor:
    return torch.zeros_like(rewards[0]) if bootstrap is None else bootstrap


def _forward(rewards: Tensor, goes_on: Tensor, gamma: float, start: Tensor) -> Tensor:
    total, totals = start, []
    for t in range(len(rewards)):
        total = rewards[t] + gamma * goes_on[t] * total
        totals.append(total)
    return torch.stack(totals)


def _own_reward_missing(rewards, done, *, gamma, bootstrap):
    returns = discounted_returns(rewards, done, gamma=gamma, bootstrap=bootstrap)
    return returns - rewards


def _last_reward_lost(rewards, done, *, gamma, bootstrap):
    total, totals = _tail(rewards, bootstrap), []
    for t in reversed(range(len(rewards))):
        total = ~done[t] * (rewards[t] + gamma * total)
        totals.append(total)
    return torch.stack(totals[::-1])


def _cut_one_step_early(rewards, done, *, gamma, bootstrap):
    next_done = torch.cat([done[1:], done[-1:]])
    return _backwards(rewards, ~next_done, gamma, _tail(rewards, bootstrap))


def _cut_one_step_early_last_row_open(rewards, done, *, gamma, bootstrap):
    next_done = torch.cat([done[1:], torch.zeros_like(done[-1:])])
    return _backwards(rewards, ~next_done, gamma, _tail(rewards, bootstrap))


def _bootstrap_not_discounted(rewards, done, *, gamma, bootstrap):
    last = rewards[-1] + ~done[-1] * _tail(rewards, bootstrap)
    return (
        torch.cat([_backwards(rewards[:-1], ~done[:-1], gamma, last), last[None]]) if len(rewards) > 1 else last[None]
    )


def _bootstrap_after_an_end(rewards, done, *, gamma, bootstrap):
    goes_on = torch.cat([~done[:-1], torch.ones_like(done[-1:])])
    return _backwards(rewards, goes_on, gamma, _tail(rewards, bootstrap))


def _powers_from_the_start(rewards, done, *, gamma, bootstrap):
    returns = discounted_returns(rewards, done, gamma=gamma, bootstrap=bootstrap)
    return returns * gamma ** torch.arange(len(rewards))[:, None]


def _reward_discounted_too(rewards, done, *, gamma, bootstrap):
    total, totals = _tail(rewards, bootstrap), []
    for t in reversed(range(len(rewards))):
        total = gamma * (rewards[t] + ~done[t] * total)
        totals.append(total)
    return torch.stack(totals[::-1])


def _turned_round_in_every_turn(rewards, done, *, gamma, bootstrap):
    total, totals = _tail(rewards, bootstrap), []
    for t in reversed(range(len(rewards))):
        total = rewards[t] + gamma * ~done[t] * total
        totals.append(total)
        totals.reverse()
    return torch.stack(totals)


def _without_cut(rewards, done, *, gamma, bootstrap):
    return _backwards(rewards, torch.ones_like(done), gamma, _tail(rewards, bootstrap))


def _without_both(rewards, done, *, gamma, bootstrap):
    return _backwards(rewards, torch.ones_like(done), gamma, _tail(rewards, None))


_TURN_ROUND = (
    "The loop runs from the last row to the first, so the list it fills begins with the last row. Turn it round at the "
    "end: `torch.stack(returns[::-1])`."
)
_LOOK_AHEAD = (
    "This adds up what came before each step. A return looks ahead: go through the steps from the last to the first, "
    "`for t in reversed(range(len(rewards)))`."
)
_READ_TOO_LATE = (
    "Here `done` is read one row too late, so that each episode loses its last reward to the cut. `done[t]` says that "
    "nothing follows step t: it belongs into the line of step t."
)
SLIPS = (
    Slip(
        "the bootstrap forgotten",
        "Where the batch stops in the middle of an episode, more rewards were still to come. `bootstrap` says what "
        "they are worth: begin the loop with it, not with 0.",
        lambda rewards, done, *, gamma, bootstrap: discounted_returns(rewards, done, gamma=gamma),
    ),
    Slip(
        "does not stop at the end of an episode",
        "The row after a `done` belongs to another episode, and here its rewards leak back into this one. Multiply "
        "what comes from later by `~done[t]`.",
        lambda rewards, done, *, gamma, bootstrap: _backwards(
            rewards, torch.ones_like(done), gamma, _tail(rewards, bootstrap)
        ),
    ),
    Slip(
        "the reward of the last step lost",
        "`done` says that nothing comes after this step; the step itself was still paid. Only the part with γ is cut, "
        "not the reward.",
        _last_reward_lost,
    ),
    Slip(
        "runs forward",
        _LOOK_AHEAD,
        lambda rewards, done, *, gamma, bootstrap: _forward(rewards, ~done, gamma, _tail(rewards, bootstrap)),
    ),
    Slip(
        "runs forward, and begins with 0",
        f"{_LOOK_AHEAD} Then the loop can begin with `bootstrap`, too.",
        lambda rewards, done, *, gamma, bootstrap: _forward(rewards, ~done, gamma, _tail(rewards, None)),
    ),
    Slip(
        "runs forward, and cuts at the end of the episode before",
        f"{_LOOK_AHEAD} Then it is `done[t]` that cuts, and the loop can begin with `bootstrap`.",
        lambda rewards, done, *, gamma, bootstrap: _forward(
            rewards, ~torch.cat([done[:1], done[:-1]]), gamma, _tail(rewards, None)
        ),
    ),
    Slip(
        "γ forgotten",
        "These are plain sums. Each further step counts γ times less: `rewards[t] + gamma * …`.",
        lambda rewards, done, *, gamma, bootstrap: discounted_returns(rewards, done, gamma=1.0, bootstrap=bootstrap),
    ),
    Slip(
        "the bootstrap not discounted",
        "The state after the last step is one step away from it, so its value counts γ times there, as everything that "
        "comes later does.",
        _bootstrap_not_discounted,
    ),
    Slip(
        "bootstraps after an end, too",
        "Where the last step of the batch is `done`, its episode is over, and `bootstrap` belongs to the next one. It "
        "is cut off like anything else that comes after an end.",
        _bootstrap_after_an_end,
    ),
    Slip(
        "cuts one step early",
        _READ_TOO_LATE,
        _cut_one_step_early,
    ),
    Slip(
        "cuts one step early, and never in the last row",
        f"{_READ_TOO_LATE} Then the last row needs no exception either.",
        _cut_one_step_early_last_row_open,
    ),
    Slip(
        "the step's own reward left out",
        "This is what comes after each step. The return of a step begins with its own reward, which counts in full.",
        _own_reward_missing,
    ),
    Slip(
        "powers of γ counted from the first row",
        "Every return has another factor in front here: `gamma**t`. The return from step t counts its own reward in "
        "full, however late in the batch it comes.",
        _powers_from_the_start,
    ),
    Slip(
        "the list not turned round",
        _TURN_ROUND,
        lambda *inputs, **settings: discounted_returns(*inputs, **settings).flip(0),
    ),
    Slip(
        "the list not turned round, and no stop at the end of an episode",
        f"{_TURN_ROUND} And what comes after a `done` belongs to another episode: `~done[t]` cuts it off.",
        lambda *inputs, **settings: _without_cut(*inputs, **settings).flip(0),
        (lambda *inputs, **settings: _without_both(*inputs, **settings).flip(0),),
    ),
    Slip(
        "the list turned round in every turn",
        "The list is turned round inside the loop, so every other return ends up on the wrong side. Once, after the "
        "loop, is enough.",
        _turned_round_in_every_turn,
    ),
    Slip(
        "neither `done` nor `bootstrap`",
        "The loop is right, and two things do not come in yet: `~done[t]` cuts off what belongs to the next episode, "
        "and `bootstrap` says what comes after the last row.",
        _without_both,
    ),
    Slip(
        "the reward discounted too",
        "The reward of a step is paid at once and counts in full: γ belongs to what comes after it, `rewards[t] + "
        "gamma * …`.",
        _reward_discounted_too,
    ),
    Slip(
        "the terms γᵗ·rₜ instead of returns",
        "These are the terms of one sum, from the first row. Wanted is a sum for each row, of its own reward and of "
        "all that come after it.",
        lambda rewards, done, *, gamma, bootstrap: rewards * gamma ** torch.arange(len(rewards))[:, None],
    ),
    Slip(
        "`return` inside the loop",
        "Your function returns in the loop's first turn, so there is one row only. `return` must stand one step to the "
        "left, at the level of the `for`.",
        lambda *inputs, **settings: discounted_returns(*inputs, **settings)[-1:],
        (lambda *inputs, **settings: discounted_returns(*inputs, **settings)[-1],),
    ),
)

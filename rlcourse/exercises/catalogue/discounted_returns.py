"""Notebook 03: the return from every step of many episodes at once."""

import torch
from torch import Tensor

from rlcourse.equations import discounted_returns
from rlcourse.equations.returns import accumulate_backwards
from rlcourse.exercises.exercise import Case, Exercise, Slip


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


_LOOK_AHEAD = (
    "This adds up what came before each step. A return looks ahead: go through the steps from the last to the first, "
    "`for t in reversed(range(len(rewards)))`."
)
_READ_TOO_LATE = (
    "Here `done` is read one row too late, so that each episode loses its last reward to the cut. `done[t]` says that "
    "nothing follows step t: it belongs into the line of step t."
)
_SLIPS = (
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
)


def _column(*numbers: float) -> Tensor:
    return torch.tensor(numbers)[:, None]


def _ends(length: int, *at: int) -> Tensor:
    done = torch.zeros(length, 1, dtype=torch.bool)
    done[list(at)] = True
    return done


def _case(about: str, rewards: Tensor, done: Tensor, gamma: float, bootstrap: Tensor | None = None) -> Case:
    return Case(about, {"rewards": rewards, "done": done, "gamma": gamma, "bootstrap": bootstrap})


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    many, ends = torch.randn(8, 4, generator=generator), torch.rand(8, 4, generator=generator) < 0.25
    return (
        _case("one step, and the episode is over", _column(1.0), _ends(1, 0), 0.9),
        _case("the exit is one step away", _column(0.0, 1.0), _ends(2, 1), 0.9),
        _case("three steps of one episode", _column(1.0, 2.0, 4.0), _ends(3, 2), 0.5),
        _case(
            "the batch stops, the episode does not: bootstrap is what comes after",
            _column(1.0, 2.0),
            _ends(2),
            0.5,
            torch.tensor([8.0]),
        ),
        _case("two episodes, one after the other", _column(1.0, 2.0, 4.0, 8.0), _ends(4, 1, 3), 0.5),
        _case("an end in the last row: no bootstrap there", _column(1.0, 2.0), _ends(2, 1), 0.5, torch.tensor([8.0])),
        _case(
            "two robots side by side, [T, N] = [3, 2]",
            torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]),
            torch.tensor([[False, False], [True, False], [False, True]]),
            0.9,
            torch.tensor([10.0, 10.0]),
        ),
        _case("γ = 0: only the next reward", torch.ones(3, 2), torch.zeros(3, 2, dtype=torch.bool), 0.0, torch.ones(2)),
        _case("four robots, eight steps", many, ends, 0.97, torch.tensor([1.0, -2.0, 3.0, 0.5])),
    )


EXERCISE = Exercise(
    name="discounted_returns",
    title="The return from every step",
    notebook="03",
    place=1,
    minutes=10,
    difficulty="medium",
    returns="a tensor of the same shape as `rewards`, [T, N]",
    reference=discounted_returns,
    sources=(discounted_returns, accumulate_backwards),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "The return from one step is easy when you know the one from the next step: this reward, and γ times that. So "
        "begin with the last row and go back, row by row.",
        "Let `G` hold the return of the row below, one number for each robot, [N]. It begins as `bootstrap` (zeros if "
        "that is None), and each row makes `G = rewards[t] + gamma * G`. Where does `done[t]` come in?",
        "`G = rewards[t] + gamma * ~done[t] * G` inside `for t in reversed(range(len(rewards)))`. Keep each `G` in a "
        "list, turn the list round at the end, and `torch.stack` it.",
    ),
    clues={
        "bool tensor": "`done` holds True and False. Its opposite is `~done`; `1 - done` does not work with booleans.",
        "NoneType": "`bootstrap` may be None, which means 0 for every robot.",
    },
)

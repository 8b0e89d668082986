"""The classic mistakes of the exercise `gae`."""

import torch
from torch import Tensor

from rlcourse.equations import gae, td_errors
from rlcourse.exercises.exercise import Slip


def _add_up(deltas: Tensor, goes_on: Tensor, decay: float) -> Tensor:
    """The right loop, for slips that put the wrong things into it."""
    advantage, advantages = torch.zeros_like(deltas[0]), []
    for t in reversed(range(len(deltas))):
        advantage = deltas[t] + decay * goes_on[t] * advantage
        advantages.append(advantage)
    return torch.stack(advantages[::-1])


def _deltas(rewards, values, next_values, terminated, gamma) -> Tensor:
    return td_errors(rewards, values, next_values, terminated, gamma=gamma)


def _trace_past_time_limits(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, terminated, gamma)
    return _add_up(deltas, ~terminated, gamma * gae_lambda)


def _trace_never_cut(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, terminated, gamma)
    return _add_up(deltas, torch.ones_like(done), gamma * gae_lambda)


def _bootstraps_at_the_exit(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = rewards + gamma * next_values - values
    return _add_up(deltas, ~done, gamma * gae_lambda)


def _time_limit_as_terminal(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    return gae(rewards, values, next_values, done, done, gamma=gamma, gae_lambda=gae_lambda)


def _flags_swapped(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, done, gamma)
    return _add_up(deltas, ~terminated, gamma * gae_lambda)


def _standardised(advantages: Tensor, correction: int) -> Tensor:
    """To mean 0 and standard deviation 1, as `Tensor.std` has it: NaN for a single number, there without a warning."""
    if advantages.numel() <= correction:
        return torch.full_like(advantages, torch.nan)
    return (advantages - advantages.mean()) / (advantages.std(correction=correction) + 1e-8)


def _lambda_forgotten(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    return gae(rewards, values, next_values, terminated, done, gamma=gamma, gae_lambda=1.0)


def _no_gamma_in_the_trace(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    return _add_up(_deltas(rewards, values, next_values, terminated, gamma), ~done, gae_lambda)


def _runs_forward(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, terminated, gamma)
    advantage, advantages = torch.zeros_like(deltas[0]), []
    for t in range(len(deltas)):
        advantage = deltas[t] + gamma * gae_lambda * ~done[t] * advantage
        advantages.append(advantage)
    return torch.stack(advantages)


def _next_row(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    below = torch.cat([values[1:], next_values[-1:]])
    return gae(rewards, values, below, terminated, done, gamma=gamma, gae_lambda=gae_lambda)


def _cut_one_step_off(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, terminated, gamma)
    return _add_up(deltas, ~torch.cat([done[1:], done[-1:]]), gamma * gae_lambda)


def _value_not_taken_off(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    return gae(rewards, 0 * values, next_values, terminated, done, gamma=gamma, gae_lambda=gae_lambda)


def _returns(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    return values + gae(rewards, values, next_values, terminated, done, gamma=gamma, gae_lambda=gae_lambda)


def _only_the_td_error(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    return _deltas(rewards, values, next_values, terminated, gamma)


def _nothing_at_an_end(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, terminated, gamma) * ~done
    return _add_up(deltas, ~done, gamma * gae_lambda)


def _nothing_expected_at_the_exit(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = rewards + ~terminated * (gamma * next_values - values)
    return _add_up(deltas, ~done, gamma * gae_lambda)


def _no_flags(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    return _add_up(rewards + gamma * next_values - values, torch.ones_like(done), gamma * gae_lambda)


def _flags_of_the_next_row(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    following = torch.cat([done[1:], done[-1:]])
    return _add_up(rewards + gamma * next_values * ~following - values, ~following, gamma * gae_lambda)


def _flags_and_values_of_the_next_row(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    below = torch.cat([values[1:], next_values[-1:]])
    return _flags_of_the_next_row(rewards, values, below, terminated, done, gamma=gamma, gae_lambda=gae_lambda)


def _nothing_at_a_time_limit(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, terminated, gamma) * ~(done & ~terminated)
    return _add_up(deltas, ~done, gamma * gae_lambda)


def _last_row_never_filled(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, terminated, gamma)
    return _add_up(torch.cat([deltas[:-1], torch.zeros_like(deltas[-1:])]), ~done, gamma * gae_lambda)


def _lambda_in_the_td_error(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    deltas = _deltas(rewards, values, next_values, terminated, gamma * gae_lambda)
    return _add_up(deltas, ~done, gamma * gae_lambda)


_RAW = (
    "Many programs scale the advantages of a batch to mean 0 and standard deviation 1 before they learn from them. "
    "That is a step of its own, which belongs to the algorithm. GAE leaves them in the units of the reward: the critic "
    "learns from Â + V."
)
SLIPS = (
    Slip(
        "cuts the trace at `terminated` only",
        "After a time limit, too, the next row is another episode, and its surprises are none of this one's business. "
        "The trace is cut where `done` is True; `terminated` is for the value of the next state.",
        _trace_past_time_limits,
    ),
    Slip(
        "never cuts the trace",
        "The rows after an end belong to another episode, and here their TD errors leak back into this one. Multiply "
        "the part with γλ by `~done[t]`.",
        _trace_never_cut,
    ),
    Slip(
        "bootstraps at a terminal state",
        "After the exit nothing more is paid, so its value is 0 whatever the critic says. In the TD error, multiply "
        "`next_values` by `~terminated`.",
        _bootstraps_at_the_exit,
    ),
    Slip(
        "treats a time limit as terminal",
        "At a time limit only our patience ended: the world would have gone on paying, so V of the next state still "
        "counts. The TD error wants `terminated`; `done` is for the trace.",
        _time_limit_as_terminal,
    ),
    Slip(
        "the two flags swapped",
        "Both flags are used, each in the other's place: `terminated` belongs to the value of the next state, `done` "
        "to the trace.",
        _flags_swapped,
    ),
    Slip(
        "λ forgotten",
        "This is λ = 1 always: the whole return minus V. Each further TD error counts γλ times less: "
        "`gamma * gae_lambda`, where there is only one of the two.",
        _lambda_forgotten,
    ),
    Slip(
        "γ missing in the trace",
        "Each further TD error lies one step later, so it is discounted by γ as well as by λ: the factor is "
        "`gamma * gae_lambda`.",
        _no_gamma_in_the_trace,
    ),
    Slip(
        "runs forward",
        "This gives each step credit for what came before it. Advantages look ahead: go through the rows from the last "
        "to the first, `for t in reversed(range(len(rewards)))`.",
        _runs_forward,
    ),
    Slip(
        "values[t + 1] across the end of an episode",
        "Where a time limit ended an episode, the next row is the first state of another one. `next_values[t]` is the "
        "value of the state that step t really led to.",
        _next_row,
    ),
    Slip(
        "cuts the trace one step off",
        "`done[t]` says that nothing follows step t. Here the cut happens at the step before, so the last TD error of "
        "each episode is lost, and the next episode's leak in.",
        _cut_one_step_off,
    ),
    Slip(
        "V not taken off",
        "The TD error is what was paid and what lies ahead, minus what was expected: `- values[t]` is missing.",
        _value_not_taken_off,
    ),
    Slip(
        "returns instead of advantages",
        "These are Â + V, what V should have been, and the critic will learn from them. The advantage itself is the "
        "sum of TD errors, without V added again.",
        _returns,
    ),
    Slip(
        "only the TD error",
        "This is λ = 0 always. The advantage also hears of the TD errors after it, each weighed by another factor γλ.",
        _only_the_td_error,
    ),
    Slip(
        "nothing at an end",
        "The last step of an episode was paid, and has a TD error like any other. `~done` cuts off what comes after "
        "it, not the step itself.",
        _nothing_at_an_end,
    ),
    Slip(
        "standardised advantages",
        f"{_RAW} Besides, `std` of a single number is NaN.",
        lambda *columns, **numbers: _standardised(gae(*columns, **numbers), correction=1),
    ),
    Slip(
        "standardised advantages, by the population's standard deviation",
        _RAW,
        lambda *columns, **numbers: _standardised(gae(*columns, **numbers), correction=0),
    ),
    Slip(
        "V not taken off at the exit",
        "A last step was expected to bring something as well: `values` comes off everywhere, and `~terminated` is for "
        "the next value alone.",
        _nothing_expected_at_the_exit,
    ),
    Slip(
        "no flag anywhere",
        "This is right for one episode that goes on. Where one ends, `~terminated` belongs to the value of the next "
        "state, and `~done` cuts the trace, or the next episode leaks in.",
        _no_flags,
    ),
    Slip(
        "the flags read one row late",
        "In CleanRL `dones[t + 1]` says that step t was the last, as it stores the flag with the observation. Here "
        "`terminated[t]` and `done[t]` belong to step t itself.",
        _flags_of_the_next_row,
        (_flags_and_values_of_the_next_row,),
    ),
    Slip(
        "nothing at a time limit",
        "The step at which time ran out was paid, and led to a state that is worth something: it has a TD error like "
        "any other. The limit only cuts the trace.",
        _nothing_at_a_time_limit,
    ),
    Slip(
        "the last row never filled",
        "The last row stays 0: the loop begins one row too high. It must begin with the last one, "
        "`reversed(range(len(rewards)))`, for which `next_values` is there.",
        _last_row_never_filled,
    ),
    Slip(
        "λ in the TD error",
        "λ weighs the TD errors that come later. Inside one, the next state's value counts γ times, whatever λ is.",
        _lambda_in_the_td_error,
    ),
    Slip(
        "the list not turned round",
        "The loop runs from the last row to the first, so the list it fills begins with the last row. Turn it round at "
        "the end: `torch.stack(advantages[::-1])`.",
        lambda *columns, **numbers: gae(*columns, **numbers).flip(0),
    ),
    Slip(
        "`return` inside the loop",
        "Your function returns in the loop's first turn, so there is one row only. `return` must stand one step to the "
        "left, at the level of the `for`.",
        lambda *columns, **numbers: gae(*columns, **numbers)[-1:],
        (lambda *columns, **numbers: gae(*columns, **numbers)[-1],),
    ),
)

"""From rewards to returns and advantages: how good was each step, given what came after it?

Tensors are time-first, `[T, N]`: T steps of N environments side by side. An episode may end anywhere in the
batch and the next one begins in the row below, so every equation here says what happens at an end:

- **terminated**: the world is over (the exit, the end-of-text token). Nothing follows, so its value is 0.
- **truncated**: only our patience is over (a time limit). The world goes on, so its value is still counted.
- **done** = terminated | truncated: the next row belongs to another episode.

rₜ is the reward that the action at t brought; Sutton and Barto, whose equations are cited, count it as R_{t+1}.

Left out: normalised advantages (a choice of the algorithm, and returns must come from the raw ones), and
V-trace and other off-policy corrections, which none of the course's algorithms use.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_integer, check_number
from rlcourse.equations._inputs import (
    Mask,
    as_mask,
    check_axes,
    check_finite,
    check_float,
    check_not_empty,
    check_same_shape,
    given,
)

MOST_TOKENS = 10_000_000
"""The longest response that `prefix_values` takes: beyond any model's, and small enough for any machine."""


def discounted_returns(
    rewards: Float[Tensor, "T N"],
    done: Mask[Tensor, "T N"],
    *,
    gamma: float | int,
    bootstrap: Float[Tensor, "N"] | None = None,
) -> Float[Tensor, "T N"]:
    """Discounted return of every step (Sutton & Barto 2018, eq. 3.9).

        Gₜ = rₜ + γ·(1 − doneₜ)·Gₜ₊₁        G_T = bootstrap

    `bootstrap` is V(s_T), the value of the state each environment is in after the batch's last step. It is read
    where that step is not done, and is 0 when left out: then unfinished returns miss their tail. An episode that
    a time limit cuts inside the batch has no tail here either; `gae(…, gae_lambda=1) + values` gives it one.

    Args:
        rewards: rₜ, the reward of step t.
        done: whether an episode ended with step t, for either reason.
        gamma: discount, in [0, 1]; 0.9–0.999 is usual, 1 for answers of a language model.
        bootstrap: V(s_T) of every environment.

    Returns:
        Gₜ, in the units of the reward.

    Raises:
        ValueError: shapes differ, a reward is not finite, there is no step, or gamma is outside [0, 1].
        TypeError: a tensor has the wrong dtype.
    """
    check_float(rewards=rewards, **given(bootstrap=bootstrap))
    done = as_mask("done", done)
    check_axes("[T, N]", rewards=rewards)
    check_same_shape(rewards=rewards, done=done)
    check_not_empty("rewards", rewards)
    check_finite("rewards", rewards)
    check_number("gamma", gamma, low=0, high=1)
    if bootstrap is None:
        bootstrap = torch.zeros_like(rewards[0])
    check_same_shape(bootstrap=bootstrap, **{"one step of rewards": rewards[0]})
    return accumulate_backwards(rewards, done, decay=float(gamma), tail=bootstrap)


def prefix_values(
    reward: float | int | Float[Tensor, ""], length: int, *, gamma: float | int
) -> Float[Tensor, "length"]:
    """The return of each step of a response when only the whole response is rewarded.

        vₜ = γ^(length − 1 − t) · reward        t = 0 … length − 1

    In time order: the last is the reward itself (0.8), the one before it 0.8γ, then 0.8γ², back to the first
    token. These are the discounted returns of an episode that pays only at its end, and what a value model
    learns from ("2+2 is 4" in the article; Ouyang et al. 2022 for the reward at the last token). vₜ is the return of
    writing token t, so V learns it of the text *before* token t. Where an end-of-text token is the last one, that makes
    0.8 the value of the whole answer, with only its end to write, as the article has it.

    Args:
        reward: the score of the whole response.
        length: how many tokens it has, at least 1.
        gamma: discount, in [0, 1].

    Returns:
        The values, in the units of the reward.

    Raises:
        ValueError: length below 1, gamma outside [0, 1], or a reward that is not finite.
        TypeError: length is not a whole number, or reward is not a number.
    """
    if isinstance(reward, Tensor):
        check_float(reward=reward)
        check_same_shape(reward=reward, **{"a single number": reward.new_empty(())})
        check_finite("reward", reward)
    else:
        check_number("reward", reward)
        reward = torch.tensor(float(reward), dtype=torch.float32, device="cpu")
    check_integer("length", length, 1, MOST_TOKENS)
    check_number("gamma", gamma, low=0, high=1)
    last = int(length) - 1
    steps_to_go = torch.arange(last, -1, -1, dtype=torch.int64, device=reward.device)  # [length]: length − 1, …, 1, 0
    return reward * torch.tensor(float(gamma), dtype=reward.dtype, device=reward.device) ** steps_to_go


def td_errors(
    rewards: Float[Tensor, "T N"],
    values: Float[Tensor, "T N"],
    next_values: Float[Tensor, "T N"],
    terminated: Mask[Tensor, "T N"],
    *,
    gamma: float | int,
) -> Float[Tensor, "T N"]:
    """Temporal-difference error of every step (Sutton & Barto 2018, eq. 6.5).

        δₜ = rₜ + γ·(1 − terminatedₜ)·V(sₜ₊₁) − V(sₜ)

    How much better the step went than V had foretold: what was paid and what V says now, minus what it said
    before. A terminal state is worth nothing; a time limit leaves its state worth V(sₜ₊₁).

    Args:
        rewards: rₜ.
        values: V(sₜ), of the state each step started in.
        next_values: V(sₜ₊₁), of the state each step really led to. Not read where terminated.
        terminated: whether the world ended with step t.
        gamma: discount, in [0, 1].

    Returns:
        δₜ, in the units of the reward.

    Raises:
        ValueError: shapes differ, a reward is not finite, there is no step, or gamma is outside [0, 1].
        TypeError: a tensor has the wrong dtype.
    """
    terminated = as_mask("terminated", terminated)
    _check_transitions(rewards, values, next_values, terminated)
    check_number("gamma", gamma, low=0, high=1)
    # Filled, not multiplied by 0: whatever stands at a terminal state, NaN included, is not read.
    return rewards + float(gamma) * next_values.masked_fill(terminated, 0.0) - values


def gae(
    rewards: Float[Tensor, "T N"],
    values: Float[Tensor, "T N"],
    next_values: Float[Tensor, "T N"],
    terminated: Mask[Tensor, "T N"],
    done: Mask[Tensor, "T N"],
    *,
    gamma: float | int,
    gae_lambda: float | int,
) -> Float[Tensor, "T N"]:
    """Generalised advantage estimation (Schulman et al. 2016, eq. 16).

        δₜ = rₜ + γ·(1 − terminatedₜ)·V(sₜ₊₁) − V(sₜ)
        Âₜ = δₜ + γλ·(1 − doneₜ)·Âₜ₊₁        Â_T = 0

    A terminal state is worth nothing, so `terminated` stops the bootstrap; a time limit leaves its state worth
    V(sₜ₊₁). Both end the episode, so `done` cuts the trace. Returns to train V on are `Â + values`.

    Args:
        rewards: rₜ.
        values: V(sₜ), of the state each step started in.
        next_values: V(sₜ₊₁), of the state each step really led to: where an episode ends, its final
            observation, not the first of the next episode. Not read where terminated.
        terminated: whether the world ended with step t.
        done: terminated | truncated.
        gamma: discount, in [0, 1].
        gae_lambda: λ, in [0, 1]: 0 is the TD error (little variance, the bias of V), 1 is the return minus V
            (no bias, all the variance); 0.9–0.98 is usual.

    Returns:
        Âₜ, in the units of the reward, not normalised.

    Raises:
        ValueError: shapes differ, a reward is not finite, there is no step, a number is outside [0, 1], or a
            step is terminated but not done.
        TypeError: a tensor has the wrong dtype.
    """
    terminated, done = as_mask("terminated", terminated), as_mask("done", done)
    _check_transitions(rewards, values, next_values, terminated, done)
    check_number("gamma", gamma, low=0, high=1)
    check_number("gae_lambda", gae_lambda, low=0, high=1)
    deltas = td_errors(rewards, values, next_values, terminated, gamma=float(gamma))
    return accumulate_backwards(deltas, done, decay=float(gamma) * float(gae_lambda), tail=torch.zeros_like(deltas[0]))


def accumulate_backwards(
    terms: Float[Tensor, "T N"], done: Mask[Tensor, "T N"], *, decay: float | int, tail: Float[Tensor, "N"]
) -> Float[Tensor, "T N"]:
    """The recursion that returns and advantages share.

        xₜ = termsₜ + decay·(1 − doneₜ)·xₜ₊₁        x_T = tail

    Args:
        terms: what each step adds.
        done: whether an episode ended with step t, so that nothing of the next one is counted.
        decay: γ, or γλ.
        tail: x of the step after the last.

    Returns:
        xₜ, in the units of the terms.

    Raises:
        ValueError: the shapes differ, there is no step, or decay is not finite.
        TypeError: a tensor has the wrong dtype.
    """
    check_float(terms=terms, tail=tail)
    done = as_mask("done", done)
    check_axes("[T, N]", terms=terms)
    check_not_empty("terms", terms)
    check_same_shape(terms=terms, done=done)
    check_same_shape(tail=tail, **{"one step of terms": terms[0]})
    check_number("decay", decay)
    decay = float(decay)
    total, totals = tail, []
    for term, ends in zip(reversed(terms.unbind()), reversed(done.unbind()), strict=True):
        # Filled, not multiplied by 0: a NaN of the next episode must not reach this one.
        total = term.add(total.masked_fill(ends, 0.0), alpha=decay)
        totals.append(total)
    return torch.stack(totals[::-1])


def _check_transitions(
    rewards: object, values: object, next_values: object, terminated: Tensor, done: Tensor | None = None
) -> None:
    """Raise unless these are the columns of one batch of transitions."""
    check_float(rewards=rewards, values=values, next_values=next_values)
    check_axes("[T, N]", rewards=rewards)
    columns = {"values": values, "next_values": next_values, "terminated": terminated, **given(done=done)}
    check_same_shape(rewards=rewards, **columns)
    check_not_empty("rewards", rewards)
    check_finite("rewards", rewards)
    if done is not None and (terminated & ~done).any():
        where = (terminated & ~done).nonzero()[0].tolist()
        raise ValueError(f"done must be terminated | truncated, got terminated without done at [t, n] = {where}")

"""Notebook 02: what an episode is worth, its rewards added up with later ones counting less."""

from collections.abc import Callable

import torch

from rlcourse.equations import discounted_returns
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip


def discounted_return(rewards: list[float], gamma: float) -> float:
    """The return of one episode, from its first step: G = r₀ + γ·r₁ + γ²·r₂ + … = r₀ + γ·(r₁ + γ·(r₂ + …)).

    `discounted_returns` does the same for every step of many episodes at once.
    """
    total = 0.0
    for reward in reversed(rewards):
        total = reward + gamma * total
    return total


def _from_every_step(rewards, gamma):
    return [discounted_return(rewards[t:], gamma) for t in range(len(rewards))]


def _loop_from_the_front(rewards, gamma):
    total = 0.0
    for reward in rewards:
        total = reward + gamma * total
    return total


_SLIPS = (
    Slip(
        "no discount",
        "This is the plain sum of the rewards. Each step later has to count γ times less, so `gamma` must appear "
        "in the sum.",
        lambda rewards, gamma: sum(rewards),
    ),
    Slip(
        "discounts the first reward too",
        "The reward of the first step is not in the future, so it counts in full: its factor is γ⁰ = 1. Begin the "
        "exponent at 0.",
        lambda rewards, gamma: sum(gamma ** (t + 1) * r for t, r in enumerate(rewards)),
    ),
    Slip(
        "discounts from the wrong end",
        "Here the last reward counts in full and the first one least. If you wrote a loop `G = r + gamma * G`, it "
        "must run over the rewards backwards.",
        _loop_from_the_front,
    ),
    Slip(
        "γ times t instead of γ to the power t",
        "Discounting is repeated: two steps later is γ·γ, not 2γ. In Python the power is `gamma**t`.",
        lambda rewards, gamma: sum(gamma * t * r for t, r in enumerate(rewards)),
    ),
    Slip(
        "keeps the last term instead of the sum",
        "Only the last discounted reward is left. The terms must be added up: `+=` in the loop, where `=` "
        "overwrites what was there.",
        lambda rewards, gamma: gamma ** (len(rewards) - 1) * rewards[-1],
    ),
    Slip(
        "leaves out the last reward",
        "The loop ends one step early. The last reward is the exit's, the one that matters most; "
        "`range(len(rewards))` already ends before `len(rewards)`.",
        lambda rewards, gamma: sum(gamma**t * r for t, r in enumerate(rewards[:-1])),
    ),
    Slip(
        "mean instead of sum",
        "The return is a sum; a mean forgets how many steps there were. Leave out the division by `len(rewards)`.",
        lambda rewards, gamma: sum(gamma**t * r for t, r in enumerate(rewards)) / len(rewards),
    ),
    Slip(
        "γ only once",
        "All later rewards are discounted alike here, by one γ. Each further step costs another: γ, then γ², then γ³.",
        lambda rewards, gamma: rewards[0] + gamma * sum(rewards[1:]),
    ),
    Slip(
        "γ on every reward, without a power",
        "Every reward counts γ times here, the first one too, however far away it is. The exponent is the number of "
        "the step: `gamma**t`, which is 1 for the first reward.",
        lambda rewards, gamma: sum(gamma * r for r in rewards),
    ),
    Slip(
        "`return` inside the loop",
        "Your function returns in the loop's first turn, so one reward is all it sees. `return` must stand one step to "
        "the left, at the level of the `for`.",
        lambda rewards, gamma: rewards[0],
        (lambda rewards, gamma: rewards[-1],),
    ),
    Slip(
        "leaves out the first reward",
        "The first reward is missing. It counts in full, γ⁰ = 1: the steps are numbered from 0, as Python counts.",
        lambda rewards, gamma: sum(gamma**t * r for t, r in enumerate(rewards) if t),
        (lambda rewards, gamma: sum(gamma**t * r for t, r in enumerate(rewards[1:])),),
    ),
    Slip(
        "the terms instead of their sum",
        "These are the terms, each with the right discount: add them up. The return is one number for the episode.",
        lambda rewards, gamma: [gamma**t * r for t, r in enumerate(rewards)],
    ),
    Slip(
        "the returns from every step",
        "These are the returns from each step on, and all of them are right. Wanted is the one from the beginning, "
        "which is the first of them.",
        _from_every_step,
    ),
)


def _case(about: str, rewards: list[float], gamma: float, note: str) -> Case:
    return Case(about, {"rewards": rewards, "gamma": gamma}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    long = torch.randn(60, generator=generator, dtype=torch.float64).tolist()
    return (
        _case("one step", [1.0], 0.9, "The first reward counts in full, whatever γ is."),
        _case("the reward comes one step later", [0.0, 1.0], 0.9, "One step later a reward counts γ times."),
        _case("two steps later", [0.0, 0.0, 1.0], 0.5, "Two steps later it counts γ·γ times."),
        _case("three rewards", [1.0, 2.0, 4.0], 0.5, "By hand: 1 + 0.5 · 2 + 0.25 · 4."),
        _case("γ = 0: only the first reward counts", [-1.0, 2.0, 3.0], 0.0, "γ⁰ is 1 even where γ is 0."),
        _case("γ = 1: all rewards count alike", [1.0, 1.0, 1.0], 1.0, "With γ = 1 the return is the plain sum."),
        _case(
            "a way out of the maze", [-0.01, -0.01, -0.06, -0.01, 0.99], 0.95, "All of it at once, by small numbers."
        ),
        _case("a long episode", long, 0.99, "The same with sixty rewards of either sign."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    gammas, walk = grid(0, 1), [-0.01] * 9 + [1.0]
    line = [float(mine(walk, gamma)) for gamma in gammas]
    return Curves("Your return of ten actions, the last of which pays 1, as γ grows.", "γ", gammas, {"G": line})


EXERCISE = Exercise(
    name="discounted_return",
    title="The discounted return of an episode",
    notebook="02",
    place=2,
    minutes=8,
    difficulty="easy",
    returns="a single number",
    reference=discounted_return,
    sources=(discounted_return, discounted_returns),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "Write the sum for three rewards by hand: r₀ + γ·r₁ + γ²·r₂. What is the exponent of γ at step t?",
        "`enumerate(rewards)` gives each reward together with its t. Multiply the reward by `gamma**t`, and add up.",
        "There is also a way without powers: begin with `G = 0.0`, go over the rewards from the last to the first, "
        "and let `G = reward + gamma * G`. That is how the course does it for many episodes at once.",
    ),
    picture=_picture,
)

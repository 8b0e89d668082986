"""Twenty rounds on one batch: promise and truth, two hundred actions and their ratios, and the robot, all at once.

A robot goes through one batch again and again, without a clip and with several: `record_update` has written all of it
down. The promise is the mean of ρ·A over the batch, the truth the exact value of the policy, the arrow of a dot the
gradient of what is maximised by log π_θ(a|s), by autograd. Left out: what the entropy bonus pushes, and other batches.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.arguments import check_choice
from rlcourse.equations import kl_k3, surrogate
from rlcourse.experiments.recipes import the_maze
from rlcourse.explorables.clipping.batch_of_ratios import RecordedUpdate, record_update
from rlcourse.explorables.clipping.rounds import Rounds, record_without_clip
from rlcourse.explorables.clipping.twenty_rounds_panels import FLOOR, ROOF, panels_of
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.maze_map import maze_drawing, maze_grids, ways_as_arrows
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.usual import usual_settings

EPSILONS, ROUNDS = (0.1, 0.2, 0.3, 0.5), 20
"""What is recorded where nothing is given."""
DOTS, ARROWS = 200, 8
"""How many actions are shown, and of how many of them one shows how it is pushed: more arrows would be a blot."""
PUSH, LONGEST = 0.16, 0.5
"""How long an arrow is for a push of 1, and at most, in doublings of the ratio."""

FREE = (
    "<b>Try this:</b> press ▶, or drag the line in the first picture along the rounds. <b>Watch:</b> each dot is an "
    "action of the batch, green where it was better than expected, purple where worse; an arrow, which one in eight "
    "shows, is how hard it is pushed. Where do the dots end up? And up to which round do promise and truth go together?"
)
FENCED = (
    "<b>Try this:</b> press ▶, then drag one of the two fences in the picture of the dots, or choose another ε. "
    "<b>Watch:</b> which dots get a rim at the fence, as nothing pushes them any more, what those outside do on "
    "the wrong side (thick arrows: pushed back), and whether the fence holds the dots. What becomes of the truth?"
)


def twenty_rounds(free: RecordedUpdate | None = None, held: RecordedUpdate | None = None) -> Bench:
    """The explorable: rounds to play or drag, and with `held` two fences to drag; all drawn in the browser.

    Args:
        free: one batch, learned from without a clip: `record_without_clip()`; the usual when None, with a clip
            beside it.
        held: the same batch with several clip ranges; None to show what happens without.

    Raises:
        ValueError: the two were recorded on different batches, or for different numbers of steps.
    """
    rounds = _recorded(free, held)
    return bench(FENCED if rounds.held else FREE, twenty_rounds_plot(rounds), controls_of(rounds))


def twenty_rounds_figure(
    free: RecordedUpdate | None = None,
    held: RecordedUpdate | None = None,
    *,
    round: float | int = 0,
    clip: str = "none",
) -> Figure:
    """The same picture of one state, for print.

    Args:
        free: see `twenty_rounds`.
        held: see `twenty_rounds`.
        round: how many times through the batch, in halves.
        clip: the clip range in words, "0.2" or "none".

    Raises:
        ValueError: the round or the clip range was not recorded; see also `twenty_rounds`.
    """
    rounds = _recorded(free, held)
    words = _words(rounds.fences)
    check_choice("clip", clip, words)
    fence = {"fence": words.index(clip)} if rounds.held else {}
    return draw_figure(twenty_rounds_plot(rounds), state_of(controls_of(rounds), round=round, **fence))


def controls_of(rounds: Rounds) -> tuple[Slider | Choice, ...]:
    """The rounds, and the fences where there are any: that of 0.2, or the first."""
    slider = Slider("round", "rounds", rounds.rounds, start=0, readout=".1f", exact=True, play=True)
    if rounds.held is None:
        return (slider,)
    start = rounds.fences.index(0.2) if 0.2 in rounds.fences else 0
    return slider, Choice("fence", "clip range ε:", _words(rounds.fences), start=start, buttons=True)


def _words(fences: Sequence[float | None]) -> tuple[str, ...]:
    return tuple("none" if epsilon is None else f"{epsilon:g}" for epsilon in fences)


def _recorded(free: RecordedUpdate | None, held: RecordedUpdate | None) -> Rounds:
    if free is None and held is not None:
        raise ValueError("held must come with free, the same batch without a clip")
    return _usual() if free is None else Rounds(free, held)


@cache
@usual_settings()
def _usual() -> Rounds:
    return Rounds(record_without_clip(rounds=ROUNDS), record_update(EPSILONS, epochs=ROUNDS))


def picked_dots(rounds: Rounds) -> Int[Tensor, "dots"]:
    """Which actions of the batch are shown, drawn once."""
    count = len(rounds.free.old_logprobs)
    return torch.randperm(count, generator=torch.Generator().manual_seed(0))[:DOTS]


@usual_settings()
def twenty_rounds_plot(rounds: Rounds) -> Plot:
    """Curves, dots, maps and words, for every fence and round."""
    arrays = _curves(rounds) | _gauges(rounds) | _dots(rounds) | _maps(rounds)
    fences = len(rounds.fences)
    choices = {"whose": Words(("fence",), np.arange(fences), _whose(rounds.fences))}
    choices["gauges"] = Words(("fence",), (np.arange(fences) == fences - 1).astype(int), GAUGES)
    choices["further"] = Words(
        ("fence", "round"), (arrays["beyond"].values > 0).astype(int), ("", "← {beyond:.0f} more")
    )
    if not rounds.held:  # one fence only, and nobody chooses it
        arrays, choices = ({name: _without_fence(one) for name, one in some.items()} for some in (arrays, choices))
    return Plot(
        grids={
            **({"fence": tuple(range(fences))} if rounds.held else {}),
            **{"round": rounds.rounds, "time": rounds.rounds},
            **{"dot": tuple(range(len(arrays["dot_y_good"].values)))},
            **maze_grids(the_maze()),
        },
        arrays=arrays | maze_drawing(the_maze()),
        choices=choices,
        panels=panels_of(the_maze(), arrays, fenced=rounds.held is not None),
        readouts=(
            "After {round:.1f} rounds, {whose}: the batch promises {promise:+.3f}; true is a change of {truth:+.3f}.",
            "{gauges} KL(π_old‖π_θ) ≈ {kl:.3f} nats.",
            "An arrow is ρ·A: where the action has become rare, little is left of it."
            + " No push at all: a rim around the dot." * (rounds.held is not None),
            "On a map an arrow is the likeliest way out of its cell, as long as it is likely. Blue: the value of the "
            "cell has risen since the first round; orange: it has fallen.",
        ),
        alt=(
            "Two plots over the rounds on one batch, promise and truth; 200 actions as dots over their ratios; maps of "
            "the maze. After {round:.1f} rounds, {whose}, the batch promises {promise:+.3f}, and the true value has "
            "changed by {truth:+.3f}. {gauges} The approximate KL is {kl:.3f} nats."
        ),
    )


GAUGES = (
    "Of all actions of the batch {outside:.0f} % are outside the fences (the clip fraction): {flat:.0f} % get no push "
    "any more, and {back:.0f} % are outside on the wrong side, and pushed back.",
    "No fence: every action is pushed on, however far it has come.",
)


def _whose(fences: Sequence[float | None]) -> tuple[str, ...]:
    return tuple("without a clip" if epsilon is None else f"with ε = {epsilon:g}" for epsilon in fences)


def _without_fence(one: Array | Words) -> Array | Words:
    """The same for the only fence there is."""
    if "fence" not in one.dims:
        return one
    texts = (one.texts,) if isinstance(one, Words) else ()
    return type(one)(one.dims[1:], np.asarray(one.values[0]), *texts)


def _curves(rounds: Rounds) -> dict[str, Array]:
    """Promise and truth at every round, of the fence that is chosen and without one."""
    old, advantages = (one.expand_as(rounds.logprobs) for one in (rounds.free.old_logprobs, rounds.free.advantages))
    promise = surrogate(rounds.logprobs, old, advantages).mean(-1).numpy()
    at_home = rounds.values[:, :, the_maze().open_states].mean(-1)
    promise[:, 0] = 0.0  # ρ is 1, and the advantages have the mean 0 but for rounding
    both = {"promise": promise, "truth": at_home - at_home[:, :1]}
    arrays = {name: Array(("fence", "round"), values) for name, values in both.items()}
    arrays |= {f"{name}_curve": Array(("fence", "time"), values) for name, values in both.items()}
    arrays |= {f"{name}_free": Array(("time",), values[-1]) for name, values in both.items()}
    return arrays | {f"{name}_free_now": Array(("round",), values[-1]) for name, values in both.items()}


def _gauges(rounds: Rounds) -> dict[str, Array]:
    """Of the whole batch: who is outside, who gets no push, who is pushed back; in percent. And the KL."""
    good_or_bad, flat = rounds.free.advantages != 0, rounds.pushes == 0
    counted = {
        "outside": rounds.outside,
        "flat": flat & good_or_bad,
        "back": rounds.outside & ~flat & good_or_bad,
    }
    arrays = {name: Array(("fence", "round"), 100 * each.double().mean(-1).numpy()) for name, each in counted.items()}
    kl = kl_k3(rounds.free.old_logprobs.expand_as(rounds.logprobs), rounds.logprobs).mean(-1).numpy()
    return arrays | {"kl": Array(("fence", "round"), kl)}


def _dots(rounds: Rounds) -> dict[str, Array]:
    """Where the dots stand, in doublings of their ratio, and their arrows; and the fences."""
    picked, everywhere = picked_dots(rounds), ("fence", "round", "dot")
    advantages = rounds.free.advantages[picked]
    doublings = rounds.log_ratios[..., picked] / np.log(2)
    pushes, outside = rounds.pushes[..., picked], rounds.outside[..., picked]
    x = doublings.clamp(FLOOR, ROOF).numpy()
    arrow = (PUSH * pushes).clamp(-LONGEST, LONGEST).numpy()
    y, done, good = _in_order(advantages), (pushes == 0).numpy(), advantages.numpy() > 0
    silent = y.argsort().argsort() % ARROWS > 0
    edges = [(1.0, 1.0) if e is None else (np.log2(1 - e) / FLOOR, np.log2(1 + e) / ROOF) for e in rounds.fences]
    low, high = np.array(edges).T
    return {
        "dot_x": Array(everywhere, x),
        "done_x": Array(everywhere, np.where(done, x, np.nan)),
        "push": Array(everywhere, np.where(outside | silent, 0, arrow)),
        "push_back": Array(everywhere, np.where(outside, arrow, 0)),
        "dot_y": Array(("dot",), y),
        "dot_y_good": Array(("dot",), np.where(good, y, np.nan)),
        "dot_y_bad": Array(("dot",), np.where(good, np.nan, y)),
        "beyond": Array(("fence", "round"), (doublings < FLOOR).sum(-1).double().numpy()),
        "fence_low": Array(("fence",), FLOOR * low),
        "fence_high": Array(("fence",), ROOF * high),
    }


def _in_order(advantages: Float[Tensor, "dots"]) -> Float[np.ndarray, "dots"]:
    """The place of each among those of its sign: from just beside 0 to the best at 1, and to the worst at −1."""
    order = np.zeros(len(advantages))
    for sign in (1, -1):
        mine = (sign * advantages > 0).numpy()
        size = advantages[mine].abs()
        order[mine] = sign * (size.argsort().argsort().numpy() + 1) / max(1, len(size))
    return order


def _maps(rounds: Rounds) -> dict[str, Array]:
    """Of each cell: how its value has changed, and the likeliest way out as an arrow around its middle."""
    values = rounds.values.reshape(*rounds.values.shape[:2], -1, NUM_HEADINGS).mean(-1)  # [F, S, cells]
    drawn = {"change": values - values[:, :1]} | ways_as_arrows(the_maze(), rounds.ways)
    arrays = {name: Array(("fence", "round", "cell"), each) for name, each in drawn.items()}
    return arrays | {f"{name}_free": Array(("round", "cell"), each[-1]) for name, each in drawn.items()}

"""PPO measured: what a batch promises, what is true, and training runs as ε turns.

And one table, of the six cases that the clipped objective tells apart.

Left out: the runs themselves, which notebook 06 makes.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms import History
from rlcourse.equations import kl_k3, surrogate
from rlcourse.experiments.recipes import the_maze
from rlcourse.explorables.clipping.batch_of_ratios import RecordedUpdate
from rlcourse.maze import solve
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LEVEL, OKABE_ITO, in_our_style, new_figure, tidy
from rlcourse.showing.table import Table
from rlcourse.showing.words import minus

GAMMA = 0.99


def promise(recorded: RecordedUpdate) -> Float[np.ndarray, "S"]:
    """The mean of ρ·A over the batch, for the first clip range: what the batch says has been gained so far."""
    old, advantages = (t.expand_as(recorded.logprobs[0]) for t in (recorded.old_logprobs, recorded.advantages))
    return surrogate(recorded.logprobs[0], old, advantages).mean(-1).numpy()


def truth(recorded: RecordedUpdate) -> Float[np.ndarray, "S"]:
    """The exact value of the policy, averaged over all places to start from, less what it was before the update."""
    states = the_maze().open_states
    values = [solve(the_maze(), gamma=GAMMA, policy=table.numpy()).V[states].mean() for table in recorded.policies[0]]
    return np.array(values) - values[0]


def moved(recorded: RecordedUpdate) -> Float[np.ndarray, "S"]:
    """KL(π_old‖π_θ) so far, estimated from the batch by k3 as PPO logs it, in nats."""
    return kl_k3(recorded.old_logprobs.expand_as(recorded.logprobs[0]), recorded.logprobs[0]).mean(-1).numpy()


@in_our_style
def sweep_picture(runs: Mapping[str, Sequence[History]], *, metric: str, best: float, limit: float) -> Picture:
    """Return, KL per update and clip fraction of training runs, side by side for each clip range; one dot a seed.

    Args:
        runs: the clip range in words, and the histories of its runs.
        metric: the column of the history that says how good the policy is; its last number is shown.
        best: the best that is possible, drawn as a line.
        limit: a KL to compare with, such as TRPO's limit, drawn as a line.
    """
    figure = new_figure(9.6, 3.2)
    returns, kls, clipped = figure.subplots(1, 3)
    places = range(len(runs))
    said = []
    for place, (label, histories) in zip(places, runs.items(), strict=True):
        last = [history.last(metric) for history in histories]
        kl = np.array([history["approx_kl"] for history in histories])
        fraction = [np.nanmean(history["clip_fraction"]) for history in histories]
        dots = {"ls": "", "marker": "o", "ms": 7, "alpha": 0.75, "color": OKABE_ITO["blue"]}
        returns.plot([place] * len(last), last, **dots)
        kls.plot([place] * len(kl), np.nanmean(kl, axis=1), **dots)
        kls.plot([place] * len(kl), np.nanmax(kl, axis=1), **dots | {"marker": "^", "color": OKABE_ITO["vermillion"]})
        clipped.plot([place] * len(fraction), fraction, **dots)
        end = f"{np.mean(last):.2f}".replace("-", "−")
        said.append(f"ε {label}: return {end}, KL {np.nanmean(kl):.3f}, clipped {np.mean(fraction):.0%}")
    for axes, title in ((returns, "Expected return at the end"), (kls, "KL(π_old‖π) of an update, nats"),
                        (clipped, "Clip fraction")):  # fmt: skip
        tidy(axes, title=title.replace("π_old", "π$_{\\mathrm{old}}$"), grid="y", xlabel="clip range ε")
        axes.set_xticks(list(places), [name.replace(" ", "\n") for name in runs])
        axes.margins(x=0.12)
    kls.set_yscale("log")
    kls.plot([], [], **dots, label="mean")
    kls.plot([], [], **dots | {"marker": "^", "color": OKABE_ITO["vermillion"]}, label="largest")
    kls.legend()
    low, _ = returns.get_ylim()
    returns.set_ylim(low, best + 0.16 * (best - low))  # the words above the line stay below the title
    for axes, level, words in ((returns, best, "best possible"), (kls, limit, "TRPO’s limit")):
        axes.axhline(level, **LEVEL)
        axes.annotate(words, (0.99, level), xycoords=("axes fraction", "data"), xytext=(0, 4), fontsize=10,
                      textcoords="offset points", ha="right")  # fmt: skip
    clipped.set_ylim(0, None)
    return Picture(figure, "Three plots over the clip range, a dot for each seed. " + "; ".join(said) + ".")


CASES = ("case", "action was", "ratio ρ", "it …", "objective", "the update pushes it", "a clip alone")
"""The columns of `cases_table`."""
_STORIES = (
    ("likelier by more than ε: enough", "became less likely, by mistake"),
    ("less likely by more than ε: enough", "became likelier, by mistake"),
)
"""What happened to a good action, and to a bad one: it went far the right way, or the wrong way."""


def cases_table(
    ratios: Float[Tensor, "K"],
    advantages: Float[Tensor, "K"],
    *,
    objective: Float[Tensor, "K"],
    slope: Float[Tensor, "K"],
    slope_of_clip: Float[Tensor, "K"],
) -> Table:
    """The cases of the clipped objective in words: what happened to an action, and which way it is pushed now.

    Args:
        ratios: π_θ/π_old of each action; 1, or outside the band.
        advantages: A of each action, not 0.
        objective: what is counted for it.
        slope: the slope of the objective by the ratio.
        slope_of_clip: the slope that a clip without a min would have.
    """
    rows = []
    columns = (column.tolist() for column in (ratios.detach(), advantages, objective.detach(), slope, slope_of_clip))
    for number, (r, a, value, push, push_of_clip) in enumerate(zip(*columns, strict=True), start=1):
        story = "where it was" if r == 1 else _STORIES[int(a < 0)][int((r > 1) != (a > 0))]
        action = f"{'good' if a > 0 else 'bad'}, A = {minus(f'{a:g}')}"
        pushes = f"**{_push(push)}**", _push(push_of_clip)
        rows.append((str(number), action, f"{r:.1f}", story, minus(f"{value:+.1f}"), *pushes))
    return Table(CASES, tuple(rows))


def _push(slope: float) -> str:
    return "no push" if slope == 0 else "↑ likelier" if slope > 0 else "↓ less likely"

"""What each token's gradient weighs under GRPO, Dr. GRPO, DAPO, GSPO, CISPO and RLOO, for four answers to drag.

    weights_per_token()

Every weight is minus the derivative of the real loss by the log-probability of a token: `GRPO.update` is run on the
four answers, for each member of the family, with a policy that is nothing but those log-probabilities. Lengths,
rewards and ratios are too many for a grid, so the kernel answers. Left out: KL term and bonus, the same for all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.algorithms import GRPO, Episodes
from rlcourse.experiments import FAMILY
from rlcourse.explorables.plotting.answered import answered
from rlcourse.explorables.plotting.bench import Bench, Held, Slider, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Bars, Choice, Handle, Line, Panel, Plot, Point, Rule, Text
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

ANSWERS, LONGEST = "ABCD", 10
LENGTHS = tuple(range(2, LONGEST + 1))
REWARDS = (0.0, 0.25, 0.5, 0.75, 1.0)
STARTS = {"A": (3, 1.0), "B": (9, 1.0), "C": (4, 0.0), "D": (10, 0.0)}
"""Length and reward of each answer, as it opens: short and long ones, right and wrong."""
EPSILONS = tuple(round(0.05 * i, 2) for i in range(1, 17))
GAP = 1.6
"""Between the tokens of two answers, in tokens."""
REACH = 20
"""Where the axis of the weights ends, in percent."""
MOVES = torch.tensor(
    [
        [0.00, 0.55, -0.10, 0.30, 0.15, 0.70, -0.25, 0.40, 0.10, 0.25],
        [0.35, -0.15, 0.20, 0.60, 0.05, 0.30, 0.75, -0.20, 0.15, 0.40],
        [-0.40, 0.10, -0.65, -0.20, 0.25, -0.50, -0.30, -0.10, -0.45, 0.05],
        [-0.15, -0.55, 0.20, -0.35, -0.70, -0.05, -0.30, 0.15, -0.60, -0.25],
    ],
    dtype=torch.float64,
)
"""log ρ of each token once the policy has moved all the way: mostly as its answer was paid at first, not all alike."""
TITLES = {
    "GRPO": "GRPO: 1/|o|, and a clip",
    "Dr. GRPO": "Dr. GRPO: no 1/|o|, no std",
    "DAPO": "DAPO: one mean, 1 + ε_high",
    "GSPO": "GSPO: one ratio an answer",
    "CISPO": "CISPO: clips the weight only",
    "RLOO": "RLOO: no ratio, no clip",
}
TRY_THIS = (
    "<b>Try this:</b> the answers are fresh: how many different pictures do the six make? Drag D to fewer tokens, and "
    "B to no reward. Then let the policy move, and pull the first token of A up in the ratios. <b>Watch:</b> whose "
    "tokens weigh more because their answer is short, and which of the six drop a token (◆) that has gone far."
)


def controls() -> tuple[Slider | Held, ...]:
    """Two for each answer, the rare token's ratio, both ends of the band, and how far the policy has moved."""
    held = []
    for name, (length, reward) in STARTS.items():
        held.append(Held(f"length_{name}", f"tokens of answer {name}", LENGTHS, length))
        held.append(Held(f"reward_{name}", f"reward of answer {name}", REWARDS, reward))
    way, ratios = (tuple(i / 10 for i in steps) for steps in (range(11), range(2, 25)))
    return (
        Slider("moved", "how far the policy has moved", way, start=0.0, readout=".1f", play=True),
        *held,
        Held("rare", "ratio of A’s first token", ratios, 1.0),
        Held("epsilon", "clip range ε", EPSILONS[:10], 0.2),
        Held("epsilon_high", "upper clip range of DAPO and CISPO", EPSILONS, 0.3),
    )


def weights_per_token() -> Bench:
    """The explorable: four answers to drag, a band, and six pictures of what their tokens weigh."""
    return answered(TRY_THIS, weights_per_token_plot, controls())


def weights_per_token_figure(**values: float | int) -> Figure:
    """The same picture for print, as it opens or with some values changed, such as `moved=0.6, length_A=8`."""
    state = state_of(controls(), **values)
    return draw_figure(weights_per_token_plot(state), state)


class Written(torch.nn.Module):
    """A policy that is nothing but the log-probabilities of the tokens that were written."""

    def __init__(self, logprobs: Float[Tensor, "B T"]) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(logprobs.clone())

    def parameters(self, recurse: bool = True) -> Iterator[torch.nn.Parameter]:
        """The table."""
        yield self.table

    def logprobs(self, episodes: Episodes, *, temperature: float = 1.0) -> Float[Tensor, "B T"]:
        """Of the rows that are asked for."""
        return self.table[episodes.observations["row"]]


def group_of(state: Mapping[str, float]) -> tuple[Episodes, Float[Tensor, "B T"]]:
    """The four answers, as they were written, and log ρ of their tokens."""
    lengths = torch.tensor([round(state[f"length_{name}"]) for name in ANSWERS])
    rewards = torch.tensor([state[f"reward_{name}"] for name in ANSWERS], dtype=torch.float64)
    mask = torch.arange(LONGEST) < lengths[:, None]
    logratio = state["moved"] * MOVES
    logratio[0, 0] = np.log(state["rare"])
    old = torch.where(mask, -1.5, 0.0).double()
    rows = {"row": torch.arange(len(ANSWERS))}
    group = Episodes(rows, torch.zeros_like(mask, dtype=torch.long), mask, old, rewards, len(ANSWERS))
    return group, torch.where(mask, logratio, 0.0)


def pushes(name: str, state: Mapping[str, float]) -> Float[Tensor, "B T"]:
    """By how much a member of the family raises the log-probability of each token: minus the gradient of its loss."""
    member, (group, logratio) = FAMILY[name].make(max_grad_norm=torch.inf), group_of(state)
    mine = FAMILY[name].settings
    band = {} if mine.get("epsilon") == 1 else {"epsilon": state["epsilon"]}
    band["epsilon_high"] = state["epsilon_high"] if name in ("DAPO", "CISPO") else None
    grpo = GRPO(replace(member.config, **band), **FAMILY[name].functions)
    policy = Written(group.old_logprobs + logratio)
    grpo.update(policy, torch.optim.SGD(policy.parameters(), lr=0.0), group)
    return torch.zeros_like(logratio) if policy.table.grad is None else -policy.table.grad


@usual_settings()
def token_shares(**values: float | int) -> dict[str, Float[Tensor, "B T"]]:
    """Of each member, every token's share of the whole push in percent, with its sign; by the names of the family.

    Args:
        values: What is not as the explorable opens, such as `moved=0.6, length_A=8`.
    """
    state = state_of(controls(), **values)
    return {name: _shares(pushes(name, state)) for name in FAMILY}


def _shares(weights: Float[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    whole = weights.abs().sum()
    return 100 * weights / whole if whole > 0 else weights


@usual_settings()
def weights_per_token_plot(state: Mapping[str, float]) -> Plot:
    """The answers, their ratios, and each token's share of the whole push under each member."""
    group, logratio = group_of(state)
    mask, rewards = group.mask.flatten(), group.rewards
    token, places = ("token",), np.arange(LONGEST)[None] + (LONGEST + GAP) * np.arange(len(ANSWERS))[:, None]
    at = np.where(mask, places.flatten() + 1, np.nan)
    arrays = {
        "at": Array(token, at),
        "ratio": Array(token, np.where(mask, logratio.exp().flatten(), np.nan)),
        "rare_at": Array((), np.array(1.0)),
        "rare_height": Array((), np.array(max(state["rare"], 1.55))),
        "band_low": Array(("epsilon",), 1 - np.array(EPSILONS[:10])),
        "band_high": Array(("epsilon",), 1 + np.array(EPSILONS[:10])),
        "higher": Array(("epsilon_high",), 1 + np.array(EPSILONS)),
        "mean": Array((), rewards.mean().numpy()),
    }
    arrays |= {f"beside_{name}": Array((f"length_{name}",), np.array(LENGTHS) + 0.45) for name in ANSWERS}
    differ = bool((rewards != rewards[0]).any())
    for name in FAMILY:
        arrays |= _of_member(name, pushes(name, state), group)
    grids = {control.name: control.grid for control in controls()} | {"token": tuple(range(len(mask)))}
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={
            **{f"{_key(name)}_many": _many(name, arrays) for name in FAMILY},
            "verdict": Choice(
                (),
                np.array(int(differ)),
                (
                    "All four are paid alike. Nobody is better than the group, and no token weighs anything.",
                    f"Tokens that are dropped: {_told('dropped', ':.0f')}.",
                ),
            ),
        },
        panels=(_answers(), _ratios(), *map(_weights, FAMILY)),
        readouts=(
            "Mean reward {mean:.2f}. {verdict}",
            f"A token of A weighs as much as so many of D’s, on average: {_told('many')}.",
        ),
        alt=(
            "Four answers by length and reward, the ratios of their tokens, and six pictures with each token’s share "
            "of the whole push. {verdict}"
        ),
    )


def _told(what: str, digits: str = "") -> str:
    """A number of each member, as a template."""
    return ", ".join(f"{name} {{{_key(name)}_{what}{digits}}}" for name in FAMILY)


def _many(name: str, arrays: Mapping[str, Array]) -> Choice:
    """How often D's weight goes into A's, in words: there is no such number where D weighs nothing."""
    times = arrays[f"{_key(name)}_times"].values
    which = np.select([np.isnan(times), np.isinf(times)], [2, 1], 0)
    return Choice((), which, (f"{{{_key(name)}_times:.1f}}", "∞", "–"))


def _key(name: str) -> str:
    """A member's name as part of an array's."""
    return name.replace(". ", "_")


def _of_member(name: str, weights: Float[Tensor, "B T"], group: Episodes) -> dict[str, Array]:
    """Each token's share of the whole push in percent, which tokens are dropped, and how A's compare with D's."""
    share = _shares(weights)
    drawn = share.clamp(-REACH, REACH).flatten().numpy()
    judged = (group.rewards - group.rewards.mean()).abs() > 1e-9  # whose advantage is not 0
    dropped = (group.mask & judged[:, None] & (weights == 0)).flatten().numpy()
    beyond = (share.abs() > REACH).flatten().numpy()
    per_token = weights.abs().sum(1) / group.mask.sum(1)
    token, name = ("token",), _key(name)
    return {
        f"{name}_share": Array(token, share.flatten().numpy()),
        f"{name}_up": Array(token, np.maximum(drawn, 0.0)),
        f"{name}_down": Array(token, np.minimum(drawn, 0.0)),
        f"{name}_cross": Array(token, np.where(dropped, 0.0, np.nan)),
        f"{name}_beyond": Array(token, np.where(beyond, 0.93 * drawn, np.nan)),
        f"{name}_dropped": Array((), np.array(float(dropped.sum()))),
        f"{name}_times": Array((), (per_token[0] / per_token[3]).numpy()),
    }


def _under_answers(label: str = "") -> Axis:
    middles = tuple((LONGEST + 1) / 2 + (LONGEST + GAP) * i for i in range(len(ANSWERS)))
    return Axis(label, 0.2, middles[-1] + LONGEST / 2 + 0.3, tuple(ANSWERS), middles)


def _answers() -> Panel:
    places = [(f"length_{name}", f"reward_{name}") for name in ANSWERS]
    return Panel(
        title="Four answers to one question",
        x=Axis("tokens in the answer", 1.2, LONGEST + 1.2),
        y=Axis("reward", -0.2, 1.25),
        marks=(
            Rule(y="mean", label="mean of the group", dash="dashed", width=2),
            *(Point(x, y, colour="green") for x, y in places),
            *(Text(f"beside_{name}", f"reward_{name}", name, anchor="start") for name in ANSWERS),
        ),
        of_row=1 / 3,
        handles=tuple(Handle((x, y), x=x, y=y) for x, y in places),
    )


def _ratios() -> Panel:
    return Panel(
        title="How much likelier is each token now?",
        x=_under_answers("tokens of each answer"),
        y=Axis("ratio ρ", 0, 2.5),
        marks=(
            Bars("at", "ratio", along="token", colour="sky", base=1.0),
            Rule(y=1.0),
            Rule(y="band_high", label="1 ± ε", dash="dashed", colour="ink"),
            Rule(y="band_low", dash="dashed", colour="ink"),
            Rule(y="higher", label="1 + ε_high", dash="dashdot", colour="purple"),
            Text(2.6, "rare_height", "← A’s first token", anchor="start"),
        ),
        of_row=2 / 3,
        handles=(
            Handle("epsilon", y="band_high", grip=0.30),
            Handle("epsilon", y="band_low", grip=0.30),
            Handle("epsilon_high", y="higher", grip=0.62),
            Handle("rare", x="rare_at", y="rare"),
        ),
    )


def _weights(name: str) -> Panel:
    title, name = TITLES[name], _key(name)
    return Panel(
        title=title,
        x=_under_answers(),
        y=Axis("% of the whole push", -REACH - 1, REACH + 1),
        marks=(
            Bars("at", f"{name}_up", along="token", label="likelier", colour="blue"),
            Bars("at", f"{name}_down", along="token", label="less likely", colour="vermillion", hatch="striped"),
            Line("at", f"{name}_cross", along="token", label="dropped", colour="ink", marker="diamond", width=0),
            Line("at", f"{name}_beyond", along="token", colour="ink", marker="triangle", width=0),
            Rule(y=0),
        ),
        of_row=1 / 3,
        height=230,
    )

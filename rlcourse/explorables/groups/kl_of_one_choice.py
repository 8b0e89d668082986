"""KL of one choice, to drag: π and π_ref over four tokens, and k1, k2 and k3 in value, in variance and as losses.

All numbers are `categorical_kl`, `kl_k1`, `kl_k2` and `kl_k3` of `rlcourse.equations`, summed over all four tokens
instead of being sampled; the gradients are autograd's, by the logits of π. Eight probabilities are too many for a grid,
so the kernel answers. Left out: answers of more than one token, which `kl_of_two_tokens` has.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.equations import categorical_kl, kl_k1, kl_k2, kl_k3, surrogate
from rlcourse.explorables.groups.two_policies import names_of_bars, two_policies_panel
from rlcourse.explorables.plotting import bench
from rlcourse.explorables.plotting.answered import answered
from rlcourse.explorables.plotting.plot import Array, Axis, Bars, Choice, Line, Panel, Plot, Rule, Text
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

TOKENS = ("yes", "no", "hm", "?")
PI, REF = (0.60, 0.30, 0.08, 0.02), (0.15, 0.35, 0.30, 0.20)
"""Where both policies begin."""
LEAST, MOST = 0.01, 0.97
"""Of a probability: so that no logarithm is infinite, and all four add up to 1."""
CHANCES = tuple(round(0.01 * i, 2) for i in range(1, 98))
NAMES = names_of_bars(4)
Estimate = Callable[[Tensor, Tensor], Tensor]
KINDS = ("zero", "that of KL(π‖π_ref)", "that of KL(π_ref‖π)", "neither KL’s")
"""What the gradient of an estimate can be."""
LOOKS = {"k1": ("vermillion", "circle", -0.22), "k2": ("blue", "square", 0.0), "k3": ("ink", "triangle", 0.22)}
"""Colour, marker and place beside each other."""
LOWEST, HIGHEST = -5, 8
"""Of the axis of values, nats. k1 never leaves it; where k2 or k3 does, its number stands at the upper edge."""
AT_THE_EDGE = {"k2": 6.5, "k3": 7.3}
"""How high the numbers stand."""

TRY_THIS = (
    "<b>Try this:</b> drag bars of <i>π</i> onto those of <i>π</i><sub>ref</sub>, one by one; then pull π’s “?” down "
    "to almost nothing and π<sub>ref</sub>’s up. <b>Watch:</b> which estimates are negative for some token, whose mean "
    "lies on the dashed line, and on which bars each marker sits on the right. Then multiply by the ratio. "
    "(An arrow up says that a marker has left the picture, and its number.)"
)


def controls() -> tuple:
    """A handle for each probability, and buttons for the weight."""
    starts = (*PI, *REF)
    of = [f"{'π' if i < 4 else 'π_ref'} of {TOKENS[i % 4]}" for i in range(8)]
    held = [bench.Held(name, label, CHANCES, start) for name, label, start in zip(NAMES, of, starts, strict=True)]
    weight = bench.Choice("weighted", "as losses", ("as they stand", "times the ratio ρ"), start=0, buttons=True)
    return (*held, weight)


def kl_of_one_choice(*, k3: Estimate = kl_k3) -> bench.Bench:
    """The explorable: eight bars to drag.

    Args:
        k3: With the signature of `rlcourse.equations.kl_k3`; a learner's own, say.
    """
    return answered(TRY_THIS, lambda state: kl_of_one_choice_plot(state, k3=k3), controls(), settle=settle)


def kl_of_one_choice_figure(*, weighted: int = 0) -> Figure:
    """The same picture as it opens, for print; with `weighted` = 1 the losses are times the ratio."""
    state = bench.state_of(controls(), weighted=weighted)
    return draw_figure(kl_of_one_choice_plot(state), state)


def settle(state: Mapping[str, float], moved: str) -> dict[str, float]:
    """The other three of the same policy share what is left, in the proportions that they had."""
    if moved == "weighted":
        return dict(state)
    others = [name for name in NAMES if name.split("_")[0] == moved.split("_")[0] and name != moved]
    above = np.array([max(0.0, state[name] - LEAST) for name in others])
    shares = above / above.sum() if above.sum() > 0 else np.full(3, 1 / 3)
    left = max(0.0, 1 - state[moved] - 3 * LEAST)
    return {**state, **dict(zip(others, (LEAST + left * shares).tolist(), strict=True))}


@usual_settings()
def kl_of_one_choice_plot(state: Mapping[str, float], *, k3: Estimate = kl_k3) -> Plot:
    """Both policies, what each token would say, and the gradients."""
    chances = torch.tensor([[state[name] for name in NAMES[:4]], [state[name] for name in NAMES[4:]]]).double()
    pi, ref = (chances / chances.sum(1, keepdim=True)).log()
    estimates = {"k1": kl_k1, "k2": kl_k2, "k3": k3}
    values = {name: estimate(pi, ref) for name, estimate in estimates.items()}
    exact, slopes = both_gradients(pi, ref), {n: as_losses(estimate, pi, ref) for n, estimate in estimates.items()}
    token = ("token",)
    arrays = {
        "pi": Array(token, pi.exp().numpy()),
        "ref": Array(token, ref.exp().numpy()),
        "towards": Array(token, exact[0].numpy()),
        "back": Array(token, exact[1].numpy()),
        "exact": Array((), categorical_kl(pi, ref).numpy()),
        "other": Array((), categorical_kl(ref, pi).numpy()),
    }
    for place, shift in (("left", -0.2), ("right", 0.2)):
        arrays[place] = Array(token, np.arange(1, 5) + shift)
    for name in LOOKS:
        arrays |= _of_estimate(name, values[name], slopes[name], pi.exp())
    grids = dict.fromkeys(NAMES, CHANCES) | {"weighted": (0.0, 1.0), "token": (1.0, 2.0, 3.0, 4.0), "end": (0, 1)}
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={
            f"{name}_is": Choice(("weighted",), np.array([which(one, exact) for one in slopes[name]]), KINDS)
            for name in LOOKS
        }
        | {f"{name}_left_{i}": _left(name, values[name][i], i) for name in AT_THE_EDGE for i in range(len(TOKENS))},
        panels=(
            two_policies_panel(title="Two policies", xlabel="token", choices=TOKENS, along="token"),
            _values(),
            _gradients(),
        ),
        readouts=(
            "KL(π‖π_ref) = {exact:.2f} nats; the other way round {other:.2f}. Mean ± standard deviation of the "
            "estimates: k1 {k1_mean:.2f} ± {k1_std:.2f},  k2 {k2_mean:.2f} ± {k2_std:.2f},  k3 {k3_mean:.2f} ± "
            "{k3_std:.2f}.",
            "Expected gradients as losses: k1’s is {k1_is}, k2’s is {k2_is}, k3’s is {k3_is}.",
        ),
        alt=(
            "First picture: π and π_ref over four tokens. Second: what k1, k2 and k3 say of each token, and their "
            "means {k1_mean:.2f}, {k2_mean:.2f} and {k3_mean:.2f} beside the exact KL of {exact:.2f}. Third: their "
            "gradients as losses: k1’s is {k1_is}, k2’s {k2_is}, k3’s {k3_is}."
        ),
    )


def _of_estimate(
    name: str, values: Float[Tensor, "4"], slopes: Float[Tensor, "2 4"], chances: Float[Tensor, "4"]
) -> dict[str, Array]:
    """What is drawn of one estimate: its values, their mean and spread, and its gradients as a loss."""
    token, end, shift = ("token",), ("end",), LOOKS[name][2]
    mean, std = moments(values, chances)
    drawn = {
        "place": Array(token, np.arange(1, 5) + shift),
        "value": Array(token, values.numpy()),
        "mean": Array((), mean.numpy()),
        "std": Array((), std.numpy()),
        "spread": Array(end, torch.stack([mean - std, mean + std]).numpy()),
        "at": Array(end, np.full(2, 5.2 + shift)),
        "middle": Array(end, mean.expand(2).numpy()),
        "slope": Array(("weighted", "token"), slopes.numpy()),
    }
    single = {f"{name}_of_{i}": Array((), value.numpy()) for i, value in enumerate(values)}
    return {f"{name}_{what}": array for what, array in drawn.items()} | single


def _left(name: str, value: Tensor, i: int) -> Choice:
    """What is written of an estimate at a token: its number where it leaves the picture, else nothing."""
    return Choice((), np.array(int(value > HIGHEST)), ("", f"{name} ↑ {{{name}_of_{i}:.1f}}"))


def moments(values: Float[Tensor, "4"], chances: Float[Tensor, "4"]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation over tokens drawn from π."""
    mean = (chances * values).sum()
    return mean, (chances * (values - mean).square()).sum().sqrt()


def both_gradients(pi: Float[Tensor, "4"], ref: Float[Tensor, "4"]) -> tuple[Tensor, Tensor]:
    """Of KL(π‖π_ref) and of KL(π_ref‖π), by the logits of π."""
    one, other = (pi.clone().requires_grad_() for _ in range(2))
    return (
        torch.autograd.grad(categorical_kl(one, ref), one)[0],
        torch.autograd.grad(categorical_kl(ref, other), other)[0],
    )


def as_losses(estimate: Estimate, pi: Float[Tensor, "4"], ref: Float[Tensor, "4"]) -> Float[Tensor, "2 4"]:
    """The expected gradients of an estimate as a loss: as it stands, and times the ratio π_θ/π_old, which is 1."""
    found = []
    for times_ratio in (False, True):
        logits = pi.clone().requires_grad_()
        logprobs = logits.log_softmax(-1)
        each = estimate(logprobs, ref)
        each = surrogate(logprobs, pi, each) if times_ratio else each
        loss = (pi.exp() * each).sum()  # the draw itself is not differentiated
        found.append(torch.autograd.grad(loss, logits)[0])
    return torch.stack(found)


def which(gradient: Tensor, exact: Sequence[Tensor]) -> int:
    """Which of the `KINDS` it is."""
    for i, one in enumerate((torch.zeros_like(gradient), *exact)):
        if torch.allclose(gradient, one, atol=1e-6):
            return i
    return len(KINDS) - 1


def _values() -> Panel:
    marks = [Rule(y="exact", label="exact KL(π‖π_ref)", dash="dashed", width=2)]
    for name, (colour, marker, _) in LOOKS.items():
        look = {"colour": colour, "marker": marker, "width": 0}
        marks += [
            Line(f"{name}_at", f"{name}_spread", along="end", colour=colour, width=2.5),
            Line(f"{name}_place", f"{name}_value", along="token", label=name, **look),
            Line(f"{name}_at", f"{name}_middle", along="end", **look),
        ]
    for name, height in AT_THE_EDGE.items():
        marks += [Text(i + 1, height, f"{{{name}_left_{i}}}") for i in range(len(TOKENS))]
    return Panel(
        title="Three estimates of their KL",
        x=Axis("what each token says", 0.4, 5.8, (*TOKENS, "mean ± std"), places=(1, 2, 3, 4, 5.2)),
        y=Axis("nats", LOWEST, HIGHEST),
        marks=tuple(marks),
    )


def _gradients() -> Panel:
    marks = [
        Bars("left", "towards", along="token", label="∇KL(π‖π_ref)", colour="sky", width=0.36),
        Bars("right", "back", along="token", label="∇KL(π_ref‖π)", colour="orange", width=0.36, hatch="striped"),
    ]
    for name, (colour, marker, _) in LOOKS.items():
        look = {"colour": colour, "marker": marker, "width": 0}
        marks.append(Line(f"{name}_place", f"{name}_slope", along="token", label=name, **look))
    return Panel(
        title="Their gradients, as losses",
        x=Axis("by the logit of", 0.4, 4.6, TOKENS),
        y=Axis("gradient", -0.8, 0.8),
        marks=tuple(marks),
    )

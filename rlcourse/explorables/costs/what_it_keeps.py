"""What TRPO, PPO and GRPO keep in memory, from the original GPT-2 to 70 billion weights, to turn by hand.

    what_it_keeps()

Every number is `rlcourse.algorithms.keeps`, whose counting notebook 11 holds against measured bytes. Left out: the
splitting over several GPUs, which divides the same bytes.
"""

from collections.abc import Mapping
from itertools import cycle, product

import numpy as np
from matplotlib.figure import Figure

from rlcourse.algorithms import SIZES, Setting, keeps
from rlcourse.explorables.plotting.bench import Bench, Choice, bench, state_of
from rlcourse.explorables.plotting.marks import HATCHES, Axis, Bars, Handle, Line, Panel, Rule, Text
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

ALGORITHMS = ("TRPO", "PPO", "GRPO")
RANK = 16
"""Of LoRA's adapters."""
WEIGHTS = tuple(name.split(", ")[1] for name in SIZES)
"""The sizes in short: "124M"."""
LENGTHS = (128, 512, 2048, 8192, 32768)
"""Tokens of a question with its answer."""
SHOWN = {
    "policy": ("policy", "blue"),
    "value model": ("value model", "sky"),
    "frozen": ("reference, reward model", "green"),
    "gradients": ("gradients", "yellow"),
    "optimiser": ("optimiser", "vermillion"),
    "activations": ("activations", "purple"),
    "KV cache": ("KV cache", "ink"),
}
"""The pieces of a bar from the bottom to the top: what is called how, and its colour. Only pieces have colours."""
MACHINES = {"a laptop: 16 GB": 16, "one GPU: 80 GB": 80, "eight of them: 640 GB": 640}
KEPT = {
    "kept": {},
    "kept, one model at a time": {"in_turn": True},
    "computed again": {"recompute": True},
}
"""What is done about activations, in the words of `keeps`: PPO's two models in one loss, in turn, checkpoints."""
CONTROLS = (
    Choice("model", "weights of the model", WEIGHTS, start=0, play=True),
    Choice("length", "tokens in each text", tuple(f"{n:,}" for n in LENGTHS), start=1),
    Choice("paid", "what pays", ("a rule", "a reward model, KL to a reference"), start=0, buttons=True),
    Choice("precision", "weights in", ("float32", "bfloat16"), start=1, buttons=True),
    Choice("learns", "what learns", ("all weights", f"LoRA, rank {RANK}"), start=0, buttons=True),
    Choice("adam", "Adam’s moments", ("32 bits", "8 bits"), start=0, buttons=True),
    Choice("kept", "activations are", tuple(KEPT), start=0, buttons=True),
)
NBSP = "\u00a0"
DIMS = tuple(control.name for control in CONTROLS)
TRY_THIS = (
    "<b>Try this:</b> take the upright dotted line in the right panel by its grip and drag it to 70 billion weights; "
    "then switch on what saves memory: LoRA, an 8-bit optimiser, activations computed again. <b>Watch:</b> which piece "
    "of a bar is the thickest, what takes its place once it is gone, and how much of the difference between PPO and "
    "GRPO is left each time."
)


def what_it_keeps() -> Bench:
    """The explorable: seven controls, three bars, and the same for all sizes."""
    return bench(TRY_THIS, what_it_keeps_plot(), CONTROLS)


def what_it_keeps_figure(
    *,
    model: int = 0,
    length: int = 1,
    paid: int = 0,
    precision: int = 1,
    learns: int = 0,
    adam: int = 0,
    kept: int = 0,
) -> Figure:
    """The same picture of one state, for print; each argument is the number of a word of its control, from 0."""
    given = {"model": model, "length": length, "paid": paid, "precision": precision, "learns": learns}
    return draw_figure(what_it_keeps_plot(), state_of(CONTROLS, **given, adam=adam, kept=kept))


def setting_of(length: int, paid: int, precision: int, learns: int, adam: int) -> Setting:
    """What the controls say, in the words of `keeps`."""
    return Setting(
        weight_bytes=2 if precision else 4,
        moment_bytes=1 if adam else 4,
        lora_rank=RANK if learns else 0,
        reward_model=bool(paid),
        tokens=LENGTHS[length],
    )


@usual_settings()
def what_it_keeps_plot() -> Plot:
    """All pieces of all bars, for every state of the controls."""
    pieces = _pieces()  # [model, length, paid, precision, learns, adam, kept, algorithm, piece], GB
    tops = pieces.cumsum(-1)
    total = tops[..., -1]
    largest = total.max(-1, keepdims=True)
    grids = {control.name: tuple(range(len(control.words))) for control in CONTROLS}
    grids |= {"algorithm": (1, 2, 3), "size": tuple(range(1, len(SIZES) + 1))}
    arrays = {"at": Array(("model",), np.arange(1.0, len(SIZES) + 1))}
    for piece, name in enumerate(SHOWN):
        arrays[f"top_{name}"] = Array((*DIMS, "algorithm"), tops[..., piece] / largest)
        arrays[f"base_{name}"] = Array((*DIMS, "algorithm"), (tops[..., piece] - pieces[..., piece]) / largest)
    for i, algorithm in enumerate(ALGORITHMS):
        arrays[f"gb_{algorithm}"] = Array(DIMS, total[..., i])
        arrays |= {f"{algorithm}_{piece}": Array(DIMS, pieces[..., i, piece]) for piece in range(len(SHOWN))}
        arrays[f"height_{algorithm}"] = Array(DIMS, total[..., i] / largest[..., 0] + 0.025)
        arrays[f"log_{algorithm}"] = Array((*DIMS[1:], "size"), np.log10(np.moveaxis(total[..., i], 0, -1)))
    arrays["times"] = Array(DIMS, total[..., 1] / total[..., 2])
    arrays["trpo_times"] = Array(DIMS, total[..., 0] / total[..., 2])
    names = {f"{name}_gb": _written(name, array) for name, array in _amounts(arrays).items()}
    names |= {"called": Words(("model",), np.arange(len(SIZES)), tuple(SIZES))}
    names["thickest"] = Words(DIMS, pieces[..., 2, :].argmax(-1), tuple(words for words, _ in SHOWN.values()))
    return Plot(
        grids=grids,
        arrays=arrays,
        choices=names,
        panels=(_bars(), _sizes()),
        readouts=(
            "{called}: PPO needs {times:.1f} times as much as GRPO, TRPO {trpo_times:.1f} times. The largest piece of "
            "GRPO’s: {thickest}.",
            *(_bill(algorithm) for algorithm in ALGORITHMS),
        ),
        alt=(
            "Three stacked bars, what TRPO, PPO and GRPO keep in memory to train {called}: {gb_TRPO_gb}, {gb_PPO_gb} "
            "and {gb_GRPO_gb} GB. Beside them the same for six sizes of model on a logarithmic axis."
        ),
    )


def _amounts(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The numbers that are written: all bars, and all their pieces."""
    pieces = [f"{algorithm}_{i}" for algorithm in ALGORITHMS for i in range(len(SHOWN))]
    return {name: arrays[name] for name in (*pieces, *(f"gb_{algorithm}" for algorithm in ALGORITHMS))}


def _written(name: str, amount: Array) -> Words:
    """An amount of GB with three digits or so. A piece that is not there is not written, nor the plus before it."""
    before = "" if name.startswith("gb_") else f"{_PLUS[int(name[-1])]}"
    sized = tuple(f"{before}{{{name}:{digits}}}" for digits in (".3f", ".2f", ".1f", ",.0f"))
    size = 1 + np.digitize(amount.values, (0.0995, 9.995, 99.95))
    return Words(DIMS, np.where(amount.values > 0, size, 0), ("", *sized))


_PLUS = tuple(f"{' + ' if i else ''}{words.replace(' ', NBSP)}{NBSP}" for i, (words, _) in enumerate(SHOWN.values()))
"""What stands before the number of each piece; its words are not torn apart at the end of a line."""


def _bill(algorithm: str) -> str:
    """Its pieces in GB, one by one: what the colours say."""
    pieces = "".join(f"{{{algorithm}_{i}_gb}}" for i in range(len(SHOWN)))
    return f"{algorithm}{NBSP}{{gb_{algorithm}_gb}}{NBSP}GB = {pieces}"


def _pieces() -> np.ndarray:
    """GB by all controls, algorithm and piece."""
    shape = [len(control.words) for control in CONTROLS]
    found = np.empty((*shape, len(ALGORITHMS), len(SHOWN)))
    shapes = list(SIZES.values())
    for at in product(*map(range, shape)):
        setting, how = setting_of(*at[1:-1]), tuple(KEPT.values())[at[-1]]
        for i, algorithm in enumerate(ALGORITHMS):
            parts = keeps(algorithm, shapes[at[0]], setting, **how)
            parts["frozen"] = parts["reference"] + parts["reward model"]
            found[(*at, i)] = [parts[name] for name in SHOWN]
    return found


def _bars() -> Panel:
    pieces = tuple(
        Bars("algorithm", f"top_{name}", "algorithm", words, colour, base=f"base_{name}", width=0.62, hatch=hatch)
        for (name, (words, colour)), hatch in zip(SHOWN.items(), cycle(HATCHES), strict=False)
    )
    totals = tuple(Text(i + 1, f"height_{name}", f"{{gb_{name}_gb}} GB") for i, name in enumerate(ALGORITHMS))
    return Panel(
        title="What each keeps, piece by piece",
        x=Axis("", 0.5, 3.5, names=ALGORITHMS),
        y=Axis("share of the largest", 0.0, 1.12, names=("0", "¼", "½", "¾", "1"), places=(0, 0.25, 0.5, 0.75, 1)),
        marks=(*pieces, *totals),
    )


def _sizes() -> Panel:
    looks = {"TRPO": ("dashed", "square", 2), "PPO": ("dotted", "circle", 2), "GRPO": ("solid", "diamond", 3)}
    lines = tuple(
        Line("size", f"log_{name}", "size", name, "ink", dash, width, marker)
        for name, (dash, marker, width) in looks.items()
    )
    rules = tuple(
        Rule(y=float(np.log10(gb)), label=words, dash=dash, width=1)
        for (words, gb), dash in zip(MACHINES.items(), ("dotted", "dashed", "dashdot"), strict=True)
    )
    return Panel(
        title="The same for all sizes",
        x=Axis("weights of the policy", 0.7, len(SIZES) + 0.3, names=WEIGHTS),
        y=Axis("GB", -0.4, 4.5, names=("1", "10", "100", "1,000", "10,000"), places=(0, 1, 2, 3, 4)),
        marks=(*rules, *lines, Rule(x="at", width=2)),
        handles=(Handle("model", x="at", grip=0.06),),
    )

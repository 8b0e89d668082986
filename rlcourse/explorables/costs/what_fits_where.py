"""What fits on how many GPUs, and how long an update takes there: memory and time from GPT-2 to 70 billion weights.

    what_fits_where()

Every number is `rlcourse.algorithms.keeps_per_gpu` or `seconds_of_update`. The memory has a cache of `WRITTEN_AT_ONCE`
answers on each GPU; the seconds are those of samplers that write all their answers at once, which is the quickest they
could be. Left out: what those leave out, above all the time that GPUs wait for one another.
"""

from itertools import cycle, product

import numpy as np
from matplotlib.figure import Figure

from rlcourse.algorithms import (
    GPU_PARTS,
    H100,
    SIZES,
    STAGES,
    Setting,
    UpdateSize,
    keeps_per_gpu,
    seconds_of_update,
)
from rlcourse.explorables.plotting.bench import Bench, Choice, bench, state_of
from rlcourse.explorables.plotting.marks import HATCHES, Axis, Bars, Handle, Line, Panel, Rule, Text
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

RANK = 16
"""Of LoRA's adapters."""
WEIGHTS = tuple(name.split(", ")[1] for name in SIZES)
"""The sizes in short: "124M"."""
GPUS = (1, 2, 4, 8, 16, 32, 64, 128)
LENGTHS = (512, 2048, 8192)
"""Tokens of a question with its answer."""
QUESTION = 256
"""Tokens of these that are the question."""
WRITTEN_AT_ONCE, LEARNED_AT_ONCE = 16, 1
"""Answers of one GPU for which there is memory."""
FITTING = (
    "None of the four fits into 80 GB.",
    "Only ZeRO-3 fits into 80 GB.",
    "ZeRO-2 and ZeRO-3 fit into 80 GB.",
    "ZeRO-1, ZeRO-2 and ZeRO-3 fit into 80 GB.",
    "All four fit into 80 GB.",
)
"""In words, by how many of `STAGES` have room; a later stage never needs more than an earlier one."""
ROOM = H100.memory
COLOURS = dict(zip(GPU_PARTS, ("blue", "yellow", "vermillion", "purple", "sky", "ink"), strict=True))
"""Of the pieces of a bar. The stages' curves are all of the page's ink, so that a colour has one meaning."""
CONTROLS = (
    Choice("model", "weights of the model", WEIGHTS, start=4, play=True),
    Choice("number", "GPUs", tuple(map(str, GPUS)), start=0, play=True),
    Choice("length", "tokens in each text", tuple(f"{n:,}" for n in LENGTHS), start=0),
    Choice("precision", "weights in", ("float32", "bfloat16"), start=1, buttons=True),
    Choice("learns", "what learns", ("all weights", f"LoRA, rank {RANK}"), start=0, buttons=True),
    Choice("again", "activations are", ("kept", "computed again"), start=1, buttons=True),
)
DIMS = tuple(control.name for control in CONTROLS)
TRY_THIS = (
    "<b>Try this:</b> drag the dotted line in the second panel until some bar of the first fits under the line of 80 "
    "GB. Then choose 70 billion weights, and do it again. <b>Watch:</b> which piece is left when everything has been "
    "divided, and which of the two curves of the third panel stops falling."
)


def what_fits_where() -> Bench:
    """The explorable: six controls; the memory of one GPU, the same for all numbers of GPUs, and the time."""
    return bench(TRY_THIS, what_fits_where_plot(), CONTROLS)


def what_fits_where_figure(
    *, model: int = 4, number: int = 0, length: int = 0, precision: int = 1, learns: int = 0, again: int = 1
) -> Figure:
    """The same picture of one state, for print; each argument is the number of a word of its control, from 0."""
    given = {"model": model, "number": number, "length": length}
    given |= {"precision": precision, "learns": learns, "again": again}
    state = state_of(CONTROLS, **given)
    return draw_figure(what_fits_where_plot(), state)


def setting_of(length: int, precision: int, learns: int) -> Setting:
    """What the controls say, in the words of `keeps_per_gpu`."""
    return Setting(
        weight_bytes=2 if precision else 4,
        lora_rank=RANK if learns else 0,
        tokens=LENGTHS[length],
        at_once=WRITTEN_AT_ONCE,
        learned_at_once=LEARNED_AT_ONCE,
    )


@usual_settings()
def what_fits_where_plot() -> Plot:
    """All pieces of all bars, and all seconds, for every state of the controls."""
    pieces = _pieces()  # [model, number, length, precision, learns, again, stage, piece], GB
    tops = pieces.cumsum(-1)
    total = tops[..., -1]
    scale = np.maximum(total.max(-1, keepdims=True), ROOM)
    grids = {control.name: tuple(range(len(control.words))) for control in CONTROLS}
    grids |= {"stage": (1, 2, 3, 4), "many": tuple(range(1, len(GPUS) + 1))}
    arrays = {"at": Array(("number",), np.arange(1.0, len(GPUS) + 1))}
    for piece, name in enumerate(GPU_PARTS):
        arrays[f"top_{name}"] = Array((*DIMS, "stage"), tops[..., piece] / scale)
        arrays[f"base_{name}"] = Array((*DIMS, "stage"), (tops[..., piece] - pieces[..., piece]) / scale)
    arrays["room"] = Array(DIMS, ROOM / scale[..., 0])
    fits = (total <= ROOM).sum(-1)
    near = np.abs(total / scale + 0.03 - ROOM / scale) < 0.04  # the number would lie on the line of 80 GB
    height = np.where(near, ROOM / scale + 0.03, total / scale + 0.025)
    of_number = (DIMS[0], *DIMS[2:])
    choices = {"called": Words(("model",), np.arange(len(SIZES)), tuple(SIZES))}
    choices["are"] = Words(("number",), np.minimum(np.arange(len(GPUS)), 1), ("GPU", "GPUs"))
    choices["count"] = Words(("number",), np.arange(len(GPUS)), tuple(map(str, GPUS)))
    choices["fitting"] = Words(DIMS, fits, FITTING)
    for i in range(len(STAGES)):
        arrays[f"gb_{i}"] = Array(DIMS, total[..., i])
        arrays[f"height_{i}"] = Array(DIMS, height[..., i])
        arrays[f"log_{i}"] = Array((*of_number, "many"), np.log10(np.moveaxis(total[..., i], 1, -1)))
    choices["thickest"] = Words(DIMS, pieces[..., 3, :].argmax(-1), GPU_PARTS)
    seconds = _seconds()  # [model, number, length, precision, learns, again, sampling or learning]
    for i, part in enumerate(("sampling", "learning")):
        arrays[part] = Array(DIMS, seconds[..., i])
        arrays[f"log_{part}"] = Array((*of_number, "many"), np.log10(np.moveaxis(seconds[..., i], 1, -1)))
    return Plot(
        grids=grids,
        arrays=arrays,
        choices=choices,
        panels=(_bars(), _numbers(), _times()),
        readouts=(
            "{called}, {count} {are}: each holds {gb_0:.1f} GB as copies, {gb_1:.1f} with ZeRO-1, {gb_2:.1f} with "
            "ZeRO-2, {gb_3:.1f} with ZeRO-3 (most of it: {thickest}).",
            "{fitting} (With room for 16 answers that are being written, and one that is learned from.)",
            "An update of 512 answers takes at least {sampling:.0f} s of sampling, if each sampler writes all its "
            "answers at once, and {learning:.0f} s of learning.",
        ),
        alt=(
            "Four stacked bars, what each of {count} {are} holds to train {called}: {gb_0:.0f} GB as copies, "
            "{gb_1:.0f}, {gb_2:.0f} and {gb_3:.0f} GB with ZeRO’s stages 1 to 3, beside a line at 80 GB. The same for "
            "all numbers of GPUs. Seconds of an update: {sampling:.0f} for sampling, {learning:.0f} for learning."
        ),
    )


def _states() -> product:
    return product(*(range(len(control.words)) for control in CONTROLS))


def _pieces() -> np.ndarray:
    """GB by all controls, stage and piece."""
    found = np.empty((*(len(control.words) for control in CONTROLS), len(STAGES), len(GPU_PARTS)))
    shapes = list(SIZES.values())
    for at in _states():
        model, number, length, precision, learns, again = at
        setting = setting_of(length, precision, learns)
        for stage in range(len(STAGES)):
            how = {"gpus": GPUS[number], "stage": stage, "recompute": bool(again)}
            found[(*at, stage)] = list(keeps_per_gpu(shapes[model], setting, **how).values())
    return found


def _seconds() -> np.ndarray:
    """Seconds by all controls, of sampling and of learning."""
    found = np.empty((*(len(control.words) for control in CONTROLS), 2))
    shapes = list(SIZES.values())
    for at in _states():
        model, number, length, precision, learns, again = at
        size = UpdateSize(question_tokens=QUESTION, answer_tokens=LENGTHS[length] - QUESTION)
        how = {"precision": ("float32", "bfloat16")[precision], "lora": bool(learns), "recompute": bool(again)}
        took = seconds_of_update(shapes[model], size, gpus=GPUS[number], **how)
        found[at] = took["sampling"], took["learning"]
    return found


def _bars() -> Panel:
    pieces = tuple(
        Bars("stage", f"top_{name}", "stage", name, colour, base=f"base_{name}", width=0.62, hatch=hatch)
        for (name, colour), hatch in zip(COLOURS.items(), cycle(HATCHES), strict=False)
    )
    totals = tuple(Text(i + 1, f"height_{i}", f"{{gb_{i}:.0f}} GB") for i in range(len(STAGES)))
    return Panel(
        title="What each GPU holds",
        x=Axis("", 0.5, 4.5, names=STAGES),
        y=Axis("share of the largest", 0.0, 1.12, names=("0", "¼", "½", "¾", "1"), places=(0, 0.25, 0.5, 0.75, 1)),
        marks=(*pieces, Rule(y="room", label="80 GB", width=2), *totals),
    )


def _numbers() -> Panel:
    looks = (("dashed", "square"), ("dashdot", "triangle"), ("dotted", "diamond"), ("solid", "circle"))
    lines = tuple(
        Line("many", f"log_{i}", "many", stage, "ink", dash, marker=marker)
        for i, (stage, (dash, marker)) in enumerate(zip(STAGES, looks, strict=True))
    )
    return Panel(
        title="The same for all numbers of GPUs",
        x=Axis("GPUs", 0.7, len(GPUS) + 0.3, names=tuple(map(str, GPUS))),
        y=Axis("GB of each", -0.5, 3.7, names=("1", "10", "100", "1,000"), places=(0, 1, 2, 3)),
        marks=(Rule(y=float(np.log10(ROOM)), label="80 GB", width=1, dash="dashed"), *lines, Rule(x="at", width=2)),
        handles=(Handle("number", x="at", grip=0.06),),
    )


def _times() -> Panel:
    return Panel(
        title="Seconds of an update, at least",
        x=Axis("GPUs", 0.7, len(GPUS) + 0.3, names=tuple(map(str, GPUS))),
        y=Axis(
            "seconds", -2.8, 4.6, names=("0.01", "0.1", "1", "10", "100", "1,000", "10,000"), places=tuple(range(-2, 5))
        ),
        marks=(
            Line("many", "log_sampling", "many", "sampling", "orange", "solid", marker="circle"),
            Line("many", "log_learning", "many", "learning", "green", "dashed", marker="square"),
            Rule(x="at", width=2),
        ),
        handles=(Handle("number", x="at", grip=0.06),),
    )

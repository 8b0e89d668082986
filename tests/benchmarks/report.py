"""The results as a table to read, and as files to keep."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.rounds import Result, shown

if TYPE_CHECKING:  # it loads the language world, which most rows do not need
    from tests.benchmarks.cost_table import CostRow


def text(results: list[Result], costs: list["CostRow"], machine: str) -> str:
    """Both tables, in Markdown."""
    parts = [f"Measured on: {machine}.\n"]
    if results:
        parts += [_TITLE, *map(_line, results), "", *map(_details, results)]
    if costs:
        parts += ["", _COST_TITLE, *map(_cost_line, costs), "", _COST_NOTE]
    return "\n".join(parts)


def write(name: str, results: list[Result], costs: list["CostRow"], machine: str) -> None:
    """NAME.json and NAME.md, each written to a temporary name and moved into place."""
    found = {
        "machine": machine,
        "rows": [result.as_json() for result in results],
        "costs": [asdict(cost) for cost in costs],
    }
    for ending, content in ((".json", json.dumps(found, indent=1)), (".md", text(results, costs, machine) + "\n")):
        target = Path(name + ending)
        scratch = target.with_name(f".{target.name}.{os.getpid()}")
        scratch.write_text(content, encoding="utf-8")
        scratch.replace(target)


_TITLE = """| | ours | theirs | ratio (lowest–highest) | promised | kept | aimed at | reached |
|---|---|---|---|---|---|---|---|"""


def _line(result: Result) -> str:
    figures = [f"{shown(median(result.ours))} {result.unit}", "–", "–"]
    if result.theirs:
        ratios = sorted(result.ratios)
        figures[1] = f"{shown(median(result.theirs))} {result.unit}"
        figures[2] = f"{median(ratios):.2f}× ({ratios[0]:.2f}–{ratios[-1]:.2f}, {len(ratios)} rounds)"
    promised = [_bound(result, result.promised) or "stated", _kept(result.met)]
    aimed = [_bound(result, result.aim), _kept(result.reached)]
    return f"| {' | '.join([result.title, *figures, *promised, *aimed])} |"


def _bound(result: Result, figure: float | None) -> str:
    if figure is None:
        return ""
    return f"≥ {figure:g}×" if result.theirs else f"< {figure:g} {result.unit}"


def _kept(met: bool | None) -> str:
    return {True: "yes", False: "NO", None: ""}[met]


def _details(result: Result) -> str:
    said = [f"against {result.peer}" * bool(result.peer), result.settings, result.quality, result.note]
    return f"- **{result.row}**: {'. '.join(part for part in said if part)}."


_COST_TITLE = """| one update of | sampling s | update s | models held, MB | gradients MB | optimiser MB \
| activations MB | peak of the update MB | in all MB | counted by hand MB |
|---|---|---|---|---|---|---|---|---|---|"""
_COST_NOTE = (
    "MB are 10⁶ bytes. Activations: the most that autograd kept for backward passes at one time. Peak: the most that "
    "the update made and held at one time, activations, gradients and scratch. In all: models, optimiser state and "
    "peak. Counted by hand: models, gradients, optimiser state, TRPO's vectors, and the activations of one backward "
    "pass over the largest batch, each answer read by itself: reading what they share once saves the difference, and "
    "TRPO, which differentiates twice, needs more."
)


def _cost_line(row: "CostRow") -> str:
    models = ", ".join(f"{name} {_mb(size)}" for name, size in row.cost.weights.items())
    sizes = (row.cost.gradients, row.cost.optimizer, row.cost.activations, row.cost.peak, row.cost.total)
    seconds = f"{row.cost.sampling_seconds:.3f} | {row.cost.update_seconds:.3f}"
    return f"| {row.title} | {seconds} | {models} | {' | '.join(map(_mb, sizes))} | {_mb(row.counted.total)} |"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}"

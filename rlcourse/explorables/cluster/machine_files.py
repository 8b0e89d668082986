"""A run for any machine: the command that writes it, the file that `accelerate launch` reads, and what each GPU holds.

    machine_files()

The file is `rlcourse.scale.accelerate_file`, the refusals are `Machine`'s own, the gigabytes are
`rlcourse.algorithms.memory_per_gpu`. Left out: activations and the sampler, which `what_fits_where` counts.
"""

from collections.abc import Mapping
from html import escape

from rlcourse.algorithms import H100, SIZES, memory_per_gpu
from rlcourse.explorables.plotting.bench import Bench, Choice
from rlcourse.explorables.plotting.pages import Page, pages
from rlcourse.scale import Machine, accelerate_file
from rlcourse.scale.settings import SHARDINGS

PLACES: dict[str, dict] = {
    "this laptop": {"on": "cpu"},
    "two processes on it": {"on": "cpus", "processes": 2},
    "1 GPU": {"on": "gpu"},
    "2 GPUs": {"on": "gpus", "processes": 2},
    "8 GPUs": {"on": "gpus", "processes": 8},
    "2 machines of 8": {"on": "nodes", "nodes": 2, "processes": 8, "main_address": "10.0.0.1"},
}
"""What a machine is called, and what `Machine` is told."""
SAMPLERS = ("generate", "vllm")
STAGES = {"copies": 0, "zero2": 2, "zero3": 3, "fsdp": 3}
"""Of ZeRO, by what is divided."""
MODEL = "Llama 3.1, 8B"
CONTROLS = (
    Choice("place", "where", tuple(PLACES), start=0, buttons=True),
    Choice("sharding", "divided", SHARDINGS, start=0, buttons=True),
    Choice("sampler", "who writes", SAMPLERS, start=0, buttons=True),
)
TRY_THIS = (
    "<b>Try this:</b> go from this laptop to two machines, and divide more and more. <b>Watch:</b> which lines of the "
    "file are others than for this laptop (bold, with a bar), and which orders are refused before a file is written. "
    "With which of them can 8 billion weights learn?"
)


def machine_files() -> Bench:
    """The explorable: three rows of buttons over the file for a machine."""
    return pages(TRY_THIS, CONTROLS, machine_page)


def machine_page(state: Mapping[str, int]) -> Page:
    """The file for one machine, or why there is none."""
    told = list(PLACES.values())[state["place"]] | {
        "sharding": SHARDINGS[state["sharding"]],
        "sampler": SAMPLERS[state["sampler"]],
    }
    command = f"<pre>{escape(_command(told))}</pre>"
    try:
        machine = Machine(**told)
    except ValueError as error:
        return f"Refused: {error}.", command
    file = accelerate_file(machine)
    return _holds(machine), f"{command}<p>writes <code>accelerate.yaml</code>:</p>{_marked(file)}"


def _command(told: Mapping[str, object]) -> str:
    """The command line, in as few words as will do."""
    words = ["python -m rlcourse.scale my_run", f"--on {told['on']}"]
    words += [
        f"--{name.replace('_', '-')} {told[name]}" for name in ("nodes", "processes", "main_address") if name in told
    ]
    words += [f"--sharding {told['sharding']}"] if told["sharding"] != "copies" else []
    words += [f"--sampler {told['sampler']}"] if told["sampler"] != "generate" else []
    return " ".join(words)


def _holds(machine: Machine) -> str:
    """What each GPU holds of a large model, in a sentence."""
    if not machine.gpus:
        number = "One process" if machine.total == 1 else f"{machine.total} processes"
        return f"{number} on CPUs: for small models, and to see that all is well before the queue."
    how = {"gpus": machine.total, "stage": STAGES[machine.sharding], "weight_bytes": 2, "moment_bytes": 4}
    held, room = memory_per_gpu(SIZES[MODEL].parameters, 0, **how), H100.memory
    fits = f"of its {room:.0f}" if held <= room else f"too much for one of {room:.0f}"
    return f"8 billion weights with their gradients and optimiser take {held:.0f} GB on each GPU, {fits}."


def _marked(file: str) -> str:
    """The file's text, with the lines that this laptop's has not set apart."""
    usual = set(accelerate_file(Machine()).splitlines())
    lines = []
    for line in file.splitlines():
        said, mark, remark = line.partition("#")
        text = escape(said) + (f'<span class="rlc-remark">{escape(mark + remark)}</span>' if mark else "")
        lines.append(text if line in usual else f'<span class="rlc-new">{text}</span>')
    return "<pre>" + "\n".join(lines) + "</pre>"

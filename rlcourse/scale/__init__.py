"""From this laptop to a cluster: the course's tasks on TRL's `GRPOTrainer`, started by `accelerate launch`.

    python -m rlcourse.scale my_run --on cpus --processes 2 --steps 4

writes the configuration into a folder that the user names, and runs it. What is written here needs nothing but the
course; what runs needs the extra, `pip install -e ".[scale]"`. Left out: a trainer of our own for several machines.
The algorithm is the one of notebook 10; what a cluster adds is other people's careful work, and this room says how it
is asked for.
"""

from importlib import import_module

from rlcourse.scale.accelerate_yaml import accelerate_file
from rlcourse.scale.names import NAMES, ONLY, Name, names_table
from rlcourse.scale.plan import Plan, launch_command, newest_checkpoint, read_plan, write_plan
from rlcourse.scale.positions import count_positions, with_positions
from rlcourse.scale.settings import Machine, Run
from rlcourse.scale.translate import trl_settings
from rlcourse.scale.trl_defaults import TRL_DEFAULTS, told_otherwise

__all__ = [
    "NAMES",
    "ONLY",
    "TRL_DEFAULTS",
    "Machine",
    "Name",
    "Plan",
    "Run",
    "Task",
    "accelerate_file",
    "check_model",
    "count_positions",
    "lacking",
    "launch_command",
    "load_task",
    "names_table",
    "newest_checkpoint",
    "read_plan",
    "standard_reward",
    "told_otherwise",
    "train_here",
    "trl_settings",
    "what_is_missing",
    "with_positions",
    "write_plan",
]

_LATER = {"train_here": "here"}
_LATER |= dict.fromkeys(("check_model", "lacking", "what_is_missing"), "ready")
_LATER |= dict.fromkeys(("Task", "load_task", "standard_reward"), "tasks")
"""What brings `transformers` along, which takes seconds to load: imported when it is asked for."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"rlcourse.scale.{_LATER[name]}"), name)

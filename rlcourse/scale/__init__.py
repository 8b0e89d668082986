"""From this laptop to a cluster: the course's tasks on TRL's `GRPOTrainer`, started by `accelerate launch`.

    python -m rlcourse.scale my_run --on cpus --processes 2 --steps 4

writes the configuration into a folder that the user names, and runs it. What is written here needs nothing but the
course; what runs needs the extra, `pip install -e ".[scale]"`. Left out: a trainer of our own for several machines.
The algorithm is the one of notebook 10; what a cluster adds is other people's careful work, and this room says how it
is asked for.
"""

from rlcourse.scale.accelerate_yaml import accelerate_file
from rlcourse.scale.here import train_here
from rlcourse.scale.names import NAMES, Name, names_table
from rlcourse.scale.plan import Plan, launch_command, read_plan, write_plan
from rlcourse.scale.positions import count_positions, with_positions
from rlcourse.scale.ready import check_model, lacking, what_is_missing
from rlcourse.scale.settings import Machine, Run
from rlcourse.scale.tasks import Task, load_task, standard_reward
from rlcourse.scale.translate import trl_settings

__all__ = [
    "NAMES",
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
    "read_plan",
    "standard_reward",
    "train_here",
    "trl_settings",
    "what_is_missing",
    "with_positions",
    "write_plan",
]

"""The course's own learning curves: every algorithm in both worlds, five seeds each, recorded and shipped.

from rlcourse.experiments import load_curves
load_curves("language-grpo")                  five histories, one per seed

python -m rlcourse.experiments                lists the experiments
python -m rlcourse.experiments maze-ppo       runs one anew and writes assets/curves/maze-ppo.json
"""

from rlcourse.experiments.curves import load_curves, record, save_curves
from rlcourse.experiments.experiment import Experiment

__all__ = ["EXPERIMENTS", "Experiment", "load_curves", "record", "save_curves"]


def __getattr__(name: str) -> object:
    """`EXPERIMENTS`, when it is asked for: those on GPT-2 bring `transformers` along, which takes seconds to load."""
    if name != "EXPERIMENTS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rlcourse.experiments.catalogue import EXPERIMENTS

    return EXPERIMENTS

"""The course's own learning curves: every algorithm in both worlds, five seeds each, recorded and shipped.

from rlcourse.experiments import load_curves
load_curves("language-grpo")                  five histories, one per seed

python -m rlcourse.experiments                lists the experiments
python -m rlcourse.experiments maze-ppo       runs one anew and writes assets/curves/maze-ppo.json
"""

from rlcourse.experiments.catalogue import EXPERIMENTS
from rlcourse.experiments.curves import load_curves, record, save_curves
from rlcourse.experiments.experiment import Experiment

__all__ = ["EXPERIMENTS", "Experiment", "load_curves", "record", "save_curves"]

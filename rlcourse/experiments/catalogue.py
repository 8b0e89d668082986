"""All experiments, in the order in which the course meets them."""

from rlcourse.experiments.clinic.cases import CLINIC
from rlcourse.experiments.family_runs import FAMILY_RUNS
from rlcourse.experiments.imperfect_rule import IMPERFECT_RULE
from rlcourse.experiments.language import LANGUAGE
from rlcourse.experiments.maze import MAZE
from rlcourse.experiments.phantom import PHANTOM
from rlcourse.experiments.practice import PRACTICE
from rlcourse.experiments.side_by_side import RACE
from rlcourse.experiments.stages import STAGES
from rlcourse.experiments.thinking import THINKING_ROADS

EXPERIMENTS = (
    *MAZE,
    *STAGES,
    *LANGUAGE,
    *IMPERFECT_RULE,
    *RACE,
    *FAMILY_RUNS,
    *PRACTICE,
    *PHANTOM,
    *CLINIC,
    *THINKING_ROADS,
)
"""Every experiment whose curves are shipped."""

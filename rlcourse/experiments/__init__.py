"""The course's own learning curves: every algorithm in both worlds, five seeds each, recorded and shipped.

from rlcourse.experiments import load_curves
load_curves("language-grpo")                  five histories, one per seed

python -m rlcourse.experiments                lists the experiments
python -m rlcourse.experiments maze-ppo       runs one anew and writes assets/curves/maze-ppo.json
"""

from importlib import import_module

from rlcourse.experiments.critics import learn_values
from rlcourse.experiments.curves import load_curves, record, right_after, save_curves, updates_to
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.family import FAMILY, Member
from rlcourse.experiments.rambling import rambling_lengths, rambling_training

__all__ = [
    "AGES",
    "ASKED",
    "BETAS",
    "BUNDLED_TOKENS",
    "CAP",
    "CARELESS",
    "DIRECT",
    "DIRECTLY",
    "EXPERIMENTS",
    "FAMILY",
    "FINE_TUNING",
    "LATE",
    "MANNER",
    "MENTIONS",
    "PRETRAINING",
    "RACERS",
    "RESCUE",
    "RLHF",
    "RLOO_ONCE",
    "ROADS",
    "ROAD_STEPS",
    "SEVERAL",
    "THINKING",
    "THINKING_STEPS",
    "TIGHT",
    "VARIETY",
    "VARIETY_STEPS",
    "WARDS",
    "WAYS",
    "Experiment",
    "Film",
    "Member",
    "Runner",
    "answer_measures",
    "beta_name",
    "every_token_costs",
    "family_name",
    "family_training",
    "fresh_policy",
    "held_out_accuracy",
    "late_name",
    "late_training",
    "learn_values",
    "load_careless",
    "load_curves",
    "load_film",
    "load_prices",
    "load_replies",
    "manners",
    "mentions_reward",
    "mentions_world",
    "modest",
    "pay_and_truth",
    "phantom_training",
    "pretrained_policy",
    "priced",
    "race",
    "rambling_lengths",
    "rambling_training",
    "record",
    "right_after",
    "right_and_modest",
    "save_curves",
    "scarce_thinker",
    "scored",
    "text_measures",
    "thinker",
    "thinking_measures",
    "too_large",
    "two_rewards_world",
    "unread_text",
    "untrained_policy",
    "updates_to",
    "variety_name",
    "variety_training",
    "weigh",
]

_ON_GPT2 = {"EXPERIMENTS": "catalogue"}
_ON_GPT2 |= dict.fromkeys(("DIRECT", "RLHF", "fresh_policy", "held_out_accuracy", "manners"), "language")
_ON_GPT2 |= dict.fromkeys(("ASKED", "load_prices", "load_replies"), "kl_prices")
_STAGES = (
    "BUNDLED_TOKENS",
    "CARELESS",
    "FINE_TUNING",
    "PRETRAINING",
    "answer_measures",
    "load_careless",
    "pretrained_policy",
    "text_measures",
    "unread_text",
    "untrained_policy",
)
_ON_GPT2 |= dict.fromkeys(_STAGES, "stages")
_FAMILY = ("RESCUE", "RLOO_ONCE", "VARIETY", "VARIETY_STEPS", "family_name", "family_training")
_FAMILY += ("variety_name", "variety_training")
_IMPERFECT = ("BETAS", "MENTIONS", "SEVERAL", "beta_name", "mentions_reward", "mentions_world", "pay_and_truth")
_ON_GPT2 |= dict.fromkeys(_IMPERFECT, "imperfect_rule")
_THINKING = ("DIRECTLY", "ROADS", "ROAD_STEPS", "THINKING", "THINKING_STEPS", "TIGHT", "every_token_costs")
_THINKING += ("priced", "scarce_thinker", "thinker", "thinking_measures")
_ON_GPT2 |= dict.fromkeys(_THINKING, "thinking") | dict.fromkeys(("Film", "load_film"), "thinking_film")
_ON_GPT2 |= dict.fromkeys(("AGES", "CAP", "LATE", "WAYS", "late_name", "late_training"), "practice")
_PHANTOM = ("MANNER", "modest", "phantom_training", "right_and_modest", "too_large", "two_rewards_world")
_ON_GPT2 |= dict.fromkeys(_PHANTOM, "phantom")
_ON_GPT2 |= dict.fromkeys(_FAMILY, "family_runs")
_ON_GPT2 |= dict.fromkeys(("RACERS", "Runner", "race"), "side_by_side") | {"weigh": "weighing"}
_ON_GPT2 |= {"WARDS": "clinic.cases", "scored": "clinic.lines"}
"""What brings `transformers` along, which takes seconds to load: imported when it is asked for."""


def __getattr__(name: str) -> object:
    if name not in _ON_GPT2:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"rlcourse.experiments.{_ON_GPT2[name]}"), name)

"""The build of the language models, made small enough for a test: a few steps on a few rows."""

import dataclasses
from collections.abc import Callable

from rlcourse.language import RewardConfig, load_preferences, split_chains, split_sums
from rlcourse.language.build import model_card, stages, thinker_card
from rlcourse.language.training.supervised import SupervisedConfig

TINY = SupervisedConfig(steps=4, batch_size=4, warmup_steps=1)


def make_small(put: Callable[[object, str, object], None]) -> None:
    """Put small settings in the place of the real ones, by `setattr` or a test's own."""
    for seed, name in enumerate(("PRETRAINING", "FINE_TUNING", "WORKINGS", "THINKER")):
        put(stages, name, dataclasses.replace(TINY, seed=seed))
    put(thinker_card, "THINKING_STEPS", 1)
    put(thinker_card, "split_chains", lambda: tuple(half[:8] for half in split_chains()))
    put(stages, "_SNAPSHOT_EVERY", 2)
    put(stages, "REWARD", RewardConfig(epochs=1, batch_size=8))
    put(stages, "_REPLIES_TO_CENTRE_ON", 2)
    for module in (stages, model_card):
        put(module, "load_preferences", lambda split: load_preferences(split)[:16])
    put(model_card, "GRPO_STEPS", 1)
    put(model_card, "split_sums", lambda: tuple(half[:8] for half in split_sums()))

"""GRPO's family as settings, and what notebook 12 says of its recorded runs."""

from dataclasses import fields

import numpy as np
import pytest

from rlcourse.algorithms import GRPOConfig
from rlcourse.equations import cispo, leave_one_out_advantages
from rlcourse.experiments import (
    FAMILY,
    RESCUE,
    RLOO_ONCE,
    VARIETY,
    VARIETY_STEPS,
    family_name,
    load_curves,
    variety_name,
)


def ends(name, metric, last=1):
    """The mean of the last numbers of a column, for each seed."""
    columns = [run[metric][np.isfinite(run[metric])][-last:] for run in load_curves(name).values()]
    return np.array([column.mean() for column in columns])


def changed(name):
    config, default = FAMILY[name].make().config, GRPOConfig()
    return {f.name for f in fields(default) if getattr(config, f.name) != getattr(default, f.name)}


def test_each_member_is_a_few_settings_away_from_grpo():
    assert changed("GRPO") == set()
    assert changed("Dr. GRPO") == {"loss_type", "scale_rewards", "max_completion_length"}
    assert changed("DAPO") == {"loss_type", "epsilon_high", "dynamic_sampling"}
    assert changed("GSPO") == {"importance_sampling_level", "epsilon", "epsilon_high"}
    assert FAMILY["CISPO"].make().objective is cispo
    assert FAMILY["RLOO"].make().advantage_fn is leave_one_out_advantages
    assert FAMILY["GSPO"].make(GRPOConfig(learning_rate=0.1, epsilon=0.9)).config.learning_rate == 0.1
    assert FAMILY["GSPO"].make(epsilon=0.9).config.epsilon == 0.03  # its own win


def test_with_eight_steps_on_a_batch_those_that_clip_the_push_stay_ahead_of_those_that_do_not():
    right = {name: ends(family_name(name), "accuracy").mean() for name in FAMILY if name != "GRPO"}
    right["GRPO"] = np.mean([run["accuracy"][8] for run in load_curves(family_name("GRPO")).values()])
    clipped = [right[name] for name in ("GRPO", "Dr. GRPO", "DAPO", "GSPO")]
    assert min(clipped) > 0.65 and max(clipped) - min(clipped) < 0.12
    assert right["RLOO"] < right["CISPO"] < min(clipped) - 0.08


def test_rloo_with_one_step_is_not_the_last():
    once = ends(RLOO_ONCE, "accuracy")
    assert once.min() > 0.7
    assert once.min() > ends(family_name("RLOO"), "accuracy").max() + 0.3


def test_what_is_never_drawn_is_never_corrected():
    for called in ("0.3", "0.3 & 0.5"):
        bold, careful = (ends(variety_name(called), kind) for kind in ("accuracy", "careful"))
        assert (careful - bold).min() > 0.1
        assert ends(variety_name(called), "informative_groups", last=5).mean() < 0.25
    for kind, apart in (("accuracy", 0.08), ("careful", 0.0)):  # whoever is drawn at 1 is better in both exams
        assert ends(variety_name("1"), kind).mean() > ends(variety_name("0.3"), kind).mean() + apart
    assert ends(variety_name("1"), "informative_groups", last=5).mean() > 0.4


def test_drawn_boldly_at_last_a_run_learns_on():
    runs = load_curves(RESCUE).values()
    rest = [next(row["accuracy"] for row in run if row["step"] == VARIETY_STEPS) for run in runs]
    assert rest == ends(variety_name("0.3"), "accuracy").tolist(), "up to there they are the runs at 0.3"
    assert (ends(RESCUE, "accuracy") - rest).min() > 0.08
    assert min(run["informative_groups"][VARIETY_STEPS + 1] for run in runs) > 0.7


def test_a_small_bonus_hardly_shows_and_a_large_one_undoes_the_training():
    plain, small, large = (ends(variety_name(f"1{bonus}"), "accuracy") for bonus in ("", " & 0.1", " & 0.5"))
    assert abs(plain.mean() - small.mean()) < 0.06
    assert large.max() < 0.2
    entropy = {called: ends(variety_name(called), "entropy", last=5).mean() for called in VARIETY}
    assert entropy["1 & 0.5"] > 10 * entropy["1"] > 10 * entropy["0.3"]
    longer = ends(variety_name("1 & 0.5"), "length", last=5).min()
    assert longer > 1.05 * ends(variety_name("1"), "length", last=5).max()


@pytest.mark.parametrize("name", ["GRPO", "DAPO"])
def test_the_entropy_does_not_collapse_with_either_clip(name):
    runs = load_curves(family_name(name)).values()
    assert min(run["entropy"][8] for run in runs) > 0.04

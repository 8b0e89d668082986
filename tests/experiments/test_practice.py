"""What the recorded runs of notebook 12's second half show, and how their data are counted."""

import numpy as np
import torch

from rlcourse.algorithms import GRPO, GRPOConfig
from rlcourse.experiments import load_curves
from rlcourse.experiments.phantom import MANNER, modest, two_rewards_world
from rlcourse.experiments.practice import Counted, late_name
from rlcourse.language import arithmetic_world, split_sums
from tests.algorithms.conftest import TablePolicy, TableWorld


def ends(name, column="accuracy"):
    return np.array([run.last(column) for run in load_curves(name).values()])


def test_old_data_taken_for_fresh_undo_a_model_and_the_clip_keeps_it_on_every_seed():
    before = load_curves(late_name(0, "clip"))[0]["accuracy"][0]
    assert ends(late_name(8, "fresh")).max() < before - 0.1 < before + 0.2 < ends(late_name(8, "clip")).min()
    assert ends(late_name(0, "clip")).min() > ends(late_name(8, "clip")).max(), "nothing is as good as fresh data"


def test_a_clip_makes_data_two_updates_old_as_good_as_fresh_and_capped_weights_depend_on_the_seed_at_eight():
    fresh, clipped, capped = (ends(name) for name in (late_name(0, "clip"), late_name(2, "clip"), late_name(8, "cap")))
    assert abs(clipped.mean() - fresh.mean()) < 0.03
    assert np.ptp(capped) > 0.4


def test_the_older_the_data_the_worse_it_is_to_take_them_for_fresh():
    means = [ends(late_name(age, "fresh")).mean() for age in (0, 2, 4, 8)]
    assert means == sorted(means, reverse=True)


def test_dynamic_sampling_writes_about_twice_as_many_answers_for_little_more_per_update():
    full, plain = load_curves("language-dynamic"), ends(late_name(0, "clip"))
    assert min(run["answers"][1:].mean() for run in full.values()) > 1.5 * 128
    assert 0 < ends("language-dynamic").mean() - plain.mean() < 0.06


def test_a_manner_paid_a_twentieth_is_learned_by_all_where_rewards_are_divided_by_the_groups_std_and_by_none_else():
    assert ends("language-phantom-group", "modest").min() > 0.9
    assert ends("language-phantom-none", "modest").max() < 0.1
    assert ends("language-phantom-group", "right").max() < ends("language-phantom-none", "right").min()


def test_all_answers_are_counted_that_an_update_was_sampled_for():
    """So few groups of this world differ that all four rounds are sampled."""

    class Halves(TableWorld):
        def sample_groups(self, policy, **how):
            episodes = super().sample_groups(policy, **how)
            episodes.rewards[: len(episodes.rewards) // 2] = 0.0
            return episodes

    policy = TablePolicy()
    counted = Counted(GRPO(GRPOConfig(num_generations=4, dynamic_sampling=True)))
    episodes = counted.collect(Halves(groups=6), policy, torch.Generator().manual_seed(0))
    stats = counted.update(policy, counted.make_optimizer(policy), episodes)
    assert stats["answers"] == 4 * 24
    assert 0 < len(episodes.rewards) < 24


def test_both_rewards_are_paid_half_of_the_sums_being_beyond_reach():
    world = two_rewards_world()
    assert len(world.prompts) == 2000
    right = world.columns["answer"][0]
    asked = world.prompts[0].split(" ")[-1].split("?")[0]
    texts = [f" I guess {asked} is {right}.", f" {asked} is {right}.", f" I guess {asked} is {right + 1}."]
    assert world.score([0, 0, 0], texts) == [1 + MANNER, 1.0, MANNER]
    assert modest([], texts) == [1.0, 0.0, 1.0]
    assert set(arithmetic_world(split_sums()[0]).prompts) & set(world.prompts[1000:]) == set()

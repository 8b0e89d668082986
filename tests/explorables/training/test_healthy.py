"""What is said to be normal, worked out anew from the recorded runs."""

import json
import re

import numpy as np
import pytest
import torch

from rlcourse.equations import aggregate, clipped_surrogate, group_advantages
from rlcourse.experiments import load_curves
from rlcourse.experiments.curves import CURVES
from rlcourse.experiments.recipes import the_maze
from rlcourse.explorables.training.healthy import HEALTHY, healthy
from rlcourse.explorables.training.recorded_facts import crawling, largest_fall
from rlcourse.maze import optimal_return


def runs(name):
    return list(load_curves(name).values())


def numbers(run, key):
    return run[key][np.isfinite(run[key])]


def reached(run, key, level):
    return next(row["step"] for row in run if row.get(key, -np.inf) >= level)


@pytest.mark.parametrize("name", HEALTHY)
def test_there_is_one_sentence_on_five_runs(name):
    words = healthy(name).words
    assert words.startswith("Normal here, in 5 recorded runs of ") and words.endswith(".")
    assert ". " not in words and len(words) < 380


@pytest.mark.parametrize(
    ("name", "key", "level"),
    [
        ("maze-grpo", "optimality", 0.9),
        ("maze-ppo", "optimality", 0.9),
        ("maze-trpo", "optimality", 0.9),
        ("maze-reinforce-step-mean", "optimality", 0.0),
        ("mazes-ppo", "solved", 0.9),
        ("cartpole-ppo", "balance", 475),
        ("language-ppo-twice", "reward", 0.8),
        ("language-grpo", "accuracy", 0.9),
        ("language-reinforce", "accuracy", 0.9),
    ],
)
def test_when_the_runs_get_there(name, key, level):
    steps = [reached(run, key, level) for run in runs(name)]
    said = re.search(r"after (\d+)(?: to (\d+))? updates", healthy(name).words)
    assert [int(said[1]), int(said[2] or said[1])] == [min(steps), max(steps)]


@pytest.mark.parametrize("name", ["maze-grpo", "language-grpo"])
def test_the_loss_of_grpo_is_0_in_every_recorded_update(name):
    """One gradient step a batch: the ratios are 1, so the loss is minus the mean of advantages that add up to 0."""
    settings = json.loads((CURVES / f"{name}.json").read_text())["algorithm"]
    assert all(text in settings for text in ("num_iterations=1,", "beta=0.0,", "loss_type='grpo'"))
    assert all((numbers(run, "clip_fraction") == 0).all() for run in runs(name))
    torch.manual_seed(0)
    rewards, lengths = torch.rand(6, 8), torch.randint(1, 9, (48,))
    mask = torch.arange(8) < lengths[:, None]
    advantages, same = group_advantages(rewards).reshape(-1, 1), torch.randn(48, 8)
    objective = clipped_surrogate(same, same, advantages, clip_low=0.2, clip_high=0.2)
    assert abs(aggregate(objective, mask, mode="sequence-mean")) < 1e-6
    if name == "language-grpo":  # where there is a chart of the loss
        assert "a loss that stays at 0 in every update" in healthy(name).words


def test_how_undecided_grpo_ends_in_the_maze():
    said = float(re.search(r"entropy below (\S+) at", healthy("maze-grpo").words)[1])
    assert said - 0.01 <= max(run.last("entropy") for run in runs("maze-grpo")) < said


def test_the_kl_of_ppo_is_a_few_hundredths_with_spikes():
    kl = [numbers(run, "approx_kl") for run in runs("maze-ppo")]
    early, most = np.mean([column[:5] for column in kl]), max(column.max() for column in kl)
    assert f"a few hundredths ({early:.2f} on" in healthy("maze-ppo").words and 0.02 < early < 0.1
    assert f"spikes (up to {most:.1f})" in healthy("maze-ppo", charted={"approx_kl"}).words
    without = healthy("maze-ppo", charted={"expected_return"}).words
    assert "KL" not in without and "updates; while it trains" in without and without.endswith(".")


@pytest.mark.parametrize("name", ["maze-ppo", "maze-trpo"])
def test_the_reward_falls_in_every_run_before_it_rises(name):
    said = float(re.search(r"falls to about −(\d+)", healthy(name).words)[1])
    for run in runs(name):
        reward = numbers(run, "reward")
        assert abs(reward.min() + said) < 0.7
        assert reward[0] > 0 and reward.argmin() < 20 and reward[-1] > 0.5
        assert numbers(run, "length")[0] < numbers(run, "length").max() / 4, "the first to end are short"


def test_the_steps_of_trpo_stay_below_the_limit_and_shrink():
    kl = [numbers(run, "policy_kl") for run in runs("maze-trpo")]
    longest = max(column.max() for column in kl)
    assert f"the longest has a KL of {longest:.3f}" in healthy("maze-trpo").words and longest < 0.01
    assert all(column[-10:].mean() < column[:10].mean() / 3 for column in kl)


def test_without_a_baseline_it_is_slow_and_depends_on_luck():
    best = optimal_return(the_maze())
    ends = [run.last("optimality") * best for run in runs("maze-reinforce-plain")]
    words = healthy("maze-reinforce-plain").words
    assert f"returns end between {min(ends):.1f} and {max(ends):.1f},".replace("-", "−") in words
    assert max(ends) - min(ends) > 5 * best
    count = 0
    for run in runs("maze-reinforce-plain"):
        values = numbers(run, "optimality")  # measured every five updates
        count += ((values[4:] - values[:-4]) < 0.1 * (values.max() - values[0])).any()
    assert f"and {count} of them crawl" in words
    assert count == crawling(load_curves("maze-reinforce-plain"), "optimality", updates=20, share=0.1)


def test_with_the_mean_of_each_step_taken_off_all_climb():
    words = healthy("maze-reinforce-step-mean").words
    earning = [reached(run, "optimality", 0.0) for run in runs("maze-reinforce-step-mean")]
    last = [run.last("optimality") for run in runs("maze-reinforce-step-mean")]
    assert f"more than it costs after {min(earning)} to {max(earning)} updates" in words
    assert f"at {min(last):.1f} to {max(last):.1f} times the best return after 70" in words
    gains = [np.diff(numbers(run, "optimality")) for run in runs("maze-reinforce-step-mean")]
    assert all((gain > 0).all() for gain in gains) and "climb all the way" in words
    slow = [gain[1:5].min() < min(gain[0], gain[4:].max()) / 2 for gain in gains]
    assert f"{sum(slow)} of 5 with a slow stretch" in words


def test_of_unseen_mazes_it_gets_out_of_nearly_all():
    words = healthy("mazes-ppo").words
    first, last = ([100 * run["solved"][at] for run in runs("mazes-ppo")] for at in (0, -1))
    there = [reached(run, "solved", 0.9) for run in runs("mazes-ppo")]
    assert f"nine tenths after {min(there)} to {max(there)} updates" in words
    assert f"of {min(last):.0f} to {max(last):.0f} % at the end" in words and max(first) < 20


def test_the_clip_bites_when_a_batch_is_used_twice():
    words = healthy("language-ppo-twice").words
    first, last = ([100 * run["clip_fraction"][at] for run in runs("language-ppo-twice")] for at in (1, -1))
    assert f"on {min(first):.0f} to {max(first):.0f} % of the tokens in the first" in words
    assert min(first) > 5 * max(last)
    assert max(numbers(run, "approx_kl").max() for run in runs("language-ppo-twice")) < 0.02


def test_at_fifteen_times_the_learning_rate_nothing_comes_back():
    late = max(numbers(run, "reward")[10:].max() for run in runs("language-grpo-too-fast"))
    assert f"never more than {100 * late:.0f} % are right" in healthy("language-grpo-too-fast").words and late < 0.05
    assert all((numbers(run, "informative_groups")[10:] < 0.1).all() for run in runs("language-grpo-too-fast"))


def test_every_pole_falls_back_once_before_it_is_balanced():
    words, curves = healthy("cartpole-ppo").words, load_curves("cartpole-ppo")
    falls = []
    for run in curves.values():
        upright = numbers(run, "balance")
        upright = upright[: np.flatnonzero(upright >= 475)[0] + 1]
        falls.append(max(upright[i] - upright[j] for i in range(len(upright)) for j in range(i, len(upright))))
    assert largest_fall(curves, "balance", 475) == pytest.approx(falls)
    assert f"fell back once by {min(falls):.0f} steps or more" in words


@pytest.mark.parametrize("name", ["language-grpo", "language-reinforce"])
def test_entropy_on_sums(name):
    begin, end = ([run["entropy"][i] for run in runs(name)] for i in (1, -1))
    assert f"falls from {np.mean(begin):.2f} to a few hundredths" in healthy(name).words
    assert min(end) > 0.01 and max(end) < 0.06


def test_a_sentence_about_a_chart_stands_only_where_there_is_one():
    words = healthy("language-grpo", charted={"reward", "entropy"}).words
    low, high = (f([reached(run, "reward", 0.8) for run in runs("language-grpo")]) for f in (min, max))
    assert f"answers right after {low} to {high} updates" in words and "held-out" not in words and "loss" not in words
    for name in ("accuracy", "held_out"):
        assert "nine of ten held-out sums" in healthy("language-grpo", charted={name}).words


def test_the_groups_that_teach_something():
    tens = (range(1, 11), range(-10, 0))
    first, last = (
        np.mean([run["informative_groups"][i] for run in runs("language-grpo") for i in ten]) for ten in tens
    )
    said = f"{100 * first:.0f} % of groups teach in the first ten updates, {100 * last:.0f} % in the last"
    assert said in healthy("language-grpo").words


def test_a_notebooks_own_columns_are_found():
    maze, pole = healthy("maze-ppo"), healthy("cartpole-ppo")
    share = [run.last("optimality") for run in maze.curves.values()]
    np.testing.assert_allclose(maze.band("expected_return").values[:, -1], np.array(share) * optimal_return(the_maze()))
    assert pole.band("upright").values.shape[0] == 5
    assert maze.band("escapes") is None and pole.band("expected_return") is None


def test_a_training_without_words_is_refused():
    with pytest.raises(ValueError, match=r"recorded must be .*'maze-ppo'.*got 'maze-dqn'"):
        healthy("maze-dqn")


def test_what_is_said_of_the_first_two_stages():
    read, words = runs("language-pretraining"), healthy("language-pretraining").words
    below = [next(row["step"] for row in run if row.get("unread_loss", 9) < 2) for run in read]
    assert set(below) == {40} and "below 2 on unread text after 40 updates" in words
    last = [run.last("unread_loss") for run in read]
    assert f"{min(last):.2f} to {max(last):.2f} at the end" in words
    assert max(run.last("states_this_sum") for run in read) < 0.05 and "hardly any state the one" in words
    tuned, words = runs("language-fine-tuning"), healthy("language-fine-tuning").words
    best = min(numbers(run, "greedy").max() for run in tuned)
    assert best > tuned[0]["greedy"][0] and f"every run reaches {100 * best:.0f} %" in words
    fallen = {next(row["step"] for row in run if row.get("greedy", 1) < 0.5) for run in tuned}
    assert fallen == {14} and "fewer than half are right after 14 updates" in words

"""Curves come back as they were recorded; each shipped file is complete, and its run can be made again."""

import inspect
import json
from dataclasses import replace

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.experiments import EXPERIMENTS, load_curves, record, right_after, save_curves, updates_to
from rlcourse.experiments.__main__ import main
from rlcourse.experiments.curves import CURVES, settings_of

KNOWN = {experiment.name: experiment for experiment in EXPERIMENTS}
QUICK = "maze-ppo"


def test_what_is_saved_comes_back_with_four_digits(tmp_path):
    runs = {
        0: History([{"step": 0, "accuracy": 0.123456}, {"step": 1, "reward": 2 / 3, "kl": float("nan")}]),
        7: History([{"step": 0, "accuracy": 1e-9}]),
    }
    save_curves(KNOWN[QUICK], runs, tmp_path)
    back = load_curves(QUICK, tmp_path)
    assert back == {
        0: [{"step": 0, "accuracy": 0.1235}, {"step": 1, "reward": 0.6667}],
        7: [{"step": 0, "accuracy": 1e-9}],
    }
    np.testing.assert_array_equal(back[0]["accuracy"], [0.1235, np.nan])
    assert [path.name for path in tmp_path.iterdir()] == [f"{QUICK}.json"]


def test_curves_that_are_not_there_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no recorded curves called 'maze-dqn'; recorded are: none"):
        load_curves("maze-dqn", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"recorded are: .*maze-ppo"):
        load_curves("maze-dqn")


def test_names_are_unique_and_every_experiment_is_shipped():
    assert len(KNOWN) == len(EXPERIMENTS)
    assert {path.stem for path in CURVES.glob("*.json")} == set(KNOWN)


MEASURED = {}
"""What each way of measuring measures: many experiments share one, and each takes a second."""


def measured_by(experiment, policy):
    evaluate = experiment.evaluate
    function, settings = getattr(evaluate, "func", evaluate), str(getattr(evaluate, "keywords", ""))
    way = inspect.unwrap(function).__code__, settings
    if way not in MEASURED:
        MEASURED[way] = set(evaluate(policy))
    return MEASURED[way]


@pytest.mark.parametrize("name", KNOWN)
def test_a_shipped_file_holds_five_whole_runs_of_todays_settings(name):
    experiment = KNOWN[name]
    training, runs = experiment.make(0), load_curves(name)
    evaluated = measured_by(experiment, training.policy)
    assert list(runs) == [0, 1, 2, 3, 4]
    for history in runs.values():
        assert history["step"].tolist() == list(range(experiment.steps + 1))
        measured = [row["step"] for row in history if evaluated <= set(row)]
        assert measured == list(range(0, experiment.steps + 1, experiment.evaluate_every))
    said = json.loads((CURVES / f"{name}.json").read_text())["algorithm"]
    assert said == settings_of(training), "settings have changed: record the curves anew"


AGAIN = ("maze-grpo", "maze-ppo", "maze-reinforce", "maze-trpo", "cartpole-ppo", "cartpole-trpo", "mazes-ppo",
         "language-grpo", "language-ppo", "rlhf-ppo")  # fmt: skip
"""What today's code does in its first steps must be what was recorded; that it goes on to learn is in the curves."""


@pytest.mark.parametrize("name", AGAIN)
def test_the_first_steps_of_a_shipped_run_can_be_made_again(name):
    """Nearly: other machines round otherwise, and a token that falls the other way changes a run's future."""
    experiment, steps = KNOWN[name], 2
    again, shipped = experiment.run(1, steps=steps, progress=False), load_curves(name)[1]
    for column in set(shipped[0]) - {"seconds"}:
        np.testing.assert_allclose(again[0][column], shipped[0][column], rtol=0.05, atol=0.02)
    for column in set(again[1]) & set(shipped[1]) - {"seconds"}:  # what is measured today only was not recorded
        np.testing.assert_allclose(again[column][: steps + 1], shipped[column][: steps + 1], rtol=0.05, atol=0.02)


def test_recording_runs_each_seed():
    quick = KNOWN[QUICK]
    runs = record(replace(quick, steps=2), seeds=(3, 4), progress=False)
    assert list(runs) == [3, 4]
    assert [len(history) for history in runs.values()] == [3, 3]


def test_stopping_leaves_no_half_recorded_curve():
    def stop(policy):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(replace(KNOWN[QUICK], evaluate=stop), seeds=(0,), progress=False)


def test_the_command_does_not_overwrite_what_is_shipped_with_other_seeds(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["experiments", QUICK, "--seeds", "7"])
    with pytest.raises(SystemExit):
        main()
    assert "say with --out where the curves go" in capsys.readouterr().err


def test_the_command_lists_the_experiments(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["experiments"])
    main()
    listed = capsys.readouterr().out
    assert all(experiment.name in listed and experiment.title in listed for experiment in EXPERIMENTS)


def test_the_command_refuses_an_unknown_name(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["experiments", "maze-dqn"])
    with pytest.raises(SystemExit):
        main()
    assert "there is no experiment called maze-dqn" in capsys.readouterr().err


def test_a_level_counts_as_reached_where_two_batches_in_a_row_are_there():
    runs = {seed: History([{"step": 0}, *({"reward": share} for share in shares)]) for seed, shares in RUNS.items()}
    shares = right_after(runs)
    assert shares.tolist() == [[0.25, 0.75, 0.5, 0.75, 0.75], [0.25, 0.25, 0.5, 0.75, 1.0]]
    assert [updates_to(one, 0.75) for one in shares] == [3, 3]
    assert [updates_to(shares.mean(0), level) for level in (0.25, 0.5, 0.8)] == [0, 1, None]


RUNS = {0: (0.25, 0.75, 0.5, 0.75, 0.75, 1.0), 1: (0.25, 0.25, 0.5, 0.75, 1.0)}
"""The second is shorter."""

"""The benchmark runs, on every row, and says what it measured. How fast anything is, these tests do not say."""

import json
import math
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import report
from tests.benchmarks.cost_table import cost_table
from tests.benchmarks.rounds import Result, take_turns

ROOT = Path(__file__).resolve().parents[2]
# The peers' own affairs: TRL and transformers warn of each other's old names, Stable-Baselines3 of small rollouts.
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:trl.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:datasets.*"),
]
SMALL_MAZE = {"rollouts": 1, "num_envs": 4, "steps": 16, "minibatch_size": 32, "epochs": 1}
SMALL_BATCH = {"prompts_per_step": 2, "num_generations": 2}
TINY = {
    "import_time": {},
    "exact_values": {"size": 4},
    "vector_maze": {"num_envs": 8, "steps": 2},
    "ppo": SMALL_MAZE,
    "ppo_small": SMALL_MAZE,
    "trpo": SMALL_MAZE,
    "sampling": {"batches": 1, "prompts": 2, "num_generations": 2},
    "grpo_step": {"steps": 1, **SMALL_BATCH},
    "grpo_to_90": {"most_steps": 5, "enough": 0.1, **SMALL_BATCH},
    "grpo_to_90_mixed": {"most_steps": 5, "enough": 1.0, **SMALL_BATCH},
    "ppo_sbx": SMALL_MAZE,
    "ppo_small_sbx": SMALL_MAZE,
}


@cache
def run(name):
    said = []
    module = command.importlib.import_module(f"tests.benchmarks.{command.ROWS[name]}")
    return getattr(module, name)(repeats=1, say=said.append, **TINY[name]), said


@pytest.mark.parametrize("name", command.ROWS)
def test_every_row_runs_and_says_what_it_measured(name):
    if not command.can_be_run(name):
        pytest.skip(f"{command.NEEDS[name]} is not installed; it is in no extra")
    result, said = run(name)
    assert result.row == name
    assert said, "no progress was told"
    assert all(math.isfinite(figure) and figure > 0 for figure in [*result.ours, *result.theirs])
    assert bool(result.theirs) == bool(result.peer)
    assert result.title in report.text([result], [], "here")
    if name.startswith("grpo"):
        assert f"{SMALL_BATCH['prompts_per_step']} prompts × {SMALL_BATCH['num_generations']}" in result.settings


def test_both_sides_agree_on_what_they_sample():
    result, _ = run("sampling")
    assert "greedy answers equal generate's in 2 of 2" in result.quality
    assert float(result.quality.split("within ")[1].split()[0]) < 1e-4


def test_a_run_that_does_not_get_there_says_so_and_bounds_the_ratio():
    result, _ = run("grpo_to_90_mixed")
    assert "TRL was stopped after 5 steps" in result.note
    result, _ = run("grpo_to_90")
    assert "stopped" not in result.note


def test_the_cost_table_has_every_algorithm_with_what_it_holds():
    rows = cost_table(repeats=1, say=lambda line: None, prompts_per_step=2, num_generations=4, epochs=1)
    held = [set(row.cost.weights) for row in rows]
    assert held == [
        {"policy", "critic"},
        {"policy", "critic"},
        {"policy", "critic"},
        {"policy", "critic", "reference", "reward model"},
        {"policy"},
        {"policy", "reference"},
    ]
    for row in rows:
        assert row.cost.weights == row.counted.weights, row.title
        assert row.title in report.text([], rows, "here")


def test_sides_take_turns_and_the_beginner_changes():
    order = []

    def side(name, figure):
        def play(number):
            order.append(name)
            return figure * (number + 1)

        return play

    ours, theirs = take_turns(side("a", 1.0), side("b", 4.0), repeats=3, say=order.append, unit="s")
    assert [entry for entry in order if len(entry) == 1] == ["a", "b", "b", "a", "a", "b"]
    assert (ours, theirs) == ([1.0, 2.0, 3.0], [4.0, 8.0, 12.0])


@pytest.mark.parametrize(("higher", "ratio"), [(False, 4.0), (True, 0.25)])
def test_the_ratio_is_how_many_times_faster_ours_was(higher, ratio):
    result = Result("r", "t", "p", "s", higher, ours=[1.0, 2.0, 100.0], theirs=[4.0, 8.0, 1.0], least_ratio=3.0)
    assert sorted(result.ratios)[1] == ratio
    assert result.met is (ratio >= 3.0)
    assert result.as_json()["ratio"] == ratio


def test_a_limit_is_kept_or_not():
    assert Result("r", "t", "", "ms", False, ours=[10.0, 60.0, 20.0], limit=50.0).met is True
    assert Result("r", "t", "", "ms", False, ours=[10.0, 60.0, 70.0], limit=50.0).met is False
    assert Result("r", "t", "", "ms", False, ours=[10.0]).met is None


def test_an_aim_is_reached_or_not_and_both_are_told():
    result = Result("r", "t", "p", "s", False, ours=[1.0], theirs=[4.0], least_ratio=3.0, aim=5.0)
    assert (result.met, result.reached) == (True, False)
    assert "| ≥ 3× | yes | ≥ 5× | NO |" in report.text([result], [], "here")
    quick = Result("r", "t", "", "ms", False, ours=[4.0], limit=50.0, aim=5.0)
    assert "| < 50 ms | yes | < 5 ms | yes |" in report.text([quick], [], "here")
    assert "| stated |  |  |  |" in report.text([Result("r", "t", "", "ms", False, ours=[4.0])], [], "here")


def test_the_command_writes_both_files(tmp_path):
    out = tmp_path / "results"
    arguments = [sys.executable, "-m", "tests.benchmarks", "exact_values", "--repeats", "1", "--out", str(out)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr  # 1 where this machine, or its neighbours, are too slow
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [row["row"] for row in found["rows"]] == ["exact_values"]
    assert "Exact V, Q and A" in (tmp_path / "results.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json", "results.md"]


@pytest.mark.parametrize("arguments", [["no_such_row"], ["sampling", "--repeats", "0"], ["--threads", "0"]])
def test_the_command_refuses_what_it_cannot_do(arguments, capsys):
    with pytest.raises(SystemExit) as refused:
        command.main(arguments)
    assert refused.value.code == 2
    assert "error: " in capsys.readouterr().err

"""EXAMPLES.md and the README: their code blocks run as they stand, and the page's table is what was measured."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.benchmarks.gymnasium_learning import RESULTS, SEEDS, TASKS, as_table
from tests.programs import python

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "EXAMPLES.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = BLOCK.findall(PAGE)


def run(code, folder):
    """What the code prints, run in a Python of its own in an empty folder, as a stranger would run it."""
    environment = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    return python(code, cwd=folder, env=environment, timeout=300).stdout


def test_there_are_four_examples_and_one_of_them_has_two_parts():
    assert PAGE.count("\n## Your own") + PAGE.count("\n## Checkpoints") == 4
    assert len(EXAMPLES) == 5


def test_an_environment_that_needs_a_wrapper_runs(tmp_path):
    assert -1 <= float(run(EXAMPLES[0], tmp_path)) <= 1


def test_an_environment_by_its_name_runs_and_its_policy_is_kept(tmp_path):
    assert int(run(EXAMPLES[1], tmp_path)) in range(4)
    assert (tmp_path / "cliff" / "model.safetensors").exists()


def test_a_reward_with_a_column_runs(tmp_path):
    rewards = [float(word) for word in run(EXAMPLES[2], tmp_path).strip("[] \n").split()]
    assert len(rewards) == 2
    assert all(0 <= reward <= 1 for reward in rewards)


def test_a_gpt2_that_knows_nothing_runs_and_is_kept(tmp_path):
    assert run(EXAMPLES[3], tmp_path)
    assert (tmp_path / "my-gpt2" / "config.json").exists()


def test_checkpoints_a_falling_rate_and_a_file_of_numbers_run(tmp_path):
    run(EXAMPLES[4], tmp_path)
    rows = (tmp_path / "pole.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    state = json.loads((tmp_path / "runs" / "pole" / "run.json").read_text())
    assert len(state["history"]) == 6


def test_the_readme_leads_to_the_page_and_its_second_block_runs_in_both_worlds(tmp_path):
    assert "(EXAMPLES.md)" in README
    block = BLOCK.findall(README)[1]
    assert "CartPole-v1" in block
    run(re.sub(r"\.run\(\d+\)", ".run(1)", block), tmp_path)


def test_the_table_is_what_was_measured_with_todays_settings():
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    for task in TASKS:
        assert results[task.name]["task"] == json.loads(json.dumps(asdict(task))), "measure it anew"
        assert [run["seed"] for run in results[task.name]["runs"]] == list(SEEDS)
    assert as_table(results) in PAGE


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_seed_learns_what_the_page_says(task):
    runs = json.loads(RESULTS.read_text(encoding="utf-8"))[task.name]["runs"]
    assert min(run["drawn"] for run in runs) >= task.wanted

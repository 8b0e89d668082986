"""TRL trains what we hand it: two processes under `accelerate launch`, and models of other families in this one."""

import json
import os
import shutil
import subprocess
import warnings
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from rlcourse.algorithms import GRPOConfig
from rlcourse.language import LanguagePolicy, load_gpt2, sampled_accuracy, split_sums
from rlcourse.scale import Machine, Run, launch_command, load_task, read_plan, train_here, write_plan

pytest.importorskip("trl")
QUIET = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
SMALL = GRPOConfig(num_generations=4, learning_rate=3e-4)


def test_two_processes_train_and_both_sides_measure_the_same(tmp_path):
    run = Run(steps=2, prompts_per_step=8, held_out=40, config=SMALL)
    folder = write_plan(tmp_path / "run", run, Machine("cpus", processes=2, port=0))
    done = subprocess.run(launch_command(folder), env=os.environ | QUIET, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    results = json.loads((folder / "results.json").read_text())
    assert results["processes"] == 2 and results["steps"] == 2 and results["answers_per_step"] == 32
    assert len(results["reward"]) == 2
    assert sorted(path.name for path in folder.iterdir()) == [
        "accelerate.yaml", "launch.sh", "model", "results.json", "run.json",
    ]  # fmt: skip
    assert not list(folder.rglob("*.bin"))  # nothing that has to be unpickled
    policy, before = LanguagePolicy(*load_gpt2(folder / "model", device="cpu")), load_gpt2("sft", device="cpu")[0]
    moved = [(a - b).abs().max().item() for a, b in zip(policy.model.parameters(), before.parameters(), strict=True)]
    assert 0 < max(moved) < 0.01
    ours = sampled_accuracy(policy, split_sums()[1][:40], temperature=0.0)
    assert ours == pytest.approx(results["accuracy"])


def test_a_run_that_broke_off_ends_as_one_that_did_not(tmp_path):
    run = Run(steps=2, prompts_per_step=4, held_out=0, max_new_tokens=8, save_every=1, config=SMALL)
    whole = train_here(write_plan(tmp_path / "whole", run, Machine()), lambda row: None)
    broken, seen = write_plan(tmp_path / "broken", run, Machine()), []
    shutil.copytree(whole.parent / "trl" / "checkpoint-1", broken / "trl" / "checkpoint-1")
    gone_on = train_here(broken, seen.append)
    assert [row["step"] for row in seen] == [2]
    first, second = (load_file(folder / "model.safetensors") for folder in (whole, gone_on))
    for name, weight in first.items():
        torch.testing.assert_close(second[name], weight, rtol=0, atol=0)
    results = [json.loads((folder / "results.json").read_text()) for folder in (tmp_path / "whole", broken)]
    assert results[0]["reward"] == results[1]["reward"] and results[1]["steps"] == 2


def test_a_run_that_ends_too_soon_is_no_success(tmp_path, monkeypatch):
    """TRL drops a batch that is not full, and ends without an error."""
    from rlcourse.scale import train

    idle = SimpleNamespace(train=lambda **_: None, state=SimpleNamespace(global_step=0))
    monkeypatch.setattr(train, "make_trainer", lambda *_: idle)
    with pytest.raises(RuntimeError, match=r"TRL has done 0 of 3 steps and stopped"):
        train.train(write_plan(tmp_path / "run", Run(steps=3), Machine()))


@pytest.mark.parametrize("name", ["llama", "qwen"])
def test_a_model_of_another_family_is_trained(name, family, tmp_path):
    run = Run(model=str(family(name)), steps=1, prompts_per_step=2, held_out=2, max_new_tokens=4, config=SMALL)
    rows = []
    folder = train_here(write_plan(tmp_path / "run", run, Machine()), rows.append)
    assert rows[0]["step"] == 1 and rows[0]["reward"] == 0.0
    assert json.loads((folder / "config.json").read_text())["model_type"].startswith(name)


def test_behind_padding_trls_policy_and_its_reference_score_as_without(tmp_path):
    """TRL hands them the mask alone: what `make_trainer` puts on them says the rest."""
    from rlcourse.scale.train import make_trainer

    config = replace(SMALL, beta=0.1)
    folder = write_plan(tmp_path / "run", Run(prompts_per_step=2, config=config), Machine())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = make_trainer(read_plan(folder), load_task("sums"), folder)
    ids = torch.randint(2, 90, (2, 12), generator=torch.Generator().manual_seed(0))
    for model in (trainer.model, trainer.ref_model):
        logits = []
        for padding in (0, 3):
            whole = torch.nn.functional.pad(ids, (padding, 0))
            mask = torch.nn.functional.pad(torch.ones_like(ids), (padding, 0))
            with torch.no_grad():
                logits.append(model(input_ids=whole, attention_mask=mask).logits[:, padding:])
        torch.testing.assert_close(*logits, rtol=1e-4, atol=1e-4)

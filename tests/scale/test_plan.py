"""A run as a folder: what is written, what is never overwritten, and the command line that writes it."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from rlcourse.files import ASSETS
from rlcourse.scale import Machine, Run, launch_command, newest_checkpoint, read_plan, write_plan
from rlcourse.scale.__main__ import main, parser
from rlcourse.scale.plan import found

ROOT = Path(__file__).parents[2]


def test_what_is_written_is_read_again(tmp_path):
    folder = write_plan(tmp_path / "run", Run(steps=3, held_out=9), Machine("cpus", processes=2))
    assert sorted(path.name for path in folder.iterdir()) == ["accelerate.yaml", "launch.sh", "run.json"]
    plan = read_plan(folder)
    assert plan.task == "sums" and plan.held_out == 9 and plan.trl["max_steps"] == 3
    assert plan.model == "sft" and os.path.isdir(found(plan))  # by its name, so that the folder may move
    assert str(folder) in launch_command(folder)[-1]
    again = write_plan(folder, Run(steps=5), Machine())  # a plan that has not been run may be written anew
    assert read_plan(again).trl["max_steps"] == 5


def test_what_a_run_has_made_stays_and_what_a_crash_has_left_does_not(tmp_path):
    folder = tmp_path / "run"
    write_plan(folder, Run(), Machine())
    (folder / "trl" / "runs").mkdir(parents=True)
    (folder / "trl" / "runs" / "events").write_text("half")
    write_plan(folder, Run(), Machine())  # a run that broke off may be begun anew
    assert not (folder / "trl").exists()
    (folder / "trl" / "checkpoint-2").mkdir(parents=True)
    with pytest.raises(ValueError, match="which would be lost"):
        write_plan(folder, Run(), Machine())
    shutil.rmtree(folder / "trl")
    (folder / "results.json").write_text("{}")
    with pytest.raises(ValueError, match=r"has been run: it holds 'results.json', which would be lost.*run-2"):
        write_plan(folder, Run(), Machine())
    assert (folder / "results.json").read_text() == "{}"


def broken_off(folder: Path) -> Path:
    """A plan that has been begun: one whole checkpoint, and one that was being written."""
    write_plan(folder, Run(steps=4, save_every=2), Machine())
    for name, whole in (("checkpoint-2", True), ("checkpoint-4", False)):
        (folder / "trl" / name).mkdir(parents=True)
        (folder / "trl" / name / "model.safetensors").write_text("")
        if whole:
            (folder / "trl" / name / "trainer_state.json").write_text("{}")
    return folder


def test_a_run_that_broke_off_goes_on_from_its_newest_whole_checkpoint_and_is_not_written_over(
    tmp_path, capsys, monkeypatch
):
    folder, ran = broken_off(tmp_path / "run"), []
    assert newest_checkpoint(folder) == folder / "trl" / "checkpoint-2"
    with pytest.raises(ValueError, match=r"broke off, and left checkpoint-2.*--resume.*run-2"):
        write_plan(folder, Run(), Machine())
    monkeypatch.setattr("rlcourse.scale.__main__.what_is_missing", lambda *_: [])
    monkeypatch.setattr("subprocess.run", lambda words, **_: ran.append(words) or SimpleNamespace(returncode=0))
    assert main([str(folder), "--resume"]) == 0 and ran == [launch_command(folder)]
    assert main([str(folder), "--resume", "--steps", "9", "--loss-type", "dapo"]) == 1
    assert "it stands alone; got --loss-type, --steps, too" in capsys.readouterr().err
    write_plan(tmp_path / "new", Run(), Machine())
    assert main([str(tmp_path / "new"), "--resume"]) == 1 and "no checkpoint in" in capsys.readouterr().err
    (folder / "results.json").write_text("{}")
    assert main([str(folder), "--resume"]) == 1 and "has been run" in capsys.readouterr().err
    assert len(ran) == 1


def test_the_algorithms_settings_are_options(tmp_path, capsys):
    words = "--loss-type dr_grpo --scale-rewards none --temperature 0.7 --num-iterations 2 --save-every 5"
    assert main([str(tmp_path / "a"), "--write-only", "--max-new-tokens", "12", *words.split()]) == 0
    told = read_plan(tmp_path / "a").trl
    assert (told["loss_type"], told["scale_rewards"], told["temperature"]) == ("dr_grpo", "none", 0.7)
    assert (told["num_iterations"], told["max_completion_length"]) == (2, 12)
    assert (told["save_strategy"], told["save_steps"]) == ("steps", 10)  # TRL counts steps of the optimiser
    assert main([str(tmp_path / "b"), "--write-only", "--save-every", "21"]) == 1
    assert "save_every must be at most steps=20" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["run", "it's $HOME"])
def test_the_script_runs_the_folder_that_it_lies_in_wherever_that_is(name, tmp_path):
    folder = write_plan(tmp_path / name, Run(), Machine())
    moved = folder.rename(tmp_path / "moved's")
    assert str(tmp_path) not in (moved / "launch.sh").read_text() + (moved / "run.json").read_text()
    (tmp_path / "bin").mkdir()
    told = tmp_path / "bin" / "accelerate"  # which says what it is told, a word on a line
    told.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    told.chmod(0o755)
    path = {"PATH": f"{told.parent}:/usr/bin:/bin"}
    said = subprocess.run(["/bin/sh", str(moved / "launch.sh")], capture_output=True, text=True, env=path, check=True)
    words = said.stdout.splitlines()
    assert words == ["launch", "--config_file", f"{moved}/accelerate.yaml", "-m", "rlcourse.scale.train", str(moved)]


def test_a_model_for_vllm_is_one_word_of_the_shell(tmp_path):
    (tmp_path / "my model").mkdir()
    machine = Machine("gpu", sampler="vllm-server", server="http://s:1")
    for model, word in ((str(tmp_path / "my model"), str(tmp_path / "my model")), ("sft", str(ASSETS / "sft"))):
        script = (write_plan(tmp_path / "run", Run(model=model), machine) / "launch.sh").read_text()
        line = next(line for line in script.splitlines() if "vllm serve" in line).removeprefix("#")
        shell = line.replace("vllm serve", "printf '%s\\n'").replace("python -c", f"{sys.executable} -c")
        done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, cwd=ROOT)
        assert done.stdout.splitlines()[0] == word


def test_a_folder_without_a_plan_or_with_a_broken_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`python -m rlcourse.scale .*` writes it"):
        read_plan(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"model": "sft"}))
    with pytest.raises(ValueError, match="is no plan of a run"):
        read_plan(tmp_path)


def test_the_script_of_several_machines_asks_which_one_it_is(tmp_path):
    machine = Machine(
        "nodes", processes=8, nodes=2, main_address="10.0.0.1", sampler="vllm-server", server="http://s:1"
    )
    folder = write_plan(tmp_path / "run", Run(prompts_per_step=64), machine)
    script = (folder / "launch.sh").read_text()
    assert "#     the packages vllm\n" in script and "deepspeed" not in script
    assert "RANK=1 sh launch.sh" in script and "vllm serve" in script and "weight-transfer-config" in script
    told = subprocess.run(["/bin/sh", str(folder / "launch.sh")], capture_output=True, text=True, env={"PATH": ""})
    assert told.returncode and "say which machine this is" in told.stderr


def test_the_command_line_writes_and_says_what_stands_in_the_way(tmp_path, capsys, monkeypatch):
    assert main([str(tmp_path / "a"), "--write-only", "--on", "gpus", "--processes", "4", "--sharding", "fsdp"]) == 0
    assert "launch.sh" in capsys.readouterr().out
    assert read_plan(tmp_path / "a").trl["learning_rate"] == 1e-4
    assert main([str(tmp_path / "b"), "--write-only", "--model", "some/model"]) == 0
    assert read_plan(tmp_path / "b").trl["learning_rate"] == 1e-6
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert main([str(tmp_path / "c"), "--on", "gpu"]) == 1
    assert "1 GPU is asked for, and this machine has none" in capsys.readouterr().err
    assert main([str(tmp_path / "c"), "--on", "gpus"]) == 1
    assert "needs processes of at least 2" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "./nope"], "there is no folder ./nope with a model"),
        (["--task", "nosuch.py"], "there is no file nosuch.py"),
        (["--max-new-tokens", "4000"], "it must fit into the 96 that sft reads"),
        (["--on", "cpus"], "--processes 2"),
        (["--on", "cpus", "--processes", "16", "--prompts", "15", "--generations", "10"], "prompts=8 or 16 comes out"),
    ],
)
def test_what_is_only_written_is_looked_at_too(options, words, tmp_path, capsys):
    assert main([str(tmp_path / "a"), "--write-only", *options]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_help_reads_like_a_page():
    page = parser().format_help()
    assert page.index("FOLDER/model") < page.index("what is trained") < page.index("on what") < page.index("examples:")
    assert max(map(len, page.splitlines())) <= 120


def test_importing_the_room_needs_no_trl():
    for file in (ROOT / "rlcourse" / "scale").glob("*.py"):
        whole = ast.parse(file.read_text(encoding="utf-8")).body
        imports = [node for node in whole if isinstance(node, ast.Import | ast.ImportFrom)]
        first = {(getattr(node, "module", None) or node.names[0].name).split(".")[0] for node in imports}
        assert not first & {"trl", "accelerate", "datasets", "reasoning_gym"}, file

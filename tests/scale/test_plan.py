"""A run as a folder: what is written, what is never overwritten, and the command line that writes it."""

import ast
import json
import os
import subprocess
from pathlib import Path

import pytest

from rlcourse.scale import Machine, Run, launch_command, read_plan, write_plan
from rlcourse.scale.__main__ import main, parser

ROOT = Path(__file__).parents[2]


def test_what_is_written_is_read_again(tmp_path):
    folder = write_plan(tmp_path / "run", Run(steps=3, held_out=9), Machine("cpus", processes=2))
    assert sorted(path.name for path in folder.iterdir()) == ["accelerate.yaml", "launch.sh", "run.json"]
    plan = read_plan(folder)
    assert plan.task == "sums" and plan.held_out == 9 and plan.trl["max_steps"] == 3
    assert plan.model.endswith("sft") and os.path.isdir(plan.model)
    assert str(folder) in launch_command(folder)[-1]
    again = write_plan(folder, Run(steps=5), Machine())  # a plan that has not been run may be written anew
    assert read_plan(again).trl["max_steps"] == 5


def test_what_is_not_a_plan_stays(tmp_path):
    folder = tmp_path / "run"
    write_plan(folder, Run(), Machine())
    (folder / "results.json").write_text("{}")
    with pytest.raises(ValueError, match=r"holds 'results.json', which would be lost"):
        write_plan(folder, Run(), Machine())
    assert (folder / "results.json").read_text() == "{}"


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

"""The machine check: each thing that can be wrong is noticed, and comes with what to do about it."""

import os
import shutil
from functools import partial

import pytest

from rlcourse.course import machine
from rlcourse.course.findings import Finding
from rlcourse.course.machine import (
    MachineReport,
    check_machine,
    checkpoint_finding,
    progress_finding,
    speed_finding,
)
from rlcourse.files import ASSETS
from rlcourse.language.model import checkpoints
from rlcourse.language.model.checksums import changed_files


def test_this_machine_is_looked_at(monkeypatch):
    monkeypatch.setattr(machine, "seconds_per_step", lambda steps: 0.01 * steps)
    report = check_machine(steps=3)
    found = {finding.what: finding for finding in report.findings}
    assert len(found) >= 12  # of three models, too
    assert found["Speed of GRPO"].found.startswith("0.03 s a step")
    assert f"takes about {report.training:.0f} s" in found["Speed of GRPO"].found
    for name in ("Python", "Packages", "Widgets in the Lab", "Kernel", "Model “pretrained”", "Model “sft”"):
        assert found[name].fine, found[name]


@pytest.mark.parametrize("wrong", [0, -1, 2.5])
def test_a_senseless_number_of_steps_is_refused(wrong):
    with pytest.raises((ValueError, TypeError), match="steps"):
        check_machine(steps=wrong)


def test_without_the_checkpoint_nothing_is_timed(monkeypatch):
    broken = lambda name: Finding(f"Model “{name}”", "cannot be read", False, "rebuild")  # noqa: E731
    monkeypatch.setattr(machine, "checkpoint_finding", broken)
    report = check_machine()
    assert not report.ready and report.training is None
    assert "Speed of GRPO" not in [finding.what for finding in report.findings]


def test_a_damaged_checkpoint_is_noticed(tmp_path):
    finding = checkpoint_finding(str(tmp_path))
    assert not finding.fine
    assert "rlcourse.language.build" in finding.advice


def test_a_checkpoint_with_one_changed_number_is_noticed(monkeypatch, tmp_path):
    assert checkpoint_finding("sft").fine
    assets = tmp_path / "assets"
    shutil.copytree(ASSETS, assets)
    path = assets / "sft" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(checkpoints, "ASSETS", assets)
    monkeypatch.setattr(machine, "changed_files", partial(changed_files, assets=assets))
    finding = checkpoint_finding("sft")
    assert (finding.found, finding.fine) == ("is not as it was shipped", False)
    assert "sft/model.safetensors" in finding.advice
    assert checkpoint_finding("pretrained").fine


def test_other_bundled_files_are_mentioned_only_if_they_changed(monkeypatch):
    assert machine.changed_findings() == []
    monkeypatch.setattr(machine, "changed_files", lambda name: [f"{name}/test.jsonl"] if name == "preferences" else [])
    (finding,) = machine.changed_findings()
    assert not finding.fine and finding.advice.startswith("preferences/test.jsonl: not as made")


def test_a_folder_that_cannot_be_written_to_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "not" / "there" / "progress.json"
    assert progress_finding(path).fine
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    finding = progress_finding(path)
    assert not finding.fine and str(tmp_path) in finding.advice


def test_progress_that_somebody_elses_file_keeps_out_is_said(tmp_path):
    for foreign in (tmp_path, tmp_path / "letter.txt"):
        (tmp_path / "letter.txt").write_text("to my aunt", encoding="utf-8")
        finding = progress_finding(foreign)
        assert not finding.fine and "stays as it is" in finding.advice and "not kept" in finding.found


def test_a_slow_machine_is_told_how_long_it_will_take():
    fast, slow = speed_finding(0.1), speed_finding(10)
    assert fast.fine and not slow.fine
    assert f"about {10 * machine.STEPS} s" in slow.found
    notebook = (ASSETS.parent / "notebooks" / "source" / "10_grpo.py").read_text(encoding="utf-8")
    assert f"\nSTEPS = {machine.STEPS}\n" in notebook


def test_the_report_says_first_what_to_do():
    fine = MachineReport((Finding("Python", "3.13"),))
    assert fine.ready and fine.message.text.startswith("✓ This machine is ready.")
    troubled = MachineReport((Finding("Python", "3.9", False, "get a newer one"), Finding("Memory", "8 GB")))
    lines = troubled.message.text.splitlines()
    assert lines[0] == "! 1 thing to look at:" and lines[1] == "Python: get a newer one"
    assert "✗\xa0Python" in troubled.message.text and "✓\xa0Memory" in troubled.message.text
    assert "3.9" in troubled._repr_mimebundle_()["text/html"]


def test_a_remark_alone_leaves_the_machine_ready():
    remark = Finding("Your progress", "kept nowhere", False, "nothing else suffers", must=False)
    report = MachineReport((Finding("Python", "3.13"), remark))
    assert report.ready and report.message.text.startswith(
        "✓ This machine is ready. Only this:\nYour progress: nothing"
    )
    assert "!\xa0Your\xa0progress" in report.message.text

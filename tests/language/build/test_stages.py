"""The build, in small: every checkpoint and the card come out of it, and a stop costs at most the last few steps."""

import dataclasses
import os
import shutil
from pathlib import Path

import pytest
import torch

from rlcourse.language import (
    RewardConfig,
    load_gpt2,
    load_reward_model,
)
from rlcourse.language.build import stages as build_module
from rlcourse.language.model.checksums import changed_files
from rlcourse.language.tasks.annotators import request_of
from rlcourse.language.training import reward_training
from tests.language.build.small import TINY, make_small
from tests.programs import python


def build_in(folder, assets="assets"):
    build_module.build(folder / assets, folder / f"scratch-{assets}")


@pytest.fixture
def small_build(monkeypatch, tmp_path):
    make_small(monkeypatch.setattr)
    return lambda assets="assets": build_in(tmp_path, assets)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A build in small that has come to its end, and what it has centred the scores on. It is not to be changed."""
    folder, centred_on, real = tmp_path_factory.mktemp("finished"), [], build_module.centre_scores

    def watched(reward_model, prompts, completions):
        centred_on.append((prompts, completions))
        return real(reward_model, prompts, completions)

    with pytest.MonkeyPatch.context() as patch:
        make_small(patch.setattr)
        patch.setattr(build_module, "centre_scores", watched)
        build_in(folder)
    return folder, centred_on


@pytest.fixture
def built(finished, tmp_path):
    """A copy of it in `tmp_path`, with which a test can do what it likes."""
    shutil.copytree(finished[0], tmp_path, dirs_exist_ok=True)


def test_the_build_makes_every_checkpoint_and_a_card_of_measured_figures(built, tmp_path):
    made = sorted(path.name for path in (tmp_path / "assets").iterdir())
    assert made == ["MODEL_CARD.md", "pretrained", "reward", "sft", "thinker"]
    before, after = (load_gpt2(tmp_path / "assets" / name)[0] for name in ("pretrained", "sft"))
    assert not torch.equal(before.lm_head.weight, after.lm_head.weight)
    card = (tmp_path / "assets" / "MODEL_CARD.md").read_text()
    assert "| pre-training | 0.0% |" in card
    assert f"{sum(p.numel() for p in after.parameters()):,} parameters" in card
    assert "{" not in card
    assert "the 16 preferences of **simulated** annotators" in card


def test_a_build_that_was_stopped_goes_on_to_the_same_end(built, small_build, tmp_path, monkeypatch):
    real, steps = build_module.save_snapshot, []

    def stop_in_the_middle(path, model, optimizer, step, **recipe):
        real(path, model, optimizer, step, **recipe)
        steps.append((path.stem, step))
        if len(steps) == 3:  # two snapshots of pre-training, one of fine-tuning
            raise KeyboardInterrupt

    monkeypatch.setattr(build_module, "save_snapshot", stop_in_the_middle)
    with pytest.raises(KeyboardInterrupt):
        small_build("halting")
    small_build("halting")
    stages = ("pretrained", "sft", "workings", "thinker")
    assert steps == [(name, step) for name in stages for step in (2, 4)]
    for name in ("pretrained", "sft", "thinker"):
        a, b = (load_gpt2(tmp_path / assets / name)[0] for assets in ("assets", "halting"))
        for x, y in zip(a.parameters(), b.parameters(), strict=True):
            assert torch.equal(x, y)


def test_another_recipe_does_not_go_on_from_an_older_snapshot(built, small_build, tmp_path, monkeypatch, capsys):
    first = load_gpt2(tmp_path / "assets" / "sft")[0].lm_head.weight
    monkeypatch.setattr(build_module, "PRETRAINING", dataclasses.replace(TINY, learning_rate=1e-3))
    small_build()
    assert "made by another recipe; starting over" in capsys.readouterr().out
    assert not torch.equal(load_gpt2(tmp_path / "assets" / "sft")[0].lm_head.weight, first)


def test_a_reward_model_that_was_stopped_is_not_shipped(small_build, tmp_path, monkeypatch):
    real, updates = reward_training._update, []

    def stop_at_the_second(*arguments):
        updates.append(0)
        if len(updates) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(reward_training, "_update", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        small_build()
    assert not (tmp_path / "assets" / "reward").exists()
    assert not (tmp_path / "scratch-assets" / "reward.json").exists()
    small_build()
    assert (tmp_path / "assets" / "reward").exists()


def test_a_finished_build_only_measures_again(built, small_build, monkeypatch):
    monkeypatch.setattr(build_module, "save_snapshot", lambda *_, **__: pytest.fail("trained again"))
    monkeypatch.setattr(build_module, "train_reward_model", lambda *_, **__: pytest.fail("trained again"))
    small_build()


def test_another_recipe_trains_the_reward_model_again_and_nothing_else(built, small_build, tmp_path, monkeypatch):
    first = load_reward_model(tmp_path / "assets" / "reward", device="cpu")
    monkeypatch.setattr(build_module, "save_snapshot", lambda *_, **__: pytest.fail("trained again"))
    monkeypatch.setattr(build_module, "REWARD", RewardConfig(epochs=1, batch_size=8, seed=1))
    small_build()
    second = load_reward_model(tmp_path / "assets" / "reward", device="cpu")
    assert not torch.equal(first.model.score.weight, second.model.score.weight)


def test_the_built_reward_model_stands_on_the_fine_tuned_body_and_is_centred(finished):
    folder, ((prompts, completions),) = finished
    reward_model = load_reward_model(folder / "assets" / "reward", device="cpu")
    assert len(prompts) == len(completions) == 40 and len({request_of(p).topic for p in prompts}) == 20
    assert sum(reward_model.score(prompts, completions)) == pytest.approx(0, abs=1e-3)
    body = load_gpt2(folder / "assets" / "sft", device="cpu")[0].transformer
    drift = reward_model.model.transformer.wte.weight - body.wte.weight
    assert 0 < drift.abs().max() < 5 * 2 * 1e-3  # two steps of AdamW from there


def test_the_bundled_card_promises_what_the_course_needs():
    """After fine-tuning something is left to learn; after GRPO it has been learned."""
    card = (build_module.ASSETS / "MODEL_CARD.md").read_text()
    table = card[card.index("| right on held-out sums,") : card.index("| right on held-out questions,")]
    rows = (line.split("|") for line in table.splitlines())
    accuracy = {row[1].strip(): float(row[2].strip(" %")) for row in rows if len(row) > 5 and "%" in row[2]}
    assert 25 <= accuracy["supervised fine-tuning"] <= 50
    assert next(value for name, value in accuracy.items() if name.startswith("GRPO")) >= 90


@pytest.mark.parametrize("name", ["reward.json", "minutes"])
@pytest.mark.parametrize("content", ["", "{", "[]", "nan", '{"recipe": "other"}', "\x00"])
def test_a_half_written_note_of_an_earlier_build_does_not_stop_the_next(name, content, tmp_path):
    (tmp_path / name).write_text(content)
    assert build_module._noted(tmp_path / "reward.json") == {}
    assert build_module._minutes_before(tmp_path) == 0.0


def test_the_command_builds_writes_the_checksums_and_knows_how_to_stop(monkeypatch, tmp_path):
    (tmp_path / "sft").mkdir()
    (tmp_path / "sft" / "config.json").write_text("{}")
    arguments = ["build", "--assets", str(tmp_path), "--scratch", str(tmp_path / "scratch")]
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr(build_module, "build", lambda assets, scratch: None)
    build_module.main()
    assert changed_files("sft", tmp_path) == []

    def stopped(assets, scratch):
        raise KeyboardInterrupt

    monkeypatch.setattr(build_module, "build", stopped)
    with pytest.raises(SystemExit, match="the same command goes on"):
        build_module.main()


def test_snapshots_go_into_a_checkout_or_below_the_current_folder_never_into_the_packages(tmp_path):
    assert build_module.SCRATCH == build_module.CHECKOUT / "build" / "language"
    for folder in ("rlcourse", "assets"):  # a package without a checkout around it
        shutil.copytree(build_module.CHECKOUT / folder, tmp_path / "site-packages" / folder)
    code = "from rlcourse.language.build.stages import SCRATCH; print(SCRATCH)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site-packages")}
    found = python(code, env=environment, cwd=tmp_path)
    assert found.stdout.strip() == str(Path("build/language"))

"""The table of names: complete on our side, true on TRL's."""

from dataclasses import fields
from inspect import signature

import pytest

from rlcourse.algorithms import GRPOConfig
from rlcourse.scale import NAMES, names_table
from rlcourse.scale.names import Name

ALL: list[Name] = [name for group in NAMES.values() for name in group]


def test_every_setting_of_grpo_has_a_row():
    assert {field.name for field in fields(GRPOConfig)} <= {name.ours for name in ALL}
    assert len({name.ours for name in ALL}) == len(ALL)


def test_trl_has_what_stands_in_its_column():
    trl = pytest.importorskip("trl")
    known = {field.name for field in fields(trl.GRPOConfig)} | set(signature(trl.GRPOTrainer.__init__).parameters)
    for name in ALL:
        assert set(name.trl) <= known, name


def test_what_is_said_of_trls_defaults():
    trl = pytest.importorskip("trl")
    default = {field.name: field.default for field in fields(trl.GRPOConfig)}
    assert default["loss_type"] == "dapo" and default["num_generations"] == 8 and default["beta"] == 0.0
    assert default["learning_rate"] == 1e-6 and default["use_bias_correction_kl"] is True
    assert default["vllm_importance_sampling_mode"] == "sequence_mask"
    assert default["vllm_importance_sampling_clip_max"] == 3.0
    assert default["vllm_importance_sampling_correction"] is True and default["max_grad_norm"] == 1.0
    assert default["lr_scheduler_type"] == "linear" and default["use_vllm"] is False
    assert GRPOConfig().loss_type == "grpo" and GRPOConfig().use_bias_correction_kl is False


def test_the_table_has_a_row_for_each_and_a_heading_for_each_group():
    table = names_table()
    assert len(table.rows) == len(ALL) + len(NAMES)
    assert len(names_table("Advantages").rows) == 1 + len(NAMES["Advantages"])

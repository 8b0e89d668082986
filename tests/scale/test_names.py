"""The table of names: complete on our side, true on TRL's."""

from dataclasses import MISSING, fields
from inspect import signature

import pytest

from rlcourse.algorithms import GRPOConfig
from rlcourse.scale import NAMES, TRL_DEFAULTS, Machine, Run, names_table, told_otherwise, trl_settings
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


def test_what_trl_does_where_nothing_is_said():
    """For a CPU, and for several machines with everything in use: all that a run says, with TRL's own values."""
    trl = pytest.importorskip("trl")
    own = {field.name: field.default for field in fields(trl.GRPOConfig)}
    own |= {f.name: f.default_factory() for f in fields(trl.GRPOConfig) if f.default_factory is not MISSING}
    assert {name: own[name] for name in TRL_DEFAULTS} == TRL_DEFAULTS
    far = Machine("nodes", 8, 2, main_address="10.0.0.1", sampler="vllm", sampler_gpus=2)
    for run, machine in ((Run(), Machine()), (Run(save_every=5, prompts_per_step=64), far)):
        assert set(trl_settings(run, machine)) <= set(TRL_DEFAULTS)


def test_what_a_run_says_otherwise():
    assert told_otherwise({"loss_type": "dapo", "beta": 0.1, "no_such_setting": 1}) == ["beta", "no_such_setting"]


def test_the_table_has_a_row_for_each_and_a_heading_for_each_group():
    table = names_table()
    assert len(table.rows) == len(ALL) + len(NAMES)
    assert len(names_table("Advantages").rows) == 1 + len(NAMES["Advantages"])


def test_a_filter_leaves_whole_settings_and_no_empty_headings():
    table = names_table(only="another default")
    assert {row[0].text for row in table.rows if len(row) > 1 and hasattr(row[0], "text")} == {
        name.ours for name in ALL if name.trap == "default" and name.ours.isidentifier()
    }
    headings = [i for i, row in enumerate(table.rows) if len(row) == 1]
    assert all(len(table.rows[i + 1]) > 1 for i in headings)
    assert "dynamic_sampling" in {name.ours for name in ALL if name.missing}

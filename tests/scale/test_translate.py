"""One run in TRL's words: every setting has its place, and the answers of an update are as many as before."""

from dataclasses import fields, replace
from math import inf

import pytest

from rlcourse.algorithms import GRPOConfig
from rlcourse.scale import Machine, Run, trl_settings
from rlcourse.scale.translate import LOOKED_AT, OURS_ALONE, SAME

CPU = Machine()


def test_every_setting_of_ours_is_handed_over_or_said_to_be_ours_alone():
    placed = {*SAME, *LOOKED_AT, *OURS_ALONE}
    missing = {field.name for field in fields(GRPOConfig)} - placed
    assert not missing, f"say in rlcourse/scale/translate.py, and in names.py, what becomes of {missing}"


def test_what_has_the_same_name_has_the_same_value():
    config = GRPOConfig(num_generations=4, beta=0.1, epsilon=0.1, epsilon_high=0.28, use_bias_correction_kl=True)
    told = trl_settings(Run(prompts_per_step=6, config=config, seed=7), CPU)
    for name in {field.name for field in fields(GRPOConfig)} & {*SAME}:
        assert told[name] == getattr(config, name)
    assert told["seed"] == 7 and told["lr_scheduler_type"] == "constant"
    assert told["use_bias_correction_kl"] is True


@pytest.mark.parametrize("machine", [CPU, Machine("gpus", processes=8), Machine("cpus", processes=2)])
def test_an_update_learns_from_as_many_answers_on_any_machine(machine):
    told = trl_settings(Run(prompts_per_step=16, answers_at_once=6), machine)
    size, passes = told["per_device_train_batch_size"], told["gradient_accumulation_steps"]
    assert size * passes * machine.total == 16 * 8
    assert size <= 6


def test_trl_counts_steps_of_the_optimiser_and_cuts_no_gradient_at_0():
    config = GRPOConfig(num_iterations=3, max_grad_norm=inf)
    told = trl_settings(Run(steps=5, config=config), CPU)
    assert told["max_steps"] == 15 and told["max_grad_norm"] == 0.0


def test_a_sampler_is_named():
    told = trl_settings(Run(), Machine("gpu", sampler="vllm"))
    assert told["vllm_importance_sampling_mode"] == "token_truncate"  # of notebook 12; TRL's default is another
    assert told["use_vllm"] and told["vllm_mode"] == "colocate" and told["bf16"] and not told["use_cpu"]
    server = Machine("gpu", sampler="vllm-server", server="http://there:8000")
    told = trl_settings(Run(), server)
    assert told["vllm_mode"] == "server" and told["vllm_server_base_url"] == "http://there:8000"
    assert "use_vllm" not in trl_settings(Run(), CPU) and "vllm_tensor_parallel_size" not in told
    four = Machine("gpus", processes=8, sampler="vllm", sampler_gpus=4)
    assert trl_settings(Run(), four)["vllm_tensor_parallel_size"] == 4


def test_what_trl_has_not_is_refused():
    with pytest.raises(ValueError, match="dynamic_sampling=True does not go to TRL"):
        trl_settings(Run(config=GRPOConfig(dynamic_sampling=True)), CPU)
    dr = GRPOConfig(loss_type="dr_grpo", max_completion_length=20)
    with pytest.raises(ValueError, match="max_completion_length must be max_new_tokens, got 20 and 16"):
        trl_settings(Run(config=dr), CPU)
    assert trl_settings(Run(config=replace(dr, max_completion_length=16)), CPU)["loss_type"] == "dr_grpo"

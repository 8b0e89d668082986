"""What several GPUs share: batches by hand, memory against one GPU's and the paper's figure, time at its limits."""

import pytest

from rlcourse.algorithms import (
    GPU_PARTS,
    H100,
    SIZES,
    Setting,
    UpdateSize,
    batch_plan,
    keeps,
    keeps_per_gpu,
    memory_of_training,
    memory_per_gpu,
    sampler_share,
    seconds_of_update,
    what_travels,
)

LARGE, SMALL = SIZES["Llama 3.1, 70B"], SIZES["GPT-2, 124M"]


@pytest.mark.parametrize(
    ("prompts", "generations", "processes", "at_once", "plan"),
    [
        (4, 8, 1, 64, (32, 1)),
        (4, 8, 2, 4, (4, 4)),
        (12, 8, 2, 20, (16, 3)),
        (7, 3, 3, 4, (1, 7)),
        (64, 8, 8, 6, (4, 16)),
    ],
)
def test_a_plan_by_hand_and_it_uses_every_answer(prompts, generations, processes, at_once, plan):
    found = batch_plan(prompts, generations, processes=processes, at_once=at_once)
    assert found == plan
    assert found[0] * found[1] * processes == prompts * generations


def test_answers_that_cannot_be_shared_evenly_are_refused():
    with pytest.raises(ValueError, match=r"a multiple of processes, got 5 · 3 = 15 answers for 2 processes"):
        batch_plan(5, 3, processes=2, at_once=8)
    with pytest.raises(ValueError, match="at_once must be 1 or more, got 0"):
        batch_plan(5, 3, processes=1, at_once=0)


@pytest.mark.parametrize(("stage", "gigabytes"), [(0, 120.0), (1, 31.4), (2, 16.6), (3, 1.9)])
def test_the_example_of_the_zero_paper(stage, gigabytes):
    """Figure 1 of Rajbhandari et al. 2020: 7.5 billion weights, 64 GPUs, mixed precision."""
    sizes = {"weight_bytes": 2, "moment_bytes": 4}
    assert memory_per_gpu(7_500_000_000, 0, gpus=64, stage=stage, **sizes) == pytest.approx(gigabytes, abs=0.05)


@pytest.mark.parametrize("stage", range(4))
def test_alone_a_gpu_holds_what_a_training_keeps_and_the_last_stage_divides_all_of_it(stage):
    sizes = {"weight_bytes": 2, "moment_bytes": 1}
    whole = memory_of_training(10**9, 3 * 10**9, **sizes)
    assert memory_per_gpu(10**9, 3 * 10**9, gpus=1, stage=stage, **sizes) == pytest.approx(whole)
    assert memory_per_gpu(10**9, 3 * 10**9, gpus=5, stage=3, **sizes) == pytest.approx(whole / 5)


@pytest.mark.parametrize("setting", [Setting(), Setting(lora_rank=16), Setting(reward_model=True, weight_bytes=4)])
def test_without_sharing_it_is_what_notebook_11_counts_and_a_sampler(setting):
    parts, known = keeps_per_gpu(SMALL, setting, gpus=1, stage=0, recompute=False), keeps("GRPO", SMALL, setting)
    assert tuple(parts) == GPU_PARTS
    for name in ("gradients", "optimiser", "activations", "KV cache"):
        assert parts[name] == pytest.approx(known[name])
    frozen_and_policy = known["policy"] + known["reference"] + known["reward model"]
    assert parts["weights"] == pytest.approx(frozen_and_policy)
    assert parts["sampler"] == pytest.approx(SMALL.parameters * setting.weight_bytes / 1e9)


def test_activations_that_are_computed_again_are_few_and_never_divided():
    kept, again = (
        keeps_per_gpu(LARGE, Setting(), gpus=8, stage=3, recompute=recompute)["activations"]
        for recompute in (False, True)
    )
    assert again < kept / 10
    assert keeps_per_gpu(LARGE, Setting(), gpus=64, stage=3)["activations"] == again


def test_a_sampler_is_divided_only_as_far_as_it_must_and_not_beyond_a_machine():
    assert [sampler_share(SMALL, Setting(), gpus=gpus) for gpus in (1, 8, 64)] == [1, 1, 1]
    assert [sampler_share(LARGE, Setting(), gpus=gpus) for gpus in (1, 4, 8, 64)] == [1, 4, 8, 8]


def test_learning_is_shared_evenly_and_sampling_ends_at_reading_the_weights():
    size = UpdateSize(512, 256, 256)
    one, many = (seconds_of_update(LARGE, size, gpus=gpus) for gpus in (8, 128))
    assert one["learning"] == pytest.approx(16 * many["learning"])
    reading = size.answer_tokens * 2 * LARGE.parameters / (8 * H100.bandwidth * H100.reached)
    assert reading < many["sampling"] < 1.5 * reading
    assert one["sampling"] < 16 * many["sampling"] / 4
    tokens = 512 * 512
    by_hand = 8 * LARGE.parameters * tokens / (8 * 0.4 * 989e12)
    assert one["learning"] == pytest.approx(by_hand)
    adapters = seconds_of_update(LARGE, size, gpus=8, lora=True)["learning"]
    assert adapters == pytest.approx(by_hand * 6 / 8)


def test_answers_are_light_and_weights_are_heavy():
    moved = what_travels(LARGE, UpdateSize(512, 256, 1024))
    assert moved["questions"] == 64 * 256 * 4 and moved["answers"] == 512 * 1024 * 8 and moved["rewards"] == 2048
    assert moved["reference"] == 512 * 1024 * 4
    assert moved["gradients"] == 2 * moved["weights"] == 4 * LARGE.parameters

"""What holds whatever the numbers are: how work and memory are divided, and what is normalised."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.algorithms import (
    batch_plan,
    damped,
    kv_cache_bytes,
    memory_of_training,
    memory_per_gpu,
    normalized,
    resume_training,
    save_training,
)
from tests.algorithms.test_saving import grpo_on_a_table
from tests.equations.strategies import normal, quick, random_mask, seeds

counts = st.integers(1, 12)


@quick
@given(counts, counts, counts, counts)
def test_a_batch_comes_out_even_and_no_larger_one_would_fit(prompts, generations, processes, at_once):
    answers = prompts * generations
    if answers % processes:
        with pytest.raises(ValueError, match="processes"):
            batch_plan(prompts, generations, processes=processes, at_once=at_once)
        return
    size, passes = batch_plan(prompts, generations, processes=processes, at_once=at_once)
    assert size * passes * processes == answers and size <= at_once
    each = answers // processes
    assert all(each % larger for larger in range(size + 1, min(at_once, each) + 1))


@quick
@given(
    st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 64), st.sampled_from([2, 4]), st.sampled_from([1, 4])
)
def test_dividing_saves_with_every_stage_and_all_parts_together_are_the_whole(trained, frozen, gpus, weight, moment):
    how = {"weight_bytes": weight, "moment_bytes": moment}
    whole = memory_of_training(trained, frozen, **how)
    stages = [memory_per_gpu(trained, frozen, gpus=gpus, stage=stage, **how) for stage in range(4)]
    assert stages[0] == pytest.approx(whole) and stages[3] * gpus == pytest.approx(whole)
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(stages))


@quick
@given(st.integers(0, 99), st.integers(0, 99), counts, counts, st.sampled_from([1, 2, 4]))
def test_a_groups_cache_is_that_of_one_answer_and_of_the_others_without_the_prompt(
    prompt, answer, group, layers, bytes_
):
    how = {"layers": layers, "channels": 64, "heads": 8, "kv_heads": 4, "bytes_per_number": bytes_}
    one, all_ = (kv_cache_bytes(prompt, answer, number, **how) for number in (1, group))
    without = kv_cache_bytes(0, answer, 1, **how)
    assert all_ == one + (group - 1) * without
    assert kv_cache_bytes(prompt, answer, group, **how | {"kv_heads": 8}) == 2 * all_


@quick
@given(seeds, st.integers(1, 4), st.integers(1, 5), st.floats(0.1, 10), st.floats(-5, 5))
def test_normalised_advantages_forget_scale_and_shift_and_never_read_the_padding(seed, rows, steps, scale, shift):
    advantages, mask = normal(rows, steps, seed=seed), random_mask(rows, steps, seed=seed)
    mask[0, 0] = True
    found = normalized(advantages, mask)
    if mask.sum() > 1:
        assert found[mask].mean().item() == pytest.approx(0, abs=1e-6)
        assert found[mask].std().item() == pytest.approx(1, abs=1e-5)
        torch.testing.assert_close(normalized(scale * advantages + shift, mask), found, atol=1e-5, rtol=1e-5)
        filled = torch.where(mask, advantages, 1e6)
        torch.testing.assert_close(normalized(filled, mask), found)
    else:
        assert torch.equal(found, advantages)


@quick
@given(seeds, st.integers(1, 5), st.none() | st.floats(0, 3))
def test_damping_adds_a_multiple_of_the_vector_and_its_own_choice_goes_with_the_scale(seed, size, damping):
    root = normal(size, size, seed=seed)
    gradient, vector = normal(2, size, seed=seed + 1).unbind()
    added = damped(lambda v: root @ root.T @ v, gradient, damping)(vector) - root @ root.T @ vector
    factor = (added @ vector / (vector @ vector)).item()
    torch.testing.assert_close(added, factor * vector)
    if damping is not None:
        assert factor == pytest.approx(damping, abs=1e-9)
    else:
        assert 0 < factor < torch.linalg.matrix_norm(root @ root.T, 2).item() + 1e-3


@settings(max_examples=3)
@given(st.integers(1, 3), st.integers(1, 3))
def test_wherever_a_run_is_parted_it_ends_as_one_that_was_not(tmp_path_factory, before, after):
    straight, first, second = (grpo_on_a_table() for _ in range(3))
    straight.run(before + after, progress=False)
    first.run(before, progress=False)
    resume_training(second, save_training(first, tmp_path_factory.mktemp("parted") / "run"))
    second.run(after, progress=False)
    assert torch.equal(straight.policy.logits, second.policy.logits)
    assert [row["step"] for row in second.history] == [row["step"] for row in straight.history]

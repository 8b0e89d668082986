"""Each treatment is one line, and what is mended is what the course computes."""

import pytest
import torch

from rlcourse import equations as eq
from rlcourse.experiments import WARDS
from rlcourse.experiments.clinic import lines
from rlcourse.experiments.clinic.causes import with_a_slip
from rlcourse.experiments.clinic.wards import scored_by
from rlcourse.language import LanguagePolicy, Sum, arithmetic_world, left_padded, load_gpt2

CAUSES = {cause.key: cause for ward in WARDS.values() for cause in ward.causes.values()}
CLIP = {"clip_low": 0.2, "clip_high": 0.2}


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("key", CAUSES)
def test_a_treatment_is_one_line(key):
    signs = [sign for sign, _ in CAUSES[key].treatment]
    assert signs.count("-") == signs.count("+") == 1


def test_a_slip_needs_a_line_to_stand_in():
    with pytest.raises(ValueError, match=r"line must stand once in scored, got 'model\.trian\(\)', .* 0 times"):
        with_a_slip(lines.scored, "model.trian()", "model.train()")
    assert with_a_slip(lines.k3_penalty, "log_ratio = ref_logprobs - logprobs", "log_ratio = logprobs")(
        torch.zeros(2), None
    ).equal(torch.zeros(2))


def test_the_mended_lines_are_the_courses_equations():
    new, old, advantages = drawn(4, 5) - 2, drawn(4, 5, seed=1) - 2, drawn(4, 1, seed=2)
    torch.testing.assert_close(lines.k3_penalty(new, old), eq.kl_k3(new, old))
    torch.testing.assert_close(
        lines.clip_by_min(new, old, advantages, **CLIP), eq.clipped_surrogate(new, old, advantages, **CLIP)
    )
    torch.testing.assert_close(lines.small_epsilon(drawn(3, 7)), eq.group_advantages(drawn(3, 7)))
    values, returns, mask = drawn(6, 1), drawn(6, 1, seed=1), torch.ones(6, 1, dtype=torch.bool)
    torch.testing.assert_close(lines.values_one_by_one(values, returns, mask), eq.value_loss(values, returns, mask))
    tokens = torch.tensor([[3, 5, 0, 0], [0, 0, 0, 0], [3, 4, 5, 6]])
    assert torch.equal(lines.counted_with_the_end(tokens, 0), eq.completion_mask(tokens, 0))


def test_the_mended_estimate_is_gae_and_the_slip_differs_at_a_time_limit_only():
    rewards, values, after = drawn(5, 3), drawn(5, 3, seed=1), drawn(5, 3, seed=2)
    left, limit = torch.zeros(5, 3, dtype=torch.bool), torch.zeros(5, 3, dtype=torch.bool)
    left[2, 0], limit[3, 1] = True, True
    how = {"gamma": 0.9, "gae_lambda": 0.8}
    given = (rewards, values, after, left, left | limit)
    torch.testing.assert_close(lines.gae_ends_when_terminated(*given, **how), eq.gae(*given, **how))
    apart = (CAUSES["limit"].broken(*given, **how) - eq.gae(*given, **how)).abs() > 1e-6
    assert apart.any(0).tolist() == [False, True, False]


def test_the_mended_scores_are_the_courses_own():
    policy = LanguagePolicy(*load_gpt2("sft"))
    world = arithmetic_world([Sum(2, 2), Sum(33, 14)], prompts_per_step=4)
    how = {"num_generations": 2, "temperature": 0.7, "generator": torch.Generator().manual_seed(0)}
    batch = world.sample_groups(policy, **how)
    with torch.no_grad():
        found = lines.scored(policy.model, *left_padded(batch), 0.7)
        by_column = CAUSES["padding"].broken(policy.model, *left_padded(batch), 0.7)
    torch.testing.assert_close(found[batch.mask], batch.old_logprobs[batch.mask], atol=1e-4, rtol=1e-4)
    assert (by_column - found)[batch.mask].abs().max() > 0.1


def test_equal_rewards_are_noise_divided_by_nothing_in_the_order_of_any_machine():
    """Seven times 0.8 is off in the last digit, however the seven are added up."""
    for rewards, wanted in ((0.8, -5.96), (0.1, -0.745)):
        found = CAUSES["noise"].broken(torch.full((4, 7), rewards))
        torch.testing.assert_close(found, torch.full((4, 7), wanted), atol=0.01, rtol=0.01)
        assert lines.small_epsilon(torch.full((4, 7), rewards)).abs().max() < 1e-3


def test_the_chance_of_dropout_is_the_patients_own():
    """Two patients of one seed score alike, whatever anybody else draws, and draw nothing from anybody else."""
    first, second = (scored_by(CAUSES["dropout"].broken, seed=3) for _ in range(2))
    first.world.prompts_per_step = 2
    batch = first.algorithm.collect(first.world, first.policy, first.generator)
    before = torch.get_rng_state()
    with torch.no_grad():
        twice = [first.policy.logprobs(batch) for _ in range(2)]
        assert torch.equal(torch.get_rng_state(), before)
        torch.rand(5)
        again = [second.policy.logprobs(batch) for _ in range(2)]
    assert not torch.equal(*twice) and all(map(torch.equal, twice, again))

"""One update of GRPO against the formula written out, for every member of the family."""

from dataclasses import fields, replace

import pytest
import torch

from rlcourse.algorithms import GRPO, Episodes, GRPOConfig
from rlcourse.equations import categorical_kl, group_advantages, kl_k2, kl_k3, leave_one_out_advantages, surrogate
from tests.algorithms.conftest import CHOICES, LENGTH, TablePolicy, TableWorld


def gradient(policy, episodes, *, reference=None, advantage_fn=group_advantages, objective=None, **config):
    """The gradient with which an update steps, taken from an optimiser that only looks."""
    options = {"max_grad_norm": 1e9, **config}
    if objective is not None:
        grpo = GRPO(GRPOConfig(**options), reference=reference, advantage_fn=advantage_fn, objective=objective)
    else:
        grpo = GRPO(GRPOConfig(**options), reference=reference, advantage_fn=advantage_fn)
    stats = grpo.update(policy, torch.optim.SGD(policy.parameters(), lr=0.0), episodes)
    return policy.logits.grad.clone(), stats


def by_hand(
    policy, episodes, *, aggregate, epsilon=0.2, epsilon_high=None, sequence=False, beta=0, ref=None, temperature=1.0
):
    """The gradient of −J with loops over episodes and tokens, straight from the papers."""
    policy.logits.grad = None
    old = episodes.old_logprobs
    logprobs = policy.logprobs(episodes, temperature=temperature)
    high = epsilon if epsilon_high is None else epsilon_high
    groups = episodes.rewards.reshape(-1, episodes.num_generations)
    spread = groups.std(1, keepdim=True)
    advantages = ((groups - groups.mean(1, keepdim=True)) / (spread + 1e-4)).flatten()
    totals, lengths = [], []
    for i in range(len(old)):
        n = int(episodes.mask[i].sum())
        terms = []
        for t in range(n):
            log_ratio = (logprobs[i, :n] - old[i, :n]).mean() if sequence else logprobs[i, t] - old[i, t]
            ratio = log_ratio.exp()
            term = torch.minimum(ratio * advantages[i], ratio.clamp(1 - epsilon, 1 + high) * advantages[i])
            if beta:
                gap = ref[i, t] - logprobs[i, t]
                term = term - beta * (gap.exp() - gap - 1)
            terms.append(term)
        totals.append(torch.stack(terms).sum())
        lengths.append(n)
    totals, lengths = torch.stack(totals), torch.tensor(lengths)
    objective = {
        "grpo": (totals / lengths).mean(),
        "dapo": totals.sum() / lengths.sum(),
        "dr_grpo": totals.sum() / (len(totals) * 7),
    }[aggregate]
    (-objective).backward()
    return policy.logits.grad.clone()


@pytest.mark.parametrize("loss_type", ["grpo", "dapo", "dr_grpo"])
@pytest.mark.parametrize("level", ["token", "sequence"])
@pytest.mark.parametrize("epsilon_high", [None, 0.05, 3.0])
def test_the_update_is_the_papers_formula(episodes, loss_type, level, epsilon_high):
    policy = TablePolicy(seed=9)  # not the one that sampled, so that ratios are far from 1 and some are clipped
    expected = by_hand(policy, episodes, aggregate=loss_type, sequence=level == "sequence", epsilon_high=epsilon_high)
    found, stats = gradient(
        policy,
        episodes,
        loss_type=loss_type,
        importance_sampling_level=level,
        epsilon_high=epsilon_high,
        max_completion_length=7 if loss_type == "dr_grpo" else None,
    )
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)
    assert stats["clip_fraction"] > 0


@pytest.mark.parametrize("loss_type", ["grpo", "dapo"])
def test_the_kl_term_is_k3_towards_the_reference(policy, episodes, loss_type):
    reference = TablePolicy(seed=5)
    with torch.no_grad():
        ref = reference.logprobs(episodes)
    expected = by_hand(policy, episodes, aggregate=loss_type, beta=0.3, ref=ref)
    found, _ = gradient(policy, episodes, loss_type=loss_type, beta=0.3, reference=reference)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)
    assert reference.logits.grad is None


@pytest.mark.parametrize("temperature", [0.6, 1.7])
@pytest.mark.parametrize("beta", [0.0, 0.3])
def test_everything_is_at_the_sampling_temperature(policy, temperature, beta):
    reference, generator = TablePolicy(seed=5), torch.Generator().manual_seed(0)
    options = {"temperature": temperature, "beta": beta, "num_generations": 3}
    grpo = GRPO(GRPOConfig(**options), reference=reference)
    episodes = grpo.collect(TableWorld(), policy, generator)
    assert episodes.num_generations == 3
    at_temperature = policy.logprobs(episodes, temperature=temperature).detach()
    torch.testing.assert_close(episodes.old_logprobs[episodes.mask], at_temperature[episodes.mask])
    with torch.no_grad():
        ref = reference.logprobs(episodes, temperature=temperature)
    expected = by_hand(policy, episodes, aggregate="grpo", beta=beta, ref=ref, temperature=temperature)
    found, stats = gradient(policy, episodes, reference=reference, **options)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)
    assert stats["clip_fraction"] == 0


@pytest.mark.parametrize("scale", ["batch", "none"])
def test_the_scale_of_rewards_reaches_the_advantages(policy, episodes, scale):
    fixed = group_advantages(episodes.grouped_rewards, scale=scale)
    expected, _ = gradient(policy, episodes, advantage_fn=lambda rewards, **_: fixed)
    found, _ = gradient(policy, episodes, scale_rewards=scale)
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, gradient(policy, episodes)[0], rtol=0.01)


def test_an_advantage_function_of_rewards_alone_will_do(policy, episodes):
    found, _ = gradient(policy, episodes, advantage_fn=leave_one_out_advantages)
    plain, _ = gradient(policy, episodes, scale_rewards="none")
    torch.testing.assert_close(found, plain * 4 / 3)  # RLOO is G/(G − 1) times the centred reward


@pytest.mark.parametrize(("policy_seed", "what"), [(0, "on fresh samples"), (2, "after the policy has moved")])
def test_the_bias_corrected_kl_has_the_gradient_of_the_kl(policy_seed, what):
    """E∇(ratio·k3) = ∇KL(π_θ‖π_ref), over all answers that there are; the plain k3 pulls along ∇KL(π_ref‖π_θ)."""
    sampler, policy, reference = TablePolicy(seed=0), TablePolicy(policy_seed), TablePolicy(seed=5)
    length = 3
    kl = categorical_kl(policy.logits, reference.logits)[:length].mean()
    (exact,) = torch.autograd.grad(kl, policy.logits)
    table = sampler.logits.detach().log_softmax(-1)
    answers = torch.cartesian_prod(*[torch.arange(CHOICES)] * length)  # [125, 3]
    old = table[torch.arange(length), answers]
    total, plain = torch.zeros_like(exact), torch.zeros_like(exact)
    for answer, logprobs in zip(answers, old, strict=True):
        twice = [tensor.expand(2, length) for tensor in (answer, logprobs)]
        rewards = torch.zeros(2, dtype=torch.float64)
        pair = Episodes({}, twice[0], torch.ones(2, length, dtype=torch.bool), twice[1], rewards, 2)
        options = {"reference": reference, "beta": 1.0}
        total += logprobs.sum().exp() * gradient(policy, pair, use_bias_correction_kl=True, **options)[0]
        plain += logprobs.sum().exp() * gradient(policy, pair, **options)[0]
    torch.testing.assert_close(total, exact, rtol=1e-6, atol=1e-9)
    assert not torch.allclose(plain, exact, rtol=0.1, atol=1e-3)


def test_dynamic_sampling_fills_the_batch_with_groups_that_differ(policy):
    class Dull(TableWorld):
        """Every second group's answers are all paid alike."""

        def sample_groups(self, policy, **how):
            episodes = super().sample_groups(policy, **how)
            rewards = episodes.grouped_rewards.clone()
            rewards[::2] = 0.5
            return replace(episodes, rewards=rewards.flatten())

    grpo = GRPO(GRPOConfig(dynamic_sampling=True, max_sampling_rounds=10, num_generations=4))
    episodes = grpo.collect(Dull(), policy, torch.Generator().manual_seed(0))
    assert episodes.grouped_rewards.shape == (6, 4)
    assert (episodes.grouped_rewards.std(1) > 0).all()
    logprobs = policy.logprobs(episodes).detach()
    torch.testing.assert_close(logprobs[episodes.mask], episodes.old_logprobs[episodes.mask])
    assert (episodes.old_logprobs[~episodes.mask] == 0).all()
    assert grpo.update(policy, grpo.make_optimizer(policy), episodes)["informative_groups"] == 1


def test_dynamic_sampling_gives_up_after_its_rounds(policy):
    class Hopeless(TableWorld):
        calls = 0

        def sample_groups(self, policy, **how):
            self.calls += 1
            episodes = super().sample_groups(policy, **how)
            return replace(episodes, rewards=torch.zeros_like(episodes.rewards))

    world, grpo = Hopeless(), GRPO(GRPOConfig(dynamic_sampling=True, max_sampling_rounds=3))
    episodes = grpo.collect(world, policy, torch.Generator().manual_seed(0))
    assert world.calls == 3
    stats = grpo.update(policy, grpo.make_optimizer(policy), episodes)
    assert stats["informative_groups"] == 0 and stats["reward"] == 0


def test_without_dynamic_sampling_the_world_is_asked_once(policy):
    torch.testing.assert_close(
        GRPO().collect(TableWorld(), policy, torch.Generator().manual_seed(0)).rewards,
        TableWorld()
        .sample_groups(policy, num_generations=8, temperature=1.0, generator=torch.Generator().manual_seed(0))
        .rewards,
    )


def test_an_advantage_function_without_a_scale_is_not_given_one(policy, episodes):
    found, _ = gradient(policy, episodes, advantage_fn=leave_one_out_advantages)
    expected, _ = gradient(policy, episodes, advantage_fn=lambda rewards: leave_one_out_advantages(rewards))
    assert torch.equal(found, expected)


@pytest.mark.parametrize("scale", ["batch", "none"])
def test_a_scale_that_the_advantage_function_does_not_take_is_refused_naming_both(scale):
    config = GRPOConfig(scale_rewards=scale)
    message = f"scale_rewards='{scale}' could not act: advantage_fn leave_one_out_advantages takes no `scale`"
    with pytest.raises(ValueError, match=message):
        GRPO(config, advantage_fn=leave_one_out_advantages)
    GRPO(config, advantage_fn=lambda rewards, **options: group_advantages(rewards, **options))


def test_a_reference_without_a_weight_is_measured_and_changes_nothing(policy, episodes):
    reference = TablePolicy(5)
    plain, without = gradient(policy, episodes)
    found, stats = gradient(policy, episodes, reference=reference)
    assert torch.equal(found, plain)
    kl = kl_k3(episodes.old_logprobs, reference.logprobs(episodes).detach())[episodes.mask].mean()
    assert stats["kl"] == pytest.approx(kl.item())
    assert stats == without | {"kl": stats["kl"]}


def test_a_kl_function_that_nothing_would_ask_is_refused():
    with pytest.raises(ValueError, match="kl_fn kl_k2 could not act: beta is 0, and there is no reference to measure"):
        GRPO(kl_fn=kl_k2)


def test_the_optimiser_is_adamw_with_the_settings_given(policy):
    optimizer = GRPO(GRPOConfig(learning_rate=0.03, weight_decay=0.2)).make_optimizer(policy)
    assert isinstance(optimizer, torch.optim.AdamW)
    assert (optimizer.defaults["lr"], optimizer.defaults["weight_decay"]) == (0.03, 0.2)


def test_the_measured_kl_is_that_of_the_two_policies(policy):
    reference = TablePolicy(seed=5)
    generator = torch.Generator().manual_seed(0)
    many = TableWorld(groups=20_000).sample_groups(policy, num_generations=2, temperature=1.0, generator=generator)
    _, stats = gradient(policy, many, beta=0.1, reference=reference)
    exact = categorical_kl(policy.logits, reference.logits).detach()  # [T]
    share = many.mask.double().sum(0)
    assert stats["kl"] == pytest.approx(float((exact * share).sum() / share.sum()), rel=0.03)


def test_on_its_own_samples_the_ratio_is_1_and_the_loss_is_minus_the_mean_advantage(policy, episodes):
    seen = []

    def watched(logprobs, old_logprobs, advantages, **_):
        per_action = surrogate(logprobs, old_logprobs, advantages)
        seen.append((logprobs - old_logprobs).detach())
        return per_action

    found, stats = gradient(
        policy, episodes, objective=watched, advantage_fn=lambda rewards, **_: rewards - 1, loss_type="dapo"
    )
    assert seen[0].abs().max() < 1e-12
    assert stats["clip_fraction"] == 0
    assert found.abs().max() > 1e-3
    policy.logits.grad = None
    logprobs = policy.logprobs(episodes)[episodes.mask]
    advantages = (episodes.rewards - 1)[:, None].expand(-1, LENGTH)[episodes.mask]
    (-(logprobs * advantages).mean()).backward()  # the plain policy gradient
    torch.testing.assert_close(found, policy.logits.grad, rtol=1e-6, atol=1e-9)


def test_groups_without_a_difference_are_skipped_but_still_count(policy, episodes):
    rewards = episodes.rewards.clone()
    rewards[:8] = 1.0  # two groups of four agree
    episodes = replace(episodes, rewards=rewards)
    rows_seen = []

    class Counting(TablePolicy):
        def logprobs(self, batch, **options):
            rows_seen.append(len(batch.actions))
            return super().logprobs(batch, **options)

    found, stats = gradient(Counting(), episodes)
    assert rows_seen[0] <= len(rewards) - 8
    assert stats["informative_groups"] <= 4 / 6
    torch.testing.assert_close(found, by_hand(policy, episodes, aggregate="grpo"), rtol=1e-6, atol=1e-9)


def test_when_every_group_agrees_nothing_moves(policy, episodes):
    before = policy.logits.detach().clone()
    grpo = GRPO()
    optimizer = grpo.make_optimizer(policy)
    stats = grpo.update(policy, optimizer, replace(episodes, rewards=torch.full_like(episodes.rewards, 0.1)))
    assert torch.equal(policy.logits, before)
    assert stats["informative_groups"] == 0
    assert stats["grad_norm"] == 0


@pytest.mark.parametrize("beta", [0.0, 0.1])
@pytest.mark.parametrize("level", ["token", "sequence"])
def test_garbage_behind_the_mask_changes_nothing(policy, episodes, beta, level):
    class Garbage(TablePolicy):
        def logprobs(self, batch, **options):
            return torch.where(batch.mask, super().logprobs(batch, **options), float("nan"))

    options = {"beta": beta, "importance_sampling_level": level}
    clean, _ = gradient(policy, episodes, reference=TablePolicy(3), **options)
    spoilt = replace(
        episodes,
        old_logprobs=torch.where(episodes.mask, episodes.old_logprobs, float("inf")),
        actions=torch.where(episodes.mask, episodes.actions, 4),
    )
    found, stats = gradient(Garbage(), spoilt, reference=Garbage(3), **options)
    assert torch.equal(found, clean)
    assert all(value == value for value in stats.values())


def test_more_padding_changes_nothing(policy, episodes):
    def widen(tensor):
        return torch.nn.functional.pad(tensor, (0, 3))

    wide = replace(
        episodes,
        actions=widen(episodes.actions),
        mask=widen(episodes.mask),
        old_logprobs=widen(episodes.old_logprobs),
    )
    for loss_type in ("grpo", "dapo"):
        a, b = (gradient(policy, e, loss_type=loss_type)[0] for e in (episodes, wide))
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


def test_the_order_of_groups_does_not_matter(policy, episodes):
    order = torch.arange(24).reshape(6, 4).flip(0).flatten()
    shuffled = replace(episodes.select(order), num_generations=4)
    torch.testing.assert_close(gradient(policy, shuffled)[0], gradient(policy, episodes)[0], rtol=1e-6, atol=1e-9)


def test_later_iterations_are_clipped_against_the_policy_that_sampled(policy, episodes):
    grpo = GRPO(GRPOConfig(num_iterations=30, learning_rate=0.1))
    before = policy.logprobs(episodes).detach()
    stats = grpo.update(policy, grpo.make_optimizer(policy), episodes)
    free = GRPO(GRPOConfig(num_iterations=30, learning_rate=0.1), objective=lambda a, b, c, **_: surrogate(a, b, c))
    unclipped = TablePolicy()
    free.update(unclipped, free.make_optimizer(unclipped), episodes)

    def moved(trained):
        return (trained.logprobs(episodes) - before)[episodes.mask].abs().mean().item()

    assert stats["clip_fraction"] > 0.1
    assert moved(policy) < 0.7 * moved(unclipped)


def test_the_gradient_is_cut_to_its_greatest_length(policy, episodes):
    _, stats = gradient(policy, episodes, max_grad_norm=1e-3)
    assert policy.logits.grad.norm() == pytest.approx(1e-3, rel=1e-3)
    assert stats["grad_norm"] > 1e-2  # what is reported is the length before


def test_what_is_reported_is_what_happened(policy, episodes):
    _, stats = gradient(policy, episodes)
    assert stats["reward"] == pytest.approx(episodes.rewards.mean().item())
    assert stats["reward_std"] == pytest.approx(episodes.rewards.std().item())
    assert stats["length"] == pytest.approx(episodes.mask.sum().item() / len(episodes.mask))
    assert stats["entropy"] == pytest.approx(-episodes.old_logprobs[episodes.mask].mean().item())


def test_it_learns_the_action_that_pays_for_five_seeds():
    world = TableWorld()
    for seed in range(5):
        policy, grpo = TablePolicy(seed), GRPO(GRPOConfig(learning_rate=0.05))
        optimizer, generator = grpo.make_optimizer(policy), torch.Generator().manual_seed(seed)
        for _ in range(150):
            grpo.update(policy, optimizer, grpo.collect(world, policy, generator))
        assert policy.logits.softmax(-1)[:, 0].min() > 0.9


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"num_generations": 1}, "num_generations must be at least 2.*got 1"),
        ({"temperature": 0}, "temperature must be at least 1e-06.*got 0"),
        ({"learning_rate": -1e-4}, "learning_rate must be above 0, got -0.0001"),
        ({"num_iterations": 0}, "num_iterations must be at least 1, got 0"),
        ({"epsilon": 1.5}, r"epsilon must be in \[0, 1\], got 1.5"),
        ({"epsilon_high": -0.1}, "epsilon_high must be None or at least 0, got -0.1"),
        ({"beta": float("nan")}, "beta must be at least 0, got nan"),
        ({"loss_type": "bnpo"}, "loss_type must be grpo, dapo or dr_grpo, got 'bnpo'"),
        ({"scale_rewards": "std"}, "scale_rewards must be group, batch or none, got 'std'"),
        ({"importance_sampling_level": "word"}, "importance_sampling_level must be token or sequence, got 'word'"),
        ({"loss_type": "dr_grpo"}, "max_completion_length must be at least 1 when loss_type is dr_grpo, got None"),
        ({"max_grad_norm": 0}, "max_grad_norm must be above 0, got 0"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(setting, message):
    with pytest.raises(ValueError, match=message):
        GRPOConfig(**setting)


def test_a_kl_term_needs_a_reference():
    with pytest.raises(ValueError, match=r"beta=0\.1 needs a reference policy"):
        GRPO(GRPOConfig(beta=0.1))


def careless_z_scores(rewards):
    """What many would write: nothing keeps a constant group from 0/0."""
    return (rewards - rewards.mean(1, keepdim=True)) / rewards.std(1, keepdim=True)


@pytest.mark.parametrize(
    ("functions", "error", "message"),
    [
        (
            {"advantage_fn": careless_z_scores},
            ValueError,
            r"finite advantages, got \[nan, nan.*standard deviation of 0",
        ),
        ({"advantage_fn": lambda rewards: None}, TypeError, "advantage_fn must return a tensor, got None"),
        ({"advantage_fn": lambda rewards: rewards.mean(1)}, ValueError, r"advantage_fn must .* \[6, 4\], got \[6\]"),
        ({"objective": lambda new, old, a, **_: (new - old).mean()}, ValueError, r"objective must .*, 4\], got \[\]"),
        ({"objective": lambda new, old, a, **_: ...}, TypeError, "objective must return a tensor, got Ellipsis"),
        ({"objective": lambda new, old, a, **_: new * 1e400}, FloatingPointError, "gradient's length is (nan|inf)"),
        ({"kl_fn": lambda new, ref: (new - ref).sum()}, ValueError, r"kl_fn must return the shape \[24, 4\], got \[\]"),
    ],
)
def test_a_learners_function_that_goes_wrong_is_named_and_moves_nothing(policy, episodes, functions, error, message):
    before, rewards = policy.logits.detach().clone(), episodes.rewards.clone()
    rewards[:4] = 1.0
    config = GRPOConfig(beta=0.1) if "kl_fn" in functions else GRPOConfig()
    grpo = GRPO(config, reference=TablePolicy(5), **functions)
    with pytest.raises(error, match=message):
        grpo.update(policy, grpo.make_optimizer(policy), replace(episodes, rewards=rewards))
    assert torch.equal(policy.logits, before)


@pytest.mark.parametrize("advantage_fn", [group_advantages, careless_z_scores])
def test_rewards_that_are_not_numbers_are_refused_before_anything_moves(policy, episodes, advantage_fn):
    before, rewards = policy.logits.detach().clone(), episodes.rewards.clone()
    rewards[3] = float("nan")
    grpo = GRPO(advantage_fn=advantage_fn)
    with pytest.raises(ValueError, match="rewards must be finite, got nan for episode 3"):
        grpo.update(policy, grpo.make_optimizer(policy), replace(episodes, rewards=rewards))
    assert torch.equal(policy.logits, before)


def test_the_policy_cannot_be_its_own_reference(policy, episodes):
    grpo = GRPO(GRPOConfig(beta=0.1), reference=policy)
    with pytest.raises(ValueError, match="reference must be a copy"):
        grpo.update(policy, grpo.make_optimizer(policy), episodes)


def test_the_constant_of_dr_grpo_cannot_be_shorter_than_an_episode(policy, episodes):
    grpo = GRPO(GRPOConfig(loss_type="dr_grpo", max_completion_length=3))
    with pytest.raises(ValueError, match="max_completion_length must be at least the longest episode's 4, got 3"):
        grpo.update(policy, grpo.make_optimizer(policy), episodes)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"num_generations": 2.5}, "num_generations must be a whole number, got 2.5"),
        ({"num_iterations": "3"}, "num_iterations must be a whole number, got '3'"),
        ({"max_completion_length": 2.5}, "max_completion_length must be a whole number or None, got 2.5"),
        ({"temperature": "1"}, "temperature must be a number, got '1'"),
        ({"beta": None}, "beta must be a number, got None"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused_by_name(setting, message):
    config = object.__new__(GRPOConfig)  # past the checks of types, which only tests have
    for field in fields(GRPOConfig):
        object.__setattr__(config, field.name, setting.get(field.name, field.default))
    with pytest.raises(TypeError, match=message):
        config.__post_init__()

"""The settings that GRPO's family added: a bonus for entropy, answers that were cut off, a clip without a lower end."""

from dataclasses import replace

import pytest
import torch

from rlcourse.algorithms import GRPO, GRPOConfig
from rlcourse.algorithms.protocol import join
from rlcourse.equations import categorical_entropy, cispo, policy_gradient
from tests.algorithms.conftest import LENGTH, TablePolicy, TableWorld
from tests.algorithms.test_grpo import gradient


class ChoicePolicy(TablePolicy):
    """The table with `logits`, from which the entropy of each choice can be computed."""

    def __init__(self, seed=0):
        super().__init__(seed)
        self.table = self.logits
        del self.logits
        self.logits = self.whole

    def whole(self, episodes, *, temperature=1.0):
        return (self.table / temperature).expand(len(episodes.actions), -1, -1)

    def logprobs(self, episodes, *, temperature=1.0):
        chances = self.whole(episodes, temperature=temperature).log_softmax(-1)
        return chances.gather(-1, episodes.actions[..., None])[..., 0]


def table_gradient(policy, episodes, **config):
    """As `gradient`, of a policy whose table is not called its logits."""
    grpo = GRPO(GRPOConfig(max_grad_norm=1e9, **config))
    grpo.update(policy, torch.optim.SGD(policy.parameters(), lr=0.0), episodes)
    return policy.table.grad.clone()


@pytest.mark.parametrize("loss_type", ["grpo", "dapo"])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_the_bonus_is_the_mean_entropy_of_all_choices_whatever_the_loss_type(episodes, loss_type, temperature):
    """Those of groups that teach nothing too: their answers still have an entropy."""
    episodes = replace(episodes, rewards=torch.where(torch.arange(24) < 8, 1.0, episodes.rewards))
    policy, settings = ChoicePolicy(), {"loss_type": loss_type, "temperature": temperature}
    plain = table_gradient(policy, episodes, **settings)
    found = table_gradient(policy, episodes, entropy_coef=0.3, **settings)
    entropy = categorical_entropy(policy.table / temperature)  # [T]
    mean = (entropy * episodes.mask.sum(0)).sum() / episodes.mask.sum()
    (bonus,) = torch.autograd.grad(mean, policy.table)
    torch.testing.assert_close(found, plain - 0.3 * bonus, rtol=1e-5, atol=1e-8)


def test_the_bonus_alone_leads_to_a_policy_that_decides_nothing():
    policy, grpo = ChoicePolicy(), GRPO(GRPOConfig(entropy_coef=1.0, learning_rate=0.1))
    optimizer, generator = grpo.make_optimizer(policy), torch.Generator().manual_seed(0)
    episodes = TableWorld().sample_groups(TablePolicy(), num_generations=4, temperature=1.0, generator=generator)
    episodes = replace(episodes, rewards=torch.zeros_like(episodes.rewards))
    for _ in range(200):
        grpo.update(policy, optimizer, episodes)
    torch.testing.assert_close(policy.table.softmax(-1), torch.full_like(policy.table, 0.2), atol=0.01, rtol=0)


def test_a_bonus_needs_a_policy_with_logits(policy, episodes):
    del policy.logits
    policy.table = torch.nn.Parameter(torch.zeros(3))
    grpo, idle = GRPO(GRPOConfig(entropy_coef=0.01)), torch.optim.SGD(policy.parameters(), lr=0.0)
    for deed in (lambda: grpo.make_optimizer(policy), lambda: grpo.update(policy, idle, episodes)):
        with pytest.raises(TypeError, match=r"entropy_coef=0\.01 needs a policy with logits\(\), got"):
            deed()


def cut_off(episodes, rows):
    return replace(episodes, truncated=torch.isin(torch.arange(len(episodes.rewards)), torch.tensor(rows)))


@pytest.mark.parametrize("loss_type", ["grpo", "dapo", "dr_grpo"])
def test_an_answer_that_was_cut_off_teaches_nothing_and_still_has_a_say_in_its_group(policy, episodes, loss_type):
    rows = [0, 5, 6, 23]
    constant = {"max_completion_length": LENGTH} if loss_type == "dr_grpo" else {}
    settings = {"loss_type": loss_type, "mask_truncated_completions": True, **constant}
    found, stats = gradient(policy, cut_off(episodes, rows), **settings)
    assert stats["truncated"] == pytest.approx(4 / 24)
    whole = gradient(policy, cut_off(episodes, []), **settings)[0]
    assert torch.equal(whole, gradient(policy, episodes, loss_type=loss_type, **constant)[0])
    # The same advantages, with the actions of those answers taken out of the sum, and out of DAPO's count of tokens.
    mask = episodes.mask.clone()
    mask[rows] = False
    grouped = episodes.grouped_rewards
    advantages = ((grouped - grouped.mean(1, keepdim=True)) / (grouped.std(1, keepdim=True) + 1e-4)).reshape(-1, 1)
    per_token = torch.where(mask, policy.logprobs(episodes) * advantages, 0.0)  # fresh samples: the policy gradient
    counts = {"grpo": mask.sum(1, keepdim=True).clamp(min=1) * 24, "dapo": mask.sum(), "dr_grpo": 24 * LENGTH}
    (expected,) = torch.autograd.grad(-(per_token / counts[loss_type]).sum(), policy.logits)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-8)


def test_when_every_answer_was_cut_off_nothing_moves(policy, episodes):
    grpo = GRPO(GRPOConfig(mask_truncated_completions=True))
    before = policy.logits.detach().clone()
    stats = grpo.update(policy, grpo.make_optimizer(policy), cut_off(episodes, list(range(24))))
    assert torch.equal(policy.logits, before)
    assert stats["truncated"] == 1 and stats["grad_norm"] == 0


def test_a_world_that_does_not_say_what_was_cut_off_is_refused(policy, episodes):
    grpo = GRPO(GRPOConfig(mask_truncated_completions=True))
    with pytest.raises(ValueError, match="mask_truncated_completions=True could not act: this world does not say"):
        grpo.update(policy, grpo.make_optimizer(policy), episodes)


def test_what_was_cut_off_follows_its_episode(episodes):
    marked = cut_off(episodes, [0, 5])
    assert marked.select(torch.tensor([5, 6])).truncated.tolist() == [True, False]
    assert join([marked, marked]).truncated.nonzero()[:, 0].tolist() == [0, 5, 24, 29]
    assert join([episodes, episodes]).truncated is None


def test_cispo_without_a_lower_end_weighs_a_token_by_its_ratio(episodes):
    """By hand: sg(min(ρ, 1 + ε_high))·Â·∇log π, over all tokens."""
    policy = TablePolicy(seed=9)
    found, _ = gradient(policy, episodes, objective=cispo, epsilon=1.0, epsilon_high=0.5, loss_type="dapo")
    logprobs = policy.logprobs(episodes)
    ratio = (logprobs - episodes.old_logprobs).exp().clamp(max=1.5).detach()
    grouped = episodes.grouped_rewards
    advantages = ((grouped - grouped.mean(1, keepdim=True)) / (grouped.std(1, keepdim=True) + 1e-4)).reshape(-1, 1)
    objective = policy_gradient(logprobs, ratio * advantages)[episodes.mask].sum() / episodes.mask.sum()
    (expected,) = torch.autograd.grad(-objective, policy.logits)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-8)

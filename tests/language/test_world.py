"""The text world: groups of answers, scored by the prompt they answer."""

import inspect
from dataclasses import replace

import pytest
import torch

from rlcourse.algorithms import Episodes, StepWorld
from rlcourse.equations import discounted_returns
from rlcourse.language import (
    LanguagePolicy,
    Sum,
    TextWorld,
    arithmetic_world,
    sample,
    sampled_accuracy,
    split_sums,
)
from rlcourse.language.world import token_steps


@pytest.fixture
def policy(model, tokenizer):
    return LanguagePolicy(model, tokenizer)


def _sample(world, policy, seed=0, **options):
    options = {"num_generations": 3, "temperature": 1.0} | options
    return world.sample_groups(policy, generator=torch.Generator().manual_seed(seed), **options)


def test_each_reward_belongs_to_its_own_prompt_and_answer(policy, tokenizer):
    heard = []

    def reward(prompts, completions, number, **_):
        heard.extend(zip(prompts, completions, number, strict=True))
        return [float(n) for n in number]

    prompts = ["What", "The robot", "Ann", "Ben"]
    world = TextWorld(prompts, reward, columns={"number": [0, 1, 2, 3]}, prompts_per_step=5, max_new_tokens=6)
    episodes = _sample(world, policy)
    assert episodes.grouped_rewards.shape == (5, 3)
    assert (episodes.grouped_rewards == episodes.grouped_rewards[:, :1]).all()
    for row, (prompt, completion, number) in enumerate(heard):
        length = episodes.observations["prompt_lengths"][row]
        assert tokenizer.decode(episodes.observations["prompt_tokens"][row, :length]) == prompt == prompts[number]
        kept = episodes.actions[row][episodes.mask[row]]
        assert tokenizer.decode(kept, skip_special_tokens=True) == completion
        assert episodes.rewards[row] == number


def test_the_policy_agrees_with_what_was_sampled(policy):
    episodes = _sample(arithmetic_world(split_sums()[0], max_new_tokens=8), policy, temperature=0.8)
    again = policy.logprobs(episodes, temperature=0.8)
    torch.testing.assert_close(again[episodes.mask], episodes.old_logprobs[episodes.mask], rtol=0, atol=1e-9)


def test_the_same_generator_gives_the_same_episodes(policy):
    world = arithmetic_world(split_sums()[0], max_new_tokens=8)
    first, again, other = (_sample(world, policy, seed) for seed in (0, 0, 1))
    assert torch.equal(first.actions, again.actions)
    assert not torch.equal(first.observations["prompt_tokens"], other.observations["prompt_tokens"])


def test_accuracy_counts_right_answers(monkeypatch, policy):
    sums = [Sum(1, 2), Sum(3, 4), Sum(5, 6), Sum(7, 8)]
    said = [" 1+2 is 3.", " 3+4 is 8.", " I guess 5+6 is 11.", " 7+8 is"]
    monkeypatch.setattr("rlcourse.language.model.sampling.Samples.texts", lambda *_: said)
    assert sampled_accuracy(policy, sums) == 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompts": []}, "at least one prompt"),
        ({"columns": {"answer": [1]}}, "column 'answer' must have 2 values"),
        ({"prompts_per_step": 0}, "prompts_per_step must be 1 or more, got 0"),
        ({"max_new_tokens": 0}, "max_new_tokens must be 1 or more, got 0"),
    ],
)
def test_bad_input_gets_a_clear_error(options, message):
    options = {"prompts": ["a", "b"], "reward": lambda **_: [0.0]} | options
    with pytest.raises(ValueError, match=message):
        TextWorld(options.pop("prompts"), options.pop("reward"), **options)


@pytest.mark.parametrize(
    ("prompt", "message"),
    [("", "at least one token"), ("é", "does not know 'é'"), ("What is 2+2? " * 9, "context holds 48")],
)
def test_a_prompt_that_cannot_be_read_is_refused_before_the_first_answer(policy, prompt, message):
    world = TextWorld(["What"] * 999 + [prompt], lambda **_: [1.0], prompts_per_step=1, max_new_tokens=4)
    with pytest.raises(ValueError, match=message):
        _sample(world, policy)


def test_a_reward_that_is_not_a_number_is_named_with_its_answer(policy):
    def reward(prompts, completions, **_):
        return [1.0, float("nan"), 1.0]

    world = TextWorld(["What"], reward, prompts_per_step=1, max_new_tokens=4)
    with pytest.raises(ValueError, match="must return finite numbers, got nan for '"):
        _sample(world, policy)


def test_accuracy_at_temperature_0_is_greedy(policy, monkeypatch):
    temperatures = []
    from rlcourse.language.tasks import sums as module

    def watched(*args, temperature, **options):
        temperatures.append(temperature)
        return sample(*args, temperature=temperature, **options)

    monkeypatch.setattr(module, "sample", watched)
    sampled_accuracy(policy, split_sums()[1][:4], temperature=0)
    sampled_accuracy(policy, split_sums()[1][:4])
    assert temperatures == [0, 1.0]


def test_a_reward_function_must_score_every_answer(policy):
    world = TextWorld(["What"], lambda prompts, completions, **_: [1.0], max_new_tokens=4)
    with pytest.raises(ValueError, match="must return 96 scores, got 1"):
        _sample(world, policy)


@pytest.mark.parametrize("returned", [None, 0.5, ["good"] * 96, [None] * 96])
def test_a_reward_function_that_returns_no_list_of_numbers_is_told_so(policy, returned):
    world = TextWorld(["What"], lambda prompts, completions, **_: returned, max_new_tokens=4)
    with pytest.raises(TypeError, match="the reward function must return a list of numbers, got"):
        _sample(world, policy)


def test_a_tensor_of_scores_will_do(policy):
    world = TextWorld(["What"], lambda prompts, completions, **_: torch.ones(len(completions)), max_new_tokens=4)
    assert (_sample(world, policy).rewards == 1).all()


class TestSteps:
    """The same answers, token by token."""

    def episodes(self):
        """Answers of 3, 1 and 2 tokens, as `sample_groups` gives them."""
        mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 0, 0]]).bool()
        return Episodes(
            observations={"prompt_tokens": torch.ones(3, 2).long(), "prompt_lengths": torch.full((3,), 2)},
            actions=torch.where(mask, torch.arange(12).reshape(3, 4), 0),
            mask=mask,
            old_logprobs=torch.where(mask, -0.5, 0.0),
            rewards=torch.tensor([5.0, -7.0, 2.0]),
            num_generations=3,
        )

    def test_the_score_is_paid_for_the_last_token_and_ends_the_world(self):
        steps = token_steps(self.episodes())
        assert steps.rewards.T.tolist() == [[0, 0, 5, 0], [-7, 0, 0, 0], [0, 2, 0, 0]]
        assert steps.terminated.T.tolist() == [
            [False, False, True, False],
            [True, False, False, False],
            [False, True, False, False],
        ]

    def test_an_answer_cut_off_by_the_limit_ends_there_too(self):
        episodes = self.episodes()
        full = replace(episodes, mask=torch.ones_like(episodes.mask))
        steps = token_steps(full)
        assert steps.rewards[-1].tolist() == [5, -7, 2]
        assert steps.rewards[:-1].abs().sum() == 0
        assert steps.terminated[-1].all()
        assert not steps.terminated[:-1].any()

    def test_padding_is_done_and_pays_nothing(self):
        steps = token_steps(self.episodes())
        padding = ~self.episodes().mask.T
        assert steps.done[padding].all()
        assert not steps.terminated[padding].any()
        assert (steps.rewards[padding] == 0).all()
        assert torch.equal(steps.done & ~padding, steps.terminated)

    def test_an_answer_is_an_episode(self):
        episodes = self.episodes()
        steps = token_steps(episodes)
        assert steps.rows is episodes
        assert steps.next_observations is None
        assert steps.episode_returns.tolist() == steps.rewards.sum(0).tolist() == [5, -7, 2]
        assert steps.episode_lengths.tolist() == [3, 1, 2]

    def test_with_gamma_1_every_token_has_the_return_of_its_answer(self):
        steps = token_steps(self.episodes())
        returns = steps.in_rows(discounted_returns(steps.rewards, steps.done, gamma=1))
        assert torch.equal(returns, torch.where(steps.rows.mask, steps.rows.rewards[:, None], 0.0))

    def test_a_rollout_is_the_groups_of_the_same_seed(self, policy):
        world = arithmetic_world(split_sums()[0], prompts_per_step=5, max_new_tokens=8)
        world.answers_per_prompt = 2
        generators = [torch.Generator().manual_seed(3) for _ in range(2)]
        rollout = world.rollout(policy, temperature=0.8, generator=generators[0])
        groups = world.sample_groups(policy, num_generations=2, temperature=0.8, generator=generators[1])
        assert rollout.rows.num_generations == 2
        assert torch.equal(rollout.rows.actions, groups.actions)
        assert torch.equal(rollout.rows.old_logprobs, groups.old_logprobs)
        assert rollout.rewards.shape == groups.mask.T.shape
        torch.testing.assert_close(rollout.rewards.sum(0), groups.rewards)

    def test_answers_per_prompt_is_how_many_a_rollout_holds(self, policy):
        world = TextWorld(["What"], lambda prompts, **_: [1.0] * len(prompts), prompts_per_step=3, max_new_tokens=4)
        generator = torch.Generator().manual_seed(0)
        assert len(world.rollout(policy, temperature=1.0, generator=generator).rows.mask) == 3 * 8
        world = TextWorld(
            ["What"],
            lambda prompts, **_: [1.0] * len(prompts),
            prompts_per_step=3,
            max_new_tokens=4,
            answers_per_prompt=1,
        )
        assert len(world.rollout(policy, temperature=1.0, generator=generator).rows.mask) == 3

    @pytest.mark.parametrize(
        ("value", "error", "message"),
        [
            (0, ValueError, "answers_per_prompt must be 1 or more, got 0"),
            (1.5, TypeError, "answers_per_prompt must be a whole number, got 1.5"),
        ],
    )
    def test_answers_per_prompt_must_be_a_whole_number_of_at_least_1(self, value, error, message):
        with pytest.raises(error, match=message):
            inspect.unwrap(TextWorld.__init__)(
                object.__new__(TextWorld), ["What"], lambda **_: [0.0], answers_per_prompt=value
            )

    def test_it_is_a_world_of_steps(self):
        assert isinstance(arithmetic_world(split_sums()[0]), StepWorld)

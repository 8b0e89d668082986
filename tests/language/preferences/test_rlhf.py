"""The yardstick of RLHF: a policy against the answers of the one it came from."""

import copy

import pytest
import torch

from rlcourse.language import (
    REQUESTS,
    LanguagePolicy,
    answer_kl,
    load_gpt2,
    load_reward_model,
    preference_yardstick,
    request_world,
    sample,
)
from rlcourse.language.model.policy import logprobs


@pytest.fixture(scope="module")
def reference():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


def shifted(policy, by=0.05):
    other = LanguagePolicy(copy.deepcopy(policy.model), policy.tokenizer)
    with torch.no_grad():
        for weight in other.model.transformer.ln_f.parameters():
            weight += by * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
    return other


def draw(policy, count, seed=0):
    prompts = [request.prompt for request in REQUESTS[:2]]
    generator = torch.Generator().manual_seed(seed)
    return sample(policy.model, policy.tokenizer, prompts, num_generations=count, max_new_tokens=3, generator=generator)


def test_the_kl_of_an_answer_is_the_sum_over_its_tokens(reference):
    policy, total = shifted(reference), []
    samples = draw(policy, 5)
    for i, mask in enumerate(samples.mask):
        one = slice(i, i + 1)
        seen = samples.prompt_tokens[one], samples.prompt_lengths[one], samples.tokens[one]
        ours, theirs = (logprobs(p.model, *seen)[0, mask].sum().item() for p in (policy, reference))
        total.append(ours - theirs)
    assert answer_kl(samples, reference) == pytest.approx(sum(total) / len(total), abs=1e-4)


def test_the_kl_is_that_of_the_first_token_exactly_for_answers_of_one_token(reference):
    """Σₐ π(a)·(log π(a) − log π_ref(a)), counted out over the vocabulary, against many samples."""
    policy = shifted(reference)
    prompts = [request.prompt for request in REQUESTS[:2]]
    many = sample(
        policy.model,
        policy.tokenizer,
        prompts,
        num_generations=4000,
        max_new_tokens=1,
        generator=torch.Generator().manual_seed(0),
    )
    exact = []
    for prompt in prompts:
        ids = torch.tensor([reference.tokenizer(prompt)["input_ids"]])
        ours, theirs = (p.model(ids).logits[0, -1].log_softmax(-1) for p in (policy, reference))
        exact.append((ours.exp() * (ours - theirs)).sum().item())
    assert answer_kl(many, reference) == pytest.approx(sum(exact) / 2, rel=0.15)


def test_against_itself_a_policy_wins_half_the_time(reference):
    measured = preference_yardstick(reference, load_reward_model(device="cpu"), answers=8)(reference)
    assert set(measured) == {"score", "gold_win_rate", "answer_kl"}
    assert 0.4 < measured["gold_win_rate"] < 0.6
    assert measured["gold_win_rate"] != 0.5  # its answers are not the rivals' own
    assert measured["answer_kl"] == pytest.approx(0, abs=1e-4)


def test_measuring_twice_gives_the_same(reference):
    measure = preference_yardstick(reference, load_reward_model(device="cpu"), answers=2)
    assert measure(reference) == measure(reference)


def test_an_answer_that_was_cut_off_is_scored_as_unfinished(reference):
    seen = []

    def reward(prompts, completions, finished, **_):
        seen.extend(finished)
        return [0.0] * len(completions)

    world = request_world(reward, prompts_per_step=4, answers_per_prompt=8, max_new_tokens=9)
    rollout = world.rollout(reference, temperature=1.0, generator=torch.Generator().manual_seed(0))
    ended = ((rollout.rows.actions == reference.tokenizer.eos_token_id) & rollout.rows.mask).any(1).tolist()
    assert seen == ended
    assert True in seen and False in seen

"""DPO in the loop: which texts it reads, what a step does, and that it begins where the policy is its reference."""

import math

import pytest
import torch

from rlcourse.algorithms import Training, resume_training, save_training
from rlcourse.equations import dpo_loss
from rlcourse.language import (
    DPO,
    DPOConfig,
    LanguagePolicy,
    Preference,
    answer_logprobs,
    as_episodes,
    load_gpt2,
    load_preferences,
    preference_pairs,
)


@pytest.fixture
def policy():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


@pytest.fixture
def reference():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


PREFERENCES = load_preferences()[:12]


def training(policy, reference, seed=0, **options):
    pairs = preference_pairs(PREFERENCES, policy.tokenizer, batch_size=4)
    return Training(policy, pairs, DPO(DPOConfig(learning_rate=1e-3), reference=reference, **options), seed=seed)


def test_an_answers_log_probability_is_the_sum_over_its_own_tokens(policy):
    """Beside a longer one, to another prompt, it is what it is alone."""
    prompts, answers = [p.prompt for p in PREFERENCES[:2]], [PREFERENCES[0].chosen, PREFERENCES[1].chosen * 2]
    with torch.no_grad():
        both = answer_logprobs(policy, as_episodes(policy.tokenizer, prompts, answers))
        alone = as_episodes(policy.tokenizer, prompts[0], answers[:1])
        torch.testing.assert_close(both[0], policy.logprobs(alone)[0].sum())
        assert alone.actions[0, -1] == policy.tokenizer.eos_token_id


def test_a_batch_holds_the_two_answers_of_each_pair(policy):
    world = preference_pairs(PREFERENCES, policy.tokenizer, batch_size=12)
    pairs = world.rollout(policy, temperature=1.0, generator=torch.Generator().manual_seed(0))
    found = set()
    for chosen, rejected in zip(pairs.chosen.actions, pairs.rejected.actions, strict=True):
        texts = [policy.tokenizer.decode(row, skip_special_tokens=True) for row in (chosen, rejected)]
        found.add(tuple(text.strip() for text in texts))
    assert {one[:2] for one in found} == {(p.chosen.strip(), p.rejected.strip()) for p in PREFERENCES}


def test_it_begins_at_log_2_and_learns_to_tell_its_pairs_apart(policy, reference):
    history = training(policy, reference).run(12, progress=False)
    assert history["loss"][0] == pytest.approx(math.log(2), abs=1e-5)
    assert history["accuracy"][0] == pytest.approx(0.5) and history["chosen"][0] == pytest.approx(0, abs=1e-4)
    assert history["loss"][-1] < 0.6 and history["accuracy"][-3:].mean() > 0.8
    assert (history["chosen"] - history["rejected"])[-1] > 1


def test_a_loss_of_ones_own_is_trained_with_and_the_reference_stays(policy, reference):
    before, asked = [w.clone() for w in reference.parameters()], []

    def loss(*sums, beta):
        asked.append((len(sums), beta))
        return dpo_loss(*sums, beta=beta)

    training(policy, reference, loss_fn=loss).run(1, progress=False)
    assert asked == [(4, 0.1)]
    assert all(torch.equal(*both) for both in zip(before, reference.parameters(), strict=True))


def test_a_run_that_was_saved_goes_on_as_if_it_had_not_been(policy, reference, tmp_path):
    whole = training(policy, reference)
    whole.run(1, progress=False)
    save_training(whole, tmp_path / "run")
    whole.run(1, progress=False)
    again = training(LanguagePolicy(*load_gpt2("sft", device="cpu")), reference)
    resume_training(again, tmp_path / "run").run(1, progress=False)
    assert [{**row, "seconds": 0} for row in again.history] == [{**row, "seconds": 0} for row in whole.history]


def test_what_does_not_fit_is_refused(policy, reference):
    with pytest.raises(TypeError, match="config"):
        DPO({"beta": 1}, reference=reference)
    with pytest.raises(TypeError, match="loss_fn"):
        DPO(reference=reference, loss_fn=3)
    with pytest.raises(ValueError, match="beta must be"):
        DPOConfig(beta=0.0)
    with pytest.raises(ValueError, match="batch_size must be"):
        preference_pairs(PREFERENCES, policy.tokenizer, batch_size=13)
    with pytest.raises(ValueError, match="prompt must be one, or one for each of the 2 answers, got 1"):
        as_episodes(policy.tokenizer, ["a"], ["b", "c"])
    assert isinstance(PREFERENCES[0], Preference)

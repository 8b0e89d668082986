"""What holds of whatever a GPT-2 reads, writes, scores and learns: checked with a tiny one, against its own forward."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.language import (
    LanguagePolicy,
    RewardConfig,
    Sum,
    answer_kl,
    answer_logprobs,
    answer_scores,
    ask_chains,
    completion_hidden,
    completion_logits,
    draw_pairs,
    load_gpt2,
    load_preferences,
    load_reward_model,
    new_model,
    new_reward_model,
    preference_accuracy,
    preference_yardstick,
    sampled_accuracy,
    save_gpt2,
    split_chains,
    text_logits,
    token_episodes,
    train_reward_model,
)
from rlcourse.language.model.sampling import Samples
from tests.equations.strategies import normal, seeds
from tests.language.conftest import tiny_gpt2

few = settings(max_examples=8)
once = settings(max_examples=3)
tokens = st.integers(1, 40)
texts = st.lists(tokens, min_size=1, max_size=6)
PREFERENCES = load_preferences()


@pytest.fixture(scope="module")
def policy(model, tokenizer):
    return LanguagePolicy(model, tokenizer)


@pytest.fixture(scope="module")
def sft():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


@pytest.fixture(scope="module")
def trained():
    """The thinker, which has seen workings."""
    return LanguagePolicy(*load_gpt2("thinker", device="cpu"))


@pytest.fixture(scope="module")
def scorer(model, tokenizer):
    """A reward model whose head says something."""
    scoring = new_reward_model(model, tokenizer)
    with torch.no_grad():
        scoring.model.score.weight.normal_(generator=torch.Generator().manual_seed(3))
    return scoring


@few
@given(texts, st.lists(texts, min_size=1, max_size=4))
def test_every_token_is_read_as_the_models_own_forward_reads_it_alone(policy, scorer, asked, written):
    episodes = token_episodes(asked, written)
    seen = episodes.observations["prompt_tokens"], episodes.observations["prompt_lengths"], episodes.actions
    with torch.no_grad():
        hidden = completion_hidden(policy.model, *seen, episodes.mask)
        logits = completion_logits(policy.model, *seen, episodes.mask)
        total = answer_logprobs(policy, episodes)
        worth = answer_scores(scorer.model, *seen, episodes.mask.sum(1))
        for row, answer in enumerate(written):
            alone = torch.tensor([[*asked, *answer]])
            before = slice(len(asked) - 1, len(asked) + len(answer) - 1)
            own = policy.model(alone, output_hidden_states=True)
            torch.testing.assert_close(hidden[row, : len(answer)], own.hidden_states[-1][0, before])
            torch.testing.assert_close(logits[row, : len(answer)], own.logits[0, before])
            torch.testing.assert_close(text_logits(policy, alone), own.logits)
            chosen = own.logits[0, before].log_softmax(-1).gather(1, torch.tensor(answer)[:, None])
            torch.testing.assert_close(total[row], chosen.sum())
            last = scorer.model.transformer(alone).last_hidden_state[0, -1]
            torch.testing.assert_close(worth[row], (scorer.model.score.weight @ last)[0])


@few
@given(texts, st.lists(texts, min_size=1, max_size=4), seeds)
def test_how_far_answers_have_gone_is_summed_over_their_own_tokens(policy, asked, written, seed):
    """The estimate k1, answer by answer, whatever stands in the padding."""
    episodes = token_episodes(asked, written)
    seen = episodes.observations["prompt_tokens"], episodes.observations["prompt_lengths"], episodes.actions
    seen = *seen[:2], episodes.actions.masked_fill(~episodes.mask, 7)
    drawn = normal(*episodes.mask.shape, seed=seed)
    with torch.no_grad():
        found = answer_kl(Samples(*seen, episodes.mask, drawn, len(written)), policy)
        alone = [policy.logprobs(token_episodes(asked, [answer])).sum() for answer in written]
    assert found == pytest.approx((drawn[episodes.mask].sum() - sum(alone)).item() / len(written))


@once
@given(st.integers(2, 80), seeds)
def test_a_new_model_follows_its_seed_and_a_new_reward_model_says_nothing_yet(tokenizer, size, seed):
    model, again, other = new_model(size, seed=seed), new_model(size, seed=seed), new_model(size, seed=seed + 1)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    assert not torch.equal(model.transformer.wpe.weight, other.transformer.wpe.weight)
    assert model(torch.tensor([[1, 0]])).logits.shape == (1, 2, size)
    whole = tiny_gpt2(len(tokenizer), seed=seed)
    scoring = new_reward_model(whole, tokenizer)
    assert scoring.score(["What", "The robot"], [" is", " turned left."]) == [0.0, 0.0]
    body = zip(scoring.model.transformer.parameters(), whole.transformer.parameters(), strict=True)
    assert all(torch.equal(a, b) and a is not b for a, b in body)


@once
@given(seeds, st.sampled_from([torch.float32, torch.float64]))
def test_what_is_saved_comes_back_to_the_bit(tmp_path_factory, tokenizer, seed, dtype):
    folder, model = tmp_path_factory.mktemp("saved"), tiny_gpt2(len(tokenizer), seed=seed).to(dtype)
    loaded, reading = load_gpt2(save_gpt2(model, tokenizer, folder / "gpt2"), device="cpu")
    kept = zip(model.state_dict().items(), loaded.state_dict().items(), strict=True)
    assert all(name == other and a.dtype == b.dtype and torch.equal(a, b) for (name, a), (other, b) in kept)
    assert reading.get_vocab() == tokenizer.get_vocab()
    scoring = new_reward_model(model, tokenizer)
    with torch.no_grad():
        scoring.model.score.weight.fill_(0.5)
    again = load_reward_model(scoring.save(folder / "reward"), device="cpu")
    asked = ["What", "The robot"], [" is", " turned left."]
    assert again.score(*asked) == scoring.score(*asked)


@once
@given(st.integers(1, 3), st.lists(st.sampled_from(split_chains()[1]), min_size=1, max_size=3))
def test_who_is_given_the_working_has_only_its_end_to_say_and_is_paid_for_its_own_question(trained, each, questions):
    given_ = [one.working() for one in questions for _ in range(each)]
    how = {"temperature": 0, "max_new_tokens": 8}
    found = ask_chains(trained, questions, each=each, begin=lambda one: one.working()[:-1], **how)
    assert found.texts == tuple(given_) and set(found.lengths) == {2}
    assert found.results == tuple(one.answer for one in questions for _ in range(each))
    assert found.rewards == (1.0,) * len(given_) and found.accuracy == 1.0


@once
@given(seeds, st.floats(0.1, 1.5))
def test_accuracy_is_a_share_of_the_sums_and_follows_the_generator(sft, seed, temperature):
    sums = [Sum(seed % 50, 7), Sum(3, seed % 41)]
    shares = {
        sampled_accuracy(sft, sums, generator=torch.Generator().manual_seed(seed), temperature=temperature)
        for _ in range(2)
    }
    assert len(shares) == 1 and shares < {0.0, 0.5, 1.0}


@once
@given(st.integers(1, 30), seeds)
def test_drawn_pairs_differ_and_none_comes_again(sft, count, seed):
    found = draw_pairs(sft, count, seed=seed % 1000)
    assert len({pair.texts for pair in found}) == len(found) == count
    assert all(pair.first != pair.second for pair in found)
    more = draw_pairs(sft, 5, seed=seed % 1000, without=found)
    assert not {pair.texts for pair in more} & {pair.texts for pair in found}


@once
@given(st.integers(1, 12), st.integers(0, 500), seeds)
def test_accuracy_is_the_share_of_choices_it_would_have_made_and_one_step_learns_of_the_batch(sft, count, begin, seed):
    preferences = PREFERENCES[begin : begin + count]
    fresh = new_reward_model(sft.model, sft.tokenizer)
    assert preference_accuracy(fresh, preferences) == 0.5
    untrained = copy.deepcopy(fresh)
    config = RewardConfig(epochs=1, batch_size=count, learning_rate=1e-4, seed=seed)
    history = train_reward_model(fresh, preferences, config, progress=False)
    assert len(history) == 1 and history["loss"][0] == pytest.approx(0.6931, abs=1e-4) and history["margin"][0] == 0
    scores = [fresh.score([p.prompt] * 2, [p.chosen, p.rejected]) for p in preferences]
    right = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in scores) / count
    assert preference_accuracy(fresh, preferences) == pytest.approx(right)
    assert sum(a - b for a, b in scores) > 0
    assert any(not torch.equal(a, b) for a, b in zip(fresh.parameters(), untrained.parameters(), strict=True))


@once
@given(st.integers(1, 2), st.integers(0, 999))
def test_a_policy_measured_against_itself_is_as_good_and_as_near(sft, answers, seed):
    measured = preference_yardstick(sft, load_reward_model(device="cpu"), answers=answers, seed=seed)(sft)
    assert measured["answer_kl"] == pytest.approx(0, abs=1e-4)
    assert 0 < measured["gold_win_rate"] < 1

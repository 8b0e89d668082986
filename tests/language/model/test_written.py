"""Answers that somebody has written, as episodes: what is padding, what ends, and what cannot be read."""

import pytest
import torch

from rlcourse.equations import left_padded_logprobs
from rlcourse.language import (
    LanguagePolicy,
    arithmetic_world,
    as_episodes,
    encode,
    left_padded,
    load_gpt2,
    split_sums,
    token_episodes,
)

PROMPT = "Question: What is 2+2?\nAnswer:"


@pytest.fixture(scope="module")
def policy():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


def test_each_row_is_an_answer_and_its_end(policy):
    tokenizer, answers = policy.tokenizer, [" 4", " I guess 4."]
    episodes = as_episodes(tokenizer, PROMPT, answers)
    for row, answer in enumerate(encode(tokenizer, answers)):
        assert episodes.actions[row][episodes.mask[row]].tolist() == [*answer, tokenizer.eos_token_id]
    assert episodes.observations["prompt_tokens"].tolist() == 2 * encode(tokenizer, [PROMPT])
    unfinished = as_episodes(tokenizer, PROMPT, answers, end=False)
    assert (episodes.mask.sum(1) - unfinished.mask.sum(1)).tolist() == [1, 1]


def test_an_answer_is_as_likely_alone_as_beside_a_longer_one(policy):
    alone, beside = (as_episodes(policy.tokenizer, PROMPT, [" 4", " 2+2 is 4."][:n]) for n in (1, 2))
    with torch.no_grad():
        one, two = policy.logprobs(alone)[0], policy.logprobs(beside)[0][beside.mask[0]]
    torch.testing.assert_close(one, two, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", ["4"]), "prompt must have at least one token"),
        ((PROMPT, []), "answers must hold at least one text"),
        ((PROMPT, "4"), "answers must be a list of strings"),
        ((PROMPT, ["4", ""]), "answers must have at least one token each"),
        ((PROMPT, ["é"]), "does not know"),
    ],
)
def test_what_cannot_be_read_is_named(policy, arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        as_episodes(policy.tokenizer, *arguments, end=False)


def test_from_text_or_from_tokens_is_the_same(policy):
    answers = [" 4", " I guess 4."]
    text = as_episodes(policy.tokenizer, PROMPT, answers, end=False)
    (asked,), written = encode(policy.tokenizer, [PROMPT]), encode(policy.tokenizer, answers)
    tokens = token_episodes(tuple(asked), tuple(map(tuple, written)))
    assert torch.equal(text.actions, tokens.actions) and torch.equal(text.mask, tokens.mask)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_transformers_own_forward_scores_left_padded_answers_as_they_were_sampled(policy, temperature):
    """Questions of different lengths, by another path through the model than the course's own."""

    def forward(tokens, positions, real):
        return policy.model(input_ids=tokens, position_ids=positions, attention_mask=real).logits

    world, chance = arithmetic_world(split_sums()[1]), torch.Generator().manual_seed(0)
    episodes = world.sample_groups(policy, num_generations=2, temperature=temperature, generator=chance)
    tokens, real, width = left_padded(episodes)
    assert not real[:, 0].all() and not real[:, -1].all(), "padding on both sides"
    with torch.no_grad():
        found = left_padded_logprobs(forward, tokens, real, width, temperature=temperature)
    torch.testing.assert_close(found, episodes.old_logprobs, atol=2e-5, rtol=0)

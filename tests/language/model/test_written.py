"""Answers that somebody has written, as episodes: what is padding, what ends, and what cannot be read."""

import pytest
import torch

from rlcourse.language import LanguagePolicy, as_episodes, encode, load_gpt2

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

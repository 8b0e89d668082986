"""Answers of the GPT-2 as strips: the numbers are the policy's and the critic's own."""

import math

import pytest
import torch

from rlcourse.explorables import answers_strip
from rlcourse.language import LanguagePolicy, ValueModel, as_episodes, load_gpt2
from rlcourse.maze import TabularPolicy

PROMPT = "Question: What is 2+2?\nAnswer:"
ANSWERS = [" 2+2 is 4.", " I guess 2+2 is 5."]


@pytest.fixture(scope="module")
def policy():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


@pytest.fixture(scope="module")
def critic(policy):
    critic = ValueModel.from_language_model(policy.model, policy.tokenizer)
    torch.nn.init.normal_(critic.model.classifier.weight, std=0.1, generator=torch.Generator().manual_seed(0))
    return critic


def said(strip, name, row):
    measure = next(measure for measure in strip.strips.measures if measure.name == name)
    return [mark.said for mark in measure.marks[row]]


def test_log_probabilities_and_values_are_those_of_policy_and_critic(policy, critic):
    episodes = as_episodes(policy.tokenizer, PROMPT, ANSWERS)
    logprobs, values = policy.logprobs(episodes), critic.values(episodes)
    strip = answers_strip(policy, PROMPT, ANSWERS, critic=critic)
    for row, length in enumerate(episodes.mask.sum(dim=1)):
        chances = [100 * math.exp(logprob) for logprob in logprobs[row, :length].tolist()]
        assert [words.split("probability of ")[1] for words in said(strip, "log-probability", row)] == [
            f"{chance:.2f} %" for chance in chances
        ]
        assert strip.strips.values[row] == pytest.approx(values[row, :length].tolist())


def test_the_tokens_are_the_answers_and_their_ends(policy):
    strip = answers_strip(policy, PROMPT, ANSWERS)
    assert ["".join(row[:-1]) for row in strip.strips.tokens] == ANSWERS
    assert {row[-1] for row in strip.strips.tokens} == {"<|endoftext|>"}
    open_end = answers_strip(policy, PROMPT, ANSWERS[0], end=False)
    assert "".join(open_end.strips.tokens[0]) == ANSWERS[0]


def test_against_itself_every_ratio_is_one(policy):
    strip = answers_strip(policy, PROMPT, ANSWERS, old_policy=policy)
    assert set(said(strip, "ratio ρ", 0)) == {"ratio ρ 1.0000"}


def test_numbers_of_ones_own_come_first_and_lose_their_padding(policy):
    strip = answers_strip(policy, PROMPT, ANSWERS, numbers={"advantage": torch.ones(2, 11)})
    assert strip.strips.measures[0].name == "advantage"
    assert [len(row) for row in strip.strips.measures[0].marks] == [9, 11]


def test_what_does_not_fit_is_named(policy, critic):
    with pytest.raises(TypeError, match="policy must be a LanguagePolicy"):
        answers_strip(TabularPolicy(4), PROMPT, ANSWERS)
    with pytest.raises(ValueError, match="critic and values"):
        answers_strip(policy, PROMPT, ANSWERS, critic=critic, values=[[0.0] * 9, [0.0] * 11])
    with pytest.raises(ValueError, match="must have as many rows, got 1"):
        answers_strip(policy, PROMPT, ANSWERS, numbers={"advantage": torch.ones(1, 11)})

"""What holds for any sum, any reply and any choice."""

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.equations import soft_overlong_penalty
from rlcourse.language import (
    Pair,
    as_episodes,
    calculate,
    choose,
    chosen_from,
    combined_rewards,
    disagreement,
    gold_score,
    left_padded,
    overlong_reward,
    read_reply,
    reply,
    tool_reward,
)
from rlcourse.language.tasks.requests import REQUESTS, STYLES
from tests.equations.strategies import seeds

some = settings(max_examples=25)
requests, styles = st.sampled_from(REQUESTS), st.sampled_from(sorted(STYLES))


@some
@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 198))
def test_the_calculator_adds_as_python_does_and_its_answer_is_paid(a, b, said):
    assert calculate(f" What is {a}+{b}?") == f" {a + b}:"
    asked = [f"Question: What is {a}+{b}?\nAnswer:"]
    right, wrong = (tool_reward(asked, [f" {a}+{b} is {result}."], [a + b])[0] for result in (a + b, said))
    assert right == 1.0 and wrong == float(said == a + b)


@some
@given(requests, styles, styles, seeds)
def test_a_taste_chooses_the_same_reply_whichever_stands_first(request_, one, other, seed):
    replies = [reply(request_, style, random.Random(seed + i)) for i, style in enumerate((one, other))]
    if replies[0] == replies[1]:
        return
    pairs = [Pair(request_.prompt, *replies), Pair(request_.prompt, *reversed(replies))]
    first, second = (choose(pair, lambda _, text: gold_score(request_, text)) for pair in pairs)
    assert first == second == -1 or {first, second} == {0, 1}
    kept = chosen_from(pairs, [first, second])
    assert len(kept) == (0 if first == -1 else 2)
    if kept:
        assert kept[0].chosen == kept[1].chosen and kept[0].rejected == kept[1].rejected
        assert gold_score(request_, kept[0].chosen) > gold_score(request_, kept[0].rejected)
        against = chosen_from(pairs[:1], [1 - first], annotator="another")
        assert disagreement([kept[0], *against]) == 1.0
        agreeing = chosen_from(pairs[:1], [first], annotator="another")
        assert disagreement([kept[0], *agreeing]) == 0.0


@some
@given(requests, styles, seeds)
def test_a_reply_that_says_more_that_is_stray_is_worth_less(request_, style, seed):
    text = reply(request_, style, random.Random(seed))
    longer = text + " Qwerty."
    assert read_reply(request_, longer).strays == read_reply(request_, text).strays + 1
    assert gold_score(request_, longer) < gold_score(request_, text)


@some
@given(st.lists(st.tuples(st.floats(-5, 5), st.none() | st.floats(-5, 5)), min_size=1, max_size=4), st.floats(-2, 2))
def test_combined_rewards_are_the_weighted_sum_of_those_that_apply(paid, weight):
    functions = [lambda prompts, completions, i=i, **_: [row[i] for row in paid] for i in range(2)]
    found = combined_rewards(functions, [1.0, weight])(["?"] * len(paid), ["!"] * len(paid))
    assert found == pytest.approx([a + (0 if b is None else weight * b) for a, b in paid])


@some
@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(2, 20), st.data())
def test_the_overlong_reward_is_the_equation_of_the_tokens_written(lengths, most, data):
    cache = data.draw(st.integers(1, most))
    reward = overlong_reward(most, cache)
    found = reward(["?"] * len(lengths), ["x"] * len(lengths), completion_ids=[[5] * length for length in lengths])
    wanted = soft_overlong_penalty(torch.tensor(lengths, dtype=torch.float64), max_length=most, cache=cache)
    assert found == pytest.approx(wanted.tolist())


@some
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 9999)), min_size=1, max_size=4))
def test_rows_that_are_padded_in_front_hold_question_and_answer_and_nothing_else(tokenizer, asked):
    prompts, texts = [f"What is {a}+1?" for a, _ in asked], [f" It is {b}." for _, b in asked]
    tokens, real, answer_length = left_padded(as_episodes(tokenizer, prompts, texts))
    for row, mask, prompt, text in zip(tokens, real, prompts, texts, strict=True):
        ids = tokenizer(prompt).input_ids + tokenizer(text).input_ids + [tokenizer.eos_token_id]
        assert row[mask].tolist() == ids
        assert mask[: len(mask) - answer_length].sum() == len(tokenizer(prompt).input_ids)
        assert mask[-answer_length]  # the answer begins where the last columns do

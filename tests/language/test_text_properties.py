"""What holds of questions, answers and demonstrations, whichever they are."""

import dataclasses
import json
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.language import (
    MANNERS,
    REQUESTS,
    Chain,
    LanguagePolicy,
    Sum,
    arithmetic_world,
    calculator_world,
    call_text,
    chain_world,
    demonstration_text,
    gold_score,
    gold_win_rate,
    load_preferences,
    longer_chains,
    manner_of,
    markers,
    preference_pairs,
    raw_text,
    reply,
    request_world,
    split_chains,
    split_sums,
    token_episodes,
    token_steps,
)
from rlcourse.language.tasks.annotators import request_of
from rlcourse.language.tasks.chains import answer_in
from rlcourse.language.tasks.requests import STYLES
from tests.equations.strategies import seeds

some = settings(max_examples=25)
few = settings(max_examples=8)


@pytest.fixture(scope="module")
def policy(model, tokenizer):
    return LanguagePolicy(model, tokenizer)


operands = st.integers(0, 99)
chains = st.builds(Chain, st.integers(0, 60), st.integers(1, 9), st.integers(0, 9))
words = st.text("abc 123.+?", max_size=12)


@some
@given(st.lists(st.tuples(operands, operands, st.integers(-9, 9)), min_size=1, max_size=5), st.booleans())
def test_worlds_of_sums_pay_the_right_result_of_their_own_question_and_nothing_else(asked, guess):
    sums = [Sum(a, b) for a, b, _ in asked]
    rows = list(range(len(sums)))
    said = [
        f" {'I guess ' * guess}{s.a}+{s.b} is {abs(s.answer + off)}." for s, (*_, off) in zip(sums, asked, strict=True)
    ]
    right = [float(abs(s.answer + off) == s.answer) for s, (*_, off) in zip(sums, asked, strict=True)]
    assert arithmetic_world(sums).score(rows, said) == right
    assert calculator_world(sums).world.score(rows, said) == right
    called = [f" What is {s.a}+{s.b}? {s.answer}:{text}" for s, text in zip(sums, said, strict=True)]
    assert calculator_world(sums).world.score(rows, called) == right
    assert arithmetic_world(sums).score(rows, called) == [0.0] * len(sums)
    other = [f" {s.answer + 1}+0 is {s.answer + more}." for more in (1, 0) for s in sums]  # true, or the right result
    assert arithmetic_world(sums).score(rows * 2, other) == [0.0] * len(other)
    assert arithmetic_world(sums).score(rows[::-1], said[::-1]) == right[::-1]
    assert all((sum_ in half) == (max(sum_.a, sum_.b) <= 49) for sum_ in sums for half in [sum(split_sums(), ())])


@some
@given(chains, st.sampled_from(MANNERS), seeds)
def test_an_answer_is_told_by_its_beginning_and_paid_by_its_last_number_if_it_has_ended(chain, manner, seed):
    text = answer_in(manner, chain, random.Random(seed))
    assert manner_of(text) == manner and manner_of(f"So {text}") == ""
    world, right = chain_world([chain], begin=chain.beginning), text.endswith(f" {chain.answer}.")
    assert world.prompts == [chain.prompt + chain.beginning]
    assert world.score([0, 0], [text, text], [True, False]) == [float(right), 0.0]
    assert world.score([0], [chain.working()]) == [1.0]


@some
@given(st.integers(11, 40), st.integers(2, 9), st.integers(3, 9), st.integers(7, 29), st.integers(1, 60))
def test_a_question_is_in_one_half_if_it_is_short_and_longer_ones_are_in_neither(a, k, b, longer, count):
    training, held_out = (set(half) for half in split_chains())
    chain = Chain(a, k, b)
    assert (chain in training) + (chain in held_out) == (k <= 6)
    there_are = sum(first + longer * added <= 99 for first in range(11, 41) for added in range(3, 10))
    if count > there_are:
        with pytest.raises(ValueError, match=f"at most {there_are}"):
            longer_chains(longer, count)
        return
    found = longer_chains(longer, count)
    assert len(set(found)) == count and {one.k for one in found} == {longer}
    assert max(one.answer for one in found) <= 99 and not set(found) & (training | held_out)


@some
@given(
    st.lists(st.tuples(st.sampled_from(REQUESTS), st.sampled_from(sorted(STYLES)), seeds), min_size=1, max_size=4),
    seeds,
)
def test_who_wins_by_gold_wins_as_often_as_the_other_loses(asked, seed):
    prompts = [request.prompt for request, *_ in asked]
    ours = [reply(request, style, random.Random(number)) for request, style, number in asked]
    theirs = [reply(request, "plain", random.Random(seed)) for request, *_ in asked]
    won = gold_win_rate(prompts, ours, theirs)
    assert won == pytest.approx(1 - gold_win_rate(prompts, theirs, ours)) and gold_win_rate(prompts, ours, ours) == 0.5
    better = {"polite": 1.0, "plain": 0.5}  # than a plain one
    assert won == pytest.approx(sum(better.get(style, 0.0) for _, style, _ in asked) / len(asked))
    worth = [gold_score(request, text) for (request, *_), text in zip(asked, ours, strict=True)]
    world = request_world(
        lambda prompts, completions, **_: list(map(gold_score, map(request_of, prompts), completions))
    )
    assert world.score([REQUESTS.index(request) for request, *_ in asked], ours) == worth


@few
@given(st.integers(1, 8), st.integers(2, 40), st.floats(0, 1), seeds)
def test_written_text_is_a_function_of_its_number_and_what_counts_is_the_answer(tokenizer, rows, length, share, number):
    worlds = (
        raw_text(tokenizer, batch_size=rows, length=length),
        demonstration_text(tokenizer, batch_size=rows, guesses=share),
        call_text(tokenizer, batch_size=rows, calls=share),
    )
    for world in worlds:
        (tokens, counted), (again, _) = world.batch_at(number), world.batch_at(number)
        assert torch.equal(tokens, again) and tokens.shape == counted.shape and len(tokens) == rows
    tokens, counted = worlds[0].batch_at(number)
    assert tokens.shape == (rows, length) and counted.all()
    large = raw_text(tokenizer, batch_size=8, length=40)
    assert not torch.equal(large.batch_at(number)[0], large.batch_at(number + 1)[0])
    calls = markers(tokenizer)
    for world, own in ((worlds[1], False), (worlds[2], True)):
        tokens, counted = world.batch_at(number)
        for row, real in zip(tokens, counted, strict=True):
            text = tokenizer.decode(row)
            answer = row[real].tolist()
            assert answer[-1] == tokenizer.eos_token_id and not real[0]
            assert tokenizer.decode(answer).startswith(" ")
            if not own:
                assert tokenizer.decode(answer[:-1]) in text.split(":", 1)[1]
            elif "Answer: What is" in text:  # the calculator's own words were read, and are not learned
                assert calls["back"] not in answer and calls["call"] in answer


@few
@given(st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=6), min_size=1, max_size=4), seeds)
def test_the_last_token_of_each_answer_is_paid_and_ends_the_world(written, seed):
    episodes = token_episodes([5, 6], written)
    rewards = torch.randn(len(written), generator=torch.Generator().manual_seed(seed))
    steps = token_steps(dataclasses.replace(episodes, rewards=rewards))
    for column, ids in enumerate(written):
        last = len(ids) - 1
        assert episodes.actions[column, : last + 1].tolist() == ids and int(episodes.mask[column].sum()) == len(ids)
        assert steps.rewards[:, column].tolist() == [
            rewards[column].item() * (t == last) for t in range(len(steps.rewards))
        ]
        assert steps.terminated[:, column].nonzero().tolist() == [[last]]
        assert steps.done[:, column].tolist() == [t >= last for t in range(len(steps.done))]


@few
@given(st.integers(1, 6), st.integers(1, 6), seeds)
def test_pairs_of_a_step_are_different_pairs_of_the_list_and_follow_the_generator(policy, some_, batch, seed):
    preferences = load_preferences()[:some_]
    if batch > some_:
        with pytest.raises(ValueError, match="batch_size"):
            preference_pairs(preferences, policy.tokenizer, batch_size=batch)
        return
    world = preference_pairs(preferences, policy.tokenizer, batch_size=batch)
    drawn, again = (
        world.rollout(policy, temperature=1.0, generator=torch.Generator().manual_seed(seed)) for _ in range(2)
    )
    for one, other in ((drawn.chosen, again.chosen), (drawn.rejected, again.rejected)):
        assert torch.equal(one.actions, other.actions)
    texts = {
        tuple(policy.tokenizer.decode(row[real][:-1]) for row, real in zip(*both, strict=True))
        for both in zip(
            zip(drawn.chosen.actions, drawn.rejected.actions, strict=True),
            zip(drawn.chosen.mask, drawn.rejected.mask, strict=True),
            strict=True,
        )
    }
    assert len(texts) == batch and texts <= {(one.chosen, one.rejected) for one in preferences}


@few
@given(st.sampled_from(["train", "test"]), st.integers(0, 5), words)
def test_a_damaged_line_of_the_preferences_is_named_by_its_number(tmp_path_factory, split, place, junk):
    folder, rows = tmp_path_factory.mktemp("preferences"), load_preferences(split)[:5]
    lines = [json.dumps(dataclasses.asdict(row)) for row in rows]
    (folder / f"{split}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert load_preferences(split, folder=folder) == rows
    lines.insert(place, f"{{{junk}")
    (folder / f"{split}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match=f"line {place + 1} of "):
        load_preferences(split, folder=folder)

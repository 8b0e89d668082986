"""The chains: a split by what their workings share, three manners, and a rule that looks at the end only."""

import random
import re
from itertools import islice, pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.language import (
    MANNERS,
    ROOM,
    Chain,
    LanguagePolicy,
    ask_chains,
    chain_reward,
    chain_world,
    load_gpt2,
    longer_chains,
    manner_of,
    split_chains,
)
from rlcourse.language.tasks.chains import answer_in
from rlcourse.language.training.workings import IMITATED, LEARNED, SCARCE, answered_chains, pairs_in

TRAINING, HELD_OUT = split_chains()


def test_the_split_holds_every_question_once_and_about_a_fifth_of_them_back():
    assert len(set(TRAINING) | set(HELD_OUT)) == len(TRAINING) + len(HELD_OUT) == 30 * 5 * 7
    assert 0.15 < len(HELD_OUT) / 1050 < 0.25
    assert {chain.k for chain in HELD_OUT} == set(range(2, 7))


def test_the_split_is_the_same_for_everybody():
    assert [chain.asked for chain in HELD_OUT[:3]] == ["39+4*8", "31+5*8", "39+3*8"]


def test_no_clause_of_a_held_out_working_stands_in_any_text():
    """All clauses of a working share (b, result), those after a slip another one."""
    held_out = {(chain.b, chain.answer) for chain in HELD_OUT}
    assert not held_out & {(chain.b, chain.answer) for chain in TRAINING}
    assert all(set(pairs_in(chain.working())) == {(chain.b, chain.answer)} for chain in HELD_OUT)
    for shares in (LEARNED, IMITATED):
        read = [pairs_in(prompt + answer) for prompt, answer in islice(answered_chains(0, shares), 3000)]
        assert not held_out & {pair for pairs in read for pair in pairs}
        assert any(len(set(pairs)) > 1 for pairs in read)  # there are slips


def test_a_working_goes_one_step_a_clause_and_ends_with_the_result():
    chain = Chain(23, 4, 7)
    assert chain.working() == " 23+4*7 is 30+3*7 is 37+2*7 is 44+1*7 is 51."
    assert chain.working().startswith(chain.beginning)
    assert Chain(12, 1, 3).working() == " 12+1*3 is 15."
    slipped = chain.working(random.Random(0), accuracy=0.0)
    starts = [int(a) for a in re.findall(r"(\d+)(?=\+|\.)", slipped)]
    assert all(after != before + 7 for before, after in pairwise(starts))


@pytest.mark.parametrize(("manner", "right"), list(zip(MANNERS, (1 / 19, 0.6, 0.94), strict=True)))
def test_each_manner_is_recognised_and_as_often_right_as_it_says(manner, right):
    rng, chain = random.Random(1), Chain(20, 6, 5)
    said = [answer_in(manner, chain, rng) for _ in range(800)]
    assert {manner_of(text) for text in said} == {manner}
    paid = chain_reward([chain.prompt] * 800, said, [chain.answer] * 800)
    assert sum(paid) / 800 == pytest.approx(right, abs=0.04)
    assert manner_of(" What is 2+2?") == manner_of("") == ""


def test_demonstrations_come_in_the_manners_proportions():
    for shares in (LEARNED, IMITATED, SCARCE):
        said = [manner_of(answer) for _, answer in islice(answered_chains(3, shares), 3000)]
        assert [100 * said.count(manner) / 3000 for manner in MANNERS] == pytest.approx(shares, abs=3)


def test_every_text_is_known_to_the_tokenizer_and_fits(tokenizer):
    longest = max(len(tokenizer(chain.working()).input_ids) for chain in TRAINING + HELD_OUT) + 1
    assert longest <= ROOM
    for k in (7, 8):
        for chain in longer_chains(k):
            ids = tokenizer(chain.prompt + chain.working()).input_ids
            assert tokenizer.unk_token_id not in ids and len(ids) < 96
    with pytest.raises(ValueError, match="k must be"):
        longer_chains(6)


@given(st.integers(0, 99), st.sampled_from([" It is {}.", " I guess {}.", " 1+2*3 is 3+1*3 is {}.", " 5 or {}"]))
def test_the_last_number_is_paid_and_no_other(result, form):
    paid = chain_reward(["?"] * 3, [form.format(n) for n in (result, result + 1, f"{result}1")], [result] * 3)
    assert paid == [1.0, 0.0, 0.0]


def test_what_was_cut_off_is_not_paid_and_texts_without_a_number_are_worth_nothing():
    asked = (["?"] * 3, [" It is 51.", " It is 51", " Sure."], ["51", 51, 51])
    assert chain_reward(*asked, finished=[True, False, True]) == [1.0, 0.0, 0.0]
    assert chain_reward(*asked) == [1.0, 1.0, 0.0]
    with pytest.raises(ValueError, match="one entry per completion"):
        chain_reward(*asked, finished=[True])


def test_a_policy_is_asked_as_the_world_asks_it_and_its_answers_are_told_whole():
    policy = LanguagePolicy(*load_gpt2("thinker", device="cpu"))
    begun = ask_chains(
        policy, HELD_OUT[:3], each=2, begin=lambda c: c.beginning, generator=torch.Generator().manual_seed(0)
    )
    assert len(begun.texts) == 6 and begun.share("worked") == 1
    assert begun.texts[2].startswith(HELD_OUT[1].beginning)
    cut = ask_chains(policy, HELD_OUT[:3], begin=lambda c: c.beginning, max_new_tokens=3)
    assert cut.accuracy == 0 and set(cut.results) == {-1} and set(cut.lengths) == {3}
    world = chain_world(HELD_OUT[:3], begin=" It is")
    assert world.prompts[0] == HELD_OUT[0].prompt + " It is" and world.columns["answer"][0] == HELD_OUT[0].answer

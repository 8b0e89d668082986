"""A price on length that does what it should, whatever the lengths."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.equations import length_penalty

from .strategies import quick, seeds


def drawn(seed):
    generator = torch.Generator().manual_seed(seed)
    rewards = (torch.rand(5, 6, generator=generator) < 0.5).float()
    return rewards, torch.randint(1, 60, (5, 6), generator=generator)


@quick
@given(seeds, st.floats(0, 0.99))
def test_every_right_answer_beats_every_wrong_one_and_among_right_ones_the_shorter_wins(seed, weight):
    rewards, lengths = drawn(seed)
    found = length_penalty(rewards, lengths, weight=weight)
    assert (found[rewards == 0] == 0).all() and (found[rewards == 1] > 0).all() and (found <= 1).all()
    for row, paid, sizes in zip(found, rewards, lengths, strict=True):
        order = sizes[paid == 1].argsort()
        assert (row[paid == 1][order].diff() <= 1e-6).all()
        if (paid == 1).any():
            assert row.max() == 1  # the shortest right one keeps all


@quick
@given(seeds)
def test_neither_wrong_answers_nor_other_questions_count(seed):
    rewards, lengths = drawn(seed)
    found = length_penalty(rewards, lengths, weight=0.5)
    other = torch.where(rewards == 0, 61 - lengths, lengths)
    assert torch.equal(length_penalty(rewards, other, weight=0.5), found)
    rows = [length_penalty(rewards[i : i + 1], lengths[i : i + 1], weight=0.5) for i in range(5)]
    assert torch.equal(torch.cat(rows), found)


def test_by_hand():
    found = length_penalty(torch.tensor([[1.0, 0.0, 1.0]]), torch.tensor([[40, 7, 10]]), weight=0.4)
    assert found.tolist() == [[pytest.approx(1 - 0.4 * 0.75), 0.0, 1.0]]

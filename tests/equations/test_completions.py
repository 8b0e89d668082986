"""Answers in a batch: the mask holds the first end and nothing after, and padding on either side changes nothing."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.equations import completion_mask, left_padded_logprobs, own_tokens
from tests.equations.calls import forward

QUESTIONS, ANSWERS = ([1, 0], [1, 1, 0, 0, 1], [0]), ([1, 0, 1], [0], [1, 1, 0, 0])
"""Of a vocabulary of two tokens."""


def padded(left, width, filling=0):
    """The questions end in one column, the answers begin there."""
    rows, real = [], []
    for question, answer in zip(QUESTIONS, ANSWERS, strict=True):
        before, after = left - len(question), width - len(answer)
        rows.append([filling] * before + question + answer + [filling] * after)
        real.append([False] * before + [True] * len(question + answer) + [False] * after)
    return torch.tensor(rows), torch.tensor(real)


def one_by_one(temperature):
    """The same from each text alone, without any padding."""
    for question, answer in zip(QUESTIONS, ANSWERS, strict=True):
        text = torch.tensor([question + answer])
        places = torch.arange(text.shape[1])[None]
        logprobs = (forward(text, places, None)[0] / temperature).log_softmax(-1)
        yield [logprobs[len(question) + t - 1, token].item() for t, token in enumerate(answer)]


@given(st.integers(5, 8), st.integers(4, 6), st.integers(0, 1), st.sampled_from([0.5, 1.0, 2.0]))
def test_padding_on_either_side_changes_nothing(left, width, filling, temperature):
    tokens, real = padded(left, width, filling)
    found = left_padded_logprobs(forward, tokens, real, width, temperature=temperature)
    for row, alone in zip(found, one_by_one(temperature), strict=True):
        torch.testing.assert_close(row[: len(alone)], torch.tensor(alone))
        assert (row[len(alone) :] == 0).all()


@given(st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=4), st.integers(0, 3))
def test_the_first_end_counts_and_nothing_after_it(rows, end):
    mask = completion_mask(torch.tensor(rows), end)
    for row, kept in zip(rows, mask.tolist(), strict=True):
        length = row.index(end) + 1 if end in row else len(row)
        assert kept == [t < length for t in range(len(row))]


@given(st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1, max_size=4), st.integers(1, 6))
def test_between_a_call_and_the_next_back_nothing_is_the_policys(rows, length):
    """Answers whose calls are all answered before the next: else there is no telling who writes."""
    call, back = 2, 3
    written = torch.arange(6) < length
    own = own_tokens(torch.tensor(rows), written.expand(len(rows), 6), call=call, back=back)
    for row, kept in zip(rows, own.tolist(), strict=True):
        calls = backs = 0
        for t, token in enumerate(row):
            assert kept[t] == (t < length and backs >= calls)
            calls, backs = calls + (token == call), backs + (token == back)

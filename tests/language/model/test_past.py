"""The past: rows of it with their gradients, and a cache that branches."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.language.model.past import Cache, Past


def _past(rows, columns=3, layers=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    tensors = [torch.randn(rows, 2, columns, 4, generator=generator) for _ in range(2 * layers)]
    visible = torch.rand(rows, columns, generator=generator) < 0.7
    return Past(tensors[:layers], tensors[layers:], visible)


def test_rows_may_repeat_and_their_gradients_add_up():
    past, rows = _past(3), torch.tensor([2, 0, 2])
    past.keys[1].requires_grad_()
    picked = past.rows(rows)
    assert torch.equal(picked.keys[1], past.keys[1][rows])
    assert torch.equal(picked.values[0], past.values[0][rows])
    assert torch.equal(picked.visible, past.visible[rows])
    picked.keys[1].sum().backward()
    assert past.keys[1].grad[:, 0, 0, 0].tolist() == [1, 0, 2]


def test_a_cache_starts_as_the_past_it_is_made_of_and_grows():
    past, new = _past(3), torch.randn(3, 2, 1, 4)
    cache = Cache(past, rows=5, columns=4)
    for layer in range(2):
        keys, values = cache.extended(layer, new, 2 * new)
        assert torch.equal(keys, torch.cat([past.keys[layer], new], 2))
        assert torch.equal(values, torch.cat([past.values[layer], 2 * new], 2))
    assert torch.equal(cache.visible, past.visible)
    cache.advance(1)
    assert torch.equal(cache.visible, torch.cat([past.visible, torch.ones(3, 1, dtype=torch.bool)], 1))


@settings(max_examples=200)
@given(st.lists(st.lists(st.integers(0, 2**31), min_size=1, max_size=8), min_size=1, max_size=6))
def test_every_child_finds_its_parents_past_however_often_rows_branch_and_end(generations):
    past = _past(3)
    cache = Cache(past, rows=8, columns=3)
    for room in (*cache.keys, *cache.values):
        room[3:] = torch.nan  # what has not been written is not to be read
    expected = past
    for choices in generations:
        parents = torch.tensor(sorted(c % cache.count for c in choices))
        before, rows = cache.count, cache.branch(parents)
        assert sorted(rows.tolist()) == list(range(len(parents)))
        moved = (rows != parents).sum()
        assert moved <= len(parents) - len({p for p in parents.tolist() if p < len(parents)}), before
        expected = expected.rows(parents[rows.argsort()])
        for layer in range(2):
            assert torch.equal(cache.keys[layer][: len(parents)], expected.keys[layer])
            assert torch.equal(cache.values[layer][: len(parents)], expected.values[layer])
        assert torch.equal(cache.visible, expected.visible)


@pytest.mark.parametrize("name", ["keys", "values"])
def test_branching_leaves_the_past_it_was_made_of_alone(name):
    past = _past(2)
    before = [tensor.clone() for tensor in getattr(past, name)]
    cache = Cache(past, rows=4, columns=3)
    cache.branch(torch.tensor([1, 1, 1]))
    assert all(torch.equal(a, b) for a, b in zip(before, getattr(past, name), strict=True))

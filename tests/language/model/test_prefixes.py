"""The tree of prefixes holds every text once, and every row finds its own text in it."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.language.model.prefixes import prefix_tree


@st.composite
def batches(draw):
    """Rows of few different tokens, so that many of them begin alike, with masks and roots."""
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    tokens = torch.randint(draw(st.integers(1, 3)), (rows, columns), generator=generator)
    lengths = torch.randint(columns + 1, (rows, 1), generator=generator)
    roots = torch.randint(2, (rows,), generator=generator)
    return tokens, torch.arange(columns) < lengths, roots


def _texts(tokens, mask, roots):
    """The text that each real place stands for, by (row, column)."""
    places = mask.nonzero().tolist()
    return {(b, t): (int(roots[b]), *tokens[b, : t + 1].tolist()) for b, t in places}


@settings(max_examples=200)
@given(batches())
def test_places_share_a_node_exactly_if_their_texts_are_equal(batch):
    tree, texts = prefix_tree(*batch), _texts(*batch)
    nodes = {place: int(tree.nodes[tree.row_of][place]) for place in texts}
    pairs = {(texts[place], nodes[place]) for place in texts}
    assert len(pairs) == len(set(texts.values())) == len(set(nodes.values())) == len(tree.tokens)


@settings(max_examples=100)
@given(batches())
def test_a_node_knows_its_token_its_column_its_root_and_a_place_where_it_stands(batch):
    tree, texts = prefix_tree(*batch), _texts(*batch)
    for (b, t), text in texts.items():
        node = tree.nodes[tree.row_of][b, t]
        assert tree.tokens[node] == text[-1]
        assert tree.columns[node] == t
        assert tree.node_roots[node] == text[0]
    assert torch.equal(tree.nodes.flatten()[tree.homes], torch.arange(len(tree.tokens)))
    assert tree.real.flatten()[tree.homes].all()


@settings(max_examples=100)
@given(batches())
def test_what_stands_in_the_padding_does_not_matter(batch):
    tokens, mask, roots = batch
    garbage = prefix_tree(torch.where(mask, tokens, 99), mask, roots)
    for name, tensor in vars(prefix_tree(tokens, mask, roots)).items():
        assert torch.equal(tensor, getattr(garbage, name)), name


def test_rows_that_are_equal_are_one_row():
    tokens = torch.tensor([[1, 2], [1, 3], [1, 2]])
    tree = prefix_tree(tokens, torch.ones(3, 2, dtype=torch.bool))
    assert tree.row_of.tolist() == [0, 1, 0]
    assert tree.tokens.tolist() == [1, 2, 3]
    assert tree.nodes.tolist() == [[0, 1], [0, 2]]

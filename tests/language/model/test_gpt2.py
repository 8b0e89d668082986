"""The written-out forward pass is the model's own, with and without a past."""

import pytest
import torch

from rlcourse.language.model.gpt2 import check_context, hidden_states, next_token_logits, prefix_states, read_prompts
from rlcourse.language.model.past import Cache
from rlcourse.language.model.prefixes import prefix_tree
from tests.language.conftest import tiny_gpt2


def _tokens(model, batch=3, length=10, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(model.config.vocab_size, (batch, length), generator=generator)


def _positions(tokens, start=0):
    return torch.arange(start, start + tokens.shape[1]).expand_as(tokens)


def test_the_forward_pass_equals_that_of_transformers(model):
    tokens = _tokens(model)
    hidden, _ = hidden_states(model, tokens, _positions(tokens))
    torch.testing.assert_close(next_token_logits(model, hidden), model(tokens).logits, rtol=0, atol=1e-10)


def test_so_do_its_gradients(tokenizer):
    ours, theirs = tiny_gpt2(len(tokenizer)), tiny_gpt2(len(tokenizer))
    tokens = _tokens(ours)
    hidden, _ = hidden_states(ours, tokens, _positions(tokens))
    next_token_logits(ours, hidden).square().mean().backward()
    theirs(tokens).logits.square().mean().backward()
    for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-8, atol=1e-12, msg=name)


def test_dropout_plays_no_part_even_in_training_mode(tokenizer):
    model = tiny_gpt2(len(tokenizer), dropout=0.5)
    tokens = _tokens(model)
    evaluated = hidden_states(model.eval(), tokens, _positions(tokens))[0]
    trained = hidden_states(model.train(), tokens, _positions(tokens))[0]
    assert torch.equal(evaluated, trained)


@pytest.mark.parametrize("room", [None, 10, 30])
@pytest.mark.parametrize("cut", [1, 4, 9])
def test_reading_in_two_parts_changes_nothing(model, cut, room):
    tokens = _tokens(model)
    whole, _ = hidden_states(model, tokens, _positions(tokens))
    with torch.no_grad():
        _, past = hidden_states(model, tokens[:, :cut], _positions(tokens[:, :cut]), keep=True)
        past = past if room is None else Cache(past, rows=len(tokens), columns=room)
        rest, _ = hidden_states(model, tokens[:, cut:], _positions(tokens[:, cut:], cut), past)
    torch.testing.assert_close(rest, whole[:, cut:], rtol=0, atol=1e-10)


def test_what_is_not_visible_in_the_past_does_not_matter(model):
    tokens = _tokens(model)
    _, past = hidden_states(model, tokens, _positions(tokens), keep=True)
    past.visible[:, 6:] = False
    with_hidden_rest, _ = hidden_states(model, tokens[:, :2], _positions(tokens[:, :2], 6), past)
    _, short = hidden_states(model, tokens[:, :6], _positions(tokens[:, :6]), keep=True)
    without_rest, _ = hidden_states(model, tokens[:, :2], _positions(tokens[:, :2], 6), short)
    torch.testing.assert_close(with_hidden_rest, without_rest, rtol=0, atol=1e-10)


def test_many_and_few_new_tokens_attend_alike(model, monkeypatch):
    tokens = _tokens(model)
    _, past = hidden_states(model, tokens[:, :4], _positions(tokens[:, :4]), keep=True)
    past.visible[1, 2:] = False
    results = []
    for short in (0, 48):  # the fused kernel, and two matrix products
        monkeypatch.setattr("rlcourse.language.model.gpt2.SHORT", short)
        results.append(hidden_states(model, tokens[:, 4:], _positions(tokens[:, 4:], 4), past)[0])
    torch.testing.assert_close(*results, rtol=0, atol=1e-12)


def _alike(model):
    """Rows that begin alike, of lengths from 1 to 9."""
    tokens = _tokens(model, batch=8, length=9)
    tokens[2:, :4], tokens[5:, :7], tokens[7] = tokens[1, :4], tokens[4, :7], tokens[6]
    lengths = torch.tensor([9, 9, 6, 5, 9, 8, 1, 1])
    return tokens, lengths


def test_the_states_of_a_tree_are_those_of_its_rows(model):
    tokens, lengths = _alike(model)
    mask = torch.arange(9) < lengths[:, None]
    tree = prefix_tree(tokens, mask)
    states, past = prefix_states(model, tree, tree.columns, keep=True)
    hidden, rows = hidden_states(model, tokens, _positions(tokens), keep=True)
    assert len(states) < mask.sum()
    torch.testing.assert_close(states[tree.nodes[tree.row_of]][mask], hidden[mask], rtol=0, atol=1e-10)
    kept = past.rows(tree.row_of)
    for ours, theirs in zip(kept.keys + kept.values, rows.keys + rows.values, strict=True):
        torch.testing.assert_close(ours.transpose(1, 2)[mask], theirs.transpose(1, 2)[mask], rtol=0, atol=1e-10)


def test_prompts_are_read_once_each_and_to_their_own_ends(model):
    tokens, lengths = _alike(model)
    row_of, distinct_lengths, last, past = read_prompts(model, tokens, lengths)
    hidden, _ = hidden_states(model, tokens, _positions(tokens))
    assert len(last) == 7
    assert torch.equal(distinct_lengths[row_of], lengths)
    assert torch.equal(past.visible.sum(1)[row_of], lengths)
    torch.testing.assert_close(last[row_of], hidden[torch.arange(8), lengths - 1], rtol=0, atol=1e-10)


def test_a_text_longer_than_the_context_is_refused(model):
    check_context(model, 48, "the text")
    with pytest.raises(ValueError, match="the text is 49 tokens long, but this model's context holds 48"):
        check_context(model, 49, "the text")

"""Texts that begin alike, as a tree: what a GPT-2 computes for a token depends on the text up to it, and on that alone.

Four answers to one question, 26 tokens, most of them the same:

    " 2+2 is 4."                  ┌─ 2 ─ + ─ 2 ─ is ─┬─ 4 ─ .
    " 2+2 is 4."             ─────┤                  └─ 5 ─ .
    " 2+2 is 5."                  │
    " I guess 2+2 is 4."          └─ I ─ guess ─ 2 ─ + ─ 2 ─ is ─ 4 ─ .

The tree has 16 nodes, one for each **distinct prefix**: one token after one text. Two rows that go through the same
node have the same hidden state there, the same distribution over the next token and the same log-probabilities, because
the arithmetic would be the same arithmetic twice. So it is done once, and its result is read off wherever it is needed.
A node's gradient is the sum over the rows that pass through it, which is what adding up the rows would have given.

This is exact: nothing is merged that was not equal. In sampling, each answer still draws its own token with its own
random number; answers share a node only for as long as they have drawn the same tokens.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor


@dataclass(frozen=True)
class PrefixTree:
    """B rows of tokens as U distinct rows of T places, which share N nodes."""

    row_of: Int[Tensor, "B"]
    """Which distinct row each of the B rows is."""
    roots: Int[Tensor, "U"]
    """What each distinct row goes on from."""
    nodes: Int[Tensor, "U T"]
    """The node at each place of the distinct rows; 0 in the padding."""
    real: Bool[Tensor, "U T"]
    """False in the padding."""
    homes: Int[Tensor, "N"]
    """For each node one place (as u·T + t) where it stands."""
    tokens: Int[Tensor, "N"]
    """The token of each node."""

    @property
    def node_roots(self) -> Int[Tensor, "N"]:
        """What each node's row goes on from."""
        return self.roots[self.homes // self.nodes.shape[1]]

    @property
    def columns(self) -> Int[Tensor, "N"]:
        """How far each node is from the beginning of its row."""
        return self.homes % self.nodes.shape[1]


def prefix_tree(
    tokens: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"], roots: Int[Tensor, "B"] | None = None
) -> PrefixTree:
    """The tree of the distinct prefixes of some rows.

    In sorted order, rows with the same beginning are neighbours. So a place holds a new node exactly if its row
    differs from the row above it there or anywhere before.

    Args:
        tokens: The rows; what stands in the padding does not matter.
        mask: True for tokens, False for the padding at the end.
        roots: What each row goes on from, as a number: rows with different roots share nothing. One for all if None.
    """
    roots = torch.zeros(len(tokens), dtype=torch.long, device=tokens.device) if roots is None else roots
    keyed = torch.cat([roots[:, None], tokens.masked_fill(~mask, -1)], dim=1)
    distinct, row_of = torch.unique(keyed, dim=0, return_inverse=True)  # sorted
    new = torch.ones_like(distinct, dtype=torch.bool)
    new[1:] = (distinct[1:] != distinct[:-1]).cumsum(1) > 0
    roots, distinct, new = distinct[:, 0], distinct[:, 1:], new[:, 1:]
    real = distinct >= 0
    new = new & real
    number = new.flatten().cumsum(0).view_as(new) - 1
    # Numbers grow down each column, so the largest so far is the newest, the one that the row above has too.
    nodes = torch.where(new, number, 0).cummax(0).values * real
    homes = new.flatten().nonzero()[:, 0]
    return PrefixTree(row_of, roots, nodes, real, homes, distinct.flatten()[homes])

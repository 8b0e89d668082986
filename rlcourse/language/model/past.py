"""The past: the keys and values of the tokens before, which new tokens look at.

`Past` is for teacher forcing: nothing in it ever changes, so gradients flow through it. `Cache` is for sampling: it
grows token by token, in memory set aside beforehand, and its rows can branch.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor


class Past:
    """The keys and values of S tokens, layer by layer [B, H, S, D], and which of them are not padding."""

    def __init__(self, keys: list[Tensor], values: list[Tensor], visible: Bool[Tensor, "B S"]):
        self.keys, self.values, self.visible = keys, values, visible

    def rows(self, rows: Int[Tensor, "N"]) -> "Past":
        """The past of the given rows, in that order; rows may repeat."""
        # Not k[rows]: its backward pass adds up repeated rows in whatever order two threads happen to run. That of an
        # embedding keeps to one order, and is quick.
        keys, values = (
            [F.embedding(rows, t.flatten(1)).unflatten(1, t.shape[1:]) for t in tensors]
            for tensors in (self.keys, self.values)
        )
        return Past(keys, values, self.visible[rows])

    def extended(
        self, layer: int, keys: Float[Tensor, "B H T D"], values: Float[Tensor, "B H T D"]
    ) -> tuple[Float[Tensor, "B H L D"], Float[Tensor, "B H L D"]]:
        """Past and new keys and values of one layer together, L = S + T."""
        return torch.cat([self.keys[layer], keys], dim=2), torch.cat([self.values[layer], values], dim=2)

    def advance(self, new: int) -> None:
        """`new` tokens have been read: nothing to do, as this past does not grow."""


class Cache:
    """A past that grows in place, with room for `rows` rows of `columns` tokens.

    It begins with the rows of `past`, and `branch` says which rows are to go on.
    """

    def __init__(self, past: Past, *, rows: int, columns: int):
        self.count, self.length = past.visible.shape
        self.keys = [self._with_room(k, rows, columns) for k in past.keys]
        self.values = [self._with_room(v, rows, columns) for v in past.values]
        self._visible = torch.ones(rows, columns, dtype=torch.bool, device=past.visible.device)
        self._visible[: self.count, : self.length] = past.visible

    @staticmethod
    def _with_room(tensor: Float[Tensor, "B H S D"], rows: int, columns: int) -> Float[Tensor, "R H C D"]:
        heads, length, size = tensor.shape[1:]
        room = tensor.new_empty(rows, heads, columns, size)  # memory that is never written to costs nothing
        room[: len(tensor), :, :length] = tensor
        return room

    @property
    def visible(self) -> Bool[Tensor, "B S"]:
        """Which tokens may be looked at."""
        return self._visible[: self.count, : self.length]

    def extended(
        self, layer: int, keys: Float[Tensor, "B H T D"], values: Float[Tensor, "B H T D"]
    ) -> tuple[Float[Tensor, "B H L D"], Float[Tensor, "B H L D"]]:
        """Past and new keys and values of one layer together, L = S + T."""
        end = self.length + keys.shape[2]
        self.keys[layer][: self.count, :, self.length : end] = keys
        self.values[layer][: self.count, :, self.length : end] = values
        return self.keys[layer][: self.count, :, :end], self.values[layer][: self.count, :, :end]

    def advance(self, new: int) -> None:
        """`new` tokens have been read, in every layer."""
        self.length += new

    def branch(self, parents: Int[Tensor, "N"]) -> Int[Tensor, "N"]:
        """Go on with N rows, each a copy of its parent; rows that are nobody's parent are dropped.

        Little is copied: the first child of a row stays where its parent is, and only the others, and what stands
        beyond the N rows that remain, move into the rows that are free.

        Args:
            parents: A row for each child, in ascending order; a row may have several children.

        Returns:
            The row that each child has now.
        """
        first = torch.ones_like(parents, dtype=torch.bool)
        first[1:] = parents[1:] != parents[:-1]
        stays = first & (parents < len(parents))
        free = torch.ones_like(stays)
        free[parents[stays]] = False
        moved, to = parents[~stays], free.nonzero()[:, 0]
        if len(moved):
            for room in (*self.keys, *self.values):
                written = room[:, :, : self.length]
                written.index_copy_(0, to, written.index_select(0, moved))
            self._visible[to] = self._visible[moved]
        self.count = len(parents)
        return parents.masked_scatter(~stays, to)

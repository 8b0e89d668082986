"""Counting the bytes of tensors: of those that are there, of those that autograd keeps, of those that are made.

Left out: memory that PyTorch holds in reserve, and what its kernels use inside one operation.
"""

import weakref
from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def bytes_of(tensors: Iterable[object]) -> int:
    """The bytes of all tensors among these things, each storage counted once."""
    storages = {}
    for tensor in tensors:
        if isinstance(tensor, Tensor):
            storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
    return sum(storages.values())


class Tally:
    """Bytes that come and go, and the most there were at one time."""

    def __init__(self):
        self.now = self.most = 0

    def add(self, count: int) -> None:
        self.now += count
        self.most = max(self.most, self.now)


class _Saved:
    """A tensor that autograd keeps; autograd lets go of this object when it lets go of the tensor."""

    def __init__(self, tensor: Tensor):
        self.tensor = tensor


class Kept:
    """Counts what autograd keeps for backward passes. Weights, which are there anyway, do not count."""

    def __init__(self, weights: Iterable[Tensor]):
        self.bytes = Tally()
        self._weights = {weight.untyped_storage().data_ptr() for weight in weights}
        self._keepers: dict[int, int] = {}  # how many operations keep each storage

    def pack(self, tensor: Tensor) -> _Saved:
        saved, storage = _Saved(tensor), tensor.untyped_storage()
        key, size = storage.data_ptr(), storage.nbytes()
        if key not in self._weights:
            self._keepers[key] = self._keepers.get(key, 0) + 1
            if self._keepers[key] == 1:
                self.bytes.add(size)
            weakref.finalize(saved, self._let_go, key, size)
        return saved

    def unpack(self, saved: _Saved) -> Tensor:
        return saved.tensor

    def _let_go(self, key: int, size: int) -> None:
        self._keepers[key] -= 1
        if not self._keepers[key]:
            self.bytes.add(-size)


class Made(TorchDispatchMode):
    """Counts the storages that operations make, from their making to their end."""

    def __init__(self):
        super().__init__()
        self.bytes = Tally()
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Callable, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        old = {t.untyped_storage().data_ptr() for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)}
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._see(tensor.untyped_storage(), old)
        return result

    def _see(self, storage: torch.UntypedStorage, old: set[int]) -> None:
        key, size = storage.data_ptr(), storage.nbytes()
        if size and key not in old and key not in self._known:  # else a view, or written in place
            self._known.add(key)
            self.bytes.add(size)
            weakref.finalize(storage, self._end, key, size)

    def _end(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.bytes.add(-size)

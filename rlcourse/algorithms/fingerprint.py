"""What a training is made of, in words short enough to store and exact enough to notice a change.

A run that is resumed with another maze, another reward function or another reference policy gives numbers that look
right and are not. `made_of` writes down every part that decides them: numbers as they are; data, weights and
functions by a digest. A function's digest is of its bytecode, its defaults, and the plain values and helper functions
that it reads from around it; so a comment may change, and a constant may not.

What changes while a run goes on is no part of its making: attributes that methods other than `__init__` set, names
that begin with an underscore, containers that a function writes into. Left out too: what stands inside the objects of
other people's packages, their numbers excepted.
"""

import dis
import functools
import hashlib
import inspect
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from numbers import Number
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch

from rlcourse.arguments import describe

DEEPEST = 8
"""How far objects within objects are followed."""
ENOUGH = 65_536
"""Numbers of a tensor that are looked at, evenly spread: another model differs in nearly all of them."""
CODE = " code "
"""Stands before a digest that depends on bytecode, which each version of Python writes in its own way."""
_WRITES = {"append", "extend", "add", "update", "insert", "setdefault", "pop", "clear", "appendleft", "write", "put"}
_BIRTH = {"__init__", "__new__", "__post_init__", "load_state_dict", "__setstate__"}


def made_of(owner: object) -> dict[str, str]:
    """The public attributes of a world or an algorithm that do not change in a run, each by its name and in words."""
    return {name: in_words(value) for name, value in _attributes(owner)}


def in_words(value: object, *, weights: bool = True) -> str:
    """One value: itself if it is plain and short, else its kind and a digest of all that is in it.

    Args:
        value: Anything.
        weights: Whether the numbers in tensors count, or their shapes and dtypes only.
    """
    if value is None or isinstance(value, bool | Number | str):
        words = describe(value)
        if not words.endswith("…"):
            return words
    digest = _Digest(weights=weights)
    digest.feed(value)
    found = inspect.unwrap(value) if inspect.isfunction(value) else value
    kind = getattr(found, "__qualname__", type(found).__qualname__)
    return f"{kind}{CODE if digest.saw_code else ' '}#{digest.hash.hexdigest()[:12]}"


def same(words: str | None, others: str | None, *, same_python: bool) -> bool:
    """Whether two descriptions say the same; where bytecode cannot be compared, the names alone decide."""
    if words == others or words is None or others is None or same_python or CODE not in words:
        return words == others
    return words.partition(CODE)[0] == others.partition(CODE)[0]


class _Digest:
    """A hash that values are fed to, whatever they are, in an order that is the same in every process."""

    def __init__(self, *, weights: bool = True) -> None:
        self.hash, self.saw_code, self.weights = hashlib.sha256(), False, weights
        self._open: list[int] = []

    def feed(self, value: object) -> None:
        if id(value) in self._open or len(self._open) > DEEPEST:
            return self._say("…")
        self._open.append(id(value))
        try:
            self._feed(value)
        finally:
            self._open.pop()

    def _say(self, *words: object) -> None:
        self.hash.update("\0".join(map(str, words)).encode("utf-8", "surrogatepass") + b"\1")

    def _feed(self, value: Any) -> None:
        if value is None or isinstance(value, bool | Number | str | bytes | Enum):
            self._say(type(value).__name__, repr(value))
        elif isinstance(value, torch.Tensor | np.ndarray):
            self._feed_numbers(value)
        elif isinstance(value, Mapping):
            self._say("mapping", len(value))
            for key, item in value.items():
                self.feed(key)
                self.feed(item)
        elif isinstance(value, list | tuple | range):
            self._say(type(value).__name__, len(value))
            for item in value:
                self.feed(item)
        elif isinstance(value, set | frozenset):
            self._say("set", *sorted(map(in_words, value)))
        elif isinstance(value, CodeType):
            self._feed_code(value)
        elif isinstance(value, FunctionType):
            self._feed_function(inspect.unwrap(value))
        elif isinstance(value, type | BuiltinFunctionType | ModuleType):
            self._say(getattr(value, "__module__", None), getattr(value, "__qualname__", value.__name__))
        elif isinstance(value, MethodType):
            self.feed(value.__func__)
            self.feed(value.__self__)
        elif isinstance(value, functools.partial):
            self.feed((value.func, value.args, value.keywords))
        else:
            self._feed_object(value)

    def _feed_numbers(self, value: torch.Tensor | np.ndarray) -> None:
        self._say(value.dtype, tuple(value.shape))
        if isinstance(value, torch.Tensor) and not self.weights:
            return
        if isinstance(value, torch.Tensor):
            picked = value.detach().flatten()[:: max(1, value.numel() // ENOUGH)].cpu()
            self.hash.update(picked.contiguous().view(torch.uint8).numpy().tobytes() if picked.numel() else b"")
        elif value.dtype.hasobject:
            self.feed(value.tolist())
        else:
            self.hash.update(np.ascontiguousarray(value).tobytes())

    def _feed_function(self, function: FunctionType) -> None:
        self._say(function.__module__, function.__qualname__)
        code, writes = function.__code__, _writes(function.__code__)
        around = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        values = {name: cell.cell_contents for name, cell in around.items() if _is_filled(cell)}
        # The course and the libraries may mend a function of theirs without making another run of it.
        if not _is_library(function.__module__) and function.__module__.partition(".")[0] != "rlcourse":
            self.feed(function.__code__)
            self.feed((function.__defaults__, function.__kwdefaults__))
            values |= {name: function.__globals__[name] for name in _reads(code) if name in function.__globals__}
        for name, value in sorted(values.items()):
            helper = inspect.isfunction(value) or isinstance(value, functools.partial)
            kept = isinstance(value, list | dict | set | np.ndarray | torch.Tensor) and not _changes_containers(code)
            plain = value is None or isinstance(value, bool | Number | str | bytes | tuple | frozenset)
            own = not isinstance(value, type | ModuleType) and not _is_library(type(value).__module__)
            own = own and type(value).__module__ not in ("builtins", "collections")
            if name not in writes and (helper or kept or plain or own):
                self._say(name)
                self.feed(value)

    def _feed_code(self, code: CodeType) -> None:
        self.saw_code = True
        self.hash.update(code.co_code)
        self._say(*code.co_names, code.co_argcount, code.co_kwonlyargcount, *code.co_freevars)
        documented = bool(code.co_consts) and isinstance(code.co_consts[0], str) and code.co_name != "<lambda>"
        self.feed(code.co_consts[1:] if documented else code.co_consts)

    def _feed_object(self, value: object) -> None:
        self._say(type(value).__module__, type(value).__qualname__)
        if is_dataclass(value):
            for field in fields(value):
                self._say(field.name)
                self.feed(getattr(value, field.name))
        elif isinstance(value, torch.nn.Module):
            self._feed_module(value)
        elif _is_library(type(value).__module__):
            self.feed(getattr(value, "spec", None))  # what an environment of Gymnasium's was registered with
            for name, inside in _attributes(value):
                if isinstance(inside, bool | Number) or name in ("env", "envs"):
                    self._say(name)
                    self.feed(inside)
        else:
            # What it does is written in its methods; the course may mend its own.
            for parent in type(value).__mro__[:-1]:
                if not _is_library(parent.__module__) and parent.__module__.partition(".")[0] != "rlcourse":
                    for name, method in sorted(vars(parent).items()):
                        if inspect.isfunction(method):
                            self._say(name)
                            self.feed(method)
            for name, inside in _attributes(value):
                self._say(name)
                self.feed(inside)

    def _feed_module(self, module: torch.nn.Module) -> None:
        for name, part in module.named_modules():
            numbers = {k: v for k, v in _attributes(part) if isinstance(v, bool | Number) and k != "training"}
            self._say(name, type(part).__qualname__, sorted(numbers.items()))
        for weight in module.state_dict().values():
            self.feed(weight)


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    """The public attributes of an object that were set when it was made and that none of its methods sets again."""
    changing, filled = _changing(type(value)), _filled(type(value))
    for name, inside in sorted(getattr(value, "__dict__", {}).items()):
        kept = name in filled and isinstance(inside, list | dict | set | np.ndarray | torch.Tensor)
        if not name.startswith("_") and name not in changing and not kept:
            yield name, inside


@functools.lru_cache(maxsize=1024)
def _changing(kind: type) -> frozenset[str]:
    """The attributes that a class's methods set after an object was made."""
    found = set()
    for parent in kind.__mro__[:-1]:
        for name, method in vars(parent).items():
            function = inspect.unwrap(method) if inspect.isfunction(method) else None
            if function is not None and name not in _BIRTH and parent is not torch.nn.Module:
                found |= {line.argval for line in dis.get_instructions(function) if line.opname == "STORE_ATTR"}
    return frozenset(found)


@functools.lru_cache(maxsize=1024)
def _filled(kind: type) -> frozenset[str]:
    """The attributes that a method reads which writes into containers: a record of what it was asked, say."""
    found = set()
    for parent in kind.__mro__[:-1]:
        for name, method in vars(parent).items():
            function = inspect.unwrap(method) if inspect.isfunction(method) else None
            if function is None or name in _BIRTH or _is_library(parent.__module__):
                continue
            if _changes_containers(function.__code__):
                lines = _lines(function.__code__)
                found |= {line.argval for line in lines if line.opname in ("LOAD_ATTR", "LOAD_METHOD")}
    return frozenset(found)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the functions within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _lines(code: CodeType) -> Iterator[dis.Instruction]:
    for each in _codes(code):
        yield from dis.get_instructions(each)


def _reads(code: CodeType) -> set[str]:
    return {line.argval for line in _lines(code) if line.opname in ("LOAD_GLOBAL", "LOAD_NAME")}


def _writes(code: CodeType) -> set[str]:
    return {line.argval for line in _lines(code) if line.opname in ("STORE_GLOBAL", "STORE_DEREF", "DELETE_GLOBAL")}


def _changes_containers(code: CodeType) -> bool:
    """Whether a function may write into what it reads, as one does that keeps a record of what it was asked."""
    return any(line.opname == "STORE_SUBSCR" or line.argval in _WRITES for line in _lines(code) if _is_word(line))


def _is_word(line: dis.Instruction) -> bool:
    return line.opname == "STORE_SUBSCR" or isinstance(line.argval, str)


def _is_filled(cell: object) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=1024)
def _is_library(module: str) -> bool:
    """Whether a module was installed, and is not the user's own or a part of the course."""
    top = module.partition(".")[0]
    if top in ("__main__", "rlcourse"):
        return False
    file = getattr(sys.modules.get(top), "__file__", None)
    if file is None:
        return top in sys.stdlib_module_names
    homes = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")}
    return any(home in Path(file).resolve().parents for home in homes)

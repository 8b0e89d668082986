"""Settings say in their annotation what is allowed, and one check reads it there.

    @settings
    class MyConfig:
        gamma: Annotated[float, Within(0, 1, "[]")] = 0.99
        target_kl: Annotated[float | None, Within(0, inf, "(]")] = None
        loss_type: Annotated[str, OneOf("grpo", "dapo")] = "grpo"
        normalize: bool = True

A class so marked is a frozen dataclass. Whole numbers, numbers, True and False, words and None are told apart by the
type; a range or a list of words stands beside it. Left out: settings that hold other settings, and reading from files.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache, wraps
from numbers import Integral, Real
from typing import Annotated, Any, dataclass_transform, get_args, get_origin, get_type_hints

from rlcourse.arguments import MOST, describe


@dataclass(frozen=True)
class Within:
    """The numbers from `low` to `high`; `ends` says which of the two belong, in the usual brackets.

    Infinity is in the range only where a bracket takes it in: "(]" is for limits that may be none at all.
    """

    low: float
    high: float = math.inf
    ends: str = "[)"
    because: str = ""
    """Why no others are allowed, for the error message."""

    def __contains__(self, value: Real) -> bool:
        try:
            value = float(value)
        except OverflowError:  # a whole number beyond all floats
            return False
        above = value >= self.low if self.ends[0] == "[" else value > self.low
        return above and (value <= self.high if self.ends[1] == "]" else value < self.high)

    def __str__(self) -> str:
        if self.high == math.inf:
            words = f"{'at least' if self.ends[0] == '[' else 'above'} {self.low:g}"
        elif self.ends == "()":
            words = f"between {self.low:g} and {self.high:g}"
        else:
            words = f"in {self.ends[0]}{self.low:g}, {self.high:g}{self.ends[1]}"
        return words + f": {self.because}" * bool(self.because)


class OneOf:
    """These words and no others."""

    def __init__(self, *words: str):
        self.words = words

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and value in self.words

    def __str__(self) -> str:
        return " or ".join(part for part in (", ".join(self.words[:-1]), self.words[-1]) if part)


@dataclass_transform(frozen_default=True)
def settings(cls: type) -> type:
    """Make a frozen dataclass of a class whose fields are settings: each is checked as it is made.

    A `__post_init__` of the class's own is called after the check, for what concerns two settings at once.

    Raises (when one is made):
        TypeError: A setting is of the wrong kind, or there is none of that name; the message says which name another
            library's word has here.
        ValueError: A setting is out of its range.
    """
    more = cls.__dict__.get("__post_init__")

    def __post_init__(self: object) -> None:
        check_settings(self)
        if more is not None:
            more(self)

    cls.__post_init__ = __post_init__
    cls = dataclass(frozen=True)(cls)
    cls.__init__ = _naming_what_is_unknown(cls)
    return cls


def check_settings(config: object) -> None:
    """Raise TypeError or ValueError for the first setting that is of the wrong kind or out of its range."""
    for name, (kinds, allowed) in _rules(type(config)).items():
        value = getattr(config, name)
        or_none = type(None) in kinds
        if value is None and or_none:
            continue
        for kind in (bool, int, float):
            if kind in kinds:
                _check_kind(name, value, kind, or_none)
        if int in kinds and value > MOST:
            raise ValueError(f"{name} must be at most {MOST}, got {describe(value)}")
        if allowed is not None and value not in allowed:
            raise ValueError(f"{name} must be {'None or ' * or_none}{allowed}, got {describe(value)}")


def changed(config: object, *names: str) -> list[str]:
    """Those of the settings that are not at their defaults, as `name=value`."""
    default = {field.name: field.default for field in fields(config)}
    return [f"{name}={getattr(config, name)!r}" for name in names if getattr(config, name) != default[name]]


def refuse_idle(config: object, *names: str, because: str) -> None:
    """ValueError for a setting, changed from its default, that could not act: it is never taken and ignored."""
    if idle := changed(config, *names):
        raise ValueError(f"{idle[0]} could not act: {because}")


_KINDS: dict[type, tuple[Any, str]] = {
    bool: (bool, "True or False"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
}


def _check_kind(name: str, value: object, kind: type, or_none: bool) -> None:
    of, words = _KINDS[kind]
    if not isinstance(value, of) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{name} must be {words}{' or None' * or_none}, got {describe(value)}")


@cache
def _rules(cls: type) -> dict[str, tuple[tuple[type, ...], Within | OneOf | None]]:
    """For each setting the kinds of value that it takes, and which of them are allowed."""
    rules = {}
    hints = get_type_hints(cls, include_extras=True)
    for field in fields(cls):
        hint, *extras = get_args(hints[field.name]) if _is_annotated(hints[field.name]) else (hints[field.name],)
        allowed = next((extra for extra in extras if isinstance(extra, Within | OneOf)), None)
        rules[field.name] = (get_args(hint) or (hint,), allowed)
    return rules


def _is_annotated(hint: object) -> bool:
    return get_origin(hint) is Annotated


_ELSEWHERE = {
    "backtrack_iters": "backtrack_iterations",
    "batch_size": "minibatch_size",
    "cg_damping": "damping",
    "cg_iters": "cg_iterations",
    "cg_max_steps": "cg_iterations",
    "clip_coef": "clip_range",
    "cliprange": "clip_range",
    "cliprange_value": "value_clip_range",
    "clip_range_vf": "value_clip_range",
    "delta": "target_kl",
    "ent_coef": "entropy_coef",
    "eps_clip": "clip_range",
    "epsilon_low": "epsilon",
    "group_size": "num_generations",
    "kl_beta": "beta",
    "lam": "gae_lambda",
    "line_search_max_iter": "backtrack_iterations",
    "line_search_shrinking_factor": "backtrack_coef",
    "lr": "learning_rate",
    "max_kl": "target_kl",
    "n_critic_updates": "value_epochs",
    "n_epochs": "epochs",
    "noptepochs": "epochs",
    "norm_adv": "normalize_advantages",
    "normalize_advantage": "normalize_advantages",
    "num_ppo_epochs": "epochs",
    "pi_lr": "learning_rate",
    "ppo_epochs": "epochs",
    "train_v_iters": "value_epochs",
    "update_epochs": "epochs",
    "vf_coef": "value_coef",
    "vf_lr": "value_learning_rate",
}
"""What Stable-Baselines3, CleanRL, Spinning Up and TRL call these settings."""


def _naming_what_is_unknown(cls: type) -> Callable[..., None]:
    """The dataclass's own `__init__`, with an error that helps when there is no setting of a name."""
    init, known = cls.__init__, [field.name for field in fields(cls)]

    @wraps(init)
    def __init__(self: object, *values: object, **named: object) -> None:
        for name in named:
            if name not in known:
                raise TypeError(f"{cls.__name__} has no setting {name!r}{_instead(name, known)}")
        init(self, *values, **named)

    return __init__


def _instead(name: str, known: list[str]) -> str:
    elsewhere = _ELSEWHERE.get(name)
    near = [elsewhere] if elsewhere in known else get_close_matches(name, known, n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else f"; it has {', '.join(known)}"

"""Reward functions in TRL's signature: called as TRL calls them, checked, and several of them as one.

    reward(prompts, completions, completion_ids, **columns) -> list[float | None]

A function is given what it takes: the texts and the columns always, `completion_ids` (each completion's tokens, the
end-of-text token included) if it has a parameter of that name or takes any, `finished` (which completions came to
their end) if it has a parameter of that name. None for a completion means that the function does not apply to it and
pays nothing. Left out: conversations (prompts and completions are texts here), and functions that must be awaited.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from rlcourse.arguments import check_integer, describe
from rlcourse.equations import soft_overlong_penalty
from rlcourse.language.model.tokenizer import shorten

LARGEST = 3e38
"""A larger score is infinite in single precision, in which rewards are kept."""
RESERVED = ("prompts", "completions", "completion_ids", "finished")
"""What a reward function is given by these names; a column of a data set cannot have them."""


def combined_rewards(
    functions: Sequence[Callable[..., Any]], weights: Sequence[float] | None = None
) -> Callable[..., list[float | None]]:
    """One reward function that pays the weighted sum of several:  r = Σₖ wₖ·rₖ,  over those that apply.

    TRL takes such a list itself (`reward_funcs`, `reward_weights`); None and NaN count as nothing in its sum, too.

    Args:
        functions: Reward functions in TRL's signature, at least one.
        weights: One number for each; 1 for all if None.

    Raises:
        TypeError: `functions` is not a list of functions, or a weight is no number.
        ValueError: There is no function, a weight is not finite, or there is not one weight for each function.
    """
    if not isinstance(functions, Sequence) or isinstance(functions, str):
        raise TypeError(f"functions must be a list of reward functions, got {describe(functions)}")
    functions = tuple(functions)
    for function in functions:
        check_reward(function)
    weights = weights.tolist() if hasattr(weights, "tolist") else weights  # a tensor or an array
    if weights is not None and (not isinstance(weights, Sequence) or isinstance(weights, str)):
        raise TypeError(f"weights must be a list of numbers, one for each function, got {describe(weights)}")
    weights = tuple([1.0] * len(functions) if weights is None else weights)
    if not functions or len(weights) != len(functions):
        counts = f"got {len(functions)} functions and {len(weights)} weights"
        raise ValueError(f"functions must hold at least one function, and weights one number for each, {counts}")
    for weight in weights:
        if isinstance(weight, bool) or not isinstance(weight, Real) or not isfinite(weight):
            raise TypeError(f"weights must be finite numbers, got {describe(weight)}")

    def combined(
        prompts: list[str],
        completions: list[str],
        completion_ids: list[list[int]] | None = None,
        finished: list[bool] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        given = {"completion_ids": completion_ids, "finished": finished}
        parts = [call_reward(function, prompts, completions, columns, **given) for function in functions]
        return [_weighted(column, weights) for column in zip(*parts, strict=True)]

    return combined


def overlong_reward(
    max_completion_length: int, cache: int, *, penalty_fn: Callable[..., Tensor] = soft_overlong_penalty
) -> Callable[..., list[float]]:
    """A reward function that takes something off answers that come near the limit, and else pays nothing (DAPO).

    It is meant to be added to another:  combined_rewards([sum_reward, overlong_reward(24, 8)]). TRL has it as
    `get_soft_overlong_punishment(max_completion_len, soft_punish_cache)`.

    Args:
        max_completion_length: L_max, in tokens, the end-of-text token included; usually the world's `max_new_tokens`.
        cache: L_cache, over how many tokens before that the penalty grows.
        penalty_fn: With the signature of `rlcourse.equations.soft_overlong_penalty`; a learner's own, say.

    Raises:
        TypeError, ValueError: A number is not whole, or out of range.
    """
    check_integer("max_completion_length", max_completion_length, 1)
    check_integer("cache", cache, 1, int(max_completion_length))

    def overlong(prompts: list[str], completions: list[str], completion_ids: list[list[int]], **_: Any) -> list[float]:
        lengths = torch.tensor([float(len(ids)) for ids in completion_ids])
        return penalty_fn(lengths, max_length=max_completion_length, cache=cache).tolist()

    return overlong


def _weighted(scores: Sequence[float | None], weights: Sequence[float]) -> float | None:
    applying = [weight * score for weight, score in zip(weights, scores, strict=True) if score is not None]
    return sum(applying) if applying else None


def check_reward(reward: object) -> None:
    """Raise TypeError unless it can be called as a reward function, saying what to give instead."""
    if isinstance(reward, list | tuple):
        raise TypeError("reward must be one function, got a list: combined_rewards([f, g], weights=[1, 0.5]) makes one")
    if not callable(reward) or isinstance(reward, type):
        hint = "; give its method score" if callable(getattr(reward, "score", None)) else ""
        raise TypeError(f"reward must be a function of prompts and completions, got {describe(reward)}{hint}")
    if inspect.iscoroutinefunction(reward) or inspect.iscoroutinefunction(getattr(reward, "__call__", None)):  # noqa: B004
        raise TypeError(f"reward must be an ordinary function, got {describe(reward)}, which must be awaited")


def call_reward(
    reward: Callable[..., Any],
    prompts: list[str],
    completions: list[str],
    columns: Mapping[str, Sequence[Any]],
    *,
    completion_ids: list[list[int]] | None = None,
    finished: list[bool] | None = None,
) -> list[float | None]:
    """What a reward function says of some completions, as plain numbers; None where it does not apply.

    Args:
        reward: In TRL's signature.
        prompts: One per completion.
        completions: The texts, without the end-of-text token.
        columns: What else it is told, one value per completion, by name.
        completion_ids: The tokens of each completion.
        finished: Whether each came to its end; all of them if None.

    Raises:
        TypeError: It did not return a list of numbers, or wants conversations.
        ValueError: It did not return one finite number per completion.
    """
    named, takes_any = _parameters(reward)
    # Copies, so that a function that works in place changes nothing for the next one, nor for us.
    prompts, given, told = list(prompts), list(completions), {name: _copied(values) for name, values in columns.items()}
    if "finished" in named:
        told["finished"] = [True] * len(completions) if finished is None else finished
    if completion_ids is not None and ("completion_ids" in named or takes_any):
        told["completion_ids"] = [list(ids) for ids in completion_ids]
    try:
        returned = reward(prompts=prompts, completions=given, **told)
    except Exception as error:
        raise _in_our_words(error, reward, told) from error
    return _scores(returned, completions)


def _copied(values: Sequence[Any]) -> Sequence[Any]:
    return list(values) if isinstance(values, list) else values


def _parameters(reward: Callable[..., Any]) -> tuple[set[str], bool]:
    """The parameters that a function takes by name, and whether it takes any other."""
    try:
        parameters = inspect.signature(reward).parameters.values()
    except (TypeError, ValueError):  # some built-in functions do not say
        return set(), False
    return {p.name for p in parameters}, any(p.kind is p.VAR_KEYWORD for p in parameters)


def _in_our_words(error: Exception, reward: Callable[..., Any], told: Mapping[str, Any]) -> Exception:
    """The reward function's own error with a note of what it was given; a TypeError of ours if that was no dialogue."""
    name = getattr(reward, "__name__", type(reward).__name__)
    if isinstance(error, TypeError) and "indices must be" in str(error):
        return TypeError(
            f"the reward function {name} reads completions as conversations, lists of messages with a role and a "
            "content; here prompts and completions are plain texts: give it "
            '[[{"role": "assistant", "content": text}] for text in completions]'
        )
    given = ", ".join(["prompts and completions (lists of texts)", *told])
    error.add_note(f"This came from the reward function {name}, which was given {given}.")
    return error


def _scores(returned: object, completions: Sequence[str]) -> list[float | None]:
    """What a reward function returned, as plain numbers."""
    if hasattr(returned, "tolist"):  # a tensor or an array
        returned = returned.tolist()
    listed = isinstance(returned, Sequence) and not isinstance(returned, str | bytes)
    scores = [_plain(score) for score in returned] if listed else []
    numbers = [score for score in scores if score is not None]
    if not listed or not all(isinstance(score, Real) for score in numbers):
        raise TypeError(f"the reward function must return a list of numbers, got {shorten(repr(returned), 80)}")
    if len(scores) != len(completions):
        raise ValueError(f"the reward function must return {len(completions)} scores, got {len(scores)}")
    for completion, score in zip(completions, scores, strict=True):
        if score is not None and not -LARGEST < score < LARGEST:
            got = f"got {describe(score)} for {completion!r}"
            raise ValueError(f"the reward function must return finite numbers, {got}")
    return scores


def _plain(score: Any) -> Any:
    """A number of NumPy's or torch's as Python's own."""
    return score.item() if getattr(score, "size", None) == 1 or getattr(score, "ndim", None) == 0 else score

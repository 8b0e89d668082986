"""What every algorithm checks: what passed-in functions return, and that padding is never read."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.arguments import describe

Config = TypeVar("Config")


def check_config(algorithm: str, config: object, kind: type[Config]) -> Config:
    """The settings given, the defaults for None; TypeError if they are another algorithm's, or no settings at all."""
    if config is None:
        return kind()
    if not isinstance(config, kind):
        raise TypeError(
            f"config of {algorithm} must be a {kind.__name__}, such as {kind.__name__}(), got {_said(config)}"
        )
    return config


def check_function(name: str, function: object, *given: str, keywords: Sequence[str] = ()) -> None:
    """TypeError unless it is a function that can be called with so many arguments and these keywords."""
    called = ", ".join((*given, *(("*", *keywords) if keywords else ())))
    if isinstance(function, type) or not callable(function):
        raise TypeError(f"{name} must be a function of ({called}), got {_said(function)}")
    if reason := _cannot_be_called(function, given, keywords):
        raise TypeError(f"{name} must be a function of ({called}), {_said(function)} is not: {reason}")


def takes_keyword(function: Callable, *given: str, keyword: str) -> bool:
    """Whether it can be called with this keyword besides."""
    return not _cannot_be_called(function, given, (keyword,))


def _cannot_be_called(function: Callable, given: Sequence[str], keywords: Sequence[str]) -> str:
    """Why not, in Python's words; nothing if it can, or does not say (a function written in C)."""
    try:
        inspect.signature(function).bind(*given, **dict.fromkeys(keywords))
    except TypeError as error:
        return str(error)
    except ValueError:
        pass
    return ""


def check_methods(name: str, value: object, kind: type) -> None:
    """TypeError unless it is an object, not a class, with the methods of this protocol."""
    if isinstance(value, type) or not isinstance(value, kind):
        methods = {method: None for each in reversed(kind.__mro__) for method in vars(each) if method[0] != "_"}
        raise TypeError(
            f"{name} must have the methods of rlcourse.algorithms.{kind.__name__}, got {_said(value)}; "
            f"they are {', '.join(methods)}"
        )


def _said(value: object) -> str:
    """What was given, short; a class is called one, since the brackets behind it are easily forgotten."""
    if isinstance(value, type):
        return f"{value!r}, the class itself and not an object made of it"
    return name_of(value) if hasattr(value, "__qualname__") else describe(value)


def _short(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 80 else words[:77] + "…"


def name_of(function: Callable) -> str:
    """What a function is called."""
    return getattr(function, "__qualname__", None) or describe(function)


def check_can_learn(name: str, model: object) -> None:
    """Raise unless gradients are on and the model has a weight that is trained."""
    if torch.is_inference_mode_enabled() or not torch.is_grad_enabled():
        mode = "torch.inference_mode()" if torch.is_inference_mode_enabled() else "torch.no_grad()"
        raise RuntimeError(f"training needs gradients, and they are switched off here: take it out of {mode}")
    weights = list(model.parameters())
    if not any(weight.requires_grad for weight in weights):
        found = "all its weights are frozen (requires_grad=False)" if weights else "parameters() is empty"
        raise ValueError(f"{name} must have weights to train, but {found}")
    if any(weight.is_inference() for weight in weights):
        raise ValueError(f"{name} must have weights to train, but it was made under torch.inference_mode()")


def check_returned(function: str, returned: object, shape: torch.Size) -> Tensor:
    """What a function that was passed in returned, if it is a floating-point tensor of the shape asked for."""
    if not isinstance(returned, Tensor):
        forgotten = "; was `return` forgotten?" if returned is None else ""
        raise TypeError(f"{function} must return a tensor, got {_short(returned)}{forgotten}")
    if not returned.dtype.is_floating_point:
        raise TypeError(f"{function} must return floating-point numbers, got {returned.dtype}")
    if returned.shape != shape:
        raise ValueError(f"{function} must return the shape {list(shape)}, got {list(returned.shape)}")
    return returned


def check_finite(function: str, returned: Tensor) -> Tensor:
    """The same tensor; ValueError if something in it is NaN or infinite."""
    if not returned.isfinite().all():
        where = (~returned.isfinite()).nonzero()[0].tolist()
        raise ValueError(f"{function} must return finite numbers, got {returned[tuple(where)].item()} at {where}")
    return returned


def check_depends(function: str, returned: Tensor, on: Tensor) -> Tensor:
    """The same tensor; ValueError if the gradient towards the policy was lost on the way."""
    if on.requires_grad and not returned.requires_grad:
        raise ValueError(
            f"{function} must return what depends on logprobs, so that there is a gradient, got a tensor without one; "
            "was it detached, or computed under torch.no_grad()?"
        )
    return returned


def copies(*tensors: Tensor) -> tuple[Tensor, ...]:
    """What a learner's function is handed, so that one that works in place changes nothing of ours."""
    return tuple(tensor.clone() for tensor in tensors)


def is_ours(function: Callable) -> bool:
    """Whether it is an equation of the course's own, which changes nothing that it is given and fails for no one."""
    return (getattr(function, "__module__", None) or "").startswith("rlcourse.equations.")


def handed_to(function: Callable, *tensors: Tensor) -> tuple[Tensor, ...]:
    """What a function is called with at every minibatch: `copies`, or the tensors themselves if it is one of ours."""
    return tensors if is_ours(function) else copies(*tensors)


def logprobs_of(policy: Policy, rows: Episodes, *, temperature: float, name: str = "policy") -> Float[Tensor, "B T"]:
    """Log π(a|s) of the actions, 0 in the padding.

    Raises:
        TypeError, ValueError: They are not one number for each action.
    """
    logprobs = policy.logprobs(rows, temperature=temperature)
    return without_padding(check_returned(f"{name}.logprobs", logprobs, rows.mask.shape), rows)


def check_sampled(episodes: Episodes) -> None:
    """ValueError if an action has no log-probability: an update would write NaN into the history, or the weights."""
    missing = ~without_padding(episodes.old_logprobs, episodes).isfinite()
    if missing.any():
        row, step = missing.nonzero()[0].tolist()
        raise ValueError(
            f"old_logprobs must be finite, got {episodes.old_logprobs[row, step]} in row {row}, step {step}: "
            "the policy that sampled has logits that are not finite, or gave this action no chance"
        )


def plain_numbers(said_by: str, measured: object) -> dict[str, float]:
    """What was measured, as plain numbers by name.

    Raises:
        TypeError: It is no mapping of numbers by name.
        ValueError: A number is NaN or infinite. The history never holds one.
    """
    if not isinstance(measured, Mapping):
        raise TypeError(f"{said_by} must return numbers by name, such as {{'accuracy': 0.5}}, got {describe(measured)}")
    plain = {}
    for name, value in measured.items():
        try:
            plain[name] = float(value)
        except (TypeError, ValueError):
            raise TypeError(f"{said_by} must return numbers by name, got {describe(value)} for {name!r}") from None
        if not math.isfinite(plain[name]):
            raise ValueError(f"{said_by} must return finite numbers, got {plain[name]} for {name!r}")
    return plain


def check_copy(policy: Policy, reference: Policy | None) -> None:
    """Raise if the reference shares weights with the policy that is trained."""
    if reference is not None and _weights(policy) & _weights(reference):
        raise ValueError("reference must be a copy: it shares the policy's weights, so the KL would stay 0")


def check_separate(policy: Policy, critic: object, algorithm: str) -> None:
    """Raise if policy and critic share weights."""
    if _weights(policy) & _weights(critic):
        raise ValueError(f"critic must have weights of its own: {algorithm} must not move the policy to fit values")


def _weights(module) -> set[int]:
    return {id(weight) for weight in module.parameters()}


def without_padding(per_action: Float[Tensor, "B T"], episodes: Episodes) -> Float[Tensor, "B T"]:
    """0 in the padding, so that nothing standing there, not even a NaN, reaches a sum or a gradient."""
    return per_action if episodes.whole else torch.where(episodes.mask, per_action, 0.0)

"""PyTorch and NumPy as a fresh kernel has them, whatever the user has set.

A default device or dtype, a switched-off gradient or `np.seterr(all="raise")` at the top of somebody's notebook changes
nothing of the course's own: no case of an exercise, no picture of an explorable.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import torch


@contextmanager
def usual_settings() -> Iterator[None]:
    """Run the block, or what it decorates, on the CPU, in single precision, with gradients and without warnings."""
    dtype, device = torch.get_default_dtype(), _default_device()
    # A division by zero shows in the value; said once per case by NumPy too, it would drown the message.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            torch.set_default_dtype(torch.float32)
            torch.set_default_device(None)  # the CPU; told so by name, each operation would take twice as long
            inside = torch.get_default_device().type != "cpu"  # somebody's `with torch.device(…)` goes before it
            with torch.device("cpu") if inside else nullcontext(), torch.inference_mode(False), torch.enable_grad():
                yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_default_device(device)


def _default_device() -> torch.device | None:
    """What `torch.set_default_device` was told; None if nothing. A function may tell it something else meanwhile."""
    context = getattr(getattr(torch, "_GLOBAL_DEVICE_CONTEXT", None), "device_context", None)
    return None if context is None else context.device

"""Where a model is put, and what it is made with: the same wherever the user has been before.

`torch.set_default_device` and `torch.set_default_dtype` reach into everything that is made without saying where and
how, in this process. What the course makes it makes on the CPU, in single precision, and moves it then.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rlcourse.arguments import describe


def choose_device(device: str | torch.device | int | None) -> torch.device:
    """The device that was asked for; None means a GPU if there is one, else the CPU.

    Raises:
        TypeError: It is no name of a device.
        ValueError: There is no such device here, or it cannot hold numbers, as "meta".
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if isinstance(device, bool) or not isinstance(device, str | int | torch.device):
        raise TypeError(f'device must be the name of one, such as "cpu" or "cuda", or None, got {describe(device)}')
    try:
        chosen = torch.device(device)
        torch.zeros(1, device=chosen).tolist()
    except (RuntimeError, AssertionError, NotImplementedError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f'device must be one that is here, such as "cpu", got {describe(device)}: {reason}') from error
    return chosen


@contextmanager
def usual_defaults() -> Iterator[None]:
    """New tensors are on the CPU, new floating numbers float32, until the block ends."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.device("cpu"):
            yield
    finally:
        torch.set_default_dtype(dtype)

"""■, and a loop that it may end: what is under way is finished first, and nothing that was done is lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, runtime_checkable

from tqdm.std import tqdm

from rlcourse.showing.progress_bar import bar


@runtime_checkable
class Kept(Protocol):
    """What a loop has written down so far."""

    interrupted: bool
    """Whether ■ ended the loop."""


@contextmanager
def until_stopped(kept: Kept, **options) -> Iterator[tqdm]:
    """A progress bar around a loop that ■ may end: the block is left, and `kept.interrupted` is True.

        with until_stopped(history, total=steps, desc="training") as shown:
            for _ in range(steps):
                with interrupt_held():
                    history.append(one_step())
                shown.update()

    Args:
        kept: The history; it says that it was not interrupted from the beginning of the block on.
        options: What `rlcourse.showing.progress_bar.bar` takes: total, desc, disable, initial, mininterval …
    """
    kept.interrupted = False
    try:
        with bar(**options) as shown:
            yield shown
    except KeyboardInterrupt:
        kept.interrupted = True


@contextmanager
def interrupt_held(doing: str = "this step") -> Iterator[None]:
    """Hold ■ (SIGINT) back until the block has ended; a second one breaks through at once.

    Each says at once what it does, since the block may take a while; `doing` is what the block is called there.
    """
    if threading.current_thread() is not threading.main_thread():  # elsewhere nobody may listen for signals
        yield
        return
    pressed = False

    def hold(signal_number, frame):
        nonlocal pressed
        if pressed:
            _say(f"■ stopped in the middle of {doing}: part of it may have been done, which the history does not show")
            raise KeyboardInterrupt
        pressed = True
        _say(f"■ stopping after {doing}; ■ again stops at once")

    before = signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
    if pressed:
        raise KeyboardInterrupt


def _say(text: str) -> None:
    """Print from within a signal handler, which may have come in the middle of another print."""
    with suppress(RuntimeError, OSError, ValueError):  # reentrant, a closed terminal, a closed stream
        print(f"\n{text}", flush=True)

"""What holds for every test."""

import signal
import threading


def pytest_configure() -> None:
    """Let ■ work: a shell starts `pytest &` with interrupts ignored, and so would every kernel below it."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

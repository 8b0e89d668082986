"""Kernels that have everything imported when they start: forked from one process, which imports it once.

The browser tests open some forty notebooks; importing torch anew for each takes longer than most of the tests. A forked
kernel is a process of its own, as clean as the one it comes from. Only on Linux, where forking is safe; elsewhere
kernels start as usual.

As a program this file is one of two things: with one argument the process that is forked, which listens at a socket
of that name; with two what Jupyter starts as a kernel, which asks for a fork, hands signals on to it, and ends with it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

ROOMS = ("algorithms", "course", "equations", "exercises", "explorables", "language", "maze", "showing")
HEAVY = ("IPython", "anywidget", "gymnasium", "ipykernel.kernelapp", "matplotlib.backends.backend_agg", "transformers")


@contextmanager
def warm_kernels(state: Path, environment: Mapping[str, str], log: TextIO) -> Iterator[None]:
    """Until the block ends, a Jupyter server with the JUPYTER_PATH `state`/first forks the kernels named "python3"."""
    if sys.platform != "linux":
        yield
        return
    door = state / "forks"
    kernel = {
        "argv": [sys.executable, "-IS", __file__, str(door), "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
    }
    specification = state / "first" / "kernels" / "python3" / "kernel.json"
    specification.parent.mkdir(parents=True)
    specification.write_text(json.dumps(kernel))
    forked = subprocess.Popen([sys.executable, __file__, str(door)], env=environment, stdout=log, stderr=log)
    try:
        while not door.exists():
            if forked.poll() is not None:
                raise RuntimeError("the process that kernels are forked from did not start")
            time.sleep(0.05)
        yield
    finally:
        forked.terminate()
        forked.wait()


def _serve_forks(door: str) -> None:
    """Import everything, then fork a kernel for each who asks, until this process is ended."""
    from importlib import import_module

    sys.path.remove(str(Path(__file__).parent))
    for name in HEAVY:
        import_module(name)
    for room in ROOMS:
        module = import_module(f"rlcourse.{room}")
        for name in module.__all__:  # they are imported when they are asked for
            getattr(module, name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel that has ended
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{door}.new")
        listener.listen()
        listener.settimeout(5)
        parent = os.getppid()
        os.rename(f"{door}.new", door)
        while os.getppid() == parent:  # whoever started it may have been killed
            try:
                asking, _ = listener.accept()
            except TimeoutError:
                continue
            if os.fork() == 0:
                listener.close()
                _be_kernel(asking)
            asking.close()


def _be_kernel(asking: socket.socket) -> None:
    """In the fork: the kernel that was asked for, until it is shut down or who asked is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with asking.makefile("r") as words:
        wanted = json.loads(words.readline())
    asking.sendall(b"%d\n" % os.getpid())
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    os.chdir(wanted["folder"])
    threading.Thread(target=lambda: (asking.recv(1), os._exit(0)), daemon=True).start()
    sys.argv = ["ipykernel_launcher", "-f", wanted["connection_file"]]

    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
    os._exit(0)


def _ask_for_fork(door: str, connection_file: str) -> None:
    """In what Jupyter started: get a kernel, and stand for it until it ends."""
    wanted = {"environment": dict(os.environ), "folder": os.getcwd(), "connection_file": connection_file}
    with socket.socket(socket.AF_UNIX) as kernel:
        kernel.connect(door)
        kernel.sendall(json.dumps(wanted).encode() + b"\n")
        number = int(kernel.recv(32))
        for sent in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sent, lambda same, _: os.kill(number, same))
        kernel.recv(1)


if __name__ == "__main__":
    {1: _serve_forks, 2: _ask_for_fork}[len(sys.argv) - 1](*sys.argv[1:])

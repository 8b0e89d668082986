"""Kernels that are ready at once: forked from a process that has loaded what takes seconds to load.

PyTorch, transformers and matplotlib take some seconds to load, in each notebook and after each restart. In the Lab
that `start.py` opens on Linux they are loaded once more, beside the first notebook, by a process that does nothing
else; all later kernels are forks of it. A fork is a process of its own, as clean as the one it comes from. The course's
own modules are not loaded there: whoever changes one and restarts the kernel gets the change.

Where anything is not as it should be (nothing is loaded yet; packages were installed since; memory is short) a kernel
starts as it always does. On other systems than Linux it always does: there, forking is not safe, or unknown.

As a program this file has two parts to play. Jupyter starts it as a kernel (`jupyter/kernels/python3/kernel.json`),
with the connection file: it asks for a fork and stands for it, handing signals on, until either ends. With `--serve` it
is the process that is forked. They meet at a socket beside the connection file, in a folder that is the user's alone.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HEAVY = (
    *("IPython.display", "ipykernel.kernelapp", "gymnasium", "matplotlib.figure", "matplotlib.backends.backend_agg"),
    *("torch", "torch.distributed.tensor", "transformers.models.gpt2.modeling_gpt2", "transformers.generation.utils"),
)
"""What is loaded beforehand: none of it the course's own, and nothing that looks for a kernel as it is loaded, as
ipywidgets and pyplot's way into a notebook do."""
LOOKS_FOR_A_KERNEL = ("tqdm.auto", "tqdm.autonotebook")
"""What transformers loads nevertheless: a notebook loads it anew. It loads ipywidgets too, which is told by hand."""
ROOM = 3_000_000_000
"""Bytes of memory that must be free: what is loaded takes a tenth of it."""
PATIENCE = 5
"""Seconds after which a fork that was asked for is not waited for."""


def main(connection_file: str) -> None:
    """Be the kernel that Jupyter asked for, by a fork if one is to be had."""
    server = os.getppid()
    door = os.environ.get("RLCOURSE_KERNELS") or door_of(server, os.path.dirname(connection_file))
    kernel = _ask(door, connection_file)
    if kernel is None:
        if "RLCOURSE_KERNELS" not in os.environ and hasattr(os, "pidfd_open"):
            _begin_to_serve(door, server)
        os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", "-f", connection_file])
    _stand_for(*kernel, server)


def door_of(server: int, folder: str) -> str:
    """Where the kernels of one Jupyter server are asked for, as long as no package is installed or removed."""
    return os.path.join(folder, f"rlcourse-{server}-{_packages()}")


def _packages() -> int:
    """A number that changes when a package is installed or removed."""
    import sysconfig

    return os.stat(sysconfig.get_path("purelib")).st_mtime_ns


@contextmanager
def _short(path: str) -> Iterator[str]:
    """Another name of a file, short enough for a socket: that of its folder as this process has it open."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{os.path.basename(path)}"
    finally:
        os.close(folder)


def _ask(door: str, connection_file: str) -> tuple[socket.socket, int] | None:
    """A fork that was made for us: what we hear of it, and its number. None if nobody answers."""
    import json

    wanted = {"environment": dict(os.environ), "folder": os.getcwd(), "connection_file": connection_file}
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(PATIENCE)
    try:
        with _short(door) as name:
            line.connect(name)
        if not _is_ours(line):
            raise OSError
        line.sendall(json.dumps(wanted).encode() + b"\n")
        number = int(line.recv(32))
    except (OSError, ValueError):
        line.close()
        return None
    line.settimeout(None)
    return line, number


def _is_ours(line: socket.socket) -> bool:
    """Whether who listens is this user, and on this machine: what is asked tells all of the environment."""
    import struct

    number, user, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return number > 0 and user == os.getuid()


def _stand_for(line: socket.socket, number: int, server: int) -> None:
    """Until the fork has ended, or the server: signals are for the fork, and for what it has started."""
    import select

    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, lambda same, _: os.killpg(number, same))
    while os.getppid() == server and not select.select([line], [], [], 1)[0]:
        pass


def _begin_to_serve(door: str, server: int) -> None:
    """Start the process that later kernels are forked from. If one is at it already, this one ends at once."""
    import subprocess

    command = [sys.executable, __file__, "--serve", door, str(server)]
    subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def serve(door: str, server: int, modules: tuple[str, ...] = HEAVY) -> None:
    """Load the modules, then fork a kernel for each who asks, until the server has ended or the packages change.

    Args:
        door: Where to be asked; who cannot listen there, or is not the first, returns at once.
        server: The number of the process that the kernels are for.
        modules: What to load.
    """
    import fcntl
    import gc
    from importlib import import_module

    # Pictures that a learner draws with pyplot are to stand in the notebook, as in any kernel.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.environ["JPY_PARENT_PID"] = "1"  # read as ipykernel is loaded: a fork is not to end with this process
    try:
        until = os.pidfd_open(server)
        lock = os.open(f"{door}.lock", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # the server has ended; or there is one already
        return
    os.ftruncate(lock, 0)  # one that was killed has left its number
    os.write(lock, b"%d\n" % os.getpid())
    packages, asking = _packages(), None
    try:
        gc.disable()
        for name in modules:
            import_module(name)
        # What is loaded stays, so the garbage collection of no fork is to look through it: that takes most of a second
        # each time, memory of its own for every page that it touches, and two seconds at its end.
        gc.collect()
        gc.freeze()
        gc.enable()
        asking = _wait_at(door, until, packages)
    except ImportError as error:
        print(f"Kernels will load everything themselves, as {error}.", file=sys.stderr)
    finally:
        if asking is None:  # a fork leaves the door open
            _remove(door, f"{door}.new", f"{door}.lock")
    if asking is not None:
        os.close(lock)
        _be_kernel(asking)


def _wait_at(door: str, until: int, packages: int) -> socket.socket | None:
    """Fork for each who asks. In the fork: the line to who asked; in this process, in the end, None."""
    import select

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel that has ended
    with socket.socket(socket.AF_UNIX) as listener:
        _remove(f"{door}.new")  # of one that was killed
        with _short(f"{door}.new") as name:
            listener.bind(name)
        listener.listen()
        os.rename(f"{door}.new", door)
        while until not in (ready := select.select([listener, until], [], [], 30)[0]) and packages == _packages():
            if not ready:
                continue
            asking, _ = listener.accept()
            if _fork() == 0:
                return asking
            asking.close()
    return None


def _fork() -> int:
    import warnings

    with warnings.catch_warnings(action="ignore"):  # that there are threads: NumPy's, which parts with them in a fork
        return os.fork()


def _remove(*names: str) -> None:
    for name in names:
        if os.path.exists(name):
            os.remove(name)


def _be_kernel(asking: socket.socket) -> None:
    """In the fork: the kernel that was asked for, until it is shut down or who stands for it is gone."""
    import json
    import threading

    os.setsid()  # what it starts is interrupted with it, and nothing else
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with asking.makefile("r") as words:
            wanted = json.loads(words.readline())
        asking.sendall(b"%d\n" % os.getpid())
    except (OSError, ValueError):  # who asked has given up
        return
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    os.register_at_fork(after_in_child=asking.close)  # a process of the learner's does not stand for this one
    threading.Thread(target=_end_with, args=(asking,), daemon=True).start()
    sys.argv = ["ipykernel_launcher", "-f", wanted["connection_file"]]
    for name in LOOKS_FOR_A_KERNEL:
        sys.modules.pop(name, None)
    if "ipywidgets" in sys.modules:
        sys.modules["ipywidgets"].register_comm_target()
    # Or all kernels would have the same luck; Python sees to its own.
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()

    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def _end_with(asking: socket.socket) -> None:
    """End this process, and what it has started, as soon as who stands for it is gone."""
    try:
        asking.recv(1)
    finally:
        os.killpg(0, signal.SIGKILL)


def has_room() -> bool:
    """Whether there is memory to spare. Asked elsewhere, so that none of the course's modules is loaded here."""
    import subprocess

    question = "from rlcourse.course.resources import free_bytes; print(free_bytes() or 0)"
    told = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=False).stdout
    return told.strip().isdigit() and int(told) > ROOM


if __name__ == "__main__":
    if sys.argv[1] != "--serve":
        main(sys.argv[1])
    else:
        if not sys.flags.safe_path:
            del sys.path[0]  # this file's folder, where a kernel has no modules
        if has_room():
            serve(sys.argv[2], int(sys.argv[3]), tuple(sys.argv[4:]) or HEAVY)

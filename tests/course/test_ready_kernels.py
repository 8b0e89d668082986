"""Kernels that are forked: as good as any other, and where there are none to be had, any other."""

import os
import queue
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from rlcourse.course import ready_kernels

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not ready_kernels.has_room(), reason="kernels are forked on Linux, where memory is"
)
FILE = ready_kernels.__file__
SPECIFICATIONS = Path(FILE).parent / "jupyter" / "kernels"
LOADED = ("colorsys", "numpy.random", "matplotlib.figure", "ipykernel.kernelapp")


def wait_for(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@contextmanager
def served(door, *modules, server=None):
    """The process that kernels are forked from, with few modules, and as the server this one."""
    command = [sys.executable, FILE, "--serve", str(door), str(server or os.getpid()), *(modules or LOADED)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(lambda: door.exists() or process.poll() is not None)
        assert door.exists()
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def kernel(folder, **environment):
    """A kernel as Jupyter starts it by our specification, and a client that asks it."""
    manager = KernelManager(
        kernel_name="python3",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(SPECIFICATIONS)]),
        connection_file=str(folder / f"kernel-{time.monotonic_ns()}.json"),
    )
    manager.start_kernel(env={**os.environ, **environment}, cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=90)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def answer(client, code, wait=60):
    """What a cell prints, and the kinds of what it shows."""
    said, kinds = [], set()

    def heard(message):
        content = message["content"]
        if message["msg_type"] == "stream":
            said.append(content["text"])
        elif message["msg_type"] == "error":
            said.append(content["ename"])
        kinds.update(content.get("data", {}))

    client.execute_interactive(code, output_hook=heard, timeout=wait, allow_stdin=False)
    return "".join(said).strip(), kinds


@pytest.fixture(scope="module")
def open_door(tmp_path_factory):
    door = tmp_path_factory.mktemp("door") / "door"
    with served(door):
        yield door


@pytest.fixture(scope="module")
def forked(open_door):
    with kernel(open_door.parent, RLCOURSE_KERNELS=str(open_door), MARK="mine") as (_, client):
        yield client


def test_a_fork_has_everything_loaded_and_nothing_of_the_courses(forked, open_door):
    loaded = "import sys; print(*[name in sys.modules for name in ('colorsys', 'numpy')], 'rlcourse' in sys.modules)"
    assert answer(forked, loaded)[0] == "True True False"
    assert answer(forked, "import os; print(os.environ['MARK'], os.getcwd())")[0] == f"mine {open_door.parent}"
    assert (
        answer(
            forked, "import os, sys; print(os.path.dirname(os.path.abspath('x')) in map(os.path.abspath, sys.path))"
        )[0]
        == "True"
    )
    assert answer(forked, f"print({str(Path(FILE).parent)!r} in sys.path)")[0] == "False"


def test_a_fork_does_not_look_through_what_was_loaded_for_what_nobody_needs(forked):
    kept = "import gc, numpy; print(gc.get_freeze_count() > 10_000, any(one is numpy for one in gc.get_objects()))"
    assert answer(forked, kept)[0] == "True False"


def test_two_forks_have_not_the_same_luck(forked, open_door):
    draw = "import random, numpy; print(random.random(), numpy.random.rand())"
    with kernel(open_door.parent, RLCOURSE_KERNELS=str(open_door)) as (_, other):
        mine, theirs = (answer(client, draw)[0].split() for client in (forked, other))
    assert not set(mine) & set(theirs)


def test_pyplot_draws_into_the_notebook(forked):
    assert "image/png" in answer(forked, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")[1]


@pytest.mark.parametrize(
    "cell",
    [
        "import time; print('begun', flush=True); time.sleep(90)",
        "import os; print('begun', flush=True); os.system('sleep 90')",
    ],
)
def test_an_interrupt_reaches_the_fork_and_what_it_has_started(open_door, cell):
    with kernel(open_door.parent, RLCOURSE_KERNELS=str(open_door)) as (manager, client):
        began = time.monotonic()
        asked = client.execute(cell, stop_on_error=False)  # or what is asked as the kernel ends the cell is dropped
        while client.get_iopub_msg(timeout=30)["content"].get("text", "").strip() != "begun":
            pass

        def has_ended():
            manager.interrupt_kernel()  # more than once: a shell that has not started its program yet goes on
            with suppress(queue.Empty):
                return client.get_shell_msg(timeout=2)["parent_header"].get("msg_id") == asked

        wait_for(has_ended)
        wait_for(lambda: answer(client, "print('on')")[0] == "on")  # an interrupt that comes late ends this one, too
        assert time.monotonic() - began < 60


def test_what_is_to_be_done_at_the_end_is_done_and_the_fork_has_ended_with_who_stood_for_it(open_door, tmp_path):
    left = tmp_path / "left"
    with kernel(open_door.parent, RLCOURSE_KERNELS=str(open_door)) as (manager, client):
        code = f"import atexit, os, pathlib; atexit.register(pathlib.Path({str(left)!r}).touch); print(os.getpid())"
        number = int(answer(client, code)[0])
        client.shutdown()
        wait_for(left.exists)
        wait_for(lambda: manager.provisioner.process.poll() is not None)
    with kernel(open_door.parent, RLCOURSE_KERNELS=str(open_door)) as (manager, client):
        # A process that the learner has forked does not keep anybody waiting for the kernel that died.
        child = "import os, time; child = os.fork() or (os.setsid(), time.sleep(20), os._exit(0)); print(os.getpid())"
        os.kill(int(answer(client, child)[0]), signal.SIGKILL)
        wait_for(lambda: manager.provisioner.process.poll() is not None, seconds=10)
    with kernel(open_door.parent, RLCOURSE_KERNELS=str(open_door)) as (manager, client):
        number = int(answer(client, "import os; print(os.getpid())")[0])
        assert number != manager.provisioner.process.pid
        os.kill(manager.provisioner.process.pid, signal.SIGKILL)
        wait_for(lambda: not Path(f"/proc/{number}").exists())


def test_a_fork_ends_with_a_server_that_is_killed(open_door, tmp_path):
    file, _ = write_connection_file(str(tmp_path / "kernel.json"))
    start = "import subprocess, sys; subprocess.Popen(sys.argv[1:]); input()"
    command = [sys.executable, "-c", start, sys.executable, "-I", FILE, file]
    environment = {**os.environ, "RLCOURSE_KERNELS": str(open_door)}
    server = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    client = BlockingKernelClient(connection_file=file)
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    number = int(answer(client, "import os; print(os.getpid())")[0])
    client.stop_channels()
    server.kill()
    server.communicate()
    wait_for(lambda: not Path(f"/proc/{number}").exists())


def test_a_kernel_outlives_what_it_was_forked_from_and_without_that_kernels_start_as_ever(tmp_path):
    door = tmp_path / "door"
    with served(door) as process, kernel(tmp_path, RLCOURSE_KERNELS=str(door)) as (_, client):
        assert answer(client, "import sys; print('colorsys' in sys.modules)")[0] == "True"
        process.kill()
        process.wait()
        assert answer(client, "print(1 + 1)")[0] == "2"
        with kernel(tmp_path, RLCOURSE_KERNELS=str(door)) as (
            _,
            plain,
        ):  # the door is still there, and nobody behind it
            assert answer(plain, "import sys; print('colorsys' in sys.modules)")[0] == "False"


def test_one_serves_and_a_second_goes_and_both_end_with_the_server(tmp_path):
    door = tmp_path / "door"
    server = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with served(door, "json", server=server.pid) as first:
        assert first.poll() is None
        second = subprocess.run([sys.executable, FILE, "--serve", str(door), str(server.pid), "json"], timeout=60)
        assert second.returncode == 0 and door.exists()
        server.communicate(b"\n")
        first.wait(timeout=30)
    assert list(tmp_path.iterdir()) == []


def test_who_listens_for_another_user_is_told_nothing(monkeypatch):
    line, other = socket.socketpair(socket.AF_UNIX)
    with line, other:
        assert ready_kernels._is_ours(line)
        monkeypatch.setattr(os, "getuid", lambda: 4242)
        assert not ready_kernels._is_ours(line)


def test_a_package_that_is_installed_closes_the_door(tmp_path, monkeypatch):
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    before = ready_kernels.door_of(7, "/run")
    (tmp_path / "package-1.0.dist-info").mkdir()
    os.utime(tmp_path, ns=(0, 12345))
    assert before != ready_kernels.door_of(7, "/run") == "/run/rlcourse-7-12345"


@pytest.mark.timeout(240)
def test_the_first_kernel_is_a_plain_one_and_later_ones_have_pytorch(tmp_path):
    """As in the Lab that `start.py` opens: nothing is there but the specification."""
    asked = "import sys; print('torch' in sys.modules)"
    with kernel(tmp_path, OMP_NUM_THREADS="2") as (_, first):
        assert answer(first, asked)[0] == "False"
        wait_for(lambda: [path for path in tmp_path.glob("rlcourse-*") if path.suffix == ""], seconds=200)
        try:
            with kernel(tmp_path) as (_, second), kernel(tmp_path) as (_, third):
                assert answer(second, asked)[0] == "True"
                sums = (
                    "import torch; print(torch.get_num_threads(), (torch.ones(600, 600) @ torch.ones(600, 600)).sum())"
                )
                assert answer(second, sums)[0] == "2 tensor(2.1600e+08)"  # two threads, in a fork
                assert "image/png" in answer(second, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")[1]
                widgets = "import ipywidgets; print('jupyter.widget' in get_ipython().kernel.comm_manager.targets)"
                assert answer(second, widgets)[0] == "True"
                assert (
                    answer(second, "from tqdm.auto import tqdm; print('tqdm_notebook' in str(tqdm.__mro__))")[0]
                    == "True"
                )
                luck = {answer(one, "import torch; print(torch.rand(3))")[0] for one in (second, third)}
                assert len(luck) == 2
        finally:
            (lock,) = tmp_path.glob("rlcourse-*.lock")
            os.kill(int(lock.read_text()), signal.SIGTERM)

"""A machine and a run that cannot be are refused when they are made, in words that say what goes together."""

import pytest

from rlcourse.scale import Machine, Run


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"on": "tpu"}, "on must be one of 'cpu', 'cpus', 'gpu', 'gpus', 'nodes', got 'tpu'"),
        ({"on": "gpu", "processes": 2}, 'on="gpu" is one process, got processes=2; on="gpus" has more'),
        ({"on": "gpus"}, 'on="gpus" needs processes of at least 2, got 1'),
        ({"nodes": 2}, 'on="nodes" goes with nodes of at least 2'),
        ({"on": "nodes", "nodes": 2, "processes": 8}, "needs main_address"),
        ({"main_address": "10.0.0.1"}, "main_address is for several machines"),
        ({"on": "gpu", "sharding": "fsdp"}, "divides among several GPUs, and here is one process"),
        ({"on": "cpus", "processes": 2, "sharding": "fsdp"}, "these need GPUs"),
        ({"sampler": "vllm"}, "these need GPUs"),
        ({"on": "gpu", "sampler": "vllm-server"}, 'sampler="vllm-server" goes with server'),
        (
            {"on": "gpus", "processes": 4, "sampler": "vllm", "sampler_gpus": 3},
            "divides processes, got 3 with 'vllm' and 4",
        ),
        ({"on": "gpu", "server": "http://here:8000"}, 'sampler="vllm-server" goes with server'),
    ],
)
def test_what_does_not_go_together(given, words):
    with pytest.raises(ValueError, match=words):
        Machine(**given)


def test_processes_of_all_machines():
    machine = Machine("nodes", processes=8, nodes=4, main_address="10.0.0.1")
    assert machine.total == 32 and machine.gpus


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"steps": 0}, ValueError, "steps must be 1 or more, got 0"),
        ({"model": 5}, TypeError, "model must be a name or a folder, got 5"),
        ({"config": {}}, TypeError, "config must be a GRPOConfig, got dict"),
        ({"held_out": 1.5}, TypeError, "held_out must be a whole number, got 1.5"),
    ],
)
def test_a_run_that_cannot_be(given, kind, words):
    with pytest.raises(kind, match=words):
        Run(**given)

"""accelerate reads our files, and understands what was meant."""

import pytest
import yaml

from rlcourse.scale import Machine, accelerate_file

NODES = {"on": "nodes", "nodes": 2, "processes": 8, "main_address": "10.0.0.1"}
MACHINES = {
    "cpu": (Machine(), "NO"),
    "cpus": (Machine("cpus", processes=2), "MULTI_GPU"),
    "gpu": (Machine("gpu"), "NO"),
    "gpus": (Machine("gpus", processes=8), "MULTI_GPU"),
    "fsdp": (Machine("gpus", processes=8, sharding="fsdp"), "FSDP"),
    "zero2": (Machine("gpus", processes=4, sharding="zero2"), "DEEPSPEED"),
    "nodes": (Machine(**NODES, sharding="zero3"), "DEEPSPEED"),
}


@pytest.mark.parametrize("name", MACHINES)
def test_accelerate_reads_it(name, tmp_path):
    config_args = pytest.importorskip("accelerate.commands.config.config_args")
    machine, kind = MACHINES[name]
    (tmp_path / "accelerate.yaml").write_text(accelerate_file(machine), encoding="utf-8")
    read = config_args.load_config_from_file(str(tmp_path / "accelerate.yaml"))
    assert read.distributed_type == kind
    assert (read.num_processes, read.num_machines) == (machine.total, machine.nodes)
    assert read.use_cpu is (not machine.gpus)
    assert read.mixed_precision == ("bf16" if machine.gpus else "no")
    if machine.total > 1:
        assert read.main_process_port == machine.port
    assert getattr(read, "main_process_ip", None) == (machine.main_address or None)


@pytest.mark.parametrize(("name", "file"), [("fsdp", "fsdp2.yaml"), ("zero2", "zero2.yaml"), ("nodes", "zero3.yaml")])
def test_what_is_divided_is_what_trls_own_file_divides(name, file):
    """But for checkpointing of activations, which TRL's own setting does, they are the same."""
    trl = pytest.importorskip("trl")
    from pathlib import Path

    theirs = yaml.safe_load((Path(trl.__file__).parent / "accelerate_configs" / file).read_text())
    ours = yaml.safe_load(accelerate_file(MACHINES[name][0]))
    for part in ("fsdp_config", "deepspeed_config"):
        assert ours.get(part) == theirs.get(part)
    assert ours["distributed_type"] == theirs["distributed_type"]

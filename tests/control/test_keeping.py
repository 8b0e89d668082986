"""Policies and value functions on disk."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from rlcourse.algorithms import Episodes
from rlcourse.control import (
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    TabularValue,
    keeping,
    load_policy,
    load_value,
)

MAKE = {
    "table": lambda: TabularPolicy(6, 4),
    "numbers": lambda: NetworkPolicy(5, 4, hidden=(7, 3)),
    "states": lambda: NetworkPolicy(torch.eye(6), 4, hidden=()),
    "features": lambda: NetworkPolicy(torch.arange(12.0).reshape(6, 2), 4),
    "table of values": lambda: TabularValue(6),
    "values of numbers": lambda: NetworkValue(5, hidden=(7,)),
    "values of states": lambda: NetworkValue(torch.eye(6)),
}


def steered(model):
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)))
    return model


def said(model):
    """All logits, or values, of some states and numbers."""
    states = torch.tensor([[0], [5], [2]])
    numbers = torch.randn(3, 1, 5, generator=torch.Generator().manual_seed(1))
    weight = next(model.parameters())
    nothing = torch.zeros(3, 1)
    observations = {"states": states, "observations": numbers.to(weight)}
    episodes = Episodes(observations, states, states >= 0, nothing, nothing[:, 0], 1)
    return (model.logits if hasattr(model, "logits") else model.values)(episodes)


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_what_is_loaded_says_what_was_saved(tmp_path, kind, dtype):
    model = steered(MAKE[kind]()).to(dtype)
    folder = model.save(tmp_path / "deep" / "model")
    loaded = (load_value if "value" in kind else load_policy)(folder)
    assert type(loaded) is type(model)
    assert torch.equal(said(loaded), said(model))
    assert [weight.dtype for weight in loaded.parameters()] == [dtype] * len(list(model.parameters()))
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_saving_again_touches_nothing_else_in_the_folder(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".git").mkdir()
    TabularPolicy(6, 4).save(tmp_path)
    NetworkPolicy(5, 4).save(tmp_path)
    assert isinstance(load_policy(str(tmp_path)), NetworkPolicy)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / ".git").is_dir()


@pytest.mark.parametrize("there", [("config.json", '{"model_type": "gpt2"}'), ("model.safetensors", "weights")])
def test_a_model_that_is_not_ours_is_not_written_over(tmp_path, there):
    name, text = there
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=r"holds a model that rlcourse\.control did not write"):
        TabularPolicy(2).save(tmp_path)
    assert (tmp_path / name).read_text() == text
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="folder must be a folder, got the file"):
        TabularPolicy(2).save(tmp_path / "file")


def test_a_policy_is_no_value_function(tmp_path):
    TabularPolicy(2).save(tmp_path / "policy")
    TabularValue(2).save(tmp_path / "value")
    with pytest.raises(ValueError, match="must hold one of TabularValue, NetworkValue, it holds TabularPolicy"):
        load_value(tmp_path / "policy")
    with pytest.raises(ValueError, match="must hold one of TabularPolicy, NetworkPolicy, it holds TabularValue"):
        load_policy(tmp_path / "value")


def test_where_nothing_was_saved_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no saved policy .* it has no config\.json"):
        load_policy(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "config",
    [
        {"rlcourse": "TabularPolicy", "num_states": 7, "num_actions": 4},
        {"rlcourse": "TabularPolicy", "num_states": 6},
        {"rlcourse": "TabularPolicy", "num_states": 6, "num_actions": 4, "secret": 1},
        {"rlcourse": "NetworkPolicy", "inputs": 6, "num_actions": 4, "hidden": [3]},
        {"rlcourse": "TabularPolicy", "num_states": "six", "num_actions": 4},
    ],
)
def test_what_does_not_belong_together_is_damaged(tmp_path, config):
    steered(TabularPolicy(6, 4)).save(tmp_path)
    save_file(load_file(tmp_path / "model.safetensors"), tmp_path / "model.safetensors")  # without its own word
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="is damaged"):
        load_policy(tmp_path)


def test_a_save_that_was_killed_between_its_files_leaves_the_older_model_whole(tmp_path, monkeypatch):
    older = steered(TabularPolicy(6, 4))
    older.save(tmp_path)
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(keeping, "save_file", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        NetworkPolicy(5, 4).save(tmp_path)
    assert torch.equal(load_policy(tmp_path).table, older.table)
    NetworkPolicy(5, 4).save(tmp_path)
    assert isinstance(load_policy(tmp_path), NetworkPolicy)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("bytes_", [b"", b"{", b"\x00" * 40])
def test_a_damaged_file_is_named(tmp_path, name, bytes_):
    TabularPolicy(6, 4).save(tmp_path)
    (tmp_path / name).write_bytes(bytes_)
    with pytest.raises(ValueError, match="damaged"):
        load_policy(tmp_path)


def test_nothing_loaded_stays_tied_to_its_file(tmp_path):
    """On Windows a file that is mapped cannot be written again."""
    model = steered(TabularPolicy(6, 4))
    model.save(tmp_path)
    loaded = load_policy(tmp_path)
    TabularPolicy(6, 4).save(tmp_path)
    assert torch.equal(loaded.table, model.table)
    assert not load_file(tmp_path / "model.safetensors")["table"].any()


def test_weights_without_numbers_are_not_saved(tmp_path):
    with pytest.raises(ValueError, match='its weights are on the device "meta"'):
        TabularPolicy(2).to("meta").save(tmp_path / "policy")
    assert not (tmp_path / "policy").exists()

"""Checkpoints: plain folders, the same model for every reader, and clear words when one is missing or damaged."""

import inspect
import json
import os
import socket
import time
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from rlcourse.language import load_gpt2, sample, save_gpt2
from rlcourse.language.model.checkpoints import ASSETS, BUNDLED
from tests.language.conftest import tiny_gpt2

QUESTION = "Question: What is 2+2?\nAnswer:"


@pytest.fixture
def folder(tmp_path, tokenizer):
    return save_gpt2(tiny_gpt2(len(tokenizer)).float(), tokenizer, tmp_path / "checkpoint")


def test_a_checkpoint_comes_back_as_it_was(folder, tokenizer):
    model, loaded_tokenizer = load_gpt2(folder, device="cpu")
    for a, b in zip(model.parameters(), tiny_gpt2(len(tokenizer)).float().parameters(), strict=True):
        assert torch.equal(a, b)
    assert loaded_tokenizer(QUESTION).input_ids == tokenizer(QUESTION).input_ids
    assert not model.training


@pytest.mark.parametrize("name", BUNDLED)
def test_transformers_reads_the_bundled_checkpoints_as_we_do(name):
    ours, our_tokenizer = load_gpt2(name, device="cpu")
    theirs = AutoModelForCausalLM.from_pretrained(ASSETS / name).eval()
    their_tokenizer = AutoTokenizer.from_pretrained(ASSETS / name)
    ids = their_tokenizer(QUESTION, return_tensors="pt").input_ids
    assert ids[0].tolist() == our_tokenizer(QUESTION).input_ids
    assert type(theirs) is type(ours)
    with torch.no_grad():
        assert torch.equal(theirs(ids).logits, ours(ids).logits)
    generated = theirs.generate(ids, do_sample=False, max_new_tokens=16, attention_mask=torch.ones_like(ids))
    s = sample(ours, our_tokenizer, [QUESTION], temperature=0, max_new_tokens=16)
    assert s.tokens[0][s.mask[0]].tolist() == generated[0, ids.shape[1] :].tolist()


@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_model_is_as_small_as_promised(name):
    model, tokenizer = load_gpt2(name)
    assert 0.5e6 < sum(p.numel() for p in model.parameters()) < 1.5e6
    assert model.config.attn_pdrop == model.config.resid_pdrop == model.config.embd_pdrop == 0
    assert len(tokenizer) == model.config.vocab_size
    assert sum(f.stat().st_size for f in ASSETS.rglob("*") if f.is_file()) < 20e6


def test_writing_replaces_an_older_checkpoint_and_leaves_nothing_else(folder, tokenizer):
    other = tiny_gpt2(len(tokenizer), seed=1).float()
    save_gpt2(other, tokenizer, folder)
    assert torch.equal(load_gpt2(folder, device="cpu")[0].lm_head.weight, other.lm_head.weight)
    assert os.listdir(folder.parent) == ["checkpoint"]


def test_older_readers_find_a_tokenizer_class_they_know(folder):
    assert json.loads((folder / "tokenizer_config.json").read_text())["tokenizer_class"] == "PreTrainedTokenizerFast"


def test_a_missing_folder_is_named_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint folder .*nowhere; `python -m rlcourse.language.build`"):
        load_gpt2(tmp_path / "nowhere")


def test_a_missing_file_is_named(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks model\.safetensors"):
        load_gpt2(folder)


def test_without_a_network_a_name_from_the_hub_fails_soon_and_clearly(monkeypatch, capfd):
    def no_network(*_args, **_kwargs):
        raise OSError("no network")

    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    began = time.perf_counter()
    there = r"\(bundled: pretrained, sft, thinker\)"
    with pytest.raises(FileNotFoundError, match=rf"called 'gtp2' {there}.*cannot be reached"):
        load_gpt2("gtp2")
    assert time.perf_counter() - began < 5
    assert "Retrying" not in capfd.readouterr().err


def test_the_bundled_checkpoints_need_no_network(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked for the network"))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("opened a connection"))
    load_gpt2("sft")


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./mine", "~/mine", "a/b/c"])
def test_a_string_that_looks_like_a_folder_is_taken_for_one(name):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint folder"):
        load_gpt2(name)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("activation_function", "relu"),
        ("scale_attn_weights", False),
        ("scale_attn_by_inverse_layer_idx", True),
    ],
)
def test_a_gpt2_that_we_would_compute_wrongly_is_refused(folder, setting, value):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {setting: value}))
    with pytest.raises(ValueError, match=f"has {setting}={value!r}; this course computes"):
        load_gpt2(folder)


def test_a_tokenizer_that_belongs_to_another_model_is_refused(folder, tokenizer):
    save_gpt2(tiny_gpt2(100).float(), tokenizer, folder)
    with pytest.raises(ValueError, match=r"with 400 tokens .* does not fit its model of 100"):
        load_gpt2(folder)


def test_weights_that_are_not_numbers_are_refused(folder, tokenizer):
    broken = tiny_gpt2(len(tokenizer)).float()
    torch.nn.init.constant_(broken.transformer.ln_f.weight, float("nan"))
    save_gpt2(broken, tokenizer, folder)
    with pytest.raises(ValueError, match="weights that are not numbers"):
        load_gpt2(folder)


def test_loading_says_nothing(folder, capfd):
    load_gpt2(folder)
    assert capfd.readouterr() == ("", "")


def test_an_interrupt_while_replacing_keeps_the_older_checkpoint(folder, tokenizer, monkeypatch):
    before, real = (folder / "model.safetensors").read_bytes(), Path.rename

    def interrupted(path, target):
        if path.name == "fresh":
            raise KeyboardInterrupt
        return real(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_gpt2(tiny_gpt2(len(tokenizer), seed=1).float(), tokenizer, folder)
    assert (folder / "model.safetensors").read_bytes() == before
    assert os.listdir(folder.parent) == ["checkpoint"]


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["cut", "empty", "garbage"])
def test_a_damaged_file_is_called_damaged(folder, file, damage):
    content = (folder / file).read_bytes()
    damaged = {"cut": content[: len(content) // 2], "empty": b"", "garbage": b"\x00\xff" * 99}
    (folder / file).write_bytes(damaged[damage])
    with pytest.raises(ValueError, match=r"damaged|cannot be read"):
        load_gpt2(folder)


def test_a_checkpoint_of_another_shape_is_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"n_layer": 3}))
    with pytest.raises(ValueError, match=r"lacks the weights transformer\.h\.2"):
        load_gpt2(folder)


def test_something_that_is_no_name_is_refused():
    with pytest.raises(TypeError, match="name must be a string or a path, got 3"):
        inspect.unwrap(load_gpt2)(3)  # without the checks of shapes and types, which only tests have

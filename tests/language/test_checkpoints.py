"""Checkpoints: plain folders, the same model for every reader, and clear words when one is missing or damaged."""

import inspect
import json
import os

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from rlcourse.language import load_gpt2, sample, save_gpt2
from rlcourse.language.checkpoints import ASSETS, BUNDLED
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
    assert sum(f.stat().st_size for f in ASSETS.rglob("*") if f.is_file()) < 15e6


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


def test_a_name_that_is_neither_here_nor_on_the_hub_is_explained(monkeypatch):
    def offline(*_args, **_kwargs):
        raise OSError("We couldn't connect to the hub.\nmore")

    monkeypatch.setattr("rlcourse.language.checkpoints.GPT2LMHeadModel.from_pretrained", offline)
    with pytest.raises(FileNotFoundError, match=r"called 'stf' \(bundled: pretrained, sft\).*couldn't connect"):
        load_gpt2("stf")


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

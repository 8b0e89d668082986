"""Folders of models with a head: what is missing, damaged or of another kind is named."""

import copy
import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2ForSequenceClassification

from rlcourse.language import ValueModel, load_gpt2, load_reward_model, new_reward_model
from rlcourse.language.model.checkpoints import ASSETS
from tests.language.conftest import tiny_gpt2


@pytest.fixture
def folder(tokenizer, tmp_path):
    made = new_reward_model(tiny_gpt2(len(tokenizer)), tokenizer)
    torch.nn.init.normal_(made.model.score.weight, generator=torch.Generator().manual_seed(0))
    return made.save(tmp_path / "judge")


def _change_config(folder, **settings):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_a_folder_is_replaced_whole(folder, tokenizer):
    before = load_reward_model(folder, device="cpu")
    assert before.model.score.weight.any()
    new_reward_model(tiny_gpt2(len(tokenizer)), tokenizer).save(folder)
    assert not load_reward_model(folder, device="cpu").model.score.weight.any()
    assert [path.name for path in folder.parent.iterdir()] == ["judge"]


def test_loading_reports_nothing_and_leaves_no_dropout_on(folder, capfd):
    loaded = load_reward_model(folder, device="cpu")
    assert not loaded.model.training
    assert capfd.readouterr() == ("", "")


def test_a_new_model_begins_with_the_language_models_body(tokenizer):
    model = tiny_gpt2(len(tokenizer))
    for made in (new_reward_model(model, tokenizer), ValueModel.from_language_model(model, tokenizer)):
        for (name, mine), theirs in zip(
            made.model.transformer.named_parameters(), model.transformer.parameters(), strict=True
        ):
            assert torch.equal(mine, theirs), name


def test_random_numbers_elsewhere_are_not_disturbed(tokenizer):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    new_reward_model(tiny_gpt2(len(tokenizer)), tokenizer)
    assert torch.equal(torch.rand(3), expected)


def test_a_missing_folder_or_file_is_named(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere lacks config\.json, .*language\.build"):
        load_reward_model(tmp_path / "nowhere")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"judge lacks tokenizer\.json"):
        load_reward_model(folder)


def test_a_damaged_file_is_named(folder):
    (folder / "model.safetensors").write_bytes(b"no")
    with pytest.raises(ValueError, match="is damaged or no GPT2ForSequenceClassification"):
        load_reward_model(folder)


def test_a_model_of_another_kind_is_refused(folder):
    with pytest.raises(ValueError, match=r"lacks the weights score\.weight"):
        load_reward_model(ASSETS / "sft", device="cpu")
    with pytest.raises(ValueError, match=r"lacks the weights classifier\.bias, classifier\.weight"):
        ValueModel.load(folder)


def test_a_head_of_several_numbers_is_refused(tokenizer, folder):
    config = GPT2ForSequenceClassification.from_pretrained(folder).config
    config.num_labels = 3
    GPT2ForSequenceClassification(config).save_pretrained(folder)
    with pytest.raises(ValueError, match="has a head of more than one number"):
        load_reward_model(folder)


def test_what_we_would_compute_wrongly_is_refused(folder):
    _change_config(folder, activation_function="relu")
    with pytest.raises(ValueError, match="activation_function='relu'; this course computes 'gelu_new' only"):
        load_reward_model(folder)


def test_weights_that_are_not_numbers_are_refused(folder):
    path = folder / "model.safetensors"
    weights = load_file(path)
    weights["score.weight"][0, 0] = float("nan")
    save_file(weights, path, {"format": "pt"})
    with pytest.raises(ValueError, match="holds weights that are not numbers"):
        load_reward_model(folder)


def test_the_padding_of_a_tokenizer_without_a_token_to_spare_is_none(tokenizer):
    """The original GPT-2's unknown token is its end of text; padding with it would move the score."""
    bare = copy.deepcopy(tokenizer)
    bare.unk_token = bare.eos_token
    made = new_reward_model(tiny_gpt2(len(bare)), bare)
    assert made.model.config.pad_token_id is None
    torch.nn.init.normal_(made.model.score.weight, generator=torch.Generator().manual_seed(0))
    together = made.score(["What", "What"], [" is 2+2?", " 4."])
    assert together == pytest.approx(made.score(["What"], [" is 2+2?"]) + made.score(["What"], [" 4."]))


def test_the_folders_of_the_course_stay_small():
    weights = sum(path.stat().st_size for path in ASSETS.rglob("*") if path.is_file())
    assert weights < 20e6
    assert load_gpt2("sft", device="cpu")[0].config.pad_token_id == 0

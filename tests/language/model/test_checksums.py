"""The bundled files are those that the build wrote down, whatever git makes of their line ends."""

import shutil

import pytest

from rlcourse.files import ASSETS
from rlcourse.language import load_gpt2, load_reward_model
from rlcourse.language.model import checkpoints, reward_model
from rlcourse.language.model.checksums import FOLDERS, NAME, changed_files, write_checksums


@pytest.fixture
def assets(tmp_path):
    for folder in FOLDERS:
        shutil.copytree(ASSETS / folder, tmp_path / folder)
    shutil.copy(ASSETS / NAME, tmp_path / NAME)
    return tmp_path


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_bundled_files_are_as_they_were_made(folder):
    assert changed_files(folder) == []


def test_a_changed_a_lost_and_a_new_file_are_named(assets):
    (assets / "sft" / "config.json").write_text((assets / "sft" / "config.json").read_text().replace("4", "8", 1))
    (assets / "sft" / "tokenizer.json").unlink()
    (assets / "sft" / "pytorch_model.bin").touch()
    assert changed_files("sft", assets) == ["sft/config.json", "sft/pytorch_model.bin", "sft/tokenizer.json"]
    assert changed_files("pretrained", assets) == []


def test_line_ends_do_not_count_in_text_and_do_in_weights(assets):
    for name in ("sft/config.json", "preferences/train.jsonl"):
        (assets / name).write_bytes((assets / name).read_bytes().replace(b"\n", b"\r\n"))
    assert changed_files("sft", assets) == changed_files("preferences", assets) == []
    (assets / "sft" / "model.safetensors").write_bytes(b"a\r\nb")
    write_checksums(assets)
    (assets / "sft" / "model.safetensors").write_bytes(b"a\nb")
    assert changed_files("sft", assets) == ["sft/model.safetensors"]


@pytest.mark.parametrize("content", [None, "", "[1, 2]", "null"])
def test_without_the_list_nothing_is_said_to_be_right(content, assets):
    (assets / NAME).unlink()
    if content is not None:
        (assets / NAME).write_text(content)
    assert changed_files("sft", assets) == [NAME]


def test_what_was_written_down_anew_is_right_again(assets):
    (assets / "sft" / "config.json").write_text("{}")
    write_checksums(assets)
    assert changed_files("sft", assets) == []


@pytest.mark.parametrize(("name", "load"), [("sft", load_gpt2), ("reward", load_reward_model)])
def test_one_bit_of_a_bundled_models_weights_is_enough_to_refuse_it(name, load, assets, monkeypatch):
    path = assets / name / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1  # in the last digits of a number: it loads and runs, and is another model
    path.write_bytes(content)
    for module in (checkpoints, reward_model):
        monkeypatch.setattr(module, "ASSETS", assets)
    with pytest.raises(ValueError, match=r"is damaged: model\.safetensors is not the file that came .*language\.build"):
        load(name, device="cpu")
    path.write_bytes((ASSETS / name / "model.safetensors").read_bytes())
    load(name, device="cpu")

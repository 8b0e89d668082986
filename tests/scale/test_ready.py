"""Whether all is there is known before work starts, and what is missing is said with what to do."""

import json

import pytest

from rlcourse.scale import Machine, Run, check_model, lacking, what_is_missing


def test_packages_that_are_missing_are_named_with_the_command(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 8)
    assert lacking() == ["trl", "accelerate", "datasets"]
    machine = Machine("gpus", processes=8, sharding="zero3", sampler="vllm")
    first, second = what_is_missing(Run(), machine)
    assert first.startswith("trl, accelerate and datasets are not installed") and 'install -e ".[scale]"' in first
    assert second == "deepspeed and vllm are not installed: `python -m pip install deepspeed vllm`"


@pytest.mark.parametrize(
    ("machine", "here", "words"),
    [
        (Machine("gpu"), 0, "1 GPU is asked for, and this machine has none: choose `--on cpu`, or write"),
        (Machine("gpus", processes=8), 2, "8 GPUs are asked for, and this machine has 2"),
        (Machine("gpus", processes=2), 2, ""),
        (Machine("cpus", processes=2), 0, ""),
    ],
)
def test_gpus_that_are_not_there(machine, here, words, monkeypatch):
    monkeypatch.setattr("rlcourse.scale.ready.lacking", lambda machine: [])
    monkeypatch.setattr("torch.cuda.device_count", lambda: here)
    sentences = what_is_missing(Run(), machine)
    assert len(sentences) == bool(words)
    assert all(words in sentence for sentence in sentences)


@pytest.mark.parametrize("name", ["llama", "qwen"])
def test_a_model_of_another_family_is_welcome(name, family):
    assert check_model(Run(model=str(family(name)), max_new_tokens=16)).name == "sums"


def test_a_bundled_model_is_found_by_its_name():
    assert check_model(Run()).name == "sums"


@pytest.mark.parametrize(
    ("run", "kind", "words"),
    [
        (Run(model="./no/such/folder"), FileNotFoundError, "there is no folder ./no/such/folder with a model"),
        (Run(model="somebody/something"), FileNotFoundError, "the Hugging Face hub cannot be reached: give a folder"),
        (Run(max_new_tokens=90), ValueError, r"max_new_tokens=90 it must fit into the 96 that sft reads"),
    ],
)
def test_what_cannot_be_trained(run, kind, words, monkeypatch):
    monkeypatch.setattr("rlcourse.scale.ready.hub_answers", lambda: False)
    with pytest.raises(kind, match=words):
        check_model(run)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("PROMPTS = ['a'] * 2\ndef reward(completions, **_): return [0.0] * len(completions)", "prompts=4.*has 2"),
        ("PROMPTS = ['a'] * 4\ndef reward(completions, **_):\n    return [1 / 0 for _ in completions]", "line 3"),
        (
            "PROMPTS = ['a'] * 4\ndef reward(completions, **_): return [float(c) for c in completions]",
            "when it is tried",
        ),
        ("PROMPTS = ['a'\ndef reward(:", "cannot be run: SyntaxError.*line 2"),
        ("PROMPTS = []\nimport no_such_package", "cannot be run: ModuleNotFoundError.*line 2"),
    ],
)
def test_a_task_that_cannot_work_is_known_before(text, words, tmp_path):
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        check_model(Run(task=str(tmp_path / "mine.py"), prompts_per_step=4))


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is no model of Hugging Face's: it lacks config.json and tokenizer"):
        check_model(Run(model=str(tmp_path)))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5", "architectures": ["T5Model"]}))
    (tmp_path / "tokenizer_config.json").write_text("{}")
    with pytest.raises((ValueError, FileNotFoundError), match=r"causal language model|cannot be had"):
        check_model(Run(model=str(tmp_path)))

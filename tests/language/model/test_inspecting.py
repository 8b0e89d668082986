"""What is no checkpoint of a GPT-2 that the course computes is refused, in words, and nothing of it is run."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from rlcourse.files import ASSETS
from rlcourse.language import ValueModel, load_gpt2, load_reward_model, sample, save_gpt2
from tests.language.conftest import tiny_gpt2


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(ASSETS / "sft", tmp_path / "mine"))


def _config(name="config.json", **changes):
    def change(folder):
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def _weights(change):
    def changed(folder):
        path = folder / "model.safetensors"
        weights = load_file(path)
        weights = {name: weight.clone() for name, weight in weights.items()}
        save_file(change(weights) or weights, path, {"format": "pt"})

    return changed


def _without(name):
    return lambda folder: (folder / name).unlink()


def _as_text(name, text):
    return lambda folder: (folder / name).write_text(text)


def _drop(weights, name):
    del weights[name]


def _scaled(weights):
    return {name: weight * 1e38 * 1e3 for name, weight in weights.items()}


def _cut_off(name, keep):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:keep])


DAMAGE = {
    "weights-cut-off": (_cut_off("model.safetensors", 100_000), ValueError, r"is damaged .*model\.safetensors"),
    "weights-cut-off-in-the-header": (
        _cut_off("model.safetensors", 50),
        ValueError,
        r"is damaged .*model\.safetensors",
    ),
    "tokenizer-cut-off": (_cut_off("tokenizer.json", 2000), ValueError, "is damaged"),
    "tokenizer-lost": (_without("tokenizer.json"), FileNotFoundError, r"lacks tokenizer\.json"),
    "weights-lost": (_without("model.safetensors"), FileNotFoundError, r"lacks model\.safetensors"),
    "tokenizer-settings-lost": (_without("tokenizer_config.json"), FileNotFoundError, r"lacks tokenizer_config\.json"),
    "settings-lost": (_without("config.json"), FileNotFoundError, r"lacks config\.json"),
    "two-layers": (_config(n_layer=2), ValueError, "would not be used: it holds 4 layers, .* says n_layer=2"),
    "no-layers": (_config(n_layer=0), ValueError, "n_layer in its config.json must be from 1 to 10000, got 0"),
    "minus-one-layer": (_config(n_layer=-1), ValueError, "n_layer .* got -1"),
    "a-million-layers": (_config(n_layer=10**6), ValueError, "n_layer .* got 1000000"),
    "five-layers": (_config(n_layer=5), ValueError, r"lacks the weights transformer\.h\.4"),
    "layers-as-text": (_config(n_layer="4"), ValueError, "n_layer .* got '4'"),
    "heads-that-do-not-divide": (_config(n_head=5), ValueError, "damaged"),
    "wider": (_config(n_embd=64), ValueError, "in another shape"),
    "shorter": (_config(n_positions=48), ValueError, "in another shape"),
    "epsilon": (_config(layer_norm_epsilon=100), ValueError, "layer_norm_epsilon must be small"),
    "dtype": (_config(dtype="float99"), ValueError, "dtype must be one of float32, .*, got 'float99'"),
    "quantised": (_config(quantization_config={"quant_method": "gptq"}), ValueError, "quantised"),
    "settings-a-list": (_as_text("config.json", "[]"), ValueError, "config.json holds no settings"),
    "tokenizer-settings-a-list": (_as_text("tokenizer_config.json", "[]"), ValueError, "holds no settings"),
    "tokenizer-nested": (_as_text("tokenizer_config.json", "[" * 99999), ValueError, "is no JSON"),
    "another-tokenizer": (
        _config("tokenizer_config.json", tokenizer_class="LlamaTokenizer"),
        ValueError,
        "reads text in another way|is damaged",
    ),
    "another-end": (_config("tokenizer_config.json", eos_token="a"), ValueError, "ends a text with token .*'a'"),
    "no-end": (_config("tokenizer_config.json", eos_token=None), ValueError, "end of text None"),
    "int8": (_weights(lambda w: {n: t.to(torch.int8) for n, t in w.items()}), ValueError, "weights of the type I8"),
    "zeros": (_weights(lambda w: {n: t * 0 for n, t in w.items()}), ValueError, "embeddings are 0"),
    "infinite": (_weights(_scaled), ValueError, "weights that are not numbers"),
    "one-lost": (
        _weights(lambda w: w.pop("transformer.h.1.ln_1.bias").sum() and None),
        ValueError,
        "lacks the weights",
    ),
    "one-more": (_weights(lambda w: w.update({"transformer.extra": torch.ones(2)})), ValueError, "no place for"),
    "vocabulary-hole": (
        lambda f: (f / "tokenizer.json").write_text((f / "tokenizer.json").read_text().replace('"!": 4,', "", 1)),
        ValueError,
        "damaged|does not fit",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_checkpoint_is_refused_in_our_words(kind, folder):
    damage, error, message = DAMAGE[kind]
    damage(folder)
    with pytest.raises(error, match=rf"the checkpoint (folder )?{folder} .*({message})") as caught:
        load_gpt2(folder, device="cpu")
    assert "language.build" not in str(caught.value)  # which would not mend it


@pytest.mark.parametrize(
    ("load", "bundled", "message"),
    [
        (load_gpt2, "reward", r"no place for, score\.weight: it is a reward model, which load_reward_model reads"),
        (load_reward_model, "sft", r"lacks the weights score\.weight"),
        (ValueModel.load, "reward", r"lacks the weights classifier\."),
    ],
)
def test_a_model_of_another_kind_is_refused_by_its_name(load, bundled, message):
    with pytest.raises(ValueError, match=message):
        load(ASSETS / bundled, device="cpu")


@pytest.mark.parametrize(("config", "kind"), [(LlamaConfig, LlamaForCausalLM), (Qwen2Config, Qwen2ForCausalLM)])
def test_another_architecture_is_refused_for_what_it_is(config, kind, tmp_path, tokenizer):
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    kind(config(vocab_size=400, num_key_value_heads=2, **sizes)).save_pretrained(tmp_path / "theirs")
    tokenizer.save_pretrained(tmp_path / "theirs")
    with pytest.raises(ValueError, match=f"theirs is a {kind.__name__}; the course computes GPT-2 only$"):
        load_gpt2(tmp_path / "theirs", device="cpu")
    with pytest.raises(ValueError, match="which would be lost"):
        save_gpt2(tiny_gpt2(400).float(), tokenizer, tmp_path / "theirs")
    assert json.loads((tmp_path / "theirs" / "config.json").read_text())["architectures"] == [kind.__name__]


EVIL = "from pathlib import Path\nPath({marker!r}).touch()\nclass Evil: pass\n"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model_type", ["evilnet", "gpt2"])
@pytest.mark.parametrize("load", [load_gpt2, load_reward_model, ValueModel.load])
def test_code_that_comes_with_a_checkpoint_is_neither_run_nor_asked_about(load, model_type, folder, monkeypatch):
    marker = folder / "it_ran"
    (folder / "evil.py").write_text(EVIL.format(marker=str(marker)))
    autos = (
        "AutoConfig",
        "AutoModelForCausalLM",
        "AutoModelForSequenceClassification",
        "AutoModelForTokenClassification",
    )
    _config(model_type=model_type, auto_map={name: "evil.Evil" for name in autos})(folder)
    _config("tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.Evil", "evil.Evil"]})(folder)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked whether to run their code"))
    try:
        load(folder, device="cpu")
    except ValueError as error:
        assert str(folder) in str(error)
    assert not marker.exists()


class Evil:
    """Whoever unpickles it makes a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "training_args.bin"])
@pytest.mark.parametrize("with_weights", [True, False])
def test_a_pickle_in_a_folder_is_never_opened(name, with_weights, folder):
    torch.save(Evil(folder / "it_ran"), folder / name)
    if not with_weights:
        (folder / "model.safetensors").unlink()
        with pytest.raises(FileNotFoundError, match=r"lacks model\.safetensors"):
            load_gpt2(folder, device="cpu")
    else:
        load_gpt2(folder, device="cpu")
    assert not (folder / "it_ran").exists()


def test_many_threads_may_load_at_once():
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: load_gpt2("sft", device="cpu")[0], range(8)))
    weights = [torch.cat([p.flatten() for p in model.parameters()]) for model in (*loaded, load_gpt2("sft")[0].cpu())]
    assert all(torch.equal(weights[0], other) for other in weights[1:])
    assert threading.active_count() >= 1


def _mapped():
    return Path("/proc/self/maps").read_text()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux says what is mapped")
def test_nothing_that_was_loaded_stays_mapped_to_its_file(folder, tmp_path):
    judge = shutil.copytree(ASSETS / "reward", tmp_path / "judge")
    kept = load_gpt2(folder, device="cpu"), load_reward_model(judge, device="cpu")
    assert str(tmp_path) not in _mapped()
    assert kept


def test_weights_that_are_tied_stay_tied(folder):
    model, _ = load_gpt2(folder, device="cpu")
    assert model.lm_head.weight.data_ptr() == model.transformer.wte.weight.data_ptr()


@pytest.mark.parametrize("setting", ["meta", torch.float64, torch.float16])
def test_a_default_of_the_users_changes_nothing_that_is_loaded(setting, folder):
    plain = load_gpt2(folder, device="cpu")[0]
    before = torch.get_default_dtype()
    try:
        torch.set_default_device("meta") if setting == "meta" else torch.set_default_dtype(setting)
        loaded = load_gpt2(folder, device="cpu")
        judge = load_reward_model(device="cpu")
        values = ValueModel.from_language_model(*loaded)
        answers = sample(*loaded, ["What is 2+2?"], temperature=0, max_new_tokens=4)
        score = judge.score(["What"], [" now"])
        changed = torch.get_default_dtype() == before if setting != "meta" else False
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(before)
    assert not changed
    for mine, theirs in zip(loaded[0].parameters(), plain.parameters(), strict=True):
        assert torch.equal(mine, theirs) and mine.dtype == theirs.dtype
    assert values.model.dtype == torch.float32
    again = sample(plain, loaded[1], ["What is 2+2?"], temperature=0, max_new_tokens=4)
    assert torch.equal(again.tokens, answers.tokens) and torch.equal(again.logprobs, answers.logprobs)
    assert score == load_reward_model(device="cpu").score(["What"], [" now"])


def test_a_checkpoint_whose_save_was_killed_half_way_is_found(folder):
    folder.rename(folder.with_name(".mine-old"))
    assert load_gpt2(folder, device="cpu")[1].eos_token_id == 0
    assert load_gpt2(str(folder), device="cpu")[1].eos_token_id == 0


def test_a_file_that_may_not_be_opened_is_named(folder, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "model.safetensors")
    with pytest.raises(ValueError, match=r"cannot be read: model\.safetensors may not be opened by this user"):
        load_gpt2(folder, device="cpu")


def test_what_is_saved_may_be_read_by_others_and_says_nothing_of_how_it_was_loaded(tmp_path):
    folder = save_gpt2(*load_gpt2("sft", device="cpu"), tmp_path / "shared")
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in folder.iterdir())
    assert not {"local_files_only", "trust_remote_code"} & set(
        json.loads((folder / "tokenizer_config.json").read_text())
    )
    assert isinstance(GPT2LMHeadModel.from_pretrained(folder), GPT2LMHeadModel)
    assert AutoTokenizer.from_pretrained(folder)("2+2").input_ids == load_gpt2("sft")[1]("2+2").input_ids


@pytest.mark.parametrize("theirs", [".git/HEAD", "README.md", "optimizer.pt", "checkpoint-100/config.json", "log.csv"])
def test_saving_a_model_over_one_keeps_what_else_is_there(theirs, folder):
    (folder / theirs).parent.mkdir(exist_ok=True)
    (folder / theirs).write_text("mine")
    before = (folder / "model.safetensors").read_bytes()
    with pytest.raises(ValueError, match="which would be lost"):
        save_gpt2(*load_gpt2("pretrained", device="cpu"), folder)
    assert (folder / theirs).read_text() == "mine"
    assert (folder / "model.safetensors").read_bytes() == before

"""A GPT-2 from a folder, of another size and with another vocabulary, goes through everything that ours does."""

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from rlcourse.algorithms import measure_bytes
from rlcourse.experiments import RACERS, Runner
from rlcourse.language import load_gpt2, sample, save_gpt2

END = "<|endoftext|>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Bytes as tokens, as many as the original's alphabet has; 3 layers of 48 channels, 6 heads, random weights."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {END: 0} | {letter: number for number, letter in enumerate(alphabet, 1)}
    tokenizer = Tokenizer(models.BPE(vocab=words, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, bos_token=END, pad_token=END)
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(words), n_positions=128, n_embd=48, n_layer=3, n_head=6, **ends))
    return save_gpt2(model, fast, tmp_path_factory.mktemp("models") / "another")


def test_it_is_loaded_with_its_own_vocabulary_and_answers(folder):
    model, tokenizer = load_gpt2(folder)
    found = sample(model, tokenizer, ["What is 2+2?"], num_generations=3, max_new_tokens=8, generator=torch.Generator())
    assert len(found.texts(tokenizer)) == 3
    assert model.config.vocab_size == len(tokenizer) == 257


@pytest.mark.parametrize("label", ["GRPO", "PPO, 4 steps", "TRPO, a tenth"])
def test_every_algorithm_makes_an_update_of_it(folder, label):
    runner = Runner(label, RACERS[label].training(0, model=folder))
    world = runner.training.world
    world.prompts_per_step, world.answers_per_prompt = 2, 8
    right = iter(range(10**6))
    world.reward = lambda prompts, completions, **columns: [float(next(right) % 2) for _ in completions]
    before = [weight.clone() for weight in runner.training.policy.parameters()]
    runner.step()
    assert runner.right == [0.5]
    moved = [not torch.equal(old, new) for old, new in zip(before, runner.training.policy.parameters(), strict=True)]
    assert any(moved)
    assert measure_bytes(runner.training).weights["policy"] == 4 * sum(weight.numel() for weight in before)

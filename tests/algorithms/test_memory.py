"""What is counted are the weights of real models, ZeRO's sixteen bytes, and sums done by hand."""

from dataclasses import replace

import pytest
import torch
from torch.utils.checkpoint import checkpoint
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from rlcourse.algorithms.memory import (
    PARTS,
    SIZES,
    Setting,
    Transformer,
    keeps,
    kv_cache_bytes,
    memory_of_training,
)

SMALL = SIZES["GPT-2, 124M"]
LARGE = SIZES["Llama 3.1, 70B"]


def model_of(shape: Transformer):
    if not shape.llama:
        return GPT2LMHeadModel(GPT2Config(n_layer=shape.layers, n_embd=shape.channels, n_head=shape.heads))
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.channels,
            intermediate_size=shape.feed_forward,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.kv_heads,
        )
    )


@pytest.mark.parametrize("name", SIZES)
def test_as_many_weights_are_counted_as_the_real_model_has(name):
    with torch.device("meta"):  # shapes without numbers
        model = model_of(SIZES[name])
    assert SIZES[name].parameters == sum(weight.numel() for weight in model.parameters())


def test_adapters_stand_beside_every_matrix_of_every_layer():
    with torch.device("meta"):
        layers = {"GPT-2, 124M": model_of(SMALL).transformer.h, "Llama 3.1, 70B": model_of(LARGE).model.layers}
    for name, stack in layers.items():
        thin = sum(sum(weight.shape) for weight in stack.parameters() if weight.ndim == 2)
        assert SIZES[name].adapters(16) == 16 * thin


@pytest.mark.parametrize(
    ("weight_bytes", "moment_bytes", "each"), [(2, 4, 16), (4, 4, 16), (2, 1, 10), (4, 1, 10), (1, 4, 14)]
)
def test_bytes_of_each_trained_weight(weight_bytes, moment_bytes, each):
    """16 in mixed precision are ZeRO's 2 + 2 + 12."""
    sizes = {"weight_bytes": weight_bytes, "moment_bytes": moment_bytes}
    assert memory_of_training(10**9, 0, **sizes) == each
    assert memory_of_training(10**9, 3 * 10**9, **sizes) == each + 3 * weight_bytes


def test_the_cache_holds_a_question_once_and_each_answer():
    sizes = {"layers": 2, "channels": 12, "heads": 6, "kv_heads": 3, "bytes_per_number": 2}
    assert kv_cache_bytes(10, 0, 8, **sizes) == 2 * 2 * 3 * 2 * 10 * 2
    assert kv_cache_bytes(10, 5, 8, **sizes) == 2 * 2 * 3 * 2 * 50 * 2


def test_a_transformers_cache_is_as_large():
    shape = Transformer(2, 64, 8, 100, kv_heads=2, inner=200, llama=True)
    cache = model_of(shape)(input_ids=torch.zeros(3, 20, dtype=torch.int64), use_cache=True).past_key_values
    size = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    sizes = {"layers": 2, "channels": 64, "heads": 8, "kv_heads": 2}
    assert kv_cache_bytes(0, 20, 3, **sizes, bytes_per_number=4) == size


@pytest.mark.parametrize("weight_bytes", [2, 4])
@pytest.mark.parametrize("moment_bytes", [1, 4])
@pytest.mark.parametrize("rewarded", [False, True])
def test_grpo_and_ppo_are_one_and_two_trainings_of_that_size(weight_bytes, moment_bytes, rewarded):
    """And, where a reward model pays, two frozen models as large: the reference and the reward model."""
    setting = Setting(weight_bytes, moment_bytes, reward_model=rewarded)
    each = {"weight_bytes": weight_bytes, "moment_bytes": moment_bytes}
    full = SMALL.parameters
    for algorithm, trained in (("GRPO", full), ("PPO", 2 * full)):
        parts = keeps(algorithm, SMALL, setting)
        assert tuple(parts) == PARTS
        states = sum(parts.values()) - parts["activations"] - parts["KV cache"]
        assert states == pytest.approx(memory_of_training(trained, 2 * full * rewarded, **each))


def test_with_lora_one_frozen_copy_serves_policy_value_model_and_reference():
    setting = Setting(lora_rank=16, reward_model=True)
    thin = LARGE.adapters(16)
    for algorithm, trained in (("GRPO", thin), ("PPO", 2 * thin)):
        parts = keeps(algorithm, LARGE, setting)
        assert parts["reference"] == 0
        states = sum(parts.values()) - parts["activations"] - parts["KV cache"]
        frozen = 2 * LARGE.parameters  # what the adapters stand on, and the reward model
        assert states == pytest.approx(memory_of_training(trained, frozen, weight_bytes=2, moment_bytes=4))


def test_trpo_keeps_vectors_in_the_place_of_the_policys_moments():
    trpo, ppo = (keeps(algorithm, SMALL, Setting(4)) for algorithm in ("TRPO", "PPO"))
    assert trpo["optimiser"] - ppo["optimiser"] == pytest.approx((5 - 2) * 4 * SMALL.parameters / 1e9)
    assert trpo["activations"] > ppo["activations"] > keeps("GRPO", SMALL, Setting(4))["activations"]


def test_activations_grow_with_what_is_learned_at_once_and_the_cache_with_what_is_written_at_once():
    one, two = (keeps("GRPO", SMALL, replace(Setting(), learned_at_once=n)) for n in (1, 2))
    assert two["activations"] == pytest.approx(2 * one["activations"])
    assert two["KV cache"] == one["KV cache"]
    wide = keeps("GRPO", SMALL, replace(Setting(), at_once=128))
    assert wide["KV cache"] == pytest.approx(2 * one["KV cache"])


def test_ppos_models_in_turn_need_the_activations_of_one():
    """In one loss, as the course has them, those of both: the value model's pass only lacks the vocabulary."""
    grpo, both, turn = (
        keeps(algorithm, SMALL, Setting(), in_turn=turn)["activations"]
        for algorithm, turn in (("GRPO", False), ("PPO", False), ("PPO", True))
    )
    assert turn == grpo
    assert both - grpo == pytest.approx(4 * 512 * 2 * (SMALL.activations - SMALL.vocabulary) / 1e9)


def test_pytorchs_checkpoints_keep_as_many_numbers():
    """Each layer of a GPT-2 behind `torch.utils.checkpoint`: what stays until the way back, which needs one whole."""
    shape, kept = Transformer(3, 32, 4, 50, positions=40), {}
    sizes = {"n_layer": 3, "n_embd": 32, "n_head": 4, "vocab_size": 50, "n_positions": 40}
    model = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0)).eval()
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}

    def keep(tensor):
        if tensor.is_floating_point() and tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        hidden = torch.randn(2, 40, 32, requires_grad=True)
        for block in model.transformer.h:
            hidden = checkpoint(block, hidden, use_reentrant=False)
        model.lm_head(model.transformer.ln_f(hidden)).log_softmax(-1).sum()
    found = sum(tensor.numel() for tensor in kept.values()) / (2 * 40)
    ends = 2 * shape.channels + shape.vocabulary
    inside_of_one = (shape.activations - ends) / shape.layers
    assert shape.recomputed == pytest.approx(found + inside_of_one, abs=2.5)  # the norm's scale, 2 a token


def test_computed_again_both_models_keep_what_their_layers_read_and_one_layer_is_whole():
    grpo, ppo = (keeps(name, LARGE, Setting(), recompute=True)["activations"] for name in ("GRPO", "PPO"))
    assert grpo == pytest.approx(4 * 512 * 2 * LARGE.recomputed / 1e9)
    assert ppo - grpo == pytest.approx(4 * 512 * 2 * (80 + 2) * 8192 / 1e9)
    assert grpo < 0.1 * keeps("GRPO", LARGE, Setting())["activations"]


GOOD = {"layers": 2, "channels": 8, "heads": 2, "kv_heads": 2, "bytes_per_number": 2}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: keeps("DPO", SMALL, Setting()), "algorithm must be one of 'TRPO', 'PPO', 'GRPO', got 'DPO'"),
        (lambda: memory_of_training(-1, 0, weight_bytes=2, moment_bytes=4), "trained must be 0 or more, got -1"),
        (lambda: memory_of_training(1, 0, weight_bytes=0, moment_bytes=4), "weight_bytes must be from 1 to 8, got 0"),
        (lambda: kv_cache_bytes(1, 1, -1, **GOOD), "num_generations must be 0 or more, got -1"),
        (lambda: kv_cache_bytes(1, 1, 1, **GOOD | {"heads": 0}), "heads must be 1 or more, got 0"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()

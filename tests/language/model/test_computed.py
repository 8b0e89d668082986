"""Whatever a model does that the course's own forward pass would not: refused by its name, in every door."""

import inspect

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.pytorch_utils import Conv1D

from rlcourse.language import (
    LanguagePolicy,
    RewardModel,
    ValueModel,
    logprobs,
    new_reward_model,
    sample,
    token_episodes,
)
from rlcourse.language.model.computed import check_computed
from rlcourse.language.model.sampling import exact_place
from rlcourse.language.training.supervised import SupervisedConfig, train_supervised
from tests.language.conftest import tiny_gpt2


class LoraLinear(torch.nn.Module):
    """An adapter as peft puts it in the place of a layer."""

    def __init__(self, base):
        super().__init__()
        self.base_layer, self.down = base, torch.nn.Parameter(torch.zeros(1, dtype=base.weight.dtype))
        self.weight, self.bias = base.weight, base.bias

    def forward(self, x):
        return self.base_layer(x) + self.down


class PeftModelForCausalLM(torch.nn.Module):
    """A model as peft wraps it."""

    def __init__(self, base):
        super().__init__()
        self.base_model, self.peft_config, self.config = base, {}, base.config


def _adapted(model):
    model.transformer.h[1].attn.c_attn = LoraLinear(model.transformer.h[1].attn.c_attn)


def _hooked(model):
    model.transformer.h[0].register_forward_hook(lambda module, args, output: output)


def _parametrised(model):
    torch.nn.utils.parametrizations.weight_norm(model.transformer.h[0].mlp.c_fc)


def _half(model):
    model.transformer.ln_f.half()


CHANGES = {
    "adapter": (_adapted, r"LoraLinear at transformer\.h\.1\.attn\.c_attn, .*adapter .*merge_and_unload"),
    "quantised": (
        lambda m: setattr(m.transformer.h[0].mlp, "c_fc", torch.nn.Linear(16, 64)),
        r"Linear at transformer\.h\.0\.mlp\.c_fc, where this course computes a Conv1D",
    ),
    "another-norm": (lambda m: setattr(m.transformer, "ln_f", torch.nn.RMSNorm(16)), "RMSNorm at transformer.ln_f"),
    "parametrised": (_parametrised, r"ParametrizedConv1D at transformer\.h\.0\.mlp\.c_fc"),
    "hook": (_hooked, r"a hook or a forward of its own at transformer\.h\.0"),
    "own-forward": (lambda m: setattr(m, "forward", print), "a forward of its own at its top"),
    "mixed": (_half, "one floating dtype, got torch.float16, torch.float64"),
    "whole-numbers": (lambda m: [setattr(p, "data", p.data.to(torch.int8)) for p in m.parameters()], "torch.int8"),
    "nowhere": (lambda m: m.to("meta"), "one device that holds numbers, got meta"),
    "activation": (lambda m: setattr(m.config, "activation_function", "relu"), "activation_function='relu'"),
}


@pytest.fixture
def samples(model, tokenizer):
    return sample(model, tokenizer, ["What"], num_generations=2, max_new_tokens=4)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", CHANGES)
def test_what_would_be_passed_over_is_refused_in_every_door(kind, tokenizer, samples):
    change, message = CHANGES[kind]
    changed = tiny_gpt2(len(tokenizer))
    policy = LanguagePolicy(changed, tokenizer)
    try:
        change(changed)
    except RuntimeError:  # torch does not let weights that want gradients become whole numbers
        changed.requires_grad_(False)
        change(changed)
    doors = (
        lambda: LanguagePolicy(changed, tokenizer),
        lambda: sample(changed, tokenizer, ["What"]),
        lambda: sample(policy.model, policy.tokenizer, ["What"]),
        lambda: logprobs(changed, samples.prompt_tokens, samples.prompt_lengths, samples.tokens),
        lambda: ValueModel.from_language_model(changed, tokenizer),
        lambda: new_reward_model(changed, tokenizer),
        lambda: train_supervised(changed, lambda step: None, SupervisedConfig(steps=1)),
    )
    for door in doors:
        with pytest.raises(TypeError, match=message):
            door()


def _llama():
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=400, num_key_value_heads=2, **sizes))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: _llama(), "got a LlamaForCausalLM"),
        (PeftModelForCausalLM, r"PeftModelForCausalLM, with adapters of peft; its merge_and_unload\(\) gives a plain"),
        (lambda m: torch.compile(m, backend="eager"), "from torch.compile; give the model that it was made from"),
        (torch.nn.DataParallel, "got a DataParallel; give its .module"),
        (lambda m: m.transformer, "got a GPT2Model"),
        (type, "got the class GPT2LMHeadModel"),
        (lambda m: "gpt2", "got str 'gpt2'"),
        (lambda m: None, "got NoneType None"),
    ],
)
def test_another_kind_of_model_is_refused_by_its_name(make, message, tokenizer):
    for kind in (LanguagePolicy, ValueModel, RewardModel):
        with pytest.raises(TypeError, match=message):
            inspect.unwrap(kind.__init__)(object.__new__(kind), make(tiny_gpt2(len(tokenizer))), tokenizer)


def test_arguments_that_are_swapped_are_said_to_be(model, tokenizer):
    for kind, made in (
        (LanguagePolicy, model),
        (ValueModel, ValueModel.from_language_model(model, tokenizer).model),
        (RewardModel, new_reward_model(model, tokenizer).model),
    ):
        kind(made, tokenizer)
        with pytest.raises(TypeError, match="the two arguments are swapped"):
            inspect.unwrap(kind.__init__)(object.__new__(kind), tokenizer, made)
        with pytest.raises(TypeError, match="the two arguments are swapped"):
            inspect.unwrap(kind.__init__)(object.__new__(kind), made, made)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_every_floating_dtype_is_followed(dtype, tokenizer):
    model = tiny_gpt2(len(tokenizer)).to(dtype)
    check_computed(model)
    s = sample(model, tokenizer, ["What", "The robot"], num_generations=2, max_new_tokens=4)
    again = logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens, s.mask)
    assert s.logprobs.dtype == again.dtype == dtype
    close = {"rtol": 0, "atol": 0.2 if dtype == torch.bfloat16 else 1e-4}
    torch.testing.assert_close(again[s.mask].detach(), s.logprobs[s.mask], **close)


def test_double_precision_is_computed_where_there_is_one():
    assert exact_place(torch.device("mps")) == torch.device("cpu")
    assert exact_place(torch.device("cuda:1")) == torch.device("cuda:1")


def test_dropout_and_frozen_weights_are_no_reason(tokenizer):
    model = tiny_gpt2(len(tokenizer), dropout=0.5).train().requires_grad_(False)
    check_computed(model)
    assert isinstance(model.transformer.h[0].attn.c_attn, Conv1D)


def test_a_model_that_has_shown_its_hidden_states_and_attentions_is_as_good_as_before(tokenizer):
    model = tiny_gpt2(len(tokenizer))
    tokens = torch.tensor([[3, 5, 7]])
    before = LanguagePolicy(model, tokenizer).logprobs(token_episodes([3], [[5, 7]]))
    model(tokens, output_hidden_states=True, output_attentions=True)
    after = LanguagePolicy(model, tokenizer).logprobs(token_episodes([3], [[5, 7]]))
    assert torch.equal(before, after)

"""Numbers that end in NaN, texts that pretend to be tokens, rows that do not belong together: named, never computed."""

import inspect

import pytest
import torch

from rlcourse.algorithms import GRPO, PPO, GRPOConfig, PPOConfig, Training
from rlcourse.language import (
    LanguagePolicy,
    ValueModel,
    arithmetic_world,
    completion_logits,
    encode,
    load_gpt2,
    load_reward_model,
    logprobs,
    sample,
    split_sums,
)


@pytest.fixture
def samples(model, tokenizer):
    generator = torch.Generator().manual_seed(0)
    return sample(model, tokenizer, ["What", "The robot"], num_generations=3, max_new_tokens=6, generator=generator)


@pytest.fixture(scope="module")
def bundled():
    return load_gpt2("sft", device="cpu")


@pytest.mark.parametrize("temperature", [1e-38, 1e-40, 1e-45, 5e-324])
def test_a_temperature_next_to_nothing_is_refused_or_finite_and_never_nan(temperature, bundled):
    model, tokenizer = bundled
    with pytest.raises(ValueError, match="too large; temperature 0 takes the likeliest token"):
        sample(model, tokenizer, ["2+2="], temperature=temperature, max_new_tokens=4)
    s = sample(model, tokenizer, ["2+2="], max_new_tokens=4)
    seen = (s.prompt_tokens, s.prompt_lengths, s.tokens, s.mask)
    with pytest.raises(ValueError, match="too large; temperature 0 takes the likeliest token"):
        logprobs(model, *seen, temperature=temperature)
    with pytest.raises(ValueError, match="temperature must be at least 1e-06"):
        GRPOConfig(temperature=temperature)


def test_a_low_temperature_is_nearly_greedy_and_finite(bundled):
    cold = sample(*bundled, ["2+2="], temperature=1e-6, max_new_tokens=6)
    greedy = sample(*bundled, ["2+2="], temperature=0, max_new_tokens=6)
    assert torch.equal(cold.tokens, greedy.tokens)
    assert cold.logprobs.isfinite().all()


@pytest.mark.parametrize("wrong", ["x", None, True, [1.0], 1j])
def test_a_temperature_that_is_no_number_is_named(wrong, model, tokenizer, samples):
    seen = (samples.prompt_tokens, samples.prompt_lengths, samples.tokens)
    with pytest.raises(TypeError, match="temperature must be a number, got"):
        inspect.unwrap(sample)(model, tokenizer, ["What"], temperature=wrong)
    with pytest.raises(TypeError, match="temperature must be a number, got"):
        inspect.unwrap(logprobs)(model, *seen, temperature=wrong)


def _hole(mask):
    mask = mask.clone()
    mask[0, :3] = torch.tensor([True, False, True])
    return mask


MISMATCHES = {
    "one-length": (lambda s: {"prompt_lengths": s.prompt_lengths[:1]}, "must have one row per completion"),
    "one-prompt": (lambda s: {"prompt_tokens": s.prompt_tokens[:1]}, "must have one row per completion"),
    "one-mask": (lambda s: {"mask": s.mask[:1]}, "must have one row per completion"),
    "no-rows": (lambda s: {"prompt_tokens": s.prompt_tokens[:0]}, "must have one row per completion"),
    "hole": (lambda s: {"mask": _hole(s.mask)}, "mask must be True for a completion's first tokens and False from"),
    "nothing": (lambda s: {"mask": torch.zeros_like(s.mask)}, "mask must be True for a completion's first tokens"),
    "reversed": (lambda s: {"mask": torch.arange(s.mask.shape[1]).expand_as(s.mask) > 1}, "mask must be True for"),
    "whole-numbers": (lambda s: {"mask": s.mask.long()}, "mask must be boolean"),
    "narrow": (lambda s: {"mask": s.mask[:, :1]}, "mask must be boolean, of the shape"),
    "long-prompt": (lambda s: {"prompt_lengths": s.prompt_lengths + 9}, "prompt_lengths must be at most the"),
}


@pytest.mark.parametrize("function", [logprobs, completion_logits])
@pytest.mark.parametrize("kind", MISMATCHES)
def test_rows_that_do_not_belong_together_are_refused(kind, function, model, samples):
    change, message = MISMATCHES[kind]
    rows = {name: getattr(samples, name) for name in ("prompt_tokens", "prompt_lengths", "tokens", "mask")}
    with pytest.raises(ValueError, match=message):
        inspect.unwrap(function)(model, **(rows | change(samples)))


def test_any_iterable_of_texts_is_read_and_nothing_else(tokenizer, model):
    texts = ["What", "The robot"]
    assert encode(tokenizer, (text for text in texts)) == encode(tokenizer, tuple(texts)) == encode(tokenizer, texts)
    s = sample(model, tokenizer, (text for text in texts), temperature=0, max_new_tokens=2)
    assert torch.equal(s.tokens, sample(model, tokenizer, texts, temperature=0, max_new_tokens=2).tokens)
    for wrong in ("What", b"What", 3, None, [3], [["What"]]):
        with pytest.raises(TypeError, match="texts must be a list of strings, got"):
            inspect.unwrap(encode)(tokenizer, wrong)


@pytest.mark.parametrize("text", ["a<|endoftext|>b", "<|endoftext|>", "a <|endoftext|>"])
def test_the_name_of_the_end_in_a_text_is_letters_and_no_end(text, tokenizer):
    (ids,) = encode(tokenizer, [text])
    assert tokenizer.eos_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_a_prompt_may_begin_with_the_token_that_begins_a_text(tokenizer, model):
    begin = tokenizer.bos_token
    s = sample(model, tokenizer, [begin, f"{begin}What", f"What{begin}"], temperature=0, max_new_tokens=2)
    assert s.prompt_lengths.tolist()[:2] == [1, 2]
    assert (s.prompt_tokens[:, 0] == tokenizer.bos_token_id).tolist() == [True, True, False]
    assert tokenizer.bos_token_id not in s.prompt_tokens[2].tolist()


def test_strings_in_the_place_of_lists_are_refused():
    judge = load_reward_model(device="cpu")
    for call in (judge.score, judge.scores):
        with pytest.raises(TypeError, match="prompts must be a list of strings, got 'ab'"):
            inspect.unwrap(call.__func__)(judge, "ab", "cd")


def _trained(kind):
    model, tokenizer = load_gpt2("sft", device="cpu")
    world = arithmetic_world(split_sums()[0], prompts_per_step=2, max_new_tokens=4)
    if kind == "ppo":
        critic = ValueModel.from_language_model(model, tokenizer)
        algorithm = PPO(PPOConfig(learning_rate=1e-4, minibatch_size=8, epochs=1), critic=critic)
    else:
        algorithm = GRPO(GRPOConfig(num_generations=4))
    training = Training(LanguagePolicy(model, tokenizer), world, algorithm, seed=1)
    training.run(1, progress=False)
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


@pytest.mark.parametrize("kind", ["grpo", "ppo"])
@pytest.mark.parametrize("default", ["meta", torch.float64])
def test_training_on_text_is_the_same_whatever_the_users_defaults(kind, default):
    plain, before = _trained(kind), torch.get_default_dtype()
    try:
        torch.set_default_device("meta") if default == "meta" else torch.set_default_dtype(default)
        again = _trained(kind)
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(before)
    assert torch.equal(plain, again)

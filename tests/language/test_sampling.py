"""Sampling: the same tokens as `generate`, the same log-probabilities as teacher forcing, and honest masks."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.language import logprobs, sample
from rlcourse.language.sampling import _inverse_cdf
from tests.language.conftest import PROMPTS, tiny_gpt2


def _sample(model, tokenizer, prompts=PROMPTS, *, seed=0, **options):
    options = {"num_generations": 4, "max_new_tokens": 12} | options
    return sample(model, tokenizer, prompts, generator=torch.Generator().manual_seed(seed), **options)


def test_greedy_decoding_equals_generate_token_for_token(model, tokenizer):
    ours = _sample(model, tokenizer, num_generations=1, temperature=0)
    for i, prompt in enumerate(PROMPTS):
        ids = tokenizer(prompt, return_tensors="pt").input_ids
        theirs = model.generate(ids, do_sample=False, max_new_tokens=12, attention_mask=torch.ones_like(ids))
        completion = theirs[0, ids.shape[1] :]
        assert ours.tokens[i][ours.mask[i]].tolist() == completion.tolist()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_sampled_and_teacher_forced_logprobs_agree(model, tokenizer, temperature):
    s = _sample(model, tokenizer, temperature=temperature)
    forced = logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens, temperature=temperature)
    torch.testing.assert_close(forced[s.mask], s.logprobs[s.mask], rtol=0, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9), st.integers(0, 5), st.integers(0, 2**31))
def test_logprobs_do_not_depend_on_the_amount_of_padding(model, tokenizer, prompt_padding, padding, seed):
    s = _sample(model, tokenizer, seed=seed, num_generations=2, max_new_tokens=6)
    plain = logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens)
    generator = torch.Generator().manual_seed(seed)

    def pad(tokens, columns):
        garbage = torch.randint(model.config.vocab_size, (len(tokens), columns), generator=generator)
        return torch.cat([tokens, garbage], dim=1)

    padded = logprobs(model, pad(s.prompt_tokens, prompt_padding), s.prompt_lengths, pad(s.tokens, padding))
    torch.testing.assert_close(padded[:, : s.tokens.shape[1]][s.mask], plain[s.mask], rtol=0, atol=1e-9)


def test_a_prompt_is_answered_the_same_alone_and_among_others(model, tokenizer):
    together = _sample(model, tokenizer, num_generations=1, temperature=0)
    for i, prompt in enumerate(PROMPTS):
        alone = _sample(model, tokenizer, [prompt], num_generations=1, temperature=0)
        kept = alone.mask[0]
        assert together.tokens[i][together.mask[i]].tolist() == alone.tokens[0][kept].tolist()
        torch.testing.assert_close(together.logprobs[i][together.mask[i]], alone.logprobs[0][kept])


def test_the_first_end_of_text_counts_and_nothing_after_it(model, tokenizer):
    s = _sample(model, tokenizer, num_generations=64, temperature=3.0, max_new_tokens=40 - 13)
    end = tokenizer.eos_token_id
    ended = 0
    for tokens, mask, logprob in zip(s.tokens, s.mask, s.logprobs, strict=True):
        length = int(mask.sum())
        assert mask[:length].all()
        assert end not in tokens[: length - 1].tolist()
        assert (tokens[length:] == end).all()
        assert (logprob[length:] == 0).all()
        if length < len(mask):
            assert tokens[length - 1] == end
            ended += 1
    assert 0 < ended < len(s.mask)


def test_tokens_come_in_the_models_own_proportions(model, tokenizer):
    s = _sample(model, tokenizer, ["What"], num_generations=20_000, max_new_tokens=1, temperature=1.5)
    with torch.no_grad():
        logits = model(tokenizer("What", return_tensors="pt").input_ids).logits[0, -1]
    expected = (logits / 1.5).softmax(-1)
    counts = torch.bincount(s.tokens[:, 0], minlength=len(expected)) / len(s.tokens)
    assert (counts - expected).abs().max() < 4 * (0.25 / 20_000) ** 0.5


def test_a_token_of_probability_0_is_never_drawn(monkeypatch):
    probabilities = torch.tensor([[0.0, 0.5, 0.0, 0.5, 0.0]])
    for uniform, token in ((0.0, 1), (0.5, 3), (1 - 2**-53, 3)):
        drawn = torch.full((1, 1), uniform, dtype=torch.float64)
        monkeypatch.setattr(torch, "rand", lambda *_, drawn=drawn, **__: drawn)
        assert _inverse_cdf(probabilities, None).item() == token


def test_the_same_generator_gives_the_same_samples(model, tokenizer):
    first, again, other = (_sample(model, tokenizer, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.tokens, again.tokens)
    assert first.tokens.shape != other.tokens.shape or not torch.equal(first.tokens, other.tokens)


def test_samples_can_be_trained_on(model, tokenizer):
    s = _sample(model, tokenizer)
    assert not s.logprobs.is_inference()
    assert not s.logprobs.requires_grad
    assert logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens).requires_grad


def test_texts_leave_out_the_end_of_text_token(model, tokenizer):
    texts = _sample(model, tokenizer).texts(tokenizer)
    assert len(texts) == 4 * len(PROMPTS)
    assert not any(tokenizer.eos_token in text for text in texts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompts": []}, "at least one prompt"),
        ({"prompts": [""]}, "at least one token, got ''"),
        ({"prompts": ["What is 2+2? " * 10]}, "context holds 48"),
        ({"prompts": ["Wie heißt du?"]}, "does not know 'ß'"),
        ({"num_generations": 0}, "num_generations must be a whole number of at least 1, got 0"),
        ({"max_new_tokens": 48}, "context holds 48"),
        ({"temperature": -1.0}, "temperature must be 0 or a positive number, got -1.0"),
        ({"temperature": float("nan")}, "temperature must be 0 or a positive number, got nan"),
    ],
)
def test_bad_input_gets_a_clear_error(model, tokenizer, options, message):
    options = {"prompts": ["What"]} | options
    with pytest.raises(ValueError, match=message):
        _sample(model, tokenizer, **options)


def test_a_model_that_has_diverged_is_not_sampled(tokenizer):
    broken = tiny_gpt2(len(tokenizer))
    torch.nn.init.constant_(broken.transformer.ln_f.weight, float("nan"))
    with pytest.raises(ValueError, match="not numbers any more"):
        _sample(broken, tokenizer)


def test_one_string_is_not_a_list_of_prompts(model, tokenizer):
    with pytest.raises(TypeError, match="must be a list of strings"):
        _sample(model, tokenizer, "What is 2+2?")

"""Teacher forcing: aligned with its tokens, blind to padding and to the company a row is in."""

import pytest
import torch

from rlcourse.language import completion_logits, logprobs, sample
from tests.language.conftest import PROMPTS, tiny_gpt2


@pytest.fixture
def samples(model, tokenizer):
    generator = torch.Generator().manual_seed(0)
    return sample(model, tokenizer, PROMPTS, num_generations=3, max_new_tokens=8, generator=generator)


def test_the_state_before_a_token_predicts_it(model, samples):
    ours = logprobs(model, samples.prompt_tokens, samples.prompt_lengths, samples.tokens)
    for i, length in enumerate(samples.prompt_lengths.tolist()):
        answer = samples.tokens[i][samples.mask[i]]
        whole = torch.cat([samples.prompt_tokens[i, :length], answer])[None]
        labels = whole.clone()
        labels[:, :length] = -100
        with torch.no_grad():
            theirs = model(whole, labels=labels).loss  # which transformers computes in single precision
        torch.testing.assert_close(-ours[i][samples.mask[i]].mean().float(), theirs, rtol=1e-6, atol=1e-6)


def test_one_by_one_equals_all_at_once(model, samples):
    args = (samples.prompt_tokens, samples.prompt_lengths, samples.tokens)
    together = logprobs(model, *args)
    for i in range(len(samples.tokens)):
        alone = logprobs(model, *(a[i : i + 1] for a in args))
        torch.testing.assert_close(alone[0], together[i], rtol=0, atol=1e-10)


def test_sharing_a_prompt_does_not_change_gradients(tokenizer, samples):
    shared, single = tiny_gpt2(len(tokenizer)), tiny_gpt2(len(tokenizer))
    args = (samples.prompt_tokens, samples.prompt_lengths, samples.tokens)
    torch.where(samples.mask, logprobs(shared, *args), 0.0).sum().backward()
    for i in range(len(samples.tokens)):
        row = logprobs(single, *(a[i : i + 1] for a in args))
        torch.where(samples.mask[i : i + 1], row, 0.0).sum().backward()
    for (name, a), b in zip(shared.named_parameters(), single.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-7, atol=1e-9, msg=name)


def test_temperature_divides_the_logits(model, samples):
    args = (samples.prompt_tokens, samples.prompt_lengths, samples.tokens)
    expected = (completion_logits(model, *args) / 0.7).log_softmax(-1).gather(2, samples.tokens[..., None])[..., 0]
    torch.testing.assert_close(logprobs(model, *args, temperature=0.7), expected)


def test_one_token_completions_need_only_the_prompt(model, samples):
    args = (samples.prompt_tokens, samples.prompt_lengths)
    whole = logprobs(model, *args, samples.tokens)[:, :1]
    torch.testing.assert_close(logprobs(model, *args, samples.tokens[:, :1]), whole)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": 0}, "temperature must be a number above 0, got 0"),
        ({"temperature": -1.0}, "temperature must be a number above 0, got -1.0"),
        ({"prompt_lengths": torch.zeros(12, dtype=torch.long)}, "prompt_lengths must be at least 1, got 0"),
        ({"tokens": torch.zeros(12, 40, dtype=torch.long)}, "is 54 tokens long, but this model's context holds 48"),
    ],
)
def test_what_cannot_be_scored_is_refused(model, samples, change, message):
    names = ("prompt_tokens", "prompt_lengths", "tokens")
    options = {name: getattr(samples, name) for name in names} | change
    with pytest.raises(ValueError, match=message):
        logprobs(model, **options)


def test_completions_may_fill_the_context_to_its_end(model, tokenizer):
    room = model.config.n_positions - 13
    generator = torch.Generator().manual_seed(0)
    s = sample(model, tokenizer, [PROMPTS[0], "What"], max_new_tokens=room, generator=generator)
    forced = logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens)
    torch.testing.assert_close(forced[s.mask], s.logprobs[s.mask], rtol=0, atol=1e-9)

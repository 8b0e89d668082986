"""Sampling: the same tokens as `generate`, the same log-probabilities as teacher forcing, and honest masks."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.language import logprobs, sample
from rlcourse.language.model.gpt2 import hidden_states
from rlcourse.language.model.sampling import _inverse_cdf
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


@settings(max_examples=15)
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


def test_texts_of_two_tokens_come_in_the_models_own_proportions(model, tokenizer):
    """Many answers share a node and part from it: the second token still follows the first as the model has it."""
    count, ids = 20_000, tokenizer("What", return_tensors="pt").input_ids
    s = _sample(model, tokenizer, ["What"], num_generations=count, max_new_tokens=2, temperature=0.5)
    with torch.no_grad():
        first = (model(ids).logits[0, -1] / 0.5).softmax(-1)
        for token in first.topk(3).indices:
            second = (model(torch.cat([ids, token.view(1, 1)], 1)).logits[0, -1] / 0.5).softmax(-1)
            after = s.tokens[s.tokens[:, 0] == token, 1]
            shares = torch.bincount(after, minlength=len(second)) / count
            assert (shares - first[token] * second).abs().max() < 4 * (0.25 / count) ** 0.5


@pytest.mark.parametrize(("temperature", "generations"), [(0.3, 8), (1.0, 1), (3.0, 20)])
def test_the_samples_are_those_of_reading_every_text_alone_and_from_its_beginning(
    model, tokenizer, temperature, generations
):
    """A sampler without cache, batch or tree, from the same random numbers: one per answer and step, used or not."""
    prompts = [*PROMPTS, PROMPTS[1]]
    s = _sample(model, tokenizer, prompts, temperature=temperature, num_generations=generations, seed=5)
    generator = torch.Generator().manual_seed(5)
    texts = [tokenizer(prompt).input_ids for prompt in prompts for _ in range(generations)]
    answers, ended = [[] for _ in texts], [False] * len(texts)
    for _ in range(12):
        uniform = torch.rand(len(texts), dtype=torch.float64, generator=generator)
        for i, (text, answer) in enumerate(zip(texts, answers, strict=True)):
            if not ended[i]:
                with torch.no_grad():
                    logits = model(torch.tensor([text + [token for token, _ in answer]])).logits[0, -1]
                distribution = (logits / temperature).log_softmax(-1)
                token = int((distribution.exp().cumsum(0) <= uniform[i]).sum())
                answer.append((token, distribution[token].item()))
                ended[i] = token == tokenizer.eos_token_id
    assert temperature < 3 or any(ended)  # so that the others go on without them
    for i, answer in enumerate(answers):
        tokens, logprobs_ = zip(*answer, strict=True)
        assert tuple(s.tokens[i][s.mask[i]].tolist()) == tokens
        assert s.logprobs[i][s.mask[i]].tolist() == pytest.approx(logprobs_, abs=1e-9)


def test_a_prompt_that_stands_twice_is_one_group_of_twice_the_size(model, tokenizer):
    twice = _sample(model, tokenizer, ["What", "What"], num_generations=4)
    once = _sample(model, tokenizer, ["What"], num_generations=8)
    assert torch.equal(twice.tokens, once.tokens)
    assert torch.equal(twice.mask, once.mask)


def test_texts_that_are_equal_are_read_once(model, tokenizer, monkeypatch):
    read = []

    def spy(model_, tokens, *args):
        read.append(len(tokens))
        return hidden_states(model_, tokens, *args)

    monkeypatch.setattr("rlcourse.language.model.sampling.hidden_states", spy)
    s = _sample(model, tokenizer, num_generations=16, temperature=0.3)
    for t, count in enumerate(read, start=1):
        texts = torch.cat([s.prompt_tokens, s.tokens[:, :t]], dim=1)[s.mask[:, t]].tolist()
        assert count == len(set(map(tuple, texts)))
    assert read[0] < 16 * len(PROMPTS)


def test_a_token_of_probability_0_is_never_drawn():
    probabilities = torch.tensor([[1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.5, 0.0]])
    nodes = torch.tensor([1, 1, 1, 0])
    uniform = torch.tensor([0.0, 0.5, 1 - 2**-53, 1 - 2**-53], dtype=torch.float64)
    assert _inverse_cdf(probabilities, nodes, uniform).tolist() == [1, 3, 3, 0]


def test_the_same_generator_gives_the_same_samples(model, tokenizer):
    first, again, other = (_sample(model, tokenizer, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.tokens, again.tokens)
    assert first.tokens.shape != other.tokens.shape or not torch.equal(first.tokens, other.tokens)


def test_greedy_decoding_uses_no_random_numbers(model, tokenizer):
    generator = torch.Generator().manual_seed(0)
    sample(model, tokenizer, PROMPTS, temperature=0, max_new_tokens=4, generator=generator)
    assert torch.equal(generator.get_state(), torch.Generator().manual_seed(0).get_state())


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
        ({"num_generations": 0}, "num_generations must be 1 or more, got 0"),
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

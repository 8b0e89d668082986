"""Teacher forcing: aligned with its tokens, blind to padding and to the company a row is in."""

import pytest
import torch
from transformers import GPT2Config, GPT2ForSequenceClassification

from rlcourse.algorithms.protocol import Episodes
from rlcourse.language import LanguagePolicy, completion_hidden, completion_logits, logprobs, sample
from rlcourse.language.model.policy import _distinct_states
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


def _weighted_gradients(tokenizer, samples, rows, mask=None):
    """The gradient of a sum that gives every log-probability a weight of its own, of each list of rows in turn."""
    model = tiny_gpt2(len(tokenizer))
    weights = torch.randn(samples.tokens.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for picked in rows:
        batch = [t[picked] for t in (samples.prompt_tokens, samples.prompt_lengths, samples.tokens)]
        scored = logprobs(model, *batch, None if mask is None else mask[picked])
        torch.where(samples.mask[picked], scored * weights[picked], 0.0).sum().backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize("temperature", [0.2, 0.6])
def test_what_equal_answers_have_in_common_is_read_once_and_gradients_are_the_same(model, tokenizer, temperature):
    generator = torch.Generator().manual_seed(0)
    options = {"num_generations": 12, "temperature": temperature, "max_new_tokens": 8, "generator": generator}
    s = sample(model, tokenizer, [*PROMPTS, "What"], **options)
    rows = torch.arange(len(s.tokens))
    states, _ = _distinct_states(model, s.prompt_tokens, s.prompt_lengths, s.tokens, s.mask)
    assert len(states) < 0.9 * s.mask.sum()
    alone = _weighted_gradients(tokenizer, s, rows[:, None])
    for mask in (None, s.mask):
        together = _weighted_gradients(tokenizer, s, rows[None], mask)
        torch.testing.assert_close(together, alone, rtol=1e-8, atol=1e-10)


def test_there_is_one_state_for_every_distinct_text_that_chose_a_token(model, samples):
    s = samples
    states, before = _distinct_states(model, s.prompt_tokens, s.prompt_lengths, s.tokens, s.mask)
    texts = {}
    for b, t in s.mask.nonzero().tolist():
        text = (*s.prompt_tokens[b, : s.prompt_lengths[b]].tolist(), *s.tokens[b, :t].tolist())
        assert texts.setdefault(text, int(before[b, t])) == before[b, t]
    assert len(states) == len(texts) == len(set(texts.values()))


@pytest.mark.parametrize("garbage", [0, 7, 399])
def test_with_a_mask_what_stands_in_the_padding_changes_not_one_bit(model, garbage, samples):
    s = samples
    mask = torch.arange(s.tokens.shape[1]) < torch.arange(len(s.tokens))[:, None].clamp(1, 5)  # cut short
    plain = logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens)
    spoilt = torch.where(mask, s.tokens, garbage % model.config.vocab_size)
    masked = logprobs(model, s.prompt_tokens, s.prompt_lengths, spoilt, mask)
    torch.testing.assert_close(masked[mask], plain[mask], rtol=0, atol=1e-10)
    clean = logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens, mask)
    assert torch.equal(clean[mask], masked[mask])


def test_answers_of_one_token_each_among_padding_need_only_the_prompt(model, samples):
    s = samples
    mask = torch.zeros_like(s.mask)
    mask[:, 0] = True
    plain = logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens)
    masked = logprobs(model, s.prompt_tokens, s.prompt_lengths, s.tokens, mask)
    torch.testing.assert_close(masked[:, 0], plain[:, 0], rtol=0, atol=1e-10)
    states, _ = _distinct_states(model, s.prompt_tokens, s.prompt_lengths, s.tokens, mask)
    assert len(states) == len(PROMPTS)


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


@pytest.fixture
def episodes(samples):
    return Episodes(
        observations={"prompt_tokens": samples.prompt_tokens, "prompt_lengths": samples.prompt_lengths},
        actions=samples.tokens,
        mask=samples.mask,
        old_logprobs=samples.logprobs,
        rewards=torch.zeros(len(samples.tokens)),
        num_generations=samples.num_generations,
    )


def test_the_log_softmax_of_a_policys_logits_holds_its_logprobs(model, tokenizer, episodes):
    policy = LanguagePolicy(model, tokenizer)
    everything = policy.logits(episodes, temperature=0.7).log_softmax(-1)
    chosen = everything.gather(2, episodes.actions[..., None])[..., 0]
    torch.testing.assert_close(chosen, policy.logprobs(episodes, temperature=0.7), rtol=0, atol=1e-10)


def test_a_policys_logits_can_be_differentiated_twice(tokenizer, episodes):
    """d/dε of the gradient at θ + ε·v, by finite differences, is the Hessian-vector product by a double backward."""
    policy = LanguagePolicy(tiny_gpt2(len(tokenizer)), tokenizer)
    parameters = list(policy.parameters())
    before = policy.logits(episodes).log_softmax(-1).detach() + 0.1  # off the minimum: the curvature of all of it
    generator = torch.Generator().manual_seed(0)
    vector = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in parameters]

    def gradient(**options):
        now = policy.logits(episodes).log_softmax(-1)
        kl = (before.exp() * (before - now)).sum(-1)
        return torch.autograd.grad(torch.where(episodes.mask, kl, 0.0).mean(), parameters, **options)

    product = torch.autograd.grad(
        sum((g * v).sum() for g, v in zip(gradient(create_graph=True), vector, strict=True)), parameters
    )
    ends, step = [], 1e-5
    for sign in (1, -2):  # to θ + step·v, then from there to θ − step·v
        with torch.no_grad():
            for p, v in zip(parameters, vector, strict=True):
                p += sign * step * v
        ends.append(gradient())
    for above, below, exact in zip(*ends, product, strict=True):
        torch.testing.assert_close((above - below) / (2 * step), exact, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("temperature", [0, -1.0])
def test_a_policys_logits_refuse_a_temperature_that_is_not_above_0(model, tokenizer, episodes, temperature):
    with pytest.raises(ValueError, match="temperature must be a number above 0"):
        LanguagePolicy(model, tokenizer).logits(episodes, temperature=temperature)


def test_the_hidden_states_of_a_completion_are_those_of_a_body_with_any_head(tokenizer, samples):
    config = GPT2Config(vocab_size=len(tokenizer), n_positions=48, n_embd=16, n_layer=2, n_head=2, num_labels=1)
    scorer = GPT2ForSequenceClassification(config).double().eval()
    hidden = completion_hidden(scorer, samples.prompt_tokens, samples.prompt_lengths, samples.tokens)
    for i, length in enumerate(samples.prompt_lengths.tolist()):
        whole = torch.cat([samples.prompt_tokens[i, :length], samples.tokens[i]])[None]
        theirs = scorer.transformer(whole).last_hidden_state[0, length - 1 : -1]
        torch.testing.assert_close(hidden[i], theirs, rtol=0, atol=1e-10)

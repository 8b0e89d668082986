"""The value model: the state before token t predicts token t, for values too; blind to padding and to what comes."""

import dataclasses

import pytest
import torch
from transformers import GPT2ForTokenClassification

from rlcourse.algorithms.protocol import Episodes
from rlcourse.language import ValueModel, sample
from tests.language.conftest import PROMPTS, tiny_gpt2


@pytest.fixture
def value_model(model, tokenizer):
    made = ValueModel.from_language_model(model, tokenizer)
    with torch.no_grad():
        made.model.classifier.weight.normal_(generator=torch.Generator().manual_seed(0))
        made.model.classifier.bias.fill_(0.7)
    return made


@pytest.fixture
def episodes(model, tokenizer):
    generator = torch.Generator().manual_seed(0)
    s = sample(model, tokenizer, PROMPTS, num_generations=3, max_new_tokens=8, generator=generator)
    ends = torch.arange(len(s.tokens)) % 8  # answers of every length, from the end of text alone to the limit
    steps = torch.arange(s.tokens.shape[1])
    mask = s.mask & (steps <= ends[:, None])
    return Episodes(
        observations={"prompt_tokens": s.prompt_tokens, "prompt_lengths": s.prompt_lengths},
        actions=torch.where(steps < ends[:, None], s.tokens, 0),
        mask=mask,
        old_logprobs=torch.where(mask, s.logprobs, 0.0),
        rewards=torch.zeros(len(s.tokens)),
        num_generations=3,
    )


def _whole(episodes, row):
    prompt = episodes.observations["prompt_tokens"][row, : episodes.observations["prompt_lengths"][row]]
    return len(prompt), torch.cat([prompt, episodes.actions[row][episodes.mask[row]]])[None]


def test_a_value_is_that_of_the_state_before_its_token(value_model, episodes):
    """By transformers' own forward pass, whose logit at a token is the value after it."""
    assert not episodes.mask.all()
    values = value_model.values(episodes)
    for row in range(len(values)):
        length, tokens = _whole(episodes, row)
        with torch.no_grad():
            after = value_model.model(tokens).logits[0, :, 0]
        torch.testing.assert_close(values[row][episodes.mask[row]], after[length - 1 : -1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("changed", [0, 1, 4])
def test_a_value_does_not_know_its_own_token_or_a_later_one(value_model, episodes, changed):
    actions = episodes.actions.clone()
    actions[:, changed:] = torch.where(episodes.mask[:, changed:], (actions[:, changed:] + 7) % 400, 0)
    before, after = (value_model.values(e) for e in (episodes, dataclasses.replace(episodes, actions=actions)))
    real = episodes.mask.clone()
    torch.testing.assert_close(
        *(v[:, : changed + 1][real[:, : changed + 1]] for v in (before, after)), rtol=0, atol=1e-9
    )
    if changed < 4:  # and it does know every token before it
        later = real[:, changed + 1]
        assert ((before - after)[:, changed + 1][later].abs() > 1e-6).all()


def test_padding_does_not_change_values(value_model, episodes):
    values = value_model.values(episodes)
    for garbage in (0, 1, 17):
        actions = torch.nn.functional.pad(torch.where(episodes.mask, episodes.actions, garbage), (0, 5), value=garbage)
        prompts = torch.nn.functional.pad(episodes.observations["prompt_tokens"], (0, 4), value=garbage)
        padded = dataclasses.replace(
            episodes,
            observations=dict(episodes.observations) | {"prompt_tokens": prompts},
            actions=actions,
            mask=torch.nn.functional.pad(episodes.mask, (0, 5)),
            old_logprobs=torch.nn.functional.pad(episodes.old_logprobs, (0, 5)),
        )
        again = value_model.values(padded)
        assert again.shape == padded.actions.shape
        torch.testing.assert_close(again[padded.mask], values[episodes.mask], rtol=0, atol=1e-9)


def test_one_by_one_equals_all_at_once(value_model, episodes):
    values = value_model.values(episodes)
    for row in range(len(values)):
        alone = value_model.values(episodes.select(torch.tensor([row])))[0]
        kept = episodes.mask[row]
        torch.testing.assert_close(alone[kept], values[row][kept], rtol=0, atol=1e-9)


def test_gradients_are_those_of_transformers(value_model, episodes):
    torch.where(episodes.mask, value_model.values(episodes), 0.0).sum().backward()
    ours = [weight.grad.clone() for weight in value_model.parameters()]
    value_model.model.zero_grad()
    for row in range(len(episodes.actions)):
        length, tokens = _whole(episodes, row)
        value_model.model(tokens).logits[0, length - 1 : -1].sum().backward()
    for mine, weight in zip(ours, value_model.parameters(), strict=True):
        assert mine.any() or not weight.grad.any()
        torch.testing.assert_close(mine, weight.grad, rtol=1e-7, atol=1e-9)


def test_a_new_value_model_expects_nothing_and_shares_nothing(tokenizer, episodes):
    model = tiny_gpt2(len(tokenizer))
    made = ValueModel.from_language_model(model, tokenizer)
    values = made.values(episodes)
    assert not values.any() and values.requires_grad
    before = model.transformer.wte.weight.clone()
    with torch.no_grad():
        made.model.transformer.wte.weight.add_(1.0)
    assert torch.equal(model.transformer.wte.weight, before)


def test_the_weights_are_the_body_and_the_head(value_model):
    names = {name for name, _ in value_model.model.named_parameters()}
    assert {"classifier.weight", "classifier.bias", "transformer.wte.weight"} <= names
    assert len(list(value_model.parameters())) == len(names)
    assert not any("lm_head" in name for name in names)


def test_what_is_saved_is_loaded_by_us_and_by_transformers(value_model, episodes, tmp_path):
    value_model.save(tmp_path / "critic")
    again = ValueModel.load(tmp_path / "critic", device="cpu")
    torch.testing.assert_close(again.values(episodes), value_model.values(episodes), rtol=0, atol=0)
    plain = GPT2ForTokenClassification.from_pretrained(tmp_path / "critic")
    length, tokens = _whole(episodes, 0)
    with torch.no_grad():
        after = plain(tokens).logits[0, length - 1 : -1, 0]  # in evaluation mode, as it is loaded
    torch.testing.assert_close(after, again.values(episodes)[0][episodes.mask[0]], rtol=0, atol=1e-9)


def test_it_is_what_algorithms_call_a_critic(value_model):
    from rlcourse.algorithms.rollout import Critic

    assert isinstance(value_model, Critic)

"""A GPT-2 behind padding is told its positions; a model that does not mind is left alone."""

import pytest
import torch
from transformers import AutoModelForCausalLM

from rlcourse.language import load_gpt2
from rlcourse.scale import count_positions


@torch.no_grad()
def answers(model, padding):
    ids, start = torch.randint(2, 90, (2, 12), generator=torch.Generator().manual_seed(0)), torch.zeros(2, padding)
    whole = torch.cat([start.long(), ids], 1)
    mask = torch.cat([start, torch.ones(2, 12)], 1).long()
    return model(input_ids=whole, attention_mask=mask).logits[:, padding:].log_softmax(-1)


def test_with_positions_padding_does_not_matter_and_without_it_does():
    model, _ = load_gpt2("sft", device="cpu")
    right = answers(model, 0)
    assert (answers(model, 3) - right).abs().max() > 0.5
    assert count_positions(model)
    torch.testing.assert_close(answers(model, 3), right, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(answers(model, 0), right, rtol=1e-4, atol=1e-4)


def test_what_is_sampled_stays_as_it_was():
    model, tokenizer = load_gpt2("sft", device="cpu")
    given = tokenizer(
        ["Question: What is 2+2?\nAnswer:", "Question: What is 12+17?\nAnswer:"],
        return_tensors="pt", padding=True, padding_side="left",
    )  # fmt: skip
    before = model.generate(**given, do_sample=False, max_new_tokens=8, pad_token_id=0)
    count_positions(model)
    assert torch.equal(model.generate(**given, do_sample=False, max_new_tokens=8, pad_token_id=0), before)


@pytest.mark.parametrize("name", ["llama", "qwen"])
def test_a_model_that_turns_positions_into_angles_is_left_alone(name, family):
    model = AutoModelForCausalLM.from_pretrained(family(name))
    assert not count_positions(model)
    torch.testing.assert_close(answers(model, 3), answers(model, 0), rtol=1e-4, atol=1e-4)

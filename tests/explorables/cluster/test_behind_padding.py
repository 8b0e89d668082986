"""One answer behind padding: a GPT-2 that is told no positions is off, others are not, and nobody without padding."""

import numpy as np
import pytest
import torch

from rlcourse.explorables.cluster.behind_padding import MOST, behind_padding_figure, behind_padding_plot
from rlcourse.language import load_gpt2

QUESTION, ANSWER = "Question: What is 27+35?\nAnswer:", " 27+35 is 62."


@pytest.fixture(scope="module")
def small():
    return load_gpt2("sft", device="cpu")


@pytest.fixture(scope="module")
def plot(small):
    return behind_padding_plot(*small, QUESTION, ANSWER)


def test_only_the_gpt2_without_positions_minds_the_padding(plot):
    ratio = plot.arrays["ratio"].values  # [kind, padding, token], decades
    np.testing.assert_allclose(ratio[:, 0], 0, atol=1e-6)
    assert (np.abs(ratio[0, 1:]).max(-1) > 1e-4).all() and np.abs(ratio[0, 42:]).max(-1).min() > 0.3
    np.testing.assert_allclose(ratio[1:], 0, atol=1e-4)
    assert plot.fill(plot.readouts[0], {"kind": 1, "padding": MOST}).endswith(
        "0 % of the tokens are off by more than 5 %."
    )


def test_behind_one_padding_it_is_what_the_model_says_with_a_mask_alone(small, plot):
    model, tokenizer = small
    asked, written = tokenizer(QUESTION).input_ids, [*tokenizer(ANSWER).input_ids, tokenizer.eos_token_id]

    def said(padding):
        rows = torch.tensor([[0] * padding + asked + written])
        mask = torch.tensor([[0] * padding + [1] * len(asked + written)])
        with torch.no_grad():
            logits = model(input_ids=rows, attention_mask=mask).logits.log_softmax(-1)[0, -len(written) - 1 : -1]
        return logits.gather(1, torch.tensor(written)[:, None])[:, 0]

    expected = ((said(7) - said(0)) / np.log(10)).clamp(-2.2, 2.2)
    np.testing.assert_allclose(plot.pick("ratio", {"kind": 0, "padding": 7}, "token"), expected, atol=1e-4)


def test_neither_the_model_nor_chance_is_touched(small):
    state, hooks = torch.get_rng_state(), len(small[0]._forward_pre_hooks)
    behind_padding_figure(*small, QUESTION, ANSWER, padding=3)
    assert torch.equal(torch.get_rng_state(), state) and len(small[0]._forward_pre_hooks) == hooks


def test_a_text_that_has_no_room_is_refused(small):
    with pytest.raises(ValueError, match="at most 48 tokens together, got"):
        behind_padding_plot(*small, QUESTION, ANSWER * 12)

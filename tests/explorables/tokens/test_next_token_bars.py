"""The next token's probabilities: softmax(logits / T) at every temperature, and their entropy."""

import math

import numpy as np
import pytest
import torch

from rlcourse.explorables import next_token_bars, next_token_bars_figure
from rlcourse.explorables.tokens.next_token_bars import TEMPERATURES, next_logits, next_token_plot
from rlcourse.language import LanguagePolicy, load_gpt2, sample

LOGITS = torch.tensor([[2.0, 0.0, 1.0, -1.0], [0.0, 0.0, 0.0, 0.0]])


@pytest.fixture(scope="module")
def plot():
    return next_token_plot(LOGITS, [" I", "{", "_", "4"], ["one", "two"], top=2)


@pytest.fixture(scope="module")
def policy():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 2.0])
def test_the_bars_are_the_softmax_and_the_rest_of_it(plot, temperature):
    chances = (LOGITS[0] / temperature).softmax(0)
    state = {"temperature": temperature, "text": 0}
    expected = [chances[0], chances[2], chances[1] + chances[3]]
    np.testing.assert_allclose(plot.pick("chance", state, along="bar"), expected, atol=1e-7)
    assert plot.pick("entropy", state) == pytest.approx(-(chances * chances.log()).sum().item(), abs=1e-6)


def test_at_0_the_likeliest_token_has_all(plot):
    np.testing.assert_array_equal(plot.pick("chance", {"temperature": 0, "text": 0}, along="bar"), [1, 0, 0])
    assert plot.pick("entropy", {"temperature": 0, "text": 0}) == 0


def test_equal_logits_stay_equal_at_every_temperature_above_0(plot):
    for temperature in TEMPERATURES[1:]:
        assert plot.pick("as_many", {"temperature": temperature, "text": 1}) == pytest.approx(4)


def test_signs_that_mean_something_in_a_template_are_only_shown(plot):
    state = {"temperature": 1.0, "text": 0}
    assert plot.fill("{token_0} {token_1} {token_2}", state) == "␣I \u2017 2 others"


def test_the_models_own_sampler_draws_by_these_probabilities(policy):
    text = "Question: What is 2+2?\nAnswer:"
    chances = next_logits(policy, [text])[0].softmax(0)
    how = {"num_generations": 4000, "temperature": 1.0, "max_new_tokens": 1}
    drawn = sample(policy.model, policy.tokenizer, [text], **how, generator=torch.Generator().manual_seed(0))
    counts = torch.bincount(drawn.tokens[:, 0], minlength=len(chances)) / 4000
    assert (counts - chances).abs().max() < 4 * math.sqrt(0.25 / 4000)


def test_of_several_texts_buttons_choose_one(policy):
    assert len(next_token_bars(policy, "2+2 is").children[1].children) == 1
    texts = next_token_bars(policy, ["What?\nAnswer: ", "it goes on and on and on and on"]).children[1].children[1]
    assert texts.options == ("“Answer:␣”", "“… es on and on and on and on”")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": 0.55}, "temperature must be one of"),
        ({"text": 1}, "text must be from 0 to 0, got 1"),
        ({"top": 0}, "top must be from 1 to"),
    ],
)
def test_what_cannot_be_drawn_is_named(policy, options, message):
    with pytest.raises(ValueError, match=message):
        next_token_bars_figure(policy, "2+2 is", **options)


def test_top_p_cuts_off_what_is_behind_it_and_shares_the_rest():
    chances = LOGITS[0].softmax(0)  # 0.64, 0.09, 0.24, 0.03
    plot = next_token_plot(LOGITS, [" I", "{", "_", "4"], ["one", "two"], top=2, top_ps=(0.6, 0.8, 1.0))
    for top_p, kept in ((0.6, [0]), (0.8, [0, 2]), (1.0, [0, 2, 1, 3])):
        state = {"temperature": 1.0, "text": 0, "top_p": top_p}
        left = [chances[i].item() * (i in kept) / chances[kept].sum().item() for i in (0, 2)]
        np.testing.assert_allclose(plot.pick("chance", state, along="bar"), [*left, 1 - sum(left)], atol=1e-6)
        assert plot.pick("left", state) == len(kept)
        assert f"{len(kept)} of 4 tokens can be drawn" in plot.fill(plot.readouts[-1], state)


def test_a_slider_for_top_p_stands_there_when_it_is_asked_for(policy):
    def sliders(shown):
        return [slider.description for slider in shown.children[1].children]

    assert sliders(next_token_bars(policy, "2+2 is")) == ["temperature T"]
    assert sliders(next_token_bars(policy, "2+2 is", top_p=True)) == ["temperature T", "top-p"]
    assert next_token_bars_figure(policy, "2+2 is", top_p=0.9).axes
    _, row, buttons, _ = next_token_bars(policy, ["2+2 is", "2+3 is"], top_p=True).children
    assert len(row.children) == 2 and len(buttons.children) == 1, "the texts stand below the two sliders"

"""Token strips: what is written, how it is coloured, and what does not fit."""

import math

import numpy as np
import pytest
import torch

from rlcourse.explorables import token_strip, token_strip_figure
from rlcourse.explorables.tokens.measures import LONGEST

TOKENS = ["2", "+", "2", " is", " ", "4", "<|endoftext|>"]


def marks(strip, measure=0, row=0):
    """Text, words, shade and bar of every token of a text."""
    return strip.shown["measures"][measure]["marks"][row]


def test_spaces_and_special_tokens_are_shown_and_named():
    shown = token_strip([" is", " ", "\n", "<|endoftext|>", ""], {"advantage": [0] * 5}).shown["tokens"][0]
    assert [text for text, _ in shown] == ["␣is", "␣", "⏎", "⟨end⟩", "∅"]
    assert [name for _, name in shown][:4] == ["“␣is” (with a space before)", "a space", "a line break", "end of text"]


def test_a_log_probability_is_drawn_as_its_probability():
    logprobs = [0.0, math.log(0.5), math.log(0.1)]
    texts, said, shades, bars = zip(*marks(token_strip(["a", "b", "c"], {"log-probability": logprobs})), strict=True)
    np.testing.assert_allclose(bars, [1.0, 0.5, 0.1])
    np.testing.assert_allclose(shades, [1.0, 0.0, -0.8], atol=1e-12)
    assert texts == ("0.00", "−0.69", "−2.30")
    assert said[2] == "log-probability −2.3026, a probability of 10.00 %"


def test_a_divergence_has_no_sign_and_three_digits_and_a_count_is_a_whole_number():
    small, large = marks(token_strip(["a", "b"], {"KL": [0.0123, 0.5]}, scales={"KL": "divergence"}))
    assert small[:2] == ["0.012", "KL 0.01230 nats"] and large[2:] == [1.0, 1.0] and small[3] == pytest.approx(0.0246)
    with pytest.raises(ValueError, match="must be divergences, 0 or more"):
        token_strip(["a"], {"KL": [-0.1]}, scales={"KL": "divergence"})
    first, none = marks(token_strip(["a", "b"], {"place": [3, None]}, scales={"place": "count"}))
    assert first[:2] == ["3", "place 3"] and none[0] == "–"


def test_a_probability_is_written_in_percent():
    likely, unlikely = marks(token_strip(["a", "b"], {"probability": [0.75, 0.0957]}))
    assert (likely[0], *likely[2:]) == ("75 %", 0.5, 0.75)
    assert unlikely[:2] == ["10 %", "probability 9.57 %"] and unlikely[3] == 0.0957
    with pytest.raises(ValueError, match="must be probabilities, from 0 to 1"):
        token_strip(["a"], {"probability": [1.2]})


def test_a_ratio_and_its_inverse_are_equally_long_bars_up_and_down():
    up, same, down = marks(token_strip(["a", "b", "c"], {"ratio ρ": [2.0, 1.0, 0.5]}))
    assert up[2:] == [1.0, 1.0]
    assert same[2:] == [0.0, 0.0]
    assert down[2:] == [-1.0, -1.0]
    (little,) = marks(token_strip(["a"], {"ratio": [1.02]}))
    assert little[3] == pytest.approx(math.log(1.02) / LONGEST["ratio"][0]), "a little ratio does not look large"
    huge, tiny, four = marks(token_strip(["a", "b", "c"], {"ratio": [0.001, 0.00046, 4.0]}))
    assert [huge[0], tiny[0], four[0]] == ["0.001", "5e-4", "4.00"], "0.00 would say nothing"
    assert (huge[3], four[3]) == (-1.0, 1.0), "a huge one does not make the others small"


def test_what_is_kept_is_marked_and_has_neither_sign_nor_bar():
    strip = token_strip(["a", "b"], {"kept in the loss": [1.0, 0.0]})
    assert marks(strip) == [["✓", "kept in the loss: yes", 0.7, 0.0], ["–", "kept in the loss: no", 0.0, 0.0]]
    (measure,) = strip.shown["measures"]
    assert measure["flat"] and not measure["hangs"] and "✓: kept" in measure["legend"]
    with pytest.raises(ValueError, match="must be 1 for what is kept and 0 for the rest, got"):
        token_strip(["a"], {"kept": [0.5]})


def test_advantages_have_their_sign_and_share_one_scale_over_all_texts():
    strip = token_strip([["a", "b"], ["c"]], {"advantage": [torch.tensor([1.0, -0.5]), np.array([2.0])]})
    assert [mark[0] for mark in marks(strip)] == ["+1.00", "−0.50"]
    assert [mark[3] for mark in marks(strip) + marks(strip, row=1)] == [0.5, -0.25, 1.0]


def test_a_token_about_which_nothing_is_known_says_nothing():
    strip = token_strip(["a", "b", "c"], {"advantage": [None, math.nan, 1.0]})
    assert [mark[0] for mark in marks(strip)] == ["–", "–", "+1.00"]
    assert marks(strip)[0][1:] == ["", 0.0, 0.0]


def test_values_stand_at_cursors_one_before_each_token_and_perhaps_one_after():
    strip = token_strip(["a", "b"], {"reward": [0, 1]}, values=[-1.0, 0.0, 3.0])
    assert [height for _, _, height in strip.shown["values"][0]] == [0.0, 0.25, 1.0]
    assert len(token_strip(["a", "b"], {"reward": [0, 1]}, values=[0.5, 1.0]).shown["values"][0]) == 2


def test_the_words_tell_every_number_of_what_is_shown():
    strip = token_strip(
        [["2", " is"], ["4"]], {"advantage": [[0.5, -0.5], [1]], "ratio": [[1, 2], [3]]}, names=["x", "y"]
    )
    assert strip.strips.words(0).endswith("the advantage under each. x: 2 +0.50, ␣is −0.50. y: 4 +1.00.")
    strip.measure = 7
    assert strip.measure == 1, "there is no more than that"
    assert "y: 4 3.00" in strip.picture().alt


def test_a_long_answer_is_broken_into_lines_on_paper():
    short, long = (token_strip_figure(["word"] * n, {"advantage": [0.0] * n}) for n in (3, 40))
    assert long.get_figwidth() == short.get_figwidth()
    assert long.get_figheight() > 2 * short.get_figheight()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("2+2", {"a": [1]}), {}, "tokens must be a list of strings"),
        (([], {"a": []}), {}, "tokens must have at least one token"),
        (([["a"], []], {"a": [[1], []]}), {}, "tokens must have at least one token"),
        ((["a"], {}), {}, "numbers must name at least one"),
        ((["a", "b"], {"x": [1]}), {}, r"numbers\['x'\] must have 2 numbers for a text of 2 tokens, got 1"),
        ((["a"], {"x": [1]}), {"values": [1, 2, 3]}, "values must have 1 or 2 numbers"),
        (([["a"], ["b"]], {"x": [[1]]}), {}, "must have a row for each of the 2 texts, got 1"),
        ((["a"], {"log-probability": [0.5]}), {}, "must be logarithms of probabilities"),
        ((["a"], {"ratio": [0]}), {}, "must be ratios, above 0"),
        ((["a"], {"x": [math.inf]}), {}, r"numbers\['x'\]"),
        ((["a"], {"x": ["one"]}), {}, r"numbers\['x'\] must be a number"),
        ((["a"], {"x": [1]}), {"names": ["one", "two"]}, "names must have one entry for each of the 1 texts"),
        ((["a"], {"x": [1]}), {"scales": {"y": "ratio"}}, "scales must name what numbers has"),
        ((["a"], {"x": [1]}), {"scales": {"x": "loud"}}, r"scales\['x'\] must be one of"),
    ],
)
def test_what_does_not_fit_is_named(arguments, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        token_strip(*arguments, **options)


def test_the_figure_draws_what_is_asked_for():
    with pytest.raises(ValueError, match="shown must be one of advantage, got 'ratio'"):
        token_strip_figure(TOKENS, {"advantage": [0.0] * 7}, shown="ratio")

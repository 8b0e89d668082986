"""What must be 0 in a sound run is 0, and is not where one thing is wrong."""

import pytest
import torch

from rlcourse.equations import left_padded_logprobs, padding_gap, ratio_gap
from tests.equations.calls import PADDED, REAL, forward


def test_the_furthest_ratio_is_found_on_either_side_and_padding_is_not_looked_at():
    old = torch.log(torch.tensor([[0.5, 0.4, 0.2]]))
    new = torch.log(torch.tensor([[0.6, 0.1, 0.9]]))
    mask = torch.tensor([[True, True, False]])
    assert ratio_gap(new, old, mask).item() == pytest.approx(0.75)
    assert ratio_gap(new, torch.tensor([[old[0, 0], new[0, 1], torch.nan]]), mask).item() == pytest.approx(0.2)
    assert ratio_gap(new, old, torch.zeros_like(mask)) == 0
    assert not ratio_gap(new.requires_grad_(), old, mask).requires_grad


def test_places_counted_from_the_first_real_token_do_not_depend_on_padding():
    def sound(tokens, real):
        return left_padded_logprobs(forward, tokens, real, 3, temperature=0.5)

    def by_column(tokens, real):
        return left_padded_logprobs(
            lambda t, _, r: forward(t, torch.arange(t.shape[1])[None], r), tokens, real, 3, temperature=0.5
        )

    assert padding_gap(sound, PADDED, REAL, columns=4) == 0
    assert padding_gap(by_column, PADDED, REAL, columns=4) > 0.01


def test_what_is_no_score_is_refused():
    with pytest.raises(TypeError, match=r"score must return log-probabilities \[B, T\]"):
        padding_gap(lambda tokens, real: None, PADDED, REAL, columns=1)

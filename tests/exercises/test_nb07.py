"""Notebook 07's exercises: what is forgiven, and what a wrong mask looks like in the message."""

import torch

from rlcourse.equations import completion_mask
from rlcourse.exercises import check


def test_a_mask_of_ones_and_zeros_is_one_too():
    for kind in (torch.int64, torch.float32, torch.uint8):
        assert check("completion_mask", lambda tokens, end, kind=kind: completion_mask(tokens, end).to(kind)).passed


def test_where_masks_differ_the_first_place_is_said(capsys):
    def wrong_in_the_last_row(tokens, end):
        mask = completion_mask(tokens, end)
        if len(mask) == 5:
            mask[4, 0] = False
        return mask

    assert not check("completion_mask", wrong_in_the_last_row).passed
    said = capsys.readouterr().out
    assert "expected = True at [4, 0]" in said and "got      = False at [4, 0]" in said

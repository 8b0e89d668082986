"""What goes wrong where a run's scores are compared under more padding, as functions."""

import torch
import torch.nn.functional as F

from rlcourse.exercises.exercise import Slip


def _compared(*, sides=lambda columns: (columns, 0), marked=False, measure=None):
    """The right way, with one thing changed."""

    def compared(score, tokens, real, *, columns):
        before = score(tokens, real)
        after = score(F.pad(tokens, sides(columns)), F.pad(real, sides(columns), value=marked))
        counted = real[:, -before.shape[1] :]
        return (measure or _largest)(after - before, counted)

    return compared


def _largest(changes, counted):
    return changes[counted].abs().max()


def _of_answers(changes, counted):
    return torch.where(counted, changes, 0.0).sum(1).abs().max()


def _rolled(score, tokens, real, *, columns):
    """The text itself is moved round, in rows as wide as before."""
    before = score(tokens, real)
    after = score(tokens.roll(columns, 1), real.roll(columns, 1))
    return _largest(after - before, real[:, -before.shape[1] :])


def _only_the_mask(score, tokens, real, *, columns):
    """The mask is moved and the tokens are not."""
    before = score(tokens, real)
    after = score(F.pad(tokens, (0, columns)), F.pad(real, (columns, 0)))
    return _largest(after - before, real[:, -before.shape[1] :])


SLIPS = (
    Slip(
        "the padding marked as real",
        "The new columns must be False in `real`: padding is nobody's text. Marked True, the model reads another "
        "question, and even a sound run fails.",
        _compared(marked=True),
    ),
    Slip(
        "padding behind instead of in front",
        "The answers stand in the *last* columns, and `score` reads them there. Put padding behind them and it scores "
        "something else. `F.pad(tokens, (columns, 0))` puts it in front.",
        _compared(sides=lambda columns: (0, columns)),
    ),
    Slip(
        "padding on both sides",
        "With padding behind the answers they no longer stand in the last columns, where `score` reads them. Pad in "
        "front only: `(columns, 0)`.",
        _compared(sides=lambda columns: (columns, columns)),
    ),
    Slip(
        "the padding is compared",
        "Behind a short answer stands padding, too, and what `score` says there means nothing. Compare where the last "
        "columns of `real` are True.",
        _compared(measure=lambda changes, counted: changes.abs().max()),
    ),
    Slip(
        "one direction only",
        "A token may become less likely by the padding, and it may become likelier. Take `.abs()` of the changes "
        "before the maximum.",
        _compared(measure=lambda changes, counted: changes[counted].max()),
        (_compared(measure=lambda changes, counted: (-changes[counted]).max()),),
    ),
    Slip(
        "the mean in the place of the largest",
        "The one answer with another padding drowns in a mean of a thousand sound ones. A test that is to find a fault "
        "looks for the largest change.",
        _compared(measure=lambda changes, counted: changes[counted].abs().mean()),
        (_compared(measure=lambda changes, counted: changes[counted].mean()),),
    ),
    Slip(
        "whole answers compared",
        "You add up the changes of an answer's tokens, and those that go up hide those that go down. Compare token by "
        "token.",
        _compared(measure=_of_answers),
    ),
    Slip(
        "one column, whatever was asked",
        "`columns` says how many columns are put in front. You put one. Some faults show only where the padding is "
        "long.",
        lambda score, tokens, real, *, columns: _compared()(score, tokens, real, columns=1),
    ),
    Slip(
        "probabilities compared",
        "You compare probabilities, which for a rare token are all near 0. Log-probabilities are what `score` gives, "
        "and what is asked for: leave them as they are.",
        lambda score, tokens, real, *, columns: _compared()(
            lambda *rows: score(*rows).exp(), tokens, real, columns=columns
        ),
    ),
    Slip(
        "the row moved round",
        "`roll` pushes the end of an answer to the front of its row. Nothing may be lost: the rows become *wider* by "
        "the padding, `F.pad(tokens, (columns, 0))`.",
        _rolled,
    ),
    Slip(
        "tokens and mask padded on different sides",
        "Tokens and `real` must stay side by side: pad both in front. Here the mask has moved and the text has not.",
        _only_the_mask,
    ),
)

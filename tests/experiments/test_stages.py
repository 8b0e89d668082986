"""The first two stages of training: what is measured, on what, and what is written down about a run."""

import pytest

from rlcourse.experiments import EXPERIMENTS, pretrained_policy, text_measures, unread_text
from rlcourse.experiments.curves import settings_of
from rlcourse.language import raw_text


@pytest.fixture(scope="module")
def policy():
    return pretrained_policy()


def test_unread_text_is_none_of_the_batches_with_which_the_bundled_model_began(policy):
    rows = {tuple(row) for row in unread_text(policy.tokenizer)[0].tolist()}
    text = raw_text(policy.tokenizer, batch_size=64)
    assert len(rows) == 32
    assert not any(rows & {tuple(row) for row in text.batch_at(number)[0].tolist()} for number in range(20))


def test_as_many_sums_are_asked_as_is_said(policy):
    found = text_measures(policy, sums=3)
    assert all(round(3 * found[name], 6) in (0, 1, 2, 3) for name in ("states_a_sum", "states_this_sum", "right"))
    for wrong in (0, 501):
        with pytest.raises(ValueError, match="sums must be"):
            text_measures(policy, sums=wrong)


def test_the_settings_of_a_run_on_text_say_how_many_rows_a_batch_has():
    names = ("language-pretraining", "language-fine-tuning")
    said = {one.name: settings_of(one.make(0)) for one in EXPERIMENTS if one.name in names}
    assert "batch_size=16" in said["language-pretraining"] and "batch_size=32" in said["language-fine-tuning"]
    assert all("seed=the run's" in words for words in said.values())

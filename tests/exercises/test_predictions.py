"""Predictions: what is asked, what is remembered, and that nobody has to."""

import pytest

from rlcourse.exercises import predict, predicting, progress, reveal
from rlcourse.exercises.predictions import PREDICTIONS, find_prediction
from rlcourse.exercises.record import PredictionRecord, load_record
from tests.notebooks.test_files import FOLDER


@pytest.fixture
def shown(monkeypatch):
    """The widgets that would be on the page."""
    widgets = []
    monkeypatch.setattr(predicting, "show_widget", widgets.append)
    monkeypatch.setattr(predicting, "_LAST", {})
    return widgets


def test_a_notebook_asks_at_most_five_predictions_with_two_to_four_options():
    by_notebook = {}
    for one in PREDICTIONS.values():
        by_notebook.setdefault(one.notebook, []).append(one)
        assert one.name.isidentifier() and one.text.endswith("?") and one.explanation.endswith((".", ".)"))
        assert 2 <= len(set(one.options)) == len(one.options) <= 4
        assert one.right is None or 0 <= one.right < len(one.options)
    assert all(len(asked) <= 5 for asked in by_notebook.values())


@pytest.mark.parametrize("name", PREDICTIONS)
def test_its_notebook_asks_it_and_says_what_happened_where_the_run_decides(name):
    prediction = find_prediction(name)
    (source,) = (path.read_text("utf-8") for path in (FOLDER / "source").glob(f"{prediction.notebook}_*.py"))
    assert source.count(f'"{name}"') == 1
    assert source.count(f"{name}=") == (prediction.right is None)


def test_a_guess_stands_beside_the_result_and_is_remembered(shown, capsys):
    predict("no_clip", "best_epsilon")
    shown[0].set_state({"chosen": 1})
    assert load_record().prediction("no_clip") == PredictionRecord(chosen=2)
    reveal(no_clip=1)
    assert (shown[0].happened, shown[2].happened, shown[2].chosen, shown[2].after) == (1, 1, 1, True)
    assert load_record().prediction("no_clip") == PredictionRecord(chosen=2, right=True)
    assert shown[1].chosen == shown[1].happened == -1 and "best_epsilon" not in load_record().predictions
    progress()
    assert "Predictions" in (said := capsys.readouterr().out) and "1 of 5 made, 1 came true" in said


def test_a_guess_is_still_there_in_the_next_session(shown):
    predict("no_clip")
    shown[0].set_state({"chosen": 2})
    predict("no_clip")
    assert shown[1].chosen == 2
    predicting._LAST.clear()
    reveal(no_clip=0)
    assert shown[2].chosen == 2 and not load_record().prediction("no_clip").right


def test_where_no_run_decides_the_answer_is_known_from_the_start(shown):
    predict("drawn_b")
    assert shown[0].happened == 0
    shown[0].set_state({"chosen": 0})
    assert load_record().prediction("drawn_b").right


def test_without_a_guess_nothing_is_kept_and_what_happened_is_said(shown, progress_file, capsys):
    predict("no_clip")
    reveal(no_clip=1)
    progress()
    assert not progress_file.exists() and "Predictions" not in capsys.readouterr().out
    assert "What happened: The promise rises" in shown[1].still().text and "guessed" not in shown[1].still().text


def test_what_was_only_counted_is_not_said_to_have_happened(shown):
    reveal(original_update=1)
    assert "By this reckoning: 10 seconds to" in shown[0].still().text and "happened" not in shown[0].still().text


def test_in_a_terminal_it_is_text(capsys):
    predict("no_clip")
    reveal(no_clip=1)
    said = capsys.readouterr().out
    assert "Predict first: " in said and "   b) The promise rises to the end" in said and "What happened: " in said


def test_what_cannot_be_is_refused_by_name(shown):
    with pytest.raises(ValueError, match="'no_clip'"):
        predict("no clip")
    with pytest.raises(ValueError, match="no_clip must be from 0 to 2, got 3"):
        reveal(no_clip=3)
    with pytest.raises(TypeError, match="no_clip must be a whole number"):
        reveal(no_clip=True)
    assert shown == []

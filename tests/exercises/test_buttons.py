"""What stands below a check in a notebook: buttons, and a curve by the learner's own function."""

import pytest

from rlcourse.exercises import checking
from rlcourse.exercises.buttons import HelpButtons, coloured
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.checking import check
from rlcourse.exercises.record import count_hint, load_record
from rlcourse.usual import usual_settings
from tests.exercises.right_answers import RIGHT


def test_each_hint_that_is_shown_is_counted_and_the_next_check_goes_on_from_there():
    buttons = HelpButtons(EXERCISES["gae"], "failed")
    assert len(buttons.hints) == 3 and buttons.first == 0
    buttons.set_state({"shown": 2})
    assert load_record().exercise("gae").hints == 2
    again = HelpButtons(EXERCISES["gae"], "failed")
    assert (again.first, again.shown) == (2, 0)
    again.set_state({"shown": 1})
    assert load_record().exercise("gae").hints == 3
    assert HelpButtons(EXERCISES["gae"], "failed").first == 0, "all were read: from the first again"


def test_a_pass_has_no_hints():
    count_hint("gae", 1)
    buttons = HelpButtons(EXERCISES["gae"], "passed")
    assert buttons.hints == [] and "accumulate_backwards" in buttons.solution


def test_code_is_coloured_and_nothing_in_it_is_obeyed():
    html = coloured('x = "<b>" if y < 2 else None  # see')
    assert "<b>" not in html and "&lt;b&gt;" in html
    assert '<span class="rlc-code-number">2</span>' in html and '<span class="rlc-code-comment"># see</span>' in html


@pytest.mark.parametrize("name", [name for name, exercise in EXERCISES.items() if exercise.picture])
def test_what_a_pass_shows_is_what_the_course_would_show_whatever_the_answer_wears(name, monkeypatch):
    exercise = EXERCISES[name]
    with usual_settings():
        wanted = exercise.picture(exercise.reference)
    assert wanted.alt.count(":") >= 1 and wanted.html.count("<polyline") == len(wanted.lines)
    for answer in RIGHT[name]:
        drawn = []
        with monkeypatch.context() as patch:
            patch.setattr(type(wanted), "html", property(lambda self, drawn=drawn: drawn.append(self) or ""))
            checking._picture(exercise, answer)
        assert drawn, f"{answer.__name__} has no picture"
        for line, values in wanted.lines.items():
            assert list(drawn[0].lines[line]) == pytest.approx(list(values), abs=2e-3)


def test_a_picture_that_cannot_be_drawn_takes_nothing_from_a_pass(monkeypatch):
    def only_small(logprobs, ref_logprobs):
        if len(logprobs.flatten()) > 40:
            raise MemoryError
        return (ref_logprobs - logprobs).expm1() - (ref_logprobs - logprobs)

    assert checking._picture(EXERCISES["kl_k3"], only_small) == ""


def test_in_a_terminal_there_are_neither(capsys):
    check("kl_k3", RIGHT["kl_k3"][0])
    said = capsys.readouterr().out
    assert "cases pass" in said and "svg" not in said and "Your k3" not in said

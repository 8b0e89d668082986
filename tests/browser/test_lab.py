"""What all browser tests rest on: each finds a notebook of its own, whatever the one before has left."""

import pytest

from .lab import cell_outputs, open_notebook, run_all, wait_idle


def test_a_notebook_opens_even_where_a_question_was_left_without_an_answer(page, lab, write_notebook):
    open_notebook(page, lab, write_notebook("1"))
    page.evaluate("() => { jupyterapp.commands.execute('docmanager:save-as'); }")
    page.locator(".jp-Dialog").wait_for()
    open_notebook(page, lab, write_notebook("'here'"))
    run_all(page)
    assert cell_outputs(page, 0).inner_text() == "'here'"


def test_no_launcher_is_opened_late_and_stands_in_front_of_the_notebook(page, lab, write_notebook):
    launchers = "() => [...jupyterapp.shell.widgets('main')].map(tab => tab.id).filter(id => id.includes('launcher'))"
    open_notebook(page, lab, write_notebook("1"))
    open_notebook(page, lab, write_notebook("2"))
    before = page.evaluate(launchers)
    open_notebook(page, lab, write_notebook("3"))
    assert page.evaluate(launchers) == before != []


def test_who_waits_in_vain_is_told_what_stands_in_front(page, lab, write_notebook):
    open_notebook(page, lab, write_notebook("1"))
    page.evaluate("() => { jupyterapp.commands.execute('launcher:create'); }")
    page.get_by_text("| Idle").wait_for(state="hidden")
    with pytest.raises(TimeoutError, match=r"not idle in 0.3 s: .*'current': 'Launcher', 'dialogues': \[\]"):
        wait_idle(page, seconds=0.3)

"""What all browser tests rest on: each finds a notebook of its own, whatever the one before has left."""

from .lab import cell_outputs, open_notebook, run_all


def test_a_notebook_opens_even_where_a_question_was_left_without_an_answer(page, lab, write_notebook):
    open_notebook(page, lab, write_notebook("1"))
    page.evaluate("() => { jupyterapp.commands.execute('docmanager:save-as'); }")
    page.locator(".jp-Dialog").wait_for()
    open_notebook(page, lab, write_notebook("'here'"))
    run_all(page)
    assert cell_outputs(page, 0).inner_text() == "'here'"

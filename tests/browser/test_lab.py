"""What all browser tests rest on: each finds a notebook of its own, whatever the one before has left."""

import pytest

from .lab import cell_outputs, open_notebook, run_all


@pytest.mark.parametrize(
    "left",
    [
        "setInterval(() => { if (!model.isDisposed) model.dirty = true }, 1)",  # a widget that has something to say
        "jupyterapp.commands.execute('docmanager:save-as')",  # a question that nobody has answered
    ],
)
def test_a_notebook_opens_whatever_the_one_before_has_left(page, lab, write_notebook, left):
    open_notebook(page, lab, write_notebook("1"))
    page.evaluate(f"() => {{ const model = jupyterapp.shell.currentWidget.context.model; {left}; }}")
    page.wait_for_timeout(300)
    open_notebook(page, lab, write_notebook("'here'"))
    run_all(page)
    assert cell_outputs(page, 0).inner_text() == "'here'"

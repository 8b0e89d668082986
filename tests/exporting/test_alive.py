"""What of a notebook's widgets goes into a page: those that can live there, what they need, and nothing twice."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from rlcourse.exporting import copy_scripts, views_of, widgets_script
from rlcourse.exporting.alive import needed_by
from rlcourse.showing.live import WIDGET


def model(name="AnyModel", **traits):
    return {"model_name": name, "state": traits}


STATE = {
    "slider": model("FloatSliderModel", value=0.5),
    "view": model(_esm="draw()", _css="a {}", words="</script><!-- -->"),
    "other": model(_esm="draw()", _css="b {}"),
    "bench": model("VBoxModel", children=["IPY_MODEL_slider", "IPY_MODEL_view"]),
    "link": model("LinkModel", source=["IPY_MODEL_slider", "value"], target=["IPY_MODEL_view", "value"]),
    "away": model("LinkModel", source=["IPY_MODEL_slider", "value"], target=["IPY_MODEL_nobody", "value"]),
    "nobody": model(_esm="nothing()"),
    "asks": model(_esm="ask()", asks_kernel=True),
    "hidden": model("LayoutModel", display="none"),
    "gone": model("VBoxModel", layout="IPY_MODEL_hidden"),
}


@pytest.fixture
def notebook():
    shown = [new_output("display_data", {WIDGET: {"model_id": name}}) for name in ("bench", "asks", "gone", "other")]
    made = new_notebook(cells=[new_code_cell("x", outputs=shown)])
    made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": STATE}}
    return made


def test_what_only_a_kernel_can_answer_and_what_is_gone_is_not_shown(notebook):
    assert views_of(notebook) == ["bench", "other"]


def test_what_is_shown_brings_what_it_points_to_and_the_links_between_them():
    assert set(needed_by(STATE, ["bench"])) == {"bench", "slider", "view", "link"}


def test_code_that_widgets_have_in_common_is_sent_once_and_nothing_ends_the_script_early(notebook):
    script = widgets_script(notebook)
    assert script.count("draw()") == 1 and script.count("</") == 1 and "<!--" not in script
    content = json.loads(script.partition(">")[2].removesuffix("</script>"))
    state = content["state"]["state"]
    assert content["shared"][state["view"]["state"]["_css"]] == "a {}"
    assert state["view"]["state"]["words"] == STATE["view"]["state"]["words"]
    assert state["view"]["state"]["_esm"] == state["other"]["state"]["_esm"]


def test_a_notebook_without_widgets_needs_no_script():
    assert widgets_script(new_notebook(cells=[new_code_cell("1")])) == ""


def test_the_scripts_are_put_where_pages_find_them(tmp_path):
    copy_scripts(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "require.js", "embed-amd.js", "anywidget.js", "alive.js",
    }  # fmt: skip

"""Widgets on a page without a kernel: their state packed into the page, a place for each, and what draws them.

    views_of(notebook)             the widgets that can live there, by the number of their model
    widgets_script(notebook)       their state, once in a page
    view_tag(model)                where one of them is shown
    script_tags("assets/")         at the end of the page; copy_scripts(folder) puts the files there

A widget that only the kernel can answer (`Lasting.asks_kernel`) and one that has gone after its run (a dashboard, which
leaves its picture) are left out, and what they leave behind stands in their place. The state holds nothing that no
shown widget needs, and code that many have in common once.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from nbformat import NotebookNode

from rlcourse.exporting.vendoring import anywidget_script, vendored
from rlcourse.showing.live import WIDGET

State = dict[str, dict]
"""What a widget manager keeps, by the number of the model."""

_STATE = "application/vnd.jupyter.widget-state+json"
_POINTER = "IPY_MODEL_"
_COMMON = ("_esm", "_css")
_SCRIPTS = ("require.js", "embed-amd.js")


def state_of(notebook: NotebookNode) -> State:
    """The state of all widgets that a run has left in a notebook."""
    return notebook.metadata.get("widgets", {}).get(_STATE, {}).get("state", {})


def views_of(notebook: NotebookNode) -> list[str]:
    """The models that are shown somewhere in the notebook and can live without a kernel, from top to bottom."""
    state = state_of(notebook)
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    shown = (output.get("data", {}).get(WIDGET, {}).get("model_id") for output in outputs)
    return [model for model in shown if model in state and _can_live(state, model)]


def _can_live(state: State, model: str) -> bool:
    traits = state[model]["state"]
    layout = state.get(str(traits.get("layout", "")).removeprefix(_POINTER), {"state": {}})["state"]
    return not traits.get("asks_kernel") and layout.get("display") != "none"


def widgets_script(notebook: NotebookNode) -> str:
    """The state of the widgets that can live, as an element of the page; empty if there are none."""
    if not (views := views_of(notebook)):
        return ""
    needed, shared = needed_by(state_of(notebook), views), {}
    packed = {model: {**whole, "state": _packed(whole, shared)} for model, whole in needed.items()}
    content = {"shared": [*shared], "state": {"version_major": 2, "version_minor": 0, "state": packed}}
    text = (
        json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        .replace("</", "<\\/")
        .replace("<!--", "\\u003c!--")
    )
    return f'<script type="application/json" id="rlc-widgets">{text}</script>'


def _packed(whole: Mapping, shared: dict[str, int]) -> dict:
    """A model's traits, of which code and style are numbers of what is shared."""
    traits = dict(whole["state"])
    for name in _COMMON:
        if isinstance(traits.get(name), str):
            traits[name] = shared.setdefault(traits[name], len(shared))
    if whole["model_name"] == "ImageModel":  # whose view asks for a description, to see whether it needs a tooltip
        traits.setdefault("description", "")
    return traits


def needed_by(state: State, views: list[str]) -> State:
    """The models that are shown, what they point to, and the links between them."""
    needed = _reached(state, views)
    links = {model for model, whole in state.items() if whole["model_name"] in ("LinkModel", "DirectionalLinkModel")}
    needed |= {link for link in links - needed if _ends(state, link) <= needed}
    return {model: whole for model, whole in state.items() if model in needed}


def _reached(state: State, models: list[str]) -> set[str]:
    reached, waiting = set(), [*models]
    while waiting:
        model = waiting.pop()
        if model in state and model not in reached:
            reached.add(model)
            waiting += _pointers(state[model]["state"])
    return reached


def _ends(state: State, link: str) -> set[str]:
    """The two models that a link connects."""
    return set(_pointers({name: state[link]["state"].get(name) for name in ("source", "target")}))


def _pointers(value: object) -> Iterator[str]:
    """The numbers of all models that a value names, however deep."""
    if isinstance(value, str):
        if value.startswith(_POINTER):
            yield value.removeprefix(_POINTER)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _pointers(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _pointers(one)


def view_tag(model: str) -> str:
    """The place where a widget is shown."""
    return f'<div class="widget-subarea" data-widget="{model}"></div>'


def script_tags(folder: str = "") -> str:
    """What loads the scripts, for the end of a page from which `folder` leads to them: "" or "assets/", say."""
    return "".join(f'<script defer src="{folder}{name}"></script>' for name in (_SCRIPTS[0], "alive.js", _SCRIPTS[1]))


def script_files() -> dict[str, Path]:
    """The scripts, by the names that pages know them by."""
    own = {"anywidget.js": anywidget_script(), "alive.js": Path(__file__).with_name("alive.js")}
    return {name: vendored(name) for name in _SCRIPTS} | own


def copy_scripts(folder: Path) -> None:
    """Put the scripts into a folder, where pages find them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in script_files().items():
        shutil.copyfile(path, folder / name)

"""Widgets that leave something behind where they cannot live: a picture, or a sentence that says how to revive them.

A widget lives as long as its kernel. In a notebook that is opened again, in an exported page, or in a JupyterLab
without the widget manager there is only what was saved, and JupyterLab insists on the dead widget ("model not found")
even where HTML stands beside it. So a widget of the course is displayed as two outputs: the widget itself, and a still.
A style sheet in the still shows one of the two: the widget while something in it says that it lives (`rlc-live`), else
the still.

Left out: a still that follows the sliders, which would need the kernel at each move.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import anywidget
import ipywidgets as widgets
import traitlets
from IPython.display import display

from rlcourse.showing.message import running_cell, show_bundle
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import projecting

WIDGET = "application/vnd.jupyter.widget-view+json"
ALIVE = "rlc-live"
"""The class that something inside a living widget has: `live(el)` in browser.js gives it, or `add_class`."""
BROWSER = Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
"""JavaScript that every view begins with."""
BUTTONS = Path(__file__).with_name("browser.css").read_text(encoding="utf-8")
"""How buttons of ours look in the browser, and how large all is in a room with a projector."""

_EITHER = """<style>
.jp-OutputArea-child:has(+ .jp-OutputArea-child .rlc-still):not(:has(.rlc-live)) { display: none }
.jp-OutputArea-child:has(.rlc-live) + .jp-OutputArea-child:has(.rlc-still) { display: none }
</style>"""
"""Of a widget and the still that follows it, one is shown."""


@dataclass(frozen=True)
class Still:
    """What stands where a widget cannot live."""

    html: str
    text: str

    @classmethod
    def of(cls, shown: Picture | str, revive: str, *, alt: str = "") -> "Still":
        """A picture, or HTML that says `alt`, and below it how to bring it to life, such as "Run this cell."."""
        html, said = (shown.tag(small=True), shown.alt) if isinstance(shown, Picture) else (shown, alt)
        note = f'<div style="font-size: 90%; margin-top: 2px">{escape(revive)}</div>'
        return cls(f"<div>{html}{note}</div>", f"{said} {revive}".strip())


class Lasting(traitlets.HasTraits):
    """What a widget class of the course inherits first: it shows itself together with its `still`."""

    projected = traitlets.Bool().tag(sync=True)
    """Whether it is shown to a room, half as large again."""

    asks_kernel = traitlets.Bool(False).tag(sync=True)
    """Whether only the kernel can answer what is done to it: on a page without one its still stands instead."""

    @traitlets.default("projected")
    def _projected(self) -> bool:
        return projecting()

    def still(self) -> Still:
        """What to leave behind."""
        raise NotImplementedError(f"{type(self).__name__} must say what it leaves behind")

    def _repr_mimebundle_(self, **asked: object) -> dict:
        """Widget and still as one, for whoever shows outputs without IPython's help."""
        still = self.still()
        return {**_view_of(self, asked), "text/html": still.html, "text/plain": still.text}

    def _ipython_display_(self, **asked: object) -> None:
        # First what can be used. Its own HTML is empty: where there is no widget manager the still below says it all.
        display({**_view_of(self, asked), "text/html": ""}, raw=True)
        display(still_bundle(self.still()), raw=True, display_id=self.still_id)

    @property
    def still_id(self) -> str:
        """By which the still on the page can be changed: see `leave_behind`."""
        return f"still-{self.model_id}"

    def leave_behind(self, still: Still) -> None:
        """Put another still into the place of the one that was displayed."""
        display(still_bundle(still), raw=True, display_id=self.still_id, update=True)


def show_widget(widget: Lasting) -> None:
    """Display a widget in a notebook; outside IPython print what it leaves behind."""
    if running_cell() is None:
        show_bundle({"text/plain": widget.still().text})
    else:
        display(widget)


def enlarge(*plain: widgets.DOMWidget) -> None:
    """Show plain widgets half as large again, where there is a room with a projector; ours do it by themselves."""
    for widget in plain if projecting() else ():
        widget.add_class("rlc-projector")


def _view_of(widget: object, asked: dict) -> dict:
    """The MIME types with which a widget asks to be drawn by the widget manager."""
    drawn = super(Lasting, widget)._repr_mimebundle_(**asked)
    data = drawn[0] if isinstance(drawn, tuple) else drawn
    return {} if not data or WIDGET not in data else {WIDGET: data[WIDGET]}


def still_bundle(still: Still) -> dict[str, str]:
    """A still as an output of its own."""
    return {"text/html": f'<div class="rlc-still">{_EITHER}{still.html}</div>', "text/plain": still.text}


class SliderNames(anywidget.AnyWidget):
    """Nothing to see: it lives in a box of plain widgets, names their sliders, and says that they live."""

    _css = BUTTONS
    _esm = BROWSER + "export default { render: ({ el }) => { el.style.display = 'none'; return live(el); } };"

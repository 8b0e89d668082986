"""How anything looks in a notebook, whatever it shows: pictures, tables, messages, source. Knows no mathematics.

What stands behind this door is imported when it is asked for: matplotlib and IPython take a second to load, and whoever
only wants a progress bar need not wait for them.
"""

from importlib import import_module

_BEHIND = {
    "OKABE_ITO": "style",
    "Code": "words",
    "Message": "message",
    "Paragraph": "saying",
    "Picture": "picture",
    "Table": "table",
    "answers_table": "table",
    "bar": "progress_bar",
    "minus": "words",
    "new_figure": "style",
    "our_style": "style",
    "projector": "style",
    "say": "saying",
    "show": "message",
    "show_source": "source",
}

__all__ = list(_BEHIND)


def __getattr__(name: str) -> object:
    if name not in _BEHIND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_BEHIND[name]}"), name)

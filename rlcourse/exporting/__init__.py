"""What pages made from the notebooks need: notebooks that were run, and scripts that bring widgets to life offline.

    executed(NOTEBOOKS / "02_maze.ipynb")      the notebook with its outputs; from a cache where nothing has changed
    widgets_script(notebook)                   the state of its widgets, for a page without a kernel
    copy_scripts(folder)                       the scripts that draw them, none of which asks a network

Site and slides stand on it. It knows neither what is taught nor what a page looks like.
"""

from rlcourse.exporting.alive import copy_scripts, script_files, script_tags, view_tag, views_of, widgets_script
from rlcourse.exporting.running import executed, executed_all
from rlcourse.exporting.shortening import shortened
from rlcourse.exporting.vendoring import vendored

__all__ = [
    "copy_scripts",
    "executed",
    "executed_all",
    "script_files",
    "script_tags",
    "shortened",
    "vendored",
    "view_tag",
    "views_of",
    "widgets_script",
]

"""The whole course as pages that need no Python: `python -m rlcourse.site FOLDER` builds them.

What the browser draws is alive there, quizzes and predictions answer, and nothing is asked of a network. The pages are
made from the notebooks, from the list in `rlcourse.course.contents`, the README and the docstrings; nothing is written
twice. Left out: running code. What needs Python says so, and where to find it.
"""

from rlcourse.site.building import build_site

__all__ = ["build_site"]

"""What each setting is called in three other programs, to be filtered by what it belongs to and how it differs.

    other_names()

The rows are `rlcourse.scale.NAMES`. Left out: a search for a word, which the browser's own finds.
"""

from collections.abc import Mapping

from rlcourse.explorables.plotting.bench import Bench, Choice
from rlcourse.explorables.plotting.pages import Page, pages
from rlcourse.scale import NAMES, ONLY, names_table

GROUPS = ("all groups", *NAMES)
FILTERS = tuple(ONLY)
CONTROLS = (
    Choice("group", "belongs to", GROUPS, start=GROUPS.index("The loss"), buttons=True),
    Choice("only", "show", FILTERS, start=0, buttons=True),
)
TRY_THIS = (
    "<b>Try this:</b> choose <i>all groups</i>, and <i>another default</i>. <b>Watch:</b> what a run would do that "
    "leaves these alone; and how few of the names differ, where the word is the same."
)


def other_names() -> Bench:
    """The explorable: two rows of buttons over the table of names."""
    return pages(TRY_THIS, CONTROLS, names_page)


def names_page(state: Mapping[str, int]) -> Page:
    """The settings of one group that one filter leaves."""
    group, only = GROUPS[state["group"]], FILTERS[state["only"]]
    groups = tuple(NAMES) if state["group"] == 0 else (group,)
    table = names_table(*groups, only=only)
    count, whole = (sum(len(row) > 1 for row in one.rows) for one in (table, names_table(*groups)))
    words = f"{count} of {whole} settings" if state["only"] else f"{whole} settings"
    return f"{words} ({group}).", table.html if count else ""

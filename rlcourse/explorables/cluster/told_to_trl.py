"""What TRL is told of a run, beside what it would do if nobody said it.

    told_to_trl(read_plan(folder))

The other column is `rlcourse.scale.TRL_DEFAULTS`. Left out: what TRL has and a run of ours never says.
"""

import json
from collections.abc import Mapping

from rlcourse.explorables.plotting.bench import Bench, Choice
from rlcourse.explorables.plotting.pages import Page, pages
from rlcourse.scale import TRL_DEFAULTS, Plan, told_otherwise
from rlcourse.showing import Code, Table

SHOWN = ("what differs", "what is the same", "all of it")
CONTROLS = (Choice("lines", "show", SHOWN, start=0, buttons=True),)
TRY_THIS = (
    "<b>Try this:</b> go through what differs, and ask of each line whether it changes what is learned, or only how "
    "the machine gets through it. <b>Watch:</b> how much would be otherwise in a run that says nothing."
)


def told_to_trl(plan: Plan) -> Bench:
    """The explorable: what a plan says to TRL, filtered by whether it had to be said."""
    return pages(TRY_THIS, CONTROLS, lambda state: told_page(plan, state))


def told_page(plan: Plan, state: Mapping[str, int]) -> Page:
    """The lines that differ from TRL's own, those that do not, or all."""
    other = told_otherwise(plan.trl)
    keep = {"what differs": other, "what is the same": [name for name in plan.trl if name not in other]}
    names = keep.get(SHOWN[state["lines"]], list(plan.trl))
    rows = tuple((Code(name), _said(plan.trl[name]), _said(TRL_DEFAULTS.get(name))) for name in names)
    words = f"{len(other)} of {len(plan.trl)} lines say something else than TRL’s own default."
    return words, Table(("setting", "this run says", "TRL’s own"), rows).html


def _said(value: object) -> Code | str:
    return "–" if value is None else Code(json.dumps(value))

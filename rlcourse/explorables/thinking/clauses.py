"""A written working, clause by clause: what each comes to, what is still to be added, and which is the first false one.

    clause_by_clause({"before": {7: ask_chains(…), 8: ask_chains(…)}, "after": …})

A clause such as 37+2*7 is true if it comes to what the question comes to. Left out: answers without a working, of which
only the last number can be looked at.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape

from rlcourse.explorables.plotting.bench import Bench, Choice
from rlcourse.explorables.plotting.pages import Page, pages
from rlcourse.explorables.thinking.recorded import Asked, Written
from rlcourse.showing import Code, Table

MOST = 6
"""Questions of each length, at most."""
_CLAUSE = re.compile(r"(\d+)(?:\+(?:(\d+)\*)?(\d+))?")
"""a, a+b or a+k*b."""
TRY_THIS = (
    "<b>Try this:</b> go to longer questions, and follow the column of what is left. <b>Watch:</b> where the first "
    "false clause stands, and whether the counting goes wrong or the adding."
)
Said = Mapping[str, Mapping[int, Written]]
"""Who → steps of the question → what was said."""


def clause_by_clause(said: Said, *, start: int = 0) -> Bench:
    """The explorable: how many steps, which question, who is asked.

    Args:
        said: By who was asked, and by the number of steps: one answer to each of some questions, the same for all.
        start: The number of the length that it opens with, the first being 0.

    Raises:
        ValueError: They were not asked the same.
    """
    lengths = {tuple(by_length) for by_length in said.values()}
    if len(lengths) != 1:
        raise ValueError(f"said must hold the same lengths for all, got {sorted(map(list, lengths))}")
    steps = next(iter(lengths))
    count = min(MOST, *(len(some.texts) for by_length in said.values() for some in by_length.values()))
    controls = (
        Choice("steps", "steps", tuple(map(str, steps)), start=start),
        Choice("one", "question", tuple(map(str, range(1, count + 1))), start=0),
        Choice("who", "who is asked", tuple(said), start=len(said) - 1, buttons=True),
    )
    everybody = list(said.values())

    def page(state: Mapping[str, int]) -> Page:
        some = everybody[state["who"]][steps[state["steps"]]]
        return clauses_page(some.chains[state["one"]], some.texts[state["one"]])

    return pages(TRY_THIS, controls, page)


def clauses_page(chain: Asked, text: str) -> Page:
    """One answer as a table of its clauses."""
    found = [worth(part) for part in clauses(text)]
    rows, first = [], 0
    for i, (clause, value, left) in enumerate(found, 1):
        true = value == chain.answer
        if not true and not first and value is not None:
            first = i
        verdict = "✓" if true else "–" if value is None else f"✗ comes to {value}"
        rows.append((str(i), Code(clause), "–" if left is None else str(left), verdict))
    end = "right" if found and found[-1][1] == chain.answer else "wrong"
    fault = f"clause {first} is the first that is false" if first else "every clause is true"
    words = f"{chain.asked} is {chain.answer}. The answer is {end} in the end; {fault}."
    return words, Table(("clause", "what it says", "still to add", "true?"), tuple(rows)).html + _whole(text)


def clauses(text: str) -> Sequence[str]:
    """What stands between the words "is"."""
    return [part.strip() for part in re.split(r"\bis\b|=", text.strip().rstrip(".")) if part.strip()]


def worth(clause: str) -> tuple[str, int | None, int | None]:
    """A clause, what it comes to, and how many times something is still to be added; None where it is no sum."""
    sum_ = _CLAUSE.fullmatch(clause)
    if sum_ is None:
        return clause, None, None
    first, times, each = (None if part is None else int(part) for part in sum_.groups())
    if each is None:
        return clause, first, 0
    left = 1 if times is None else times
    return clause, first + left * each, left


def _whole(text: str) -> str:
    return f"<p style='margin: 4px 0 0; opacity: 0.8'><code>{escape(text.strip())}</code></p>"

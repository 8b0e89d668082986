r"""Two replies to one request: which is better? A desk at which somebody compares pair after pair, by click or by key.

    desk = which_reply(pairs)            a `Pair` has prompt, first and second
    desk.choices                         0 the first, 1 the second, −1 neither; one for each pair that was looked at

The pairs go to the browser once; from then on it shows the next and takes choices back (`which_reply.js`), so a key
answers at once, while a cell trains too. With `bets`, what a reward model would choose, each choice is answered by
whether the model agrees. Left out: rankings of more than two, and how much better the better one is.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Protocol, runtime_checkable

import anywidget
import traitlets

from rlcourse.arguments import check_integer, describe
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still

_HERE = Path(__file__).parent
KEYS = "Try this: choose by a click, or by the keys 1 and 2 (or ← and →). ↓ if you cannot tell, Backspace to undo."
AND_WATCH = " Watch the line below: it says whether the model would have chosen as you did."


@runtime_checkable
class PairLike(Protocol):
    """A request and two replies to it, such as `rlcourse.language.Pair`."""

    prompt: str
    first: str
    second: str


class WhichReply(Lasting, anywidget.AnyWidget):
    """The desk. `choices` holds what was chosen so far."""

    _esm = BROWSER + (_HERE / "which_reply.js").read_text("utf-8")
    _css = BUTTONS + (_HERE / "which_reply.css").read_text("utf-8")

    desk = traitlets.Dict().tag(sync=True)
    """Pairs, bets and words as plain data."""
    choices = traitlets.List(traitlets.Int(min=-1, max=1)).tag(sync=True)
    """One for each pair that was looked at: 0 the first reply, 1 the second, −1 neither."""

    def __init__(self, pairs: Sequence[PairLike], wanted: int, bets: Sequence[int] | None) -> None:
        shown = [[asked(pair.prompt), pair.first.strip(), pair.second.strip()] for pair in pairs]
        hint = KEYS + (AND_WATCH if bets else "")
        super().__init__(desk={"pairs": shown, "wanted": wanted, "bets": list(bets or []), "hint": hint}, choices=[])
        self.pairs = list(pairs)

    @property
    def labels(self) -> int:
        """Of how many pairs one reply was chosen."""
        return sum(choice >= 0 for choice in self.choices)

    def still(self) -> Still:
        """The first pair, to read."""
        request, *replies = self.desk["pairs"][0]
        listed = "".join(f"<li>{escape(reply)}</li>" for reply in replies)
        html = f"<p><b>Which reply is better?</b> {escape(request)}</p><ol>{listed}</ol>"
        said = f"Which reply is better? {request} 1: {replies[0]} 2: {replies[1]}"
        return Still.of(html, "Run this cell to choose.", alt=said)


def which_reply(pairs: Sequence[PairLike], *, wanted: int = 30, bets: Sequence[int] | None = None) -> WhichReply:
    """Show pairs of replies, one after the other, and take down which is better.

    Args:
        pairs: What is compared, in this order.
        wanted: How many labels are enough; one may stop earlier, or go on to the last pair.
        bets: 0 or 1 for each pair, what a model would choose; if given, each choice is answered by it.

    Raises:
        ValueError: There is no pair, or not one bet for each, or more labels are wanted than there are pairs.
        TypeError: `wanted` is no whole number.
    """
    if not pairs:
        raise ValueError("pairs must hold at least one pair, got none")
    check_integer("wanted", wanted, 1, len(pairs))
    if bets is not None and (len(bets) != len(pairs) or not set(bets) <= {0, 1}):
        raise ValueError(f"bets must be 0 or 1 for each of the {len(pairs)} pairs, got {describe(bets)}")
    return WhichReply(pairs, wanted, bets)


def asked(prompt: str) -> str:
    """The request in a prompt, without what the model is told around it."""
    return prompt.removeprefix("Question: ").removesuffix("Answer:").strip()

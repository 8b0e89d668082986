"""A box to write a reply in, and what reward models make of it, letter by letter.

    score_a_reply(request.prompt, {"thirty labels": few, "2,400 pairs": many}, known=[" Go away."])

The kernel scores what stands in the box whenever it changes. The highest score so far, by the last of the models, is
kept: a reply that nobody would like and that beats it has found a hole. Of `others`, more requests with replies to
begin with, a menu chooses. Left out: searching for a hole by a machine, which is what training a policy comes to.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Protocol, runtime_checkable

import ipywidgets as widgets
import traitlets

from rlcourse.explorables.replies.which_reply import asked
from rlcourse.showing.live import Lasting, SliderNames, Still, enlarge
from rlcourse.showing.style import OKABE_ITO
from rlcourse.showing.words import minus

TRY_THIS = (
    "<b>Try this:</b> change the reply in the box, word by word, and make it one that no one would like. <b>Watch:</b> "
    "the score, which follows every letter. Can you beat the highest one below?"
)
OTHERS = " Then try another request: is the same hole there?"
_WIDTH = 120
"""Pixels of the longest bar, to either side."""


@runtime_checkable
class Judge(Protocol):
    """Whoever scores replies, such as a `RewardModel`."""

    def score(self, prompts: Sequence[str], completions: Sequence[str]) -> list[float]:
        """A number for each completion: the higher, the better."""


class ScoreAReply(Lasting, widgets.VBox):
    """The box, the scores of what stands in it, and the highest so far."""

    asks_kernel = traitlets.Bool(True).tag(sync=True)

    def __init__(self, known: Mapping[str, Sequence[str]], judges: Mapping[str, Judge]) -> None:
        self.known, self.judges = {prompt: list(replies) for prompt, replies in known.items()}, dict(judges)
        self.prompt, self.last = next(iter(known)), list(judges)[-1]
        self.bests: dict[str, tuple[float, str]] = {}
        """By the prompt: the highest score so far by the last judge, and the reply that has it."""
        self.text = widgets.Text(description="Answer:", layout={"width": "min(720px, 98%)"})
        self.found = widgets.HTML()
        menu = [(asked(prompt), prompt) for prompt in self.known]
        self.request = widgets.Dropdown(options=menu, description="Request:", layout={"width": "min(460px, 98%)"})
        words = widgets.HTML()
        words.value = f'<div style="line-height: 1.45">{TRY_THIS}{OTHERS * (len(menu) > 1)}</div>'
        request = self.request if len(menu) > 1 else widgets.HTML(f"<b>{escape(asked(self.prompt))}</b>")
        enlarge(words, request, self.text, self.found)
        super().__init__([words, request, self.text, self.found, SliderNames()])
        self._ask()
        self.text.observe(self._judge, "value")
        self.request.observe(self._ask, "value")

    @property
    def best(self) -> tuple[float, str]:
        """The highest score so far for this request, by the last judge, and the reply that has it."""
        return self.bests[self.prompt]

    @property
    def reply(self) -> str:
        """What stands in the box, as the models read it."""
        return f" {self.text.value.strip()}"

    def still(self) -> Still:
        """The scores as they were."""
        scored = self.found.value.replace(' role="status"', "")  # what stands still announces nothing
        shown = f"<div><b>{escape(asked(self.prompt))}</b> {escape(self.reply)}</div>{scored}"
        words = f"A reply to “{asked(self.prompt)}”, and its scores: {self.reply.strip()}"
        return Still.of(shown, "Run this cell to write another reply.", alt=words)

    def _ask(self, _: object = None) -> None:
        """Begin with what is known of the request that the menu shows."""
        self.prompt = self.request.value
        known = self.known[self.prompt]
        if self.prompt not in self.bests:
            scores = self.judges[self.last].score([self.prompt] * len(known), known)
            self.bests[self.prompt] = max(zip(scores, known, strict=True))
        self.text.value = known[0].strip()
        self._judge()  # the words may be those that stood there before

    def _judge(self, _: object = None) -> None:
        try:
            scores = {name: judge.score([self.prompt], [self.reply])[0] for name, judge in self.judges.items()}
        except ValueError as error:
            trouble = f"<div>The models cannot read that: {escape(str(error).rstrip('.'))}.</div>"
            self.found.value = f'<div role="status">{trouble}{self._highest()}</div>'
            return
        if scores[self.last] > self.best[0]:
            self.bests[self.prompt] = scores[self.last], self.reply
        self.found.value = f'<div role="status">{scores_html(scores)}{self._highest()}</div>'

    def _highest(self) -> str:
        score, reply = self.best
        whose = "the one to beat" if reply in self.known[self.prompt] else "✓ yours"
        number, by = minus(f"{score:+.2f}"), escape(self.last)
        return f"<div>Highest so far, by the model of {by}: <b>{number}</b>, “{escape(reply.strip())}” ({whose}).</div>"


def score_a_reply(
    prompt: str, judges: Mapping[str, Judge], *, known: Sequence[str], others: Mapping[str, Sequence[str]] | None = None
) -> ScoreAReply:
    """The explorable: write a reply, and see its scores.

    Args:
        prompt: The request, as the model is asked it.
        judges: Who scores, by name, such as reward models; the highest score is the last one's.
        known: Replies to begin with: the first stands in the box, the best of them is the one to beat.
        others: By further prompts: replies to begin with there.

    Raises:
        ValueError: There is no judge, or no reply to begin with.
    """
    if not judges:
        raise ValueError("judges must hold at least one reward model, got none")
    known = {prompt: known, **({} if others is None else others)}
    if not all(known.values()):
        raise ValueError("known must hold at least one reply to begin with, for each prompt, got none")
    return ScoreAReply(known, judges)


def scores_html(scores: Mapping[str, float]) -> str:
    """A row for each judge: name, a bar from the middle to the right, or hatched to the left, and the number."""
    most = max(3.0, *map(abs, scores.values()))
    rows = []
    for name, score in scores.items():
        colour, width = OKABE_ITO["blue" if score >= 0 else "orange"], _WIDTH * abs(score) / most
        paint = colour if score >= 0 else f"repeating-linear-gradient(135deg, {colour} 0 4px, #a86f00 4px 6px)"
        side = "left" if score >= 0 else "right"
        bar = f"position: absolute; top: 2px; bottom: 2px; {side}: 50%; width: {width:.0f}px; background: {paint}"
        line = "position: absolute; top: 0; bottom: 0; left: 50%; border-left: 1px solid currentColor"
        area = f"position: relative; display: inline-block; width: {2 * _WIDTH}px; height: 20px; vertical-align: middle"
        rows.append(
            f'<div><span style="display: inline-block; width: 110px">{escape(name)}</span>'
            f'<span style="{area}" aria-hidden="true"><span style="{bar}"></span><span style="{line}"></span></span>'
            f'<b style="font-variant-numeric: tabular-nums">{minus(f"{score:+.2f}")}</b></div>'
        )
    return f'<div style="line-height: 1.7; margin: 4px 0">{"".join(rows)}</div>'

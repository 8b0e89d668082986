"""What several attempts are worth, before a training and after: with a judge, a vote, or the model's own opinion.

    several_attempts({"before": ask_chains(…, each=32), "after": …})

Three ways of spending k attempts on one question: somebody who knows picks a right one (pass@k), the model hands in
what it was surest of, the attempts vote. `rlcourse.equations` says what each is worth on average over all choices of k,
and of votes over some choices that are drawn. Left out: what the attempts cost.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.equations import best_of_k, majority_vote, pass_at_k
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Handle, Line, Panel, Point, Rule
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.thinking.recorded import Attempted
from rlcourse.usual import usual_settings

WAYS = {
    "known": ("a right one is among them (pass@k)", "blue", "solid", "circle"),
    "surest": ("the one it was surest of", "green", "dashdot", "triangle"),
    "voted": ("a vote", "vermillion", "dashed", "square"),
}
"""How k attempts are made one answer, and how each is drawn."""
DRAWN_VOTES = 24
"""Choices of k attempts over which votes are counted."""
TRY_THIS = (
    "<b>Try this:</b> drag the line from one attempt to many. <b>Watch:</b> what many attempts of the model on the "
    "left can do beside a single one of the model on the right; and which way needs to know the answer."
)


def several_attempts(
    asked: Mapping[str, Attempted], *, pass_fn: Callable = pass_at_k, vote_fn: Callable = majority_vote
) -> Bench:
    """The explorable: a slider over the number of attempts.

    Args:
        asked: A few words → what a policy said; the same questions, equally often, a power of two.
        pass_fn: As `pass_at_k`, such as a learner's own.
        vote_fn: As `majority_vote`.

    Raises:
        ValueError: Nobody was asked, or not equally often, or no power of two times.
    """
    return bench(TRY_THIS, several_attempts_plot(asked, pass_fn=pass_fn, vote_fn=vote_fn), (_slider(asked),))


def several_attempts_figure(asked: Mapping[str, Attempted], *, k: int = 1) -> Figure:
    """The same picture for print, with the line at k attempts."""
    return draw_figure(several_attempts_plot(asked), state_of((_slider(asked),), k=k))


def _slider(asked: Mapping[str, Attempted]) -> Slider:
    return Slider("k", "attempts k", _counts(asked), start=1, readout=".0f", exact=True, play=True)


def _counts(asked: Mapping[str, Attempted]) -> tuple[float, ...]:
    """1, 2, 4 … up to how often everybody was asked."""
    each = {answers.each for answers in asked.values()}
    most = next(iter(each), 0)
    if len(each) != 1 or most < 2 or most & (most - 1):
        raise ValueError(f"asked must hold answers of as many attempts each, 2, 4, 8 …, got {sorted(each)}")
    return tuple(2.0**i for i in range(most.bit_length()))


@usual_settings()
def several_attempts_plot(
    asked: Mapping[str, Attempted], *, pass_fn: Callable = pass_at_k, vote_fn: Callable = majority_vote
) -> Plot:
    """For each policy a panel with a curve for each way."""
    counts, arrays = _counts(asked), {}
    for number, answers in enumerate(asked.values()):
        for way, worth in attempts_worth(answers, counts, pass_fn, vote_fn).items():
            arrays |= {f"{way}_{number}": Array(("k",), worth), f"{way}_curve_{number}": Array(("sample",), worth)}
    arrays |= {"place": Array(("k",), np.log2(counts)), "places": Array(("sample",), np.log2(counts))}
    said = [
        f"{words}: {{known_{i}:.0f}} % if a right one is enough, {{surest_{i}:.0f}} % by the surest, "
        f"{{voted_{i}:.0f}} % by a vote."
        for i, words in enumerate(asked)
    ]
    return Plot(
        grids={"k": counts, "sample": counts},
        arrays=arrays,
        panels=tuple(_panel(words, number, counts) for number, words in enumerate(asked)),
        readouts=("With {k:.0f} at each question:", *(_capital(line) for line in said)),
        alt=f"A picture for each policy, over the number of attempts. With {{k:.0f}} attempts, {' '.join(said)}",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def attempts_worth(
    answers: Attempted, counts: tuple[float, ...], pass_fn: Callable = pass_at_k, vote_fn: Callable = majority_vote
) -> dict[str, np.ndarray]:
    """For each way what k attempts are worth, in percent of the questions, for each k in `counts`."""
    rewards = torch.tensor(answers.rewards).view(-1, answers.each)  # [questions, attempts]
    results = torch.tensor(answers.results).view(-1, answers.each)
    sureness = torch.tensor(answers.sureness).view(-1, answers.each)
    right = torch.tensor([chain.answer for chain in answers.chains])
    ks = [int(k) for k in counts]
    found = {
        "known": [_mean(pass_fn(answers.each, rewards.sum(1).long(), k)) for k in ks],
        "surest": [_mean(best_of_k(sureness, rewards, k)) for k in ks],
        "voted": [_voted(vote_fn, results, right, k) for k in ks],
    }
    return {way: 100 * np.array(worth) for way, worth in found.items()}


def _voted(vote_fn: Callable, results: Tensor, right: Tensor, k: int) -> float:
    """The mean over some choices of k attempts, always the same ones."""
    generator, count = torch.Generator().manual_seed(k), results.shape[1]
    times = 1 if k == count else DRAWN_VOTES
    order = [torch.randperm(count, generator=generator)[:k] for _ in range(times)]
    if k == 1:  # each once
        order = list(torch.arange(count).view(-1, 1))
    return float(np.mean([_mean(vote_fn(results[:, chosen], right)) for chosen in order]))


def _mean(found: object) -> float:
    return float(torch.as_tensor(found, dtype=torch.float64).mean())


def _panel(words: str, number: int, counts: tuple[float, ...]) -> Panel:
    places = tuple(np.log2(counts).tolist())
    lines = (
        Line("places", f"{way}_curve_{number}", along="sample", label=label, colour=colour, dash=dash, marker=marker)
        for way, (label, colour, dash, marker) in WAYS.items()
    )
    return Panel(
        title=_capital(words),
        x=Axis("attempts at a question", -0.1, places[-1] + 0.1, tuple(f"{k:.0f}" for k in counts), places),
        y=Axis("questions answered rightly, %", -3, 103),
        marks=(*lines, Rule(x="place"), Point("place", f"known_{number}", colour="blue")),
        handles=(Handle("k", x="place", grip=0.04),),
    )

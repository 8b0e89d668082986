"""A bench whose numbers the kernel works out anew whenever something is moved: for grids too large to be sent.

    answered(TRY_THIS, the_plot, controls)         the_plot(state) -> Plot, the same but for its numbers

Marks and words are those of the first state. What is dragged follows the pointer in the browser, as anywhere; bars and
curves follow when the kernel has answered, a few milliseconds later. Left out: an answer without a kernel.
"""

from collections.abc import Callable, Mapping, Sequence

from rlcourse.explorables.plotting.bench import Bench, Choice, Held, Slider, bench
from rlcourse.explorables.plotting.plot import Plot

MakePlot = Callable[[Mapping[str, float]], Plot]
Settle = Callable[[Mapping[str, float], str], Mapping[str, float]]


def answered(
    try_this: str,
    make_plot: MakePlot,
    controls: Sequence[Slider | Choice | Held],
    *,
    settle: Settle | None = None,
) -> Bench:
    """An explorable that the kernel answers.

    Args:
        try_this: One or two sentences of HTML: what to try, and what to watch.
        make_plot: From the value of each parameter to what is drawn then.
        controls: The parameters.
        settle: From the values, and the name of the one that was moved, to values that go together, such as
            probabilities that add up to 1; the one that was moved stays.
    """
    start = {control.name: float(control.start) for control in controls}
    made = bench(try_this, make_plot(start), controls)
    made.asks_kernel = True
    view, busy = made.view, False

    def answer(change: Mapping) -> None:
        nonlocal busy
        if busy:  # it is we who move the others
            return
        busy = True
        try:
            state = {name: getattr(view, name) for name in start}
            state = state if settle is None else dict(settle(state, change["name"]))
            plot = make_plot(state)
            with view.hold_sync():
                for name, value in state.items():
                    if name != change["name"] and getattr(view, name) != value:
                        setattr(view, name, value)
                view.show(plot)
        finally:
            busy = False

    view.observe(answer, names=list(start))
    return made

"""What healthy looks like: recorded runs of the same training, to stand behind a live one, and what is normal in words.

A beginner cannot tell a run that goes well from one that is broken: is it wrong that the reward falls at first, that
the loss is 0, that the curve lies flat for twenty updates? The course has recorded each training with five seeds
(`rlcourse.experiments`). Every number in the sentences below is worked out from these records when it is said. Left
out: trainings that were recorded with other settings than the notebooks use.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np

from rlcourse.arguments import check_choice
from rlcourse.experiments import load_curves
from rlcourse.experiments.recipes import the_maze
from rlcourse.explorables.training.bands import Curves, SeedBand, seed_band
from rlcourse.maze import optimal_return
from rlcourse.showing.words import minus

_OTHER_NAMES = {"upright": "balance", "held_out": "accuracy"}
"""What notebooks call a column in their own words, and what it is called in the records."""


Clauses = tuple[tuple[str | None, str], ...]
"""A sentence in parts, each with the column that somebody must see to follow it; None where anybody can."""


@dataclass(frozen=True)
class Healthy:
    """Recorded runs of one training, and one sentence on what is normal in them."""

    curves: Curves
    words: str

    def band(self, key: str) -> SeedBand | None:
        """The recorded runs of a column, by its name in a notebook; None if it was not recorded.

        `expected_return` is that of the notebooks' maze, from its start: the records keep its share of the optimum.
        """
        if key == "expected_return" and (share := self.band("optimality")) is not None:
            return SeedBand(share.steps, share.values * optimal_return(the_maze()))
        try:
            return seed_band(self.curves, _OTHER_NAMES.get(key, key))
        except ValueError:  # no step at which all runs have this number
            return None


def healthy(name: str, *, charted: Container[str] | None = None) -> Healthy:
    """The recorded runs of an experiment of the course, and what is normal in them.

    Args:
        name: Such as "maze-ppo"; one of `HEALTHY`.
        charted: The columns that are drawn: what is said only about others is left out. None for all that there is.

    Raises:
        ValueError: There are no words for a training of that name.
    """
    check_choice("recorded", name, tuple(HEALTHY))
    curves = load_curves(name)
    said = HEALTHY[name](curves)
    if not isinstance(said, str):
        said = "; ".join(words for key, words in said if charted is None or _seen(key, charted)) + "."
    return Healthy(curves, f"Normal here, in {len(curves)} recorded runs: {minus(said)}")


def _seen(key: str | None, charted: Container[str]) -> bool:
    """Whether a column is drawn, by its own name or by one that notebooks have for it. None always is."""
    return key is None or any(name in charted for name in (key, *(o for o, own in _OTHER_NAMES.items() if own == key)))


def all_values(curves: Curves, key: str, *, first: int | None = None) -> np.ndarray:
    """What was written down in a column, of all runs one after the other, or only its `first` numbers of each."""
    columns = (run[key] for run in curves.values())
    return np.concatenate([column[np.isfinite(column)][:first] for column in columns])


def first_reached(curves: Curves, key: str, level: float) -> list[int]:
    """For each run the first step at which a column was measured at that level or above; runs that never were, not."""
    reached = [run["step"][run[key] >= level] for run in curves.values()]  # NaN is at no level
    return [int(steps[0]) for steps in reached if len(steps)]


def largest_fall(curves: Curves, key: str, level: float) -> list[float]:
    """For each run by how much a column fell back from its best so far, before it first was at that level."""
    falls = []
    for run in curves.values():
        values = run[key][np.isfinite(run[key])]
        values = values[: int((values >= level).argmax()) + 1]
        falls.append(float((np.maximum.accumulate(values) - values).max()))
    return falls


def ends(curves: Curves, key: str) -> np.ndarray:
    """The last number of a column in each run."""
    return np.array([run.last(key) for run in curves.values()])


def _after(steps: list[int]) -> str:
    low, high = min(steps), max(steps)
    return f"after {low} updates" if low == high else f"after {low} to {high} updates"


def _best_return(curves: Curves) -> str:
    return f"nine tenths of the best return {_after(first_reached(curves, 'optimality', 0.9))}"


def _reward_falls_first(curves: Curves) -> str:
    lowest = np.mean([np.nanmin(run["reward"]) for run in curves.values()])
    return (
        f"while it trains, the reward below the progress bar falls to about {lowest:.0f} before it rises, since the "
        "first walks to end are short and lucky"
    )


def _maze_grpo(curves: Curves) -> str:
    return (
        f"{_best_return(curves)}, and an entropy below {_above(ends(curves, 'entropy').max(), 2)} at the end: hardly a "
        "doubt is left."
    )


def _maze_ppo(curves: Curves) -> Clauses:
    kl = all_values(curves, "approx_kl")
    early = all_values(curves, "approx_kl", first=5).mean()
    spikes = (
        f"a KL of a few hundredths ({early:.2f} on average in the first five updates) with single spikes (up to "
        f"{kl.max():.1f})"
    )
    return (None, _best_return(curves)), ("approx_kl", spikes), (None, _reward_falls_first(curves))


def _maze_trpo(curves: Curves) -> str:
    used = all_values(curves, "policy_kl").max()
    return (
        f"{_best_return(curves)}; every step below the limit (the longest has a KL of {used:.3f}), and shorter and "
        f"shorter steps; {_reward_falls_first(curves)}."
    )


def crawling(curves: Curves, key: str, *, updates: int, share: float) -> int:
    """In how many runs a column rose by less than this share of its way from first to best within so many updates."""
    count = 0
    for run in curves.values():
        measured = np.isfinite(run[key])
        steps, values = run["step"][measured], run[key][measured]
        later = np.searchsorted(steps, steps + updates)
        whole = later < len(steps)
        count += bool((values[later[whole]] - values[whole] < share * (values.max() - values[0])).any())
    return count


def _maze_reinforce_plain(curves: Curves) -> str:
    last, where = int(ends(curves, "step").max()), ends(curves, "optimality") * optimal_return(the_maze())
    return (
        f"a slow climb that depends on luck: after {last} updates their returns end between {where.min():.1f} and "
        f"{where.max():.1f}, and {crawling(curves, 'optimality', updates=20, share=0.1)} of them crawl on the way "
        "(twenty updates gain less than a tenth of their whole climb)."
    )


def _maze_reinforce_step_mean(curves: Curves) -> str:
    last, where = int(ends(curves, "step").max()), ends(curves, "optimality")
    return (
        f"it earns more than it costs {_after(first_reached(curves, 'optimality', 0.0))}, and is at {where.min():.1f} "
        f"to {where.max():.1f} times the best return after {last}; the curves climb steadily, and late."
    )


def _mazes_ppo(curves: Curves) -> str:
    begin, end = (np.array([run["solved"][at] for run in curves.values()]) for at in (0, -1))
    return (
        f"out of {_percent(begin)} of the unseen mazes at first, of nine tenths "
        f"{_after(first_reached(curves, 'solved', 0.9))}, and of {_percent(end)} at the end."
    )


def _language_ppo_twice(curves: Curves) -> str:
    clipped = [np.array([run["clip_fraction"][at] for run in curves.values()]) for at in (1, -1)]
    first, last = map(_percent, clipped)
    return (
        f"four of five answers right {_after(first_reached(curves, 'reward', 0.8))}; the clip bites on {first} of the "
        f"tokens in the first update and on {last} in the last; and a KL of a few thousandths (at most "
        f"{all_values(curves, 'approx_kl').max():.3f})."
    )


def _language_grpo_too_fast(curves: Curves) -> str:
    fallen = [int(run["step"][run["reward"] <= 0.05][0]) for run in curves.values()]
    most = max(run["reward"][run["step"] > 10].max() for run in curves.values())
    return (
        f"at this learning rate right answers fall to 5 % or less {_after(fallen)}, and nothing comes back: from the "
        f"eleventh update on never more than {100 * most:.0f} % are right, and hardly a group has any differences."
    )


def _percent(shares: np.ndarray) -> str:
    low, high = round(100 * shares.min()), round(100 * shares.max())
    return f"{low} %" if low == high else f"{low} to {high} %"


def _cartpole_ppo(curves: Curves) -> str:
    solved, falls = first_reached(curves, "balance", 475), largest_fall(curves, "balance", 475)
    return (
        f"475 steps {_after(solved)}, and dips on the way: before that every one of them fell back once by "
        f"{min(falls):.0f} steps or more."
    )


def _on_sums(curves: Curves) -> Clauses:
    right = f"nine of ten held-out sums right {_after(first_reached(curves, 'accuracy', 0.9))}"
    entropy = all_values(curves, "entropy", first=1).mean()
    last = int(ends(curves, "step").max())
    falls = f"the entropy falls from {entropy:.2f} to a few hundredths by update {last}"
    return ("accuracy", right), ("entropy", falls)


def _language_grpo(curves: Curves) -> Clauses:
    teaching = ends(curves, "informative_groups").mean()
    nothing = "a loss that stays at 0 in every update, because the advantages of a group add up to 0"
    return (
        *_on_sums(curves),
        ("reward", f"four of five of an update's own answers right {_after(first_reached(curves, 'reward', 0.8))}"),
        ("informative_groups", f"all groups teach something at first and about {100 * teaching:.0f} % at the end"),
        ("informative_groups", nothing),
    )


def _rlhf_thirty_labels(curves: Curves) -> Clauses:
    words = [ends(curves, "words").min(), ends(curves, "words").max()]
    begin = all_values(curves, "words", first=1).mean()
    shares = f"good advice in {_percent(ends(curves, 'helpful'))} of the replies at the end"
    return (
        ("reward", f"a score around 0 at first and of {ends(curves, 'reward').min():.1f} or more at the end"),
        ("words", f"replies of {begin:.0f} words at first and of {words[0]:.0f} to {words[1]:.0f} at the end"),
        ("helpful", f"{shares}, which no label asked for"),
        ("rude", f"an insult in {_percent(ends(curves, 'rude'))}"),
    )


def _rlhf_ppo(curves: Curves) -> Clauses:
    nats = ends(curves, "answer_kl")
    return (
        ("gold_win_rate", f"four of five comparisons won {_after(first_reached(curves, 'gold_win_rate', 0.8))}"),
        ("answer_kl", f"a KL that stops growing, at {nats.min():.1f} to {nats.max():.1f} nats"),
        (
            "explained_variance",
            f"half explained {_after(first_reached(curves, 'explained_variance', 0.5))}, up and down from there",
        ),
    )


def _rlhf_dpo(curves: Curves) -> Clauses:
    lost = np.array([run["chosen"][-10:].mean() for run in curves.values()])
    both = f"both replies of a pair lose, the chosen ones {-lost.max():.1f} to {-lost.min():.1f} nats, the others more"
    return (
        ("loss", "a loss that jumps about, since each step sees other pairs"),
        ("chosen", both),
        ("gold_win_rate", f"{_percent(ends(curves, 'gold_win_rate'))} of the comparisons won at the end"),
    )


def first_below(curves: Curves, key: str, level: float) -> list[int]:
    """For each run the first step at which a column was measured below that level; runs that never were, not."""
    below = [run["step"][run[key] < level] for run in curves.values()]  # NaN is below no level
    return [int(steps[0]) for steps in below if len(steps)]


def _language_pretraining(curves: Curves) -> str:
    unread, copied = ends(curves, "unread_loss"), ends(curves, "states_this_sum").max()
    return (
        f"a loss below 2 on unread text {_after(first_below(curves, 'unread_loss', 2))}, and {unread.min():.2f} to "
        f"{unread.max():.2f} at the end; nine of ten answers have the form of a sum "
        f"{_after(first_reached(curves, 'states_a_sum', 0.9))}, and {_none_or(copied)} state the one that was asked."
    )


def _none_or(share: float) -> str:
    return "hardly any" if share < 0.05 else f"at most {100 * share:.0f} %"


def _language_fine_tuning(curves: Curves) -> str:
    most = min(all_values({0: run}, "greedy").max() for run in curves.values())
    return (
        f"greedy answers get better at first (every run reaches {100 * most:.0f} %), and fewer than half "
        f"are right {_after(first_below(curves, 'greedy', 0.5))}, all at once; sampled guesses end at "
        f"{_percent(ends(curves, 'sampled_guesses'))}, near the share among the demonstrations."
    )


def _above(value: float, digits: int) -> str:
    """A round number that the value is below."""
    return f"{np.ceil(value * 10**digits) / 10**digits:.{digits}f}"


HEALTHY: dict[str, Callable[[Curves], str | Clauses]] = {
    "maze-grpo": _maze_grpo,
    "maze-ppo": _maze_ppo,
    "maze-trpo": _maze_trpo,
    "maze-reinforce-plain": _maze_reinforce_plain,
    "maze-reinforce-step-mean": _maze_reinforce_step_mean,
    "mazes-ppo": _mazes_ppo,
    "cartpole-ppo": _cartpole_ppo,
    "language-fine-tuning": _language_fine_tuning,
    "language-grpo": _language_grpo,
    "language-grpo-too-fast": _language_grpo_too_fast,
    "language-ppo-twice": _language_ppo_twice,
    "rlhf-dpo": _rlhf_dpo,
    "rlhf-ppo": _rlhf_ppo,
    "rlhf-thirty-labels": _rlhf_thirty_labels,
    "language-pretraining": _language_pretraining,
    "language-reinforce": _on_sums,
}
"""What is normal in each of the course's trainings that are run live, said about its records."""

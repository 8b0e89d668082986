"""What is normal in the course's trainings of GPT-2, said about their records; see `healthy`."""

from collections.abc import Callable

import numpy as np

from rlcourse.explorables.training.bands import Curves
from rlcourse.explorables.training.recorded_facts import (
    Clauses,
    after,
    all_values,
    at_step,
    ends,
    first_below,
    first_reached,
    from_to,
    percent,
)


def _language_ppo_twice(curves: Curves) -> str:
    clipped = [np.array([run["clip_fraction"][at] for run in curves.values()]) for at in (1, -1)]
    first, last = map(percent, clipped)
    return (
        f"four of five answers right {after(first_reached(curves, 'reward', 0.8))}; the clip bites on {first} of the "
        f"tokens in the first update and on {last} in the last; and a KL gauge of a few thousandths (at most "
        f"{all_values(curves, 'approx_kl').max():.3f})."
    )


def _language_grpo_too_fast(curves: Curves) -> str:
    fallen = [int(run["step"][run["reward"] <= 0.05][0]) for run in curves.values()]
    most = max(run["reward"][run["step"] > 10].max() for run in curves.values())
    return (
        f"at this learning rate right answers fall to 5 % or less {after(fallen)}, and nothing comes back: from the "
        f"eleventh update on never more than {100 * most:.0f} % are right, and hardly a group has any differences."
    )


_FIRST, _LAST = slice(1, 11), slice(-10, None)
"""Ten updates: what is measured of one is as much chance as change."""


def _on_sums(curves: Curves) -> Clauses:
    early, later = (percent(at_step(curves, "accuracy", step)) for step in (10, 20))
    soon = after(first_reached(curves, "accuracy", 0.9))
    right = f"nine of ten held-out sums right {soon} ({early} after 10, {later} after 20)"
    entropy = all_values(curves, "entropy", first=1).mean()
    falls = f"the entropy falls from {entropy:.2f} to a few hundredths"
    return ("accuracy", right), ("entropy", falls)


def _language_grpo(curves: Curves) -> Clauses:
    first, last = (np.mean([run["informative_groups"][part] for run in curves.values()]) for part in (_FIRST, _LAST))
    nothing = "a loss that stays at 0 in every update, as advantages sum to 0"
    return (
        *_on_sums(curves),
        ("reward", f"four of five own answers right {after(first_reached(curves, 'reward', 0.8))}"),
        (
            "informative_groups",
            f"{100 * first:.0f} % of groups teach in the first ten updates, {100 * last:.0f} % in the last",
        ),
        ("informative_groups", nothing),
    )


def _thinking(curves: Curves) -> Clauses:
    first, last = all_values(curves, "tokens", first=1), ends(curves, "tokens")
    at_last = from_to(f"{last.min():.0f}", f"{last.max():.0f}")
    longer = f"answers of {first.mean():.0f} tokens at first and of {at_last} at the end"
    return (
        ("accuracy", f"four of five held-out answers right {after(first_reached(curves, 'accuracy', 0.8))}"),
        ("tokens", longer),
        ("worked", f"{percent(ends(curves, 'worked'))} worked out at the end"),
        ("informative_groups", "fewer and fewer groups that teach something, as more of them are right throughout"),
    )


def _language_several(curves: Curves) -> Clauses:
    """Eight steps on each batch: what it comes to depends on the member of the family."""
    at_first = all_values(curves, "entropy", first=1).mean()
    sixth = [run["reward"][run["step"] == 6][0] for run in curves.values()]
    entropy = np.array([run["entropy"][run["step"] == 6][0] for run in curves.values()])
    return (
        ("reward", f"{percent(np.array(sixth))} of the answers right in the sixth update"),
        ("entropy", f"an entropy of {at_first:.2f} at first and of {entropy.min():.2f} to {entropy.max():.2f} in it"),
    )


def _rlhf_thirty_labels(curves: Curves) -> Clauses:
    words = [ends(curves, "words").min(), ends(curves, "words").max()]
    begin = all_values(curves, "words", first=1).mean()
    shares = f"good advice in {percent(ends(curves, 'helpful'))} of the replies at the end"
    return (
        ("reward", f"a score around 0 at first and of {ends(curves, 'reward').min():.1f} or more at the end"),
        ("words", f"replies of {begin:.0f} words at first and of {words[0]:.0f} to {words[1]:.0f} at the end"),
        ("helpful", f"{shares}, which no label asked for"),
        ("rude", f"an insult in {percent(ends(curves, 'rude'))}"),
    )


def _rlhf_ppo(curves: Curves) -> Clauses:
    nats = ends(curves, "answer_kl")
    soon = np.array([np.nanmean(run["explained_variance"][11:21]) for run in curves.values()])
    return (
        ("gold_win_rate", f"four of five comparisons won {after(first_reached(curves, 'gold_win_rate', 0.8))}"),
        ("answer_kl", f"a KL that stops growing, at {nats.min():.1f} to {nats.max():.1f} nats"),
        (
            "explained_variance",
            f"more and more explained, but up and down: on average {percent(soon)} over updates 11 to 20",
        ),
    )


def _rlhf_dpo(curves: Curves) -> Clauses:
    lost = np.array([run["chosen"][-10:].mean() for run in curves.values()])
    both = f"both replies of a pair lose, the chosen ones {-lost.max():.1f} to {-lost.min():.1f} nats, the others more"
    return (
        ("loss", "a loss that jumps about, since each step sees other pairs"),
        ("chosen", both),
        ("gold_win_rate", f"{percent(ends(curves, 'gold_win_rate'))} of the comparisons won at the end"),
    )


def _language_pretraining(curves: Curves) -> str:
    unread, copied = ends(curves, "unread_loss"), ends(curves, "states_this_sum").max()
    return (
        f"a loss below 2 on unread text {after(first_below(curves, 'unread_loss', 2))}, and {unread.min():.2f} to "
        f"{unread.max():.2f} at the end; nine of ten answers have the form of a sum "
        f"{after(first_reached(curves, 'states_a_sum', 0.9))}, and {_none_or(copied)} state the one that was asked."
    )


def _none_or(share: float) -> str:
    return "hardly any" if share < 0.05 else f"at most {100 * share:.0f} %"


def _language_fine_tuning(curves: Curves) -> str:
    most = min(all_values({0: run}, "greedy").max() for run in curves.values())
    return (
        f"greedy answers get better at first (every run reaches {100 * most:.0f} %), and fewer than half "
        f"are right {after(first_below(curves, 'greedy', 0.5))}, all at once; sampled guesses end at "
        f"{percent(ends(curves, 'sampled_guesses'))}, near the share among the demonstrations."
    )


def _clinic_sums(curves: Curves) -> Clauses:
    return (
        ("reward", f"four of five of an update's own answers right {after(first_reached(curves, 'reward', 0.8))}"),
        ("clip_fraction", "a clip fraction of exactly 0, as one step is made on each batch"),
        ("loss", "a loss that stays at 0"),
    )


def _late(curves: Curves) -> Clauses:
    middle = np.array([run["reward"][12] for run in curves.values()])
    outside = all_values(curves, "clip_fraction")
    return (
        ("reward", f"{percent(middle)} of the answers of the twelfth update right"),
        (
            "clip_fraction",
            f"tokens outside the band in all updates but the first, at most {100 * outside.max():.0f} %",
        ),
    )


def _phantom(curves: Curves) -> Clauses:
    return (
        ("modest", f"“I guess” in {percent(ends(curves, 'modest'))} of the answers at the end"),
        ("right", f"{percent(ends(curves, 'right'))} of the answers right"),
    )


LANGUAGE: dict[str, Callable[[Curves], str | Clauses]] = {
    "clinic-sums-healthy": _clinic_sums,
    "language-fine-tuning": _language_fine_tuning,
    **{f"language-family-{name}": _language_several for name in ("cispo", "dapo", "dr-grpo", "gspo", "rloo")},
    "language-grpo": _language_grpo,
    "language-grpo-several": _language_several,
    "language-grpo-too-fast": _language_grpo_too_fast,
    "language-late-2-cap": _late,
    "language-late-4-cap": _late,
    "language-late-8-cap": _late,
    "language-phantom-group": _phantom,
    "language-phantom-none": _phantom,
    "language-ppo-twice": _language_ppo_twice,
    "language-pretraining": _language_pretraining,
    "language-reinforce": _on_sums,
    "rlhf-dpo": _rlhf_dpo,
    "rlhf-ppo": _rlhf_ppo,
    "rlhf-thirty-labels": _rlhf_thirty_labels,
    "thinking": _thinking,
}
"""By the names of the experiments."""

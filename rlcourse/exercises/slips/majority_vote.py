"""The classic mistakes of the exercise `majority_vote`."""

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.exercises.exercise import Slip


def _each(count: Callable[[list[int], int], float]) -> Callable[[Tensor, Tensor], Tensor]:
    """A count of one question's results, asked of every question."""

    def of_all(results: Tensor, right: Tensor) -> Tensor:
        rows = zip(results.tolist(), right.tolist(), strict=True)
        return torch.tensor([float(count(row, answer)) for row, answer in rows], dtype=torch.float64)

    return of_all


def _votes(row: list[int]) -> Counter:
    return Counter(result for result in row if result >= 0)


def _leaders(votes: Counter) -> list[int]:
    return [result for result, count in votes.items() if count == max(votes.values())]


def _tie_wins(row, right):
    return right in _leaders(_votes(row))


def _tie_loses(row, right):
    return _leaders(_votes(row)) == [right]


def _smallest(row, right):
    return min(_leaders(_votes(row)), default=-1) == right


def _largest(row, right):
    return max(_leaders(_votes(row)), default=-1) == right


def _first(row, right):
    return (_leaders(_votes(row)) or [-1])[0] == right


def _last(row, right):
    return (_leaders(_votes(row[::-1])) or [-1])[0] == right


def _always_half(row, right):
    leaders = _leaders(_votes(row))
    return (1.0 if len(leaders) == 1 else 0.5) if right in leaders else 0.0


def _nothing_votes(row, right):
    leaders = _leaders(Counter(row))
    return 1 / len(leaders) if right in leaders else 0.0


def _nothing_votes_smallest(row, right):
    return min(_leaders(Counter(row))) == right


def _nothing_votes_first(row, right):
    return _leaders(Counter(row))[0] == right


def _more_than_half(row, right):
    return 2 * row.count(right) > len(row)


def _more_than_half_of_the_votes(row, right):
    return 2 * row.count(right) > sum(result >= 0 for result in row)


def _share(row, right):
    return row.count(right) / len(row)


def _share_of_the_votes(row, right):
    return row.count(right) / max(1, sum(result >= 0 for result in row))


def _any(row, right):
    return right in row


def _median(row, right):
    return torch.tensor(row).median().item() == right


def _rounded_mean(row, right):
    return round(sum(row) / len(row)) == right


def _by_attempts(row, right):
    votes = _votes(row)
    leading = sum(votes[result] for result in _leaders(votes))
    return 1 / leading if right in _leaders(votes) else 0.0


def _mean(results: Tensor, right: Tensor) -> Tensor:
    return _each(lambda row, answer: 1 / len(_leaders(_votes(row))) if answer in _leaders(_votes(row)) else 0.0)(
        results, right
    ).mean()


SLIPS = (
    Slip(
        "a tie counts as right",
        "Where two results have the most votes, only one of them can be handed in. If it is drawn by lot, the right "
        "one has the chance ½; counting it as 1 makes every vote look better than it is.",
        _each(_tie_wins),
    ),
    Slip(
        "a tie counts as wrong",
        "The right result may be drawn from a tie, too: with m results in the lead its chance is 1/m.",
        _each(_tie_loses),
    ),
    Slip(
        "the smallest of a tie is handed in",
        "`torch.mode`, and `argmax` of counts, take the smallest of those that tie. Is the smallest number likelier to "
        "be right? Then a set of questions with large results looks harder than it is. Draw: 1/m for each.",
        _each(_smallest),
        (_each(_largest),),
    ),
    Slip(
        "the first of a tie is handed in",
        "`Counter.most_common` takes the one that came first, so the answer depends on the order in which the attempts "
        "happen to stand. With m results in the lead each has the chance 1/m.",
        _each(_first),
        (_each(_last),),
    ),
    Slip(
        "always ½ in a tie",
        "Three may tie, or four. With m results in the lead the right one has the chance 1/m.",
        _each(_always_half),
    ),
    Slip(
        "attempts without a result vote",
        "−1 says that an attempt has come to nothing. Those are no party: that many say nothing is no reason to hand "
        "in nothing.",
        _each(_nothing_votes),
    ),
    Slip(
        "a tie goes to one result, and attempts without a result vote",
        "Two slips at once. Where two results lead, each has half a chance of being handed in (of three, a third); "
        "`mode` and `most_common` take one of them. And −1 says that an attempt has no result: it gets no vote.",
        _each(_nothing_votes_smallest),
        (_each(_nothing_votes_first),),
    ),
    Slip(
        "more than half of the votes demanded",
        "The result with the *most* votes is handed in, and needs no majority of all. It is called majority voting "
        "all the same.",
        _each(_more_than_half),
        (_each(_more_than_half_of_the_votes),),
    ),
    Slip(
        "the share of right attempts",
        "That is the chance that one attempt, drawn by lot, is right: pass@1. A vote has a winner, who takes all.",
        _each(_share),
        (_each(_share_of_the_votes),),
    ),
    Slip(
        "right if anybody is",
        "That is pass@N, for which somebody must know which attempt is right. A vote does not know.",
        _each(_any),
    ),
    Slip(
        "the middle or the mean of the results",
        "Results are names here, not amounts: 51 is right, and 50 is as wrong as 7. Count how often each occurs.",
        _each(_median),
        (_each(_rounded_mean),),
    ),
    Slip(
        "tied attempts counted, not tied results",
        "Two results with three votes each are a tie of *two*, not of six.",
        _each(_by_attempts),
    ),
    Slip(
        "the mean over the questions",
        "That is what will be reported in the end. First each question needs its own number: return one for each.",
        _mean,
    ),
)

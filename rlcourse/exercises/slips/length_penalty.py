"""The classic mistakes of the exercise `length_penalty`."""

import torch
from torch import Tensor

from rlcourse.equations import length_penalty
from rlcourse.exercises.exercise import Slip


def _shortest(rewards: Tensor, lengths: Tensor) -> Tensor:
    """The shortest right answer of each group, infinite where there is none."""
    return torch.where(rewards > 0, lengths, torch.inf).amin(1, keepdim=True)


def _right(rewards: Tensor, values: Tensor) -> Tensor:
    return torch.where(rewards > 0, values, 0.0)


def _everybody_pays(rewards, lengths, *, weight):
    shortest = lengths.amin(1, keepdim=True)
    return rewards - weight * (lengths - shortest) / lengths


def _by_the_longest(rewards, lengths, *, weight):
    return rewards - weight * lengths / lengths.amax(1, keepdim=True)


def _by_the_longest_of_all(rewards, lengths, *, weight):
    return rewards - weight * lengths / lengths.max()


def _each_token(rewards, lengths, *, weight):
    return rewards - weight * lengths


def _shortest_of_all_answers(rewards, lengths, *, weight):
    shortest = lengths.amin(1, keepdim=True)
    return rewards * (1 - weight * (lengths - shortest) / lengths)


def _shortest_of_the_batch(rewards, lengths, *, weight):
    shortest = torch.where(rewards > 0, lengths, torch.inf).min()
    return rewards * (1 - weight * _right(rewards, (lengths - shortest) / lengths))


def _down_the_columns(rewards, lengths, *, weight):
    shortest = torch.where(rewards > 0, lengths, torch.inf).amin(0, keepdim=True)
    return rewards * (1 - weight * _right(rewards, (lengths - shortest) / lengths))


def _wrong_ones_pay_too(rewards, lengths, *, weight):
    shortest = torch.where(
        (rewards > 0).any(1, keepdim=True), _shortest(rewards, lengths), lengths.amin(1, keepdim=True)
    )
    return rewards - weight * ((lengths - shortest) / lengths).clamp(min=0)


def _short_wrong_ones_are_paid(rewards, lengths, *, weight):
    shortest = lengths.amin(1, keepdim=True)
    return rewards * (1 - weight) + weight * shortest / lengths


def _over_the_shortest(rewards, lengths, *, weight):
    shortest = _shortest(rewards, lengths)
    return rewards * (1 - weight * _right(rewards, (lengths - shortest) / shortest))


def _to_the_mean(rewards, lengths, *, weight):
    right = (rewards > 0).float()
    mean = (lengths * right).sum(1, keepdim=True) / right.sum(1, keepdim=True).clamp(min=1)
    return rewards * (1 - weight * _right(rewards, (lengths - mean) / lengths))


def _to_the_mean_of_all(rewards, lengths, *, weight):
    mean = lengths.float().mean(1, keepdim=True)
    return rewards * (1 - weight * (lengths - mean) / lengths)


def _between_the_extremes(rewards, lengths, *, weight):
    shortest = _shortest(rewards, lengths)
    longest = torch.where(rewards > 0, lengths, -torch.inf).amax(1, keepdim=True)
    place = (lengths - shortest) / (longest - shortest).clamp(min=1)
    return rewards * (1 - weight * _right(rewards, place))


def _sign(rewards, lengths, *, weight):
    return 2 * rewards - length_penalty(rewards, lengths, weight=weight)


def _weight_forgotten(rewards, lengths, *, weight):
    return rewards * (1 - _right(rewards, (lengths - _shortest(rewards, lengths)) / lengths))


def _what_is_left(rewards, lengths, *, weight):
    return rewards * weight * _right(rewards, _shortest(rewards, lengths) / lengths)


def _nothing_right(rewards, lengths, *, weight):
    shortest = _shortest(rewards, lengths)
    return rewards * (1 - weight * (lengths - shortest) / lengths)


SLIPS = (
    Slip(
        "wrong answers pay for their length, too",
        "Then a group in which everybody is wrong teaches something after all: to be wrong in fewer words. In our "
        "world that is to guess. A wrong answer is worth 0, however long.",
        _everybody_pays,
        (_by_the_longest, _by_the_longest_of_all, _wrong_ones_pay_too),
    ),
    Slip(
        "a price on every token",
        "`weight · length` has no bound: a right answer that is long enough is worth less than a wrong one that is "
        "short. What a right answer loses must stay below what being right is worth.",
        _each_token,
    ),
    Slip(
        "the yardstick is a wrong answer",
        "A guess is always the shortest answer, and shows nothing about how short a *right* one can be. The shortest "
        "right answer is the measure.",
        _shortest_of_all_answers,
    ),
    Slip(
        "the shortest of the whole batch",
        "A question that needs six steps is compared with one that needs two here. Each question has its own shortest "
        "right answer: the minimum of its row.",
        _shortest_of_the_batch,
    ),
    Slip(
        "groups along the wrong axis",
        "This compares answers to different questions: it works down the columns. A group is one row of [P, G].",
        _down_the_columns,
    ),
    Slip(
        "short wrong answers are paid",
        "Being short is worth something only to those who are right. As it stands the shortest answer of a group earns "
        "a share of the reward for being wrong.",
        _short_wrong_ones_are_paid,
    ),
    Slip(
        "divided by the shortest length, not by the answer's own",
        "(|o| − s)/s has no bound: an answer three times as long as the shortest would lose twice the weight, and "
        "could fall below a wrong one. (|o| − s)/|o| stays below 1.",
        _over_the_shortest,
    ),
    Slip(
        "measured from the mean length",
        "Then an answer shorter than the mean earns more than the rule pays. The measure here is the shortest right "
        "answer, which loses nothing.",
        _to_the_mean,
        (_to_the_mean_of_all,),
    ),
    Slip(
        "a place between the shortest and the longest",
        "The longest right answer loses the whole weight here, be it longer by one token or by a hundred. Of the "
        "quotient (|o| − s)/|o| a token that hardly matters hardly costs.",
        _between_the_extremes,
    ),
    Slip(
        "longer is better",
        "The sign is turned: what is longer than the shortest right answer must cost something, so it is 1 *minus* the "
        "weight times the excess.",
        _sign,
    ),
    Slip(
        "the weight forgotten",
        "Without the weight an endless right answer would be worth 0, as a wrong one. The weight says how much of the "
        "reward length may cost at most.",
        _weight_forgotten,
    ),
    Slip(
        "the weight taken for what is left",
        "With weight 0 length should not matter at all, and here nothing would be paid. The weight is what is *taken "
        "off*: 1 − weight · excess.",
        _what_is_left,
    ),
    Slip(
        "infinity where nobody is right",
        "A minimum over no right answer is infinite, and 0 · ∞ is NaN, which one training step later is in every "
        "weight. Where an answer is wrong, put 0 in the place of its excess: `torch.where(right, excess, 0.0)`.",
        _nothing_right,
    ),
)

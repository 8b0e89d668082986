"""What a run can suffer from, in this clinic: the name, the pair of lines, what shows it, and why.

`shows` are the examinations that come out odd on a run with this slip; tests hold every patient to it. Left out: slips
that raise an error, since those find themselves.
"""

import difflib
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from rlcourse.experiments.clinic import lines


@dataclass(frozen=True)
class Cause:
    """One slip."""

    key: str
    name: str
    """What it is called, so that it fits after "It is: "."""
    broken: Callable
    """The function with the slip."""
    mended: Callable
    """The same with one line mended."""
    shows: tuple[str, ...]
    """The examinations that are odd by it, the most telling one first."""
    then: str
    """What the most telling examination would find, so that it fits after "If it were that,"."""
    because: str
    """What goes wrong, and what it does to the run, in two or three sentences."""

    @property
    def treatment(self) -> tuple[tuple[str, str], ...]:
        """The line that is mended: ("-", as it was), ("+", as it must be), and a line around each."""
        before, after = (_body(function) for function in (self.broken, self.mended))
        drawn = difflib.ndiff(before, after)
        return tuple((line[0], line[2:]) for line in drawn if line[0] in "-+ ")


def _body(function: Callable) -> list[str]:
    """The lines of a function below its head."""
    source = textwrap.dedent(inspect.getsource(function)).splitlines()
    return textwrap.dedent("\n".join(line for line in source[1:] if '"""' not in line)).splitlines()


DROPOUT = Cause(
    "dropout",
    "dropout is left on",
    lines.scored_with_dropout,
    lines.scored,
    ("twice", "ratio", "padding", "temperature"),
    "the same batch, scored twice, would get two different answers",
    "While the model learns it forgets a tenth of its numbers, others each time; while it writes it forgets none. So "
    "the policy that is trained is not the one that wrote, and every ratio is off by chance. `model.eval()` turns it "
    "off.",
)
PADDING = Cause(
    "padding",
    "left padding without positions",
    lines.scored_by_column,
    lines.scored,
    ("padding", "ratio"),
    "more padding in front would change the scores",
    "GPT-2 numbers the places of a text. Here the first word of a short question stands at place 2 or 3, as padding "
    "stands before it, and the model reads a text that it has never seen so. `position_ids` must begin with the first "
    "real token.",
)
TEMPERATURE = Cause(
    "temperature",
    "the temperature is missing in the scoring",
    lines.scored_at_one,
    lines.scored,
    ("temperature", "ratio"),
    "the scores would fit another temperature than that of the sampling",
    "The answers were drawn from softmax(logits / T), and are scored by softmax(logits). So likely tokens look as if "
    "they had become less likely, and unlikely ones likelier, before anything was learned, and the clip goes to work "
    "on that.",
)
END = Cause(
    "end",
    "the end-of-text token is not in the mask",
    lines.counted_to_the_end,
    lines.counted_with_the_end,
    ("counts",),
    "the last token of a finished answer would not count",
    "To end is a choice like any other. Where padding and end have one number, a mask that leaves padding out is "
    "easily "
    "one that leaves the end out, too. Then nothing teaches the model to stop, and nothing keeps it from forgetting "
    "how.",
)
NOISE = Cause(
    "noise",
    "a group without differences is divided by almost nothing",
    lines.tiny_epsilon,
    lines.small_epsilon,
    ("equal",),
    "equal rewards would get advantages that are not 0",
    "The mean of equal rewards is not always that reward in floating point: it is off in the eighth digit. The "
    "standard deviation is as tiny, or 0, and 10⁻⁸ is no larger. Divided, rounding becomes an advantage like any "
    "other, with the same sign for the whole group.",
)
SHAPED = Cause(
    "shaped",
    "the reward is shaped so that all-wrong groups teach",
    lines.paid_by_the_word,
    lines.paid_by_the_right_word,
    ("wrong",),
    "wrong answers would be paid differently",
    "A bonus, meant to be small, is all the difference that there is in a group of wrong answers, and dividing by the "
    "group's own standard deviation makes it as large as the difference between right and wrong. Those groups teach "
    "the "
    "bonus, and nothing else.",
)
RATE = Cause(
    "rate",
    "the learning rate is 15 times too high",
    lines.hasty,
    lines.steady,
    ("update",),
    "a single update would move the policy very far",
    "One step lands where hardly an answer is right. From there nearly all groups are wrong throughout, all advantages "
    "are 0, and no gradient leads back. With one step on each batch the clip is no help: the ratio is 1 when the "
    "gradient is taken.",
)
MIRRORED = Cause(
    "mirrored",
    "max where min belongs, for negative advantages",
    lines.clip_mirrored,
    lines.clip_by_min,
    ("reach", "update"),
    "tokens of bad answers would be pushed far below the clip",
    "For A < 0 the clip must hold a ratio that has fallen below 1 − ε. With `max` it holds those above, which should "
    "come down, and lets those below fall without end: step by step on one batch, the tokens of bad answers are made "
    "impossible.",
)
K1 = Cause(
    "k1",
    "k1 as a loss",
    lines.k1_penalty,
    lines.k3_penalty,
    ("pull",),
    "the gradient of the KL term would point nowhere",
    "k1 measures the KL without bias, and as a loss it does nothing: its expected gradient is 0, whatever β. The chart "
    "of the KL is right, and nothing holds the policy.",
)
FLIPPED = Cause(
    "flipped",
    "π/π_ref in k3, upside down",
    lines.k3_upside_down,
    lines.k3_penalty,
    ("estimate",),
    "the run's own KL would not agree with the exact one",
    "With the ratio upside down k3 measures no KL: its mean is too high, and grows with the square of the ratio where "
    "the policy has made something likely that the reference hardly knows.",
)
LIMIT = Cause(
    "limit",
    "a time limit is taken for a terminal state",
    lines.gae_ends_when_done,
    lines.gae_ends_when_terminated,
    ("limit",),
    "after a time limit nothing more would be expected",
    "When time is up the robot stands somewhere in the maze, and from there it would have gone on. Taken for an end, "
    "that place is worth 0, in the middle of a corridor, and the values around it believe it.",
)
BROADCAST = Cause(
    "broadcast",
    "values [N, 1] minus returns [N]",
    lines.values_against_all,
    lines.values_one_by_one,
    ("perfect",),
    "values that are right would still have a loss",
    "[N, 1] minus [N] is [N, N]: each value is compared with the return of every state. What fits all of them best is "
    "their mean, so that is what the critic learns, everywhere the same.",
)

"""What a run can suffer from, in this clinic: the name, the line that is wrong, what shows it, and why.

`shows` are the examinations that come out odd on a run with this slip; tests hold every patient to it. Left out: slips
that raise an error, since those find themselves.
"""

import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from rlcourse.experiments.clinic import lines


@dataclass(frozen=True)
class Suspicion:
    """Something that a run may have, and that can be told from what is measured."""

    key: str
    name: str
    """What it is called, so that it fits after "It is: "."""
    shows: tuple[str, ...]
    """The examinations that are odd by it, the most telling one first."""
    then: str
    """What the most telling examination would find, so that it fits after "If it were that,"."""


@dataclass(frozen=True)
class Cause(Suspicion):
    """One slip that a patient of the clinic has: a line of a sound function, and what stands in its place."""

    mended: Callable
    """The function as it should be."""
    line: str
    """The line of it that matters."""
    slip: str
    """What stands there in the patient."""
    because: str
    """What goes wrong, and what it does to the run, in two or three sentences."""

    @cached_property
    def broken(self) -> Callable:
        """The function with the slip."""
        return with_a_slip(self.mended, self.line, self.slip)

    @property
    def treatment(self) -> tuple[tuple[str, str], ...]:
        """The function's body as a difference: ("-", as it was), ("+", as it must be), and (" ", what stays)."""
        drawn: list[tuple[str, str]] = []
        for line in _body(self.mended):
            if line.strip() == self.line:
                drawn += [("-", line.replace(self.line, self.slip)), ("+", line)]
            else:
                drawn.append((" ", line))
        return tuple(drawn)


def with_a_slip(function: Callable, line: str, slip: str) -> Callable:
    """The same function with another line in the place of one of its own.

    Raises:
        ValueError: The line does not stand there exactly once.
    """
    source = textwrap.dedent(inspect.getsource(function))
    if (found := sum(there.strip() == line for there in source.splitlines())) != 1:
        raise ValueError(f"line must stand once in {function.__name__}, got {line!r}, which stands there {found} times")
    namespace = dict(vars(sys.modules[function.__module__]))
    exec(compile(source.replace(line, slip), f"<{function.__name__} with a slip>", "exec"), namespace)
    return namespace[function.__name__]


def _body(function: Callable) -> list[str]:
    """The lines of a function below its head and the line that says what it is."""
    source = textwrap.dedent(inspect.getsource(function)).splitlines()
    return textwrap.dedent("\n".join(line for line in source[1:] if '"""' not in line)).splitlines()


NOT_THE_WRITER = Suspicion(
    "writer",
    "the policy that is trained is not the one that acted",
    ("ratio",),
    "the first ratios would not be 1",
)
SLOW_CRITIC = Suspicion(
    "slow",
    "the critic’s learning rate is too low",
    ("values",),
    "after eight updates its values would still be far from the exact ones",
)
DROPOUT = Cause(
    "dropout",
    "dropout is left on",
    ("twice", "ratio", "padding", "temperature"),
    "the same batch, scored twice, would get two different answers",
    lines.scored,
    "model.eval()",
    "model.train()",
    "While the model learns it forgets a tenth of its numbers, others each time; while it writes it forgets none. So "
    "the policy that is trained is not the one that wrote, and every ratio is off by chance. `model.eval()` turns it "
    "off.",
)
PADDING = Cause(
    "padding",
    "left padding without positions",
    ("padding", "ratio"),
    "more padding in front would change the scores",
    lines.scored,
    "positions = (real.long().cumsum(1) - 1).clamp(min=0)",
    "positions = torch.arange(tokens.shape[1], device=tokens.device).expand(tokens.shape)",
    "GPT-2 numbers the places of a text. Here the first word of a short question stands at place 2 or 3, as padding "
    "stands before it, and the model reads a text that it has never seen so. `position_ids` must begin with the first "
    "real token.",
)
TEMPERATURE = Cause(
    "temperature",
    "the temperature is missing in the scoring",
    ("temperature", "ratio"),
    "the scores would fit another temperature than that of the sampling",
    lines.scored,
    "logprobs = (logits[:, -answer_length - 1 : -1] / temperature).log_softmax(-1)",
    "logprobs = logits[:, -answer_length - 1 : -1].log_softmax(-1)",
    "The answers were drawn from softmax(logits / T), and are scored by softmax(logits). So likely tokens look as if "
    "they had become less likely, and unlikely ones likelier, before anything was learned, and the clip goes to work "
    "on that.",
)
END = Cause(
    "end",
    "the end-of-text token is not in the mask",
    ("counts",),
    "the last token of a finished answer would not count",
    lines.counted_with_the_end,
    "return ended.cumsum(1) - ended == 0",
    "return ended.cumsum(1) == 0",
    "To end is a choice like any other. Where padding and end have one number, a mask that leaves padding out is "
    "easily one that leaves the end out, too. Then nothing teaches the model to stop, and nothing keeps it from "
    "forgetting how.",
)
NOISE = Cause(
    "noise",
    "a group without differences is divided by almost nothing",
    ("equal", "wrong"),
    "equal rewards would get advantages that are not 0",
    lines.small_epsilon,
    "return (rewards - mean) / (std + 1e-4)",
    "return (rewards - mean) / (std + 1e-8)",
    "The mean of equal rewards is not always that reward in floating point: it is off in the eighth digit. The "
    "standard deviation is as tiny, or 0, and 10⁻⁸ is no larger. Divided, rounding becomes an advantage like any "
    "other, with the same sign for the whole group.",
)
SHAPED = Cause(
    "shaped",
    "the reward is shaped so that all-wrong groups teach",
    ("wrong",),
    "wrong answers would be paid differently",
    lines.paid_by_the_right_word,
    "return [paid * (1 + 0.05 * len(text.split())) for paid, text in zip(right, completions, strict=True)]",
    "return [paid + 0.05 * len(text.split()) for paid, text in zip(right, completions, strict=True)]",
    "A bonus, meant to be small, is all the difference that there is in a group of wrong answers, and dividing by the "
    "group's own standard deviation makes it as large as the difference between right and wrong. Those groups teach "
    "the bonus, and nothing else.",
)
RATE = Cause(
    "rate",
    "the learning rate is 15 times too high",
    ("update",),
    "a single update would move the policy very far",
    lines.steady,
    "return GRPOConfig(temperature=0.7, learning_rate=1e-4)",
    "return GRPOConfig(temperature=0.7, learning_rate=1.5e-3)",
    "A step or two land where hardly an answer is right. There nearly all groups are wrong throughout, all advantages "
    "are 0, and no gradient leads back. With one step on each batch the clip is no help: the ratio is 1 when the "
    "gradient is taken.",
)
MIRRORED = Cause(
    "mirrored",
    "max where min belongs, for negative advantages",
    ("reach", "update"),
    "tokens of bad answers would be pushed far below the clip",
    lines.clip_by_min,
    "return torch.minimum(free, held)",
    "return torch.where(advantages > 0, torch.minimum(free, held), torch.maximum(free, held))",
    "For A < 0 the clip must hold a ratio that has fallen below 1 − ε. With `max` it holds those above, which should "
    "come down, and lets those below fall without end: step by step on one batch, the tokens of bad answers are made "
    "impossible.",
)
K1 = Cause(
    "k1",
    "k1 as a loss",
    ("pull",),
    "the gradient of the KL term would point nowhere",
    lines.k3_penalty,
    "return torch.expm1(log_ratio) - log_ratio",
    "return -log_ratio",
    "k1 measures the KL without bias, and as a loss it holds nothing: at each choice its expected gradient is 0, "
    "whatever β. (Only the mean over an answer leaves a little of it, which makes answers longer.) The chart of the KL "
    "is right, and nothing holds the policy.",
)
FLIPPED = Cause(
    "flipped",
    "k3 with its ratio upside down",
    ("estimate",),
    "the run's own KL would not agree with the exact one",
    lines.k3_penalty,
    "log_ratio = ref_logprobs - logprobs",
    "log_ratio = logprobs - ref_logprobs",
    "With the ratio upside down k3 measures no KL. Near the reference its mean is about right, a bit too high or too "
    "low; where the policy has made something likely that the reference hardly knows, it grows beyond all bounds.",
)
LIMIT = Cause(
    "limit",
    "a time limit is taken for a terminal state",
    ("limit", "values"),
    "after a time limit nothing more would be expected",
    lines.gae_ends_when_terminated,
    "goes_on = 1 - terminated.float()",
    "goes_on = 1 - done.float()",
    "When time is up the robot stands somewhere in the maze, and from there it would have gone on. Taken for an end, "
    "that place is worth 0, in the middle of a corridor: too much, where the truth is below 0. And the values around "
    "it believe it.",
)
BROADCAST = Cause(
    "broadcast",
    "values [N, 1] minus returns [N]",
    ("perfect", "values"),
    "values that are right would still have a loss",
    lines.values_one_by_one,
    "return 0.5 * (values.flatten() - returns).square().mean()",
    "return 0.5 * (values - returns).square().mean()",
    "[N, 1] minus [N] is [N, N]: each value is compared with the return of every state. What fits all of them best is "
    "their mean, so that is what the critic learns, everywhere the same.",
)

"""Notebook 01: the loss of learning from text."""

import torch
from torch import Tensor

from rlcourse.equations import shifted_next_token_loss
from rlcourse.exercises.exercise import Case, Exercise, Inputs, Invariant
from rlcourse.exercises.invariants import split
from rlcourse.exercises.slips.shifted_next_token_loss import SLIPS


def _case(about: str, logits: Tensor, tokens: list, counted: list, *, note: str) -> Case:
    inputs = {"logits": logits, "tokens": torch.tensor(tokens), "counted": torch.tensor(counted).bool()}
    return Case(about, inputs, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)

    def logits(*shape: int) -> Tensor:
        return 2 * torch.randn(*shape, generator=generator)

    lengths = torch.tensor([9, 4, 6, 2])
    kept = (torch.arange(9) < lengths[:, None]) & (torch.arange(9) >= 1)
    return (
        _case(
            "two tokens",
            torch.tensor([[[1.0, 0.0], [0.0, 5.0]]]),
            [[0, 1]],
            [[1, 1]],
            note="By hand: after token 0 the model gives token 1 the probability 1 / (e + 1).",
        ),
        _case("four tokens, all count", logits(1, 4, 3), [[2, 0, 1, 1]], [[1, 1, 1, 1]], note="Three are predicted."),
        _case(
            "a question of two tokens, an answer of two",
            logits(1, 4, 3),
            [[0, 2, 1, 0]],
            [[0, 0, 1, 1]],
            note="Only the answer counts; its first token is predicted where the question ends.",
        ),
        _case(
            "two rows, the second padded",
            logits(2, 4, 3),
            [[0, 1, 2, 1], [2, 1, 0, 0]],
            [[1, 1, 1, 1], [1, 1, 0, 0]],
            note="Four tokens are predicted, three in one row and one in the other; each weighs a quarter.",
        ),
        _case(
            "a row in which nothing counts",
            logits(2, 5, 4),
            [[0, 1, 2, 3, 1], [2, 1, 0, 0, 0]],
            [[0, 1, 1, 1, 0], [0, 0, 0, 0, 0]],
            note="The mean is over tokens, so such a row has no say.",
        ),
        _case(
            "four rows of different lengths",
            logits(4, 9, 6),
            torch.randint(6, (4, 9), generator=generator).tolist(),
            kept.tolist(),
            note="All of it together.",
        ),
    )


def _other_tokens(inputs: Inputs) -> list[Inputs]:
    """The same question where each token that is not counted is the next of the vocabulary instead."""
    tokens, counted = inputs["tokens"], inputs["counted"]
    others = (tokens + 1) % inputs["logits"].shape[-1]
    return [{**inputs, "tokens": torch.where(counted, tokens, others)}]


EXERCISE = Exercise(
    name="shifted_next_token_loss",
    title="The next-token loss",
    notebook="01",
    place=2,
    minutes=12,
    difficulty="medium",
    returns="a scalar tensor, in nats per token",
    reference=shifted_next_token_loss,
    sources=(shifted_next_token_loss,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "At each position the model has read a token and says what comes next. So which token should the logits at "
        "position t be compared with? Cut both to the positions that have a partner.",
        "`logits[:, :-1]` belong to `tokens[:, 1:]`, and whether a partner counts is said by `counted[:, 1:]`. Then "
        "`log_softmax(dim=-1)`, and of each row of V log-probabilities the one of the token that came: `gather`.",
        "`F.cross_entropy(logits[:, :-1][kept], tokens[:, 1:][kept])` with `kept = counted[:, 1:]` does the rest: it "
        "takes the log-softmax, chooses, and gives minus the mean.",
    ),
    clues={
        "Expected floating point": "The loss is computed from the logits; the tokens only say which of them to choose.",
        "multi-target": "`F.cross_entropy` wants logits [N, V] and tokens [N]: flatten both, or choose with the mask.",
        "Expected target size": "`F.cross_entropy` takes the classes to lie along axis 1. Flatten both to [N, V] and "
        "[N], or choose with the mask.",
        "index_select": "`gather` wants whole numbers of the same number of axes: `tokens[:, 1:, None]`.",
    },
    nan="NaN is what a mean over nothing gives: a row in which no token counts.",
    gradient_of=("logits",),
    invariants=(
        Invariant("put another token wherever nothing is counted", _other_tokens),
        split(
            "logits",
            "tokens",
            "counted",
            what="the rows",
            weight=lambda inputs: inputs["counted"][:, 1:].sum().item(),
        ),
    ),
)

"""Notebook 08: where the score of a reply stands, on its last real token."""

import torch
from torch import Tensor

from rlcourse.equations import score_at_the_last_token
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.invariants import padding_filled, split


def _last(mask: Tensor) -> Tensor:
    return mask.sum(dim=1) - 1


def _at(scores: Tensor, columns: Tensor) -> Tensor:
    return scores[torch.arange(len(scores)), columns]


_SLIPS = (
    Slip(
        "the last column, padding or not",
        "`scores[:, -1]` is right only for replies that fill their row. Behind the others stands padding, and what a "
        "head says there means nothing.",
        lambda scores, mask: scores[:, -1],
    ),
    Slip(
        "the last column, 0 where it is padding",
        "You emptied the padding, and then looked into it: every reply that does not fill its row gets 0. Its score "
        "stands further left, at column `mask.sum(dim=1) - 1`.",
        lambda scores, mask: (scores * mask)[:, -1],
        (lambda scores, mask: torch.where(mask, scores, 0.0)[:, -1],),
    ),
    Slip(
        "end of text left out: one token early",
        "The end-of-text token is the last real one, and the mask holds it: only there does the body know that nothing "
        "more is coming. The column is `mask.sum(dim=1) - 1`; you are one before it.",
        lambda scores, mask: _at(scores, _last(mask) - 1),
        (lambda scores, mask: _at(scores, (_last(mask) - 1).clamp(min=0)),),
    ),
    Slip(
        "one token late",
        "A reply of n tokens has its last one in column n − 1, as counting begins at 0. You look at the first token of "
        "the padding behind it.",
        lambda scores, mask: _at(scores, (_last(mask) + 1).clamp(max=scores.shape[1] - 1)),
        (lambda scores, mask: _at(scores, (_last(mask) + 1) % scores.shape[1]),),
    ),
    Slip(
        "the first token",
        "At the first token the body has read the request, and one token of the reply. BERT puts its summary there, "
        "because it reads in both directions; GPT-2 reads from left to right, and knows all only at the end.",
        lambda scores, mask: scores[:, 0],
    ),
    Slip(
        "the mean over the tokens",
        "The numbers along the way are judgements of unfinished replies, for which no head was trained. Only the "
        "one at the last real token counts.",
        lambda scores, mask: (scores * mask).sum(dim=1) / mask.sum(dim=1),
    ),
    Slip(
        "the mean over all columns",
        "Here unfinished replies count, and the padding, too. Only the number at the last real token is the score.",
        lambda scores, mask: scores.mean(dim=1),
        (lambda scores, mask: (scores * mask).mean(dim=1),),
    ),
    Slip(
        "the sum over the tokens",
        "Log-probabilities of tokens add up to that of a reply; scores do not. Each is a judgement of all the text up "
        "to there, so the last one says it all.",
        lambda scores, mask: (scores * mask).sum(dim=1),
    ),
    Slip(
        "the largest score",
        "A reply that begins well and ends badly would keep the score of its beginning. The number at the last real "
        "token has read the end as well.",
        lambda scores, mask: torch.where(mask, scores, -torch.inf).amax(dim=1),
        (lambda scores, mask: scores.amax(dim=1),),
    ),
    Slip(
        "the last column that any reply reaches",
        "You found where the longest reply ends, and looked there in every row. Each row has an end of its own: "
        "`mask.sum(dim=1)`, not over the whole batch.",
        lambda scores, mask: scores[:, int(mask.any(dim=0).sum()) - 1],
    ),
    Slip(
        "the first row's end for all",
        "Replies have different lengths, so each row needs a column of its own. Picking one number from each row: "
        "`scores[torch.arange(len(scores)), last]`, or `gather`.",
        lambda scores, mask: scores[:, int(mask[0].sum()) - 1],
    ),
)


def _case(about: str, scores: list, lengths: list[int], note: str) -> Case:
    table = torch.tensor(scores)
    mask = torch.arange(table.shape[1]) < torch.tensor(lengths)[:, None]
    return Case(about, {"scores": table, "mask": mask}, note)


def _cases() -> tuple[Case, ...]:
    random = torch.randn(4, 8, generator=torch.Generator().manual_seed(0)).tolist()
    return (
        _case("one reply of three tokens", [[0.5, 2.0, -1.0]], [3], "No padding: it is the last of the three."),
        _case("one reply, and padding", [[0.5, 2.0, -1.0, 7.0]], [3], "Behind the third token stands padding."),
        _case(
            "a short reply and a long one",
            [[1.0, 3.0, 8.0, 9.0], [-4.0, 5.0, 6.0, 2.0]],
            [2, 4],
            "Each row has its own last token: columns 1 and 3.",
        ),
        _case(
            "a reply that is nothing but end of text",
            [[-0.5, 4.0, 4.5, 5.0], [1.0, 2.0, -3.0, 6.0]],
            [1, 3],
            "One token is enough for a score: column 0 of the first row.",
        ),
        _case(
            "padding behind all of them",
            [[0.1, 0.2, 0.3, 50.0, -50.0, 0.0], [1.1, -1.2, 60.0, -60.0, 9.0, 9.0]],
            [3, 2],
            "The batch is wider than its longest reply.",
        ),
        _case("four replies", random, [5, 8, 2, 7], "All of it together."),
    )


EXERCISE = Exercise(
    name="score_at_the_last_token",
    title="The score of a reply stands on its last token",
    notebook="08",
    place=2,
    minutes=8,
    difficulty="easy",
    returns="a tensor with one number for each reply, [B]",
    reference=score_at_the_last_token,
    sources=(score_at_the_last_token,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "How many real tokens has each reply? `mask.sum(dim=1)` counts them. And in which column is the last of n "
        "tokens, if the first is in column 0?",
        "`last = mask.sum(dim=1) - 1` holds one column for each row. Now one number is to be picked from each row, "
        "each time from another column.",
        "`scores[torch.arange(len(scores)), last]` picks from row 0 column last[0], from row 1 column last[1], and so "
        "on.",
    ),
    clues={
        "index 0 is out of bounds": "Did you subtract 1? The last of n tokens stands in column n − 1.",
        "out of bounds": "The last of n tokens stands in column n − 1, as the first stands in column 0.",
    },
    gradient_of=("scores",),
    invariants=(
        padding_filled("mask", "scores"),
        split("scores", "mask", what="the replies"),
    ),
)

"""Notebook 05: the KL of two categorical distributions, TRPO's ruler."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import categorical_kl
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip


def _logs(logits_p: Tensor, logits_q: Tensor) -> tuple[Tensor, Tensor]:
    return logits_p.log_softmax(-1), logits_q.log_softmax(-1)


def _terms(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    """p·(log p − log q), before any sum."""
    log_p, log_q = _logs(logits_p, logits_q)
    return log_p.exp() * (log_p - log_q)


def _logits_for_logarithms(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    return (logits_p.softmax(-1) * (logits_p - logits_q)).sum(-1)


def _not_weighted(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    log_p, log_q = _logs(logits_p, logits_q)
    return (log_p - log_q).sum(-1)


def _weighted_by_q(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    log_p, log_q = _logs(logits_p, logits_q)
    return (log_q.exp() * (log_p - log_q)).sum(-1)


def _weighted_log_q(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    return (logits_p.softmax(-1) * logits_q.log_softmax(-1)).sum(-1)


def _cross_entropy(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    log_p, log_q = _logs(logits_p, logits_q)
    return -(log_p.exp() * log_q).sum(-1)


def _by_bare_exp(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    p, q = (logits.exp() / logits.exp().sum(-1, keepdim=True) for logits in (logits_p, logits_q))
    return (p * (p / q).log()).sum(-1)


def _down_the_columns(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    log_p, log_q = logits_p.log_softmax(0), logits_q.log_softmax(0)
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def _by_probabilities(logits_p: Tensor, logits_q: Tensor) -> Tensor:
    p, q = logits_p.softmax(-1), logits_q.softmax(-1)
    return (p * (p.log() - q.log())).sum(-1)


def _with_epsilon(epsilon: float, both: bool = True) -> Callable:
    """Probabilities, and a small number so that their logarithm exists."""

    def kl(logits_p: Tensor, logits_q: Tensor) -> Tensor:
        p, q = logits_p.softmax(-1), logits_q.softmax(-1)
        return (p * ((p + (epsilon if both else 0)).log() - (q + epsilon).log())).sum(-1)

    return kl


_SLIPS = (
    Slip(
        "the KL the other way round",
        "This is KL(q‖p): the weights are q's. In KL(p‖q) the first one, p, says how much each action counts: the "
        "average is over what p does. The two are different numbers. And PyTorch's `F.kl_div(a, b)` computes KL(b‖a).",
        lambda logits_p, logits_q: categorical_kl(logits_q, logits_p),
    ),
    Slip(
        "the sign the wrong way round",
        "A KL is never negative, and yours is never positive. Inside the sum stands log p − log q: how much likelier p "
        "finds the action than q does.",
        lambda logits_p, logits_q: -categorical_kl(logits_p, logits_q),
    ),
    Slip(
        "logits in the place of log-probabilities",
        "A logit is a log-probability only up to a constant, and the constants of p and q differ. Take "
        "`log_softmax(dim=-1)` of both before you subtract.",
        _logits_for_logarithms,
    ),
    Slip(
        "the sum over the whole batch",
        "You added everything up. Each row along the last axis is a distribution of its own and wants a KL of its own: "
        "`sum(dim=-1)`.",
        lambda logits_p, logits_q: _terms(logits_p, logits_q).sum(),
    ),
    Slip(
        "the mean over the whole batch",
        "TRPO does take the mean over the states, but afterwards. This function returns one KL for each distribution: "
        "`sum(dim=-1)`, and no mean.",
        lambda logits_p, logits_q: categorical_kl(logits_p, logits_q).mean(),
    ),
    Slip(
        "the mean over the actions",
        "Over the actions the terms are added up: `sum(dim=-1)`. They are weighted by p already, so dividing by the "
        "number of actions makes the KL too small.",
        lambda logits_p, logits_q: _terms(logits_p, logits_q).mean(-1),
    ),
    Slip(
        "the terms instead of their sum",
        "You have one number for each action. The KL of a distribution is their sum: `sum(dim=-1)`.",
        _terms,
    ),
    Slip(
        "no weights in the sum",
        "All actions count alike in your sum, so one that p never takes counts as much as its favourite. Weight each "
        "difference with p(a).",
        _not_weighted,
    ),
    Slip(
        "weighted by q",
        "The logarithms are in the right order, but the weights are q's. The average in KL(p‖q) is over actions that p "
        "takes, so each term is weighted with p(a). As it stands, this is −KL(q‖p).",
        _weighted_by_q,
    ),
    Slip(
        "cross-entropy instead of KL",
        "You summed −p·log q, the cross-entropy. It is not 0 where p and q are equal. Take off the entropy of p: that "
        "is, sum p·(log p − log q).",
        _cross_entropy,
    ),
    Slip(
        "half of the way there and half of the way back",
        "You averaged KL(p‖q) and KL(q‖p). That is symmetric, which KL is not. TRPO asks for one of the two, with p in "
        "front.",
        lambda logits_p, logits_q: 0.5 * (categorical_kl(logits_p, logits_q) + categorical_kl(logits_q, logits_p)),
    ),
    Slip(
        "in bits instead of nats",
        "You used the logarithm to base 2. The course, like the papers, uses the natural one, `torch.log`, and calls "
        "the unit nat. A nat is 1.44 bits.",
        lambda logits_p, logits_q: categorical_kl(logits_p, logits_q) / torch.log(torch.tensor(2.0)),
    ),
    Slip(
        "the exponential overflows",
        "`exp` of a logit of 100 is too large for a float32, and infinity divided by infinity is NaN. `log_softmax` "
        "and `softmax` subtract the largest logit first, so they never overflow.",
        _by_bare_exp,
    ),
    Slip(
        "probabilities along the wrong axis",
        "Your probabilities add up to 1 down the columns, over states. The choices of one state lie along the last "
        "axis: `log_softmax(dim=-1)`.",
        _down_the_columns,
    ),
    Slip(
        "the logarithm of a probability that is too small to hold",
        "`softmax` gives 0 where a probability is below 10⁻⁴⁵; the logarithm of 0 is −∞, and 0·∞ is NaN. "
        "`log_softmax(dim=-1)` never forms the probability, so it has nothing to lose.",
        _by_probabilities,
        (
            lambda logits_p, logits_q: (
                (logits_p.softmax(-1) * logits_p.softmax(-1).log()).sum(-1) - _weighted_log_q(logits_p, logits_q)
            ),
        ),
    ),
    Slip(
        "a small number in the logarithm",
        "A small number inside the logarithm hides an unlikely action: below it, all probabilities look alike, and the "
        "KL is too small. `log_softmax(dim=-1)` needs no such help.",
        _with_epsilon(1e-8),
        tuple(_with_epsilon(e, both) for e in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12) for both in (True, False)),
    ),
)


def _cases() -> tuple[Case, ...]:
    random = torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(0))
    far = torch.tensor([100.0, 101.0, 99.0])

    def pair(p: Tensor, q: Tensor) -> dict[str, Tensor]:
        return {"logits_p": p, "logits_q": q}

    rows_p, rows_q = torch.tensor([[2.0, 0.0, -1.0], [0.0, 0.0, 0.0]]), torch.tensor([[0.0, 1.0, 0.0], [1.0, 1.0, 3.0]])
    return (
        Case(
            "two actions, p is sure and q is not",
            pair(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 0.0])),
            "By hand: p is (0.881, 0.119) and q is (½, ½).",
        ),
        Case(
            "an action that p all but rules out",
            pair(torch.tensor([0.0, 120.0]), torch.tensor([0.0, 0.0])),
            "The first probability, e⁻¹²⁰, is too small for a float32; its logarithm, −120, is not. Here KL = log 2.",
        ),
        Case(
            "an action that q all but rules out, and p takes",
            pair(torch.tensor([3.0, 0.0]), torch.tensor([-20.0, 20.0])),
            "q's first probability is e⁻⁴⁰. That is small and not 0: its logarithm, −40, counts in full.",
        ),
        Case(
            "three actions",
            pair(torch.tensor([1.0, 0.0, -1.0]), torch.tensor([0.0, 2.0, 0.0])),
            "KL(p‖q) and KL(q‖p) are different numbers here.",
        ),
        Case(
            "equal policies, whose logits differ by a constant",
            pair(far - 100.0, far - 98.0),
            "A constant added to all logits changes no probability, so the KL is 0.",
        ),
        Case("large logits", pair(far, far.flip(0)), "`exp` of a logit of 100 is too large for a float32."),
        Case(
            "two states, three actions each", pair(rows_p, rows_q), "Each row is a distribution, with a KL of its own."
        ),
        Case("four states, five actions each", pair(*random), "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    moved, still = grid(-5, 5), torch.zeros(2)
    other = [torch.tensor([logit, 0.0]) for logit in moved]
    lines = {
        "KL(p‖q)": [float(mine(still, logits)) for logits in other],
        "KL(q‖p)": [float(mine(logits, still)) for logits in other],
    }
    return Curves("Your KL: p is even, q leans to one side.", "a logit of q", moved, lines)


EXERCISE = Exercise(
    name="categorical_kl",
    title="The KL of two categorical distributions",
    notebook="05",
    place=1,
    minutes=8,
    difficulty="easy",
    returns="one number for each distribution: the shape of the logits without their last axis",
    reference=categorical_kl,
    sources=(categorical_kl,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "From logits to log-probabilities: `logits.log_softmax(dim=-1)`. From there to probabilities: `.exp()`.",
        "For each action: p(a), times the difference of the two log-probabilities, log p(a) − log q(a). Which of the "
        "two distributions gives the weight?",
        "Add the terms up along the last axis only: `(p * (log_p - log_q)).sum(dim=-1)`. A batch of states then gives "
        "one KL for each.",
    ),
    nan="Logits may be negative, so neither they nor their quotient have a logarithm; and a probability may be too "
    "small to hold. `log_softmax(dim=-1)` goes from logits to logarithms at once.",
    clues={
        "Dimension out of range": "Some cases have a single distribution, of shape [V]. `dim=-1` is the last axis, "
        "however many there are."
    },
    picture=_picture,
)

"""The classic mistakes of the exercise `bradley_terry_loss`."""

from functools import partial

import torch
from torch.nn.functional import logsigmoid

from rlcourse.equations import bradley_terry_loss
from rlcourse.exercises.exercise import Slip


def _held(chosen, rejected, *, least):
    return -torch.sigmoid(chosen - rejected).clamp(min=least).log().mean()


def _lifted(chosen, rejected, *, least):
    return -(torch.sigmoid(chosen - rejected) + least).log().mean()


_LEAST = (1e-8, 1e-12, 1e-10, 1e-9, 1e-7, 1e-6, 1e-5)

SLIPS = (
    Slip(
        "rejected minus chosen",
        "The difference is the wrong way round: a model that agrees with people would be punished, and training would "
        "teach it to prefer what they rejected. It is `chosen - rejected`.",
        lambda chosen, rejected: bradley_terry_loss(rejected, chosen),
    ),
    Slip(
        "the logarithm of a sigmoid that is 0",
        "The formula is right, the arithmetic is not: in single precision σ(−110) is 0 and exp(110) is ∞, so the loss "
        "of a pair that is very wrong is infinite. Nobody sees that in the formula. `torch.nn.functional` has a "
        "function that computes both in one piece; the third hint names it.",
        lambda chosen, rejected: -torch.sigmoid(chosen - rejected).log().mean(),
        (
            lambda chosen, rejected: -(1 / (1 + (rejected - chosen).exp())).log().mean(),
            lambda chosen, rejected: (1 + (rejected - chosen).exp()).log().mean(),
        ),
    ),
    Slip(
        "a sigmoid that is held away from 0",
        "That keeps the logarithm finite, but where the model is most wrong the loss stops growing and the gradient "
        "dies. `logsigmoid` needs no such help: −log σ(−110) is 110.",
        partial(_held, least=_LEAST[0]),
        (*(partial(_held, least=e) for e in _LEAST[1:]), *(partial(_lifted, least=e) for e in _LEAST)),
    ),
    Slip(
        "the sigmoid without the logarithm",
        "This is minus the probability of the choice. It is bounded, so a pair that the model has very wrong hardly "
        "pulls at all. The likelihood of many choices is a product, and its logarithm a sum: −log σ(…).",
        lambda chosen, rejected: -torch.sigmoid(chosen - rejected).mean(),
        (
            lambda chosen, rejected: 1 - torch.sigmoid(chosen - rejected).mean(),
            lambda chosen, rejected: torch.sigmoid(rejected - chosen).mean(),
        ),
    ),
    Slip(
        "the minus forgotten",
        "This is the log-likelihood, which should be made *large*. A loss is made small, so it is minus that.",
        lambda chosen, rejected: -bradley_terry_loss(chosen, rejected),
    ),
    Slip(
        "the sum instead of the mean",
        "Twice as many pairs would then mean twice the loss, and twice the gradient. The loss is the mean over the "
        "pairs.",
        lambda chosen, rejected: -logsigmoid(chosen - rejected).sum(),
    ),
    Slip(
        "one loss per pair",
        "You have −log σ(…) of each pair. What is to be returned is one number, the mean over them: `.mean()`.",
        lambda chosen, rejected: -logsigmoid(chosen - rejected),
    ),
    Slip(
        "the mean before the logarithm of the sigmoid",
        "You took the mean of the differences, and one −log σ of that. So a pair that is very right hides one that is "
        "very wrong. First −log σ of each pair, then the mean.",
        lambda chosen, rejected: -logsigmoid((chosen - rejected).mean()),
        (lambda chosen, rejected: -logsigmoid(chosen.mean() - rejected.mean()),),
    ),
    Slip(
        "a squared margin",
        "This asks for a difference of exactly 1, and punishes the model for being surer. People only said which is "
        "better, not by how much: −log σ(chosen − rejected).",
        lambda chosen, rejected: (1 - (chosen - rejected)).square().mean(),
    ),
    Slip(
        "a hinge instead of a likelihood",
        "max(0, 1 − difference) is a ranking loss too, of support vector machines. Beyond a margin of 1 it teaches "
        "nothing, and its score is no probability. Bradley and Terry's is −log σ(difference).",
        lambda chosen, rejected: (1 - (chosen - rejected)).clamp(min=0).mean(),
    ),
    Slip(
        "each score by itself",
        "That treats every reply as good or bad on its own, as a classifier would. But the same reply is chosen beside "
        "one and rejected beside another: only the difference goes into the sigmoid.",
        lambda chosen, rejected: -(logsigmoid(chosen) + logsigmoid(-rejected)).mean(),
        (lambda chosen, rejected: -(logsigmoid(chosen) + logsigmoid(-rejected)).mean() / 2,),
    ),
    Slip(
        "the difference of two sigmoids' logarithms",
        "You put each score through log σ and then took the difference. It is the other way round: the difference "
        "first, then log σ of it.",
        lambda chosen, rejected: -(logsigmoid(chosen) - logsigmoid(rejected)).mean(),
    ),
    Slip(
        "the difference itself as the loss",
        "Minus the difference has no bottom: the model could make it as small as it likes by blowing its scores up. "
        "−log σ(difference) levels off once it is sure.",
        lambda chosen, rejected: -(chosen - rejected).mean(),
    ),
    Slip(
        "which one was chosen is lost",
        "By the absolute difference only how sure the model is counts, not whether it is right. Keep the sign: "
        "`chosen - rejected`.",
        lambda chosen, rejected: -logsigmoid((chosen - rejected).abs()).mean(),
    ),
)

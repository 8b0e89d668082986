"""The classic mistakes of the exercise `dpo_loss`."""

from torch.nn.functional import logsigmoid, relu

from rlcourse.equations import dpo_loss
from rlcourse.exercises.exercise import Slip


def _of(chosen, rejected, ref_chosen, ref_rejected):
    """How much more the chosen reply has gained than the rejected one."""
    return (chosen - ref_chosen) - (rejected - ref_rejected)


def _swapped(chosen, rejected, ref_chosen, ref_rejected, *, beta):
    return dpo_loss(rejected, chosen, ref_rejected, ref_chosen, beta=beta)


def _likelihood(*sums, beta):
    return -dpo_loss(*sums, beta=beta)


def _no_reference(chosen, rejected, ref_chosen, ref_rejected, *, beta):
    return -logsigmoid(beta * (chosen - rejected)).mean()


def _references_swapped(chosen, rejected, ref_chosen, ref_rejected, *, beta):
    return dpo_loss(chosen, rejected, ref_rejected, ref_chosen, beta=beta)


def _reference_added(chosen, rejected, ref_chosen, ref_rejected, *, beta):
    return -logsigmoid(beta * ((chosen + ref_chosen) - (rejected + ref_rejected))).mean()


def _beta_outside(*sums, beta):
    return -beta * logsigmoid(_of(*sums)).mean()


def _beta_on_the_policy(chosen, rejected, ref_chosen, ref_rejected, *, beta):
    return -logsigmoid(beta * (chosen - rejected) - (ref_chosen - ref_rejected)).mean()


def _beta_on_the_chosen(chosen, rejected, ref_chosen, ref_rejected, *, beta):
    return -logsigmoid(beta * (chosen - ref_chosen) - (rejected - ref_rejected)).mean()


def _beta_divides(*sums, beta):
    return -logsigmoid(_of(*sums) / beta).mean()


def _beta_forgotten(*sums, beta):
    return -logsigmoid(_of(*sums)).mean()


def _underflow(*sums, beta):
    return -(beta * _of(*sums)).sigmoid().log().mean()


def _underflow_by_hand(*sums, beta):
    return (1 + (-beta * _of(*sums)).exp()).log().mean()


def _no_logarithm(*sums, beta):
    return -(beta * _of(*sums)).sigmoid().mean()


def _summed(*sums, beta):
    return -logsigmoid(beta * _of(*sums)).sum()


def _per_pair(*sums, beta):
    return -logsigmoid(beta * _of(*sums))


def _mean_first(*sums, beta):
    return -logsigmoid((beta * _of(*sums)).mean())


def _each_by_itself(chosen, rejected, ref_chosen, ref_rejected, *, beta):
    return -(logsigmoid(beta * (chosen - ref_chosen)) + logsigmoid(beta * (ref_rejected - rejected))).mean()


def _ratios(chosen, rejected, ref_chosen, ref_rejected, *, beta):
    return -logsigmoid(beta * ((chosen - ref_chosen).exp() - (rejected - ref_rejected).exp())).mean()


def _squared(*sums, beta):
    return (_of(*sums) - 1 / (2 * beta)).square().mean()


def _hinge(*sums, beta):
    return relu(1 - beta * _of(*sums)).mean()


def _no_sigmoid(*sums, beta):
    return -(beta * _of(*sums)).mean()


SLIPS = (
    Slip(
        "chosen and rejected the wrong way round",
        "This makes the rejected reply likelier. The difference is chosen minus rejected: what people preferred "
        "should gain more.",
        _swapped,
    ),
    Slip(
        "the minus forgotten",
        "This is the log-likelihood of people's choices, which should be *large*. A loss is made small, so it is minus "
        "that.",
        _likelihood,
    ),
    Slip(
        "the reference is left out",
        "Without π_ref it is not the change that counts but the probability itself: a short reply is likelier than a "
        "long one to begin with, and nothing says how far the policy has gone.",
        _no_reference,
    ),
    Slip(
        "the references swapped, or added",
        "Each reply is measured against the reference's log-probability of the *same* reply, which is taken off: "
        "`chosen_logprobs - ref_chosen_logprobs`, and likewise for the rejected one.",
        _references_swapped,
        (_reference_added,),
    ),
    Slip(
        "β outside of the sigmoid",
        "There it only makes steps longer or shorter. Inside it says how much of a log-ratio counts as one unit of "
        "score, and so how far the policy goes before it is satisfied: −log σ(β · difference).",
        _beta_outside,
    ),
    Slip(
        "β on the policy's part only",
        "β stands before log π/π_ref as a whole. With β before log π alone the reference counts in full, and a policy "
        "that has not moved is no longer at log 2.",
        _beta_on_the_policy,
    ),
    Slip(
        "β on the chosen reply only",
        "Both log-ratios are scores in the same unit: β times each, or β times their difference.",
        _beta_on_the_chosen,
    ),
    Slip(
        "divided by β",
        "The score of a reply is β · log π/π_ref. Turned round, a small β would hold the policy tight; it is a "
        "small β that lets it go far.",
        _beta_divides,
    ),
    Slip(
        "β forgotten",
        "With β = 1 the policy is satisfied after a small change. β is a setting, and it multiplies the difference of "
        "the log-ratios.",
        _beta_forgotten,
    ),
    Slip(
        "the logarithm of a sigmoid that is 0",
        "The formula is right, the arithmetic is not: σ(−110) is 0 in single precision and its logarithm −∞. "
        "`torch.nn.functional.logsigmoid` computes both in one piece.",
        _underflow,
        (_underflow_by_hand,),
    ),
    Slip(
        "the sigmoid without the logarithm",
        "This is minus the probability of the choice. It is bounded, so a pair that the policy has very wrong hardly "
        "pulls. The likelihood of many choices is a product, and its logarithm a sum.",
        _no_logarithm,
    ),
    Slip(
        "the sum over the pairs instead of their mean",
        "Twice as many pairs would mean a loss twice as large. The tokens of a reply are summed, before they come "
        "here; the pairs are averaged.",
        _summed,
    ),
    Slip(
        "one loss per pair",
        "You have −log σ(…) of each pair. What is to be returned is one number, the mean over them: `.mean()`.",
        _per_pair,
    ),
    Slip(
        "the mean before the logarithm of the sigmoid",
        "First −log σ of each pair, then the mean. The other way round a pair that is very right hides one that is "
        "very wrong.",
        _mean_first,
    ),
    Slip(
        "each reply by itself",
        "That says the chosen reply must gain and the rejected one must lose. People only said which of the two is "
        "better: the difference of the log-ratios goes into one sigmoid.",
        _each_by_itself,
    ),
    Slip(
        "ratios instead of their logarithms",
        "The score is β times the *logarithm* of π/π_ref. The log-probabilities are that already, so no `exp` is "
        "needed.",
        _ratios,
    ),
    Slip(
        "a square instead of a likelihood",
        "This is IPO's loss, a relative: it wants the difference to be exactly 1/(2β), no more and no less. DPO's is "
        "the likelihood of Bradley and Terry: −log σ(β · difference).",
        _squared,
    ),
    Slip(
        "a hinge instead of a likelihood",
        "max(0, 1 − β · difference) teaches nothing beyond a margin of 1, and is nobody's probability. DPO's loss is "
        "−log σ(β · difference).",
        _hinge,
    ),
    Slip(
        "the difference itself as the loss",
        "Without the logarithm of the sigmoid the loss has no bottom: the policy would push rejected replies towards "
        "probability 0 and never be satisfied.",
        _no_sigmoid,
    ),
)

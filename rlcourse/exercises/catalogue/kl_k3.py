"""Notebook 10: how far has the policy moved from the reference? GRPO's estimate, token by token."""

from collections.abc import Callable

import torch

from rlcourse.equations import kl_k1, kl_k2, kl_k3
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.invariants import shifted


def _ratio_of_logs(logprobs, ref_logprobs):
    ratio = ref_logprobs / logprobs
    return ratio - ratio.log() - 1


def _mixed_ratio(logprobs, ref_logprobs):
    return (logprobs - ref_logprobs).exp() - (ref_logprobs - logprobs) - 1


def _ratio_detached(logprobs, ref_logprobs):
    logratio = ref_logprobs - logprobs
    return torch.expm1(logratio).detach() - logratio


def _logarithm_detached(logprobs, ref_logprobs):
    logratio = ref_logprobs - logprobs
    return torch.expm1(logratio) - logratio.detach()


_SLIPS = (
    Slip(
        "π/π_ref instead of π_ref/π",
        "The ratio is upside down. The samples come from π, so the estimate of KL(π‖π_ref) needs the reference in "
        "the numerator: `ref_logprobs - logprobs`. Published code has shipped this one.",
        lambda logprobs, ref_logprobs: kl_k3(ref_logprobs, logprobs),
    ),
    Slip(
        "k1 instead of k3",
        "log π − log π_ref is right on average, but a single value is often negative. k3 adds π_ref/π − 1, "
        "which is 0 on average and keeps every value from falling below 0.",
        kl_k1,
    ),
    Slip(
        "k2 instead of k3",
        "Half the squared log-ratio is positive too, and close when the policies are, but not right on average. "
        "GRPO uses `ratio - log(ratio) - 1`.",
        kl_k2,
    ),
    Slip(
        "without the −1",
        "Where the two policies agree the ratio is 1 and its logarithm 0, and the estimate must be 0. Yours is 1: "
        "the −1 is missing.",
        lambda logprobs, ref_logprobs: kl_k3(logprobs, ref_logprobs) + 1,
    ),
    Slip(
        "without the logarithm",
        "π_ref/π − 1 is 0 on average, so it measures nothing. It is the part of k3 that takes the noise out; the "
        "part that measures is − log(π_ref/π).",
        lambda logprobs, ref_logprobs: torch.expm1(ref_logprobs - logprobs),
    ),
    Slip(
        "logarithm added instead of taken off",
        "It is ratio − log(ratio) − 1, with the same ratio in both places. With + the estimate falls below 0; a "
        "KL never does.",
        lambda logprobs, ref_logprobs: torch.expm1(ref_logprobs - logprobs) + ref_logprobs - logprobs,
    ),
    Slip(
        "divides log-probabilities",
        "`ref_logprobs / logprobs` is not a ratio of probabilities. Divide probabilities by taking logarithms "
        "apart: `exp(ref_logprobs - logprobs)`.",
        _ratio_of_logs,
    ),
    Slip(
        "sign the wrong way round",
        "All values are negative here. k3 is never below 0; in GRPO it is taken off the objective, but that minus "
        "stands before β, not in k3.",
        lambda logprobs, ref_logprobs: -kl_k3(logprobs, ref_logprobs),
    ),
    Slip(
        "averaged over the tokens",
        "The numbers are right but one mean is left of them. Return one estimate per token: which tokens count, "
        "and how much, is decided later by the mask.",
        lambda logprobs, ref_logprobs: kl_k3(logprobs, ref_logprobs).mean(),
    ),
    Slip(
        "summed over the tokens",
        "The numbers are right but added up. Return one estimate per token: which tokens count, and how much, is "
        "decided later by the mask.",
        lambda logprobs, ref_logprobs: kl_k3(logprobs, ref_logprobs).sum(),
    ),
    Slip(
        "two different ratios",
        "The exponential is of π/π_ref and the logarithm of π_ref/π. It is the same ratio in both places, π_ref/π: "
        "`logratio = ref_logprobs - logprobs`, once.",
        _mixed_ratio,
    ),
    Slip(
        "the squared log-ratio",
        "The square of the log-ratio is positive too, but it is no estimate of the KL: half of it is k2, which GRPO "
        "does not use. It uses `ratio - log(ratio) - 1`.",
        lambda logprobs, ref_logprobs: (ref_logprobs - logprobs).square(),
    ),
    Slip(
        "the size of the log-ratio",
        "|log π − log π_ref| is positive, but on average it is not the KL: too large, even where both policies are "
        "nearly the same. k3 is `ratio - log(ratio) - 1`.",
        lambda logprobs, ref_logprobs: (ref_logprobs - logprobs).abs(),
    ),
    Slip(
        "the log-ratio alone",
        "`ref_logprobs - logprobs` is the logarithm of π_ref/π, and on average *minus* the KL. k3 needs the ratio as "
        "well: `ratio - log(ratio) - 1`.",
        lambda logprobs, ref_logprobs: ref_logprobs - logprobs,
    ),
    Slip(
        "a difference of probabilities",
        "π_ref − π is no ratio. With `logratio = ref_logprobs - logprobs`, the ratio π_ref/π is `logratio.exp()`.",
        lambda logprobs, ref_logprobs: ref_logprobs.exp() - logprobs.exp(),
    ),
    Slip(
        "the log-probabilities detached",
        "The numbers are right, and nothing can be learned from them: GRPO puts k3 into its loss, so the gradient must "
        "flow through `logprobs`. What is constant here is the reference.",
        lambda logprobs, ref_logprobs: kl_k3(logprobs.detach(), ref_logprobs),
    ),
    Slip(
        "the ratio detached",
        "The numbers are right, but only the logarithm carries a gradient. That is the gradient of k1, which is 0 on "
        "average: nothing would hold the policy near the reference. Detach neither of the two parts.",
        _ratio_detached,
    ),
    Slip(
        "the logarithm detached",
        "The numbers are right, but only the ratio carries a gradient, and k3's is the difference of both parts. Where "
        "the policies agree it must be 0. Detach neither of the two.",
        _logarithm_detached,
    ),
)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)

    def random_logprobs(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, 6, generator=generator).log_softmax(dim=-1)[..., 0]

    def case(about: str, logprobs: torch.Tensor, ref_logprobs: torch.Tensor, note: str) -> Case:
        return Case(about, {"logprobs": logprobs, "ref_logprobs": ref_logprobs}, note)

    agreed = torch.tensor([-0.5, -2.0])
    half, quarter = torch.tensor([0.5]).log(), torch.tensor([0.25]).log()
    return (
        case("one token, to the reference half as likely", half, quarter, "By hand: ½ − log ½ − 1."),
        case("one token, to the reference twice as likely", quarter, half, "By hand: 2 − log 2 − 1."),
        case(
            "the policies agree", agreed, agreed.clone(), "The ratio is 1: the estimate is 0, and so is its gradient."
        ),
        case(
            "policies that are far apart",
            *(torch.tensor([-8.0, -0.125]), torch.tensor([-1.0, -30.0])),
            "Neither is cut off: the first estimate is e⁷ − 7 − 1, about 1089, the second 28.875.",
        ),
        case(
            "two answers of three tokens",
            *(random_logprobs(2, 3), random_logprobs(2, 3)),
            "One estimate for each token, and none of them below 0.",
        ),
        case("eight of twenty", random_logprobs(8, 20), random_logprobs(8, 20), "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    apart = torch.tensor(grid(-3, 2))
    line = mine(torch.full_like(apart, -4.0), apart - 4).tolist()
    return Curves("Your k3: never below 0, and 0 where both agree.", "log π_ref − log π", apart.tolist(), {"k3": line})


EXERCISE = Exercise(
    name="kl_k3",
    title="k3: a KL estimate from samples",
    notebook="10",
    place=3,
    minutes=6,
    difficulty="medium",
    returns="a tensor of the same shape as `logprobs`, one estimate per token, which can be differentiated",
    reference=kl_k3,
    sources=(kl_k3,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "k3 = π_ref/π − log(π_ref/π) − 1. You are given logarithms: what is log(π_ref/π) in terms of them?",
        "log(π_ref/π) is `ref_logprobs - logprobs`. The ratio itself is `exp` of that.",
        "So with `logratio = ref_logprobs - logprobs` the answer is `logratio.exp() - logratio - 1`. For small "
        "log-ratios `torch.expm1(logratio) - logratio` keeps more digits. Return it as it is, one value per token.",
    ),
    nan="`logprobs` are logarithms already and below 0, so `log` of them is NaN.",
    gradient_of=("logprobs",),
    picture=_picture,
    invariants=(shifted("logprobs", "ref_logprobs", what="log-probabilities, of both policies", by=-1.0),),
)

"""Notebook 10: how far has the policy moved from the reference? GRPO's estimate, token by token."""

import torch

from rlcourse.equations import kl_k1, kl_k2, kl_k3
from rlcourse.exercises.exercise import Case, Exercise, Slip


def _ratio_of_logs(logprobs, ref_logprobs):
    ratio = ref_logprobs / logprobs
    return ratio - ratio.log() - 1


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
)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)

    def random_logprobs(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, 6, generator=generator).log_softmax(dim=-1)[..., 0]

    half, quarter = torch.tensor([0.5]).log(), torch.tensor([0.25]).log()
    return (
        Case("one token, to the reference half as likely", {"logprobs": half, "ref_logprobs": quarter}),
        Case("one token, to the reference twice as likely", {"logprobs": quarter, "ref_logprobs": half}),
        Case(
            "the policies agree", {"logprobs": torch.tensor([-0.5, -2.0]), "ref_logprobs": torch.tensor([-0.5, -2.0])}
        ),
        Case("two answers of three tokens", {"logprobs": random_logprobs(2, 3), "ref_logprobs": random_logprobs(2, 3)}),
        Case("eight of twenty", {"logprobs": random_logprobs(8, 20), "ref_logprobs": random_logprobs(8, 20)}),
    )


EXERCISE = Exercise(
    name="kl_k3",
    title="k3: a KL estimate from samples",
    notebook="10",
    place=2,
    minutes=10,
    difficulty="medium",
    returns="a tensor of the same shape as `logprobs`, one estimate per token",
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
)

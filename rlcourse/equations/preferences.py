"""Learning what people prefer from pairs that they ranked: by a reward model, or by the policy itself.

Left out: rankings of more than two (Plackett-Luce) and margins; the course's data are pairs.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_number
from rlcourse.equations._inputs import Mask, as_mask, check_axes, check_float, check_not_empty, check_same_shape


def bradley_terry_loss(chosen: Float[Tensor, "*shape"], rejected: Float[Tensor, "*shape"]) -> Float[Tensor, ""]:
    """How surprised a reward model is by people's choices (Bradley & Terry 1952; Ouyang et al. 2022, eq. 1).

        −mean log σ( r(chosen) − r(rejected) )

    The model says that people prefer a to b with probability σ(r(a) − r(b)); this is the negative log-likelihood
    of what they did. Only differences of scores matter. By logsigmoid: σ of −110 is 0 in float32, and its log −∞.

    Args:
        chosen: the reward model's score of the response that was preferred, one per pair.
        rejected: its score of the other response.

    Returns:
        A scalar in nats, the mean over pairs: log 2 for a model that cannot tell, 0 for one that is sure and right.

    Raises:
        ValueError: the shapes differ, or there are no pairs.
        TypeError: an argument is not a floating-point tensor.
    """
    check_float(chosen=chosen, rejected=rejected)
    check_same_shape(chosen=chosen, rejected=rejected)
    check_not_empty("chosen", chosen)
    return -torch.nn.functional.logsigmoid(chosen - rejected).mean()


def score_at_the_last_token(scores: Float[Tensor, "B T"], mask: Mask[Tensor, "B T"]) -> Float[Tensor, "B"]:
    """The score of each response: what the reward head says at its last real token.

        r(prompt, response) = scoresₜ   where t is the last column with maskₜ = 1

    A head on GPT-2's body says a number after every token. Only at the last one, end of text where the response has
    ended, has the body read all of it and knows that nothing more is coming.

    Args:
        scores: the head's number after each token. What stands in the padding does not matter.
        mask: True where there is a token, the end-of-text token included; False in the padding behind.

    Returns:
        One score per response, with gradients.

    Raises:
        ValueError: the shapes differ or are not [B, T], there is no response, or one has no token.
        TypeError: scores is not a floating-point tensor, or mask no mask.
    """
    check_float(scores=scores)
    mask = as_mask("mask", mask)
    check_axes("[B, T]: a row for each response", scores=scores)
    check_same_shape(scores=scores, mask=mask)
    check_not_empty("scores", scores)
    if not mask.any(dim=1).all():
        raise ValueError("mask must have at least one token in each row, got a row without")
    columns = torch.arange(mask.shape[1], device=mask.device)
    last = torch.where(mask, columns, -1).amax(dim=1, keepdim=True)
    return scores.gather(1, last)[:, 0]


def dpo_loss(
    chosen_logprobs: Float[Tensor, "B"],
    rejected_logprobs: Float[Tensor, "B"],
    ref_chosen_logprobs: Float[Tensor, "B"],
    ref_rejected_logprobs: Float[Tensor, "B"],
    *,
    beta: float | int,
) -> Float[Tensor, ""]:
    """Preferences without a reward model and without sampling (direct preference optimisation; Rafailov et al. 2023,
    eq. 7).

        −mean log σ( β·log π(chosen)/π_ref(chosen) − β·log π(rejected)/π_ref(rejected) )

    The policy that is best for a reward r under the penalty β·KL(π‖π_ref) has r = β·log π/π_ref + a number that the
    two answers to one prompt share. So this is `bradley_terry_loss` with those for scores: only the difference counts,
    and the policy is its own reward model.

    Args:
        chosen_logprobs: log π(answer|prompt) of the answer that was preferred: the sum over its tokens, with gradients.
        rejected_logprobs: the same of the other answer.
        ref_chosen_logprobs: log π_ref of the preferred answer, a constant.
        ref_rejected_logprobs: log π_ref of the other answer, a constant.
        beta: above 0; 0.1–0.5 is usual. The smaller, the further the policy may go from the reference.

    Returns:
        A scalar in nats, the mean over pairs: log 2 where the policy is the reference.

    Raises:
        ValueError: the shapes differ or are not [B], there are no pairs, or β is not above 0.
        TypeError: an argument is not a floating-point tensor.
    """
    given = {"chosen_logprobs": chosen_logprobs, "rejected_logprobs": rejected_logprobs}
    given |= {"ref_chosen_logprobs": ref_chosen_logprobs, "ref_rejected_logprobs": ref_rejected_logprobs}
    check_float(**given)
    check_axes("[B]: of each answer the sum over its tokens", **given)
    check_same_shape(**given)
    check_not_empty("chosen_logprobs", chosen_logprobs)
    check_number("beta", beta, low=0, above=True)
    scores = [chosen_logprobs - ref_chosen_logprobs, rejected_logprobs - ref_rejected_logprobs]
    return bradley_terry_loss(*(float(beta) * score for score in scores))

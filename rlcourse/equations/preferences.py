"""Learning what people prefer from pairs that they ranked.

Left out: rankings of more than two (Plackett-Luce) and margins; the course's data are pairs.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.equations._inputs import check_float, check_not_empty, check_same_shape


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

"""KL of an answer of two tokens, to drag: what a loss on each token pulls at, and what it does not see.

A policy that reads what it has written: the second choice depends on the first. Each choice is between "yes" and "no",
so six probabilities say it all, three of π and three of π_ref. Four answers can be counted out, and all gradients are
autograd's. Wanted is the gradient of KL(π‖π_ref) of whole answers; a loss on each token has that of each choice, given
the text before it (Tang and Munos 2025, arXiv 2506.09477). Left out: longer answers.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.equations import kl_k1, kl_k2, kl_k3, surrogate
from rlcourse.explorables.groups.two_policies import names_of_bars, two_policies_panel
from rlcourse.explorables.plotting import bench
from rlcourse.explorables.plotting.answered import answered
from rlcourse.explorables.plotting.plot import Array, Axis, Bars, Choice, Panel, Plot, Rule
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

CHOICES = ("first", "after yes", "after no")
PI, REF = (0.60, 0.80, 0.30), (0.60, 0.30, 0.25)
"""Where both policies begin: the first tokens agree, and what comes after them does not."""
CHANCES = tuple(round(0.02 * i, 2) for i in range(1, 50))
NAMES = names_of_bars(3)
LOSSES = ("k3", "k3·ρ", "k2", "k2 of all", "k1 paid")
"""Of each token: k3, k3 times its ratio, k2; of the whole answer: k2 of its log-ratio, and k1 in the reward."""
NEAR = 1e-4
Estimate = Callable[[Tensor, Tensor], Tensor]

TRY_THIS = (
    "<b>Try this:</b> compare the five losses with the dashed line, which is what is wanted. The first tokens agree as "
    "it opens; now drag <i>π</i> at “after yes” up and down. <b>Watch:</b> the pull on the <i>first</i> token, whose "
    "own KL is 0, and which of the losses can feel it at all."
)
VERDICTS = (
    "The first token’s own choice is as the reference’s, yet it decides what comes after: only the last two losses see "
    "that.",
    "On the first token only the last two losses pull as they should: they count what it does to the later one.",
    "Here the first token changes nothing about the second one’s KL, so more of the losses are right.",
)


def controls() -> tuple:
    """A handle for each probability of “yes”."""
    of = [f"{'π' if i < 3 else 'π_ref'} of yes, {CHOICES[i % 3]}" for i in range(6)]
    return tuple(bench.Held(n, label, CHANCES, s) for n, label, s in zip(NAMES, of, (*PI, *REF), strict=True))


def kl_of_two_tokens(*, k3: Estimate = kl_k3) -> bench.Bench:
    """The explorable: six bars to drag.

    Args:
        k3: With the signature of `rlcourse.equations.kl_k3`; a learner's own, say.
    """
    return answered(TRY_THIS, lambda state: kl_of_two_tokens_plot(state, k3=k3), controls())


def kl_of_two_tokens_figure() -> Figure:
    """The same picture as it opens, for print."""
    state = bench.state_of(controls())
    return draw_figure(kl_of_two_tokens_plot(state), state)


@usual_settings()
def kl_of_two_tokens_plot(state: Mapping[str, float], *, k3: Estimate = kl_k3) -> Plot:
    """Both policies, and the pulls of the losses on the three choices."""
    pi, ref = (torch.tensor([state[name] for name in some]).double() for some in (NAMES[:3], NAMES[3:]))
    wanted, found = pulls(pi, ref, k3=k3)
    choice, loss = ("choice",), ("loss",)
    arrays = {
        "pi": Array(choice, pi.numpy()),
        "ref": Array(choice, ref.numpy()),
        "left": Array(choice, np.arange(1, 4) - 0.2),
        "right": Array(choice, np.arange(1, 4) + 0.2),
        "place_yes": Array(loss, np.arange(1, 6) - 0.2),
        "place_no": Array(loss, np.arange(1, 6) + 0.2),
    }
    for i, name in enumerate(("first", "yes", "no")):
        arrays |= {f"wanted_{name}": Array((), wanted[i].numpy()), f"of_{name}": Array(loss, found[:, i].numpy())}
    arrays |= {f"told_{i}": Array((), found[i, 0].numpy()) for i in range(len(LOSSES))}
    grids = dict.fromkeys(NAMES, CHANCES) | {"choice": (1.0, 2.0, 3.0), "loss": tuple(map(float, range(1, 6)))}
    told = ", ".join(f"{name} {{told_{i}:+.3f}}" for i, name in enumerate(LOSSES))
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={"verdict": Choice((), np.array(_verdict(pi, ref, wanted, found)), VERDICTS)},
        panels=(
            two_policies_panel(
                title="How often they say “yes”", xlabel="which choice", choices=CHOICES, along="choice"
            ),
            _first(),
            _second(),
        ),
        readouts=(f"Pull on the first token: wanted {{wanted_first:+.3f}};  {told}.", "{verdict}"),
        alt=(
            "First picture: how often both policies say yes, first, after a yes and after a no. Second and third: the "
            f"pull of five losses on the first token and on the second. On the first {{wanted_first:+.3f}} is wanted, "
            f"and there is {told}. {{verdict}}"
        ),
    )


def pulls(
    pi: Float[Tensor, "3"], ref: Float[Tensor, "3"], *, k3: Estimate = kl_k3
) -> tuple[Float[Tensor, "3"], Float[Tensor, "5 3"]]:
    """Gradients by the three logits of “yes”: the one of KL(π‖π_ref) of whole answers, and those of the `LOSSES`."""
    fixed = both_tokens(ref.logit())
    own = both_tokens(pi.logit())

    def weighted_k3(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
        return surrogate(logprobs, own, k3(logprobs, ref_logprobs))

    def on_each(estimate: Estimate) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda logprobs, drawn: (drawn * estimate(logprobs, fixed).sum(-1)).sum()

    losses = (
        on_each(k3),
        on_each(weighted_k3),
        on_each(kl_k2),
        lambda logprobs, drawn: (drawn * kl_k2(logprobs.sum(-1), fixed.sum(-1))).sum(),
        # The policy gradient with minus k1 as the reward: a loss is its opposite.
        lambda logprobs, drawn: (drawn * logprobs.sum(-1) * kl_k1(logprobs, fixed).sum(-1).detach()).sum(),
    )

    def pull(loss: Callable[[Tensor, Tensor], Tensor], *, draw_too: bool = False) -> Tensor:
        logits = pi.logit().requires_grad_()
        logprobs = both_tokens(logits)
        drawn = logprobs.sum(-1).exp()  # how often each answer is drawn
        return torch.autograd.grad(loss(logprobs, drawn if draw_too else drawn.detach()), logits)[0]

    wanted = pull(lambda logprobs, drawn: (drawn * (logprobs - fixed).sum(-1)).sum(), draw_too=True)
    return wanted, torch.stack([pull(loss) for loss in losses])


def both_tokens(logits: Float[Tensor, "3"]) -> Float[Tensor, "2 2 2"]:
    """Log π of both tokens of the four answers: [first, second, which of the two]."""
    yes, no = torch.nn.functional.logsigmoid(logits), torch.nn.functional.logsigmoid(-logits)
    first = torch.stack([yes[0], no[0]])[:, None].expand(2, 2)
    second = torch.stack([torch.stack([yes[1], no[1]]), torch.stack([yes[2], no[2]])])
    return torch.stack([first, second], dim=-1)


def _verdict(pi: Tensor, ref: Tensor, wanted: Tensor, found: Tensor) -> int:
    per_token_right = (found[1:3, 0] - wanted[0]).abs().max() < NEAR
    return 2 if per_token_right else 0 if abs(pi[0] - ref[0]) < NEAR else 1


def _first() -> Panel:
    return Panel(
        share=1.3,  # five names need room
        title="Pull on the first token",
        x=Axis("loss", 0.4, 5.6, LOSSES),
        y=Axis("by the logit of yes", -0.6, 0.6),
        marks=(
            Bars("loss", "of_first", along="loss", label="the loss’s", colour="blue", width=0.5),
            Rule(y="wanted_first", label="wanted", dash="dashed", width=2.5),
        ),
    )


def _second() -> Panel:
    return Panel(
        share=1.3,  # five names need room
        title="Pull on the second token",
        x=Axis("loss", 0.4, 5.6, LOSSES),
        y=Axis("by the logit of yes", -0.6, 0.6),
        marks=(
            Bars("place_yes", "of_yes", along="loss", label="after yes (left)", colour="blue", width=0.36),
            Bars(
                "place_no", "of_no", along="loss", label="after no (right)", colour="sky", width=0.36, hatch="striped"
            ),
            Rule(y="wanted_yes", label="wanted", dash="dashed", width=2.5),
            Rule(y="wanted_no", dash="dashed", width=2.5),
        ),
    )

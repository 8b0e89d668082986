"""A batch of ratios: where the ratios π_θ/π_old of one PPO batch stand after each gradient step of one update.

The updates are real. A robot is trained in the maze for a little while; then the same batch is learned from once for
every clip range, by `PPO.update` itself, and after each of the optimiser's steps all log-probabilities are written
down. Clip fraction and KL are those of `rlcourse.equations`; an action is "no longer pushed" where the gradient of
`clipped_surrogate` by its log-probability is 0, by autograd. Left out: what the entropy bonus pushes.
"""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.algorithms import PPO, Rollout, Training
from rlcourse.algorithms.judging import judge, normalized
from rlcourse.equations import clip_fraction, clipped_surrogate, gae, kl_k3
from rlcourse.experiments.recipes import maze_training, ppo
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Band, Bars, Choice, Handle, Panel, Plot, Rule, Text
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.showing.progress_bar import bar
from rlcourse.usual import usual_settings

EPSILONS = tuple(round(0.05 * i, 2) for i in range(1, 11))  # 0.05 … 0.50
BIN = 0.05
MIDDLES = tuple(round(BIN * i, 2) for i in range(51))  # 0 … 2.50; 1 is the middle of a bar
"""The middles of the bars; the last one holds all larger ratios too."""
EPOCHS, MINIBATCH = 10, 1024
TRAINED = 10
"""Updates before the one that is shown: the robot knows walls by then, and little else."""
TOP = 40
"""Where the percent axis ends."""

TRY_THIS = (
    "<b>Try this:</b> play the gradient steps, or take them one by one with the arrow keys; then drag an edge of the "
    "band, which turns <i>ε</i>. "
    "<b>Watch:</b> on which side of the band the bars lose their push, on which side they never do, and whether the "
    "band holds them."
)
NOTES = {"good": ("", "↑ {good_top:.0f} %"), "bad": ("", "↑ {bad_top:.0f} %")}
"""What stands beside the tallest bar where it is cut off."""


@dataclass(frozen=True)
class RecordedUpdate:
    """One batch, learned from once for each clip range."""

    epsilons: tuple[float, ...]
    """The clip ranges."""
    old_logprobs: Float[Tensor, "R"]
    """log π_old(a|s) of each action in the batch."""
    advantages: Float[Tensor, "R"]
    """Their advantages, as the update used them: normalised."""
    logprobs: Float[Tensor, "E S R"]
    """log π_θ(a|s) for each clip range, before the first gradient step and after each one."""
    policies: Float[Tensor, "E S states 3"]
    """π_θ(a|s) of all states, for each clip range and gradient step."""
    steps_per_epoch: int
    """How many gradient steps go through the batch once."""

    @property
    def ratios(self) -> Float[Tensor, "E S R"]:
        """π_θ(a|s)/π_old(a|s)."""
        return (self.logprobs - self.old_logprobs).exp()


def record_update(
    epsilons: Sequence[float] = EPSILONS,
    *,
    epochs: int = EPOCHS,
    trained: int = TRAINED,
    objective: Callable[..., Tensor] = clipped_surrogate,
    seed: int = 0,
    progress: bool = False,
) -> RecordedUpdate:
    """Train a robot for a few updates, then learn from the next batch once for each clip range. A second or two.

    Args:
        epsilons: the clip ranges to try, in [0, 1); 0.1–0.3 is usual.
        epochs: how often the batch is gone through.
        trained: updates, with the usual settings, before the batch is collected; 0 for a robot that knows nothing.
        objective: with the signature of `rlcourse.equations.clipped_surrogate`; a learner's own, say.
        seed: of the training and the batch.
        progress: show a bar over the gradient steps of all clip ranges.

    Raises:
        ValueError: there is no clip range to try.
    """
    if not len(epsilons):
        raise ValueError("epsilons must hold at least one clip range, got none")
    training = maze_training(ppo, epochs=4, seed=seed)
    if trained and training.run(trained, progress=False).interrupted:
        raise KeyboardInterrupt  # half a training is not what was asked for
    rollout = training.algorithm.collect(training.world, training.policy, training.generator)
    steps = len(epsilons) * epochs * math.ceil(len(rollout.rows.mask) / MINIBATCH)
    with bar(total=steps, desc="gradient steps", disable=not progress) as shown:
        runs = [_learn(training, rollout, float(e), epochs, objective, shown.update) for e in epsilons]
    settings, rows = training.algorithm.config, rollout.rows
    judged = judge(rollout, training.algorithm.critic, gae, gamma=settings.gamma, gae_lambda=settings.gae_lambda)
    return RecordedUpdate(
        epsilons=tuple(map(float, epsilons)),
        old_logprobs=rows.old_logprobs[:, 0],
        advantages=normalized(judged.advantages, rows.mask)[:, 0],
        logprobs=torch.stack([logprobs for logprobs, _ in runs]),
        policies=torch.stack([policies for _, policies in runs]),
        steps_per_epoch=(len(runs[0][0]) - 1) // epochs,
    )


def _learn(
    training: Training,
    rollout: Rollout,
    epsilon: float,
    epochs: int,
    objective: Callable[..., Tensor],
    tick: Callable[[], object],
) -> tuple[Float[Tensor, "S R"], Float[Tensor, "S states 3"]]:
    """One update by a copy of the robot: log-probabilities and policy before it and after every gradient step."""
    policy, critic = deepcopy((training.policy, training.algorithm.critic))
    settings = ppo(critic, clip_range=epsilon, epochs=epochs, minibatch_size=MINIBATCH).config
    algorithm = PPO(settings, critic=critic, objective=objective)
    optimizer = algorithm.make_optimizer(policy)
    optimizer.load_state_dict(deepcopy(training.optimizer.state_dict()))
    written = []

    def write(*_: object) -> None:
        with torch.no_grad():
            written.append((policy.logprobs(rollout.rows)[:, 0], policy.probabilities()))

    write()
    optimizer.register_step_post_hook(write)
    optimizer.register_step_post_hook(lambda *_: tick() and None)
    algorithm.update(policy, optimizer, rollout)
    logprobs, policies = zip(*written, strict=True)
    return torch.stack(logprobs), torch.stack(policies)


def batch_of_ratios(recorded: RecordedUpdate | None = None) -> Bench:
    """The explorable: two sliders (gradient step, ε) over histograms of the ratios, all drawn in the browser."""
    recorded = recorded or _usual()
    return bench(TRY_THIS, batch_of_ratios_plot(recorded), sliders_of(recorded))


def batch_of_ratios_figure(
    recorded: RecordedUpdate | None = None, *, epsilon: float = 0.2, gradient_step: int = 0
) -> Figure:
    """The same picture of one state, for print.

    Raises:
        ValueError: the clip range or the gradient step is not among those recorded.
    """
    recorded = recorded or _usual()
    state = state_of(sliders_of(recorded), epsilon=epsilon, gradient_step=gradient_step)
    return draw_figure(batch_of_ratios_plot(recorded), state)


def sliders_of(recorded: RecordedUpdate) -> tuple[Slider, Slider]:
    """Over what was recorded: the gradient steps, and the clip ranges from the one nearest to 0.2."""
    steps, nearest = range(recorded.logprobs.shape[1]), min(recorded.epsilons, key=lambda e: abs(e - 0.2))
    return (
        Slider("gradient_step", "gradient step", steps, start=0, readout=".0f", exact=True, play=True),
        Slider("epsilon", "clip range ε", recorded.epsilons, start=nearest, exact=True),
    )


@cache
@usual_settings()
def _usual() -> RecordedUpdate:
    return record_update()


@usual_settings()
def batch_of_ratios_plot(recorded: RecordedUpdate) -> Plot:
    """Histograms and gauges for every clip range and gradient step."""
    arrays, everywhere = _numbers(recorded), ("epsilon", "gradient_step")
    steps = recorded.logprobs.shape[1]
    return Plot(
        grids={
            "epsilon": recorded.epsilons,
            "gradient_step": tuple(float(i) for i in range(steps)),
            "ratio": MIDDLES,
        },
        arrays=arrays,
        choices={
            f"{name}_note": Choice(everywhere, (arrays[f"{name}_top"].values > TOP).astype(int), texts)
            for name, texts in NOTES.items()
        },
        panels=(
            _panel("Better than expected, A > 0: to become likelier", "good"),
            _panel("Worse than expected, A < 0: to become less likely", "bad"),
        ),
        readouts=(
            "After gradient step {gradient_step:.0f} ({epochs_done:.2f} times through the batch), ε = {epsilon:.2f}: "
            "ratios from {lowest:.2f} to {highest:.2f}, KL(π_old‖π_θ) ≈ {approx_kl:.3f} nats.",
            "Outside the band (the clip fraction): {clip_percent:.0f} %. Without a gradient: {held_percent:.0f} %. "
            "Outside, but on the wrong side, so pushed back: {wrong_side_percent:.0f} %.",
        ),
        alt=(
            "Two histograms of ratios, for actions with A > 0 and with A < 0, after gradient step {gradient_step:.0f} "
            "with clip range ε = {epsilon:.2f}. The ratios reach from {lowest:.2f} to {highest:.2f}. Outside the band "
            "from {band_low:.2f} to {band_high:.2f} are {clip_percent:.0f} percent of the actions; "
            "{held_percent:.0f} percent get no gradient any more. The approximate KL is {approx_kl:.3f} nats."
        ),
    )


def _numbers(recorded: RecordedUpdate) -> dict[str, Array]:
    """The bars of both histograms, the gauges in words, and the band."""
    steps = recorded.logprobs.shape[1]
    held, outside = no_longer_pushed(recorded), _outside(recorded)
    everywhere = ("epsilon", "gradient_step")
    counted = {}
    for name, which in (("good", recorded.advantages > 0), ("bad", recorded.advantages < 0)):
        counted[f"{name}_pushed"] = Array((*everywhere, "ratio"), _percent(recorded.ratios, which & ~held, which))
        counted[f"{name}_all"] = Array((*everywhere, "ratio"), _percent(recorded.ratios, which, which))
        counted[f"{name}_top"] = Array(everywhere, counted[f"{name}_all"].values.max(-1))
    gauges = {
        "clip_percent": 100 * _clip_fractions(recorded),
        "held_percent": 100 * held.double().mean(-1).numpy(),
        "wrong_side_percent": 100 * (outside & ~held & (recorded.advantages != 0)).double().mean(-1).numpy(),
        "approx_kl": kl_k3(recorded.old_logprobs.expand_as(recorded.logprobs), recorded.logprobs).mean(-1).numpy(),
        "lowest": recorded.ratios.amin(-1).numpy(),
        "highest": recorded.ratios.amax(-1).numpy(),
    }
    arrays = counted | {name: Array(everywhere, values) for name, values in gauges.items()}
    epsilon = np.array(recorded.epsilons)
    arrays |= {"band_low": Array(("epsilon",), 1 - epsilon), "band_high": Array(("epsilon",), 1 + epsilon)}
    arrays["epochs_done"] = Array(("gradient_step",), np.arange(steps) / recorded.steps_per_epoch)
    return arrays


def no_longer_pushed(recorded: RecordedUpdate) -> Tensor:
    """Where the gradient of the clipped objective by log π_θ is 0 although the advantage is not, [E, S, R]."""
    flat = []
    for epsilon, logprobs in zip(recorded.epsilons, recorded.logprobs, strict=True):
        leaf = logprobs.detach().clone().requires_grad_()
        bounds = {"clip_low": epsilon, "clip_high": epsilon}
        old, advantages = recorded.old_logprobs.expand_as(leaf), recorded.advantages.expand_as(leaf)
        (slope,) = torch.autograd.grad(clipped_surrogate(leaf, old, advantages, **bounds).sum(), leaf)
        flat.append((slope == 0) & (advantages != 0))
    return torch.stack(flat)


def _outside(recorded: RecordedUpdate) -> Tensor:
    """Where the ratio has left the band, on whichever side, [E, S, R]."""
    epsilon = torch.tensor(recorded.epsilons).to(recorded.ratios)[:, None, None]
    return (recorded.ratios < 1 - epsilon) | (recorded.ratios > 1 + epsilon)


def _clip_fractions(recorded: RecordedUpdate) -> np.ndarray:
    old = recorded.old_logprobs
    rows = [
        [float(clip_fraction(logprobs, old, clip_low=epsilon, clip_high=epsilon)) for logprobs in run]
        for epsilon, run in zip(recorded.epsilons, recorded.logprobs, strict=True)
    ]
    return np.array(rows)


def _percent(ratios: Tensor, counted: Tensor, of: Tensor) -> np.ndarray:
    """The share, in percent of the actions `of`, that are `counted` and stand in each bar, [E, S, B]."""
    last = len(MIDDLES) - 1
    bars = (ratios / BIN).round().long().clamp(max=last)
    heights = ratios.new_zeros(*ratios.shape[:-1], last + 1)
    heights.scatter_add_(-1, bars, counted.expand_as(bars).to(heights.dtype))
    return (100 * heights / of.sum().clamp(min=1)).numpy()


def _panel(title: str, which: str) -> Panel:
    return Panel(
        title=title,
        x=Axis("ratio ρ = π_θ(a|s) / π_old(a|s); last bar: 2.5 and more", 0.0, 2.5 + BIN / 2),
        y=Axis("% of these actions", 0, TOP),
        marks=(
            Band("band_low", "band_high", label="1 ± ε"),
            Bars(
                "ratio",
                f"{which}_all",
                "ratio",
                label="no gradient",
                colour="vermillion",
                base=f"{which}_pushed",
                width=BIN,
                hatch="striped",
            ),
            Bars("ratio", f"{which}_pushed", "ratio", label="still pushed", colour="blue", width=BIN),
            Rule(x=1.0),
            Text(1.06, TOP - 3, f"{{{which}_note}}", anchor="start"),
        ),
        handles=(Handle("epsilon", x="band_high", grip=0.7), Handle("epsilon", x="band_low", grip=0.7)),
    )

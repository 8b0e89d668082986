r"""A group of real answers, to be judged by hand: eight bubbles, their advantages, and what one step of GRPO does.

    judge_a_group(policy, arithmetic_world([Sum(12, 7)], prompts_per_step=1))

A click on a bubble flips its reward, and the arrows follow. "Apply one step" is `GRPO.update` on this group alone, done
to a copy of the policy: the same answers then stand there with their new probabilities. All of it is the kernel's work,
as there are as many states as there are models; the browser (`judge_a_group.js`) draws and asks. Left out: rewards
between 0 and 1, and groups for several questions at once.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import anywidget
import torch
import traitlets
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.algorithms import GRPO, GRPOConfig, Policy, World
from rlcourse.algorithms.protocol import Episodes
from rlcourse.arguments import check_integer, check_number
from rlcourse.equations import group_advantages
from rlcourse.explorables.groups.group_pictures import group_picture
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.words import minus
from rlcourse.usual import usual_settings

_HERE = Path(__file__).parent
MOST = 16
"""Answers in a group."""
TRY_THIS = (
    "Try this: click a bubble, or press Space on it, to judge that answer the other way round, and then apply one "
    "step. Watch the arrows of all the others when one judgement changes, and which bars grow in the step."
)


@dataclass
class Group:
    """A group of answers with its judgements, and the policy that wrote it, which learns from them."""

    world: World
    algorithm: GRPO
    size: int
    start: Policy
    """The policy as it came; never changed."""
    chance: torch.Generator
    policy: Policy = None
    episodes: Episodes = None
    steps: int = 0
    """Steps of the policy since the answers were drawn."""

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Back to the policy as it came, with fresh answers."""
        self.policy = deepcopy(self.start)
        self.optimizer = self.algorithm.make_optimizer(self.policy)
        self.sample()

    @usual_settings()
    def sample(self) -> None:
        """Fresh answers from the policy as it is now, judged by the world's rule."""
        how = {"num_generations": self.size, "temperature": 1.0, "generator": self.chance}
        self.episodes, self.steps = self.world.sample_groups(self.policy, **how).select_groups(torch.tensor([0])), 0

    @usual_settings()
    def step(self) -> None:
        """One gradient step on this group, by the judgements as they are."""
        self.algorithm.update(self.policy, self.optimizer, self.episodes)
        self.steps += 1

    def judge(self, rewards: list[float]) -> None:
        """Other rewards for the same answers."""
        self.episodes = replace(self.episodes, rewards=torch.tensor(rewards, dtype=torch.float32))

    @property
    def advantages(self) -> Float[Tensor, "G"]:
        """Of the answers, by the judgements as they are."""
        return self.algorithm.advantage_fn(self.episodes.rewards[None])[0]

    @usual_settings()
    def chances(self) -> tuple[Float[Tensor, "G"], Float[Tensor, "G"]]:
        """How likely each answer was when it was drawn, and how likely it is now: π(answer | question)."""
        with torch.no_grad():
            now = self.policy.logprobs(self.episodes)
        both = (torch.where(self.episodes.mask, one, 0.0).sum(1).exp() for one in (self.episodes.old_logprobs, now))
        return tuple(both)

    @property
    def question(self) -> str:
        """What was asked, without what the model is told around it."""
        seen, length = self.episodes.observations["prompt_tokens"][0], self.episodes.observations["prompt_lengths"][0]
        prompt = self.policy.tokenizer.decode(seen[:length])
        return prompt.removeprefix("Question: ").removesuffix("Answer:").strip()

    @property
    def answers(self) -> list[str]:
        """The texts, without the end-of-text token."""
        rows = zip(self.episodes.actions, self.episodes.mask, strict=True)
        return [self.policy.tokenizer.decode(row[mask], skip_special_tokens=True) for row, mask in rows]


class GroupDesk(Lasting, anywidget.AnyWidget):
    """The bubbles. `rewards` holds the judgements, 0 or 1 for each answer."""

    _esm = BROWSER + (_HERE / "judge_a_group.js").read_text("utf-8")
    _css = BUTTONS + (_HERE / "judge_a_group.css").read_text("utf-8")

    asks_kernel = traitlets.Bool(True).tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    """The answers, arrows, bars and words as plain data; see `plain`."""
    rewards = traitlets.List(traitlets.Int(min=0, max=1)).tag(sync=True)
    """How each answer is judged: 1 right, 0 wrong."""

    def __init__(self, group: Group) -> None:
        super().__init__(shown=plain(group), rewards=_judgements(group))
        self.group = group
        self.observe(self._judged, names="rewards")
        self.on_msg(self._asked)

    def _judged(self, _: object) -> None:
        if len(self.rewards) == self.group.size and self.rewards != _judgements(self.group):
            self.group.judge(self.rewards)
            self.shown = plain(self.group)

    def _asked(self, _: object, content: dict, __: object) -> None:
        """A button was pressed."""
        deeds = {"sample": self.group.sample, "step": self.group.step, "restart": self.group.restart}
        deeds[content["do"]]()
        with self.hold_sync():
            self.rewards = _judgements(self.group)
            self.shown = plain(self.group)

    def still(self) -> Still:
        """The answers with their rewards and advantages."""
        return Still.of(_picture(self.group), "Run this cell to judge the answers yourself.")


def judge_a_group(
    policy: Policy,
    world: World,
    *,
    answers: int = 8,
    advantage_fn: Callable[[Tensor], Tensor] = group_advantages,
    learning_rate: float | int = 1e-4,
    seed: int = 0,
) -> GroupDesk:
    """The explorable: a group of answers to judge; arrows that follow; a step, and what it does to each answer.

    Args:
        policy: A `LanguagePolicy`; it stays as it is, and a copy learns.
        world: A `TextWorld`; the first question that it draws is asked.
        answers: G, from 2 to 16.
        advantage_fn: From rewards [1, G] to advantages [1, G]; a learner's own, say.
        learning_rate: Of the step.
        seed: Of the answers.

    Raises:
        TypeError, ValueError: An argument is of the wrong kind or out of range.
    """
    return GroupDesk(_group(policy, world, answers, advantage_fn, learning_rate, seed))


def judge_a_group_figure(policy: Policy, world: World, *, answers: int = 8, seed: int = 0) -> Figure:
    """The same for print: the answers as they were drawn, by the world's rule."""
    return _picture(_group(policy, world, answers, group_advantages, 1e-4, seed)).figure


def _group(policy, world, answers, advantage_fn, learning_rate, seed) -> Group:
    if not hasattr(policy, "tokenizer"):
        raise TypeError(f"policy must be a LanguagePolicy, which writes text, got {type(policy).__name__}")
    check_integer("answers", answers, 2, MOST)
    check_integer("seed", seed, 0)
    check_number("learning_rate", learning_rate, low=0, above=True)
    algorithm = GRPO(GRPOConfig(num_generations=answers, learning_rate=learning_rate), advantage_fn=advantage_fn)
    return Group(world, algorithm, answers, policy, torch.Generator().manual_seed(seed))


def plain(group: Group) -> dict:
    """What the browser draws: texts, how long an arrow and a bar is, and everything in words."""
    before, now = group.chances()
    advantages, longest = group.advantages.tolist(), max(float(before.max()), float(now.max()))
    reach = max((group.size - 1) / group.size**0.5, *map(abs, advantages))  # one right among wrong ones: none is longer
    rows = [
        {
            "text": text.strip().replace("\n", "⏎"),
            "advantage": minus(f"{advantage:+.2f}"),
            "arrow": advantage / reach,
            "before": old / longest,
            "now": new / longest,
            "chance": percent(old) if not group.steps else f"{percent(old)} → {percent(new)}",
            "factor": f"×\u00a0{new / old:.2f}" if group.steps else "",
        }
        for text, advantage, old, new in zip(group.answers, advantages, before.tolist(), now.tolist(), strict=True)
    ]
    return {"question": group.question, "rows": rows, "words": words(group, before, now), "hint": TRY_THIS}


def percent(chance: float) -> str:
    """A probability for the eye."""
    return "below 0.1 %" if chance < 0.001 else f"{100 * chance:.1f} %"


def words(group: Group, before: Tensor, now: Tensor) -> str:
    """Where things stand, in a sentence or two."""
    rewards, ups = group.episodes.rewards, group.advantages > 0
    if not (group.advantages != 0).any():
        return f"The mean of the group is {rewards.mean():.3f}. Nobody is better than the group: nothing to learn."
    verb = "is" if ups.sum() == 1 else "are"
    said = f"The mean of the group is {rewards.mean():.3f}. {int(ups.sum())} of {group.size} answers {verb} above it."
    if not group.steps:
        return said
    grown = now > before
    taken = "one step" if group.steps == 1 else f"{group.steps} steps"
    likelier = int((grown & ups).sum())
    return (
        f"{said} After {taken} on these answers, {likelier} of the {int(ups.sum())} above the mean "
        f"{'is' if likelier == 1 else 'are'} likelier, and {int((~grown & ~ups).sum())} of the {int((~ups).sum())} "
        "below it less likely."
    )


def _judgements(group: Group) -> list[int]:
    return [int(reward > 0.5) for reward in group.episodes.rewards.tolist()]


def _picture(group: Group):
    return group_picture(group.answers, group.episodes.rewards, group.advantages, question=group.question)

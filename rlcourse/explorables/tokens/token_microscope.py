"""The token microscope: a few answers of a GPT-2, token by token, and what one step of learning does to them.

    token_microscope(policy, arithmetic_world([Sum(27, 33)]), critic=critic)

Above stand the answers, with what each was paid; below, under the lens, one of them with log π, ρ, KL, V, Â and the
pull of every token. A reward can be flipped, an answer retyped, PPO (with its λ) or GRPO chosen, a step made and
undone. The kernel answers each deed (`token_lab.py` does them, within a tenth of a second); the browser draws what it
is told. Left out: several questions at once.
"""

from collections.abc import Sequence
from math import exp
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from matplotlib.figure import Figure

from rlcourse.algorithms import Critic, Policy
from rlcourse.arguments import describe
from rlcourse.explorables.tokens.measures import Strips, written
from rlcourse.explorables.tokens.strip_figure import draw_strips
from rlcourse.explorables.tokens.token_lab import LAMBDAS, TokenLab
from rlcourse.explorables.tokens.token_reading import CLIP, Reading
from rlcourse.explorables.tokens.token_strip import plain, strips_of
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture

_HERE = Path(__file__).parent
TRY_THIS = (
    "Try this: flip a reward, then apply one step. Watch: which tokens have become likelier? Choose the other "
    "algorithm, and compare Â. Retype an answer with ✎, apply five steps, undo."
)
MEANS = {
    "log-probability": "log π of the token, by the policy as it is now",
    "ratio ρ": "π now, divided by π_old, the policy that wrote the answers",
    "KL": "KL(π‖π_ref) of the choice before the token, over the whole vocabulary, in nats",
    "value V": "what the critic expects before the token",
    "advantage Â": "how much better than expected: of the answer in its group (GRPO), or from this token on (PPO, GAE)",
    "pull": f"how strongly the next step pulls at log π: ρÂ, or 0 where the clip (ε = {CLIP}) has closed",
}
"""What is read of each token, in the order of the rows under the lens."""
COLOURED = "advantage Â"
"""By which the answers are coloured at first."""


_LOOKS = {
    0.0: "λ = 0: how much more the critic expects after the token than before it; at the last token, what is paid.",
    0.95: "λ = 0.95: between λ = 0 and 1. What was paid at the end counts 0.95 as much for every token that lies "
    "between; the critic's words on the way make up the rest.",
    1.0: "λ = 1: what was paid at the end, less what the critic expected before the token.",
}
"""What PPO's Â is, with γ = 1 and one reward at the end, by λ."""


class TokenMicroscope(Lasting, anywidget.AnyWidget):
    """The microscope. `lab` holds what it looks at."""

    _esm = BROWSER + (_HERE / "token_microscope.js").read_text("utf-8")
    _css = BUTTONS + (_HERE / "token_microscope.css").read_text("utf-8")

    asks_kernel = traitlets.Bool(True).tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    """All that is on the page, as plain data."""

    def __init__(self, lab: TokenLab) -> None:
        self.lab = lab
        super().__init__(shown=everything(lab, "Nothing has been learned yet."))
        self.on_msg(self._do)

    def _do(self, _widget: object, asked: dict[str, Any], _buffers: list) -> None:
        """What the browser asks for, and a sentence on what came of it."""
        try:
            message = act(self.lab, asked)
        except ValueError as error:  # an answer that nobody can read
            message = f"That cannot be done: {error}."
        # The count makes every answer another one, so that the browser hears of deeds that changed nothing.
        self.shown = everything(self.lab, message) | {"turn": self.shown.get("turn", 0) + 1}

    def still(self) -> Still:
        """The answers as they were, with their advantages."""
        strips = strips_for(self.lab, self.lab.read())
        names = [measure.name for measure in strips.measures]
        picture = Picture(draw_strips(strips, names.index(COLOURED)), strips.words(names.index(COLOURED)))
        return Still.of(picture, "Run this cell to look closer, and to learn.")


def token_microscope(
    policy: Policy,
    world: object,
    *,
    critic: Critic | None = None,
    answers: int | Sequence[str] = 4,
    learning_rate: float = 1e-4,
    seed: int = 0,
) -> TokenMicroscope:
    """Look at answers token by token, and at what a step of learning does to them. The policy itself stays as it is.

    Args:
        policy: a `LanguagePolicy`, a copy of which writes and learns.
        world: a `TextWorld`; its first prompt is asked, and its reward function pays.
        critic: a `ValueModel`, a copy of which judges and learns; without one there is no PPO.
        answers: how many are drawn, 2 to 8; or as many texts to begin with.
        learning_rate: of a step, above 0; 1e-4 is usual for the bundled GPT-2, and 4e-4 too far.
        seed: of the answers.

    Raises:
        TypeError: policy or world is of the wrong kind.
        ValueError: a number is out of range.
    """
    return TokenMicroscope(_lab(policy, world, critic=critic, answers=answers, learning_rate=learning_rate, seed=seed))


def token_microscope_figure(
    policy: Policy,
    world: object,
    *,
    critic: Critic | None = None,
    answers: int | Sequence[str] = 4,
    seed: int = 0,
    steps: int = 0,
) -> Figure:
    """The answers after so many steps of GRPO, with the ratio of every token, for print. Raises as there."""
    lab = _lab(policy, world, critic=critic, answers=answers, learning_rate=1e-4, seed=seed)
    for _ in range(steps):
        lab.step()
    strips = strips_for(lab, lab.read())
    return draw_strips(strips, [measure.name for measure in strips.measures].index("ratio ρ"))


def _lab(policy: Policy, world: object, **options: Any) -> TokenLab:
    if not hasattr(policy, "tokenizer"):
        raise TypeError(f"policy must be a LanguagePolicy, which reads text, got {describe(policy)}")
    if not hasattr(world, "prompts") or not hasattr(world, "score"):
        raise TypeError(f"world must be a TextWorld, which asks and pays, got {describe(world)}")
    return TokenLab(policy, world, **options)


def act(lab: TokenLab, asked: dict[str, Any]) -> str:
    """Do what is asked, {"do": "flip", "row": 1} for instance; returns a sentence about it."""
    match asked:
        case {"do": "flip", "row": row}:
            lab.flip(row)
            return f"Answer {row + 1} is now paid {lab.now.rewards[row]:g}, because you say so."
        case {"do": "edit", "row": row, "text": text}:
            lab.edit(row, f" {text.strip()}" if text.strip() else "")  # as all answers of its world begin
            return (
                f"Answer {row + 1} is yours now: {len(lab.now.written[row])} tokens, paid {lab.now.rewards[row]:g}. "
                "Nobody drew it; its old probability is what π_old gives it."
            )
        case {"do": "choose", "algorithm": algorithm}:
            lab.choose(algorithm)
            return {
                "GRPO": "GRPO: all tokens of an answer have the same Â, its place in the group.",
                "PPO": f"PPO: every token has an Â of its own, by GAE. {_LOOKS[lab.now.gae_lambda]}",
            }[algorithm]
        case {"do": "look", "lambda": gae_lambda}:
            lab.look_ahead(float(gae_lambda))
            return _LOOKS[lab.now.gae_lambda]
        case {"do": "step"}:
            return _step(lab)
        case {"do": "undo"}:
            lab.undo()
            return "Undone."
        case {"do": "again"}:
            lab.write_again()
            return "New answers, by the policy as it is now. It is π_old from here on, so every ρ is 1 again."
        case {"do": "restart"}:
            lab.restart()
            return "Back at the beginning."
    raise ValueError(f"there is no such deed as {asked}")


def _step(lab: TokenLab) -> str:
    if not lab.read().advantages.any():
        return "No step: all answers were paid alike, so each Â is 0, and there is nothing to learn."
    lab.step()
    chances, rewards = lab.read().chances, lab.now.rewards
    alike = len(set(rewards)) == 1
    # An answer that was drawn twice is one answer.
    told = {
        lab.now.written[i]: chance
        for i, chance in enumerate(chances)
        if alike or rewards[i] > sum(rewards) / len(rewards)
    }
    old, new = (sum(chance[k] for chance in told.values()) for k in (0, 1))
    who = (
        "All answers were paid alike, but not what the critic expected, so there was something to learn. Together they"
        if alike
        else "What was paid better than the mean"
    )
    return (
        f"Step {lab.now.steps} by {lab.now.algorithm}. {who} had a probability of {percent(old)} when "
        f"{'they were' if alike else 'it was'} written, and {'have' if alike else 'has'} {percent(new)} now."
    )


def strips_for(lab: TokenLab, reading: Reading) -> Strips:
    """The answers with all their numbers."""
    fields = ("logprobs", "ratio", "kl", "values", "advantages", "pull")
    given = {name: field for name, field in zip(MEANS, fields, strict=True) if getattr(reading, field) is not None}
    rows = {name: reading.rows(field) for name, field in given.items()}
    names = [f"answer {i + 1}, paid {reward:g}" for i, reward in enumerate(lab.now.rewards)]
    return strips_of(lab.tokens(), rows, names=names, scales={"KL": "divergence"})


def everything(lab: TokenLab, message: str) -> dict[str, Any]:
    """The page as plain JSON."""
    reading, now = lab.read(), lab.now
    drawn = plain(strips_for(lab, reading))
    measures = [{**measure, "means": MEANS[measure["name"]]} for measure in drawn["measures"]]
    old, new = (reading.rows(name) for name in ("old_logprobs", "logprobs"))
    return {
        "hint": TRY_THIS,
        "question": lab.prompt.removeprefix("Question: ").removesuffix("Answer:").strip(),
        "algorithm": now.algorithm,
        "algorithms": list(lab.algorithms),
        "lambdas": [f"{each:g}" for each in LAMBDAS] if now.algorithm == "PPO" else [],
        "lambda": f"{now.gae_lambda:g}",
        "steps": now.steps,
        "can_undo": bool(lab.past),
        "tokens": drawn["tokens"],
        "measures": measures,
        "coloured": COLOURED,
        "chances": [[_both(a, b) for a, b in zip(*pair, strict=True)] for pair in zip(old, new, strict=True)],
        "answers": [
            {
                "text": lab.text(i).strip(),
                "paid": f"{now.rewards[i]:g}",
                "by_hand": now.by_hand[i],
                "was": percent(was),
                "is": percent(chance),
            }
            for i, (was, chance) in enumerate(reading.chances)
        ],
        "message": message,
    }


def _both(old_logprob: float, logprob: float) -> list:
    """A token's probability when it was written, now, and in words."""
    return [min(1.0, exp(old_logprob)), min(1.0, exp(logprob)), percent(exp(logprob))]


def percent(chance: float) -> str:
    """A probability with two digits that say something: 31 %, 3.8 %, 0.04 %."""
    number = 100 * chance
    return f"{written(number, 0 if number >= 9.95 else 1 if number >= 0.095 else 2)} %"

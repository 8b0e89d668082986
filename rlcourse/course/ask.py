"""Ask the small GPT-2 a sum and turn its temperature: eight answers, marked by the rule that checks sums.

The kernel samples anew for each change, with the same random numbers, so that what changes is the temperature's doing.
Left out: questions other than sums, since only sums have a rule.
"""

import html

import ipywidgets as widgets
import torch
import traitlets

from rlcourse.language import MAX_OPERAND, LanguagePolicy, Sum, sample, sum_reward
from rlcourse.showing.live import Lasting, SliderNames, Still, enlarge

TIMES = 8
TRY_THIS = (
    "<b>Try this:</b> ask 2+2, then move the temperature from 0 up to 2. <b>Watch:</b> at 0 all eight answers are the "
    "same; as it rises they differ more and more, until even the words fall apart."
)
_MARKS = {1.0: ("✓", "right"), 0.0: ("✗", "wrong")}
_HANGING = "padding-left: 1.5em; text-indent: -1.5em; margin-bottom: 5px; break-inside: avoid"
"""A long answer goes on below its own first word, not below its mark."""
_SIGN = "display: inline-block; width: 1.5em; text-indent: 0"


class AskGPT2(Lasting, widgets.VBox):
    """Two numbers to add, a temperature, and eight answers."""

    asks_kernel = traitlets.Bool(True).tag(sync=True)

    def __init__(self, policy: LanguagePolicy, seed: int) -> None:
        self.policy, self.seed = policy, seed
        fit, wide = {"description_width": "initial"}, {"margin": "2px 2px 2px 40px", "width": "340px"}
        limits = {"min": 0, "max": MAX_OPERAND, "style": fit}
        self.a = widgets.BoundedIntText(2, description="What is", layout={"width": "120px"}, **limits)
        self.b = widgets.BoundedIntText(2, description="+", layout={"width": "90px"}, **limits)
        self.temperature = widgets.FloatSlider(
            1.0, min=0.0, max=2.0, step=0.1, description="temperature", layout=wide, style=fit
        )
        self.answers = widgets.HTML()
        for control in (self.a, self.b, self.temperature):
            control.observe(self._answer, "value")
        allowed = widgets.HTML(f"(whole numbers from 0 to {MAX_OPERAND})")
        row = widgets.HBox((self.a, self.b, allowed, self.temperature), layout=widgets.Layout(flex_flow="row wrap"))
        words = widgets.HTML(f'<div style="line-height: 1.45">{TRY_THIS}</div>')
        enlarge(words, row, self.answers)
        super().__init__([words, row, self.answers, SliderNames()])
        self._answer()

    def still(self) -> Still:
        """The answers as they were."""
        asked = f"<div>{self.question.prompt.strip()} Temperature {self.temperature.value:.1f}:</div>"
        words = f"Eight answers of the GPT-2 to “{self.question.prompt.strip()}”."
        return Still.of(asked + self.answers.value, "Run this cell to ask something else.", alt=words)

    @property
    def question(self) -> Sum:
        """What is asked."""
        return Sum(self.a.value, self.b.value)

    def _answer(self, _: object = None) -> None:
        answers = answers_to(self.policy, self.question, temperature=self.temperature.value, seed=self.seed)
        self.answers.value = answers_html(self.question, answers)


def ask_gpt2(policy: LanguagePolicy, *, seed: int = 0) -> AskGPT2:
    """The explorable: two numbers to add, a temperature, and eight answers.

    Args:
        policy: Who is asked.
        seed: Drives the sampling; the same seed gives the same answers.
    """
    return AskGPT2(policy, seed)


def answers_to(
    policy: LanguagePolicy, question: Sum, *, times: int = TIMES, temperature: float | int = 1.0, seed: int = 0
) -> list[str]:
    """The same question asked several times.

    Args:
        policy: Who is asked.
        question: What is asked.
        times: How often.
        temperature: 0 takes the likeliest token each time; 1 samples from the model's own distribution.
        seed: Drives the sampling.
    """
    samples = sample(
        policy.model,
        policy.tokenizer,
        [question.prompt],
        num_generations=times,
        temperature=float(temperature),
        max_new_tokens=16,
        generator=torch.Generator(policy.model.device).manual_seed(seed),
    )
    return samples.texts(policy.tokenizer)


def answers_html(question: Sum, answers: list[str]) -> str:
    """The answers in two columns, each with a mark, and how many are right."""
    rewards = sum_reward([question.prompt] * len(answers), answers, [question.answer] * len(answers))
    items = []
    for answer, reward in zip(answers, rewards, strict=True):
        mark, word = _MARKS[reward]
        sign = f'<span title="{word}" role="img" aria-label="{word}" style="{_SIGN}">{mark}</span>'
        items.append(f'<div style="{_HANGING}">{sign}{_code(answer)}</div>')
    columns = "columns: 2 260px; max-width: 720px; line-height: 1.45; margin: 6px 0"
    return f'<div style="{columns}">{"".join(items)}</div><b>{sum(rewards):.0f} of {len(answers)} right</b>'


def _code(text: str) -> str:
    return f'<code style="white-space: pre-wrap">{html.escape(text.strip()) or "(nothing)"}</code>'

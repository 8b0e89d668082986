"""One answer behind more and more padding: which model takes the padding for text, and how far off its tokens get.

    behind_padding(model, tokenizer, prompt, answer)

Each model reads one row several times, with 0, 1, 2 … tokens of padding on its left, hidden by a mask, as TRL asks; the
ratio is what it says of a token then, over what it says without padding. Beside the GPT-2 that is handed in stand the
same with positions said (`rlcourse.scale.count_positions`), and a tiny Llama that has learned nothing, as for this only
its kind matters. Left out: padding on the right, which no token before it can see.
"""

from copy import deepcopy

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Bars, Handle, Line, Panel, Point, Rule
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.scale import count_positions
from rlcourse.usual import usual_settings

MOST = 48
"""Tokens of padding."""
KINDS = ("GPT-2, as TRL asks", "GPT-2, positions said", "a Llama, as TRL asks")
HEIGHT = 2.2
"""Decades above and below 1 that are shown."""
CONTROLS = (
    Slider("padding", "padding", tuple(range(MOST + 1)), start=8, readout=".0f", exact=True, play=True),
    Choice("kind", "who is asked", KINDS, start=0, buttons=True),
)
TRY_THIS = (
    "<b>Try this:</b> drag the line in the second picture, or press play. Then ask the other two models. <b>Watch:</b> "
    "the same answer, the same weights, and a mask that hides the padding: which ratios leave 1?"
)


def behind_padding(model: nn.Module, tokenizer, prompt: str, answer: str) -> Bench:
    """The explorable: how much padding, and which model.

    Args:
        model: A GPT-2 in `transformers`.
        tokenizer: Its tokenizer.
        prompt: A question.
        answer: What comes after it; the end of the text is added.

    Raises:
        ValueError: The model has no room for the text and `MOST` tokens of padding.
    """
    return bench(TRY_THIS, behind_padding_plot(model, tokenizer, prompt, answer), CONTROLS)


def behind_padding_figure(
    model: nn.Module, tokenizer, prompt: str, answer: str, *, padding: int = 8, kind: int = 0
) -> Figure:
    """The same picture of one state, for print."""
    state = state_of(CONTROLS, padding=padding, kind=kind)
    return draw_figure(behind_padding_plot(model, tokenizer, prompt, answer), state)


@usual_settings()
def behind_padding_plot(model: nn.Module, tokenizer, prompt: str, answer: str) -> Plot:
    """The ratios of all tokens behind any padding, by each of three models."""
    asked = tokenizer(prompt).input_ids
    tokens = [*asked, *tokenizer(answer).input_ids, tokenizer.eos_token_id]
    room = model.config.max_position_embeddings
    if len(tokens) + MOST > room:
        raise ValueError(f"prompt and answer must have at most {room - MOST} tokens together, got {len(tokens)}")
    repaired = deepcopy(model)
    count_positions(repaired)
    logprobs = [_logprobs(one, tokens, len(asked)) for one in (model, repaired, _llama(len(tokenizer)))]
    apart = np.array([(found - found[:1]).numpy() for found in logprobs])  # log ρ, [kind, padding, token]
    decades = np.clip(apart / np.log(10), -HEIGHT, HEIGHT)
    furthest = np.abs(apart).max(-1)
    names = (*(tokenizer.decode([token]).replace(" ", "␣") for token in tokens[len(asked) : -1]), "⟨end⟩")
    return Plot(
        grids={
            "padding": tuple(range(MOST + 1)),
            "every": tuple(range(MOST + 1)),
            "kind": tuple(range(len(KINDS))),
            "token": tuple(range(1, len(names) + 1)),
        },
        arrays={
            "ratio": Array(("kind", "padding", "token"), decades),
            "furthest": Array(("kind", "every"), np.minimum(furthest / np.log(10), HEIGHT)),
            "here": Array(("kind", "padding"), np.minimum(furthest / np.log(10), HEIGHT)),
            "factor": Array(("kind", "padding"), np.exp(np.minimum(furthest, 50.0))),
            "off": Array(("kind", "padding"), (np.abs(apart) > np.log(1.05)).mean(-1) * 100),
        },
        choices={"who": Words(("kind",), np.arange(len(KINDS)), KINDS)},
        panels=(_tokens(names), _paddings()),
        readouts=(
            "{who}, behind {padding:.0f} tokens of padding: the furthest token is {factor:.2f} times as likely, or as "
            "unlikely, as without; {off:.0f} % of the tokens are off by more than 5 %.",
        ),
        alt=(
            "{who}, behind {padding:.0f} tokens of padding: the ratio of each token to what was said without; the "
            "furthest is off by a factor of {factor:.2f}. The furthest token again, for all paddings."
        ),
    )


@torch.no_grad()
def _logprobs(model: nn.Module, tokens: list[int], asked: int) -> torch.Tensor:
    """Log-probabilities of the answer's tokens behind every padding, [padding, token], with the mask alone."""
    width = MOST + len(tokens)
    rows = torch.zeros(MOST + 1, width, dtype=torch.long)
    real = torch.zeros(MOST + 1, width, dtype=torch.long)
    for padding in range(MOST + 1):  # what is left of a row on the right no token can see
        rows[padding, padding : padding + len(tokens)] = torch.tensor(tokens)
        real[padding, padding : padding + len(tokens)] = 1
    logits = model(input_ids=rows, attention_mask=real).logits.float()
    found = logits.log_softmax(-1)[:, :-1].gather(2, rows[:, 1:, None])[..., 0]
    first = torch.arange(MOST + 1)[:, None] + asked - 1
    return found.gather(1, first + torch.arange(len(tokens) - asked))


def _llama(vocabulary: int) -> nn.Module:
    """A tiny Llama that nobody has trained; the user's own chance is left as it was."""
    from transformers import LlamaConfig, LlamaForCausalLM  # half a second, for whoever looks at it

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=256,
            pad_token_id=0,
        )
        return LlamaForCausalLM(config).eval()


def _decades() -> dict:
    return {"names": ("0.01", "0.1", "1", "10", "100"), "places": (-2, -1, 0, 1, 2)}


def _tokens(names: tuple[str, ...]) -> Panel:
    return Panel(
        title="Ratio of each token to what was said without padding",
        x=Axis("token of the answer", 0.4, len(names) + 0.6, names=names),
        y=Axis("ratio", -HEIGHT, HEIGHT, **_decades()),
        marks=(Bars("token", "ratio", "token", width=0.62), Rule(y=0.0, width=1, dash="solid")),
    )


def _paddings() -> Panel:
    return Panel(
        title="The furthest token, by the padding",
        x=Axis("tokens of padding on the left", -1.0, MOST + 1.0),
        y=Axis("off by a factor of", -0.1, HEIGHT, names=("1", "10", "100"), places=(0, 1, 2)),
        marks=(
            Line("every", "furthest", "every", colour="vermillion"),
            Rule(x="padding", width=2),
            Point("padding", "here"),
        ),
        handles=(Handle("padding", x="padding", grip=0.9),),
        share=0.8,
    )

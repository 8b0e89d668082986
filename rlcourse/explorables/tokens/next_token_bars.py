"""The tokens that may come next, and how their probabilities follow the temperature T: π(a|s) = softmax(logits / T).

The logits are the model's own, after each of a few texts; everything over the sliders' grids is computed once. With a
second slider top-p cuts unlikely tokens away, as many chat programs do. The course itself samples from the whole
distribution. Left out: top-k.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.algorithms.protocol import Policy
from rlcourse.arguments import check_flag, check_integer
from rlcourse.equations import keep_top_p, softmax_with_temperature
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, state_of
from rlcourse.explorables.plotting.marks import Axis, Bars, Panel, Text
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.showing.token_words import seen
from rlcourse.usual import usual_settings

TEMPERATURES = tuple(round(0.1 * i, 1) for i in range(21))  # 0 … 2
SLIDER = Slider("temperature", "temperature T", TEMPERATURES, start=1.0, readout=".1f", exact=True)
TOP_PS = tuple(round(0.05 * i, 2) for i in range(4, 21))  # 0.2 … 1
TOP_P = Slider("top_p", "top-p", TOP_PS, start=1.0, exact=True)
LONG = 26
"""How many letters of a text its button shows."""
TRY_THIS = (
    "<b>Try this:</b> move the temperature from 1 down to 0, then up to 2{also}. <b>Watch:</b> the likeliest token "
    "takes all at 0; as T rises the others catch up, those under “others” too, which are many."
)
AND_TOP_P = (
    " <b>Then</b> put T back to 1 and move top-p down to 0.9, and further. <b>Watch:</b> unlikely tokens are cut off, "
    "not made rarer: their probability is exactly 0, and those that are left share it."
)
ONLY_TOP_P = (
    "<b>Try this:</b> move top-p down, slowly{also}. <b>Watch:</b> a token stays as long as the likelier ones "
    "together have less than p. As soon as they have p, it is gone, and its probability is exactly 0."
)


def next_token_bars(
    policy: Policy, texts: str | Sequence[str], *, top: int = 8, top_p: bool = False, warm: bool = True
) -> Bench:
    """The explorable: the likeliest next tokens after a text, over a slider for the temperature.

    Args:
        policy: a `LanguagePolicy`.
        texts: what has been read so far; of several texts a row of buttons chooses one.
        top: how many tokens have a bar of their own, those that are likeliest at T = 1; the rest share one.
        top_p: whether there is a slider that cuts off unlikely tokens.
        warm: whether there is a slider for the temperature; without it T stays at 1, and there has to be one for top-p.

    Raises:
        TypeError: policy has no tokenizer, a text is no string, or top_p or warm is neither True nor False.
        ValueError: top is out of range, a text is empty or has characters that the tokenizer does not know, or there
            would be no slider.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    return bars_bench(next_logits(policy, texts), vocabulary(policy.tokenizer), texts, top=top, top_p=top_p, warm=warm)


def bars_bench(
    logits: Float[Tensor, "texts V"],
    tokens: Sequence[str],
    texts: Sequence[str],
    *,
    top: int = 8,
    top_p: bool = False,
    warm: bool = True,
) -> Bench:
    """The same for logits from anywhere: of each token of a vocabulary, after each of some texts."""
    check_flag("top_p", top_p)
    check_flag("warm", warm)
    if not (warm or top_p):
        raise ValueError("warm must be True where there is no top_p, or there is nothing to turn, got False")
    plot = next_token_plot(logits, tokens, texts, top=top, top_ps=TOP_PS if top_p else ())
    also = ", and choose another text" if len(texts) > 1 else ""
    view = PlotView(plot, temperature=SLIDER.start, text=0, **({"top_p": TOP_P.start} if top_p else {}))
    words = TRY_THIS + AND_TOP_P * top_p if warm else ONLY_TOP_P
    controls = [control for control in controls_of(texts, top_p) if warm or control is not SLIDER]
    return Bench(words.replace("{also}", also), [control.beside(view) for control in controls], view)


def next_token_bars_figure(
    policy: Policy,
    texts: str | Sequence[str],
    *,
    top: int = 8,
    temperature: float | int = 1.0,
    text: int = 0,
    top_p: float | int = 1.0,
) -> Figure:
    """The same for print, at one temperature and one top-p, after the text with that number.

    Raises:
        TypeError, ValueError: as `next_token_bars`, or temperature is not 0, 0.1 … 2, top_p not 0.2, 0.25 … 1, or there
            is no such text.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    state = state_of((SLIDER, TOP_P), temperature=temperature, top_p=top_p)
    check_integer("text", text, 0, len(texts) - 1)
    top_ps = () if state["top_p"] == 1 else TOP_PS
    if not top_ps:  # nothing is cut off, and nothing said about it
        del state["top_p"]
    plot = next_token_plot(next_logits(policy, texts), vocabulary(policy.tokenizer), texts, top=top, top_ps=top_ps)
    return draw_figure(plot, state | {"text": float(text)})


def controls_of(texts: Sequence[str], top_p: bool = False) -> tuple[Slider | Choice, ...]:
    """The temperature, what is cut off where that can be chosen, and the text where there are several."""
    return (SLIDER, *([TOP_P] if top_p else []), *([_choice(texts)] if len(texts) > 1 else []))


def _choice(texts: Sequence[str]) -> Choice:
    return Choice("text", "after the text", tuple(f"“{end_of(text)}”" for text in texts), start=0, buttons=True)


def end_of(text: str) -> str:
    """The end of a text's last line: texts that are compared often begin alike. A space at its end can be seen."""
    line = text.split("\n")[-1]
    short = line if 0 < len(line) <= LONG else f"… {text[-LONG:]}".replace("\n", seen("\n"))
    return short[: len(short.rstrip(" "))] + seen(short[len(short.rstrip(" ")) :]) if short.endswith(" ") else short


@usual_settings()
def next_logits(policy: Policy, texts: Sequence[str]) -> Float[Tensor, "texts V"]:
    """The logits from which the next token after each text is chosen."""
    if not hasattr(policy, "tokenizer"):
        raise TypeError(f"policy must be a LanguagePolicy, which reads text, got {type(policy).__name__}")
    if not texts:
        raise ValueError("texts must hold at least one text, got none")
    from rlcourse.language import as_episodes  # brings `transformers` along, which the maze has no use for

    device = next(policy.parameters()).device
    with torch.no_grad():
        # An answer that ends at once: its only token, the end, is chosen from what we want.
        ends = [as_episodes(policy.tokenizer, text, [""], device=device) for text in texts]
        return torch.cat([policy.logits(end)[:, 0] for end in ends]).float().cpu()


def vocabulary(tokenizer) -> list[str]:
    """Every token as text."""
    return [tokenizer.decode([token]) for token in range(len(tokenizer))]


def distributions(logits: Float[Tensor, "texts V"]) -> Float[Tensor, "texts temperatures V"]:
    """softmax(logits / T) at each temperature of the slider; at 0 the likeliest token has all, as in sampling."""
    warm = [softmax_with_temperature(logits.double(), T) for T in TEMPERATURES if T > 0]
    cold = torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).double()
    return torch.stack([cold, *warm], dim=1)


@usual_settings()
def next_token_plot(
    logits: Float[Tensor, "texts V"],
    tokens: Sequence[str],
    texts: Sequence[str],
    *,
    top: int = 8,
    top_ps: Sequence[float] = (),
) -> Plot:
    """The bars at every temperature, and at every top-p if there are any, after every text: the `top` likeliest tokens,
    and all others together.
    """
    check_integer("top", top, 1, len(tokens) - 1)
    whole = distributions(logits)  # [text, T, V]
    best = whole[:, TEMPERATURES.index(1.0)].topk(top).indices  # [text, top]
    arrays = _measures(whole, best, top_ps)
    arrays["of_token"] = Array((*arrays["entropy"].dims, "token"), arrays["chance"].values[..., :top])
    both = arrays["entropy"].dims
    named = {}
    for i in range(top + 1):
        bar = arrays["chance"].values[..., i]
        arrays |= {f"percent_{i}": Array(both, 100 * bar), f"above_{i}": Array(both, bar + 0.035)}
        names = [_escaped(seen(tokens[row[i]])) if i < top else f"{len(tokens) - top} others" for row in best.tolist()]
        named[f"token_{i}"] = Words(("text",), np.arange(len(texts)), tuple(names))
    ends = tuple(_escaped(end_of(text)) for text in texts)
    grids = {"text": range(len(texts)), "temperature": TEMPERATURES, "bar": tuple(range(1, top + 2))}
    grids["token"] = tuple(range(1, top + 1))
    return Plot(
        grids=grids | ({"top_p": tuple(top_ps)} if top_ps else {}),
        arrays=arrays,
        choices={**named, "so_far": Words(("text",), np.arange(len(texts)), ends)},
        panels=(_panel(top),),
        readouts=(
            "The text so far ends with “{so_far}”.",
            "At T = {temperature:.1f}"
            + " and top-p = {top_p:.2f}" * bool(top_ps)
            + " the draw is as undecided as between {as_many:.1f} equally likely tokens (an entropy of {entropy:.2f} "
            "nats).",
            *([f"{{left:.0f}} of {len(tokens)} tokens can be drawn."] * bool(top_ps)),
        ),
        alt=(
            "A bar chart of the next token's probabilities after “{so_far}” at temperature {temperature:.1f}: "
            + ", ".join(f"{{token_{i}}} {{percent_{i}:.0f}} %" for i in range(top + 1))
            + ". Entropy {entropy:.2f} nats."
        ),
    )


def _measures(
    whole: Float[Tensor, "texts temperatures V"], best: Int[Tensor, "texts top"], top_ps: Sequence[float]
) -> dict[str, Array]:
    """The bars, how undecided the model is, and how many tokens can be drawn; along top-p only where there are some."""
    chances = torch.stack([keep_top_p(whole, p) for p in top_ps or (1.0,)], dim=2)  # [text, T, p, V]
    own = chances.gather(3, best[:, None, None].expand(*chances.shape[:3], -1))
    bars = torch.cat([own, (1 - own.sum(3, keepdim=True)).clamp(min=0)], dim=3)  # [text, T, p, top + 1]
    entropy = torch.special.entr(chances).sum(3)
    found = {"entropy": entropy, "as_many": entropy.exp(), "others": bars[..., -1], "left": (chances > 0).sum(3)}
    both = ("text", "temperature", "top_p") if top_ps else ("text", "temperature")
    arrays = {name: Array(both, (of if top_ps else of[:, :, 0]).numpy()) for name, of in found.items()}
    return arrays | {"chance": Array((*both, "bar"), (bars if top_ps else bars[:, :, 0]).numpy())}


def _escaped(text: str) -> str:
    """A text in which no brace is taken for a number's place, and no underscore for a subscript."""
    return text.replace("{", "❴").replace("}", "❵").replace("_", "\u2017")


def _panel(top: int) -> Panel:
    marks = [
        Bars("token", "of_token", along="token", label="probability of each token as the next one"),
        Bars(top + 1, "others", along=None, label="all others together", colour="orange", hatch="striped"),
    ]
    for i in range(top + 1):
        marks += [Text(i + 1, f"above_{i}", f"{{percent_{i}:.0f}} %"), Text(i + 1, -0.075, f"{{token_{i}}}")]
    axis = Axis("the likeliest tokens at T = 1 (␣ is a space)", 0.4, top + 1.6, names=tuple(" " * (top + 1)))
    return Panel("Which token comes next?", x=axis, y=Axis("probability", -0.13, 1.12), marks=tuple(marks))

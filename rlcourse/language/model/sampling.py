"""Sampling answers, fast, with the log-probabilities they were sampled with.

The loop is written out because reinforcement learning spends most of its time here. Against `model.generate` it saves
in three places: answers are read once for as long as they are the same text, which is most of the way in a group of
answers to one question (`rlcourse.language.model.prefixes`); keys and values go into memory set aside beforehand; and
the log-probability of each token, which training needs as log π_old, is kept instead of computed again.
Left out: top-k, top-p and beams. They would sample from another distribution than the one that is trained.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from numbers import Real

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GPT2LMHeadModel

from rlcourse.arguments import check_integer, describe
from rlcourse.language.model.computed import check_computed, check_tokenizer_kind
from rlcourse.language.model.gpt2 import check_context, hidden_states, next_token_logits, read_prompts
from rlcourse.language.model.past import Cache
from rlcourse.language.model.tokenizer import check_texts, encode, shorten


@dataclass(frozen=True)
class Samples:
    """B = P·G sampled completions; row p·G + g is completion g of prompt p. Padding stands at the end."""

    prompt_tokens: Int[Tensor, "B S"]
    """The prompts, each repeated G times."""
    prompt_lengths: Int[Tensor, "B"]
    """The number of tokens in each prompt."""
    tokens: Int[Tensor, "B T"]
    """The completions; T is the length of the longest."""
    mask: Bool[Tensor, "B T"]
    """True for sampled tokens, the end-of-text token included; False after it."""
    logprobs: Float[Tensor, "B T"]
    """log π(token | everything before) at the sampling temperature; 0 where the mask is False."""
    num_generations: int
    """G, the number of completions per prompt."""

    def finished(self, tokenizer) -> list[bool]:
        """Whether each completion came to its end, and was not cut off at the limit."""
        return (self.mask & (self.tokens == tokenizer.eos_token_id)).any(1).tolist()

    def ids(self) -> list[list[int]]:
        """The tokens of each completion, the end-of-text token included."""
        return [tokens[kept].tolist() for tokens, kept in zip(self.tokens, self.mask, strict=True)]

    def texts(self, tokenizer) -> list[str]:
        """The completions as text, without the end-of-text token."""
        return tokenizer.batch_decode(self.ids(), skip_special_tokens=True)


@torch.no_grad()
def sample(
    model: GPT2LMHeadModel,
    tokenizer,
    prompts: Iterable[str],
    *,
    num_generations: int = 1,
    temperature: float = 1.0,
    max_new_tokens: int = 32,
    generator: torch.Generator | None = None,
) -> Samples:
    """Sample completions token by token:  tokenₜ ~ softmax(logitsₜ / temperature).

    Args:
        model: A GPT-2; its dropout plays no part.
        tokenizer: Its tokenizer.
        prompts: One string each; they may differ in length.
        num_generations: G, completions per prompt.
        temperature: 1 samples from the model's own distribution, lower is more cautious, 0 takes the likeliest
            token each time (greedy decoding; the log-probabilities are then those of temperature 1).
        max_new_tokens: A completion ends with the end-of-text token or after this many tokens.
        generator: The source of randomness; torch's global one if None.

    Raises:
        TypeError: `prompts` is not a list of strings, the model has parts that the course does not compute, or an
            argument is of another kind.
        ValueError: No prompt, an empty prompt, an unknown character, a prompt and its completion longer than the
            model's context, a number out of range, or a model that has lost its mind to NaN.
    """
    check_integer("num_generations", num_generations, 1)
    check_integer("max_new_tokens", max_new_tokens, 1)
    check_temperature(temperature, greedy=True)
    check_computed(model, GPT2LMHeadModel)
    check_tokenizer_kind(tokenizer)
    prompt_tokens, lengths = encode_prompts(model, tokenizer, prompts, max_new_tokens)
    how = {"num_generations": num_generations, "temperature": temperature, "generator": generator}
    return sample_after(model, tokenizer, prompt_tokens, lengths, max_new_tokens=max_new_tokens, **how)


@torch.no_grad()
def sample_after(
    model: GPT2LMHeadModel,
    tokenizer,
    prompt_tokens: Int[Tensor, "P S"],
    lengths: Int[Tensor, "P"],
    *,
    num_generations: int,
    temperature: float,
    max_new_tokens: int,
    generator: torch.Generator | None,
    stop: Collection[int] = (),
) -> Samples:
    """What `sample` does, after prompts that are tokens already, and with more tokens that end a completion.

    Text that was sampled goes on from its own tokens: read as text and cut anew, it might become others.

    Args:
        model: A GPT-2.
        tokenizer: Its tokenizer.
        prompt_tokens: Right-padded prompts.
        lengths: Tokens in each prompt.
        num_generations: G, completions per prompt.
        temperature: As for `sample`.
        max_new_tokens: As for `sample`.
        generator: As for `sample`.
        stop: Tokens that end a completion as the end-of-text token does, and are its last.
    """
    prompt_of, _, hidden, past = read_prompts(model, prompt_tokens, lengths)
    logits = next_token_logits(model, hidden)
    groups = torch.arange(len(lengths), device=model.device).repeat_interleave(num_generations)  # answer -> prompt
    prompt_tokens, lengths = prompt_tokens[groups], lengths[groups]
    cache = Cache(past, rows=len(groups), columns=prompt_tokens.shape[1] + max_new_tokens)

    tokens = torch.full((len(groups), max_new_tokens), tokenizer.eos_token_id, device=model.device)
    logprobs, mask = torch.zeros_like(tokens, dtype=logits.dtype), torch.zeros_like(tokens, dtype=torch.bool)
    going = torch.arange(len(groups), device=model.device)  # the answers that have not ended
    ends = torch.tensor([tokenizer.eos_token_id, *stop], device=model.device)
    place = exact_place(model.device)
    nodes = prompt_of[groups]  # and the row of the cache that each of them stands in
    for t in range(max_new_tokens):
        uniform = _uniform(len(groups), generator).to(place)[going.to(place)] if temperature > 0 else None
        drawn, logprob = _draw(logits, nodes, temperature, uniform)
        tokens[going, t], logprobs[going, t], mask[going, t] = drawn, logprob, True
        goes_on = ~torch.isin(drawn, ends)
        going, nodes, drawn = going[goes_on], nodes[goes_on], drawn[goes_on]
        if t + 1 == max_new_tokens or not len(going):
            break
        logits, nodes = _read(model, cache, nodes, drawn, lengths[going] + t)
    columns = (tokens[:, : t + 1], mask[:, : t + 1], logprobs[:, : t + 1])
    return Samples(prompt_tokens, lengths, *columns, num_generations)


def _read(
    model, cache: Cache, nodes: Int[Tensor, "A"], tokens: Int[Tensor, "A"], positions: Int[Tensor, "A"]
) -> tuple[Float[Tensor, "N V"], Int[Tensor, "A"]]:
    """The next logits, after one more token of each answer has been read, and the node that each answer then stands in.

    Answers that drew the same token at the same node have the same text still, and go on as one node.
    """
    size = model.config.vocab_size
    children, child_of = torch.unique(nodes * size + tokens, return_inverse=True)
    nodes = cache.branch(children // size)[child_of]
    read, places = torch.empty_like(children), torch.empty_like(children)
    read[nodes], places[nodes] = tokens, positions
    hidden, _ = hidden_states(model, read[:, None], places[:, None], cache)
    return next_token_logits(model, hidden[:, 0]), nodes


def _draw(
    logits: Float[Tensor, "N V"], nodes: Int[Tensor, "A"], temperature: float, uniform: Float[Tensor, "A"] | None
) -> tuple[Int[Tensor, "A"], Float[Tensor, "A"]]:
    """One token for each answer from the distribution of the node that it stands in, and its log-probability."""
    logprobs = check_finite(logits / (temperature or 1.0), temperature).log_softmax(-1)
    token = logits.argmax(-1)[nodes] if temperature == 0 else _inverse_cdf(logprobs.exp(), nodes, uniform)
    return token, logprobs[nodes, token]


def _inverse_cdf(
    probabilities: Float[Tensor, "N V"], nodes: Int[Tensor, "A"], uniform: Float[Tensor, "A"]
) -> Int[Tensor, "A"]:
    """One draw for each answer: the first token whose cumulative probability passes a uniform number.

    `torch.multinomial` draws the same and takes twenty times as long here. Double precision, so that rounding in the
    sum over a large vocabulary cannot pick a token of probability 0.
    """
    place = exact_place(probabilities.device)
    cumulative = probabilities.to(place).double().cumsum(-1).index_select(0, nodes.to(place))
    drawn = torch.searchsorted(cumulative, uniform[:, None] * cumulative[:, -1:], right=True)[:, 0]
    return drawn.clamp(max=cumulative.shape[1] - 1).to(nodes.device)


def exact_place(device: torch.device) -> torch.device:
    """Where double precision is computed: on the device itself, unless it has none, as an Apple GPU."""
    return torch.device("cpu") if device.type == "mps" else device


def _uniform(count: int, generator: torch.Generator | None) -> Float[Tensor, "B"]:
    device = torch.device("cpu") if generator is None else generator.device
    return torch.rand(count, dtype=torch.float64, generator=generator, device=device)


def encode_prompts(
    model: GPT2LMHeadModel, tokenizer, prompts: Iterable[str], max_new_tokens: int
) -> tuple[Int[Tensor, "P S"], Int[Tensor, "P"]]:
    """The prompts as right-padded token ids, and their lengths; the errors are those of `sample`."""
    prompts = check_texts("prompts", prompts)
    if not prompts:
        raise ValueError("prompts must hold at least one prompt, got an empty list")
    # A text may begin with the token that begins a text; anywhere else its name is only letters.
    begin = tokenizer.bos_token or tokenizer.eos_token
    rest = encode(tokenizer, [prompt.removeprefix(begin) for prompt in prompts])
    first = [tokenizer.convert_tokens_to_ids(begin)]
    encoded = [first * prompt.startswith(begin) + ids for prompt, ids in zip(prompts, rest, strict=True)]
    for prompt, ids in zip(prompts, encoded, strict=True):
        if not ids:
            raise ValueError(f"a prompt must hold at least one token, got {prompt!r}; begin from tokenizer.bos_token")
        what = f"the prompt {shorten(repr(prompt), 60)} with max_new_tokens={max_new_tokens}"
        check_context(model, len(ids) + max_new_tokens, what)
    width = max(map(len, encoded))
    padded = [ids + [tokenizer.eos_token_id] * (width - len(ids)) for ids in encoded]
    lengths = torch.tensor([len(ids) for ids in encoded], device=model.device)
    return torch.tensor(padded, device=model.device), lengths


def check_temperature(temperature: object, *, greedy: bool = False) -> None:
    """Raise unless it is a number above 0, or 0 where that means greedy decoding.

    Raises:
        TypeError: It is no number.
        ValueError: It is not in the range.
    """
    if isinstance(temperature, bool) or not isinstance(temperature, Real):
        raise TypeError(f"temperature must be a number, got {describe(temperature)}")
    if not 0 <= temperature < math.inf or (temperature == 0 and not greedy):
        allowed = "0 or a positive number" if greedy else "a number above 0"
        raise ValueError(f"temperature must be {allowed}, got {temperature!r}")


def check_finite(scaled: Float[Tensor, "*B V"], temperature: float) -> Float[Tensor, "*B V"]:
    """The logits over the temperature, as they are; ValueError if they are not numbers."""
    if not scaled.isfinite().all():
        high = "was its learning rate too high?"
        cold = f"at temperature={temperature!r} they are too large; temperature 0 takes the likeliest token each time"
        raise ValueError(f"the model's logits are not numbers any more; {cold if 0 < temperature < 1e-3 else high}")
    return scaled

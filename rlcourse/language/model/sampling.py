"""Sampling answers, fast, with the log-probabilities they were sampled with.

The loop is written out because reinforcement learning spends most of its time here. Against `model.generate` it saves
in three places: answers are read once for as long as they are the same text, which is most of the way in a group of
answers to one question (`rlcourse.language.model.prefixes`); keys and values go into memory set aside beforehand; and
the log-probability of each token, which training needs as log π_old, is kept instead of computed again.
Left out: top-k, top-p and beams. They would sample from another distribution than the one that is trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GPT2LMHeadModel

from rlcourse.language.model.gpt2 import check_context, hidden_states, next_token_logits, read_prompts
from rlcourse.language.model.past import Cache
from rlcourse.language.model.tokenizer import encode, shorten


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

    def texts(self, tokenizer) -> list[str]:
        """The completions as text, without the end-of-text token."""
        rows = [ids[kept].tolist() for ids, kept in zip(self.tokens, self.mask, strict=True)]
        return tokenizer.batch_decode(rows, skip_special_tokens=True)


@torch.no_grad()
def sample(
    model: GPT2LMHeadModel,
    tokenizer,
    prompts: Sequence[str],
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
        TypeError: `prompts` is not a list of strings.
        ValueError: No prompt, an empty prompt, an unknown character, a prompt and its completion longer than the
            model's context, a number out of range, or a model that has lost its mind to NaN.
    """
    _check_numbers(num_generations, temperature, max_new_tokens)
    prompt_tokens, lengths = encode_prompts(model, tokenizer, prompts, max_new_tokens)
    prompt_of, _, hidden, past = read_prompts(model, prompt_tokens, lengths)
    logits = next_token_logits(model, hidden)
    if not logits.isfinite().all():
        raise ValueError("the model's logits are not numbers any more; was its learning rate too high?")
    groups = torch.arange(len(prompts), device=model.device).repeat_interleave(num_generations)  # answer -> prompt
    prompt_tokens, lengths = prompt_tokens[groups], lengths[groups]
    cache = Cache(past, rows=len(groups), columns=prompt_tokens.shape[1] + max_new_tokens)

    tokens = torch.full((len(groups), max_new_tokens), tokenizer.eos_token_id, device=model.device)
    logprobs, mask = torch.zeros_like(tokens, dtype=logits.dtype), torch.zeros_like(tokens, dtype=torch.bool)
    going = torch.arange(len(groups), device=model.device)  # the answers that have not ended
    nodes = prompt_of[groups]  # and the row of the cache that each of them stands in
    for t in range(max_new_tokens):
        uniform = _uniform(len(groups), generator).to(model.device) if temperature > 0 else None
        drawn, logprob = _draw(logits, nodes, temperature, None if uniform is None else uniform[going])
        tokens[going, t], logprobs[going, t], mask[going, t] = drawn, logprob, True
        goes_on = drawn != tokenizer.eos_token_id
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
    logprobs = (logits / (temperature or 1.0)).log_softmax(-1)
    token = logits.argmax(-1)[nodes] if temperature == 0 else _inverse_cdf(logprobs.exp(), nodes, uniform)
    return token, logprobs[nodes, token]


def _inverse_cdf(
    probabilities: Float[Tensor, "N V"], nodes: Int[Tensor, "A"], uniform: Float[Tensor, "A"]
) -> Int[Tensor, "A"]:
    """One draw for each answer: the first token whose cumulative probability passes a uniform number.

    `torch.multinomial` draws the same and takes twenty times as long here. Double precision, so that rounding in the
    sum over a large vocabulary cannot pick a token of probability 0.
    """
    cumulative = probabilities.double().cumsum(-1).index_select(0, nodes)
    drawn = torch.searchsorted(cumulative, uniform[:, None] * cumulative[:, -1:], right=True)[:, 0]
    return drawn.clamp(max=cumulative.shape[1] - 1)


def _uniform(count: int, generator: torch.Generator | None) -> Float[Tensor, "B"]:
    device = torch.device("cpu") if generator is None else generator.device
    return torch.rand(count, dtype=torch.float64, generator=generator, device=device)


def encode_prompts(
    model: GPT2LMHeadModel, tokenizer, prompts: Sequence[str], max_new_tokens: int
) -> tuple[Int[Tensor, "P S"], Int[Tensor, "P"]]:
    """The prompts as right-padded token ids, and their lengths; the errors are those of `sample`."""
    encoded = encode(tokenizer, prompts)
    if not encoded:
        raise ValueError("prompts must hold at least one prompt, got an empty list")
    for prompt, ids in zip(prompts, encoded, strict=True):
        if not ids:
            raise ValueError(f"a prompt must hold at least one token, got {prompt!r}; begin from tokenizer.bos_token")
        what = f"the prompt {shorten(repr(prompt), 60)} with max_new_tokens={max_new_tokens}"
        check_context(model, len(ids) + max_new_tokens, what)
    width = max(map(len, encoded))
    padded = [ids + [tokenizer.eos_token_id] * (width - len(ids)) for ids in encoded]
    lengths = torch.tensor([len(ids) for ids in encoded], device=model.device)
    return torch.tensor(padded, device=model.device), lengths


def _check_numbers(num_generations: int, temperature: float, max_new_tokens: int) -> None:
    for name, value in (("num_generations", num_generations), ("max_new_tokens", max_new_tokens)):
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature must be 0 or a positive number, got {temperature!r}")

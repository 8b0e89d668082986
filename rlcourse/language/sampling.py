"""Sampling answers, fast, with the log-probabilities they were sampled with.

The loop is written out because reinforcement learning spends most of its time here. Against `model.generate` it saves
in three places: a prompt is read once for all G answers to it, keys and values go into memory set aside beforehand,
and the log-probability of each token, which training needs as log π_old, is kept instead of computed again.
Left out: top-k, top-p and beams. They would sample from another distribution than the one that is trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GPT2LMHeadModel

from rlcourse.language.gpt2 import check_context, hidden_states, next_token_logits
from rlcourse.language.tokenizer import encode, shorten


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
    groups = torch.arange(len(prompts), device=model.device).repeat_interleave(num_generations)  # row -> prompt
    end = tokenizer.eos_token_id

    width = prompt_tokens.shape[1]
    positions = torch.arange(width, device=model.device).expand_as(prompt_tokens)
    hidden, past = hidden_states(model, prompt_tokens, positions, keep=True)
    past.visible &= positions < lengths[:, None]
    logits = next_token_logits(model, hidden[torch.arange(len(prompts)), lengths - 1])[groups]  # [B, V]
    if not logits.isfinite().all():
        raise ValueError("the model's logits are not numbers any more; was its learning rate too high?")
    past = past.rows(groups, capacity=width + max_new_tokens)
    prompt_tokens, lengths = prompt_tokens[groups], lengths[groups]

    tokens, logprobs, running = [], [], []
    alive = torch.ones(len(groups), dtype=torch.bool, device=model.device)
    for t in range(max_new_tokens):
        token, logprob = _draw(logits, temperature, generator)
        tokens.append(torch.where(alive, token, end))
        logprobs.append(torch.where(alive, logprob, 0.0))
        running.append(alive)
        alive = alive & (token != end)
        if t + 1 == max_new_tokens or not alive.any():
            break
        hidden, _ = hidden_states(model, tokens[-1][:, None], (lengths + t)[:, None], past)
        logits = next_token_logits(model, hidden[:, 0])
    stacked = (torch.stack(columns, dim=1) for columns in (tokens, running, logprobs))
    return Samples(prompt_tokens, lengths, *stacked, num_generations)


def _draw(logits: Float[Tensor, "B V"], temperature: float, generator) -> tuple[Int[Tensor, "B"], Float[Tensor, "B"]]:
    """One token per row and its log-probability."""
    logprobs = (logits / (temperature or 1.0)).log_softmax(-1)
    token = logits.argmax(-1) if temperature == 0 else _inverse_cdf(logprobs.exp(), generator)
    return token, logprobs.gather(1, token[:, None])[:, 0]


def _inverse_cdf(probabilities: Float[Tensor, "B V"], generator) -> Int[Tensor, "B"]:
    """One draw per row: the first token whose cumulative probability passes a uniform number.

    `torch.multinomial` draws the same and takes twenty times as long here. Double precision, so that rounding in the
    sum over a large vocabulary cannot pick a token of probability 0.
    """
    cumulative = probabilities.double().cumsum(-1)
    uniform = torch.rand(len(cumulative), 1, dtype=torch.float64, generator=generator, device=_device(generator))
    target = uniform.to(cumulative.device) * cumulative[:, -1:]
    return torch.searchsorted(cumulative, target, right=True)[:, 0].clamp(max=cumulative.shape[1] - 1)


def _device(generator: torch.Generator | None) -> torch.device:
    return torch.device("cpu") if generator is None else generator.device


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

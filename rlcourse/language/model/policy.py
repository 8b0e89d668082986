"""GPT-2 as a policy: the state is the prompt and the tokens so far, the action is the next token.

Teacher forcing: the whole completion is put into the model at once, and the model says how likely it finds each of
its tokens. The state before a token predicts it, so the last token of the prompt predicts the first of the
completion.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import GPT2LMHeadModel, GPT2PreTrainedModel

from rlcourse.algorithms.protocol import Episodes
from rlcourse.language.model.checkpoints import save_gpt2
from rlcourse.language.model.computed import check_computed, check_tokenizer_kind
from rlcourse.language.model.gpt2 import check_context, next_token_logits, prefix_states, read_prompts
from rlcourse.language.model.prefixes import prefix_tree
from rlcourse.language.model.sampling import check_finite, check_temperature


def completion_hidden(
    model: GPT2PreTrainedModel,
    prompt_tokens: Int[Tensor, "B S"],
    prompt_lengths: Int[Tensor, "B"],
    tokens: Int[Tensor, "B T"],
    mask: Bool[Tensor, "B T"] | None = None,
) -> Float[Tensor, "B T C"]:
    """The hidden state before each token of each completion: the state in which it was chosen, with gradients.

    Args:
        model: A GPT-2 with any head, or with several: only its body is used.
        prompt_tokens: Right-padded prompts.
        prompt_lengths: Tokens in each prompt, at least 1.
        tokens: Right-padded completions. What stands in the padding does not matter.
        mask: False in the padding of the completions, where no work is done then and what is returned means
            nothing. If None, padding is read like any token.

    Raises:
        TypeError: The model has parts that the course does not compute, such as adapters.
        ValueError: A prompt without a token, a prompt and its completion longer than the model's context, arguments of
            different lengths, or a mask with a hole.
    """
    states, before = _distinct_states(model, prompt_tokens, prompt_lengths, tokens, mask)
    return F.embedding(before, states)


def _distinct_states(
    model, prompt_tokens, prompt_lengths, tokens, mask
) -> tuple[Float[Tensor, "N C"], Int[Tensor, "B T"]]:
    """The hidden states after all distinct texts, and which of them each token was chosen in.

    A text that stands in several rows, be it a prompt, a prompt with the beginning of an answer or a whole answer, is
    read once (`rlcourse.language.model.prefixes`).
    """
    check_computed(model)
    _check_rows(prompt_tokens, prompt_lengths, tokens, mask)
    check_context(model, int(prompt_lengths.max()) + tokens.shape[1], "the longest prompt with its completion")
    prompt_tokens = prompt_tokens[:, : int(prompt_lengths.max())]
    prompt_of, lengths, last, past = read_prompts(model, prompt_tokens, prompt_lengths)
    mask = torch.ones_like(tokens, dtype=torch.bool) if mask is None else mask
    tree = prefix_tree(tokens[:, :-1], mask[:, 1:], prompt_of)  # a token is read only if another follows it
    if not len(tree.tokens):
        return last, prompt_of[:, None].expand_as(tokens)
    positions = lengths[tree.node_roots] + tree.columns
    rest, _ = prefix_states(model, tree, positions, past.rows(tree.roots))
    before = torch.cat([prompt_of[:, None], len(last) + tree.nodes[tree.row_of]], dim=1)
    return torch.cat([last, rest]), before


def _check_rows(prompt_tokens: Tensor, prompt_lengths: Tensor, tokens: Tensor, mask: Tensor | None) -> None:
    """Raise ValueError unless these are as many prompts as completions, each with its padding at the end."""
    rows = {"prompt_tokens": prompt_tokens, "prompt_lengths": prompt_lengths, "tokens": tokens}
    rows |= {} if mask is None else {"mask": mask}
    counts = {name: len(tensor) for name, tensor in rows.items()}
    if len(set(counts.values())) > 1 or not len(tokens):
        raise ValueError(f"{', '.join(counts)} must have one row per completion, and at least one, got {counts}")
    if int(prompt_lengths.min()) < 1:
        raise ValueError(f"prompt_lengths must be at least 1, got {int(prompt_lengths.min())}")
    if int(prompt_lengths.max()) > prompt_tokens.shape[1]:
        columns = f"the {prompt_tokens.shape[1]} columns of prompt_tokens"
        raise ValueError(f"prompt_lengths must be at most {columns}, got {int(prompt_lengths.max())}")
    if mask is None:
        return
    if mask.dtype != torch.bool or mask.shape != tokens.shape:
        raise ValueError(f"mask must be boolean, of the shape {tuple(tokens.shape)} of tokens, got {tuple(mask.shape)}")
    if not mask.any() or (mask[:, 1:] & ~mask[:, :-1]).any():
        raise ValueError("mask must be True for a completion's first tokens and False from its padding on")


def completion_logits(
    model: GPT2LMHeadModel,
    prompt_tokens: Int[Tensor, "B S"],
    prompt_lengths: Int[Tensor, "B"],
    tokens: Int[Tensor, "B T"],
    mask: Bool[Tensor, "B T"] | None = None,
) -> Float[Tensor, "B T V"]:
    """The logits from which each token of each completion was to be chosen, with gradients.

    Arguments and errors are those of `completion_hidden`.
    """
    states, before = _distinct_states(model, prompt_tokens, prompt_lengths, tokens, mask)
    return F.embedding(before, next_token_logits(model, states))


def logprobs(
    model: GPT2LMHeadModel,
    prompt_tokens: Int[Tensor, "B S"],
    prompt_lengths: Int[Tensor, "B"],
    tokens: Int[Tensor, "B T"],
    mask: Bool[Tensor, "B T"] | None = None,
    *,
    temperature: float = 1.0,
) -> Float[Tensor, "B T"]:
    """Log π_θ(tokenₜ | prompt, tokens before t), teacher-forced, with gradients.

    Args:
        model: The policy's model.
        prompt_tokens: Right-padded prompts.
        prompt_lengths: Tokens in each prompt.
        tokens: Right-padded completions.
        mask: False in their padding, where what is returned means nothing. If None, padding is read like any token.
        temperature: The one that the completions were sampled at, above 0. (Greedy completions, of temperature
            0, have log-probabilities too: `sample` gives those of temperature 1.)

    Raises:
        ValueError: As `completion_hidden`, or a temperature that is not above 0.
    """
    check_temperature(temperature)
    states, before = _distinct_states(model, prompt_tokens, prompt_lengths, tokens, mask)
    distributions = (next_token_logits(model, states) / temperature).log_softmax(-1)  # [N, V]
    chosen = before * distributions.shape[1] + tokens
    found = distributions.flatten().index_select(0, chosen.flatten()).view_as(tokens)
    check_finite(found.detach(), temperature)
    return found


class LanguagePolicy:
    """A GPT-2 behind the interface that algorithms train through (`rlcourse.algorithms.Policy`).

    Raises:
        TypeError: The model is no plain GPT-2 of transformers': another architecture, one with adapters, with
            quantised layers or with hooks, all of which the course's own forward pass would pass over; or the two
            arguments are swapped.
    """

    def __init__(self, model: GPT2LMHeadModel, tokenizer):
        check_computed(model, GPT2LMHeadModel)
        check_tokenizer_kind(tokenizer)
        self.model, self.tokenizer = model, tokenizer

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The model's weights."""
        return self.model.parameters()

    def logprobs(self, episodes: Episodes, *, temperature: float = 1.0) -> Float[Tensor, "B T"]:
        """Log π_θ of every token of the episodes' completions, with gradients."""
        return logprobs(self.model, *_texts(episodes), temperature=temperature)

    def logits(self, episodes: Episodes, *, temperature: float = 1.0) -> Float[Tensor, "B T V"]:
        """The logits, over the temperature, of every choice: the policy's whole distribution, not one action's share.

        They can be differentiated twice, as TRPO's Fisher-vector products need. Where the mask is False they mean
        nothing.
        """
        check_temperature(temperature)
        with sdpa_kernel(SDPBackend.MATH):  # the fused attention kernel has no second derivative
            return check_finite(completion_logits(self.model, *_texts(episodes)) / temperature, temperature)

    def save(self, folder: str | Path) -> Path:
        """Write the model and its tokenizer as a folder that `load_gpt2` and `transformers` can load."""
        return save_gpt2(self.model, self.tokenizer, folder)


def _texts(episodes: Episodes) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What is read: the prompts, and all that was written after them, be it by the policy or by a tool."""
    seen = episodes.observations
    return seen["prompt_tokens"], seen["prompt_lengths"], episodes.actions, seen.get("written", episodes.mask)

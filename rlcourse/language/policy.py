"""GPT-2 as a policy: the state is the prompt and the tokens so far, the action is the next token.

Teacher forcing: the whole completion is put into the model at once, and the model says how likely it finds each of
its tokens. The state before a token predicts it, so the last token of the prompt predicts the first of the
completion.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import GPT2LMHeadModel

from rlcourse.algorithms.protocol import Episodes
from rlcourse.language.gpt2 import check_context, hidden_states, next_token_logits


def completion_logits(
    model: GPT2LMHeadModel,
    prompt_tokens: Int[Tensor, "B S"],
    prompt_lengths: Int[Tensor, "B"],
    tokens: Int[Tensor, "B T"],
) -> Float[Tensor, "B T V"]:
    """The logits from which each token of each completion was to be chosen, with gradients.

    A prompt that stands in several rows is read once: its keys and values are shared by its completions, and so
    are its gradients.

    Args:
        model: The policy's model.
        prompt_tokens: Right-padded prompts.
        prompt_lengths: Tokens in each prompt, at least 1.
        tokens: Right-padded completions. What stands in the padding does not matter.

    Raises:
        ValueError: A prompt without a token, or a prompt and its completion longer than the model's context.
    """
    if int(prompt_lengths.min()) < 1:
        raise ValueError(f"prompt_lengths must be at least 1, got {int(prompt_lengths.min())}")
    check_context(model, int(prompt_lengths.max()) + tokens.shape[1], "the longest prompt with its completion")
    prompt_tokens = prompt_tokens[:, : int(prompt_lengths.max())]
    keyed = torch.cat([prompt_lengths[:, None], prompt_tokens], dim=1)
    distinct, prompt_of = torch.unique(keyed, dim=0, return_inverse=True)
    lengths, prompts = distinct[:, 0], distinct[:, 1:]
    positions = torch.arange(prompts.shape[1], device=prompts.device).expand_as(prompts)
    hidden, past = hidden_states(model, prompts, positions, keep=True)
    past.visible &= positions < lengths[:, None]
    last = hidden[torch.arange(len(prompts)), lengths - 1]  # [P, C], the state that predicts token 0
    first = last.index_select(0, prompt_of)[:, None]  # [B, 1, C]
    if tokens.shape[1] == 1:
        return next_token_logits(model, first)
    read = tokens[:, :-1]  # the last token predicts nothing that we ask for
    positions = prompt_lengths[:, None] + torch.arange(read.shape[1], device=read.device)
    rest, _ = hidden_states(model, read, positions, past.rows(prompt_of))
    return next_token_logits(model, torch.cat([first, rest], dim=1))


def logprobs(
    model: GPT2LMHeadModel,
    prompt_tokens: Int[Tensor, "B S"],
    prompt_lengths: Int[Tensor, "B"],
    tokens: Int[Tensor, "B T"],
    *,
    temperature: float = 1.0,
) -> Float[Tensor, "B T"]:
    """Log π_θ(tokenₜ | prompt, tokens before t), teacher-forced, with gradients.

    Args:
        model: The policy's model.
        prompt_tokens: Right-padded prompts.
        prompt_lengths: Tokens in each prompt.
        tokens: Right-padded completions; what is returned for padding means nothing.
        temperature: The one that the completions were sampled at, above 0. (Greedy completions, of temperature
            0, have log-probabilities too: `sample` gives those of temperature 1.)

    Raises:
        ValueError: As `completion_logits`, or a temperature that is not above 0.
    """
    if not 0 < temperature < float("inf"):
        raise ValueError(f"temperature must be a number above 0, got {temperature!r}")
    logits = completion_logits(model, prompt_tokens, prompt_lengths, tokens) / temperature
    chosen = logits.gather(2, tokens[..., None])[..., 0]
    return chosen - logits.logsumexp(-1)


class LanguagePolicy:
    """A GPT-2 behind the interface that algorithms train through (`rlcourse.algorithms.Policy`)."""

    def __init__(self, model: GPT2LMHeadModel, tokenizer):
        self.model, self.tokenizer = model, tokenizer

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The model's weights."""
        return self.model.parameters()

    def logprobs(self, episodes: Episodes, *, temperature: float = 1.0) -> Float[Tensor, "B T"]:
        """Log π_θ of every token of the episodes' completions, with gradients."""
        seen = episodes.observations
        return logprobs(
            self.model, seen["prompt_tokens"], seen["prompt_lengths"], episodes.actions, temperature=temperature
        )

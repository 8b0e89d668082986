"""A value model: GPT-2's body with a head of its own that says what reward to expect, before every token.

    V(sₜ) = w · h(sₜ) + b        sₜ = the prompt and the tokens before token t

It is not a reward model. A reward model judges a finished answer, is trained on people's choices before reinforcement
learning begins, and then stands still. A value model guesses, in the middle of an answer, what its end will be paid;
it is trained together with the policy, and its guesses are about this policy's answers.

The state before token t predicts it, for values as for tokens: `values[:, t]` has not seen token t. The model is a
`transformers.GPT2ForTokenClassification` with one label; there, the logit at a token is the value *after* it. Left
out: a body shared with the policy, whose two losses would have to be weighed against each other.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import GPT2ForTokenClassification, GPT2LMHeadModel

from rlcourse.algorithms.protocol import Episodes
from rlcourse.language.model.checkpoints import check_name, read_folder, save_gpt2
from rlcourse.language.model.computed import check_computed, check_tokenizer_kind
from rlcourse.language.model.devices import choose_device
from rlcourse.language.model.heads import with_head
from rlcourse.language.model.policy import completion_hidden


class ValueModel:
    """A critic for GPT-2's answers (`rlcourse.algorithms` calls this protocol `Critic`)."""

    def __init__(self, model: GPT2ForTokenClassification, tokenizer):
        check_computed(model, GPT2ForTokenClassification)
        check_tokenizer_kind(tokenizer)
        self.model, self.tokenizer = model, tokenizer

    @classmethod
    def from_language_model(cls, model: GPT2LMHeadModel, tokenizer) -> "ValueModel":
        """A value model on a copy of a language model's body, with a head that expects 0 everywhere."""
        check_computed(model, GPT2LMHeadModel)
        check_tokenizer_kind(tokenizer)
        return cls(with_head(model, GPT2ForTokenClassification, pad_token_id=tokenizer.pad_token_id), tokenizer)

    @classmethod
    def load(cls, folder: str | Path, *, device: str | torch.device | None = None) -> "ValueModel":
        """Load a value model from a folder that `save` wrote.

        Args:
            folder: Where it is.
            device: Where to put it; None means a GPU if there is one, else the CPU.

        Raises:
            FileNotFoundError: There is no such folder, or it lacks a file.
            ValueError: It is damaged, or no value model that this course can compute; or there is no such device.
        """
        check_name(folder)
        chosen = choose_device(device)
        model, tokenizer = read_folder(GPT2ForTokenClassification, folder, advice="`ValueModel.save` writes one")
        return cls(model.to(chosen), tokenizer)

    def save(self, folder: str | Path) -> Path:
        """Write a folder that `transformers` can load; an older one in its place is replaced at the end."""
        return save_gpt2(self.model, self.tokenizer, folder)

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The weights, body and head."""
        return self.model.parameters()

    def values(self, episodes: Episodes) -> Float[Tensor, "B T"]:
        """V(sₜ) of the state before each token of the completions, with gradients; means nothing in the padding."""
        seen = episodes.observations
        prompts = seen["prompt_tokens"], seen["prompt_lengths"]
        before = completion_hidden(self.model, *prompts, episodes.actions, episodes.mask)
        return self.model.classifier(before)[..., 0]

"""GPT-2's body with a head of one number.

Two models of the course are of this kind, and they are two different things. A **reward model** reads a finished
answer and says how good it is: one number, at the last token. A **value model** reads an unfinished answer and says
what reward to expect: one number before every token. Both begin as a copy of a language model's body.

    reward model   transformers.GPT2ForSequenceClassification, num_labels 1
    value model    transformers.GPT2ForTokenClassification, num_labels 1

Left out: a body shared with the policy. It would save memory; here each model stands on its own, so that one cannot
spoil the other.
"""

from typing import TypeVar

import torch
from transformers import (
    GPT2ForSequenceClassification,
    GPT2ForTokenClassification,
    GPT2LMHeadModel,
    GPT2PreTrainedModel,
)

from rlcourse.language.model.checkpoints import quiet
from rlcourse.language.model.devices import usual_defaults

Headed = TypeVar("Headed", GPT2ForSequenceClassification, GPT2ForTokenClassification)


def with_head(model: GPT2LMHeadModel, kind: type[Headed], *, pad_token_id: int | None) -> Headed:
    """A copy of a language model's body under a new head that says 0 of everything.

    Args:
        model: The language model; it is not changed.
        kind: The class of the new model.
        pad_token_id: The token that the new model takes for padding, if any.
    """
    config = type(model.config).from_dict(model.config.to_dict() | {"classifier_dropout": 0.0})
    config.num_labels, config.pad_token_id, config.problem_type = 1, pad_token_id, "regression"
    with torch.random.fork_rng(devices=[]), quiet(), usual_defaults():  # its random weights are overwritten at once
        headed = kind(config).to(model.dtype)
    headed.transformer.load_state_dict(model.transformer.state_dict())
    for weight in head_of(headed).parameters():
        torch.nn.init.zeros_(weight)
    return headed.to(model.device).eval()


def head_of(model: GPT2PreTrainedModel) -> torch.nn.Linear:
    """The head: the layer that turns a hidden state into one number."""
    return model.score if isinstance(model, GPT2ForSequenceClassification) else model.classifier

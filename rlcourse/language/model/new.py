"""The course's small GPT-2 before it has learned anything."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from rlcourse.language.model.devices import usual_defaults

CONTEXT = 96
"""The most tokens that it can read at once."""


def new_model(vocabulary_size: int, *, seed: int = 0) -> GPT2LMHeadModel:
    """A small GPT-2 with random weights and no dropout: 4 layers, 4 heads, 128 channels."""
    config = GPT2Config(
        vocab_size=vocabulary_size,
        n_positions=CONTEXT,
        n_embd=128,
        n_layer=4,
        n_head=4,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    with torch.random.fork_rng(devices=[]), usual_defaults():
        torch.manual_seed(seed)
        return GPT2LMHeadModel(config)

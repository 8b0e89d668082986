"""A tiny GPT-2 with random weights, in double precision, so that exact claims can be tested exactly."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from rlcourse.language.build.stages import build_tokenizer


@pytest.fixture(scope="session")
def tokenizer():
    return build_tokenizer()


@pytest.fixture(scope="session")
def model(tokenizer):
    return tiny_gpt2(len(tokenizer))


def tiny_gpt2(vocabulary_size: int, *, seed: int = 0, dropout: float = 0.0) -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=vocabulary_size,
        n_positions=48,
        n_embd=16,
        n_layer=2,
        n_head=2,
        initializer_range=0.4,  # sharp enough that a wrong position or mask shows
        resid_pdrop=dropout,
        embd_pdrop=dropout,
        attn_pdrop=dropout,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return GPT2LMHeadModel(config).double().eval()


PROMPTS = ["Question: What is 2+2?\nAnswer:", "What", "The robot turned left and", "Question: What is 12+34?\nAnswer:"]

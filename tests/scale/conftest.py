"""Models of other families, tiny and random, as folders that look like the hub's."""

import pytest
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, set_seed

from rlcourse.language import load_gpt2

KINDS = {"llama": (LlamaConfig, LlamaForCausalLM), "qwen": (Qwen2Config, Qwen2ForCausalLM)}


@pytest.fixture(scope="session")
def family(tmp_path_factory):
    """From "llama" or "qwen" to a folder with such a model and a tokenizer."""
    folders = {}

    def folder_of(name):
        if name not in folders:
            _, tokenizer = load_gpt2("sft", device="cpu")
            settings, kind = KINDS[name]
            set_seed(0)
            config = settings(
                vocab_size=len(tokenizer),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=128,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
            folders[name] = tmp_path_factory.mktemp(name)
            kind(config).save_pretrained(folders[name])
            tokenizer.save_pretrained(folders[name])
        return folders[name]

    return folder_of

"""Putting a GPT-2 on the scales: the bytes of what one training step really makes, to hold the counting against.

    weigh(4, 128)                       the course's GPT-2, 4 answers of 128 tokens
    weigh(4, 128, size="124M")          the original's size, with random weights

Nothing is estimated: PyTorch is asked for the tensors that are there. The larger model takes no memory all the same, as
its tensors know their shape and hold no numbers (PyTorch's FakeTensorMode): every operation still makes what it would
make. Both go through the course's forward pass, whose GELU is one operation; the original's code makes its tanh GELU of
several, which keep more. Left out: what the allocator keeps in reserve, and scratch inside one operation.
"""

from contextlib import nullcontext
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._pytree import tree_leaves
from transformers import GPT2Config, GPT2LMHeadModel

from rlcourse.arguments import check_choice, check_integer
from rlcourse.language import LanguagePolicy, load_gpt2, text_logits

ORIGINAL = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
"""The original's size is what `GPT2Config` has by itself; without dropout, as the course trains."""


def weigh(answers: int, tokens: int, *, size: str = "ours", model: str | Path = "sft") -> dict[str, int]:
    """One forward pass, one backward pass, one step of Adam, and a KV cache; the bytes of each.

    Args:
        answers: Rows of text.
        tokens: In each row; at most the model's positions: 96 with the course's own, 1024 with "124M".
        size: "ours", with real numbers, or "124M", without.
        model: Which is ours, by the name or the folder that `load_gpt2` takes.

    Returns:
        Bytes of weights, gradients, optimiser, activations, KV cache.

    Raises:
        ValueError: There is no such size, or a count is out of its range.
    """
    check_choice("size", size, ("ours", "124M"))
    ours, tokenizer = load_gpt2(model, device="cpu")
    check_integer("answers", answers, 1)
    check_integer("tokens", tokens, 2, ours.config.n_positions if size == "ours" else 1024)
    with FakeTensorMode() if size == "124M" else nullcontext():
        if size == "124M":
            ours = GPT2LMHeadModel(GPT2Config(**ORIGINAL))
        return _step(LanguagePolicy(ours, tokenizer), torch.zeros(answers, tokens, dtype=torch.int64))


def _step(policy: LanguagePolicy, text: Int[Tensor, "B T"]) -> dict[str, int]:
    weights = list(policy.parameters())
    known, kept = _storages(weights), []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        logprobs = text_logits(policy, text)[:, :-1].log_softmax(-1).gather(-1, text[:, 1:, None])
    activations = {key: size for key, size in _storages(kept).items() if key not in known}
    logprobs.sum().backward()
    optimizer = torch.optim.Adam(weights)
    optimizer.step()
    with torch.no_grad():
        cache = policy.model(input_ids=text, attention_mask=torch.ones_like(text), use_cache=True).past_key_values
    return {
        "weights": sum(known.values()),
        "gradients": sum(_storages(weight.grad for weight in weights).values()),
        "optimiser": sum(_storages(tree_leaves(list(optimizer.state.values()))).values()),
        "activations": sum(activations.values()),
        "KV cache": sum(_storages(t for layer in cache.layers for t in (layer.keys, layer.values)).values()),
    }


def _storages(tensors) -> dict[int, int]:
    """The bytes of each storage, by its identity; a tensor without numbers has no address, but a storage."""
    storages = [tensor.untyped_storage() for tensor in tensors if isinstance(tensor, Tensor)]
    return {StorageWeakRef(storage).cdata: storage.nbytes() for storage in storages}

"""Notebook 11: right answers written in other styles than the course's own."""

import numpy as np
import torch


def memory_item_by_item(trained, frozen, *, weight_bytes, moment_bytes):
    """Line by line, as on a bill."""
    weights = (trained + frozen) * weight_bytes
    gradients = trained * weight_bytes
    copies = trained * 4 if weight_bytes < 4 else 0
    adam = 2 * trained * moment_bytes
    return (weights + gradients + copies + adam) / 1e9


def memory_numpy(trained, frozen, *, weight_bytes, moment_bytes):
    """One row for what learns, one for what does not, and a product of matrices."""
    counts = np.array([trained, frozen], dtype=float)
    copy = 4.0 * (weight_bytes < 4)
    each = np.array([[weight_bytes, weight_bytes, copy, moment_bytes, moment_bytes], [weight_bytes, 0, 0, 0, 0]])
    return np.float64((counts @ each).sum() / 10**9)


def memory_by_tensors(trained, frozen, *, weight_bytes, moment_bytes):
    """What a thousandth of a thousandth of it would take, if it were there."""
    sizes = {1: torch.int8, 2: torch.bfloat16, 4: torch.float32}
    weight, moment = (torch.empty(1, dtype=sizes[count]) for count in (weight_bytes, moment_bytes))
    trained_one = [weight, weight, moment, moment] + [torch.empty(1)] * (weight_bytes < 4)
    return torch.tensor(
        (sum(t.element_size() for t in trained_one) * trained + weight.element_size() * frozen) / 1e9,
        dtype=torch.float64,
    )


def memory_by_if(trained, frozen, *, weight_bytes, moment_bytes):
    if weight_bytes >= 4:
        gigabytes = trained * (weight_bytes * 2 + moment_bytes * 2) * 1e-9
    else:
        gigabytes = trained * (weight_bytes * 2 + moment_bytes * 2 + 4) * 1e-9
    return gigabytes + frozen * weight_bytes * 1e-9


def cache_product(
    prompt_tokens, answer_tokens, num_generations, *, layers, channels, heads, kv_heads, bytes_per_number
):
    kept = channels * kv_heads // heads
    return (num_generations * answer_tokens + prompt_tokens) * kept * bytes_per_number * layers * 2


def cache_loops(prompt_tokens, answer_tokens, num_generations, *, layers, channels, heads, kv_heads, bytes_per_number):
    total = 0
    for _ in range(layers):
        for _ in ("key", "value"):
            for _ in range(kv_heads):
                total += prompt_tokens * (channels // heads) * bytes_per_number
                for _ in range(num_generations):
                    total += answer_tokens * (channels // heads) * bytes_per_number
    return total


def cache_by_tensors(
    prompt_tokens, answer_tokens, num_generations, *, layers, channels, heads, kv_heads, bytes_per_number
):
    """The tensors themselves, without their numbers."""
    size = channels // heads
    shapes = [(1, kv_heads, prompt_tokens, size), (num_generations, kv_heads, answer_tokens, size)]
    kept = [torch.empty(shape, dtype=torch.int8, device="meta") for shape in shapes for _ in range(2 * layers)]
    return sum(tensor.numel() for tensor in kept) * bytes_per_number


def cache_numpy(prompt_tokens, answer_tokens, num_generations, *, layers, channels, heads, kv_heads, bytes_per_number):
    tokens = np.concatenate([[prompt_tokens], np.full(num_generations, answer_tokens)]).sum()
    return float(np.prod([2.0, layers, kv_heads, channels / heads, tokens, bytes_per_number]))


RIGHT = {
    "memory_of_training": (memory_item_by_item, memory_numpy, memory_by_tensors, memory_by_if),
    "kv_cache_bytes": (cache_product, cache_loops, cache_by_tensors, cache_numpy),
}

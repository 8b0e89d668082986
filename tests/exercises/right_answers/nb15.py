"""Notebook 15: right answers written in other styles than the course's own."""

import numpy as np
import torch


def plan_by_list(prompts, num_generations, *, processes, at_once):
    share = prompts * num_generations // processes
    sizes = [s for s in range(1, share + 1) if share % s == 0 and s <= at_once]
    return sizes[-1], share // sizes[-1]


def plan_while(prompts, num_generations, *, processes, at_once):
    """More passes until one of them fits."""
    share = prompts * num_generations // processes
    passes = 1
    while share % passes or share // passes > at_once:
        passes += 1
    return [share // passes, passes]


def plan_numpy(prompts, num_generations, *, processes, at_once):
    share = prompts * num_generations // processes
    sizes = np.arange(1, min(share, at_once) + 1)
    size = sizes[share % sizes == 0].max()
    return np.array([size, share // size])


def plan_tensor(prompts, num_generations, *, processes, at_once):
    share = prompts * num_generations // processes
    sizes = torch.arange(at_once, 0, -1)
    size = sizes[(share % sizes == 0) & (sizes <= share)][0]
    return torch.stack([size, share // size])


def per_gpu_by_if(trained, frozen, *, gpus, stage, weight_bytes, moment_bytes):
    weights = (trained + frozen) * weight_bytes
    gradients = trained * weight_bytes
    optimiser = trained * 2 * moment_bytes
    if weight_bytes < 4:
        optimiser += trained * 4
    if stage > 0:
        optimiser /= gpus
    if stage > 1:
        gradients /= gpus
    if stage > 2:
        weights /= gpus
    return (weights + gradients + optimiser) / 1e9


def per_gpu_numpy(trained, frozen, *, gpus, stage, weight_bytes, moment_bytes):
    """Piles and their shares as two rows."""
    copy = 4.0 if weight_bytes < 4 else 0.0
    piles = np.array([(trained + frozen) * weight_bytes, trained * weight_bytes, trained * (copy + 2 * moment_bytes)])
    shares = np.where(stage >= np.array([3, 2, 1]), gpus, 1)
    return (piles / shares).sum() / 1e9


def per_gpu_loops(trained, frozen, *, gpus, stage, weight_bytes, moment_bytes):
    """Piece by piece, each with the stage that divides it."""
    total = 0.0
    pieces = [(frozen * weight_bytes, 3), (trained * weight_bytes, 3), (trained * weight_bytes, 2)]
    pieces += [(trained * moment_bytes, 1)] * 2 + [(trained * 4 * (weight_bytes < 4), 1)]
    for size, first in pieces:
        total += size / gpus if stage >= first else size
    return total * 1e-9


def per_gpu_each_weight(trained, frozen, *, gpus, stage, weight_bytes, moment_bytes):
    """Bytes of one trained weight, and of one frozen weight."""
    over = [1.0] * (3 - stage) + [1.0 / gpus] * stage  # weights, gradients, optimiser
    copy = 4 * (weight_bytes < 4)
    each = weight_bytes * over[0] + weight_bytes * over[1] + (copy + 2 * moment_bytes) * over[2]
    return torch.tensor((trained * each + frozen * weight_bytes * over[0]) / 1e9, dtype=torch.float64)


RIGHT = {
    "batch_plan": (plan_by_list, plan_while, plan_numpy, plan_tensor),
    "memory_per_gpu": (per_gpu_by_if, per_gpu_numpy, per_gpu_loops, per_gpu_each_weight),
}

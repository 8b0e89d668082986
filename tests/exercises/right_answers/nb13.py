"""Notebook 13: right answers written in other styles than the course's own."""

from collections import Counter
from math import comb, lgamma, prod

import numpy as np
import torch


def pass_binomials(num_samples, num_correct, k):
    return torch.tensor(
        [1 - comb(num_samples - c, k) / comb(num_samples, k) for c in num_correct.tolist()], dtype=torch.float64
    )


def pass_chen(num_samples, num_correct, k):
    """As Chen et al. print it, in NumPy."""

    def one(n, c):
        return 1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))

    return np.array([one(num_samples, int(c)) for c in num_correct])


def pass_logarithms(num_samples, num_correct, k):
    def log_comb(n, m):
        return lgamma(n + 1) - lgamma(m + 1) - lgamma(n - m + 1)

    found = []
    for c in num_correct:
        wrong = num_samples - int(c)
        none = 0.0 if wrong < k else np.exp(log_comb(wrong, k) - log_comb(num_samples, k))
        found.append(1 - none)
    return torch.tensor(found)


def pass_draw_by_draw(num_samples, num_correct, k):
    """The chance of a wrong one, and of a wrong one again, and so on."""
    chances = [[max(num_samples - int(c) - i, 0) / (num_samples - i) for i in range(k)] for c in num_correct]
    return torch.tensor([1 - prod(row) for row in chances], dtype=torch.float64)


def vote_counters(results, right):
    found = []
    for row, answer in zip(results.tolist(), right.tolist(), strict=True):
        votes = Counter(result for result in row if result >= 0)
        most = max(votes.values(), default=0)
        leaders = [result for result, count in votes.items() if count == most]
        found.append(1 / len(leaders) if answer in leaders else 0.0)
    return torch.tensor(found, dtype=torch.float64)


def vote_numpy(results, right):
    found = np.zeros(len(right))
    for i, row in enumerate(results.numpy()):
        values, counts = np.unique(row[row >= 0], return_counts=True)
        if len(values):
            leaders = values[counts == counts.max()]
            found[i] = (leaders == right[i].item()).mean()
    return found


def vote_one_hot(results, right):
    """Every result up to the largest is a candidate."""
    candidates = int(max(results.max(), right.max())) + 2
    votes = torch.nn.functional.one_hot(results.clamp(min=-1) + 1, candidates).sum(1)[:, 1:]
    leads = (votes == votes.amax(1, keepdim=True)) & (votes > 0)
    return leads[torch.arange(len(right)), right].double() / leads.sum(1).clamp(min=1)


def vote_loops(results, right):
    found = []
    for q in range(len(right)):
        counts = {}
        for result in results[q]:
            if result >= 0:
                counts[result.item()] = counts.get(result.item(), 0) + 1
        best, ties = 0, []
        for result in sorted(counts):
            if counts[result] > best:
                best, ties = counts[result], [result]
            elif counts[result] == best:
                ties.append(result)
        found.append(sum(result == right[q] for result in ties) / len(ties) if ties else 0.0)
    return torch.tensor(found, dtype=torch.float64)


def penalty_loops(rewards, lengths, *, weight):
    out = rewards.clone()
    for row, sizes in zip(out, lengths.tolist(), strict=True):
        right = [i for i in range(len(sizes)) if row[i] > 0]
        if right:
            shortest = min(sizes[i] for i in right)
            for i in right:
                row[i] *= 1 - weight * (sizes[i] - shortest) / sizes[i]
    return out


def penalty_numpy(rewards, lengths, *, weight):
    paid, sizes = rewards.numpy(), lengths.numpy()
    shortest = np.where(paid > 0, sizes, 10**6).min(axis=1, keepdims=True)
    return paid * np.where(paid > 0, 1 - weight + weight * shortest / sizes, 1)


def penalty_infinite(rewards, lengths, *, weight):
    sizes = lengths.float()
    shortest = sizes.masked_fill(rewards <= 0, torch.inf).min(dim=1).values[:, None]
    excess = ((sizes - shortest) / sizes).masked_fill(rewards <= 0, 0.0)
    return rewards - rewards * weight * excess


def penalty_rows(rewards, lengths, *, weight):
    rows = []
    for paid, sizes in zip(rewards, lengths, strict=True):
        right = paid > 0
        shortest = sizes[right].min() if right.any() else sizes.max()
        kept = torch.minimum(shortest / sizes, torch.ones(()))
        rows.append(paid * ((1 - weight) + weight * kept))
    return torch.stack(rows)


RIGHT = {
    "pass_at_k": (pass_binomials, pass_chen, pass_logarithms, pass_draw_by_draw),
    "majority_vote": (vote_counters, vote_numpy, vote_one_hot, vote_loops),
    "length_penalty": (penalty_loops, penalty_numpy, penalty_infinite, penalty_rows),
}

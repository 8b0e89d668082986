"""Wrong functions that once passed: each is refused, and what is near them and right is not."""

import numpy as np
import pytest
import torch

from rlcourse.equations import kl_k3, value_loss
from rlcourse.exercises import check
from rlcourse.exercises.catalogue import EXERCISES


def search(*, tries=0, accept=lambda improvement, kl, max_kl: kl <= max_kl and improvement > 0):
    def line_search(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
        for j in range(backtrack_iterations + tries):
            improvement, kl = evaluate(parameters + backtrack_coef**j * step)
            if accept(improvement, kl, max_kl):
                return parameters + backtrack_coef**j * step
        return parameters

    return line_search


def accumulates(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    for j in range(backtrack_iterations):
        parameters = parameters + backtrack_coef**j * step
        improvement, kl = evaluate(parameters)
        if kl <= max_kl and improvement > 0:
            return parameters
    return parameters


def solve(stop):
    def conjugate_gradient(matvec, b, *, iterations, tolerance):
        x, r, p = torch.zeros_like(b), b.clone(), b.clone()
        for _ in range(iterations):
            if stop(r, b, tolerance, x) or not r.any():
                break
            product = matvec(p)
            alpha = (r @ r) / (p @ product)
            x, after = x + alpha * p, r - alpha * product
            p, r = after + (after @ after) / (r @ r) * p, after
        return x

    return conjugate_gradient


def k3(value):
    return lambda logprobs, ref_logprobs: value(ref_logprobs - logprobs, logprobs, ref_logprobs)


def without_graph(logprobs, ref_logprobs):
    with torch.no_grad():
        return kl_k3(logprobs, ref_logprobs)


def entries(logprobs, ref_logprobs):
    return kl_k3(logprobs, ref_logprobs).tolist()


def clips_if_true(values, returns, mask=None, *, old_values=None, clip_range=None):
    clip = {"old_values": old_values, "clip_range": clip_range} if clip_range else {}
    return value_loss(values, returns, mask, **clip)


def divergence(logratio):
    def kl(logits_p, logits_q):
        p, q = logits_p.softmax(-1), logits_q.softmax(-1)
        return (p * logratio(p, q)).sum(-1)

    return kl


def by_entropies(logits_p, logits_q):
    p = logits_p.softmax(-1)
    return -(p * logits_q.log_softmax(-1)).sum(-1) - torch.special.entr(p).sum(-1)


def z_score(epsilon):
    return lambda r: (r - r.mean(1, keepdim=True)) / (r.std(1, keepdim=True) + epsilon)


WRONG = {
    "softmax, then log": ("categorical_kl", divergence(lambda p, q: p.log() - q.log())),
    "the log of a quotient": ("categorical_kl", divergence(lambda p, q: (p / q).log())),
    "a small number in the log": ("categorical_kl", divergence(lambda p, q: (p + 1e-8).log() - (q + 1e-8).log())),
    "one length too many": ("line_search", search(tries=1)),
    "a hundred lengths": ("line_search", search(tries=100)),
    "NaN is an improvement": ("line_search", search(accept=lambda i, kl, limit: kl <= limit and not i <= 0)),
    "NaN is a KL": ("line_search", search(accept=lambda i, kl, limit: i > 0 and not kl > limit)),
    "one and a half limits": ("line_search", search(accept=lambda i, kl, limit: i > 0 and kl <= 1.5 * limit)),
    "accumulates": ("line_search", accumulates),
    "squared against the norm": ("conjugate_gradient", solve(lambda r, b, t, x: r @ r <= t * b.norm())),
    "squared and absolute": ("conjugate_gradient", solve(lambda r, b, t, x: r @ r <= t)),
    "absolute": ("conjugate_gradient", solve(lambda r, b, t, x: r.norm() <= t)),
    "relative to x": ("conjugate_gradient", solve(lambda r, b, t, x: r.norm() <= t * x.norm())),
    "never": ("conjugate_gradient", solve(lambda r, b, t, x: False)),
    "at least of b = 1": ("conjugate_gradient", solve(lambda r, b, t, x: r.norm() <= t * max(1.0, float(b.norm())))),
    "k3 in NumPy": ("kl_k3", k3(lambda d, p, q: np.expm1(d.detach().numpy()) - d.detach().numpy())),
    "k3 as numbers": ("kl_k3", entries),
    "k3 without a graph": ("kl_k3", without_graph),
    "k3 of a log-ratio cut at 5": ("kl_k3", k3(lambda d, p, q: d.clamp(-5, 5).exp() - d.clamp(-5, 5) - 1)),
    "k3 detached": ("kl_k3", k3(lambda d, p, q: (d.expm1() - d).detach())),
    "the ratio detached": ("kl_k3", k3(lambda d, p, q: d.exp().detach() - d - 1)),
    "the policy detached": ("kl_k3", k3(lambda d, p, q: kl_k3(p.detach(), q))),
    "a clip range of 0 is none": ("value_loss", clips_if_true),
    "an epsilon of 1e-8": ("group_advantages", z_score(1e-8)),
    "NaN to 0": ("group_advantages", lambda r: z_score(0.0)(r).nan_to_num()),
}  # fmt: skip


@pytest.mark.parametrize("name, function", WRONG.values(), ids=list(WRONG))
def test_what_once_passed_wrongly_is_refused(name, function):
    result = check(name, function)
    assert not result.passed
    assert result.slip or EXERCISES[name].title in result.message


RIGHT = {
    "search": ("line_search", search()),
    "strictly below the limit": ("line_search", search(accept=lambda i, kl, limit: kl < limit and i > 0)),
    "by the norm": ("conjugate_gradient", solve(lambda r, b, t, x: r.norm() <= t * b.norm())),
    "by squares": ("conjugate_gradient", solve(lambda r, b, t, x: r @ r <= t**2 * (b @ b))),
    "an epsilon of 1e-5": ("group_advantages", z_score(1e-5)),
    "exp - 1": ("kl_k3", k3(lambda d, p, q: d.exp() - 1 - d)),
    "by the probabilities": ("kl_k3", k3(lambda d, p, q: q.exp() / p.exp() - 1 + p - q)),
    "by entropies": ("categorical_kl", by_entropies),
}  # fmt: skip


@pytest.mark.parametrize("name, function", RIGHT.values(), ids=list(RIGHT))
def test_what_is_near_and_right_passes(name, function):
    result = check(name, function)
    assert result.passed, result.message

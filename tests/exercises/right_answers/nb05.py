"""Notebook 05: right answers written in other styles than the course's own."""

import math

import numpy as np
import torch
from torch.nn import functional


def categorical_kl_loops(logits_p, logits_q):
    if logits_p.ndim > 1:
        return [categorical_kl_loops(p, q) for p, q in zip(logits_p, logits_q, strict=True)]

    def logarithms(logits):
        logits = logits.tolist()
        top = max(logits)
        return [x - top - math.log(sum(math.exp(y - top) for y in logits)) for x in logits]

    return sum(math.exp(p) * (p - q) for p, q in zip(logarithms(logits_p), logarithms(logits_q), strict=True))


def categorical_kl_numpy(logits_p, logits_q):
    p, q = (x.numpy() - np.logaddexp.reduce(x.numpy(), axis=-1, keepdims=True) for x in (logits_p, logits_q))
    return (np.exp(p) * (p - q)).sum(axis=-1)


def categorical_kl_of_torch(logits_p, logits_q):
    p, q = (torch.distributions.Categorical(logits=x.double()) for x in (logits_p, logits_q))
    return torch.distributions.kl_divergence(p, q)


def categorical_kl_functional(logits_p, logits_q):
    """With torch's kl_div, whose arguments stand the other way round."""
    log_p, log_q = functional.log_softmax(logits_p, -1), functional.log_softmax(logits_q, -1)
    return functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1)


def categorical_kl_entropies(logits_p, logits_q):
    p = logits_p.softmax(-1)
    cross_entropy = -(p * logits_q.log_softmax(-1)).sum(-1)
    return cross_entropy - torch.special.entr(p).sum(-1)


def fisher_vector_product_plain(kl, parameters, vector, *, damping):
    (gradient,) = torch.autograd.grad(kl(parameters), parameters, create_graph=True)
    (product,) = torch.autograd.grad(gradient @ vector, parameters)
    return product + damping * vector


def fisher_vector_product_backward(kl, parameters, vector, *, damping):
    weights = parameters.detach().clone().requires_grad_()
    gradient = torch.autograd.grad(kl(weights), weights, create_graph=True)[0]
    (gradient * vector).sum().backward()
    return weights.grad + damping * vector


def fisher_vector_product_hessian(kl, parameters, vector, *, damping):
    """With the matrix that it is all about not having."""
    fisher = torch.autograd.functional.hessian(kl, parameters.detach())
    return (fisher + damping * torch.eye(len(vector))) @ vector


def fisher_vector_product_differences(kl, parameters, vector, *, damping):
    """The gradient a little further along the vector, less the gradient a little before."""

    def gradient(weights):
        weights = weights.detach().requires_grad_()
        return torch.autograd.grad(kl(weights), weights)[0]

    little = 1e-5
    ahead, behind = gradient(parameters + little * vector), gradient(parameters - little * vector)
    return ((ahead - behind) / (2 * little) + damping * vector).numpy()


def fisher_vector_product_forward(kl, parameters, vector, *, damping):
    _, product = torch.func.jvp(torch.func.grad(kl), (parameters.detach(),), (vector,))
    return product + damping * vector


def conjugate_gradient_lists(matvec, b, *, iterations, tolerance):
    x, r, p = [0.0] * len(b), b.tolist(), b.tolist()
    enough = tolerance * math.hypot(*r)
    for _ in range(iterations):
        if math.hypot(*r) <= enough:
            return x
        product = matvec(torch.tensor(p, dtype=b.dtype)).tolist()
        before = sum(v * v for v in r)
        alpha = before / sum(v * w for v, w in zip(p, product, strict=True))
        x = [v + alpha * w for v, w in zip(x, p, strict=True)]
        r = [v - alpha * w for v, w in zip(r, product, strict=True)]
        beta = sum(v * v for v in r) / before
        p = [v + beta * w for v, w in zip(r, p, strict=True)]
    return x


def conjugate_gradient_numpy(matvec, b, *, iterations, tolerance):
    b = b.numpy()
    x, r, p, steps = np.zeros_like(b), b.copy(), b.copy(), 0
    while steps < iterations and np.linalg.norm(r) > tolerance * np.linalg.norm(b):
        product = matvec(p).numpy()
        alpha = (r @ r) / (p @ product)
        x, after = x + alpha * p, r - alpha * product
        p = after + (after @ after) / (r @ r) * p
        r, steps = after, steps + 1
    return x


def conjugate_gradient_true_residual(matvec, b, *, iterations, tolerance):
    """Asks for the residual itself, at the price of one more product each turn; α and β in their other forms."""
    x, direction = torch.zeros_like(b), b.clone()
    for _ in range(iterations):
        residual = b - matvec(x)
        if residual.norm() <= tolerance * b.norm():
            break
        product = matvec(direction)
        curvature = direction @ product
        x = x + (residual @ direction) / curvature * direction
        after = b - matvec(x)
        direction = after - (after @ product) / curvature * direction
    return x


def conjugate_gradient_by_krylov(matvec, b, *, iterations, tolerance):
    """The best x in the span of b, Ab, A²b, …, which is what each step of conjugate gradient finds."""
    x, basis = torch.zeros_like(b), []
    for _ in range(iterations):
        residual = b - matvec(x)
        if residual.norm() <= tolerance * b.norm():
            break
        basis.append(residual / residual.norm())
        columns = torch.stack(basis, dim=1)
        products = torch.stack([matvec(column) for column in basis], dim=1)
        x = columns @ torch.linalg.solve(columns.T @ products, columns.T @ b)
    return x


def line_search_plain(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    for attempt in range(backtrack_iterations):
        candidate = parameters + backtrack_coef**attempt * step
        improvement, kl = evaluate(candidate)
        if improvement > 0 and kl <= max_kl:
            return candidate
    return parameters


def line_search_while(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    tries, length = 0, 1.0
    while tries < backtrack_iterations:
        moved = parameters.clone()
        moved += length * step
        gain, kl = evaluate(moved)
        if not (gain > 0) or not (kl <= max_kl):
            tries, length = tries + 1, length * backtrack_coef
        else:
            break
    else:
        return parameters.clone()
    return moved


def line_search_recursive(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    if backtrack_iterations == 0:
        return parameters
    improvement, kl = evaluate(parameters + step)
    if improvement > 0 and kl <= max_kl:
        return parameters + step
    settings = {"max_kl": max_kl, "backtrack_coef": backtrack_coef, "backtrack_iterations": backtrack_iterations - 1}
    return line_search_recursive(parameters, backtrack_coef * step, evaluate, **settings)


def line_search_all_then_first(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    fractions = torch.tensor(backtrack_coef) ** torch.arange(backtrack_iterations)
    candidates = parameters + fractions[:, None] * step
    answers = np.array([evaluate(candidate) for candidate in candidates])
    fine = (answers[:, 0] > 0) & (answers[:, 1] <= max_kl)
    return candidates[fine.argmax()].numpy() if fine.any() else parameters.numpy()


def line_search_numpy(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    old, full = parameters.numpy(), step.numpy()
    for length in backtrack_coef ** np.arange(backtrack_iterations):
        improvement, kl = evaluate(old + length * full)
        if kl <= max_kl and improvement > 0:
            return old + length * full
    return old


RIGHT = {
    "categorical_kl": (
        categorical_kl_loops,
        categorical_kl_numpy,
        categorical_kl_of_torch,
        categorical_kl_functional,
        categorical_kl_entropies,
    ),
    "fisher_vector_product": (
        fisher_vector_product_plain,
        fisher_vector_product_backward,
        fisher_vector_product_hessian,
        fisher_vector_product_differences,
        fisher_vector_product_forward,
    ),
    "conjugate_gradient": (
        conjugate_gradient_lists,
        conjugate_gradient_numpy,
        conjugate_gradient_true_residual,
        conjugate_gradient_by_krylov,
    ),
    "line_search": (
        line_search_plain,
        line_search_while,
        line_search_recursive,
        line_search_all_then_first,
        line_search_numpy,
    ),
}

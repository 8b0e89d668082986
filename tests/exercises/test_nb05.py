"""Notebook 05's exercises: their references are what TRPO runs, and learners' own ways into a slip are named too."""

import inspect

import pytest
import torch
from torch.testing import assert_close

from rlcourse import equations
from rlcourse.algorithms import TRPO
from rlcourse.equations import categorical_kl
from rlcourse.exercises import check
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.catalogue.fisher_vector_product import fisher_vector_product


@pytest.mark.parametrize("name", ["categorical_kl", "conjugate_gradient", "line_search"])
def test_the_reference_is_the_courses_own_function(name):
    assert EXERCISES[name].reference is getattr(equations, name)


def test_trpo_runs_the_references_of_conjugate_gradient_and_line_search():
    trpo = TRPO()
    assert trpo.solve is EXERCISES["conjugate_gradient"].reference
    assert trpo.search is EXERCISES["line_search"].reference


@pytest.mark.parametrize("case", EXERCISES["fisher_vector_product"].cases, ids=lambda case: case.about)
def test_the_reference_of_the_fisher_product_is_the_expected_outer_product_of_scores(case):
    """Σₐ π(a|s)·∇log π(a|s)·∇log π(a|s)ᵀ, the mean over states, of the policy that the case's KL is about."""
    kl, weights, vector, damping = case.inputs.values()
    logits = inspect.getclosurevars(inspect.unwrap(kl)).nonlocals["logits"]
    states = logits(weights).reshape(-1, logits(weights).shape[-1]).shape[0]

    def logprobs(weights):
        return logits(weights).log_softmax(-1).reshape(-1)

    scores = torch.autograd.functional.jacobian(logprobs, weights)  # [states·actions, D]
    fisher = scores.T @ (logprobs(weights).exp()[:, None] * scores) / states
    product = fisher_vector_product(kl, weights, vector, damping=damping)
    assert_close(product, (fisher + damping * torch.eye(len(vector))) @ vector)


@pytest.mark.parametrize("case", EXERCISES["fisher_vector_product"].cases, ids=lambda case: case.about)
def test_every_fisher_case_stands_where_the_new_policy_is_the_old_one(case):
    kl, weights = case.inputs["kl"], case.inputs["parameters"]
    assert kl(weights).item() == pytest.approx(0, abs=1e-15)


def kl_of_probabilities(logits_p, logits_q):
    p, q = logits_p.softmax(-1), logits_q.softmax(-1)
    return (q * (q.log() - p.log())).sum(-1)


def kl_without_softmax(logits_p, logits_q):
    p = torch.exp(logits_p - logits_p.logsumexp(-1, keepdim=True))
    return torch.einsum("...v,...v->...", p, logits_p - logits_q)


def product_with_a_constant_gradient(kl, parameters, vector, *, damping):
    (gradient,) = torch.autograd.grad(kl(parameters), parameters)
    return torch.outer(gradient, gradient) @ vector + damping * vector


def product_undamped(kl, parameters, vector, *, damping):
    return torch.autograd.functional.hessian(kl, parameters) @ vector


def steepest_descent(matvec, b, *, iterations, tolerance):
    x = torch.zeros_like(b)
    for _ in range(iterations):
        r = b - matvec(x)
        if r.norm() <= tolerance * b.norm():
            break
        x = x + (r @ r) / (r @ matvec(r)) * r
    return x


def search_without_restoring(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    length = 1.0
    for _ in range(backtrack_iterations):
        new = parameters + length * step
        improvement, kl = evaluate(new)
        if improvement > 0 and kl <= max_kl:
            break
        length *= backtrack_coef
    return new


def search_by_the_paper_without_an_indicator(
    parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations
):
    for j in range(backtrack_iterations):
        if evaluate(parameters + backtrack_coef**j * step)[0] > 0:
            return parameters + backtrack_coef**j * step
    return parameters


def conjugate_gradient_with_one_residual(matvec, b, *, iterations, tolerance):
    x, r, p = torch.zeros_like(b), b.clone(), b.clone()
    for _ in range(iterations):
        if r.norm() <= tolerance * b.norm():
            break
        product = matvec(p)
        alpha = (r @ r) / (p @ product)
        x = x + alpha * p
        r = r - alpha * product
        p = r + (r @ r) / (r @ r) * p
    return x


def conjugate_gradient_asking_last(matvec, b, *, iterations, tolerance):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(iterations):
        product = matvec(p)
        alpha = (r @ r) / (p @ product)
        x, after = x + alpha * p, r - alpha * product
        p, r = after + (after @ after) / (r @ r) * p, after
        if r.norm() <= tolerance * b.norm():
            break
    return x


def solved_with_the_matrix(matvec, b, *, iterations, tolerance):
    matrix = torch.stack([matvec(torch.eye(len(b), dtype=b.dtype)[i]) for i in range(len(b))])
    return torch.linalg.inv(matrix) @ b


def the_full_step(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    return parameters + step


@pytest.mark.parametrize(
    ("name", "function", "slip"),
    [
        ("categorical_kl", kl_of_probabilities, "the KL the other way round"),
        ("categorical_kl", kl_without_softmax, "logits in the place of log-probabilities"),
        ("fisher_vector_product", product_with_a_constant_gradient, "nothing of F is left"),
        ("fisher_vector_product", product_undamped, "no damping"),
        ("conjugate_gradient", steepest_descent, "ν forgotten: steepest descent"),
        ("conjugate_gradient", conjugate_gradient_with_one_residual, "ν always 1"),
        (
            "conjugate_gradient",
            conjugate_gradient_asking_last,
            "NaN for b = 0: whether to stop is asked at the end of a turn",
        ),
        ("conjugate_gradient", solved_with_the_matrix, "solved to the end"),
        ("line_search", the_full_step, "nothing is checked"),
        ("line_search", search_without_restoring, "the last refused step comes back"),
        ("line_search", search_by_the_paper_without_an_indicator, "only the surrogate is checked"),
    ],
)
def test_a_learners_own_way_into_a_slip_is_named_too(name, function, slip):
    assert check(name, function).slip == slip


def test_a_gradient_without_its_graph_is_explained():
    def forgets_the_graph(kl, parameters, vector, *, damping):
        (gradient,) = torch.autograd.grad(kl(parameters), parameters)
        (product,) = torch.autograd.grad(gradient @ vector, parameters)
        return product + damping * vector

    result = check("fisher_vector_product", forgets_the_graph)
    assert not result.passed
    assert "`create_graph=True`" in result.message
    assert "one state: the weight is the log-odds of its first action" in result.message  # what the closure is


def test_a_tuple_taken_for_a_tensor_is_explained():
    def forgets_the_tuple(kl, parameters, vector, *, damping):
        gradient = torch.autograd.grad(kl(parameters), parameters, create_graph=True)
        return torch.autograd.grad(gradient @ vector, parameters) + damping * vector

    assert "returns a tuple" in check("fisher_vector_product", forgets_the_tuple).message


def test_a_search_that_moves_the_parameters_themselves_is_told_so():
    """Right values, but a step refused would leave the policy changed."""

    def in_place(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
        old = parameters.clone()
        for j in range(backtrack_iterations):
            parameters.copy_(old + backtrack_coef**j * step)
            improvement, kl = evaluate(parameters)
            if kl <= max_kl and improvement > 0:
                return parameters
        return old

    result = check("line_search", in_place)
    assert not result.passed
    assert "your function changed `parameters`" in result.message


def test_an_equal_pair_of_policies_is_among_the_cases():
    """Where KL is 0 although the logits differ: what tells logits from log-probabilities."""
    pairs = [(case.inputs["logits_p"], case.inputs["logits_q"]) for case in EXERCISES["categorical_kl"].cases]
    assert any(categorical_kl(p, q).abs().max() < 1e-6 and not torch.equal(p, q) for p, q in pairs)

import pytest
import torch
from hypothesis import given
from torch import nn
from torch.testing import assert_close

from rlcourse.equations import categorical_kl, conjugate_gradient, fisher_matvec, fisher_vector_product, line_search

from .strategies import normal, quick, seeds

STATES = normal(6, 3, seed=1)


@pytest.fixture(scope="module")
def net():
    """Four actions from three numbers: 31 weights, in four tensors of different shapes."""
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 4), nn.Linear(4, 4, bias=False)).double()


def kl_at_the_old_policy(net):
    logits = net(STATES)
    return categorical_kl(logits.detach(), logits).mean()


def fisher_matrix(net):
    """Mean over states of Σₐ π(a|s)·∇log π(a|s)·∇log π(a|s)ᵀ, one gradient at a time."""
    logprobs = net(STATES).log_softmax(-1)
    total = 0
    for row in logprobs:
        for logprob in row:
            gradients = torch.autograd.grad(logprob, list(net.parameters()), retain_graph=True)
            flat = torch.cat([g.flatten() for g in gradients])
            total = total + logprob.exp().detach() * torch.outer(flat, flat)
    return total / len(logprobs)


def random_spd(size, seed, dtype=torch.float64):
    """A symmetric positive definite matrix whose condition number is mild."""
    half = normal(size, size, seed=seed)
    return (half @ half.T / size + 0.5 * torch.eye(size, dtype=torch.float64)).to(dtype)


class TestFisherVectorProduct:
    def test_is_the_expected_outer_product_of_scores(self, net):
        fisher = fisher_matrix(net)
        matvec = fisher_matvec(kl_at_the_old_policy(net), list(net.parameters()), damping=0.0)
        columns = [matvec(unit) for unit in torch.eye(len(fisher), dtype=torch.float64)]
        assert fisher.abs().max() > 0.01
        assert_close(torch.stack(columns, dim=1), fisher)

    @quick
    @given(seed=seeds)
    def test_is_symmetric_and_never_negative(self, net, seed):
        matvec = fisher_matvec(kl_at_the_old_policy(net), list(net.parameters()), damping=0.0)
        size = sum(p.numel() for p in net.parameters())
        u, v = normal(2, size, seed=seed).unbind()
        assert (u @ matvec(v)).item() == pytest.approx((v @ matvec(u)).item(), abs=1e-9)
        assert v @ matvec(v) >= -1e-9

    def test_damping_adds_to_the_diagonal(self, net):
        parameters = list(net.parameters())
        vector = normal(sum(p.numel() for p in parameters), seed=3)
        plain = fisher_vector_product(kl_at_the_old_policy(net), parameters, vector, damping=0)
        damped = fisher_vector_product(kl_at_the_old_policy(net), parameters, vector, damping=0.1)
        assert_close(damped, plain + 0.1 * vector)

    def test_the_closure_can_be_called_again_and_again(self, net):
        parameters = list(net.parameters())
        vectors = normal(3, sum(p.numel() for p in parameters), seed=4)
        matvec = fisher_matvec(kl_at_the_old_policy(net), parameters, damping=0.1)
        for vector in (*vectors, *vectors):
            once = fisher_vector_product(kl_at_the_old_policy(net), parameters, vector, damping=0.1)
            assert_close(matvec(vector), once)

    def test_parameters_that_do_not_move_the_kl_get_damping_only(self, net):
        """A critic among the parameters, in the middle: its part of the product is damping·v, the rest is as before."""
        actor, critic = list(net.parameters()), nn.Parameter(normal(2, 2, seed=5))
        before, after = actor[:2], actor[2:]
        sizes = [sum(p.numel() for p in part) for part in (before, [critic], after)]
        vector = normal(sum(sizes), seed=6)
        first, middle, last = vector.split(sizes)
        product = fisher_vector_product(kl_at_the_old_policy(net), [*before, critic, *after], vector, damping=0.1)
        alone = fisher_vector_product(kl_at_the_old_policy(net), actor, torch.cat([first, last]), damping=0.1)
        assert_close(product.split(sizes)[1], 0.1 * middle)
        assert_close(torch.cat([product.split(sizes)[0], product.split(sizes)[2]]), alone)

    def test_a_kl_without_curvature(self):
        weights = normal(3, seed=7).requires_grad_()
        vector = normal(3, seed=8)
        assert_close(fisher_vector_product(weights.sum(), [weights], vector, damping=0.5), 0.5 * vector)

    def test_leaves_no_gradients_behind(self, net):
        vector = normal(sum(p.numel() for p in net.parameters()), seed=9).requires_grad_()
        product = fisher_vector_product(kl_at_the_old_policy(net), list(net.parameters()), vector, damping=0.1)
        assert not product.requires_grad
        assert all(p.grad is None for p in net.parameters())

    def test_the_natural_gradient_step_moves_the_policy_by_the_kl_it_was_meant_to(self, net):
        """½·xᵀFx is the KL of a small step x, to second order: that is what TRPO scales its step by."""
        parameters = list(net.parameters())
        matvec = fisher_matvec(kl_at_the_old_policy(net), parameters, damping=0.0)
        old_logits = net(STATES).detach()
        step = normal(sum(p.numel() for p in parameters), seed=10, scale=1e-4)
        moved = {
            name: p.detach() + part.view_as(p)
            for (name, p), part in zip(net.named_parameters(), step.split([p.numel() for p in parameters]), strict=True)
        }
        kl = categorical_kl(old_logits, torch.func.functional_call(net, moved, (STATES,))).mean()
        assert kl.item() == pytest.approx(0.5 * (step @ matvec(step)).item(), rel=1e-2)


class TestConjugateGradient:
    @quick
    @given(seeds)
    def test_equals_a_direct_solver(self, seed):
        matrix, b = random_spd(8, seed), normal(8, seed=seed + 1)
        x = conjugate_gradient(lambda v: matrix @ v, b, iterations=20, tolerance=1e-12)
        assert_close(x, torch.linalg.solve(matrix, b), rtol=1e-8, atol=1e-8)

    def test_needs_one_step_per_distinct_eigenvalue(self):
        diagonal = torch.tensor([1.0, 1.0, 1.0, 4.0, 4.0], dtype=torch.float64)
        products = []

        def matvec(v):
            products.append(v)
            return diagonal * v

        b = normal(5, seed=1)
        assert_close(conjugate_gradient(matvec, b, iterations=10, tolerance=1e-10), b / diagonal)
        assert len(products) == 2

    def test_every_step_is_the_best_of_its_krylov_space(self):
        """After k steps x minimises ½xᵀAx − bᵀx over the span of b, Ab, …, Aᵏ⁻¹b."""
        matrix, b = random_spd(6, seed=2), normal(6, seed=3)
        for steps in range(1, 6):
            basis = torch.stack([torch.linalg.matrix_power(matrix, k) @ b for k in range(steps)], dim=1)
            best = basis @ torch.linalg.solve(basis.T @ matrix @ basis, basis.T @ b)
            assert_close(conjugate_gradient(lambda v: matrix @ v, b, iterations=steps, tolerance=0), best)

    @pytest.mark.parametrize("size_of_b", [1e-6, 1.0, 1e6])
    def test_the_tolerance_is_relative(self, size_of_b):
        matrix, b = random_spd(30, seed=4), size_of_b * normal(30, seed=5)
        count = 0

        def matvec(v):
            nonlocal count
            count += 1
            return matrix @ v

        x = conjugate_gradient(matvec, b, iterations=100, tolerance=1e-3)
        assert (b - matrix @ x).norm() <= 1e-3 * b.norm()
        assert (b - matrix @ x).norm() > 1e-4 * b.norm()
        assert count < 30

    def test_nothing_to_solve(self):
        def matvec(v):
            raise AssertionError("0 needs no products")

        assert conjugate_gradient(matvec, torch.zeros(4), iterations=10, tolerance=1e-10).tolist() == [0.0] * 4

    @pytest.mark.parametrize("diagonal", [torch.tensor([1.0, -1.0]), torch.tensor([0.0, 0.0])])
    def test_stops_where_there_is_no_positive_curvature(self, diagonal):
        b = torch.tensor([1.0, 2.0])
        assert conjugate_gradient(lambda v: diagonal * v, b, iterations=10, tolerance=0.0).tolist() == [0.0, 0.0]

    @pytest.mark.parametrize("broken", [float("nan"), float("inf")])
    def test_does_not_hide_a_broken_product(self, broken):
        with pytest.raises(ValueError, match=r"what matvec returns must be finite, got (nan|inf) at index \[0\]"):
            conjugate_gradient(lambda v: v * broken, torch.ones(2), iterations=3, tolerance=1e-10)

    def test_changes_none_of_its_inputs(self):
        matrix, b = random_spd(5, seed=6), normal(5, seed=7)
        before = b.clone()
        conjugate_gradient(lambda v: matrix @ v, b, iterations=5, tolerance=1e-10)
        assert torch.equal(b, before)

    @pytest.mark.parametrize("steps", [3, 10])
    def test_agrees_with_sb3_contrib(self, steps):
        """Its solver starts from a little noise instead of 0, so they agree to about that."""
        utils = pytest.importorskip("sb3_contrib.common.utils")
        torch.manual_seed(0)
        matrix, b = random_spd(10, seed=8), normal(10, seed=9)
        theirs = utils.conjugate_gradient_solver(lambda v: matrix @ v, b, max_iter=steps, residual_tol=1e-20)
        ours = conjugate_gradient(lambda v: matrix @ v, b, iterations=steps, tolerance=1e-10)
        assert_close(ours, theirs, atol=1e-3, rtol=0)

    def test_solves_for_the_natural_gradient(self, net):
        """The product and the solver together, as TRPO uses them: (F + damping·I)·x = g."""
        parameters = list(net.parameters())
        gradient = normal(sum(p.numel() for p in parameters), seed=10)
        matvec = fisher_matvec(kl_at_the_old_policy(net), parameters, damping=0.1)
        x = conjugate_gradient(matvec, gradient, iterations=60, tolerance=1e-12)
        matrix = fisher_matrix(net) + 0.1 * torch.eye(len(gradient), dtype=torch.float64)
        assert_close(x, torch.linalg.solve(matrix, gradient), rtol=1e-7, atol=1e-7)


class TestLineSearch:
    """Along a line on which everything is known: the step is 1 from 0, so a candidate says how much of it was taken."""

    START = torch.tensor([0.0, 5.0], dtype=torch.float64)
    STEP = torch.tensor([1.0, 0.0], dtype=torch.float64)

    def search(self, evaluate, *, max_kl=0.1, backtrack_coef=0.5, backtrack_iterations=10):
        settings = {"backtrack_coef": backtrack_coef, "backtrack_iterations": backtrack_iterations}
        return line_search(self.START, self.STEP, evaluate, max_kl=max_kl, **settings)

    def test_the_full_step_is_taken_where_it_keeps_the_limit_and_improves(self):
        asked = []

        def evaluate(parameters):
            asked.append(parameters.clone())
            return 0.3, 0.1  # exactly the limit

        accepted = self.search(evaluate)
        assert torch.equal(accepted, self.START + self.STEP)
        assert len(asked) == 1 and torch.equal(asked[0], accepted)

    @pytest.mark.parametrize("coef", [0.5, 0.8])
    @pytest.mark.parametrize(("gain_below", "kl_below"), [(0.3, 0.6), (0.6, 0.3), (2, 0.1), (0.1, 2)])
    def test_the_longest_length_that_does_both_is_taken(self, coef, gain_below, kl_below):
        """The surrogate improves on steps shorter than one number, the KL is kept on those shorter than another."""
        evaluate = lambda p: (gain_below - p[0].item(), 0.1 / kl_below * p[0].item())  # noqa: E731
        accepted = self.search(evaluate, backtrack_coef=coef, backtrack_iterations=20)
        lengths = [coef**j for j in range(20)]
        assert accepted[0].item() == max(x for x in lengths if x < gain_below and x <= kl_below)

    @pytest.mark.parametrize(
        "answer",
        [(0.0, 0.0), (-1.0, 0.0), (1.0, 0.11), (float("nan"), 0.0), (1.0, float("nan")), (float("inf"), float("inf"))],
    )
    def test_where_every_length_is_refused_the_old_parameters_come_back(self, answer):
        asked = []

        def evaluate(parameters):
            asked.append(parameters[0].item())
            return answer

        assert self.search(evaluate, backtrack_iterations=4) is self.START
        assert asked == [1.0, 0.5, 0.25, 0.125]

    def test_changes_none_of_its_inputs(self):
        before, step = self.START.clone(), self.STEP.clone()
        self.search(lambda p: (1.0, p[0].item()))
        assert torch.equal(self.START, before) and torch.equal(self.STEP, step)

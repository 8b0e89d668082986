"""The direction of steepest ascent when distance is measured between policies, not between weights; and how far to go.

TRPO solves F·x = g, where g is the gradient of the surrogate and F the Fisher information matrix: the curvature,
at π_θ = π_old, of KL(π_old‖π_θ). With D weights F has D² entries and is never built. Conjugate gradient only asks
what F does to a vector, and differentiating the KL twice answers that at the price of two backward passes.
"""

from collections.abc import Callable, Iterable, Sequence
from numbers import Real

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_function, check_integer, check_number, describe
from rlcourse.equations._inputs import check_axes, check_finite, check_float, check_same_shape

MOST_PRODUCTS = 10_000
"""The most iterations of `conjugate_gradient`, and lengths of `line_search`: ten are usual, so more are an error."""


def fisher_vector_product(
    kl: Float[Tensor, ""], parameters: Sequence[Tensor], vector: Float[Tensor, "D"], *, damping: float | int
) -> Float[Tensor, "D"]:
    """The Fisher matrix times a vector, by differentiating twice (Schulman et al. 2015, appendix C.1).

        (F + damping·I)·v        F·v = ∇( (∇KL)ᵀ·v )

    This is the backward form of Pearlmutter's product (1994); the paper has another way to the same F·v, too. The
    damping is not in the paper: it comes from its authors' code. One product; `fisher_matvec` gives the function for
    many. Arguments, result and errors are as there, and `vector` is one number per weight, in the order of
    `parameters`, each flattened.
    """
    return _matvec_of(kl, parameters, damping)(vector)


def fisher_matvec(
    kl: Float[Tensor, ""], parameters: Sequence[Tensor], *, damping: float | int
) -> Callable[[Float[Tensor, "D"]], Float[Tensor, "D"]]:
    """The same product as a function of the vector alone, which takes the first derivative of the KL only once.

        v ↦ (F + damping·I)·v

    Args:
        kl: mean KL(π_old‖π_θ), a scalar with its graph, π_old detached, computed where π_θ = π_old (elsewhere this
            is the Hessian of the KL, but not the Fisher matrix).
        parameters: the weights θ, D numbers in all. Those that the KL does not depend on (a critic's) get F·v = 0.
        damping: added to the diagonal, at least 0, since F is often singular; 0.01–0.1 is usual.

    Returns:
        A function from a flat [D] to a flat [D], without gradients, in the order of `parameters`. It keeps the
        graph of the KL alive for as long as it lives.

    Raises:
        ValueError: kl is no scalar or has no graph, there are no parameters, one of them is not trained, damping
            is negative or infinite; from the function returned, a vector of another length.
        TypeError: kl or the vector is not a floating-point tensor, or parameters is no sequence of such tensors
            (a module, say, or its named_parameters()).
    """
    return _matvec_of(kl, parameters, damping)


def conjugate_gradient(
    matvec: Callable[[Float[Tensor, "D"]], Float[Tensor, "D"]],
    b: Float[Tensor, "D"],
    *,
    iterations: int,
    tolerance: float | int,
) -> Float[Tensor, "D"]:
    """Solve M·x = b for a symmetric positive definite M (Hestenes & Stiefel 1952), starting from 0.

        μ = eᵀe / dᵀMd        x ← x + μ·d        e′ = e − μ·Md        d ← e′ + (e′ᵀe′ / eᵀe)·d

    Here e is what is left of b, d the direction, M any such matrix; books call them r, p and A, which are a reward, a
    probability and an advantage in this course. Exact after D steps, were it not for rounding, and near enough for a
    policy update after ten.

    Args:
        matvec: d ↦ M·d.
        b: the right-hand side.
        iterations: at most this many products with M, at least 1; 10 is usual.
        tolerance: stop once ‖e‖ ≤ tolerance·‖b‖, at least 0; 1e-10 is usual. The residual e = b − M·x is updated, not
            computed anew, so in float32 it may get there while the true one stays at about 1e-7·‖b‖.

    Returns:
        x, as far as it has come when the iterations end or a direction has no positive curvature (by rounding).

    Raises:
        ValueError: b is not a finite vector, or its length is none that its dtype holds; what matvec returns is not
            finite or not like b; iterations is below 1, or tolerance is negative.
        TypeError: b or what matvec returns is not a floating-point tensor.
    """
    _check_system(b, iterations, tolerance)
    check_function("matvec", matvec)
    x, residual, direction = torch.zeros_like(b), b, b
    squared_norm = b @ b
    check_finite("‖b‖²", squared_norm)
    small_enough = float(tolerance) ** 2 * squared_norm

    for _ in range(iterations):
        if squared_norm <= small_enough:
            break
        product = matvec(direction.clone())  # a copy: it may work in place
        _check_product(product, b)
        curvature = direction @ product
        if curvature <= 0:
            break
        step = squared_norm / curvature
        x = x + step * direction
        residual = residual - step * product
        squared_norm, previous = residual @ residual, squared_norm
        direction = residual + squared_norm / previous * direction
    return x


def line_search(
    parameters: Float[Tensor, "D"],
    step: Float[Tensor, "D"],
    evaluate: Callable[[Float[Tensor, "D"]], tuple[float, float]],
    *,
    max_kl: float | int,
    backtrack_coef: float | int,
    backtrack_iterations: int,
) -> Float[Tensor, "D"]:
    """The longest step that keeps the limit and improves (Schulman et al. 2015, appendix C).

        θ + κʲ·s    for the first j = 0, 1, 2, … with  KL ≤ δ  and  improvement > 0;   else θ

    The full step is as long as a quadratic model of the KL allows. What is asked here is the real KL, and the real
    surrogate.

    Args:
        parameters: θ, the weights before the step, flat.
        step: s, the full step, √(2δ / xᵀFx)·x in TRPO.
        evaluate: from weights to two plain numbers: how much the surrogate has improved, and the KL from before.
        max_kl: δ, the limit of the KL.
        backtrack_coef: κ in (0, 1), by which the step is shortened after each refusal; 0.5–0.8 is usual.
        backtrack_iterations: how many lengths are tried, the full one included, at least 1; 10–15 is usual.

    Returns:
        The weights accepted; the old ones, to the bit, if every length is refused. What is not finite is refused
        too, a step with NaN without asking `evaluate`.

    Raises:
        ValueError: the step is not of the shape of the parameters, or a setting is out of range.
        TypeError: parameters or step is not a floating-point tensor, or evaluate does not return two numbers.
    """
    check_float(parameters=parameters, step=step)
    check_axes("[D]", parameters=parameters)
    check_same_shape(parameters=parameters, step=step)
    check_function("evaluate", evaluate)
    check_number("max_kl", max_kl, low=0)
    check_number("backtrack_coef", backtrack_coef, low=0, high=1, below=True)
    check_integer("backtrack_iterations", backtrack_iterations, 1, MOST_PRODUCTS)
    for attempt in range(backtrack_iterations):
        candidate = parameters + float(backtrack_coef) ** attempt * step
        if not candidate.isfinite().all():
            continue
        improvement, kl = _two_numbers(evaluate(candidate.clone()))  # a copy, too
        if kl <= max_kl and improvement > 0:  # written so that a NaN is refused as well
            return candidate
    return parameters


def flatten_gradients(gradients: Sequence[Tensor | None], parameters: Sequence[Tensor]) -> Float[Tensor, "D"]:
    """One flat vector of all gradients, with 0 for the parameters that have none."""
    pairs = zip(gradients, parameters, strict=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g).reshape(-1) for g, p in pairs])


def _matvec_of(kl: object, parameters: object, damping: object) -> Callable[[Tensor], Tensor]:
    """What `fisher_matvec` returns."""
    check_float(kl=kl)
    parameters = _weights(parameters)
    _check_differentiable(kl, parameters)
    check_number("damping", damping, low=0, below=True)
    damping = float(damping)
    gradient = flatten_gradients(torch.autograd.grad(kl, parameters, create_graph=True, allow_unused=True), parameters)

    def matvec(vector: object) -> Float[Tensor, "D"]:
        check_float(vector=vector)
        if vector.shape != gradient.shape:
            raise ValueError(f"vector must have the shape {list(gradient.shape)}, got {list(vector.shape)}")
        vector = vector.detach()
        if not gradient.requires_grad:  # the KL is linear in the weights, or does not depend on them
            return damping * vector
        product = torch.autograd.grad(gradient, parameters, vector, retain_graph=True, allow_unused=True)
        return flatten_gradients(product, parameters) + damping * vector

    return matvec


def _check_differentiable(kl: Tensor, parameters: Sequence[Tensor]) -> None:
    """Raise unless kl is a scalar that can be differentiated by the parameters."""
    if kl.ndim != 0:
        raise ValueError(f"kl must be a scalar, such as the mean over states, got the shape {list(kl.shape)}")
    if not kl.requires_grad:
        raise ValueError("kl must have a graph to differentiate, got one without; was it computed under no_grad?")
    if not parameters:
        raise ValueError("parameters must not be empty")
    frozen = [index for index, parameter in enumerate(parameters) if not parameter.requires_grad]
    if frozen:
        raise ValueError(f"parameters must all require gradients, got some that do not, at {frozen}")


def _check_system(b: object, iterations: object, tolerance: object) -> None:
    """Raise unless this right-hand side can be solved for to this tolerance."""
    check_float(b=b)
    check_axes("[D]", b=b)
    check_finite("b", b)
    check_integer("iterations", iterations, 1, MOST_PRODUCTS)
    check_number("tolerance", tolerance, low=0)


def _check_product(product: object, b: Tensor) -> None:
    """Raise unless what `matvec` returned may be a matrix times a vector like b."""
    name = "what matvec returns"
    check_float(**{name: product})
    if product.shape != b.shape or product.dtype != b.dtype or product.device != b.device:
        wanted, got = (f"{list(t.shape)} of {t.dtype} on {t.device}" for t in (b, product))
        raise ValueError(f"{name} must be like b, {wanted}, got {got}")
    check_finite(name, product)


def _two_numbers(returned: object) -> tuple[float, float]:
    """What `evaluate` returned, as plain numbers; TypeError if it is anything but two."""
    pair = tuple(returned) if isinstance(returned, (tuple, list)) else ()
    numbers = [one.item() if isinstance(one, Tensor) and one.numel() == 1 else one for one in pair]
    if len(numbers) != 2 or not all(isinstance(one, Real) for one in numbers):
        wanted = "two numbers, how much the surrogate has improved and the KL"
        missing = "; was a `return` forgotten?" if returned is None else ""
        raise TypeError(f"evaluate must return {wanted}, got {describe(returned)}{missing}")
    return float(numbers[0]), float(numbers[1])


def _weights(parameters: object) -> tuple[Tensor, ...]:
    """The weights as a tuple; TypeError unless they are a sequence of tensors."""
    if isinstance(parameters, (torch.nn.Module, Tensor, str)) or not isinstance(parameters, Iterable):
        got = (
            f"a {type(parameters).__name__}"
            if isinstance(parameters, (torch.nn.Module, Tensor))
            else describe(parameters)
        )
        raise TypeError(f"parameters must be a list of tensors, as list(policy.parameters()) is, got {got}")
    weights = tuple(parameters)
    check_float(**{f"parameters[{index}]": weight for index, weight in enumerate(weights)})
    return weights

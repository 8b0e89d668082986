"""What a notebook may hand in by mistake, to every equation: None, other kinds of tensors, broken functions."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from rlcourse import equations
from tests.equations.calls import CALLS, MATRIX, NET, PAIR, call, kl, numbers

OPTIONAL = {"bootstrap", "mask of clip_fraction", "mask of value_loss", "old_values", "clip_range", "max_length"}


def arguments(kind=object):
    """Each argument of each equation that is of a kind."""
    for name, given in CALLS.items():
        for argument, value in given.items():
            if (isinstance(value, kind) and not isinstance(value, bool)) or (value is kl and kind is torch.Tensor):
                yield name, argument


def test_every_equation_is_called_here():
    assert CALLS.keys() == set(equations.__all__)


@pytest.mark.parametrize(("name", "argument"), [(n, a) for n, a in arguments() if not {a, f"{a} of {n}"} & OPTIONAL])
def test_a_forgotten_return_is_named(name, argument):
    with pytest.raises((TypeError, ValueError), match=rf"^{argument} must be .*got None"):
        call(name, **{argument: None})


UNUSUAL = {
    "meta": (lambda t: t.to("meta"), "meta"),
    "sparse": (lambda t: t.to_sparse(), "sparse"),
    "quantised": (lambda t: torch.quantize_per_tensor(t.float(), 0.1, 0, torch.quint8), "quint8"),
    "nested": (lambda t: torch.nested.nested_tensor([t]), "nested"),
    "float8": (lambda t: t.float().to(torch.float8_e5m2), "float8"),
    "complex": (lambda t: t.to(torch.complex64), "complex64"),
    "an array": (lambda t: t.numpy(), "array"),
    "a list": (lambda t: t.tolist(), ""),
}


@pytest.mark.filterwarnings("ignore")  # torch warns of its own kinds of tensors
@pytest.mark.parametrize("kind", UNUSUAL)
@pytest.mark.parametrize(("name", "argument"), list(arguments(torch.Tensor)))
def test_another_kind_of_tensor_is_refused_by_name(name, argument, kind):
    make, said = UNUSUAL[kind]
    value = kl().detach() if CALLS[name][argument] is kl else CALLS[name][argument]
    if name == "prefix_values" and kind == "a list":
        pytest.skip("a single number in a list is the number")
    with pytest.raises(TypeError, match=rf"(?s)^{argument} must be .*{said}"):
        call(name, **{argument: make(value)})


@pytest.mark.parametrize(("name", "argument"), list(arguments((int, float))))
def test_a_flag_is_no_number(name, argument):
    with pytest.raises(TypeError, match=rf"^{argument} must be a (whole )?number, got True"):
        call(name, **{argument: True})


@pytest.mark.parametrize("kind", [np.float64, np.float32, Fraction, np.float16])
@pytest.mark.parametrize(("name", "argument"), list(arguments(float)))
def test_numbers_of_numpy_and_fractions_are_numbers(name, argument, kind):
    value = CALLS[name][argument]
    expected, got = (
        numbers(call(name, **{argument: float(kind(value))})),
        numbers(call(name, **{argument: kind(value)})),
    )
    assert torch.equal(got, expected) and got.dtype == expected.dtype


@pytest.mark.parametrize(("name", "argument"), list(arguments(int)))
def test_a_count_has_an_upper_end(name, argument):
    for huge in (2**31, 2**63, 10**400):
        with pytest.raises(ValueError, match=rf"^{argument} must be from [01] to \d+, got "):
            call(name, **{argument: huge})
    assert torch.equal(call(name, **{argument: np.int64(3)}), call(name, **{argument: 3}))


@pytest.mark.parametrize(("name", "argument"), list(arguments(float)))
def test_a_number_beyond_floating_point_is_refused(name, argument):
    with pytest.raises(ValueError, match=rf"^{argument} must be "):
        call(name, **{argument: 10**400})


@pytest.mark.parametrize(
    "parameters", [NET, NET.weight, 3, list(NET.named_parameters()), NET.state_dict(), "weights", [None]]
)
@pytest.mark.parametrize("name", ["fisher_matvec", "fisher_vector_product"])
def test_parameters_that_are_no_list_of_tensors_are_named(name, parameters):
    with pytest.raises(TypeError, match=r"^parameters(\[0\])? must be "):
        call(name, parameters=parameters)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "what matvec returns must be a floating-point tensor, got None; was a `return` forgotten"),
        (3.0, "what matvec returns must be a floating-point tensor, got 3.0"),
        (torch.ones(3), r"what matvec returns must be like b, \[2\] of torch.float32 on cpu, got \[3\]"),
        (torch.tensor(1.0), r"must be like b, \[2\] .* got \[\]"),
        (torch.ones(2, dtype=torch.float64), "must be like b, .* got .* of torch.float64"),
        (torch.ones(2, 1), r"must be like b, \[2\] .* got \[2, 1\]"),
        (torch.tensor([1.0, float("nan")]), r"what matvec returns must be finite, got nan at index \[1\]"),
        (torch.tensor([float("inf"), 1.0]), r"what matvec returns must be finite, got inf at index \[0\]"),
        (torch.ones(2).long(), "what matvec returns .* torch.int64"),
    ],
)
def test_a_product_that_cannot_be_one_is_named(returned, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call("conjugate_gradient", matvec=lambda v: returned)


def test_a_right_hand_side_too_long_for_its_dtype_is_refused():
    with pytest.raises(ValueError, match="‖b‖² must be finite"):
        call("conjugate_gradient", b=torch.tensor([1e30, 1e30]))


@pytest.mark.parametrize("returned", [None, 1.0, (1.0,), (1.0, 0.0, 0.0), "ab", (None, 0.0), ("1", 0.0), torch.ones(2)])
def test_an_evaluation_that_is_not_two_numbers_is_named(returned):
    with pytest.raises(TypeError, match="evaluate must return two numbers"):
        call("line_search", evaluate=lambda new: returned)


def test_an_evaluation_may_return_tensors_of_one_number():
    found = call("line_search", evaluate=lambda new: (torch.tensor(1.0), np.float32(0.0)))
    assert torch.equal(found, PAIR[0] + PAIR[1])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_step_that_is_not_finite_is_refused_whatever_the_evaluation_says(bad):
    found = call("line_search", step=torch.tensor([0.0, bad]))
    assert torch.equal(found, PAIR[0])


def test_functions_that_work_in_place_change_nothing_of_the_callers():
    b = PAIR[0].clone()
    expected = call("conjugate_gradient", b=b)
    assert torch.equal(call("conjugate_gradient", b=b, matvec=lambda v: v.copy_(MATRIX @ v)), expected)
    assert torch.equal(b, PAIR[0])
    found = call("line_search", evaluate=lambda new: (float(new.zero_().sum()) + 1, 0.0))
    assert torch.equal(found, PAIR[0] + PAIR[1])


@pytest.mark.parametrize("name", ["conjugate_gradient", "line_search"])
def test_what_is_no_function_is_named(name):
    argument = {"conjugate_gradient": "matvec", "line_search": "evaluate"}[name]
    with pytest.raises(TypeError, match=f"^{argument} must be a function, got 3"):
        call(name, **{argument: 3})


EXTREME = [-3e38, -1e30, -276.7, -108.8, -90.0, -11.0, -1.8, 0.0, 1.8, 11.0, 90.0, 276.7, 1e5, 1e30, 3e38]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["surrogate", "clipped_surrogate"])
def test_finite_input_gives_a_finite_objective_and_no_nan_in_its_gradient(name, dtype):
    most = torch.finfo(dtype).max
    each = torch.tensor(EXTREME, dtype=torch.float64, device="cpu").clamp(-most, most).to(dtype)
    logprobs, old_logprobs, advantages = (part.flatten() for part in torch.meshgrid(each, each, each, indexing="ij"))
    logprobs.requires_grad_()
    objective = call(name, logprobs=logprobs, old_logprobs=old_logprobs, advantages=advantages)
    objective.backward(torch.ones_like(objective))
    assert objective.isfinite().all() and not logprobs.grad.isnan().any()


def test_a_ratio_within_reason_is_the_plain_one():
    logratio = torch.linspace(-20, 20, 41, dtype=torch.float64)
    objective = call("surrogate", logprobs=logratio, old_logprobs=torch.zeros_like(logratio), advantages=logratio)
    assert torch.equal(objective, logratio.exp() * logratio)

"""Where an exercise asks for the gradient too, a right value with a wrong gradient is no right answer."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlcourse.exercises import check
from rlcourse.exercises.calling import call
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.examining import examine
from rlcourse.exercises.exercise import Case, Exercise, Slip


def weighted(logprobs, advantages):
    """The reference: the advantages are constants."""
    return logprobs.exp() * advantages.detach()


def weighted_advantages_not_detached(logprobs, advantages):
    return logprobs.exp() * advantages


def weighted_by_a_constant(logprobs, advantages):
    return logprobs.exp().detach() * advantages.detach() * (1 + logprobs - logprobs.detach()) ** 2


CASES = (
    Case("one action", {"logprobs": torch.tensor([-0.5]), "advantages": torch.tensor([2.0])}),
    Case("an advantage of 0", {"logprobs": torch.tensor([-1.0]), "advantages": torch.tensor([0.0])}),
    Case("two", {"logprobs": torch.tensor([-0.5, -1.0]), "advantages": torch.tensor([2.0, -1.0])}),
)
SLIPS = (
    Slip("advantages not detached", "They are constants: detach them.", weighted_advantages_not_detached),
    Slip("twice the gradient", "The right number, moved twice as far.", weighted_by_a_constant),
)
WEIGHTED = Exercise(
    name="weighted",
    title="Weighted",
    notebook="04",
    minutes=5,
    difficulty="easy",
    returns="a tensor of the same shape as `logprobs`",
    reference=weighted,
    sources=(weighted,),
    cases=CASES,
    slips=SLIPS,
    hints=("One.", "Two.", "Three."),
    gradient_of=("logprobs", "advantages"),
)


@pytest.fixture(autouse=True)
def in_the_catalogue(monkeypatch):
    monkeypatch.setitem(EXERCISES, "weighted", WEIGHTED)


def message_about(function, *expected):
    result = check("weighted", function)
    assert not result.passed
    for piece in expected:
        assert piece in result.message, result.message
    return result.message


def elementwise(logprobs, advantages):
    return [p.exp() * float(a) for p, a in zip(logprobs, advantages, strict=True)]


def summed(logprobs, advantages):
    return torch.stack([torch.exp(p) for p in logprobs]) * torch.tensor(advantages.tolist())


def in_double(logprobs, advantages):
    return (logprobs.double().exp() * advantages.double().detach()).float()


def differentiates_for_itself(logprobs, advantages):
    value = weighted(logprobs, advantages)
    value.sum().backward(retain_graph=True)  # leaves something in `logprobs.grad`
    return value


def zero_by_hand(logprobs, advantages):
    """Legitimate: where the advantage is 0 nothing is left to differentiate."""
    return torch.zeros(1) if (advantages == 0).all() else weighted(logprobs, advantages)


@pytest.mark.parametrize(
    "function", [weighted, elementwise, summed, in_double, differentiates_for_itself, zero_by_hand]
)
def test_a_right_value_with_a_right_gradient_passes_in_any_style(function):
    result = check("weighted", function)
    assert result.passed, result.message


def test_gradients_are_compared_even_where_they_are_switched_off():
    with torch.no_grad():
        assert check("weighted", weighted).passed
        assert check("weighted", SLIPS[1].function).slip == SLIPS[1].name


@pytest.mark.parametrize("slip", SLIPS, ids=[slip.name for slip in SLIPS])
def test_a_slip_with_the_right_value_is_recognised_by_its_gradient(slip):
    result = check("weighted", slip.function)
    assert result.slip == slip.name and slip.explanation in result.message


def test_expected_and_got_gradient_are_shown():
    message = message_about(
        lambda logprobs, advantages: weighted(logprobs.detach(), advantages) + 3 * (logprobs - logprobs.detach()),
        "The value is right, but its gradient by `logprobs` is not.",
        "one action",
    )
    lines = [line.strip() for line in message.splitlines()]
    assert "expected gradient by logprobs = tensor([1.2131])" in lines
    assert "got gradient by logprobs      = tensor([3.])" in lines
    assert not any(line.startswith(("expected  ", "got  ")) for line in lines)  # the value is right: not shown


def test_all_the_inputs_whose_gradient_is_wrong_are_named():
    message_about(
        lambda logprobs, advantages: weighted(logprobs.detach(), advantages) + advantages - advantages.detach(),
        "its gradient by `logprobs` and `advantages` is not",
        "expected gradient by advantages = tensor([0.])",
        "got gradient by advantages      = tensor([1.])",
        "expected gradient by logprobs   = tensor([1.2131])",
        "got gradient by logprobs        = tensor([0.])",
    )


def test_a_gradient_that_should_be_zero_points_to_detach():
    message_about(
        lambda logprobs, advantages: weighted(logprobs, advantages) + 5 * (advantages - advantages.detach()),
        "its gradient by `advantages` is not",
        "`advantages` is a constant here",
        "`advantages.detach()`",
    )


def test_a_gradient_that_is_cut_off_on_one_way_is_named():
    message_about(
        lambda logprobs, advantages: weighted(logprobs.detach(), advantages) + 0 * logprobs,
        "No gradient reaches `logprobs`",
        "`.detach()`",
    )


@pytest.mark.parametrize(
    "function, words",
    [
        (lambda logprobs, advantages: weighted(logprobs, advantages).detach(), "cuts"),
        (lambda logprobs, advantages: weighted(logprobs, advantages).detach().numpy(), "ndarray"),
        (lambda logprobs, advantages: weighted(logprobs, advantages).tolist(), "list"),
        (lambda logprobs, advantages: [p.item() for p in weighted(logprobs, advantages)], "list"),
    ],
)
def test_a_value_without_a_graph_says_so(function, words):
    message_about(function, "The value is right, but it carries no gradient", "`logprobs`", "`.detach()`", words)


def test_numpy_on_an_input_with_a_gradient_gets_a_hint_beside_the_error():
    message_about(lambda logprobs, advantages: np.exp(logprobs.numpy()), "RuntimeError", "Stay in PyTorch")


def test_changing_an_input_with_a_gradient_gets_a_hint_beside_the_error():
    def in_place(logprobs, advantages):
        logprobs *= 2
        return logprobs

    message_about(in_place, "RuntimeError", "on a new tensor")


def test_a_wrong_value_is_said_before_a_wrong_gradient():
    message = message_about(lambda logprobs, advantages: logprobs.detach(), "expected", "got")
    assert "gradient" not in message


def test_nan_in_the_gradient_is_named():
    def root_of_nothing(logprobs, advantages):
        return weighted(logprobs, advantages) + (logprobs - logprobs).sqrt()

    message_about(root_of_nothing, "its gradient by `logprobs` is not", "NaN", "right")


def test_a_value_that_pytorch_cannot_differentiate_is_no_error_of_ours():
    def graph_is_gone(logprobs, advantages):
        value = weighted(logprobs, advantages)
        value.sum().backward()
        return value

    def changed_after_use(logprobs, advantages):
        value = logprobs.exp()
        result = value * value / value.detach() * advantages.detach()
        value.zero_()
        return result

    reasons = {graph_is_gone: "your function calls `.backward()`", changed_after_use: "RuntimeError"}
    for function, reason in reasons.items():
        message = message_about(function, "The value is right, but PyTorch cannot differentiate it", reason)
        assert "Traceback" not in message


def stops_in_the_first(logprobs, advantages):
    if len(logprobs) == 1 and advantages > 0:
        raise IndexError("index 1 is out of range")
    return weighted_advantages_not_detached(logprobs, advantages)


def test_a_slip_of_the_gradient_is_shown_in_a_case_that_has_one_where_others_stop_with_an_error():
    result = check("weighted", stops_in_the_first)
    assert result.slip == "advantages not detached"
    shown, besides = result.message.split("Besides, ")
    assert "The smallest case that shows it" in shown and "IndexError" not in shown
    assert "in one other case your function stops with an error: IndexError: index 1 is out of range" in besides


def test_where_two_slips_would_do_in_the_cases_that_came_to_an_end_none_is_named():
    twin = replace(SLIPS[0], name="a twin")
    assert examine(replace(WEIGHTED, slips=(*SLIPS, twin)), stops_in_the_first).slip is None
    assert examine(WEIGHTED, stops_in_the_first).slip is SLIPS[0]


def test_the_case_whose_expected_gradient_is_zero_needs_no_graph():
    verdict = examine(WEIGHTED, lambda logprobs, advantages: weighted(logprobs, advantages).detach())
    assert verdict.cases_passed == 1  # "an advantage of 0"


def test_one_tensor_under_two_names_is_differentiated_by_one_of_them():
    """The first step of an update: the old log-probabilities are the new ones, but constant."""
    same = torch.tensor([-0.5, -1.0])

    def ratio(logprobs, old_logprobs):
        return (logprobs - old_logprobs).exp()

    answer = call(ratio, ratio, {"logprobs": same, "old_logprobs": same}, ["logprobs"])
    assert answer.gradients.by["logprobs"].tolist() == [1.0, 1.0]


def test_an_input_that_does_not_influence_the_value_has_gradient_zero():
    def first(logprobs, advantages):
        return 2 * logprobs

    answer = call(first, first, CASES[2].inputs, ["logprobs", "advantages"])
    assert answer.gradients.by["logprobs"].tolist() == [2.0, 2.0]
    assert answer.gradients.by["advantages"].tolist() == [0.0, 0.0]


def test_the_inputs_of_the_case_stay_as_they_are():
    check("weighted", differentiates_for_itself)
    for case in CASES:
        assert all(not tensor.requires_grad and tensor.grad is None for tensor in case.inputs.values())

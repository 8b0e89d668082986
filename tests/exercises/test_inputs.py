"""Cases may hold anything a function takes: functions, tuples of tensors, tensors that require gradients."""

from functools import partial

import numpy as np
import pytest
import torch

from rlcourse.exercises import check
from rlcourse.exercises.calling import call
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.comparing import format_value
from rlcourse.exercises.exercise import Case, Exercise, Slip


def times_two(vector):
    """v ↦ 2·v, which is symmetric.

    More that the learner need not see.
    """
    return 2 * vector


class Stretch:
    """v ↦ factor·v"""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, vector):
        return self.factor * vector


def apply_and_sum(matvec, parameters):
    """The reference."""
    return sum(matvec(p).sum() for p in parameters)


APPLY = Exercise(
    name="apply",
    title="Apply",
    notebook="05",
    minutes=5,
    difficulty="easy",
    returns="a single number",
    reference=apply_and_sum,
    sources=(apply_and_sum,),
    cases=(
        Case("a function", {"matvec": times_two, "parameters": (torch.ones(2), torch.zeros(1, 2))}),
        Case("an object", {"matvec": Stretch(3.0), "parameters": [torch.ones(2, requires_grad=True)]}),
        Case("a linear layer", {"matvec": torch.nn.Linear(2, 2), "parameters": (torch.tensor([1.0, 2.0]),)}),
    ),
    slips=(Slip("half", "Half of it.", lambda matvec, parameters: apply_and_sum(matvec, parameters) / 2),),
    hints=("One.",),
)


@pytest.fixture(autouse=True)
def in_the_catalogue(monkeypatch):
    monkeypatch.setitem(EXERCISES, "apply", APPLY)


def test_a_function_is_shown_by_the_first_line_of_its_docstring():
    assert format_value(times_two) == "v ↦ 2·v, which is symmetric."
    assert format_value(Stretch(3.0)) == "v ↦ factor·v"
    assert format_value(partial(times_two)) == "v ↦ 2·v, which is symmetric."


def test_a_function_without_a_docstring_is_shown_by_its_name():
    def nameless(vector):
        return vector

    assert format_value(nameless) == "nameless"
    assert format_value(partial(nameless, vector=1)) == "nameless"


def test_the_failing_case_shows_functions_and_tuples_of_tensors():
    message = check("apply", lambda matvec, parameters: torch.tensor(1.0)).message
    assert "matvec     = v ↦ 2·v, which is symmetric." in message
    assert "parameters = (tensor([1., 1.]), tensor([[0., 0.]]))" in message


def test_a_slip_is_found_among_such_cases():
    assert check("apply", APPLY.slips[0].function).slip == "half"


def test_inputs_that_stay_as_they_are_count_as_unchanged():
    assert check("apply", apply_and_sum).passed
    for case in APPLY.cases:
        assert call(apply_and_sum, apply_and_sum, case.inputs).changed == ()


def test_a_tensor_changed_inside_a_tuple_or_list_is_noticed():
    def in_a_tuple(matvec, parameters):
        value = apply_and_sum(matvec, parameters)
        parameters[-1].data += 1
        return value

    def shortened(matvec, parameters):
        value = apply_and_sum(matvec, parameters)
        if isinstance(parameters, list):
            parameters.pop()
        return value

    assert "changed `parameters`" in check("apply", in_a_tuple).message
    assert "changed `parameters`" in check("apply", shortened).message
    assert check("apply", apply_and_sum).passed  # the cases are as they were


@pytest.mark.parametrize("before", [np.array([1.0, np.nan]), torch.tensor([1.0, torch.nan]), {"a": torch.ones(2)}])
def test_nan_and_dictionaries_are_compared_too(before):
    assert call(lambda x: 0, lambda x: 0, {"x": before}).changed == ()


def test_an_input_of_another_dtype_or_shape_afterwards_is_changed():
    def reshapes(x):
        x.resize_(1)

    assert call(reshapes, reshapes, {"x": torch.ones(3)}).changed == ("x",)

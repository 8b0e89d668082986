"""What a user has set for PyTorch or NumPy changes no verdict, and is as it was afterwards."""

import numpy as np
import pytest
import torch

from rlcourse.equations import group_advantages
from rlcourse.exercises import check
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.examining import examine
from tests.programs import python


@pytest.fixture(autouse=True)
def restored():
    yield
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)


SETTINGS = {
    "meta": lambda: torch.set_default_device("meta"),
    "float64": lambda: torch.set_default_dtype(torch.float64),
    "float16": lambda: torch.set_default_dtype(torch.float16),
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_a_default_device_or_dtype_changes_nothing(exercise, setting):
    SETTINGS[setting]()
    device, dtype = torch.get_default_device(), torch.get_default_dtype()
    assert examine(exercise, exercise.reference).state == "passed"
    assert examine(exercise, exercise.slips[-1].function).slip is exercise.slips[-1]
    assert (torch.get_default_device(), torch.get_default_dtype()) == (device, dtype)


def test_a_block_under_another_device_changes_nothing():
    with torch.device("meta"):
        assert check("group_advantages", group_advantages).passed
        assert torch.zeros(1).is_meta


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_a_switched_off_gradient_changes_nothing(exercise, mode):
    with mode():
        assert examine(exercise, exercise.reference).state == "passed"


def test_numpy_that_raises_changes_nothing():
    with np.errstate(all="raise"):
        assert "There is NaN" in check("group_advantages", lambda rewards: rewards.numpy() * 0 / 0).message


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_the_function_itself_sets_does_not_reach_the_next_case(setting):
    def sets(rewards):
        SETTINGS[setting]()
        return group_advantages(rewards)

    assert check("group_advantages", sets).passed


def test_the_exercises_can_be_imported_under_a_default_device():
    code = "import torch; torch.set_default_device('meta'); torch.set_default_dtype(torch.float64)\n"
    code += "from rlcourse.exercises.catalogue import EXERCISES\n"
    code += "print(EXERCISES['clipped_surrogate'].cases[0].inputs['logprobs'].dtype)"
    assert python(code).stdout.strip() == "torch.float32"

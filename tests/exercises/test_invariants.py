"""What must not matter: the course's functions keep it, slips break it, and `check` says which."""

import pytest
import torch

from rlcourse.equations import bradley_terry_loss, group_advantages
from rlcourse.exercises import check
from rlcourse.exercises.calling import call
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.examining import examine
from rlcourse.exercises.invariants import find_broken, padding_filled

LANGUAGE = ("01", "07", "08", "09", "10", "11")
WITH = {name: exercise for name, exercise in EXERCISES.items() if exercise.invariants}
EACH = [(exercise, invariant) for exercise in WITH.values() for invariant in exercise.invariants]
IDS = [f"{exercise.name}-{invariant.change}" for exercise, invariant in EACH]


def of_a_batch(exercise):
    return any(isinstance(value, (torch.Tensor, list)) for value in exercise.cases[-1].inputs.values())


@pytest.mark.parametrize("name", [n for n, e in EXERCISES.items() if e.notebook in LANGUAGE and of_a_batch(e)])
def test_every_exercise_of_language_models_has_an_invariant(name):
    assert EXERCISES[name].invariants


@pytest.mark.parametrize("exercise, invariant", EACH, ids=IDS)
def test_some_case_can_be_asked_otherwise_and_some_slip_breaks_it(exercise, invariant):
    """The course's own function keeps it, as `test_every_exercise_has_right_answers_in_other_styles` shows."""
    assert any(invariant.ask(case.inputs) for case in exercise.cases)
    alone = type(exercise)(**{**vars(exercise), "invariants": (invariant,)})
    wrong = [slip.function for slip in exercise.slips] + [_by_place(exercise.reference)]
    assert any(_breaks(alone, function) for function in wrong)


def _by_place(reference):
    """A function that is right but for a factor, which depends on where in the batch an answer stands."""

    def wrong(*inputs, **named):
        answer = torch.as_tensor(reference(*inputs, **named))
        return answer * torch.arange(1, answer.numel() + 1).reshape(answer.shape)

    return wrong


def _breaks(exercise, function):
    answers = [call(function, exercise.reference, case.inputs) for case in exercise.cases]
    return find_broken(exercise, function, answers)


def test_the_broken_invariant_is_said_beside_the_slip():
    result = check("score_at_the_last_token", lambda scores, mask: scores[:, -1])
    assert result.slip == "the last column, padding or not"
    assert "The same slip shows in what must not matter: fill `scores` with 9 where `mask` is False" in result.message
    assert "In the case “one reply, and padding” yours turns from 7 into 9." in result.message


def test_a_function_made_for_the_cases_does_not_pass():
    def knows_the_cases(chosen, rejected):
        loss = bradley_terry_loss(chosen, rejected)
        return loss if len(chosen) in (1, 2, 8) else 2 * loss

    verdict = examine(EXERCISES["bradley_terry_loss"], knows_the_cases)
    assert verdict.state == "failed" and verdict.cases_passed == len(EXERCISES["bradley_terry_loss"].cases)
    told = check("bradley_terry_loss", knows_the_cases).message
    assert "What must not matter does matter: split the batch" in told and "slip" not in told


def test_what_was_tried_is_said_of_a_right_answer():
    assert (
        "add −0.5 to all rewards; turn the order of the answers round"
        in check("group_advantages", group_advantages).message
    )


def test_padding_is_filled_where_there_is_some_and_the_question_stays_as_it_is():
    fill = padding_filled("mask", "scores")
    scores, mask = torch.zeros(2, 2), torch.tensor([[True, False], [True, True]])
    (asked,) = fill.ask({"scores": scores, "mask": mask})
    assert asked["scores"].tolist() == [[0.0, 9.0], [0.0, 0.0]] and not scores.any()
    assert fill.ask({"scores": scores, "mask": mask | True}) == [] == fill.ask({"scores": scores, "mask": None})

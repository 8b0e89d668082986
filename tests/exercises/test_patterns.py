"""What is said of a wrong answer that no slip explains: facts that hold in every case that is wrong."""

import pytest
import torch

from rlcourse.equations import gae, group_advantages, td_errors
from rlcourse.exercises import check
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.patterns import TWO_ANSWERS
from rlcourse.exercises.record import load_record


def message(name, function):
    result = check(name, function)
    assert not result.passed and result.slip is None, result.message
    return result.message


def test_a_function_that_remembers_is_told_so():
    seen = []

    def remembers(rewards, gamma):
        seen.extend(gamma**t * reward for t, reward in enumerate(rewards))
        return sum(seen)

    assert TWO_ANSWERS in message("discounted_return", remembers)


def test_a_default_argument_that_remembers_is_told_so():
    def remembers(rewards, gamma, powers=[]):  # noqa: B006
        powers.append(1)
        return sum(gamma**t * reward for t, reward in enumerate(rewards)) + len(powers) - 1

    assert TWO_ANSWERS in message("discounted_return", remembers)


def test_noise_within_the_tolerance_is_no_pass():
    def noisy(rewards):
        return group_advantages(rewards) + 1e-3 * torch.randn(rewards.shape)

    assert "8 of 8 cases pass, but not every time" in message("group_advantages", noisy)


@pytest.mark.parametrize("place, word", [(0, "first"), (1, "second")])
def test_the_right_entry_of_a_tuple_is_named(place, word):
    def two(*columns, **numbers):
        entries = [columns[0], columns[0]]
        entries[place] = gae(*columns, **numbers)
        return tuple(entries)

    assert f"You return a tuple of two; wanted is one. The {word} of yours is the right answer." in message("gae", two)


def test_a_pair_of_a_flag_and_the_answer_is_named_too():
    reference = EXERCISES["line_search"].reference
    assert "The second of yours" in message("line_search", lambda *a, **k: (True, reference(*a, **k)))


def test_a_factor_is_named():
    assert "it is 3 times the right one" in message("td_error", lambda *a, **k: 3 * td_errors(*a, **k))
    assert "it is ½ times the right one" in message("baseline", lambda *a: EXERCISES["baseline"].reference(*a) / 2)


def test_an_input_as_a_factor_is_named():
    def discounted(rewards, values, next_values, terminated, *, gamma):
        return gamma * td_errors(rewards, values, next_values, terminated, gamma=gamma)

    assert "`gamma` times the right one" in message("td_error", discounted)


def test_an_input_too_much_and_too_little_is_named():
    def too_much(rewards, values, next_values, terminated, *, gamma):
        return td_errors(rewards, values, next_values, terminated, gamma=gamma) + next_values

    def too_little(rewards, values, next_values, terminated, *, gamma):
        return td_errors(rewards, values, next_values, terminated, gamma=gamma) - rewards

    assert "exactly `next_values` too much" in message("td_error", too_much)
    assert "exactly `rewards` too little" in message("td_error", too_little)


def test_right_numbers_turned_round_are_named():
    assert "turned round: the last one comes first" in message(
        "baseline", lambda returns, mask: EXERCISES["baseline"].reference(returns, mask).flip(0)
    )


def test_an_argument_never_looked_at_is_named():
    gamma_of_the_notebook = 0.99

    def global_gamma(rewards, gamma):
        return sum(gamma_of_the_notebook**t * reward for t, reward in enumerate(rewards))

    text = message("discounted_return", global_gamma)
    assert "never looks at `gamma`" in text and "`rewards`" not in text


def test_an_argument_used_in_a_function_inside_counts_as_looked_at():
    def with_an_inner(rewards, gamma):
        def count(t):
            return gamma**t + 1

        return sum(count(t) * reward for t, reward in enumerate(rewards))

    assert "never looks" not in message("discounted_return", with_an_inner)


def test_a_single_number_is_not_enough_for_a_factor():
    def wrong_once(rewards, gamma):
        right = EXERCISES["discounted_return"].reference(rewards, gamma)
        return 1.1 * right if len(rewards) == 2 else right

    assert "times the right one" not in message("discounted_return", wrong_once)


def test_nan_is_no_factor():
    assert "times the right one" not in message("td_error", lambda rewards, *_, **__: rewards * torch.nan)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_the_note_of_the_case_is_shown_where_no_slip_explains_it(exercise):
    def wrong(*arguments, **keywords):
        value = exercise.reference(*arguments, **keywords)
        return tuple(7 for _ in value) if isinstance(value, tuple) else 0 * value + 7.25

    result = check(exercise.name, wrong)
    assert result.slip is None and exercise.cases[0].note in result.message


# ---- whose work it is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_the_course_s_own_function_passes_and_is_told(exercise):
    result = check(exercise.name, exercise.reference)
    assert result.passed and "That was the course's own function, though." in result.message


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_a_function_that_only_calls_the_course_s_is_told(exercise):
    result = check(exercise.name, lambda *a, **k: exercise.reference(*a, **k))
    assert result.passed and "does the work in it, though" in result.message


def test_a_function_of_an_earlier_exercise_inside_is_one_s_own_work():
    def with_td_errors(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
        advantage, advantages = torch.zeros(rewards.shape[1]), []
        for delta, ends in zip(
            reversed(td_errors(rewards, values, next_values, terminated, gamma=gamma)), reversed(done), strict=True
        ):
            advantage = delta + gamma * gae_lambda * ~ends * advantage
            advantages.insert(0, advantage)
        return torch.stack(advantages)

    result = check("gae", with_td_errors)
    assert result.passed and "though" not in result.message


# ---- names and arguments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["GAE", "gea", "gae ", "my_gae", "Gae"])
def test_a_name_that_is_nearly_right_is_answered_by_the_right_one(name):
    with pytest.raises(ValueError, match="Did you mean 'gae'"):
        check(name, gae)


@pytest.mark.parametrize("name", [None, ["gae"], 3, {"gae"}, gae])
def test_a_name_that_is_no_string_is_told_so(name):
    with pytest.raises(TypeError, match="comes first"):
        check(name, gae)


def test_exchanged_arguments_are_told_so():
    with pytest.raises(TypeError, match=r"name comes first, then the function: check\('gae', "):
        check(gae, "gae")


def test_a_name_in_the_place_of_the_function_is_told_so_and_is_no_attempt():
    result = check("gae", "my_gae")
    assert "my_gae without the quotes" in result.message
    assert not result.passed and not load_record().exercise("gae").attempts

import pytest

from rlcourse.exercises import hint, solution
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.record import load_record


@pytest.mark.parametrize("name", EXERCISES)
def test_hints_come_one_at_a_time_and_stay_known(name, capsys):
    hints = EXERCISES[name].hints
    for number, text in enumerate(hints):
        hint(name)
        shown = capsys.readouterr().out
        assert text in shown and f"hint {number + 1} of {len(hints)}" in shown
        assert not any(later in shown for later in hints[number + 1 :])
    hint(name)
    shown = capsys.readouterr().out
    assert all(text in shown for text in hints) and f'solution("{name}")' in shown
    assert load_record().exercise(name).hints == len(hints)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_the_courses_own_source(name, capsys):
    solution(name)
    shown = capsys.readouterr().out
    for function in EXERCISES[name].sources:
        assert f"# {function.__module__}.{function.__name__}" in shown
        assert f"def {function.__name__}(" in shown
    rules = ("maze_step", "answer_reward", "last_number_reward", "memory_of_training", "kv_cache_bytes")
    rules += ("batch_plan", "memory_per_gpu")
    of_a_world = name in rules  # no equations
    assert of_a_world or any("rlcourse.equations" in f.__module__ for f in EXERCISES[name].sources)


def test_the_solution_begins_with_the_version_a_learner_could_have_written(capsys):
    solution("discounted_return")
    shown = capsys.readouterr().out
    assert "total = reward + gamma * total" in shown
    assert shown.index("def discounted_return(") < shown.index("def discounted_returns(")


def test_the_solution_of_maze_step_shows_the_numbers_it_uses(capsys):
    solution("maze_step")
    assert "(-1, 0, 1, 0), (0, 1, 0, -1)" in capsys.readouterr().out


@pytest.mark.parametrize("helper", [hint, solution])
def test_an_unknown_name_lists_those_there_are(helper):
    with pytest.raises(ValueError, match="'group_advantages'"):
        helper("group_advantage")

"""`python -m rlcourse.exercises my_rl.py`: the functions of a file, checked from an editor or in CI."""

import subprocess
import sys

import pytest

from rlcourse.exercises.__main__ import main
from rlcourse.exercises.record import load_record

RIGHT = """
def my_discounted_return(rewards, gamma):
    return sum(gamma**t * r for t, r in enumerate(rewards))
"""
WRONG = """
def td_error(rewards, values, next_values, terminated, *, gamma):
    return rewards + gamma * next_values - values
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "my_rl.py"


def test_a_file_whose_functions_pass_ends_with_0(file, capsys):
    file.write_text(RIGHT)
    assert main([str(file)]) == 0
    assert "✓ The discounted return of an episode" in capsys.readouterr().out
    assert load_record().exercise("discounted_return").passed


def test_one_function_that_fails_ends_with_1_and_all_are_checked(file, capsys):
    file.write_text(WRONG + RIGHT)
    assert main([str(file)]) == 1
    shown = capsys.readouterr().out
    assert "✓ The discounted return" in shown and "bootstraps at a terminal state" in shown


def test_a_function_with_my_before_its_name_comes_before_one_without(file, capsys):
    file.write_text("from rlcourse.equations import gae\n\ndef my_gae(*columns, **numbers):\n    return 0\n")
    assert main([str(file)]) == 1
    assert "course's own" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "text, words",
    [
        ("x = 1\n", "no function called like an exercise"),
        ("def f(:\n", "SyntaxError"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("raise SystemExit\n", "SystemExit"),
        ("import my_neighbour\n", "No module named 'my_neighbour'"),
    ],
)
def test_a_file_that_cannot_be_checked_ends_with_2_and_says_why(file, capsys, text, words):
    file.write_text(text)
    assert main([str(file)]) == 2
    assert words in capsys.readouterr().err


def test_a_file_that_is_not_there_ends_with_2(file, capsys):
    assert main([str(file)]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_the_file_may_import_its_neighbours_and_the_path_is_as_before(file):
    (file.parent / "my_helpers_for_the_test.py").write_text("HALF = 0.5\n")
    file.write_text(
        "from my_helpers_for_the_test import HALF\nONE = 2 * HALF\n" + RIGHT.replace("gamma**t", "ONE * gamma**t")
    )
    before = list(sys.path)
    assert main([str(file)]) == 0
    assert sys.path == before


def test_it_runs_as_a_module(file):
    file.write_text(WRONG)
    command = [sys.executable, "-m", "rlcourse.exercises", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 1 and "The TD error" in run.stdout and not run.stderr


def test_no_file_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "usage: python -m rlcourse.exercises" in capsys.readouterr().err

"""Exercises and quizzes under a learner's hands: ■ on an endless loop, and a quiz worked through by keyboard."""

import re
import time
from pathlib import Path

from rlcourse.exercises.quizzes import QUIZZES

from .lab import cell_outputs, complaints, interrupt, open_notebook, run_all, start_all, wait_idle

ENDLESS = """
from pathlib import Path
from rlcourse.exercises import check, progress, quiz

def mine(rewards, gamma):
    Path("looping").touch()  # what it prints is kept for the report
    while True:
        pass

check("discounted_return", mine)
"""


def test_stopping_an_endless_loop_is_answered_and_the_notebook_goes_on(page, lab, write_notebook):
    open_notebook(page, lab, write_notebook(ENDLESS, 'print("the next cell")'))
    start_all(page)
    deadline = time.monotonic() + 60
    while not (lab.root / "looping").exists():
        assert time.monotonic() < deadline, "the function was not called in a minute"
        page.wait_for_timeout(100)
    interrupt(page)
    wait_idle(page, seconds=10)
    assert "You stopped your function" in cell_outputs(page, 0).last.text_content()
    assert cell_outputs(page, 1).text_content().strip() == "the next cell"
    assert not complaints(page)


def test_a_quiz_by_keyboard_is_explained_counted_and_remembered(page, lab, write_notebook):
    name = write_notebook('from rlcourse.exercises import progress, quiz\nquiz("10")', "progress()")
    open_notebook(page, lab, name)
    run_all(page)
    quiz = page.locator(".rlcourse-quiz")
    first = quiz.locator("form").first
    question = QUIZZES["10"].questions[0]

    kept = Path(re.search(r"Kept in (\S+progress\.json)", cell_outputs(page, 1).text_content())[1])
    first.locator("input").first.focus()
    page.keyboard.press("Enter")
    assert first.get_by_role("status").text_content() == "Choose an answer first."
    for press, option in enumerate(question.options):
        page.keyboard.press("ArrowDown" if press else "Space")
        assert not first.get_by_role("status").text_content(), "a new choice takes the old verdict away"
        page.keyboard.press("Enter")
        explained = first.get_by_role("status").text_content()
        assert explained == f"{'✓ Right.' if option.right else '✗ Not quite.'} {option.explanation}"
        score = quiz.locator(".rlcourse-quiz-score").text_content()
        assert score == f"{int(option.right)} of 6 right so far."
        if option.right:
            _wait_for_the_record(page, kept)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert quiz.locator("form").nth(1).locator("input").first.evaluate("radio => radio === document.activeElement")

    run_all(page)  # anew: nothing is chosen in the new quiz, but the board knows the best score
    assert quiz.locator("input:checked").count() == 0
    assert "→ 1 of 6" in cell_outputs(page, 1).text_content()
    assert not complaints(page)


def _wait_for_the_record(page, kept: Path) -> None:
    """Until the kernel has heard of it. Of answers within milliseconds of each other it hears the last only."""
    deadline = time.monotonic() + 30
    while not (kept.exists() and '"right": 1' in kept.read_text()):
        assert time.monotonic() < deadline, "the score never reached the progress file"
        page.wait_for_timeout(100)

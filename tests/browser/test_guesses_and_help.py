"""A guess before a run, and the buttons below a check, by keyboard: what is shown and kept, and not given away."""

import inspect
import re
import time
from pathlib import Path

from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.predictions import PREDICTIONS
from rlcourse.showing.source import essence

from .lab import cell_outputs, complaints, open_notebook, run_all

CELLS = (
    'from rlcourse.exercises import check, predict, progress, reveal\npredict("no_clip")',
    "reveal(no_clip=1)",
    'check("kl_k3", lambda logprobs, ref_logprobs: ref_logprobs - logprobs)',
    'check("kl_k3", lambda logprobs, ref_logprobs: (ref_logprobs - logprobs).expm1() - (ref_logprobs - logprobs))',
    "progress()",
)


def test_guesses_hints_and_solutions_by_keyboard(page, lab, write_notebook):
    open_notebook(page, lab, write_notebook(*CELLS))
    run_all(page)
    asked, exercise = PREDICTIONS["no_clip"], EXERCISES["kl_k3"]
    kept = Path(re.search(r"Kept in (\S+progress\.json)", cell_outputs(page, 4).text_content())[1])
    result = cell_outputs(page, 1).locator(".rlcourse-predict")
    assert "What happened: “The promise rises" in result.text_content() and "guessed" not in result.text_content()

    guess = cell_outputs(page, 0).locator(".rlcourse-predict")
    guess.locator("input").first.focus()
    page.keyboard.press("Enter")
    assert guess.get_by_role("status").text_content() == "Choose one first."
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    said = guess.get_by_role("status").text_content()
    assert said == f"✗ It is different: “{asked.options[1]}”. {asked.explanation}"
    assert guess.locator("input:disabled").count() == 3 and not guess.get_by_role("button").is_visible()
    assert f"You guessed “{asked.options[0]}”. ✗ What happened" in result.text_content()

    help_box = cell_outputs(page, 2).locator(".rlc-help")
    help_box.get_by_role("button", name="Next hint (1 of 3)").focus()
    for count in (1, 2, 3):
        page.keyboard.press("Enter")
        hints = help_box.locator("li").all_text_contents()
        assert hints == [hint.replace("`", "") for hint in exercise.hints[:count]]
    show = help_box.get_by_role("button", name="Show the solution")
    assert show.evaluate("button => button === document.activeElement"), "after the last hint the keys go on from there"
    page.keyboard.press("Enter")
    assert not help_box.locator("pre").count(), "it asks first"
    page.keyboard.press("Enter")  # not yet
    assert not help_box.locator("pre").count() and show.is_visible()
    show.click()
    help_box.get_by_role("button", name="Show it").click()
    assert help_box.locator("pre").first.text_content() == essence(_source(exercise.sources[0]))

    passed = cell_outputs(page, 3)
    drawn = passed.locator("svg polyline").evaluate("line => [...line.points].map(({ x, y }) => [x, y])")
    lowest = max(drawn, key=lambda point: point[1])
    curve = exercise.picture(exercise.reference)
    zero = min(range(len(curve.x)), key=lambda i: curve.lines["k3"][i])
    assert drawn.index(lowest) == zero and len(drawn) == len(curve.x)
    passed.get_by_role("button", name="See how the course writes it").click()
    assert passed.locator(".rlc-help pre").count()
    _wait_for(page, kept, '"hints": 3', '"no_clip"')
    assert not complaints(page)


def _source(function: object) -> str:
    return inspect.getsource(inspect.unwrap(function)).rstrip()


def _wait_for(page, kept: Path, *words: str) -> None:
    """Until the kernel has written down what the browser told it."""
    deadline = time.monotonic() + 30
    while not (kept.exists() and all(word in kept.read_text() for word in words)):
        assert time.monotonic() < deadline, f"{words} never reached the progress file"
        page.wait_for_timeout(100)

"""The instructor's plans are true: their minutes add up, and what they say is in a notebook is there."""

import re
from functools import cache

import pytest

from rlcourse.course.contents import CONTENTS
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.predictions import PREDICTIONS
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.files import NOTEBOOKS, TEACHING
from rlcourse.teaching.instructor import PLANS, ROW, anchor_of

MINUTES = {"plan_90_minutes": [90], "plan_half_a_day": [210], "plan_two_days": [450, 450]}
PAGES = sorted(TEACHING.glob("*.md"))
SECTION = re.compile(r"\[(\d\d)(?: §(\d+))?\]\(\.\./(\w+)\.ipynb\)")
NAME = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")
assert set(PLANS) == set(MINUTES)
each_plan = pytest.mark.parametrize("plan", MINUTES)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def text_of(plan):
    return (TEACHING / f"{plan}.md").read_text(encoding="utf-8")


def rows_of(plan):
    """(starts, minutes, part, projected, room) of each row."""
    rows = ROW.findall(text_of(plan))
    return [(60 * int(when.split(":")[0]) + int(when.split(":")[1]), int(m), *rest) for when, m, *rest in rows]


@cache
def source(file):
    return (NOTEBOOKS / "source" / f"{file}.py").read_text(encoding="utf-8")


def section(file, number):
    """A section's text; all that stands above the first one where there is no number."""
    parts = re.split(r"^# ## (?=\d+ ·)", source(file), flags=re.MULTILINE)
    return parts[0] if not number else next(part for part in parts[1:] if part.startswith(f"{number} ·"))


def anchors(path):
    """The places of a page that a link can lead to."""
    return {anchor_of(title) for title in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)}


@each_plan
def test_the_minutes_add_up(plan):
    days, clock = [], 0
    for starts, minutes, *_ in rows_of(plan):
        if starts == 0 and clock:
            days.append(clock)
            clock = 0
        assert starts == clock, f"{plan}: at {clock} minutes the table says {starts}"
        clock += minutes
    assert [*days, clock] == MINUTES[plan]


@each_plan
def test_what_is_to_be_projected_is_in_the_section_that_is_named(plan):
    for starts, _, _, projected, room in rows_of(plan):
        found = SECTION.findall(projected)
        there = "".join(section(file, number) for _, number, file in found)
        assert all(file.startswith(number) for number, _, file in found)
        for name in NAME.findall(projected + room) if found else ():
            assert name in there or f'check("{name}"' in there, f"{plan}, minute {starts}: {name}"
        for exercise in re.findall(r"Exercise (\d)", projected):
            assert f"# ### Exercise {exercise}:" in there, f"{plan}, minute {starts}: exercise {exercise}"


@each_plan
def test_an_exercise_has_the_minutes_that_stand_in_its_heading(plan):
    for starts, minutes, _, _, room in rows_of(plan):
        for name in re.findall(r"writes `(\w+)`", room):
            assert EXERCISES[name].minutes <= minutes, f"{plan}, minute {starts}: {name}"


@each_page
def test_every_link_leads_somewhere(page):
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            path = page.parent / target if target else page
            assert path.exists(), target
            assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


@each_page
def test_slips_quiz_questions_and_predictions_are_called_by_their_names(page):
    """“slip” (`exercise`), quiz 02.1, “option” (quiz 02.1), `predict("name")`, *5 · Heading*."""
    text = " ".join(page.read_text(encoding="utf-8").split())
    for name, exercise in re.findall(r"“([^”]+)” \(`(\w+)`\)", text):
        assert name in [slip.name for slip in EXERCISES[exercise].slips], f"{exercise}: {name}"
    for number, question in re.findall(r"quiz (\d\d)\.(\d)", text):
        assert int(question) <= len(QUIZZES[number].questions)
    for option, number, question in re.findall(r"“([^”]+)” \(quiz (\d\d)\.(\d)\)", text):
        options = [one.text for one in QUIZZES[number].questions[int(question) - 1].options]
        assert option in options, f"{option!r} is not one of {options}"
    for names in re.findall(r"predict\(([^)]*)\)", text):
        assert set(re.findall(r'"(\w+)"', names)) <= set(PREDICTIONS)
    for name in re.findall(r'(?:hint|solution)\("(\w+)"\)', text):
        assert name in EXERCISES
    headings = "\n".join(source(notebook.file) for notebook in CONTENTS)
    for heading in re.findall(r"(?<!\*)\*(\d+ · [^*]+)\*", text):
        assert f"# ## {heading}\n" in headings, heading


@each_plan
def test_every_part_that_takes_time_is_explained(plan):
    for starts, _, part, *_ in rows_of(plan):
        assert "](" in part or part in ("Break", "Lunch"), f"{plan}, minute {starts}: {part}"

"""Recorded walks as a learner plays them, and the robot by the learner's own rules, read back from the picture."""

import re

import numpy as np
import pytest

from rlcourse.explorables.robots.films import film_of
from rlcourse.explorables.robots.pole import pole_film
from rlcourse.maze import generate_maze, solve, walk

from .lab import cell_outputs, complaints, menu, open_notebook, run_all, wait_idle, write_notebook

MAZE = generate_maze(4, seed=0)
BEST = walk(MAZE, solve(MAZE, gamma=0.9).policy)
LOST = [2, 1, 1, 2, 18, 34, 33]
"""A turn, a wall, a turn back, on, and another turn."""
LEANING = np.linspace([0, 0, 0, 0], [1.2, 0, 0.2, 0], 41)
CELLS = (
    "from rlcourse.explorables import Films, PoleFilms, drive\nfrom rlcourse.maze import generate_maze\n"
    f"maze = generate_maze(4, seed=0)\nFilms(maze, {{'lost': {LOST}, 'best': {BEST.tolist()}}}, fps=50)",
    "import numpy as np\nPoleFilms({'leaning': np.linspace([0, 0, 0, 0], [1.2, 0, 0.2, 0], 41)}, every=4)",
    "def mine(row, column, heading, action, wall_ahead):\n    if action:\n        return row, column, heading + 1\n"
    "    return row, column + 1, heading\nrobot = drive(maze, step=mine)\nrobot",
    "print(robot.actions)",
)
EXIT = (7.0, -6.0, 0.62)
"""How far from the middle of the exit's cell the robot stands there, in pixels, and how small."""


@pytest.fixture(scope="module")
def opened(page, lab):
    page.emulate_media(reduced_motion="reduce")
    try:
        open_notebook(page, lab, write_notebook(lab, "films", *CELLS))
        run_all(page)
        page.locator(".rlc-films .rlc-stage").first.wait_for(timeout=10_000)
        assert complaints(page) == []
        yield page
    finally:
        page.emulate_media(reduced_motion="no-preference")


def cell(page, index):
    """A cell's output, scrolled to: JupyterLab draws what is in the window."""
    page.locator(".jp-NotebookPanel .jp-CodeCell").nth(index).scroll_into_view_if_needed()
    return page.locator(".jp-NotebookPanel .jp-CodeCell").nth(index).locator(".jp-OutputArea").first


@pytest.fixture
def films(opened):
    """The page with the films at their start, and the keyboard on them."""
    cell(opened, 0).locator(".rlc-screens").focus()
    opened.keyboard.press("Home")
    return opened


def robots(page, widget=".rlc-films"):
    """The robots as they are drawn: x, y in pixels, degrees (0 is east), and size."""
    drawn = page.locator(widget).first.locator(".rlc-robot")
    return [
        tuple(map(float, re.findall(r"-?[\d.]+(?:e-?\d+)?", one.get_attribute("transform")))) for one in drawn.all()
    ]


def where(state):
    """Where a robot in that state has to stand."""
    row, column = divmod(state // 4, 4)
    x, y, size = EXIT if state // 4 == MAZE.exit_cell else (0.0, 0.0, 1.0)
    return (40 * column + 20 + x, 40 * row + 20 + y, 90.0 * (state % 4 - 1), size)


def told(page):
    return page.locator(".rlc-films").first.locator(".rlc-told").all_text_contents()


def scrub_to(page, moment):
    page.locator(".rlc-films").first.locator(".rlc-scrub").fill(str(moment))


def test_at_each_moment_every_robot_stands_where_its_walk_says(films):
    paid = {title: film_of(MAZE, title, np.array(states)) for title, states in (("lost", LOST), ("best", BEST))}
    for moment in range(len(BEST)):
        scrub_to(films, moment)
        drawn = zip(robots(films), (LOST, BEST), paid.values(), told(films), strict=True)
        for (x, y, degrees, size), states, film, words in drawn:
            k = min(moment, len(states) - 1)
            assert (x, y, (degrees + 90) % 360 - 90, size) == pytest.approx(where(states[k]))
            assert words.startswith(f"{k} action{'' if k == 1 else 's'} · return ")
            said = float(re.search(r"return (−?[\d.]+)", words)[1].replace("−", "-"))
            assert said == pytest.approx(film["returns"][k], abs=0.0006)
    assert told(films)[0].endswith(f"✗ still inside after {len(LOST) - 1} actions") and told(films)[1].endswith(
        "✓ reached the exit"
    )


def test_the_keyboard_steps_stops_and_goes_to_the_end(films):
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        films.keyboard.press(key)
    assert told(films)[0].startswith("2 actions ·")
    bumps = films.locator(".rlc-films").first.locator(".rlc-bump")
    assert bumps.evaluate_all("all => all.map(bump => bump.style.visibility)") == ["visible", "hidden"]
    films.keyboard.press("End")
    assert films.locator(".rlc-films").first.locator(".rlc-burst.rlc-out").count() == 1, "one is out"


def test_it_plays_to_the_end_and_there_again(films):
    for _ in range(2):
        films.keyboard.press("Space")
        films.wait_for_function("() => document.querySelector('.rlc-end.rlc-good').textContent", timeout=5000)
        assert told(films)[1].startswith(f"{len(BEST) - 1} actions")
        films.wait_for_function("() => document.querySelector('.rlc-icon[aria-label=play]')", timeout=2000)


def test_the_trail_goes_where_the_robot_went_and_can_be_hidden(films):
    scrub_to(films, 6)
    trail = films.locator(".rlc-films").first.locator(".rlc-trail").last
    points = np.array(trail.get_attribute("points").split(), dtype=float).reshape(-1, 2)
    assert [tuple(place) for place in (points // 40).astype(int)] == [(s // 4 % 4, s // 16) for s in BEST[:7]]
    steps = np.abs(np.diff(points, axis=0)).round(2)
    assert not (steps > 0).all(axis=1).any(), "it goes along the corridors, also round a corner"
    films.locator(".rlc-traillabel").first.click()
    assert trail.get_attribute("points") == ""
    films.locator(".rlc-traillabel").first.click()


def test_between_two_moments_it_moves_unless_motion_is_not_wanted(films):
    def places():
        films.keyboard.press("Home")
        return films.evaluate(
            """() => new Promise(done => {
                const robot = document.querySelectorAll('.rlc-films .rlc-robot')[1], places = new Set();
                const note = () => { places.add(robot.getAttribute('transform')); };
                new MutationObserver(note).observe(robot, {attributes: true});
                document.querySelector('.rlc-icon[aria-label="one step on"]').click();
                setTimeout(() => done(places.size), 400);
            })"""
        )

    assert places() == 1
    films.emulate_media(reduced_motion="no-preference")
    try:
        assert places() > 2
    finally:
        films.emulate_media(reduced_motion="reduce")


def test_the_pole_leans_as_far_as_the_episode_says(opened):
    film, area = pole_film("leaning", LEANING, 4), cell(opened, 1)
    area.locator(".rlc-screens").focus()
    for moment, key in ((0, "Home"), (10, "End")):
        opened.keyboard.press(key)
        degrees = float(re.search(r"rotate\((.*)\)", area.locator(".rlc-pole").get_attribute("transform"))[1])
        place = float(re.search(r"translate\((\S+)", area.locator(".rlc-cart").get_attribute("transform"))[1])
        assert (degrees, place / 68) == pytest.approx((film["tilts"][moment], film["places"][moment]))
    assert area.locator(".rlc-told").text_content() == "step 41 · tilt +11°✗ falls"


def test_own_rules_are_asked_and_their_trouble_is_said(opened):
    said = cell(opened, 2).locator(".rlc-said")
    cell(opened, 2).locator(".rlc-stage").click()
    for key in ("ArrowLeft", "ArrowUp"):
        opened.keyboard.press(key)
    opened.wait_for_function("() => document.querySelector('.rlc-said').textContent.includes('the wall')", timeout=5000)
    assert said.text_content() == (
        "Straight through the wall! Your rules: row 0, column 1, looking west. "
        "The maze’s: row 0, column 0, looking west."
    )
    x, y, degrees, _ = robots(opened, ".rlc-drive")[0]
    assert (x, y, degrees % 360) == (60, 20, 180)
    opened.keyboard.press(",")  # one action back, and on from there
    opened.keyboard.press("ArrowRight")
    opened.wait_for_function("() => document.querySelector('.rlc-said').textContent.includes('heading')", timeout=5000)
    assert said.text_content().startswith("There is no heading 4: they are 0 to 3, and go round.")
    cell(opened, 3)
    opened.locator(".jp-NotebookPanel .jp-CodeCell").nth(3).locator(".jp-InputArea-editor").click()
    menu(opened, "Run", "Run Selected Cell")
    wait_idle(opened)
    assert cell_outputs(opened, 3).text_content().strip() == "[1, 2]"

"""Monte Carlo and TD on the same map, played in a real browser: after every step the maps show what Python computed."""

import numpy as np
import pytest

from rlcourse.explorables.values.monte_carlo_and_td import lessons_of
from rlcourse.maze import generate_maze

from .explorables import latencies, report_latency
from .lab import complaints, open_notebook, run_all, write_notebook

WALKS = 12
CELL = (
    "from rlcourse.explorables import monte_carlo_and_td\nfrom rlcourse.maze import generate_maze\n"
    f"monte_carlo_and_td(generate_maze(3, seed=0), walks={WALKS}, seed=1)"
)
LESSONS = lessons_of(generate_maze(3, seed=0), walks=WALKS, seed=1)
FIRST = len(LESSONS.walks[0].rewards)


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "monte_carlo_and_td", CELL))
    run_all(page)
    page.locator(".rlc-lessons [data-map]").first.wait_for(timeout=15_000)
    assert complaints(page) == []
    return page


@pytest.fixture
def maps(opened):
    """The page before the first walk, with the keyboard on the maps and no motion."""
    opened.emulate_media(reduced_motion="reduce")
    opened.locator(".rlc-lessons .rlc-stage").focus()
    opened.keyboard.press("r")
    yield opened
    opened.emulate_media(reduced_motion="no-preference")


def shown(page, name):
    """The values that a map shows, of all states but the exit's."""
    tiles = page.locator(f'.rlc-lessons [data-map="{name}"] .rlc-place')
    return np.array(tiles.evaluate_all("all => all.map(tile => +tile.dataset.value)"))


def position(page):
    return page.locator(".rlc-lessons").get_attribute("data-position")


def said(page):
    return page.locator(".rlc-lessons .rlc-said").text_content()


def agree(page, monte_carlo, td):
    inside = LESSONS.maze.open_states
    np.testing.assert_allclose(shown(page, "monteCarlo"), monte_carlo[inside], atol=1e-6)
    np.testing.assert_allclose(shown(page, "td"), td[inside], atol=1e-6)


def test_each_step_moves_one_place_of_td_and_none_of_monte_carlo(maps):
    walk, td = LESSONS.walks[0], np.zeros(LESSONS.maze.num_states)
    for t in range(FIRST):
        maps.keyboard.press("ArrowRight")
        td[walk.states[t]] = walk.td[t]
        agree(maps, np.zeros_like(td), td)
        robot = maps.locator('[data-map="td"] .rlc-robot').evaluate("robot => robot.style.transform")
        row, column = divmod(walk.states[t + 1] // 4, 3)
        assert robot.startswith(f"translate({90 * column + 45}px, {90 * row + 45}px)")
    assert said(maps).endswith("The walk is over: now Monte Carlo knows all returns.")


def test_when_the_walk_is_over_monte_carlo_paints_the_whole_way_back(maps):
    maps.keyboard.press("n")
    assert position(maps) == f"0 {2 * FIRST}"
    agree(maps, LESSONS.monte_carlo[1], LESSONS.td[1])
    above = int((LESSONS.monte_carlo[1] > 0).sum())
    assert said(maps) == (
        f"Walk 1 is over. Monte Carlo now thinks that {above} of 32 places are worth more than 0, TD 1."
    )
    numbers = maps.locator('[data-map="monteCarlo"] .rlc-numbers text').all_text_contents()
    assert sum(bool(number) for number in numbers) == len({*LESSONS.walks[0].states[:-1]})


def test_with_motion_it_paints_place_by_place_and_arrives_at_the_same(maps):
    maps.emulate_media(reduced_motion="no-preference")
    maps.evaluate(
        "() => { window.seen = []; const root = document.querySelector('.rlc-lessons');"
        " const watcher = new MutationObserver(() => seen.push(root.dataset.position));"
        " watcher.observe(root, { attributeFilter: ['data-position'] }); }"
    )
    maps.keyboard.press("n")
    maps.wait_for_function(f"document.querySelector('.rlc-lessons').dataset.position === '0 {2 * FIRST}'")
    assert f"0 {2 * FIRST - 1}" in maps.evaluate("seen")
    agree(maps, LESSONS.monte_carlo[1], LESSONS.td[1])


def test_the_slider_goes_to_any_walk_and_back(maps):
    slider = maps.get_by_role("slider", name="walks")
    for count in (WALKS, 5, 0):
        slider.fill(str(count))
        agree(maps, LESSONS.monte_carlo[count], LESSONS.td[count])
        assert maps.locator(".rlc-lessons .rlc-count").text_content() == f"{count} of {WALKS} walks"
    slider.focus()
    maps.keyboard.press("ArrowRight")  # Lab leaves it the key, and the maps take no step of their own
    assert position(maps) == f"0 {2 * FIRST}"


def test_the_slider_is_heard_while_monte_carlo_still_paints_back(maps):
    maps.emulate_media(reduced_motion="no-preference")
    maps.get_by_role("combobox", name="speed").select_option("slow")
    slider = maps.get_by_role("slider", name="walks")
    maps.keyboard.press("n")
    slider.focus()
    maps.keyboard.press("End")
    assert slider.input_value() == str(WALKS)
    agree(maps, LESSONS.monte_carlo[WALKS], LESSONS.td[WALKS])
    maps.get_by_role("combobox", name="speed").select_option("medium")


def test_the_curves_are_the_errors_so_far(maps):
    maps.get_by_role("slider", name="walks").fill("7")
    picture = maps.locator(".rlc-lessons .rlc-third svg[role=img]")
    high = float(picture.get_attribute("data-high"))
    for name, table in (("monteCarlo", LESSONS.monte_carlo), ("td", LESSONS.td)):
        path = picture.locator(f'[data-error="{name}"]').get_attribute("d")
        heights = [float(point.split(" ")[1]) for point in path[1:].split("L")]
        errors = high * (250 - 40 - np.array(heights)) / (250 - 12 - 40)
        np.testing.assert_allclose(errors, LESSONS.errors(table)[:8], atol=2e-3)
    told = maps.locator(".rlc-lessons .rlc-errors").text_content()
    assert told.startswith("Average error of V after 7 walks: Monte Carlo ")
    assert picture.get_attribute("aria-label").endswith(told)


def test_play_goes_through_all_walks_and_pause_stops_it(maps):
    maps.get_by_role("combobox", name="speed").select_option("walk by walk")
    maps.get_by_role("button", name="play").click()
    maps.wait_for_function("document.querySelector('.rlc-lessons').dataset.position.startsWith('1 ')")
    maps.get_by_role("button", name="pause").click()
    stopped = position(maps)
    maps.wait_for_timeout(400)
    assert position(maps) == stopped
    maps.keyboard.press("p")
    last = 2 * len(LESSONS.walks[-1].rewards)
    maps.wait_for_function(f"document.querySelector('.rlc-lessons').dataset.position === '{WALKS - 1} {last}'")
    maps.get_by_role("button", name="play").wait_for()
    agree(maps, LESSONS.monte_carlo[WALKS], LESSONS.td[WALKS])
    maps.get_by_role("combobox", name="speed").select_option("medium")


def test_a_key_press_is_painted_soon(maps, record_property):
    keys = ("ArrowRight", "ArrowRight")
    milliseconds = latencies(maps, None, keys=keys, watched=".rlc-lessons .rlc-stage", presses=20)
    report_latency("Monte Carlo and TD", milliseconds, aim=50, record=record_property)

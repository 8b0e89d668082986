"""Policies on a map: what reaches the browser, with values and without, and the page on paper."""

import numpy as np
import pytest

from rlcourse.explorables import policy_maps, policy_maps_figure
from rlcourse.maze import generate_maze, solve, ways_out

MAZE = generate_maze(4, seed=0)
STATES = MAZE.num_states
BEST = solve(MAZE, gamma=0.9).policy
UNDECIDED = np.full((STATES, 3), 1 / 3)


def sent(page):
    """π, V, ways out and colours as they were sent."""
    return np.split(np.frombuffer(page["numbers"], "<f4"), np.cumsum([3 * STATES, STATES, STATES]))


def test_each_page_holds_its_policy_and_no_values_unless_asked():
    maps = policy_maps(MAZE, {"undecided": UNDECIDED, "best": BEST})
    assert [page["name"] for page in maps.pages] == ["undecided", "best"] and not maps.world["valued"]
    for page, table in zip(maps.pages, (UNDECIDED, BEST), strict=True):
        pi, values, ways, colours = sent(page)
        np.testing.assert_allclose(pi, table.ravel(), atol=1e-6)
        np.testing.assert_allclose(ways, ways_out(MAZE, table).ravel(), atol=1e-6)
        assert not values.any() and not colours.any()
        assert "V" not in page["said"]["alt"] + page["said"]["when"]


def test_with_a_discount_the_states_are_worth_what_they_are_under_the_policy():
    (page,) = policy_maps(MAZE, {"undecided": UNDECIDED}, gamma=0.9).pages
    np.testing.assert_allclose(sent(page)[1], solve(MAZE, gamma=0.9, policy=UNDECIDED).V, atol=1e-5)
    assert page["said"]["when"].endswith("V(s) is exact, with γ = 0.9.") and "V at the start" in page["said"]["alt"]


def test_on_paper_they_stand_side_by_side():
    policies = {"undecided": UNDECIDED, "best": BEST}
    figure = policy_maps_figure(MAZE, policies)
    assert [axes.get_title("left") for axes in figure.axes] == ["undecided", "best"]
    assert "The policy “best”. A map of a maze" in policy_maps(MAZE, policies).still().text


def test_what_is_no_policy_is_refused():
    with pytest.raises(ValueError, match="policies must hold at least one policy"):
        policy_maps(MAZE, {})
    with pytest.raises(ValueError, match="policy must"):
        policy_maps(MAZE, {"half": UNDECIDED[:3]})

"""Heat maps over γ: their numbers against exact planning, their colours against their numbers."""

import numpy as np
import pytest

from rlcourse.explorables import PlotView, values_of_gamma, values_of_gamma_figure
from rlcourse.explorables.values.values_of_gamma import ACTIONS, GAMMAS, QUANTITIES, values_of_gamma_plot
from rlcourse.maze import expected_return, solve
from rlcourse.maze.generation import generate_maze
from rlcourse.maze.grid import NUM_HEADINGS

MAZE = generate_maze(4, seed=1)
UNIFORM = np.full((MAZE.num_states, 3), 1 / 3)
POLICIES = pytest.mark.parametrize("policy", [None, UNIFORM], ids=["optimal", "uniform"])


@POLICIES
@pytest.mark.parametrize("gamma", [0.0, 0.9, 0.999])
def test_the_numbers_are_those_of_exact_planning(policy, gamma):
    plot, exact = values_of_gamma_plot(MAZE, policy), solve(MAZE, gamma=gamma, policy=policy)
    state = {"discount": GAMMAS.index(gamma)}
    np.testing.assert_allclose(plot.pick("V", state, along="seat"), exact.V[MAZE.open_states], atol=1e-12)
    for i, quantity in enumerate(QUANTITIES):
        letter, action = quantity.split()
        expected = getattr(exact, letter)[MAZE.open_states, ACTIONS.index(action)]
        np.testing.assert_allclose(plot.pick("chosen", state | {"quantity": i}, along="seat"), expected, atol=1e-12)
        np.testing.assert_allclose(plot.pick(f"{letter}_{action}", state, along="seat"), expected, atol=1e-12)


@POLICIES
def test_the_average_advantage_of_a_policys_own_actions_is_zero(policy):
    plot = values_of_gamma_plot(MAZE, policy)
    A = np.stack([plot.arrays[f"A_{action}"].values for action in ACTIONS])
    if policy is None:
        np.testing.assert_allclose(A.max(axis=0), 0, atol=1e-12)
    else:
        np.testing.assert_allclose(A.mean(axis=0), 0, atol=1e-12)


def test_the_values_of_a_given_policy_are_its_expected_returns():
    plot = values_of_gamma_plot(MAZE, UNIFORM)
    seat = MAZE.open_states.tolist().index(MAZE.start_state)
    shown = plot.pick("V", {"discount": GAMMAS.index(0.9), "seat": seat})
    assert shown == pytest.approx(expected_return(MAZE, UNIFORM, gamma=0.9, max_steps=400), abs=1e-9)


@POLICIES
def test_every_number_lies_on_its_colour_bar_and_v_shares_its_own_with_all_q(policy):
    arrays = values_of_gamma_plot(MAZE, policy).arrays
    of_Q = [quantity.startswith("Q") for quantity in QUANTITIES]
    for name, reach, together in (("V", "reach", slice(None)), ("chosen", "chosen_reach", of_Q)):
        numbers, reach = arrays[name].values, arrays[reach].values
        assert (np.abs(numbers) <= reach[..., None]).all() and (reach > 0).all()
        np.testing.assert_array_equal(arrays["reach"].values, np.broadcast_to(reach[together], (3, len(GAMMAS)))[0])


def test_a_triangle_lies_on_the_side_to_which_the_robot_looks_and_holds_its_mark():
    arrays = {name: array.values for name, array in values_of_gamma_plot(MAZE).arrays.items()}
    one, two, middle, mark = (
        np.stack([arrays[f"{name}_x"], arrays[f"{name}_y"]], axis=1) for name in ("one", "two", "middle", "seat")
    )
    cell, heading = np.divmod(MAZE.open_states, NUM_HEADINGS)
    row, column = np.divmod(cell, MAZE.size)
    np.testing.assert_allclose(middle, np.stack([column + 0.5, MAZE.size - row - 0.5], axis=1))
    north_east_south_west = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])[heading]
    np.testing.assert_allclose((one + two) / 2 - middle, 0.5 * north_east_south_west)
    np.testing.assert_allclose(mark - middle, 0.34 * north_east_south_west)


def test_the_walls_are_those_of_the_maze():
    arrays = values_of_gamma_plot(MAZE).arrays
    x, y = arrays["wall_x"].values, arrays["wall_y"].values
    assert (np.isnan(x) == np.isnan(y)).all() and np.isnan(x[2::3]).all()
    drawn = {((x[i] + x[i + 1]) / 2, (y[i] + y[i + 1]) / 2) for i in range(0, len(x), 3)}
    sides = np.array([[0, 0.5], [0.5, 0], [0, -0.5], [-0.5, 0]])  # north, east, south, west
    expected = {
        (cell % MAZE.size + 0.5 + sides[side][0], MAZE.size - cell // MAZE.size - 0.5 + sides[side][1])
        for cell, side in np.argwhere(MAZE.walls)
    }
    assert drawn == expected


def test_the_words_say_the_numbers_of_the_chosen_state():
    plot = values_of_gamma_plot(MAZE)
    state = {"discount": GAMMAS.index(0.9), "quantity": QUANTITIES.index("A left"), "seat": 0}
    exact = solve(MAZE, gamma=0.9)
    first = MAZE.open_states[0]
    assert plot.fill(plot.readouts[0], state) == f"Row 0, column 0, looking north:  V = {exact.V[first]:+.3f}.".replace(
        "-", "−"
    )
    assert "for γ = 0.900" in plot.fill(plot.alt, state)
    assert f"A left = {exact.A[first, 1]:+.3f}".replace("-", "−") in plot.fill(plot.alt, state)


def test_the_explorable_starts_at_the_robots_start_and_its_controls_agree_with_the_view():
    words, *rows, view = values_of_gamma(MAZE).children
    assert "Try this" in words.value and "Watch" in words.value
    assert isinstance(view, PlotView)
    discount, seat, buttons = (control for row in rows for control in row.children)
    assert (discount.value, buttons.value) == ("0.97", "A forward")
    assert (discount.index, buttons.index, seat.value) == (view.discount, view.quantity, view.seat)
    assert MAZE.open_states[int(view.seat)] == MAZE.start_state


def test_the_figure_has_both_maps_with_their_colour_bars():
    figure = values_of_gamma_figure(MAZE, UNIFORM, gamma=0.9, quantity="Q left")
    bars = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
    V, Q = (axes for axes in figure.axes if axes not in bars)
    exact = solve(MAZE, gamma=0.9, policy=UNIFORM)
    np.testing.assert_allclose(V.collections[0].get_array(), exact.V[MAZE.open_states])
    np.testing.assert_allclose(Q.collections[0].get_array(), exact.Q[MAZE.open_states, 1])
    assert V.collections[0].get_clim() == Q.collections[0].get_clim() and len(bars) == 2


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"gamma": 0.93}, "gamma"), ({"quantity": "B"}, "quantity"), ({"policy": UNIFORM[1:]}, "policy")],
)
def test_what_cannot_be_drawn_is_refused(wrong, named):
    with pytest.raises(ValueError, match=named):
        values_of_gamma_figure(MAZE, **wrong)


def test_a_maze_too_large_to_send_is_refused():
    with pytest.raises(ValueError, match="at most 14 × 14"):
        values_of_gamma(generate_maze(17, seed=0))


def test_what_is_sent_for_the_courses_maze_is_small():
    arrays = values_of_gamma_plot(generate_maze(8, seed=0)).arrays
    assert sum(array.values.size for array in arrays.values()) * 4 < 500_000

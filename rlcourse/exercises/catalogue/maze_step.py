"""Notebook 02: where does an action lead? The rules of the maze, in one function."""

from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.maze.grid import NUM_ACTIONS, NUM_HEADINGS, Action

ROW, COLUMN = 2, 5  # not alike, so that mixing them up shows


def maze_step(row: int, column: int, heading: int, action: int, wall_ahead: bool) -> tuple[int, int, int]:
    """The next state of the robot: P(s′|s, a) of a world without chance.

    Headings are 0 north, 1 east, 2 south, 3 west; actions 0 forward, 1 turn left, 2 turn right. The course's
    mazes work the same out for every state at once: `Maze.transitions` in rlcourse/maze/grid.py.
    """
    if action == Action.TURN_LEFT:
        return row, column, (heading - 1) % 4
    if action == Action.TURN_RIGHT:
        return row, column, (heading + 1) % 4
    if wall_ahead:
        return row, column, heading
    row_step, column_step = (-1, 0, 1, 0), (0, 1, 0, -1)  # one move north, east, south, west
    return row + row_step[heading], column + column_step[heading], heading


def _through_walls(row, column, heading, action, wall_ahead):
    return maze_step(row, column, heading, action, False)


def _left_for_right(row, column, heading, action, wall_ahead):
    return maze_step(row, column, heading, (0, 2, 1)[action], wall_ahead)


def _turns_and_moves(row, column, heading, action, wall_ahead):
    row, column, heading = maze_step(row, column, heading, action, wall_ahead)
    return maze_step(row, column, heading, Action.FORWARD, wall_ahead) if action else (row, column, heading)


def _rows_grow_northwards(row, column, heading, action, wall_ahead):
    new_row, column, heading = maze_step(row, column, heading, action, wall_ahead)
    return 2 * row - new_row, column, heading


def _row_for_column(row, column, heading, action, wall_ahead):
    column, row, heading = maze_step(column, row, heading, action, wall_ahead)
    return row, column, heading


def _heading_without_end(row, column, heading, action, wall_ahead):
    turn = {Action.TURN_LEFT: -1, Action.TURN_RIGHT: 1}.get(action)
    if turn is None:
        return maze_step(row, column, heading, action, wall_ahead)
    return row, column, heading + turn


def _always_north(row, column, heading, action, wall_ahead):
    new_row, new_column, _ = maze_step(row, column, 0, action, wall_ahead)
    return new_row, new_column, maze_step(row, column, heading, action, wall_ahead)[2]


def _wall_stops_turning(row, column, heading, action, wall_ahead):
    return (row, column, heading) if wall_ahead else maze_step(row, column, heading, action, wall_ahead)


def _wall_test_inverted(row, column, heading, action, wall_ahead):
    return maze_step(row, column, heading, action, not wall_ahead)


def _turns_left_and_drives(row, column, heading, action, wall_ahead):
    if action == Action.TURN_LEFT:
        heading = (heading - 1) % 4
    if action == Action.TURN_RIGHT:
        return row, column, (heading + 1) % 4
    return maze_step(row, column, heading, Action.FORWARD, wall_ahead)


def _no_way_round_to_the_right(row, column, heading, action, wall_ahead):
    if action == Action.TURN_RIGHT:
        return row, column, heading + 1
    return maze_step(row, column, heading, action, wall_ahead)


def _no_way_round_to_the_left(row, column, heading, action, wall_ahead):
    if action == Action.TURN_LEFT:
        return row, column, heading - 1
    return maze_step(row, column, heading, action, wall_ahead)


def _east_and_west_exchanged(row, column, heading, action, wall_ahead):
    row, new_column, heading = maze_step(row, column, heading, action, wall_ahead)
    return row, 2 * column - new_column, heading


def _headings_from_east(row, column, heading, action, wall_ahead):
    row, column, turned = maze_step(row, column, (heading + 1) % 4, action, wall_ahead)
    return row, column, (turned - 1) % 4


def _actions_of_minigrid(row, column, heading, action, wall_ahead):
    return maze_step(row, column, heading, (1, 2, 0)[action], wall_ahead)


def _all_of_minigrid(row, column, heading, action, wall_ahead):
    return _headings_from_east(row, column, heading, (1, 2, 0)[action], wall_ahead)


_SLIPS = (
    Slip(
        "drives through walls",
        "With a wall ahead, forward leaves the robot where it is: look at `wall_ahead` before you move.",
        _through_walls,
    ),
    Slip(
        "left and right exchanged",
        "The headings run clockwise, north 0, east 1, south 2, west 3. So a right turn adds one and a left turn "
        "takes one away.",
        _left_for_right,
    ),
    Slip(
        "turns and drives in one action",
        "A turn is an action of its own: it changes the heading and leaves the robot in its cell.",
        _turns_and_moves,
    ),
    Slip(
        "rows grow to the north",
        "Row 0 is the north edge, as in a matrix or on a page, so a step north makes `row` smaller, not larger.",
        _rows_grow_northwards,
    ),
    Slip(
        "row and column exchanged",
        "North and south change the row, east and west the column. In (x, y) it is the other way round, which is "
        "where this slip comes from.",
        _row_for_column,
    ),
    Slip(
        "heading leaves 0 to 3",
        "Left of north (0) is west (3), not −1, and right of west is north, not 4. The headings go round: take "
        "them modulo 4.",
        _heading_without_end,
    ),
    Slip(
        "forward is always north",
        "Forward is where the robot looks. The same action leads to different cells under different headings; "
        "that is why the heading belongs to the state.",
        _always_north,
    ),
    Slip(
        "a wall stops turning too",
        "A wall ahead is only in the way of forward. If it stopped turns as well, the robot would stand before "
        "it for ever.",
        _wall_stops_turning,
    ),
    Slip(
        "the wall test inverted",
        "Here the robot drives where there is a wall, and stays where there is none. Forward moves it if `wall_ahead` "
        "is False: `not wall_ahead`.",
        _wall_test_inverted,
    ),
    Slip(
        "turns left and drives on",
        "The `else` at the end belongs to the last `if` alone, so a left turn runs into it too. Three actions exclude "
        "one another: `if`, `elif`, `else`.",
        _turns_left_and_drives,
    ),
    Slip(
        "the heading goes round to the left only",
        "Left of north is west in your function, but right of west (3) is 4, where north (0) is wanted. Both turns are "
        "taken modulo 4.",
        _no_way_round_to_the_right,
    ),
    Slip(
        "the heading goes round to the right only",
        "Right of west is north in your function, but left of north (0) is −1, where west (3) is wanted. Both turns "
        "are taken modulo 4.",
        _no_way_round_to_the_left,
    ),
    Slip(
        "east and west exchanged",
        "Columns are counted from the west, from left to right on the page: a step east makes `column` larger.",
        _east_and_west_exchanged,
    ),
    Slip(
        "the headings of another world",
        "You count the headings from east, as MiniGrid does. Here 0 is north, 1 east, 2 south and 3 west.",
        _headings_from_east,
    ),
    Slip(
        "the actions of another world",
        "You take 0 for a left turn, 1 for a right turn and 2 for forward, as MiniGrid does. Here forward is 0, a left "
        "turn 1 and a right turn 2.",
        _actions_of_minigrid,
    ),
    Slip(
        "the actions and headings of another world",
        "These are MiniGrid's: actions left, right, forward, and headings counted from east. Here the actions are 0 "
        "forward, 1 left, 2 right, and the headings 0 north, 1 east, 2 south, 3 west.",
        _all_of_minigrid,
    ),
)

_HEADINGS, _ACTIONS = ("north", "east", "south", "west"), ("forward", "turn left", "turn right")


_FORWARD = (
    "A step north makes `row` one smaller: row 0 is the north edge.",
    "A step east makes `column` one larger.",
    "A step south makes `row` one larger.",
    "A step west makes `column` one smaller.",
)


def _note(action: int, wall: bool, heading: int) -> str:
    """What one case is there to show."""
    if action == Action.FORWARD:
        return "With a wall ahead, forward changes nothing at all." if wall else _FORWARD[heading]
    new = (heading + (1 if action == Action.TURN_RIGHT else -1)) % 4
    side = "Right" if action == Action.TURN_RIGHT else "Left"
    where = f"{side} of {_HEADINGS[heading]} ({heading}) is {_HEADINGS[new]} ({new}), and the robot stays in its cell"
    return f"{where}, wall or not." if wall else f"{where}."


def _cases() -> tuple[Case, ...]:
    """Every heading, action and wall."""
    every = [(a, w, h) for a in range(NUM_ACTIONS) for w in (False, True) for h in range(NUM_HEADINGS)]
    return tuple(
        Case(
            f"{_ACTIONS[action]}, looking {_HEADINGS[heading]}, {'a wall' if wall else 'no wall'} ahead",
            {"row": ROW, "column": COLUMN, "heading": heading, "action": action, "wall_ahead": wall},
            _note(action, wall, heading),
        )
        for action, wall, heading in every
    )


EXERCISE = Exercise(
    name="maze_step",
    title="Where an action leads",
    notebook="02",
    place=1,
    minutes=8,
    difficulty="easy",
    returns="three whole numbers, (row, column, heading)",
    reference=maze_step,
    sources=(maze_step,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "There are three actions, so there are three cases. Which of row, column and heading can each of them change?",
        "The headings are numbered clockwise: a right turn is `heading + 1`, a left turn `heading - 1`, and after "
        "west (3) comes north (0) again. `%` does that.",
        "For forward, write down how far the row and the column change for north, east, south and west: "
        "`(-1, 0, 1, 0)` and `(0, 1, 0, -1)`. Pick with `heading`, and only when there is no wall ahead.",
    ),
)

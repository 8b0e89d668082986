"""Exact values of a maze: what every state and every action is worth, with nothing estimated.

    V(s)    = Σₐ π(a|s)·Q(s, a)          the value of a state under a policy π
    Q(s, a) = r(s, a) + γ·V(s′)          the value of an action; s′ is the state it leads to
    A(s, a) = Q(s, a) − V(s)             the advantage of an action

(Bellman 1957; Sutton and Barto 2018, chapters 3 and 4.) The maze's rules are known and small, so all three
can be computed to machine precision, and whatever the course estimates can be held against them.

Left out: worlds with chance in them, and sparse-matrix libraries. A policy that is certain of its actions is
followed (`_values_followed`); any other is evaluated by a direct solve that goes through the maze row by row
(`_policy_values`). Both need nothing but NumPy.
"""

from dataclasses import dataclass, replace
from numbers import Real

import gymnasium
import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from rlcourse.arguments import check_integer, check_number, describe
from rlcourse.maze.grid import MOST_STEPS, NUM_ACTIONS, NUM_HEADINGS, Action, Heading, Maze, Transitions, start_of

MazeLike = Maze | gymnasium.Env | gymnasium.vector.VectorEnv
PolicyTable = Float[np.ndarray, "S 3"] | Float[torch.Tensor, "S 3"]

ROUNDING = 1e-12
"""Two values that differ by less than this share of the largest are called equal."""
LEAST_CHANCE = 2.0**-53
"""Of a smaller probability p, 1 − p is 1: who leaves by such a chance alone never does, as far as can be told."""
MOST_DOUBLINGS = 64
"""How often a number of actions is doubled at most: γ to the power of 2⁶⁴ rounds to 0 for every float64 γ below 1."""


@dataclass(frozen=True)
class Solution:
    """The exact values of a policy in a maze, over S states and 3 actions. In the exit all are 0."""

    V: Float[np.ndarray, "S"]
    """The value of each state: the expected discounted return from there on."""
    Q: Float[np.ndarray, "S 3"]
    """The value of each action: take it once and follow the policy from then on."""
    A: Float[np.ndarray, "S 3"]
    """The advantage of each action, Q − V."""
    policy: Float[np.ndarray, "S 3"]
    """π(a|s), whose values these are: the policy that was given, or an optimal one."""


def solve(maze: MazeLike, *, gamma: Real, policy: PolicyTable | None = None) -> Solution:
    """Exact V, Q and A, of an optimal policy or of the one given. There is no time limit in these values.

        V*(s) = maxₐ [ r(s, a) + γ·V*(s′) ]             optimal            (Bellman 1957)
        V(s)  = Σₐ π(a|s)·[ r(s, a) + γ·V(s′) ]         of a given policy

    Args:
        maze: a `Maze`, or an environment of one, wrapped or not.
        gamma: the discount, 0 to 1. 0.9–0.999 is usual. 1 is allowed where the robot is sure to leave.
        policy: π(a|s) as an [S, 3] table whose rows add up to 1; None for an optimal policy. Where several
            actions are equally good, the optimal policy takes the one that is nearer to the exit.

    Raises:
        TypeError: `maze` is neither a maze nor an environment of one, or gamma is not a number.
        ValueError: gamma is outside 0 to 1; the policy is no table of probabilities; or gamma is 1 and the
            values are infinite, because the robot need not leave.
    """
    maze = maze_of(maze)
    gamma = _discount(gamma)
    if policy is None:
        if gamma == 1:
            _check_leaving_pays(maze)
        return _policy_iteration(maze, gamma)
    table = check_policy(maze, policy)
    if gamma == 1:
        _check_leaves(maze, table)
    return _evaluate(maze, gamma, table)


def optimal_return(maze: MazeLike, *, gamma: Real = 1.0) -> float:
    """V*(start): the most the robot can collect from the start, without a time limit."""
    maze = maze_of(maze)
    return float(solve(maze, gamma=gamma).V[maze.start_state])


def expected_return(
    maze: MazeLike, policy: PolicyTable, *, max_steps: int, gamma: Real = 1.0, start_state: int | None = None
) -> float:
    """The exact expected return of a policy that is stopped after `max_steps` actions.

        Vₖ(s) = Σₐ π(a|s)·[ r(s, a) + γ·Vₖ₋₁(s′) ],   V₀ = 0

    Args:
        maze: a `Maze`, or an environment of one.
        policy: π(a|s), an [S, 3] table of probabilities.
        max_steps: the time limit, 1 to 100,000.
        gamma: the discount, 0 to 1.
        start_state: where the episode starts; the maze's own start when None.
    """
    maze = maze_of(maze)
    gamma, table = _discount(gamma), check_policy(maze, policy)
    check_integer("max_steps", max_steps, 1, MOST_STEPS)
    start = start_of(maze, start_state)
    return float(values_ahead(maze.transitions, table, actions_left=max_steps, gamma=gamma)[start])


def values_ahead(
    rules: Transitions, policy: Float[np.ndarray, "S 3"], *, actions_left: int, gamma: float
) -> Float[np.ndarray, "S"]:
    """What each state pays on average with so many actions left.

        Vₖ(s) = Σₐ π(a|s)·[ r(s, a) + γ·Vₖ₋₁(s′) ],   V₀ = 0

    Args:
        rules: The maze's, as tables: `Maze.transitions`.
        policy: π(a|s), one row for each state.
        actions_left: k.
        gamma: The discount, 0 to 1.

    Raises:
        ValueError: Rules and policy are of different mazes, or a number lies outside.
    """
    check_integer("actions_left", actions_left, 0, MOST_STEPS)
    check_number("gamma", gamma, low=0, high=1)
    if policy.shape != rules.reward.shape:
        raise ValueError(f"policy must have the shape {rules.reward.shape} of the rules, got {policy.shape}")
    pay = (policy * rules.reward).sum(axis=1)
    values = np.zeros(len(policy))
    for _ in range(actions_left):
        before = values
        values = pay + gamma * (policy * before[rules.next_state]).sum(axis=1)
        if np.array_equal(before, values):  # and so they will stay
            break
    return values


def steps_to_exit(maze: MazeLike) -> Int[np.ndarray, "S"]:
    """The fewest actions, turns included, that lead from each state to the exit."""
    maze = maze_of(maze)
    return _steps_to_exit(maze, np.ones((maze.num_states, NUM_ACTIONS), dtype=bool))


def shortest_path_length(maze: MazeLike) -> int:
    """The fewest actions, turns included, from the maze's start to its exit."""
    maze = maze_of(maze)
    return int(steps_to_exit(maze)[maze.start_state])


def maze_of(maze: MazeLike) -> Maze:
    """The maze itself, given the maze or an environment of it, wrapped or not."""
    found = maze if isinstance(maze, Maze) else getattr(getattr(maze, "unwrapped", None), "maze", None)
    if not isinstance(found, Maze):
        raise TypeError(f"maze must be a Maze or a maze environment, got {describe(maze)}")
    return found


def _discount(gamma: Real) -> float:
    """Gamma as a plain number, or raise unless it is one from 0 to 1."""
    check_number("gamma", gamma, low=0, high=1)
    return float(gamma)


def check_policy(maze: Maze, policy: PolicyTable) -> Float[np.ndarray, "S 3"]:
    """Return the policy in float64, rows adding up to 1 exactly, or raise if it is no table of probabilities."""
    table = as_numbers("policy", policy)
    if table.shape != (maze.num_states, NUM_ACTIONS):
        raise ValueError(f"policy must have the shape ({maze.num_states}, {NUM_ACTIONS}), got {table.shape}")
    totals = table.sum(axis=1, keepdims=True)  # [S, 1]
    if not (np.isfinite(table).all() and (table >= 0).all() and np.allclose(totals, 1, atol=1e-4)):
        raise ValueError("policy must hold probabilities: each row at least 0 and adding up to 1")
    return table / totals


def as_numbers(name: str, table: object) -> Float[np.ndarray, "..."]:
    """A table, be it NumPy's, PyTorch's or a list, in float64; TypeError if it is no table of numbers."""
    if isinstance(table, torch.nn.Module):
        has = ", the table it has is policy.probabilities()" if hasattr(table, "probabilities") else ""
        raise TypeError(f"{name} must be a table of numbers, got a {type(table).__name__}{has}")
    try:
        if isinstance(table, torch.Tensor):
            table = table.detach().to("cpu", torch.float64).numpy()
        numbers = np.asarray(table)
        if table is not None and numbers.dtype.kind in "biuf":
            return numbers.astype(np.float64)
    except (TypeError, ValueError, RuntimeError):  # a ragged list; a tensor without numbers (meta), or a sparse one
        pass
    raise TypeError(f"{name} must be a table of numbers, got {describe(table)}")


def _evaluate(maze: Maze, gamma: float, policy: Float[np.ndarray, "S 3"]) -> Solution:
    """V, Q and A of a policy that has been checked."""
    certain = ((policy > 0).sum(axis=1) == 1).all()
    values = (_values_followed if certain else _policy_values)(maze, gamma, policy)
    action_values = maze.transitions.reward + gamma * values[maze.transitions.next_state]  # [S, 3]
    return Solution(V=values, Q=action_values, A=action_values - values[:, None], policy=policy)


def _policy_iteration(maze: Maze, gamma: float) -> Solution:
    """An optimal policy and its values: evaluate, take the best action everywhere, repeat (Howard 1960).

    It starts from the shortest way out. With sensible rewards that is already optimal and the second round
    only confirms it; where the rewards make staying worthwhile, a few rounds find that.
    """
    steps = steps_to_exit(maze)
    solution = _evaluate(maze, gamma, _best_actions(maze, np.zeros((maze.num_states, NUM_ACTIONS)), steps))
    for _ in range(maze.num_states):
        if solution.A.max() <= ROUNDING * np.abs(solution.Q).max():
            break
        solution = _evaluate(maze, gamma, _best_actions(maze, solution.Q, steps))
    return replace(solution, policy=_best_actions(maze, solution.Q, steps))


def _best_actions(
    maze: Maze, action_values: Float[np.ndarray, "S 3"], steps: Int[np.ndarray, "S"]
) -> Float[np.ndarray, "S 3"]:
    """The policy that takes the best action, and of equally good ones the one from which the exit is nearest."""
    best = action_values.max(axis=1, keepdims=True)  # [S, 1]
    equal = action_values >= best - ROUNDING * np.abs(action_values).max()
    distance = np.where(equal, steps[maze.transitions.next_state], maze.num_states)
    return np.eye(NUM_ACTIONS)[distance.argmin(axis=1)]


def _steps_to_exit(maze: Maze, taken: Bool[np.ndarray, "S 3"]) -> Int[np.ndarray, "S"]:
    """The fewest actions to the exit when only the actions in `taken` are used; S where there is no way.

    A breadth-first search, backwards from the exit.
    """
    # The states that lead to state s are sources[first[s]:first[s + 1]]. One list, not one for every state: thousands
    # of new lists would set off Python's garbage collector, which takes longer than the search.
    target = np.where(taken, maze.transitions.next_state, maze.num_states).ravel()
    sources = (np.argsort(target, kind="stable") // NUM_ACTIONS).tolist()
    first = np.searchsorted(np.sort(target), np.arange(maze.num_states + 1)).tolist()
    steps = np.where(maze.transitions.terminal, 0, maze.num_states).tolist()
    frontier = np.flatnonzero(maze.transitions.terminal).tolist()
    distance = 0
    while frontier:
        distance += 1
        before = {
            state for here in frontier for state in sources[first[here] : first[here + 1]] if steps[state] > distance
        }
        for state in before:
            steps[state] = distance
        frontier = before
    return np.array(steps)


def _values_followed(maze: Maze, gamma: float, policy: Float[np.ndarray, "S 3"]) -> Float[np.ndarray, "S"]:
    """V of a policy that is certain of each action: it is followed for 1, 2, 4, 8 … actions, until no more is added.

        V₂ₖ(s) = Vₖ(s) + γᵏ·Vₖ(sₖ)          sₖ: the state after k actions from s

    A shortest way out of a large maze takes hundreds of actions, and so some ten doublings.
    """
    rules, states, taken = maze.transitions, np.arange(maze.num_states), policy.argmax(axis=1)
    values, after = rules.reward[states, taken], rules.next_state[states, taken]
    for doublings in range(MOST_DOUBLINGS):
        longer = values + gamma**2**doublings * values[after]
        if np.array_equal(longer, values):
            break
        values, after = longer, after[after]
    return values


def _policy_values(maze: Maze, gamma: float, policy: Float[np.ndarray, "S 3"]) -> Float[np.ndarray, "S"]:
    """V of a given policy: solve (I − γP)·V = r for all S states at once.

    A move changes the row by at most one, so the matrix is block tridiagonal, one block of 4·size states per
    row of the maze. Gauss elimination from the north row to the south row (the Thomas algorithm) takes
    milliseconds where the full 2,500 × 2,500 system takes seconds.
    """
    within, northward, southward, pay = _row_blocks(maze, gamma, policy)
    north = Heading.NORTH + NUM_HEADINGS * np.arange(maze.size)  # states of one row that look north
    south = Heading.SOUTH + NUM_HEADINGS * np.arange(maze.size)
    values_below, known = [], []  # row r: V = values_below[r] @ V[south states of row r + 1] + known[r]
    for row in range(maze.size):
        if row > 0:
            within[row][np.ix_(north, south)] -= northward[row][:, None] * values_below[-1][north]
            pay[row][north] += northward[row] * known[-1][north]
        down = np.zeros((len(pay[row]), maze.size))
        down[south, np.arange(maze.size)] = southward[row]
        solved = np.linalg.solve(within[row], np.column_stack([down, pay[row]]))
        values_below.append(solved[:, :-1])
        known.append(solved[:, -1])
    values = known[-1:]
    for row in range(maze.size - 2, -1, -1):
        values.insert(0, values_below[row] @ values[0][south] + known[row])
    return np.concatenate(values)


def _row_blocks(maze: Maze, gamma: float, policy: Float[np.ndarray, "S 3"]) -> tuple[np.ndarray, ...]:
    """The system (I − γP)·V = r, cut into the maze's rows.

    Returns the blocks inside each row [rows, b, b], b = 4·size; the weights γ·π(forward) of moves into the row
    to the north and to the south, one per column [rows, size]; and the expected pay r [rows, b].
    """
    rules, size, b = maze.transitions, maze.size, maze.size * NUM_HEADINGS
    weight = gamma * policy * ~rules.terminal[:, None]  # [S, 3]; the exit leads nowhere, V = 0
    row, state = np.divmod(np.arange(maze.num_states), b)
    next_row, next_state = np.divmod(rules.next_state, b)
    within = np.tile(np.eye(b), (size, 1, 1))
    for action in Action:
        inside = next_row[:, action] == row
        within[row[inside], state[inside], next_state[inside, action]] -= weight[inside, action]
    forward = np.where(next_row[:, Action.FORWARD] == row, 0.0, weight[:, Action.FORWARD])
    forward = forward.reshape(size, size, NUM_HEADINGS)
    pay = (policy * rules.reward).sum(axis=1).reshape(size, b)
    return within, forward[..., Heading.NORTH], forward[..., Heading.SOUTH], pay


def _check_leaving_pays(maze: Maze) -> None:
    """Raise if, with gamma = 1, an optimal robot would rather stay for ever."""
    pay = maze.rewards
    staying = max(pay.step, pay.step + pay.wall)  # the most that turning, or driving at a wall, pays each time
    if staying > 0 or (staying == 0 and pay.exit <= 0):
        raise ValueError(
            f"gamma = 1 needs rewards that make leaving worthwhile; with {pay} the best robot never leaves, and its "
            "return is not defined. Use a gamma below 1, or a step and a wall that cost something"
        )


def _check_leaves(maze: Maze, policy: Float[np.ndarray, "S 3"]) -> None:
    """Raise if the policy, from some state, can never reach the exit: with gamma = 1 its return is not finite."""
    lost = np.flatnonzero(_steps_to_exit(maze, policy > LEAST_CHANCE) == maze.num_states)
    if len(lost):
        raise ValueError(
            f"gamma = 1 needs a policy that leaves the maze; from state {lost[0]} this one never does, and its values "
            "are not defined. Use a gamma below 1, or expected_return with a time limit"
        )

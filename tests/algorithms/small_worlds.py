"""Worlds small enough to check by hand, for the algorithms that judge every single step.

A corridor and short answers, in the three layouts that a rollout may have; policies and critics in double precision.
What the papers say of them, as plain loops, is in `by_hand`.
"""

import math
from dataclasses import replace

import torch

from rlcourse.algorithms import Episodes, Rollout

SQUARES, MOVES, PATIENCE = 4, 3, 5
"""The corridor's squares, the exit included; what can be done in each; and the steps after which an episode is cut."""


def of_states(states, actions=None):
    """States [R, K] as a policy reads them, with nothing else known."""
    actions = torch.zeros_like(states) if actions is None else actions
    rows, zeros = len(states), torch.zeros(states.shape, dtype=torch.float64)
    return Episodes({"states": states}, actions, torch.ones_like(states, dtype=torch.bool), zeros, zeros[:, 0], rows)


class StatePolicy(torch.nn.Module):
    """π(a|s) from a table of logits, one row per state."""

    def __init__(self, seed=0, scale=1.0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.nn.Parameter(scale * torch.randn(SQUARES, MOVES, generator=generator, dtype=torch.float64))

    def logits(self, episodes, *, temperature=1.0):
        return torch.nn.functional.embedding(episodes.observations["states"], self.table) / temperature

    def logprobs(self, episodes, *, temperature=1.0):
        logits = self.logits(episodes, temperature=temperature)
        return logits.log_softmax(-1).gather(-1, episodes.actions[..., None])[..., 0]


class StateValue(torch.nn.Module):
    """V(s) from a table, one number per state."""

    def __init__(self, seed=3):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.nn.Parameter(torch.randn(SQUARES, 1, generator=generator, dtype=torch.float64))

    def values(self, episodes):
        return torch.nn.functional.embedding(episodes.observations["states"], self.table)[..., 0]


class SharedNet(torch.nn.Module):
    """A policy and its critic on one body, tanh(W·onehot(s)); 28 weights."""

    def __init__(self, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)

        def weights(*shape):
            return torch.nn.Parameter(torch.randn(*shape, generator=generator, dtype=torch.float64))

        self.body, self.head, self.value_head = weights(SQUARES, 4), weights(4, MOVES), weights(4, 1)

    def features(self, episodes):
        return torch.nn.functional.embedding(episodes.observations["states"], self.body).tanh()

    def logits(self, episodes, *, temperature=1.0):
        return self.features(episodes) @ self.head / temperature

    def logprobs(self, episodes, *, temperature=1.0):
        logits = self.logits(episodes, temperature=temperature)
        return logits.log_softmax(-1).gather(-1, episodes.actions[..., None])[..., 0]

    def values(self, episodes):
        return (self.features(episodes) @ self.value_head)[..., 0]


class PolicyNet(SharedNet):
    """The same without its values: 28 weights, four of which do nothing."""

    values = None


class Garbage:
    """Any of these as a model that says NaN, and adds it up, wherever the mask is False."""

    def __init__(self, model):
        self.model = model

    def parameters(self):
        return self.model.parameters()

    def logprobs(self, episodes, **options):
        return self.model.logprobs(episodes, **options) + self._garbage(episodes)

    def logits(self, episodes, **options):
        return self.model.logits(episodes, **options) + self._garbage(episodes)[..., None]

    def values(self, episodes):
        return self.model.values(episodes) + self._garbage(episodes)

    @staticmethod
    def _garbage(episodes):
        return torch.where(episodes.mask, 0.0, float("nan"))


class Corridor:
    """Squares in a row. Move 0 goes on, 1 back, 2 stays; a step costs 0.1, and reaching the last square pays 1.

    An episode that is not over after five steps is cut. The shortest way, three steps, returns 0.7. As `steps`, the
    robots begin again wherever an episode ends, and each step is a row; with `whole`, each row is one episode.
    """

    def __init__(self, *, robots=6, steps=14, whole=False):
        self.robots, self.steps, self.whole = robots, PATIENCE if whole else steps, whole

    def rollout(self, policy, *, temperature, generator):
        with torch.no_grad():
            chances = policy.logits(of_states(torch.arange(SQUARES)[:, None]), temperature=temperature).softmax(-1)
        shape = (self.robots, self.steps)
        moves = torch.multinomial(chances[:, 0], math.prod(shape), replacement=True, generator=generator)
        moves = moves.reshape(SQUARES, *shape).tolist()  # what a robot would do then, wherever it stood
        states, actions, after = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
        mask, terminated, done = (torch.zeros(shape, dtype=torch.bool) for _ in range(3))
        returns, lengths = [], []
        for n in range(self.robots):
            square, age = 0, 0
            for t in range(self.steps):
                move = moves[square][n][t]
                to, age = max(0, square + (1, -1, 0)[move]), age + 1
                ends = to == SQUARES - 1
                states[n, t], actions[n, t], after[n, t], mask[n, t], terminated[n, t] = square, move, to, True, ends
                square = to
                if ends or age == PATIENCE:
                    done[n, t] = True
                    returns.append(float(ends) - 0.1 * age)
                    lengths.append(float(age))
                    square, age = 0, 0
                    if self.whole:
                        break
        rewards = torch.where(mask, terminated.double() - 0.1, 0.0)
        old = torch.where(mask, chances[states, 0, actions].log(), 0.0)
        rows = shape if self.whole else (self.robots * self.steps, 1)
        numbers = torch.arange(rows[0])
        observed, seen_after = ({"states": seen.reshape(rows), "row": numbers} for seen in (states, after))
        columns = (column.reshape(rows) for column in (actions, mask, old))
        return Rollout(
            rows=Episodes(observed, *columns, torch.zeros(rows[0], dtype=torch.float64), 1),
            rewards=rewards.T,
            terminated=terminated.T,
            done=(done | ~mask).T,
            next_observations=seen_after,
            episode_returns=torch.tensor(returns, dtype=torch.float64),
            episode_lengths=torch.tensor(lengths, dtype=torch.float64),
        )


class Answers:
    """Answers of up to four words. Word 0 is worth 1, word 1 nothing, word 2 ends it; all is paid at the end."""

    def __init__(self, answers=10):
        self.answers = answers

    def rollout(self, policy, *, temperature, generator):
        rows = (self.answers, SQUARES)
        states = torch.arange(SQUARES).expand(rows)
        with torch.no_grad():
            logprobs = policy.logits(of_states(states), temperature=temperature).log_softmax(-1)
        words = torch.multinomial(logprobs.flatten(0, 1).exp(), 1, generator=generator).reshape(rows)
        mask = (words == 2).cumsum(1) - (words == 2).long() == 0  # no end stands before
        return answers_of(words, mask, logprobs.gather(-1, words[..., None])[..., 0])


def answers_of(words, mask, old_logprobs):
    """These answers as a rollout, each with the number of its words 0 as its score."""
    words, old_logprobs = torch.where(mask, words, 0), torch.where(mask, old_logprobs, 0.0)
    scores = ((words == 0) & mask).double().sum(1)
    rewards, last = torch.zeros(words.shape, dtype=torch.float64), torch.zeros(words.shape, dtype=torch.bool)
    for row, length in enumerate(mask.sum(1).tolist()):
        if length:
            rewards[row, length - 1], last[row, length - 1] = scores[row], True
    states = torch.arange(words.shape[1]).clamp(max=SQUARES - 1).expand(words.shape)
    observations = {"states": states, "row": torch.arange(len(words))}
    return Rollout(
        rows=Episodes(observations, words, mask, old_logprobs, scores, 1),
        rewards=rewards.T,
        terminated=last.T,
        done=(last | ~mask).T,
        next_observations=None,
        episode_returns=scores,
        episode_lengths=mask.double().sum(1),
    )


WORLDS = {"steps": Corridor(), "walks": Corridor(robots=12, whole=True), "answers": Answers()}
"""The three ways in which a rollout may lie: [N·T, 1] in steps, [N, T] with what came next, [B, T] without."""


def rollout_of(world, seed=1, policy=None, temperature=1.0):
    generator = torch.Generator().manual_seed(seed)
    return WORLDS[world].rollout(policy or StatePolicy(), temperature=temperature, generator=generator)


def spoilt(rollout):
    """The same rollout with garbage wherever the mask is False."""
    rows, mask = rollout.rows, rollout.rows.mask
    garbage = torch.where(torch.arange(mask.numel()).reshape(mask.shape) % 2 == 0, float("nan"), float("-inf"))
    observations = dict(rows.observations) | {"states": torch.where(mask, rows.observations["states"], 3)}
    spoilt_rows = replace(
        rows,
        observations=observations,
        actions=torch.where(mask, rows.actions, 1),
        old_logprobs=torch.where(mask, rows.old_logprobs, garbage),
    )
    after = rollout.next_observations
    if after is not None:
        after = dict(after) | {"states": torch.where(mask, after["states"], 2)}
    return replace(rollout, rows=spoilt_rows, next_observations=after)


def widened(rollout, by=3):
    """The same answers or walks with more padding behind each, and two rows of nothing but padding."""

    def rows_of(tensor, value=0):
        return torch.nn.functional.pad(tensor, (0, by, 0, 2), value=value)

    def steps_of(tensor, value=0):
        return torch.nn.functional.pad(tensor, (0, 2, 0, by), value=value)

    rows, after = rollout.rows, rollout.next_observations
    numbers = torch.arange(len(rows.mask) + 2)
    return replace(
        rollout,
        rows=Episodes(
            {"states": rows_of(rows.observations["states"]), "row": numbers},
            *(rows_of(column) for column in (rows.actions, rows.mask, rows.old_logprobs)),
            torch.nn.functional.pad(rows.rewards, (0, 2)),
            1,
        ),
        rewards=steps_of(rollout.rewards),
        terminated=steps_of(rollout.terminated),
        done=steps_of(rollout.done, True),
        next_observations=None if after is None else {"states": rows_of(after["states"]), "row": numbers},
    )


BEST = {"steps": 0.7, "walks": 0.7, "answers": 4.0}
"""The highest return in each world."""


def trained(algorithm, world, seed, *, updates=35):
    """The rewards of the updates of one training that begins with a policy that is all but undecided."""
    policy, generator = StatePolicy(seed, scale=0.1), torch.Generator().manual_seed(seed)
    optimizer, rewards = algorithm.make_optimizer(policy), []
    for _ in range(updates):
        rollout = algorithm.collect(WORLDS[world], policy, generator)
        rewards.append(algorithm.update(policy, optimizer, rollout)["reward"])
    return rewards

"""Notebook 03: right answers written in other styles than the course's own."""

import numpy as np
import torch


def discounted_returns_loop(rewards, done, *, gamma, bootstrap=None):
    returns = torch.empty_like(rewards)
    total = torch.zeros(rewards.shape[1]) if bootstrap is None else bootstrap
    for t in range(len(rewards) - 1, -1, -1):
        total = rewards[t] + gamma * (1 - done[t].float()) * total
        returns[t] = total
    return returns


def discounted_returns_numbers(rewards, done, gamma, bootstrap=None):
    """One number at a time, robot by robot, as a first program would be written."""
    steps, robots = rewards.shape
    returns = [[0.0] * robots for _ in range(steps)]
    for n in range(robots):
        for t in range(steps):
            factor = 1.0
            for k in range(t, steps):
                returns[t][n] += factor * rewards[k, n].item()
                factor *= gamma
                if done[k, n]:
                    break
            else:
                returns[t][n] += factor * (0.0 if bootstrap is None else bootstrap[n].item())
    return returns


def discounted_returns_matrix(rewards, done, *, gamma, bootstrap=None):
    """G = (I − γ·diag(1 − done)·shift)⁻¹·r, one system of equations for each robot."""
    rewards, goes_on = rewards.double(), 1.0 - done.double()
    steps = len(rewards)
    rewards = rewards.clone()
    if bootstrap is not None:
        rewards[-1] += gamma * goes_on[-1] * bootstrap
    shift = torch.diag(torch.ones(steps - 1, dtype=torch.float64), diagonal=1)
    columns = [
        torch.linalg.solve(torch.eye(steps, dtype=torch.float64) - gamma * goes_on[:, n, None] * shift, rewards[:, n])
        for n in range(rewards.shape[1])
    ]
    return torch.stack(columns, dim=1)


def discounted_returns_numpy(rewards, done, *, gamma, bootstrap=None):
    rewards, done = rewards.numpy(), done.numpy()
    rows = [np.zeros(rewards.shape[1]) if bootstrap is None else bootstrap.numpy()]
    for reward, end in zip(rewards[::-1], done[::-1], strict=True):
        rows.append(np.where(end, reward, reward + gamma * rows[-1]))
    return np.array(rows[:0:-1])


def td_error_where(rewards, values, next_values, terminated, *, gamma):
    return torch.where(terminated, rewards, rewards + gamma * next_values) - values


def td_error_numpy(rewards, values, next_values, terminated, *, gamma):
    after = next_values.numpy().copy()
    after[terminated.numpy()] = 0
    return rewards.numpy() + gamma * after - values.numpy()


def td_error_lists(rewards, values, next_values, terminated, gamma):
    rows = zip(rewards.tolist(), values.tolist(), next_values.tolist(), terminated.tolist(), strict=True)
    return [[r - v if end else r + gamma * after - v for r, v, after, end in zip(*row, strict=True)] for row in rows]


def gae_cleanrl(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    advantages = torch.zeros_like(rewards)
    lastgaelam = 0
    for t in reversed(range(rewards.shape[0])):
        delta = rewards[t] + gamma * next_values[t] * (1.0 - terminated[t].float()) - values[t]
        advantages[t] = lastgaelam = delta + gamma * gae_lambda * (1.0 - done[t].float()) * lastgaelam
    return advantages


def gae_as_a_sum(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    """Σₗ (γλ)ˡ δₜ₊ₗ, term by term, in NumPy."""
    rewards, values, next_values, terminated, done = (
        column.numpy() for column in (rewards, values, next_values, terminated, done)
    )
    deltas = rewards + gamma * np.where(terminated, 0, next_values) - values
    advantages = np.zeros_like(deltas)
    for t, n in np.ndindex(*deltas.shape):
        for later in range(t, len(deltas)):
            advantages[t, n] += (gamma * gae_lambda) ** (later - t) * deltas[later, n]
            if done[later, n]:
                break
    return advantages


def gae_as_lambda_return(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    """By way of the λ-return: Gₜ = rₜ + γ·[(1 − λ)·V(sₜ₊₁) + λ·Gₜ₊₁], V alone at an end."""
    later = next_values[-1]
    rows = []
    for t in reversed(range(len(rewards))):
        mixed = torch.where(done[t], next_values[t], (1 - gae_lambda) * next_values[t] + gae_lambda * later)
        later = rewards[t] + gamma * torch.where(terminated[t], torch.zeros_like(mixed), mixed)
        rows.insert(0, later - values[t])
    return torch.stack(rows)


RIGHT = {
    "discounted_returns": (
        discounted_returns_loop,
        discounted_returns_numbers,
        discounted_returns_matrix,
        discounted_returns_numpy,
    ),
    "td_error": (td_error_where, td_error_numpy, td_error_lists),
    "gae": (gae_cleanrl, gae_as_a_sum, gae_as_lambda_return),
}

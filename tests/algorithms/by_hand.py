"""What the papers say, as plain loops over the steps of a rollout; and what watches an update."""

from dataclasses import fields

import pytest
import torch


def places(rollout):
    """For every robot its steps in time order, as (t, row, column); those that count."""
    steps, robots = rollout.rewards.shape
    width = rollout.rows.mask.shape[1]
    for n in range(robots):
        walk = [(t, *divmod(n * steps + t, width)) for t in range(steps)]
        yield n, [place for place in walk if rollout.rows.mask[place[1:]]]


def gae_by_hand(rollout, critic, *, gamma, gae_lambda, rewards=None):
    """Âₜ = Σₗ (γλ)ˡ·δₜ₊ₗ up to the episode's end, as the sum that it is; {(row, column): Âₜ}."""
    rewards, table, found = rollout.rewards if rewards is None else rewards, critic.table.detach()[:, 0], {}
    states = rollout.rows.observations["states"]
    for n, walk in places(rollout):
        for start in range(len(walk)):
            total, weight = 0.0, 1.0
            for t, row, column in walk[start:]:
                value_after = 0.0
                if not rollout.terminated[t, n]:
                    after = rollout.next_observations
                    value_after = table[after["states"][row, column] if after else states[row, column + 1]]
                total += weight * (rewards[t, n] + gamma * value_after - table[states[row, column]])
                if rollout.done[t, n]:
                    break
                weight *= gamma * gae_lambda
            found[walk[start][1:]] = float(total)
    return found


def standardised(by_place):
    """(Â − mean) / (std + 1e-8) of all of them, with n − 1 in the deviation."""
    numbers = torch.tensor(list(by_place.values()), dtype=torch.float64)
    mean = sum(numbers) / len(numbers)
    spread = (sum((x - mean) ** 2 for x in numbers) / (len(numbers) - 1)).sqrt()
    return {place: float((x - mean) / (spread + 1e-8)) for place, x in by_place.items()}


class Recorder(torch.optim.SGD):
    """An optimiser that writes down every gradient it is given, and then takes a plain step of size `lr`."""

    def __init__(self, *models, lr=0.0):
        super().__init__({id(p): p for model in models for p in model.parameters()}.values(), lr=lr)
        self.gradients = []

    def step(self, closure=None):
        weights = [p for group in self.param_groups for p in group["params"]]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in weights]
        self.gradients.append(torch.cat([g.flatten() for g in gradients]))
        return super().step(closure)


def flat(*models):
    """All weights, in one vector."""
    weights = {id(p): p for model in models for p in model.parameters()}.values()
    return torch.cat([p.detach().flatten() for p in weights])


def gradient_of(loss, *models):
    """∇loss by all weights, in one vector; 0 where a weight plays no part."""
    weights = list({id(p): p for model in models for p in model.parameters()}.values())
    found = torch.autograd.grad(loss, weights, allow_unused=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for p, g in zip(weights, found, strict=True)])


def check_wrong_kind(config_class, name, value):
    """A config refuses by name what is no number, or no whole one; past the types, which only tests check."""
    config = object.__new__(config_class)
    for field in fields(config_class):
        object.__setattr__(config, field.name, value if field.name == name else field.default)
    with pytest.raises(TypeError, match=f"{name} must be a (whole )?number"):
        config.__post_init__()

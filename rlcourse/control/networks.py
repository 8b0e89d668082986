"""A policy and a value function that share what they learn between states: two small networks.

    π_θ(·|s) = softmax(f_θ(φ(s)) / temperature)        V_ω(s) = g_ω(φ(s))

f and g are perceptrons with tanh between their layers; φ(s) is what the robot perceives in state s. Either the world
shows numbers (a Box), and φ is what it shows; or it shows the number of a state, and φ is a table with one row of
features for each of S states: the identity (one-hot: the network must find out what states have in common), or
what a robot sees there (`rlcourse.maze.features`).

Weights begin orthogonal, with gain √2 in front of a tanh, 0.01 for the logits, so that a fresh policy is all but
undecided, and 1 for the value (the settings that PPO implementations have agreed on: Huang et al. 2022, "The 37
implementation details of PPO", detail 2). Left out: convolutions, memory, a body that policy and value share.
"""

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes
from rlcourse.arguments import check_integer, describe
from rlcourse.control.asking import act, check_temperature, softened
from rlcourse.control.keeping import keep
from rlcourse.control.policy import MAZE_ACTIONS, check_size, look_up, of_actions, shown, states_in

Inputs = int | Float[Tensor, "S F"]


class NetworkPolicy(torch.nn.Module):
    """π_θ(a|s) from a small network.

    Args:
        inputs: D, how many numbers the world shows (`world.num_inputs`; reads `observations["observations"]`
            [B, T, D]); or a table [S, F] with the features of every state (reads `observations["states"]` [B, T]).
            The table is no weight: it is not in the `state_dict`, and the same weights may be used with another
            maze's table.
        num_actions: V, how many choices there are, `world.num_actions`; the maze has 3.
        hidden: the width of each hidden layer. (64, 64) is usual.
        seed: decides the first weights.
    """

    def __init__(
        self, inputs: Inputs, num_actions: int = MAZE_ACTIONS, *, hidden: Sequence[int] = (64, 64), seed: int = 0
    ) -> None:
        super().__init__()
        check_integer("num_actions", num_actions, 1)
        self.network = _Perceptron(inputs, num_actions, hidden=hidden, last_gain=0.01, seed=seed)
        self.num_states, self.num_inputs = self.network.num_states, self.network.num_inputs
        self.num_actions = int(num_actions)

    def logits(self, episodes: Episodes, *, temperature: Real = 1.0) -> Float[Tensor, "B T V"]:
        """f_θ(φ(sₜ)) / temperature of every choice, with gradients."""
        check_temperature(temperature)
        return self.network(episodes, "NetworkPolicy") / temperature

    def logprobs(self, episodes: Episodes, *, temperature: Real = 1.0) -> Float[Tensor, "B T"]:
        """The log π_θ(aₜ|sₜ) of the episodes' actions, with gradients."""
        return of_actions(torch.log_softmax(self.logits(episodes, temperature=temperature), dim=-1), episodes)

    @torch.no_grad()
    def probabilities(
        self, features: Float[Tensor, "S F"] | None = None, *, temperature: Real = 1.0
    ) -> Float[Tensor, "S V"]:
        """π_θ(a|s) for all states of the policy's own table, or of another one: what `solve` and the pictures take.

        Temperature 0 is greedy.
        """
        check_temperature(temperature, zero=True)
        features = self.network.features if features is None else features
        if features is None:
            raise ValueError("features must be given, [S, F]: this policy has no table of its own")
        return softened(self.network.of_features(features), temperature)

    def act(
        self, observation: object, *, greedy: bool = False, generator: torch.Generator | None = None
    ) -> int | Int[np.ndarray, "B"]:
        """The action for an observation, or for a batch of them; drawn, or the likeliest. See `asking.act`."""
        return act(self, observation, greedy=greedy, generator=generator)

    def save(self, folder: str | Path) -> Path:
        """Write the network, with its table of features if it has one, as a folder that `load_policy` reads."""
        return keep(self, folder, self.network.made_with | {"num_actions": self.num_actions})


class NetworkValue(torch.nn.Module):
    """V_ω(s) from a small network of its own.

    Args:
        inputs, hidden, seed: as in `NetworkPolicy`.
    """

    def __init__(self, inputs: Inputs, *, hidden: Sequence[int] = (64, 64), seed: int = 0) -> None:
        super().__init__()
        self.network = _Perceptron(inputs, 1, hidden=hidden, last_gain=1.0, seed=seed)
        self.num_states, self.num_inputs = self.network.num_states, self.network.num_inputs

    def values(self, episodes: Episodes) -> Float[Tensor, "B T"]:
        """V_ω(sₜ) of the state before each action, with gradients."""
        return self.network(episodes, "NetworkValue")[..., 0]

    def save(self, folder: str | Path) -> Path:
        """Write the network, with its table of features if it has one, as a folder that `load_value` reads."""
        return keep(self, folder, self.network.made_with)


class _Perceptron(torch.nn.Module):
    """Layers with tanh between them, over what was seen."""

    def __init__(self, inputs: Inputs, outputs: int, *, hidden: Sequence[int], last_gain: float, seed: int) -> None:
        super().__init__()
        features = None if isinstance(inputs, Integral) else _table(inputs)
        self.register_buffer("features", features, persistent=False)
        self.num_states = None if features is None else len(features)
        self.num_inputs = int(inputs) if features is None else None
        self.one_hot = features is not None and torch.equal(features, _identity(len(features)))
        hidden = _widths(hidden)
        self.made_with = {"hidden": hidden} | ({} if features is not None else {"inputs": int(inputs)})
        sizes = [inputs if features is None else features.shape[1], *hidden, outputs]
        for size in sizes:
            check_integer("every layer's width", size, 1)
        check_size("a network", sum(before * after for before, after in pairwise(sizes)))
        check_integer("seed", seed, 0, 2**63 - 1)
        generator = torch.Generator(device="cpu").manual_seed(seed)
        widths = [(size, 2**0.5) for size in sizes[1:-1]] + [(outputs, last_gain)]
        layers = [
            _orthogonal(before, after, gain, generator)
            for before, (after, gain) in zip(sizes[:-1], widths, strict=True)
        ]
        self.first, self.rest = layers[0], torch.nn.Sequential()
        for layer in layers[1:]:
            self.rest.extend([torch.nn.Tanh(), layer])

    def forward(self, episodes: Episodes, reader: str) -> Float[Tensor, "B T V"]:
        if self.features is None:
            return self.of_features(self._numbers_in(episodes, reader))
        states = states_in(episodes, reader)
        # A small maze is seen many times over in one batch: then each state is worked out once and looked up.
        if states.numel() > len(self.features):
            return look_up(self.rest(self._first_of_all_states()), states)
        if self.one_hot:
            return self.rest(look_up(self._first_of_all_states(), states))
        return self.of_features(look_up(self.features, states))

    def of_features(self, features: Float[Tensor, "*B F"]) -> Float[Tensor, "*B V"]:
        return self.rest(self.first(features.to(self.first.weight)))

    def _first_of_all_states(self) -> Float[Tensor, "S H"]:
        """The first layer's output for every state. The identity times a matrix is that matrix: no need to multiply."""
        return self.first.weight.T + self.first.bias if self.one_hot else self.first(self.features)

    def _numbers_in(self, episodes: Episodes, reader: str) -> Float[Tensor, "B T D"]:
        """What a network reads; ValueError if the world does not show that many numbers."""
        numbers = episodes.observations.get("observations")
        if numbers is not None and numbers.shape[-1] == self.num_inputs:
            return numbers
        made = "policy_for(world)" if reader == "NetworkPolicy" else "value_for(world)"
        actions = ", world.num_actions" if reader == "NetworkPolicy" else ""
        inputs = "torch.eye(world.num_states)" if "states" in episodes.observations else "world.num_inputs"
        raise ValueError(
            f"this {reader} reads {self.num_inputs} numbers, the world shows {shown(episodes)}; "
            f"write {reader}({inputs}{actions}), or {made}"
        )


def _table(features: object) -> Float[Tensor, "S F"]:
    """The features in float32 on the CPU, as the weights are, whatever the user's default dtype and device."""
    if not (isinstance(features, Tensor) and features.ndim == 2):
        raise TypeError(f"inputs must be a whole number or a table of features [S, F], got {describe(features)}")
    if features.is_meta:
        raise ValueError('inputs must hold numbers, got a table on the device "meta"')
    features = features.detach().to("cpu", torch.float32)
    if not features.isfinite().all():
        raise ValueError("inputs must be finite numbers, got a table with NaN or infinity in it")
    return features


def _identity(size: int) -> Float[Tensor, "S S"]:
    return torch.eye(size, dtype=torch.float32, device="cpu")


def _widths(hidden: object) -> Sequence[int]:
    if isinstance(hidden, str) or not isinstance(hidden, Sequence):
        raise TypeError(f"hidden must be the widths of the hidden layers, such as (64, 64), got {describe(hidden)}")
    for width in hidden:
        check_integer("every layer's width", width, 1)
    return [int(width) for width in hidden]


def _orthogonal(before: int, after: int, gain: float, generator: torch.Generator) -> torch.nn.Linear:
    layer = torch.nn.utils.skip_init(torch.nn.Linear, before, after, dtype=torch.float32, device="cpu")
    torch.nn.init.orthogonal_(layer.weight, gain, generator=generator)
    torch.nn.init.zeros_(layer.bias)
    return layer

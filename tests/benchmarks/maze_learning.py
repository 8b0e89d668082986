"""PPO and TRPO on the maze, against Stable-Baselines3 and its companion: environment steps per second, with learning.

Both sides train the same network: the state one-hot, two layers of 64 with tanh for the policy and two for the values,
orthogonal first weights. Stable-Baselines3 steps its environments one after the other in Python, as
`make_vec_env("rlcourse/Maze-v0")` does for a learner; ours is `make_vec` of the same name. The robot starts anywhere.
"""

from statistics import median

import gymnasium
import numpy as np
import sb3_contrib
import stable_baselines3
import torch
from stable_baselines3.common.env_util import make_vec_env

import rlcourse  # noqa: F401  registers the maze
from rlcourse.algorithms import PPO, TRPO, PPOConfig, Training, TRPOConfig
from rlcourse.control.gymnasium_world import GymnasiumWorld
from rlcourse.control.networks import NetworkPolicy, NetworkValue
from rlcourse.maze import generate_maze, solve
from tests.benchmarks.rounds import Result, Say, seconds, take_turns

NAME, SIZE, HIDDEN = "rlcourse/Maze-v0", 8, (64, 64)
GAMMA, GAE_LAMBDA = 0.99, 0.95
NETWORK = {"pi": list(HIDDEN), "vf": list(HIDDEN)}


def ppo(
    *,
    repeats: int = 5,
    say: Say = print,
    rollouts: int = 48,
    num_envs: int = 64,
    steps: int = 128,
    minibatch_size: int = 2048,
    epochs: int = 4,
) -> Result:
    """With four minibatches to a rollout and four epochs, which is usual for many environments at a time."""
    found = _ppo(repeats, say, rollouts, num_envs, steps, minibatch_size, epochs)
    return Result(row="ppo", least_ratio=4.0, aim=6.0, **found)


def ppo_small(
    *,
    repeats: int = 3,
    say: Say = print,
    rollouts: int = 12,
    num_envs: int = 64,
    steps: int = 128,
    minibatch_size: int = 256,
    epochs: int = 4,
) -> Result:
    """The same with minibatches of 256, eight times as many optimiser steps for as much experience."""
    return Result(row="ppo_small", aim=3.0, **_ppo(repeats, say, rollouts, num_envs, steps, minibatch_size, epochs))


def _ppo(repeats: int, say: Say, rollouts: int, num_envs: int, steps: int, minibatch_size: int, epochs: int) -> dict:
    """What both rows have in common; what `Result` wants, but for name and promise."""
    shared = {"learning_rate": 2e-3, "gamma": GAMMA, "gae_lambda": GAE_LAMBDA, "clip_range": 0.2, "max_grad_norm": 0.5}
    config = PPOConfig(**shared, epochs=epochs, minibatch_size=minibatch_size, value_coef=0.5, entropy_coef=0.01)
    theirs = {**shared, "n_epochs": epochs, "batch_size": minibatch_size, "vf_coef": 0.5, "ent_coef": 0.01}
    duel = Duel(num_envs, steps, rollouts)
    found = duel.run(
        lambda critic: PPO(config, critic=critic),
        lambda env, seed: stable_baselines3.PPO("MlpPolicy", env, **duel.common(seed), **theirs),
        repeats=repeats,
        say=say,
    )
    return found | {
        "title": f"PPO on the maze 8×8, environment steps per second with learning, minibatches of {minibatch_size:,}",
        "peer": f"Stable-Baselines3 {stable_baselines3.__version__} PPO",
        "settings": f"{duel.told}; minibatches of {minibatch_size}, {epochs} epochs, Adam at 2e-3, clip 0.2, "
        "entropy 0.01, values 0.5, gradient 0.5, γ 0.99, λ 0.95",
        "note": "theirs normalises advantages in each minibatch, ours over the rollout",
    }


def trpo(
    *,
    repeats: int = 3,
    say: Say = print,
    rollouts: int = 32,
    num_envs: int = 64,
    steps: int = 128,
    minibatch_size: int = 2048,
    epochs: int = 10,
) -> Result:
    """With ten steps of conjugate gradient and ten epochs for the values."""
    config = TRPOConfig(
        gamma=GAMMA,
        gae_lambda=GAE_LAMBDA,
        target_kl=0.02,
        damping=0.01,
        cg_iterations=10,
        backtrack_coef=0.8,
        backtrack_iterations=10,
        value_learning_rate=3e-3,
        value_epochs=epochs,
        minibatch_size=minibatch_size,
        max_grad_norm=float("inf"),
    )
    theirs = {
        "learning_rate": 3e-3,
        "gamma": GAMMA,
        "gae_lambda": GAE_LAMBDA,
        "target_kl": 0.02,
        "cg_damping": 0.01,
        "cg_max_steps": 10,
        "line_search_shrinking_factor": 0.8,
        "line_search_max_iter": 10,
        "n_critic_updates": epochs,
        "batch_size": minibatch_size,
    }
    duel = Duel(num_envs, steps, rollouts)
    found = duel.run(
        lambda critic: TRPO(config, critic=critic),
        lambda env, seed: sb3_contrib.TRPO("MlpPolicy", env, **duel.common(seed), **theirs),
        repeats=repeats,
        say=say,
    )
    return Result(
        row="trpo",
        title="TRPO on the maze 8×8, environment steps per second with learning",
        peer=f"sb3-contrib {sb3_contrib.__version__} TRPO",
        least_ratio=4.0,
        aim=10.0,
        settings=f"{duel.told}; δ 0.02, damping 0.01, 10 steps of conjugate gradient, line search 10 × 0.8, values: "
        f"minibatches of {minibatch_size}, {epochs} epochs, Adam at 3e-3, γ 0.99, λ 0.95",
        **found,
    )


class Duel:
    """One comparison on one maze."""

    def __init__(self, num_envs: int, steps: int, rollouts: int):
        self.num_envs, self.steps, self.rollouts = num_envs, steps, rollouts
        self.maze = generate_maze(SIZE, seed=0)
        self.returns: dict[str, list[float]] = {"ours": [], "theirs": []}
        self.told = f"{num_envs} environments × {steps} steps × {rollouts} rollouts, one-hot → 64 → 64, tanh"

    def common(self, seed: int) -> dict:
        """What both of Stable-Baselines3's algorithms are told."""
        return {"n_steps": self.steps, "seed": seed, "device": "cpu", "policy_kwargs": self.network()}

    def network(self) -> dict:
        """The network, as both of Stable-Baselines3's packages are told."""
        return {"net_arch": NETWORK}

    def run(self, our_algorithm, their_model, *, repeats: int, say: Say) -> dict:
        """What the result has to say of both."""
        total = self.num_envs * self.steps * self.rollouts

        def ours(number: int) -> float:
            training = self.our_training(our_algorithm, number)
            took = seconds(lambda: training.run(self.rollouts, progress=False))
            self.note("ours", training.policy.probabilities(), say)
            return total / took

        def theirs(number: int) -> float:
            environments = make_vec_env(NAME, self.num_envs, env_kwargs={"size": SIZE, "random_start": True})
            model = their_model(environments, number)
            took = seconds(lambda: model.learn(total))
            assert model.num_timesteps == total, "Stable-Baselines3 made another number of steps"
            self.note("theirs", _their_probabilities(model, self.maze.num_states), say)
            return total / took

        speeds = take_turns(ours, theirs, repeats=repeats, say=say, unit="steps/s")
        return {
            "unit": "steps/s",
            "higher_is_better": True,
            "ours": speeds[0],
            "theirs": speeds[1],
            "quality": self.quality(),
        }

    def quality(self) -> str:
        """What came out, beside the best that there is."""
        found = ", ".join(f"{name} {median(returns):.3f}" for name, returns in self.returns.items())
        best = f"{self._worth(None):.3f} (discounted, the mean over all starts, worked out exactly)"
        return f"return after training: {found}, best possible {best}"

    def our_training(self, algorithm, seed: int) -> Training:
        """Ours, before its first update; `algorithm` makes one from a critic."""
        environments = gymnasium.make_vec(NAME, self.num_envs, size=SIZE, random_start=True)
        one_hot = torch.eye(self.maze.num_states)
        policy = NetworkPolicy(one_hot, hidden=HIDDEN, seed=seed)
        critic = NetworkValue(one_hot, hidden=HIDDEN, seed=seed + 1)
        return Training(policy, GymnasiumWorld(environments, steps=self.steps), algorithm(critic), seed=seed)

    def note(self, name: str, probabilities: torch.Tensor, say: Say) -> None:
        """Write down what was learned."""
        table = np.asarray(probabilities, dtype=np.float64)
        self.returns[name].append(self._worth(table / table.sum(1, keepdims=True)))
        say(f"  {name}: return {self.returns[name][-1]:.3f}")

    def _worth(self, policy: np.ndarray | None) -> float:
        """What a policy, or the best one, collects on average over all starts: exactly what is being trained for."""
        return float(solve(self.maze, gamma=GAMMA, policy=policy).V[self.maze.open_states].mean())


@torch.no_grad()
def _their_probabilities(model, num_states: int) -> torch.Tensor:
    return model.policy.get_distribution(torch.arange(num_states)).distribution.probs

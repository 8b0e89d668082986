"""PPO on the maze, against SBX: Stable-Baselines3's algorithms written for JAX, which compiles a whole update.

    pip install sbx-rl                           it is in no extra: JAX is as large as everything else together
    python -m tests.benchmarks ppo_sbx ppo_small_sbx

SBX takes no number of a state, so its environments show the state one-hot, with Gymnasium's own wrapper. Both sides
make one rollout before the clock starts: that is when JAX compiles. The rest is as in `maze_learning`.
"""

import gymnasium
import numpy as np
import sbx
import torch
from stable_baselines3.common.env_util import make_vec_env

from rlcourse.algorithms import PPO, PPOConfig
from tests.benchmarks.maze_learning import GAE_LAMBDA, GAMMA, NAME, SIZE, Duel
from tests.benchmarks.rounds import Result, Say, seconds, take_turns

SHARED = {"learning_rate": 2e-3, "gamma": GAMMA, "gae_lambda": GAE_LAMBDA, "clip_range": 0.2, "max_grad_norm": 0.5}


def ppo_sbx(
    *, repeats: int = 3, say: Say = print, rollouts: int = 48, minibatch_size: int = 2048, **how: int
) -> Result:
    """With minibatches of 2,048."""
    return _race("ppo_sbx", repeats, say, rollouts=rollouts, minibatch_size=minibatch_size, **how)


def ppo_small_sbx(
    *, repeats: int = 3, say: Say = print, rollouts: int = 12, minibatch_size: int = 256, **how: int
) -> Result:
    """With minibatches of 256."""
    return _race("ppo_small_sbx", repeats, say, rollouts=rollouts, minibatch_size=minibatch_size, **how)


def _race(
    row: str,
    repeats: int,
    say: Say,
    *,
    rollouts: int,
    minibatch_size: int,
    num_envs: int = 64,
    steps: int = 128,
    epochs: int = 4,
) -> Result:
    duel, total = Duel(num_envs, steps, rollouts), num_envs * steps * rollouts
    config = PPOConfig(**SHARED, epochs=epochs, minibatch_size=minibatch_size, value_coef=0.5, entropy_coef=0.01)
    theirs_too = {"n_steps": steps, "batch_size": minibatch_size, "n_epochs": epochs, "ent_coef": 0.01, "vf_coef": 0.5}

    def ours(seed: int) -> float:
        training = duel.our_training(lambda critic: PPO(config, critic=critic), seed)
        training.run(1, progress=False)
        took = seconds(lambda: training.run(rollouts, progress=False))
        duel.note("ours", training.policy.probabilities(), say)
        return total / took

    def theirs(seed: int) -> float:
        flat = {"wrapper_class": gymnasium.wrappers.FlattenObservation}
        environments = make_vec_env(NAME, num_envs, env_kwargs={"size": SIZE, "random_start": True}, **flat)
        model = sbx.PPO("MlpPolicy", environments, seed=seed, policy_kwargs=duel.network(), **SHARED, **theirs_too)
        model.learn(num_envs * steps)
        took = seconds(lambda: model.learn(total, reset_num_timesteps=False))
        duel.note("theirs", _probabilities(model, duel.maze.num_states), say)
        return total / took

    speeds = take_turns(ours, theirs, repeats=repeats, say=say, unit="steps/s")
    return Result(
        row=row,
        title=f"PPO on the maze 8×8, the same beside JAX, minibatches of {minibatch_size:,}",
        peer=f"SBX {sbx.__version__} PPO",
        unit="steps/s",
        higher_is_better=True,
        ours=speeds[0],
        theirs=speeds[1],
        aim=2.0,
        settings=f"{duel.told}; minibatches of {minibatch_size}, {epochs} epochs, the rest as for Stable-Baselines3",
        quality=duel.quality(),
        note="one rollout before the clock starts: JAX compiles; theirs normalises advantages in each minibatch",
    )


def _probabilities(model: sbx.PPO, num_states: int) -> torch.Tensor:
    """π of every state, from the actor's distribution."""
    actor = model.policy.actor_state
    return torch.tensor(np.array(actor.apply_fn(actor.params, np.eye(num_states, dtype=np.float32)).probs_parameter()))

"""The loop of agent and environment, in its plainest form: one agent, one environment, one episode.

It knows no world. A robot and a maze, or a language model and a question: whatever has the `reset` and `step` of
Gymnasium's environments will do. Left out: speed. The worlds that train play many episodes at once.
"""

from collections.abc import Callable
from typing import Any


def run_episode(env: Any, choose_action: Callable[[Any], Any]) -> tuple[list, list, list[float], list[dict], str]:
    """One episode: the states, the actions, the rewards, what else was told after each action, and how it ended.

    Args:
        env: an environment, with `reset` and `step` as in Gymnasium.
        choose_action: the agent, from a state to an action.

    Returns:
        T + 1 states, T actions, rewards and infos, and "terminated" (the world was over) or "truncated" (we stopped).
    """
    state, _ = env.reset()
    states, actions, rewards, infos = [state], [], [], []
    terminated = truncated = False
    while not (terminated or truncated):
        action = choose_action(state)
        state, reward, terminated, truncated, info = env.step(action)
        states.append(state)
        actions.append(action)
        rewards.append(reward)
        infos.append(info)
    return states, actions, rewards, infos, "terminated" if terminated else "truncated"

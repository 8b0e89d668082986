"""Any Gymnasium environment with discrete actions, and the policies and value functions that live in one.

environments      vector environments, made from a name or refused by name
asking            what a policy would do, and drawing an action from its answer
gymnasium_world   the environment as a world for the course's algorithms, step by step
measuring         the returns of whole episodes
policy            a table of logits, a table of values
networks          small networks in their place
keeping, making   a policy in a folder; the policy that fits a world
"""

from rlcourse.control.asking import choices_at, cumulative, draw, values_at
from rlcourse.control.gymnasium_world import GymnasiumWorld
from rlcourse.control.making import load_policy, load_value, policy_for, value_for
from rlcourse.control.measuring import episode_returns
from rlcourse.control.networks import NetworkPolicy, NetworkValue
from rlcourse.control.policy import TabularPolicy, TabularValue

__all__ = [
    "GymnasiumWorld",
    "NetworkPolicy",
    "NetworkValue",
    "TabularPolicy",
    "TabularValue",
    "choices_at",
    "cumulative",
    "draw",
    "episode_returns",
    "load_policy",
    "load_value",
    "policy_for",
    "value_for",
    "values_at",
]

"""Any Gymnasium environment with discrete actions, and the policies and value functions that live in one.

gymnasium_world   the environment as a world for the course's algorithms, step by step
policy            a table of logits, a table of values
networks          small networks in their place
"""

from rlcourse.control.gymnasium_world import GymnasiumWorld, episode_returns
from rlcourse.control.networks import NetworkPolicy, NetworkValue
from rlcourse.control.policy import TabularPolicy, TabularValue

__all__ = ["GymnasiumWorld", "NetworkPolicy", "NetworkValue", "TabularPolicy", "TabularValue", "episode_returns"]

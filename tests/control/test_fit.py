"""A policy that does not fit its world is refused at the first rollout, and the message says what to write instead."""

import pytest
import torch

from rlcourse.algorithms import GRPO, PPO, GRPOConfig, Training
from rlcourse.control import (
    GymnasiumWorld,
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    TabularValue,
    choices_at,
    episode_returns,
    policy_for,
    value_for,
)
from rlcourse.maze import MazeVectorEnv, MazeWorld


def lake():
    return GymnasiumWorld("FrozenLake-v1", steps=4, num_envs=2)


def pole():
    return GymnasiumWorld("CartPole-v1", steps=4, num_envs=2)


def maze_steps():
    return GymnasiumWorld(MazeVectorEnv(2, size=4), steps=4)


def maze_episodes(size=4):
    return MazeWorld(MazeVectorEnv(2, size=size), groups=2)


MISFITS = {
    "three of a lake's four actions": (lake, lambda: TabularPolicy(16), "it has 3, the world has 4; write Tab"),
    "five for a lake": (lake, lambda: TabularPolicy(16, 5), "it has 5, the world has 4"),
    "a network with three for a lake": (lake, lambda: NetworkPolicy(torch.eye(16)), "it has 3, the world has 4"),
    "three for a pole": (pole, lambda: NetworkPolicy(4), r"it has 3, the world has 2.*world\.num_inputs, world\.num_a"),
    "one for a pole": (pole, lambda: NetworkPolicy(4, 1), "it has 1, the world has 2"),
    "two for a maze": (maze_steps, lambda: TabularPolicy(64, 2), "it has 2, the world has 3"),
    "four for a maze": (maze_steps, lambda: TabularPolicy(64, 4), "it has 4, the world has 3"),
    "two for a maze's episodes": (maze_episodes, lambda: TabularPolicy(64, 2), "it has 2, the world has 3"),
    "four for a maze's episodes": (maze_episodes, lambda: TabularPolicy(64, 4), "it has 4, the world has 3"),
    "a table on a pole": (
        pole,
        lambda: TabularPolicy(64, 2),
        r"world shows 4 numbers \(a Box\); write NetworkPolicy\(",
    ),
    "features of states on a pole": (pole, lambda: NetworkPolicy(torch.eye(4), 2), r"shows 4 numbers \(a Box\)"),
    "numbers on a lake": (lake, lambda: NetworkPolicy(16, 4), r"\(Discrete\); write NetworkPolicy\(torch.eye\(world.n"),
    "numbers in a maze": (maze_episodes, lambda: NetworkPolicy(64), r"the number of a state \(Discrete\)"),
    "too few numbers": (pole, lambda: NetworkPolicy(3, 2), "reads 3 numbers, the world shows 4 numbers"),
    "too many numbers": (pole, lambda: NetworkPolicy(5, 2), "reads 5 numbers, the world shows 4 numbers"),
    "a table of another lake": (lake, lambda: TabularPolicy(64, 4), "it has 64, the world has 16"),
    "a table too small": (lake, lambda: TabularPolicy(9, 4), "it has 9, the world has 16"),
    "a table of another maze": (maze_episodes, lambda: TabularPolicy(256), "it has 256, the world has 64"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_policy_that_does_not_fit_is_refused_by_name(name):
    make_world, make_policy, words = MISFITS[name]
    with pytest.raises(ValueError, match=words):
        make_world().rollout(make_policy(), temperature=1.0, generator=torch.Generator())


def test_groups_and_whole_episodes_refuse_alike():
    training = Training(TabularPolicy(64, 4), maze_episodes(), GRPO(GRPOConfig(num_generations=2)), seed=0)
    with pytest.raises(ValueError, match="it has 4, the world has 3"):
        training.run(1, progress=False)
    with pytest.raises(ValueError, match="it has 3, the world has 2"):
        episode_returns(NetworkPolicy(4), "CartPole-v1", num_envs=2)


class OnlyLogprobs:
    """A learner's own policy, evenly undecided, without logits."""

    def __init__(self, choices):
        self.table = torch.full((64, choices), 1 / choices).log()

    def parameters(self):
        return iter([self.table])

    def logprobs(self, episodes, *, temperature=1.0):
        return self.table[episodes.observations["states"]].gather(-1, episodes.actions[..., None])[..., 0]


def test_a_policy_without_logits_is_found_out_too():
    generator = torch.Generator().manual_seed(0)
    maze_episodes().rollout(OnlyLogprobs(3), generator=generator)
    lake_like = GymnasiumWorld(MazeVectorEnv(2, size=4), steps=4)
    assert lake_like.rollout(OnlyLogprobs(3), generator=generator).rows.mask.all()
    with pytest.raises(ValueError, match=r"must add up to 1, they add up to 0\.75"):
        maze_episodes().rollout(OnlyLogprobs(4), generator=generator)
    with pytest.raises(RuntimeError) as error:
        maze_episodes().rollout(OnlyLogprobs(2), generator=generator)
    assert 'asked about observations["states"]' in error.value.__notes__[0]
    with pytest.raises(TypeError, match="num_actions must be given"):
        choices_at(OnlyLogprobs(3), torch.arange(2))


def test_a_policy_of_another_world_is_told_what_this_one_shows():
    class Reader(OnlyLogprobs):
        def logprobs(self, episodes, *, temperature=1.0):
            return episodes.observations["prompt_tokens"]

    with pytest.raises(ValueError, match="reads 'prompt_tokens', this world shows only \"states\""):
        maze_episodes().rollout(Reader(3), generator=torch.Generator())


def test_a_policy_whose_answer_has_another_shape_is_told():
    class Flat(TabularPolicy):
        def logits(self, episodes, *, temperature=1.0):
            return super().logits(episodes, temperature=temperature)[:, 0]

    with pytest.raises(ValueError, match=r"must have the shape \[16, 1, 'V'\], got \[16, 4\]"):
        lake().rollout(Flat(16, 4), generator=torch.Generator())


@pytest.mark.parametrize("critic", [TabularValue(16), NetworkValue(5), NetworkValue(torch.eye(4))])
def test_a_critic_that_does_not_fit_is_refused_by_name(critic):
    with pytest.raises(ValueError, match=r"the world shows 4 numbers.*value_for\(world\)"):
        Training(NetworkPolicy(4, 2), pole(), PPO(critic=critic), seed=0).run(1, progress=False)


def test_a_critic_of_numbers_is_refused_where_there_are_states():
    with pytest.raises(ValueError, match=r"write NetworkValue\(torch.eye\(world.num_states\)\), or value_for\(world\)"):
        Training(TabularPolicy(16, 4), lake(), PPO(critic=NetworkValue(16)), seed=0).run(1, progress=False)


@pytest.mark.parametrize("make_world", [lake, pole, maze_steps, maze_episodes])
def test_what_is_made_for_a_world_learns_there(make_world):
    world = make_world()
    policy, critic = policy_for(world), value_for(world)
    assert isinstance(policy, TabularPolicy if world.num_states else NetworkPolicy)
    assert isinstance(critic, TabularValue if world.num_states else NetworkValue)
    history = Training(policy, world, PPO(critic=critic), seed=0).run(2, progress=False)
    assert len(history) == 2


def test_a_network_made_for_a_world_has_the_widths_and_seed_asked_for():
    policy, other = policy_for(pole(), hidden=(7,), seed=3), NetworkPolicy(4, 2, hidden=(7,), seed=3)
    for one, two in zip(policy.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)
    assert value_for(pole(), hidden=(7,)).network.first.out_features == 7

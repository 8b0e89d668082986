"""A default dtype or device that the user has set changes nothing that we make, and a policy's own are followed."""

import pytest
import torch

from rlcourse.algorithms import GRPO, PPO, TRPO, Episodes, GRPOConfig, Reinforce, Training
from rlcourse.control import (
    GymnasiumWorld,
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    TabularValue,
    episode_returns,
    policy_for,
    value_for,
)
from rlcourse.maze import (
    ManyMazesVectorEnv,
    MazeVectorEnv,
    MazeWorld,
    egocentric,
    generate_maze,
    success_rate,
    walk,
)

MAZE = generate_maze(3, seed=0)
WORLDS = {
    "maze, steps": lambda: GymnasiumWorld(MazeVectorEnv(2, maze=MAZE, max_steps=3), steps=5),
    "many mazes": lambda: GymnasiumWorld(ManyMazesVectorEnv(2, [MAZE], 3), steps=5),
    "maze, episodes": lambda: MazeWorld(MAZE, groups=3, max_steps=9),
    "pole": lambda: GymnasiumWorld("CartPole-v1", steps=30, num_envs=2),
    "lake": lambda: GymnasiumWorld("FrozenLake-v1", steps=5, num_envs=2),
}


@pytest.fixture(params=["float64", "float16", "meta"])
def setting(request):
    """What the user may have set before; put back afterwards."""
    if request.param == "meta":
        torch.set_default_device("meta")
    else:
        torch.set_default_dtype(getattr(torch, request.param))
    yield request.param
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)


def tensors(rollout):
    """All tensors of a rollout by name."""
    found = {}
    for owner in (rollout, rollout.rows):
        found |= {name: value for name, value in vars(owner).items() if isinstance(value, torch.Tensor)}
    found |= {f"before {name}": value for name, value in rollout.rows.observations.items()}
    return found | {f"after {name}": value for name, value in rollout.next_observations.items()}


def rollout(make_world, policy=None):
    world = make_world()
    generator = torch.Generator().manual_seed(0)
    return tensors(world.rollout(policy_for(world) if policy is None else policy, generator=generator))


PLAIN = {name: rollout(make) for name, make in WORLDS.items()}


@pytest.mark.parametrize("name", WORLDS)
def test_a_rollout_is_the_same_whatever_the_defaults(setting, name):
    found = rollout(WORLDS[name])
    assert found.keys() == PLAIN[name].keys()
    for key, tensor in PLAIN[name].items():
        assert (found[key].dtype, found[key].device) == (tensor.dtype, tensor.device), key
        assert torch.equal(found[key], tensor), key


ALGORITHMS = {
    "ppo": lambda critic: PPO(critic=critic),
    "trpo": lambda critic: TRPO(critic=critic),
    "reinforce": lambda critic: Reinforce(critic=critic),
    "grpo": lambda critic: GRPO(GRPOConfig(num_generations=4, dynamic_sampling=True)),
}


def trained(world, algorithm):
    """The numbers of two updates, without the clock."""
    world = WORLDS[world]()
    training = Training(policy_for(world), world, ALGORITHMS[algorithm](value_for(world)), seed=0)
    rows = training.run(2, progress=False)
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.mark.parametrize("world", ["pole", "maze, episodes"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_training_has_the_same_numbers_whatever_the_defaults(world, algorithm):
    if algorithm == "grpo" and world == "pole":
        pytest.skip("GRPO needs groups of whole episodes")
    plain = str(trained(world, algorithm))
    try:
        torch.set_default_device("meta")
        assert str(trained(world, algorithm)) == plain
        torch.set_default_device(None)
        for dtype in (torch.float64, torch.float16):
            torch.set_default_dtype(dtype)
            assert str(trained(world, algorithm)) == plain
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("algorithm", [PPO, TRPO, Reinforce])
def test_a_policy_in_double_precision_is_trained_in_it(algorithm):
    world = WORLDS["pole"]()
    policy, critic = policy_for(world).double(), value_for(world).double()
    before = [weight.clone() for weight in policy.parameters()]
    Training(policy, world, algorithm(critic=critic), seed=0).run(2, progress=False)
    for old, new in zip(before, policy.parameters(), strict=True):
        assert new.dtype == torch.float64
        assert not torch.equal(old, new)


@pytest.mark.parametrize("name", WORLDS)
def test_policies_and_values_are_float32_on_the_cpu_whatever_the_defaults(setting, name):
    world = WORLDS[name]()
    for model in (policy_for(world), value_for(world)):
        for weight in model.parameters():
            assert (weight.dtype, weight.device.type) == (torch.float32, "cpu")


def test_pictures_of_the_maze_and_measurements_are_the_same_whatever_the_defaults():
    def numbers():
        policy = NetworkPolicy(35, seed=1)
        own = NetworkPolicy(egocentric(MAZE), seed=1)
        return (
            own.probabilities().tolist(),
            own.act(4, generator=torch.Generator().manual_seed(0)),
            own.act(4, greedy=True),
            TabularPolicy(MAZE.num_states).entropy().tolist(),
            success_rate(policy, [MAZE]).chances.tolist(),
            success_rate(NetworkPolicy(30, seed=1), [MAZE], crumbs=False).chances.tolist(),
            success_rate(policy, [MAZE], greedy=True).chances.tolist(),
            episode_returns(NetworkPolicy(4, 2), "CartPole-v1", num_envs=3).tolist(),
            walk(MAZE, own.probabilities()).tolist(),
        )

    plain = numbers()
    try:
        torch.set_default_device("meta")
        assert numbers() == plain
        torch.set_default_device(None)
        for dtype in (torch.float64, torch.float16):
            torch.set_default_dtype(dtype)
            assert numbers() == plain
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)


def test_features_of_the_users_own_dtype_are_taken(setting):
    identity = torch.eye(6, device="cpu")  # in the default dtype
    policy = NetworkPolicy(identity, 4, seed=2)
    assert policy.network.one_hot
    assert policy.network.features.dtype == torch.float32
    assert NetworkValue(identity).network.one_hot


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_a_rollout_has_the_policys_dtype(name, dtype):
    world = WORLDS[name]()
    policy = policy_for(world).to(dtype)
    rollout = world.rollout(policy, generator=torch.Generator().manual_seed(0))
    rows = rollout.rows
    assert rows.old_logprobs.dtype == dtype
    assert rollout.rewards.dtype == torch.promote_types(dtype, torch.float32)  # sums of many want no less
    again = policy.logprobs(rows).detach()
    torch.testing.assert_close(again[rows.mask], rows.old_logprobs[rows.mask], rtol=0, atol=4 * torch.finfo(dtype).eps)


def test_a_critic_of_another_precision_reads_what_the_policy_saw():
    world = WORLDS["pole"]()
    rollout = world.rollout(policy_for(world).double(), generator=torch.Generator().manual_seed(0))
    assert value_for(world).values(rollout.rows).dtype == torch.float32


@pytest.mark.parametrize("name", WORLDS)
def test_a_policy_without_numbers_is_refused(name):
    world = WORLDS[name]()
    with pytest.raises(ValueError, match='its weights are on the device "meta"'):
        world.rollout(policy_for(world).to("meta"), generator=torch.Generator())


def test_a_policy_without_numbers_is_refused_wherever_it_is_asked():
    for call in (
        lambda: episode_returns(NetworkPolicy(4, 2).to("meta"), "CartPole-v1", num_envs=2),
        lambda: MazeWorld(MAZE).sample_groups(
            TabularPolicy(36).to("meta"), num_generations=2, generator=torch.Generator()
        ),
        lambda: TabularPolicy(36).to("meta").act(3),
        lambda: success_rate(NetworkPolicy(35).to("meta"), [MAZE]),
    ):
        with pytest.raises(ValueError, match='its weights are on the device "meta"'):
            call()


def test_episodes_and_steps_read_alike_under_other_defaults(setting):
    states = torch.tensor([[0], [1]], device="cpu")
    none = torch.zeros(2, 1, device="cpu")
    episodes = Episodes({"states": states}, states, states >= 0, none, none[:, 0], 1)
    assert TabularValue(6).values(episodes).dtype == torch.float32
    assert TabularPolicy(6).logprobs(episodes).dtype == torch.float32

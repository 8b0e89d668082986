import pytest
import torch

from rlcourse.algorithms import ChoicePolicy, Critic, Episodes
from rlcourse.equations import categorical_kl, fisher_vector_product
from rlcourse.maze import NetworkPolicy, NetworkValue, TabularPolicy, TabularValue

FEATURES = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))


def episodes(count, *, time=1, seed=0, features=FEATURES):
    """Rows with random states and, in the same places, the features of those states as a Box would show them."""
    generator = torch.Generator().manual_seed(seed)
    states = torch.randint(6, (count, time), generator=generator)
    return Episodes(
        observations={"states": states, "observations": features[states]},
        actions=torch.randint(3, (count, time), generator=generator),
        mask=torch.ones(count, time, dtype=torch.bool),
        old_logprobs=torch.zeros(count, time),
        rewards=torch.zeros(count),
        num_generations=1,
    )


def policies():
    table = TabularPolicy(6)
    torch.nn.init.normal_(table.table, generator=torch.Generator().manual_seed(0))
    return [
        table,
        NetworkPolicy(FEATURES, seed=1),
        NetworkPolicy(torch.eye(6), seed=1),
        NetworkPolicy(5, seed=1),
    ]


@pytest.mark.parametrize("policy", policies())
def test_policies_give_logprobs_and_logits_that_agree(policy):
    batch, policy = episodes(7, time=4), steered(policy)
    logits = policy.logits(batch, temperature=0.5)
    assert logits.shape == (7, 4, 3)
    picked = logits.log_softmax(-1).gather(-1, batch.actions[..., None])[..., 0]
    torch.testing.assert_close(policy.logprobs(batch, temperature=0.5), picked)
    torch.testing.assert_close(policy.logits(batch, temperature=1.0), logits / 2)
    assert isinstance(policy, ChoicePolicy)


@pytest.mark.parametrize("critic", [TabularValue(6), NetworkValue(FEATURES), NetworkValue(5)])
def test_critics_give_one_value_for_each_step(critic):
    assert critic.values(episodes(7, time=4)).shape == (7, 4)
    assert isinstance(critic, Critic)


def test_a_value_table_is_read_in_the_right_row_and_learns_there_only():
    critic = TabularValue(6)
    assert not critic.values(episodes(5)).any()
    batch = episodes(1)
    critic.values(batch).sum().backward()
    assert critic.table.grad[:, 0].nonzero().tolist() == batch.observations["states"].tolist()


@pytest.mark.parametrize("count", [3, 200])
@pytest.mark.parametrize("features", [FEATURES, torch.eye(6), torch.eye(6)[:, :5]], ids=["some", "one-hot", "short"])
def test_states_looked_up_in_a_table_give_what_their_features_give(count, features):
    """3 rows go through the network one by one; for 200 rows all 6 states do, and are looked up."""
    by_table, by_numbers = NetworkPolicy(features, seed=1), NetworkPolicy(features.shape[1], seed=1)
    batch = episodes(count, features=features)
    gradients = []
    for policy in (by_table, by_numbers):
        logprobs = policy.logprobs(batch)
        gradients.append(torch.autograd.grad(logprobs.square().sum(), list(policy.parameters())))
    torch.testing.assert_close(by_table.logprobs(batch), by_numbers.logprobs(batch))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def steered(policy):
    """With logits far from zero, where a fresh network's are all but zero."""
    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)) * 0.3)
    return policy


@pytest.mark.parametrize("count", [3, 200])
@pytest.mark.parametrize("policy", policies())
def test_the_kl_can_be_differentiated_twice(policy, count):
    """Fv against the difference of two gradients of the KL, in double precision."""
    policy = steered(policy).double()
    if not isinstance(policy, TabularPolicy) and policy.network.features is None:
        batch = episodes(count)
        batch.observations["observations"] = batch.observations["observations"].double()
    else:
        batch = episodes(count)
    parameters = list(policy.parameters())
    old = policy.logits(batch).detach()
    generator = torch.Generator().manual_seed(1)
    size = sum(p.numel() for p in parameters)
    vector = torch.randn(size, generator=generator, dtype=torch.float64)

    def gradient():
        kl = categorical_kl(old, policy.logits(batch)).mean()
        return torch.cat([g.reshape(-1) for g in torch.autograd.grad(kl, parameters)])

    kl = categorical_kl(old, policy.logits(batch)).mean()
    product = fisher_vector_product(kl, parameters, vector, damping=0.0)
    step, moved = 1e-5, []
    for sign in (1, -1):
        _shift(parameters, sign * step * vector)
        moved.append(gradient())
        _shift(parameters, -sign * step * vector)
    torch.testing.assert_close(product, (moved[0] - moved[1]) / (2 * step), rtol=1e-4, atol=1e-7)


@torch.no_grad()
def _shift(parameters, by):
    for parameter, part in zip(parameters, by.split([p.numel() for p in parameters]), strict=True):
        parameter += part.reshape(parameter.shape)


def test_first_weights_are_orthogonal_and_follow_the_seed():
    policy, value = NetworkPolicy(40, hidden=(16, 8), seed=1), NetworkValue(40, hidden=(16, 8), seed=1)
    for module, last_gain in ((policy, 0.01), (value, 1.0)):
        layers = [layer for layer in module.modules() if isinstance(layer, torch.nn.Linear)]
        for layer, gain in zip(layers, (2**0.5, 2**0.5, last_gain), strict=True):
            rows = layer.weight.detach()
            torch.testing.assert_close(rows @ rows.T, gain**2 * torch.eye(len(rows)), rtol=1e-4, atol=1e-5)
            assert not layer.bias.any()
    assert _weights(policy).equal(_weights(NetworkPolicy(40, hidden=(16, 8), seed=1)))
    assert not _weights(policy).equal(_weights(NetworkPolicy(40, hidden=(16, 8), seed=2)))


def _weights(module):
    return torch.cat([p.detach().reshape(-1) for p in module.parameters()])


def test_making_a_network_leaves_the_global_seed_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    NetworkPolicy(4)
    assert torch.equal(torch.rand(3), expected)


def test_the_same_weights_serve_with_another_mazes_table():
    """The table of features is not saved with the weights."""
    policy, other = NetworkPolicy(FEATURES, seed=1), NetworkPolicy(FEATURES.flip(0), seed=2)
    other.load_state_dict(policy.state_dict())
    torch.testing.assert_close(other.probabilities().flip(0), policy.probabilities())
    torch.testing.assert_close(policy.probabilities(FEATURES.flip(0)), other.probabilities())
    rows = episodes(50)
    logits = policy.logits(rows, temperature=2.0)[:, 0].softmax(-1)
    torch.testing.assert_close(policy.probabilities(temperature=2.0)[rows.observations["states"][:, 0]], logits)


@pytest.mark.parametrize("policy", policies()[:3])
def test_gradients_are_the_same_bits_on_two_threads(policy):
    """So many visits to so few states that two threads would share the adding up, if they were let."""
    batch, found, before = episodes(200_000), [], torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for _ in range(8):
            policy.zero_grad()
            policy.logprobs(batch).square().sum().backward()
            found.append(torch.cat([p.grad.reshape(-1) for p in policy.parameters()]))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(found[0], other) for other in found[1:])


def test_wrong_calls_are_errors():
    with pytest.raises(ValueError, match="every layer's width must be 1 or more, got 0"):
        NetworkPolicy(4, hidden=(0,))
    with pytest.raises(ValueError, match="features must be given"):
        NetworkPolicy(4).probabilities()
    with pytest.raises(ValueError, match="must have a row for state 5, it has 4"):
        NetworkPolicy(FEATURES[:4]).logits(episodes(50))
    with pytest.raises(ValueError, match="must have a row for state 5, it has 4"):
        TabularValue(4).values(episodes(50))
    with pytest.raises(ValueError, match="num_states must be 1 or more"):
        TabularValue(0)

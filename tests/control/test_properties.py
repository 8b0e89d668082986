"""What holds whatever a policy prefers."""

from types import SimpleNamespace

import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.control import (
    TabularPolicy,
    TabularValue,
    choices_at,
    cumulative,
    episode_returns,
    load_policy,
    load_value,
    policy_for,
    value_for,
    values_at,
)
from tests.control.test_measuring import corridors, forward
from tests.equations.strategies import normal, quick, seeds

sizes = st.integers(1, 6)


def tables(states, actions, seed):
    policy, value = TabularPolicy(states, actions), TabularValue(states)
    with torch.no_grad():
        policy.table.copy_(normal(states, actions, seed=seed, scale=3))
        value.table.copy_(normal(states, 1, seed=seed + 1))
    return policy, value


@quick
@given(sizes, sizes, seeds, st.floats(0.2, 5))
def test_what_a_table_chooses_is_the_softmax_of_its_row_at_any_temperature(states, actions, seed, temperature):
    policy, value = tables(states, actions, seed)
    asked = torch.arange(states).flip(0)
    found = choices_at(policy, asked, temperature=temperature)
    assert_close(found, (policy.table[asked] / temperature).log_softmax(-1).detach())
    assert_close(values_at(value, asked), value.table[asked, 0].detach())


@quick
@given(sizes, sizes, seeds)
def test_cumulative_chances_rise_to_one_and_their_steps_are_the_chances(rows, actions, seed):
    chances = np.random.default_rng(seed).dirichlet(np.ones(actions), size=rows)
    found = cumulative(chances)
    assert found.dtype == np.float64 and (found[:, -1] == 1).all()
    np.testing.assert_allclose(np.diff(found, axis=1, prepend=0), chances, atol=1e-12)


@quick
@given(sizes, sizes, seeds)
def test_what_was_saved_is_loaded_to_the_bit(tmp_path_factory, states, actions, seed):
    policy, value = tables(states, actions, seed)
    folder = tmp_path_factory.mktemp("saved")
    assert torch.equal(load_policy(policy.save(folder / "policy")).table, policy.table)
    assert torch.equal(load_value(value.save(folder / "value")).table, value.table)


@quick
@given(st.none() | sizes, sizes, sizes, st.lists(sizes, max_size=2), seeds)
def test_what_is_made_for_a_world_fits_it_and_follows_its_seed(states, inputs, actions, hidden, seed):
    world = SimpleNamespace(num_states=states, num_inputs=inputs, num_actions=actions)
    policy, value = policy_for(world, hidden=hidden, seed=seed), value_for(world, hidden=hidden, seed=seed)
    seen = torch.arange(states) if states else normal(3, inputs, seed=seed).float()
    assert choices_at(policy, seen).shape == (len(seen), actions) and values_at(value, seen).shape == (len(seen),)
    again, other = (policy_for(world, hidden=hidden, seed=number) for number in (seed, seed + 1))
    weights = [torch.cat([weight.flatten() for weight in one.parameters()]) for one in (policy, again, other)]
    assert torch.equal(weights[0], weights[1])
    if inputs > 1:  # of a single weight there is only its sign to draw
        assert torch.equal(weights[0], weights[2]) == (states is not None)
    linear = [layer for layer in policy.modules() if isinstance(layer, torch.nn.Linear)]
    assert [layer.out_features for layer in linear] == ([] if states else [*hidden, actions])


@settings(max_examples=15)
@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=4), st.integers(1, 14), st.sampled_from(list(AutoresetMode)[:2])
)
def test_one_episode_of_each_environment_counts_however_often_the_others_begin_again(lengths, limit, mode):
    found = episode_returns(forward(), corridors(*lengths, mode=mode), greedy=True, max_steps=limit)
    assert found.tolist() == [min(length, limit) for length in lengths]

"""What holds whatever a policy prefers."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.control import TabularPolicy, TabularValue, choices_at, cumulative, load_policy, load_value, values_at
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

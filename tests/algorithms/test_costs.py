"""The bytes are true: against sizes known beforehand, to the byte where that is possible."""

import pytest
import torch

from rlcourse.algorithms import GRPO, PPO, TRPO, GRPOConfig, PPOConfig, Training, TRPOConfig
from rlcourse.algorithms._bytes import bytes_of
from rlcourse.algorithms.costs import analytic_cost, measure_cost, models_of, transformer_activations
from rlcourse.language.model.gpt2 import hidden_states, next_token_logits
from tests.algorithms.conftest import CHOICES, LENGTH, TablePolicy, TableWorld
from tests.algorithms.small_worlds import MOVES, SQUARES, Corridor, SharedNet, StatePolicy, StateValue
from tests.language.conftest import tiny_gpt2

TABLE = LENGTH * CHOICES * 8
"""Bytes of `TablePolicy`'s weights, in double precision."""
COUNTER = 4
"""Bytes of Adam's step counter, one for each tensor of weights."""
LARGE = 50_000
"""States of a table beside which everything else is small."""


class BothWorlds(Corridor):
    """A corridor for algorithms of single steps, typed as a world of groups too."""

    def sample_groups(self, policy, *, num_generations, temperature, generator):
        raise NotImplementedError


class Doing:
    """An algorithm whose update does what it is told, so that its bytes are known."""

    def __init__(self, what):
        self.what = what

    def make_optimizer(self, policy):
        return torch.optim.SGD(policy.parameters(), lr=0.1)

    def collect(self, world, policy, generator):
        return torch.randn(1000, 10, generator=generator)

    def update(self, policy, optimizer, experience):
        self.what(policy, experience)
        return {}


class Weights(torch.nn.Module):
    """Ten weights."""

    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.ones(10))

    def logprobs(self, episodes, *, temperature=1.0):
        raise NotImplementedError


def grpo(policy=None, **config):
    reference = TablePolicy(1) if config.get("beta") else None
    algorithm = GRPO(GRPOConfig(learning_rate=0.05, **config), reference=reference)
    return Training(policy or TablePolicy(), TableWorld(), algorithm)


def measured(what):
    return measure_cost(Training(Weights(), TableWorld(), Doing(what)), repeats=1)


def large(algorithm):
    """A policy whose table is so large that a vector as long as it outweighs everything else."""
    policy = StatePolicy()
    policy.table = torch.nn.Parameter(torch.zeros(LARGE, 3, dtype=torch.float64))
    return Training(policy, BothWorlds(), algorithm), 8 * 3 * LARGE


def test_weights_gradients_and_adams_state_are_their_numbers_times_their_size():
    cost = measure_cost(grpo(), repeats=1)
    assert cost.weights == {"policy": TABLE}
    assert cost.gradients == TABLE
    assert cost.optimizer == 2 * TABLE + COUNTER


def test_grpo_holds_no_critic_and_a_reference_only_for_its_kl():
    assert measure_cost(grpo(), repeats=1).weights == {"policy": TABLE}
    assert measure_cost(grpo(beta=0.1), repeats=1).weights == {"policy": TABLE, "reference": TABLE}


def test_ppo_holds_a_critic_with_gradients_and_optimiser_state_of_its_own():
    cost = measure_cost(Training(StatePolicy(), BothWorlds(), PPO(critic=StateValue())), repeats=1)
    policy, critic = SQUARES * 3 * 8, SQUARES * 8
    assert cost.weights == {"policy": policy, "critic": critic}
    assert cost.gradients == policy + critic
    assert cost.optimizer == 2 * (policy + critic) + 2 * COUNTER


def test_a_policy_with_values_of_its_own_is_one_model():
    net = SharedNet()
    for algorithm in (PPO(), PPO(critic=net)):
        training = Training(net, BothWorlds(), algorithm)
        assert models_of(training) == {"policy": net}
    assert measure_cost(training, repeats=1).weights == {"policy": 8 * (4 * SQUARES + 4 * MOVES + 4)}


def test_weights_that_two_models_share_count_once():
    training = grpo()
    models = {"policy": training.policy, "the same": training.policy, "another": TablePolicy(1)}
    assert measure_cost(training, models=models, repeats=1).weights == {
        "policy": TABLE,
        "the same": 0,
        "another": TABLE,
    }


def test_activations_are_what_autograd_keeps():
    def update(policy, x):
        (x @ policy.w).exp().sum().backward()  # keeps x [1000, 10] and exp's result [1000]

    assert measured(update).activations == 4 * (1000 * 10 + 1000)


def test_activations_of_two_passes_in_turn_are_those_of_the_larger():
    def update(policy, x):
        (x @ policy.w).exp().sum().backward()
        (x[:10].clone() @ policy.w).exp().sum().backward()

    assert measured(update).activations == 4 * (1000 * 10 + 1000)


def test_a_tensor_that_two_operations_keep_counts_once():
    def update(policy, x):
        y = x @ policy.w  # keeps x
        (y.sin() + y.cos()).sum().backward()  # both keep y

    assert measured(update).activations == 4 * (1000 * 10 + 1000)


def test_the_weights_themselves_are_no_activations():
    assert measured(lambda policy, x: (policy.w * policy.w).sum().backward()).activations == 0


def test_the_peak_is_the_most_at_one_time():
    def update(policy, x):
        first = torch.zeros(1000)
        del first
        second = torch.zeros(3000)
        third = torch.zeros(500)
        del second, third

    assert measured(update).peak == 4 * 3500


def test_views_and_writing_in_place_make_nothing():
    def update(policy, x):
        made = torch.zeros(1000)
        made.view(10, 100)[3:].T.add_(1.0).mul_(2.0)
        x.view(-1)[:5].zero_()

    assert measured(update).peak == 4 * 1000


def test_the_peak_holds_the_activations_and_the_gradients():
    cost = measure_cost(grpo(), repeats=1)
    assert cost.peak >= cost.activations > 0
    assert cost.peak >= cost.gradients
    assert cost.total == TABLE + cost.optimizer + cost.peak


def test_trpo_keeps_vectors_as_long_as_the_policy_and_no_gradient_beside_them():
    training, size = large(TRPO(TRPOConfig(value_epochs=1), critic=StateValue()))
    cost = measure_cost(training, repeats=1)
    assert cost.gradients == SQUARES * 8  # the critic's
    assert cost.optimizer == 2 * SQUARES * 8 + COUNTER
    counted = analytic_cost("TRPO", policy=3 * LARGE, critic=SQUARES, bytes_per_number=8)
    assert counted.vectors == 5 * size
    # At least what is counted: g, x, r, p, F·p and ∇KL; and at most twice that, while a product is being worked out.
    assert 6 * size <= cost.peak <= 12 * size


def test_ppo_needs_far_fewer_such_vectors_than_trpo():
    training, size = large(PPO(PPOConfig(epochs=1), critic=StateValue()))
    assert measure_cost(training, repeats=1).peak < 4 * size


def test_measuring_does_not_disturb_the_training():
    measured, plain = grpo(), grpo()
    measure_cost(measured, repeats=2)
    plain.run(4, progress=False)  # one warms up, two are timed, one is measured
    assert torch.equal(measured.policy.logits, plain.policy.logits)
    assert measured.history == []


def test_seconds_are_those_of_sampling_and_of_the_update():
    class Slow(Doing):
        def collect(self, world, policy, generator):
            torch.ones(2_000_000).sort()
            return super().collect(world, policy, generator)

    cost = measure_cost(Training(Weights(), TableWorld(), Slow(lambda policy, x: None)), repeats=3)
    assert cost.sampling_seconds > 20 * cost.update_seconds > 0


@pytest.mark.parametrize(
    ("algorithm", "numbers"),
    [
        # weights, gradients and Adam's two numbers, for a policy of 100 and a critic of 10
        ("GRPO", 100 + 100 + 200),
        ("Reinforce", 100 + 100 + 200),
        ("PPO", 110 + 110 + 220),
        ("TRPO", 110 + 110 + 20 + 500),
    ],
)
def test_counted_by_hand(algorithm, numbers):
    critic = {"critic": 10} if algorithm in ("PPO", "TRPO") else {}
    assert analytic_cost(algorithm, policy=100, **critic).total == 4 * numbers
    assert analytic_cost(algorithm, policy=100, **critic, bytes_per_number=2).total == 2 * numbers
    more = analytic_cost(algorithm, policy=100, **critic, reference=True, reward_model=7, activations=1000)
    assert more.total == 4 * (numbers + 100 + 7) + 1000


def test_the_critic_is_as_large_as_the_policy_unless_said_otherwise():
    assert analytic_cost("PPO", policy=100).weights == {"policy": 400, "critic": 400}
    assert analytic_cost("GRPO", policy=100).weights == {"policy": 400}


def test_what_is_counted_is_what_is_measured():
    cost = measure_cost(grpo(beta=0.1), repeats=1)
    counted = analytic_cost("GRPO", policy=LENGTH * CHOICES, reference=True, bytes_per_number=8)
    assert counted.weights == cost.weights
    assert counted.gradients == cost.gradients
    assert counted.optimizer == cost.optimizer - COUNTER


@pytest.mark.parametrize(("rows", "length"), [(4, 6), (16, 40)])
def test_a_gpt2_keeps_about_what_is_counted(rows, length):
    model = tiny_gpt2(50).float()
    policy = Weights()
    policy.model = model

    def update(policy, x):
        tokens = torch.zeros(rows, length, dtype=torch.int64)
        hidden, _ = hidden_states(model, tokens, torch.arange(length).expand(rows, length))
        next_token_logits(model, hidden).log_softmax(-1)[..., 0].sum().backward()

    kept = measure_cost(Training(policy, TableWorld(), Doing(update)), repeats=1).activations
    counted = transformer_activations(rows * length, layers=2, channels=16, vocabulary=50)
    assert 0.75 < kept / counted < 1.25


def test_bytes_of_counts_each_storage_once_and_things_that_are_no_tensors_not_at_all():
    tensor = torch.zeros(10)
    assert bytes_of([tensor, tensor, tensor[3:], None, 5, torch.zeros(2, dtype=torch.int64)]) == 40 + 16


SMALL_GPT = {"layers": 2, "channels": 8, "vocabulary": 10}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure_cost(grpo(), repeats=0), "repeats must be 1 or more, got 0"),
        (lambda: analytic_cost("DPO", policy=1), "algorithm must be Reinforce, TRPO, PPO or GRPO, got 'DPO'"),
        (lambda: analytic_cost("PPO", policy=-1), "policy must be at least 0, got -1"),
        (lambda: analytic_cost("PPO", policy=1, activations=-1), "activations must be at least 0, got -1"),
        (lambda: analytic_cost("PPO", policy=1, bytes_per_number=-4), "bytes_per_number must be at least 1, got -4"),
        (lambda: transformer_activations(-1, **SMALL_GPT), "tokens must be at least 0, got -1"),
        (lambda: transformer_activations(1, **SMALL_GPT | {"layers": -2}), "layers must be at least 0, got -2"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()

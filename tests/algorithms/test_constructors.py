"""What an algorithm cannot use it refuses when it is made, by name; what a learner's function may do is bounded."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from rlcourse.algorithms import GRPO, PPO, TRPO, GRPOConfig, PPOConfig, Reinforce, ReinforceConfig, TRPOConfig
from rlcourse.equations import clipped_surrogate, discounted_returns, gae, group_advantages, policy_gradient, surrogate
from tests.algorithms.by_hand import flat
from tests.algorithms.conftest import TablePolicy
from tests.algorithms.small_worlds import PolicyNet, SharedNet, StatePolicy, StateValue, rollout_of

pytestmark = pytest.mark.usefixtures("untyped")

CONFIGS = {Reinforce: ReinforceConfig, TRPO: TRPOConfig, PPO: PPOConfig, GRPO: GRPOConfig}
WITH_CRITIC = [Reinforce, TRPO, PPO]


@pytest.mark.parametrize("algorithm", CONFIGS)
@pytest.mark.parametrize("other", CONFIGS.values())
def test_the_config_of_another_algorithm_is_refused(algorithm, other):
    if other is CONFIGS[algorithm]:
        assert algorithm(other()).config == other()
    else:
        message = f"config of {algorithm.__name__} must be a {CONFIGS[algorithm].__name__}.*got {other.__name__}"
        with pytest.raises(TypeError, match=message):
            algorithm(other())


@pytest.mark.parametrize("algorithm", CONFIGS)
@pytest.mark.parametrize("config", [{}, 0, "default", False])
def test_what_is_no_config_is_refused_even_where_it_counts_as_false(algorithm, config):
    with pytest.raises(TypeError, match=f"config of {algorithm.__name__} must be a "):
        algorithm(config)


@pytest.mark.parametrize("algorithm", CONFIGS)
def test_the_class_of_the_settings_is_no_settings(algorithm):
    with pytest.raises(TypeError, match=r"must be a \w+, such as \w+\(\), got <class .*, the class itself"):
        algorithm(CONFIGS[algorithm])


@pytest.mark.parametrize("algorithm", WITH_CRITIC)
@pytest.mark.parametrize("critic", [StateValue, StatePolicy(), 3, "critic", gae])
def test_what_is_no_critic_is_refused(algorithm, critic):
    with pytest.raises(TypeError, match=r"critic must have the methods .*Critic, got .*they are parameters, values"):
        algorithm(critic=critic)


@pytest.mark.parametrize("algorithm", [PPO, GRPO])
@pytest.mark.parametrize("reference", [StatePolicy, StateValue(), 3])
def test_what_is_no_policy_is_refused_as_the_reference(algorithm, reference):
    with pytest.raises(TypeError, match=r"reference must have .*Policy, got .*they are parameters, logprobs"):
        algorithm(reference=reference)


FUNCTIONS = {
    Reinforce: ("advantage_fn", "objective"),
    TRPO: ("advantage_fn", "objective", "solve", "search"),
    PPO: ("advantage_fn", "objective", "value_loss_fn", "gauges"),
    GRPO: ("advantage_fn", "objective", "kl_fn"),
}
EACH = [(algorithm, name) for algorithm, names in FUNCTIONS.items() for name in names]


@pytest.mark.parametrize(("algorithm", "name"), EACH)
@pytest.mark.parametrize("function", [3, "gae", None, StateValue, torch.zeros(2), lambda: None])
def test_what_cannot_be_called_as_it_will_be_is_refused_with_what_it_will_be_given(algorithm, name, function):
    with pytest.raises(TypeError, match=rf"{name} must be a function of \(\w+.*\)"):
        algorithm(**{name: function})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: PPO(objective=lambda new, old, advantages: new),
            r"objective must be a function of \(logprobs, old_logprobs, advantages, \*, clip_low, clip_high\), "
            r".*<lambda> is not: got an unexpected keyword argument 'clip_low'",
        ),
        (lambda: GRPO(objective=surrogate), r"surrogate is not: got an unexpected keyword argument 'clip_low'"),
        (lambda: TRPO(objective=clipped_surrogate), "clipped_surrogate is not: missing a required"),
        (lambda: PPO(advantage_fn=discounted_returns), "discounted_returns is not: too many positional arguments"),
        (lambda: PPO(advantage_fn=lambda *given, gamma: given), "unexpected keyword argument 'gae_lambda'"),
        (lambda: TRPO(solve=lambda matvec, b: b), "solve must be .*unexpected keyword argument 'iterations'"),
    ],
)
def test_a_missing_keyword_is_named(make, message):
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: PPO(objective=lambda new, old, advantages, **_: new),
        lambda: PPO(objective=partial(clipped_surrogate)),
        lambda: GRPO(advantage_fn=partial(group_advantages, scale="none")),
        lambda: TRPO(objective=lambda *given: given[0]),
        lambda: Reinforce(objective=torch.mul),
    ],
)
def test_partial_functions_and_those_written_in_c_are_taken(make):
    make()


@pytest.mark.parametrize("name", ["value_learning_rate", "value_epochs", "minibatch_size"])
def test_a_setting_of_the_critic_without_a_critic_is_refused_naming_both(name):
    config = ReinforceConfig(**{name: 7})
    with pytest.raises(ValueError, match=rf"{name}=7 could not act: there is no critic; Reinforce\(config, critic="):
        Reinforce(config)
    Reinforce(config, critic=StateValue())


def test_a_step_size_for_a_critic_that_is_the_policy_itself_is_refused():
    config = PPOConfig(value_learning_rate=0.1)
    with pytest.raises(ValueError, match=r"value_learning_rate=0\.1 could not act: without critic="):
        PPO(config)
    net = SharedNet()
    with pytest.raises(ValueError, match=r"value_learning_rate=0\.1 could not act: the critic has no weights"):
        PPO(config, critic=net).make_optimizer(net)


@pytest.mark.parametrize("algorithm", [lambda: PPO(critic=StateValue()), lambda: TRPO(critic=StateValue()), Reinforce])
def test_a_policy_without_weights_to_train_is_refused_before_it_acts(algorithm):
    frozen, empty = StatePolicy(), StatePolicy()
    frozen.table.requires_grad_(False)
    empty.table = None
    empty.logits = empty.logprobs = lambda episodes, **_: None
    with torch.inference_mode():
        tied_up = StatePolicy()
    for policy, why in ((frozen, "are frozen"), (empty, r"parameters\(\) is empty"), (tied_up, "inference_mode")):
        with pytest.raises(ValueError, match=f"policy must have weights to train, but .*{why}"):
            algorithm().make_optimizer(policy)


def test_what_an_entropy_bonus_needs_is_asked_before_the_policy_acts():
    class Narrow(StatePolicy):
        logits = None

    with pytest.raises(TypeError, match=r"entropy_coef=0.1 needs a policy with logits\(\)"):
        PPO(PPOConfig(entropy_coef=0.1), critic=StateValue()).make_optimizer(Narrow())


# ---- What a learner's function may do.


def doubled(function, which, *, in_place):
    """The same function of twice that argument, which is doubled where it lies, or not."""

    def own(*given, **named):
        given = list(given)
        if in_place:
            given[which] *= 2
        else:
            given[which] = given[which] * 2
        return function(*given, **named)

    return own


STEPWISE = {
    "reinforce": lambda **functions: Reinforce(critic=StateValue(), **functions),
    "trpo": lambda **functions: TRPO(critic=StateValue(), **functions),
    "ppo": lambda **functions: PPO(PPOConfig(epochs=2, minibatch_size=8), critic=StateValue(), **functions),
}
OWN = {
    "reinforce": {"advantage_fn": discounted_returns, "objective": policy_gradient},
    "trpo": {"advantage_fn": gae, "objective": surrogate},
    "ppo": {"advantage_fn": gae, "objective": clipped_surrogate},
}


def after_an_update(algorithm, policy, experience):
    stats = algorithm.update(policy, algorithm.make_optimizer(policy), experience)
    return stats, flat(policy)


@pytest.mark.parametrize(("name", "which"), [(name, which) for name, own in OWN.items() for which in own])
def test_a_function_that_works_in_place_changes_neither_the_history_nor_the_step(rollout, name, which):
    """Rewards for an advantage_fn, the advantages for an objective."""
    before, argument = rollout.rewards.clone(), 0 if which == "advantage_fn" else -1
    found, expected = (
        after_an_update(
            STEPWISE[name](**{which: doubled(OWN[name][which], argument, in_place=in_place)}), StatePolicy(), rollout
        )
        for in_place in (True, False)
    )
    assert found[0] == expected[0]
    assert torch.equal(found[1], expected[1])
    assert torch.equal(rollout.rewards, before)


def test_group_advantages_in_place_leave_the_rewards_in_the_history(policy, episodes):
    def own(rewards):
        rewards -= rewards.mean(1, keepdim=True)
        rewards /= rewards.std(1, keepdim=True) + 1e-4
        return rewards

    grpo = GRPO(advantage_fn=own)
    stats = grpo.update(policy, grpo.make_optimizer(policy), episodes)
    expected = GRPO().update(TablePolicy(), GRPO().make_optimizer(TablePolicy()), episodes)
    assert stats["reward"] == expected["reward"] != 0
    assert stats == pytest.approx(expected, rel=1e-3)


BAD_OBJECTIVES = [
    (lambda logprobs, *_, **__: logprobs.detach(), ValueError, "objective must return what depends on logprobs"),
    (lambda logprobs, *_, **__: None, TypeError, "objective must return a tensor, got None; was `return` forgotten"),
    (lambda logprobs, *_, **__: logprobs.long(), TypeError, "objective must return floating-point .* torch.int64"),
    (lambda logprobs, *_, **__: logprobs.numpy(force=True), TypeError, "objective must return a tensor, got array"),
    (lambda logprobs, *_, **__: logprobs[:1, :0], ValueError, "objective must return the shape"),
    (lambda logprobs, *_, **__: logprobs + float("nan"), (ValueError, FloatingPointError), "finite|is nan"),
]


@pytest.mark.parametrize(("objective", "error", "message"), BAD_OBJECTIVES)
@pytest.mark.parametrize("name", ["reinforce", "trpo", "ppo", "grpo"])
def test_an_objective_that_cannot_be_learned_from_moves_nothing(episodes, name, objective, error, message):
    policy = TablePolicy() if name == "grpo" else PolicyNet()
    algorithm = GRPO(objective=objective) if name == "grpo" else STEPWISE[name](objective=objective)
    experience, before = episodes if name == "grpo" else rollout_of("answers"), flat(policy)
    with pytest.raises(error, match=message):
        algorithm.update(policy, algorithm.make_optimizer(policy), experience)
    assert torch.equal(flat(policy), before)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e308])
def test_a_search_that_leaves_the_numbers_never_reaches_the_weights(rollout, bad):
    policy = PolicyNet()
    before = flat(policy)
    trpo = TRPO(critic=StateValue(), search=lambda old, step, evaluate, **_: torch.full_like(old, bad))
    with pytest.raises(ValueError, match=r"search must return (finite numbers|weights that can be used)"):
        trpo.update(policy, trpo.make_optimizer(policy), rollout)
    assert torch.equal(flat(policy), before)


def test_a_solve_that_is_not_finite_is_named(rollout):
    trpo = TRPO(critic=StateValue(), solve=lambda matvec, b, **_: b / 0)
    with pytest.raises(ValueError, match="solve must return finite numbers, got"):
        trpo.update(StatePolicy(), trpo.make_optimizer(StatePolicy()), rollout)


@pytest.mark.parametrize("name", STEPWISE)
def test_an_action_that_was_sampled_without_a_chance_is_refused(rollout, name):
    old = rollout.rows.old_logprobs.clone()
    row, step = rollout.rows.mask.nonzero()[1].tolist()
    old[row, step] = float("nan")
    spoilt = replace(rollout, rows=replace(rollout.rows, old_logprobs=old))
    policy = StatePolicy()
    before, algorithm = flat(policy), STEPWISE[name]()
    with pytest.raises(ValueError, match=f"old_logprobs must be finite, got nan in row {row}, step {step}"):
        algorithm.update(policy, algorithm.make_optimizer(policy), spoilt)
    assert torch.equal(flat(policy), before)


def test_grpo_refuses_an_action_that_was_sampled_without_a_chance(policy, episodes):
    old = torch.where(episodes.mask, float("-inf"), episodes.old_logprobs)
    with pytest.raises(ValueError, match="old_logprobs must be finite, got -inf in row 0, step 0"):
        GRPO().update(policy, GRPO().make_optimizer(policy), replace(episodes, old_logprobs=old))


@pytest.mark.parametrize("name", STEPWISE)
def test_switched_off_gradients_are_explained_by_an_update_too(rollout, name):
    algorithm, policy = STEPWISE[name](), StatePolicy()
    optimizer = algorithm.make_optimizer(policy)
    with torch.no_grad(), pytest.raises(RuntimeError, match="training needs gradients"):
        algorithm.update(policy, optimizer, rollout)


def test_log_probabilities_of_another_shape_are_named(episodes):
    class Wide(TablePolicy):
        def logprobs(self, episodes, *, temperature=1.0):
            return super().logprobs(episodes, temperature=temperature)[:, :1]  # would be stretched without a word

    grpo = GRPO()
    with pytest.raises(ValueError, match=r"policy\.logprobs must return the shape \[\d+, 4\], got \[\d+, 1\]"):
        grpo.update(Wide(), grpo.make_optimizer(Wide()), episodes)

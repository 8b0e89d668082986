"""One update of TRPO: the direction by linear algebra, the length by the formula, and both promises measured again."""

import inspect
from dataclasses import fields, replace

import pytest
import torch
from torch.testing import assert_close

from rlcourse.algorithms import TRPO, TRPOConfig
from rlcourse.equations import conjugate_gradient, gae, surrogate
from tests.algorithms.by_hand import Recorder, check_wrong_kind, flat, gae_by_hand, gradient_of, standardised
from tests.algorithms.small_worlds import (
    BEST,
    WORLDS,
    Corridor,
    Garbage,
    PolicyNet,
    SharedNet,
    StatePolicy,
    StateValue,
    of_states,
    rollout_of,
    spoilt,
    trained,
    widened,
)

NAN = float("nan")
SMALL = {"target_kl": 1e-10, "damping": 0.01, "cg_iterations": 200, "cg_tolerance": 1e-12}
"""A step so short that the first length tried is the one taken."""


def updated(policy, rollout, *, critic=None, functions=None, lr=0.0, **config):
    """What one update reports; the critic steps by `lr`."""
    critic = StateValue() if critic is None else critic
    options = {"gamma": 0.9, "gae_lambda": 0.8, "value_epochs": 1, "max_grad_norm": 1e9}
    trpo = TRPO(TRPOConfig(**options | config), critic=critic, **functions or {})
    return trpo.update(policy, Recorder(critic, lr=lr), rollout)


def counted(rollout):
    """The steps that count: their places, states and actions."""
    where = list(map(tuple, rollout.rows.mask.nonzero().tolist()))
    return where, [rollout.rows.observations["states"][p] for p in where], [rollout.rows.actions[p] for p in where]


def log_distributions(policy, temperature=1.0):
    """Log π(·|s) of every state [S, V], with gradients."""
    states = torch.arange(4)[:, None]
    return policy.logits(of_states(states), temperature=temperature)[:, 0].log_softmax(-1)


def surrogate_by_hand(policy, rollout, advantages, temperature=1.0):
    """The mean of π/π_old·Â over the steps that count."""
    where, states, actions = counted(rollout)
    logprobs, terms = log_distributions(policy, temperature), []
    for place, state, action in zip(where, states, actions, strict=True):
        terms.append((logprobs[state, action] - rollout.rows.old_logprobs[place]).exp() * advantages[place])
    return torch.stack(terms).sum() / len(terms)


def kl_by_hand(old, new, rollout, temperature=1.0):
    """The mean of KL(old‖new) over the states of the steps that count."""
    log_p, log_q = (log_distributions(policy, temperature).detach() for policy in (old, new))
    total = 0.0
    _, states, _ = counted(rollout)
    for state in states:
        total += sum((log_p[state, a].exp() * (log_p[state, a] - log_q[state, a])).item() for a in range(3))
    return total / len(states)


def fisher_by_hand(policy, rollout):
    """The mean over states of Σₐ π(a|s)·∇log π(a|s)·∇log π(a|s)ᵀ."""
    logprobs = log_distributions(policy)
    by_state = []
    for row in logprobs:
        total = 0.0
        for logprob in row:
            gradients = torch.autograd.grad(logprob, list(policy.parameters()), retain_graph=True, allow_unused=True)
            pairs = zip(policy.parameters(), gradients, strict=True)
            score = torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for p, g in pairs])
            total = total + logprob.exp().detach() * torch.outer(score, score)
        by_state.append(total)
    _, states, _ = counted(rollout)
    return sum(by_state[state] for state in states) / len(states)


def advantages_of(rollout, critic, *, normalize=True):
    raw = gae_by_hand(rollout, critic, gamma=0.9, gae_lambda=0.8)
    return standardised(raw) if normalize else raw


@pytest.fixture
def watched(monkeypatch):
    """The matrix, column by column, and the right-hand side of the update's conjugate gradient, and what came of it."""
    seen = {}

    def spy(matvec, b, **options):
        fisher = torch.stack([matvec(unit) for unit in torch.eye(len(b), dtype=b.dtype)], dim=1)
        seen.update(fisher=fisher, b=b, options=options, x=conjugate_gradient(matvec, b, **options))
        return seen["x"]

    defaults = inspect.unwrap(TRPO.__init__).__kwdefaults__
    assert defaults["solve"] is conjugate_gradient
    monkeypatch.setitem(defaults, "solve", spy)
    return seen


class TestDirection:
    def test_the_fisher_product_is_the_expected_outer_product_of_scores(self, rollout, watched):
        policy = PolicyNet()
        expected = fisher_by_hand(policy, rollout)
        updated(policy, rollout, damping=0.3)
        assert expected.abs().max() > 0.01
        assert_close(watched["fisher"], expected + 0.3 * torch.eye(len(expected), dtype=torch.float64))

    def test_the_right_hand_side_is_the_surrogates_gradient(self, rollout, watched):
        for normalize in (True, False):
            policy, critic = PolicyNet(seed=9), StateValue()
            advantages = advantages_of(rollout, critic, normalize=normalize)
            expected = gradient_of(surrogate_by_hand(policy, rollout, advantages), policy)
            updated(policy, rollout, critic=critic, normalize_advantages=normalize)
            assert_close(watched["b"], expected, rtol=1e-6, atol=1e-9)

    def test_the_settings_reach_conjugate_gradient(self, rollout, watched):
        updated(PolicyNet(), rollout, cg_iterations=3, cg_tolerance=0.5)
        assert watched["options"] == {"iterations": 3, "tolerance": 0.5}

    def test_the_solution_is_that_of_linear_algebra_and_of_sb3_contrib(self, rollout, watched):
        policy = PolicyNet()
        fisher = fisher_by_hand(policy, rollout)
        updated(policy, rollout, **SMALL)
        matrix = fisher + 0.01 * torch.eye(len(fisher), dtype=torch.float64)
        assert_close(watched["x"], torch.linalg.solve(matrix, watched["b"]), rtol=1e-6, atol=1e-8)
        solver = pytest.importorskip("sb3_contrib.common.utils").conjugate_gradient_solver
        theirs = solver(lambda v: matrix @ v, watched["b"], max_iter=200, residual_tol=1e-20)
        assert_close(watched["x"], theirs, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_the_full_step_is_as_long_as_the_formula_says(rollout, seed):
    """√(2δ / xᵀ(F + damping)x)·x, in the weights after the update."""
    policy, critic = PolicyNet(seed), StateValue()
    fisher = fisher_by_hand(policy, rollout)
    matrix = fisher + 0.01 * torch.eye(len(fisher), dtype=torch.float64)
    g = gradient_of(surrogate_by_hand(policy, rollout, advantages_of(rollout, critic)), policy)
    x = torch.linalg.solve(matrix, g)
    expected = (2 * 1e-10 / (x @ matrix @ x)).sqrt() * x
    before = flat(policy)
    stats = updated(policy, rollout, critic=critic, **SMALL)
    assert stats["step_fraction"] == 1
    step = flat(policy) - before
    assert ((step - expected).norm() / expected.norm()).item() < 1e-5
    assert (step[-4:] == 0).all()  # the four weights that the KL does not depend on
    # A short step uses up the limit, but for what the damping takes of it.
    share = (x @ fisher @ x) / (x @ matrix @ x)
    assert stats["policy_kl"] == pytest.approx(1e-10 * share.item(), rel=1e-3)


class TestDamping:
    """Left to itself it is a tenth of ‖F·g‖/‖g‖, whatever F's scale is."""

    def test_by_itself_it_is_a_tenth_of_the_matrixs_own_scale(self, rollout, watched):
        policy = PolicyNet()
        fisher = fisher_by_hand(policy, rollout)
        updated(policy, rollout)
        scale = (fisher @ watched["b"]).norm() / watched["b"].norm()
        assert scale > 0.001
        assert_close(watched["fisher"], fisher + (0.1 * scale + 1e-4) * torch.eye(len(fisher), dtype=torch.float64))

    @pytest.mark.parametrize("copies", [1, 100])
    def test_a_matrix_a_hundred_times_smaller_gets_as_much_of_the_limit(self, copies):
        """A table in which each state has many copies, of which each is seen as seldom: F is that much smaller."""

        class Copied(StatePolicy):
            def __init__(self):
                super().__init__()
                self.table = torch.nn.Parameter(self.table.detach().repeat(copies, 1))

            def logits(self, episodes, *, temperature=1.0):
                states = episodes.observations["states"]
                states = states + 4 * (torch.arange(states.numel()).reshape(states.shape) % copies)
                return torch.nn.functional.embedding(states, self.table) / temperature

        rollout = Corridor(robots=20, steps=200).rollout(
            StatePolicy(), temperature=1.0, generator=torch.Generator().manual_seed(0)
        )
        by_itself = updated(Copied(), sampled_by(Copied(), rollout))["kl_used"]
        assert by_itself > 0.5
        if copies > 1:  # a plain number drowns it
            assert updated(Copied(), sampled_by(Copied(), rollout), damping=0.1)["kl_used"] < 0.1

    def test_the_share_of_the_limit_is_said(self, rollout):
        stats = updated(StatePolicy(), rollout, target_kl=0.02)
        assert 0.5 < stats["kl_used"] == pytest.approx(stats["policy_kl"] / 0.02)

    def test_a_policy_that_has_made_up_its_mind_makes_no_step(self):
        """Where rounding leaves nothing of the KL there is no scale either."""
        rollout, policy = rollout_of("steps"), StatePolicy()
        with torch.no_grad():
            policy.table.copy_(torch.tensor([[1e4, 0.0, 0.0]] * 4))
        before = flat(policy)
        obedient = replace(rollout, rows=replace(rollout.rows, actions=0 * rollout.rows.actions))
        stats = updated(policy, sampled_by(policy, obedient))
        assert stats["step_fraction"] == 0
        assert torch.equal(flat(policy), before)


@pytest.mark.parametrize("every", [3, 7])
def test_the_products_may_be_computed_on_a_part_of_the_rows(rollout, watched, every):
    policy = PolicyNet()
    rows = rollout.rows.mask.any(1).nonzero()[::every, 0]
    part = replace(rollout, rows=rollout.rows.select(rows))
    expected = fisher_by_hand(policy, part)
    assert (expected - fisher_by_hand(policy, rollout)).abs().max() > 1e-3
    stats = updated(policy, rollout, damping=0.3, fisher_every=every)
    assert_close(watched["fisher"], expected + 0.3 * torch.eye(len(expected), dtype=torch.float64))
    assert 0 < stats["policy_kl"] <= 0.01  # that of all rows


def sampled_by(policy, rollout, temperature=1.0):
    """The rollout as if this policy had sampled it."""
    old_logprobs = policy.logprobs(rollout.rows, temperature=temperature).detach()
    return replace(rollout, rows=replace(rollout.rows, old_logprobs=old_logprobs))


@pytest.mark.parametrize("target_kl", [0.001, 0.03, 0.3])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.parametrize("make", [StatePolicy, PolicyNet])
def test_an_accepted_step_keeps_the_limit_and_improves(rollout, target_kl, temperature, make):
    """Both measured again, from the weights after the update."""
    policy, critic = make(), StateValue()
    rollout = sampled_by(policy, rollout, temperature)
    advantages = advantages_of(rollout, critic)
    before = surrogate_by_hand(policy, rollout, advantages, temperature).item()
    stats = updated(policy, rollout, critic=critic, target_kl=target_kl, damping=1e-3, temperature=temperature)
    assert stats["step_fraction"] > 0
    kl = kl_by_hand(make(), policy, rollout, temperature)
    after = surrogate_by_hand(policy, rollout, advantages, temperature).item()
    assert 0.2 * target_kl < kl <= target_kl
    assert stats["policy_kl"] == pytest.approx(kl)
    assert after > before
    assert stats["improvement"] == pytest.approx(after - before)


def test_the_kl_is_that_of_the_old_policy_from_the_new_one():
    """And not the other way round: for a long step the two differ."""
    rollout, policy = rollout_of("answers"), StatePolicy()
    stats = updated(policy, rollout, target_kl=0.5, damping=1e-4)
    forwards, backwards = kl_by_hand(StatePolicy(), policy, rollout), kl_by_hand(policy, StatePolicy(), rollout)
    assert stats["policy_kl"] == pytest.approx(forwards)
    assert abs(forwards - backwards) > 0.01


class TestLineSearch:
    def test_the_step_is_the_longest_of_its_lengths_that_keeps_both_promises(self, rollout):
        policy, critic = PolicyNet(), StateValue()
        rollout = sampled_by(policy, rollout)
        options = {"target_kl": 1.0, "damping": 1e-6, "backtrack_coef": 0.7, "cg_iterations": 200}
        before = flat(policy)
        stats = updated(policy, rollout, critic=critic, **options, backtrack_iterations=30)
        attempts = round(torch.tensor(stats["step_fraction"]).log().item() / torch.tensor(0.7).log().item())
        assert attempts > 0
        assert stats["step_fraction"] == pytest.approx(0.7**attempts)
        full_step = (flat(policy) - before) / 0.7**attempts
        advantages = advantages_of(rollout, critic)
        start = surrogate_by_hand(PolicyNet(), rollout, advantages).item()
        for attempt in range(attempts + 1):
            trial = PolicyNet()
            torch.nn.utils.vector_to_parameters(before + 0.7**attempt * full_step, trial.parameters())
            kl = kl_by_hand(PolicyNet(), trial, rollout)
            gain = surrogate_by_hand(trial, rollout, advantages).item() - start
            assert (kl <= 1.0 and gain > 0) == (attempt == attempts)

    def test_an_overlong_step_that_may_not_be_shortened_is_given_up_to_the_bit(self, rollout):
        policy = PolicyNet()
        rollout = sampled_by(policy, rollout)
        options = {"target_kl": 1.0, "damping": 1e-6, "cg_iterations": 200}
        assert 0 < updated(PolicyNet(), rollout, **options, backtrack_iterations=30)["step_fraction"] < 1
        before = flat(policy)
        stats = updated(policy, rollout, **options, backtrack_iterations=1)
        assert torch.equal(flat(policy), before)
        assert (stats["policy_kl"], stats["improvement"], stats["step_fraction"]) == (0, 0, 0)

    def test_an_objective_that_gets_worse_everywhere_leaves_the_policy_to_the_bit(self, rollout):
        values = []

        def worse_and_worse(logprobs, old_logprobs, advantages):
            values.append(None)
            return surrogate(logprobs, old_logprobs, advantages) - 10 * len(values)

        policy, critic = StatePolicy(), StateValue()
        before, untrained = flat(policy), flat(critic)
        functions = {"objective": worse_and_worse}
        stats = updated(policy, rollout, critic=critic, functions=functions, backtrack_iterations=7, lr=0.1)
        assert torch.equal(flat(policy), before)
        assert stats["step_fraction"] == 0
        assert len(values) == 1 + 7
        assert not torch.equal(flat(critic), untrained)  # the critic learns all the same

    def test_a_step_to_where_nothing_is_a_number_is_refused(self, rollout):
        calls = []

        class Fragile(StatePolicy):
            def logits(self, episodes, **options):
                calls.append(None)
                logits = super().logits(episodes, **options)
                return logits if len(calls) in (1, 4) else logits * NAN

        policy = Fragile()
        stats = updated(policy, rollout, target_kl=0.001)
        assert stats["step_fraction"] == pytest.approx(0.8**2)  # the third length is the first with numbers
        assert flat(policy).isfinite().all()

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_an_error_in_the_middle_restores_the_policy_to_the_bit(self, rollout, error):
        calls = []

        def breaks(logprobs, old_logprobs, advantages):
            calls.append(None)
            if len(calls) == 3:
                raise error
            return surrogate(logprobs, old_logprobs, advantages) - 10 * len(calls)

        policy, critic = StatePolicy(), StateValue()
        before = flat(policy, critic)
        with pytest.raises(error):
            updated(policy, rollout, critic=critic, functions={"objective": breaks}, lr=0.1)
        assert torch.equal(flat(policy, critic), before)


class TestCritic:
    def test_the_policys_step_does_not_move_it(self, rollout):
        critic = StateValue()
        before = flat(critic)
        stats = updated(StatePolicy(), rollout, critic=critic, lr=0.0)
        assert stats["step_fraction"] > 0
        assert torch.equal(flat(critic), before)

    def test_its_own_steps_do_not_move_the_policy(self, rollout):
        """Whatever the critic learns, the policy's weights are the same bits."""
        results = []
        for lr in (0.0, 0.5):
            policy = StatePolicy()
            updated(policy, rollout, lr=lr, value_epochs=5)
            results.append(flat(policy))
            assert policy.table.grad is None
        assert torch.equal(*results)

    def test_it_moves_towards_the_returns_of_raw_advantages(self, rollout):
        critic = StateValue()
        raw, states = advantages_of(rollout, critic, normalize=False), rollout.rows.observations["states"]
        terms = []
        for place, advantage in raw.items():
            target = advantage + critic.table.detach()[states[place], 0]
            terms.append(0.5 * (critic.table[states[place], 0] - target) ** 2)
        loss = torch.stack(terms).sum() / len(terms)
        expected, before = gradient_of(loss, critic), flat(critic)
        stats = updated(StatePolicy(), rollout, critic=critic, lr=0.1)
        assert_close(flat(critic), before - 0.1 * expected, rtol=1e-6, atol=1e-9)
        assert stats["value_loss"] == pytest.approx(loss.item())

    def test_it_has_its_own_epochs_minibatches_and_gradient_length(self, rollout):
        critic = StateValue()
        recorder = Recorder(critic)
        config = TRPOConfig(value_epochs=3, minibatch_size=5, max_grad_norm=1e-3)
        TRPO(config, critic=critic).update(StatePolicy(), recorder, rollout)
        assert len(recorder.gradients) == 3 * -(-len(rollout.rows.mask) // 5)
        assert all(g.norm().item() == pytest.approx(1e-3, rel=1e-3) for g in recorder.gradients)

    def test_the_optimiser_is_for_its_weights_alone(self):
        policy, critic = StatePolicy(), StateValue()
        optimizer = TRPO(TRPOConfig(value_learning_rate=0.07), critic=critic).make_optimizer(policy)
        assert isinstance(optimizer, torch.optim.Adam)
        assert [(g["lr"], g["params"]) for g in optimizer.param_groups] == [(0.07, [critic.table])]

    @pytest.mark.parametrize("shared", [True, False])
    def test_it_must_not_share_the_policys_weights(self, rollout, shared):
        net = SharedNet()
        trpo = TRPO(critic=net if shared else None)  # without a critic, the policy would be its own
        with pytest.raises(ValueError, match="critic must have weights of its own: TRPO"):
            trpo.make_optimizer(net)
        with pytest.raises(ValueError, match="critic must have weights of its own: TRPO"):
            trpo.update(net, Recorder(net), rollout)

    def test_there_must_be_one(self):
        with pytest.raises(ValueError, match=r"TRPO needs a critic: TRPO\(config, critic=...\)"):
            TRPO().make_optimizer(StatePolicy())


def test_without_advantages_nothing_is_tried_and_nothing_moves(rollout):
    calls = []

    class Watched(StatePolicy):
        def logits(self, episodes, **options):
            calls.append(None)
            return super().logits(episodes, **options)

    policy, critic = Watched(), StateValue()
    critic.table.data.zero_()
    before = flat(policy, critic)
    calm = replace(rollout, rewards=torch.zeros_like(rollout.rewards))
    trpo = TRPO(critic=critic)
    stats = trpo.update(policy, trpo.make_optimizer(policy), calm)
    assert torch.equal(flat(policy, critic), before)
    assert (stats["policy_kl"], stats["improvement"], stats["step_fraction"], stats["value_loss"]) == (0, 0, 0, 0)
    assert len(calls) == 1


def test_weights_that_are_frozen_stay_as_they_are(rollout):
    policy = PolicyNet()
    policy.body.requires_grad_(False)
    body, head = policy.body.clone(), policy.head.clone()
    assert updated(policy, rollout)["step_fraction"] > 0
    assert torch.equal(policy.body, body)
    assert not torch.equal(policy.head, head)


def test_single_precision_will_do(rollout):
    policy, critic = StatePolicy().float(), StateValue().float()
    rows = replace(rollout.rows, old_logprobs=rollout.rows.old_logprobs.float())
    stats = updated(policy, replace(rollout, rows=rows, rewards=rollout.rewards.float()), critic=critic)
    assert 0 < stats["policy_kl"] <= 0.01
    assert policy.table.dtype == torch.float32


def whole_row_surrogate(logprobs, old_logprobs, advantages):
    """The mean log-ratio of the whole row in the place of each step's own."""
    log_ratio = (logprobs - old_logprobs).mean(1, keepdim=True).expand_as(logprobs)
    return log_ratio.exp() * advantages


@pytest.mark.parametrize("make", [StatePolicy, PolicyNet])
@pytest.mark.parametrize("objective", [surrogate, whole_row_surrogate])
def test_garbage_behind_the_mask_changes_nothing(rollout, make, objective):
    results, functions = [], {"objective": objective}
    for wrap, change in ((lambda model: model, lambda rollout: rollout), (Garbage, spoilt)):
        policy, critic = make(), StateValue()
        stats = updated(wrap(policy), change(rollout), critic=wrap(critic), functions=functions, lr=0.1)
        results.append((flat(policy, critic), stats))
    assert results[0][1]["step_fraction"] > 0
    assert torch.equal(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]


@pytest.mark.parametrize("world", ["walks", "answers"])
def test_more_padding_changes_nothing(world):
    rollout, results = rollout_of(world), []
    for changed in (rollout, widened(rollout)):
        policy, critic = PolicyNet(), StateValue()
        stats = updated(policy, changed, critic=critic, lr=0.1, minibatch_size=4)
        results.append((flat(policy, critic), stats))
    assert_close(results[0][0], results[1][0], rtol=1e-8, atol=1e-10)
    assert results[0][1] == pytest.approx(results[1][1], rel=1e-6)


def test_an_objective_may_say_anything_in_the_padding():
    rollout, results = rollout_of("answers"), []

    def careless(*columns):
        return surrogate(*columns) + torch.where(rollout.rows.mask, 0.0, NAN)

    for objective in (surrogate, careless):
        policy = StatePolicy()
        updated(policy, rollout, functions={"objective": objective})
        results.append(flat(policy))
    assert torch.equal(*results)


def test_what_an_objective_makes_of_the_padding_is_not_counted(watched):
    """Even if it depends on the answer's real words, as where each is given the probability of its whole answer."""
    rollout = rollout_of("answers")

    def whole_answers(logprobs, *_):
        return logprobs.sum(1, keepdim=True).exp().expand_as(logprobs)

    updated(StatePolicy(), rollout, functions={"objective": whole_answers})
    policy, total = StatePolicy(), 0.0
    for answer, mask in zip(policy.logprobs(rollout.rows), rollout.rows.mask, strict=True):
        words = [logprob for logprob, counts in zip(answer, mask, strict=True) if counts]
        total = total + len(words) * sum(words).exp()
    assert_close(watched["b"], gradient_of(total / rollout.rows.mask.sum(), policy))


def test_the_learners_functions_are_used(rollout, watched):
    seen = []

    def mine(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
        seen.append((gamma, gae_lambda))
        return 2 * gae(rewards, values, next_values, terminated, done, gamma=gamma, gae_lambda=gae_lambda)

    def objective(logprobs, old_logprobs, advantages):
        return 3 * surrogate(logprobs, old_logprobs, advantages)

    updated(StatePolicy(), rollout, normalize_advantages=False)
    plain = watched["b"]
    functions = {"advantage_fn": mine, "objective": objective}
    updated(StatePolicy(), rollout, normalize_advantages=False, functions=functions)
    assert_close(watched["b"], 6 * plain)
    assert seen == [(0.9, 0.8)]


def test_a_learners_solver_and_search_take_the_step():
    """Half of the course's direction, along which only the third length is wanted."""
    rollout, asked = rollout_of("answers"), []

    def half(matvec, b, **options):
        return 0.5 * conjugate_gradient(matvec, b, **options)

    def third_length(parameters, step, evaluate, **limits):
        asked.append((step, limits))
        for attempt in range(3):
            evaluate(parameters + 0.8**attempt * step)
        return parameters + 0.8**2 * step

    steps, functions = [], {"solve": half, "search": third_length}
    for options in ({}, {"functions": functions}):
        policy = StatePolicy()
        before = flat(policy)
        stats = updated(policy, rollout, target_kl=1e-4, **options)
        steps.append(flat(policy) - before)
    ((step, limits),) = asked
    assert_close(step, steps[0])  # the length is the limit's, whatever the direction's was
    assert limits == {"max_kl": 1e-4, "backtrack_coef": 0.8, "backtrack_iterations": 10}
    assert_close(steps[1], 0.64 * steps[0])
    assert stats["step_fraction"] == pytest.approx(0.64)
    assert stats["policy_kl"] == pytest.approx(kl_by_hand(StatePolicy(), policy, rollout))


def test_a_search_that_gives_up_after_moving_leaves_the_policy_to_the_bit(rollout):
    def gives_up(parameters, step, evaluate, **limits):
        evaluate(parameters + step)
        return parameters.clone()

    policy = StatePolicy()
    before = flat(policy)
    stats = updated(policy, rollout, functions={"search": gives_up})
    assert torch.equal(flat(policy), before)
    assert (stats["policy_kl"], stats["improvement"], stats["step_fraction"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("functions", "error", "message"),
    [
        ({"solve": lambda matvec, b, **_: b[:1]}, ValueError, r"solve must return the shape \[\d+\], got \[1\]"),
        ({"solve": lambda matvec, b, **_: None}, TypeError, "solve must return a tensor, got None"),
        ({"search": lambda old, *_, **__: old[:1]}, ValueError, r"search must return the shape \[\d+\], got \[1\]"),
        ({"search": lambda old, x, f, **_: f(old + x)}, TypeError, r"search must return a tensor, got \("),
        ({"advantage_fn": lambda rewards, *_, **__: rewards[0]}, ValueError, "advantage_fn must return the shape"),
        ({"advantage_fn": lambda *_, **__: None}, TypeError, "advantage_fn must return a tensor, got None"),
        ({"advantage_fn": lambda r, *_, **__: r * NAN}, ValueError, "advantage_fn must return finite advantages"),
        ({"objective": lambda logp, *_: logp.mean()}, ValueError, r"objective must return the shape .*\[\]"),
        ({"objective": lambda logp, *_: logp * NAN}, ValueError, "surrogate's gradient must be finite"),
    ],
)
def test_what_a_learners_function_does_wrong_is_refused_with_nothing_changed(rollout, functions, error, message):
    policy, critic = StatePolicy(), StateValue()
    before = flat(policy, critic)
    with pytest.raises(error, match=message):
        updated(policy, rollout, critic=critic, functions=functions, lr=0.1)
    assert torch.equal(flat(policy, critic), before)


def test_a_reward_that_is_not_finite_is_refused(rollout):
    rewards = rollout.rewards.clone()
    rewards[0, 0] = NAN
    with pytest.raises(ValueError, match=r"rewards must be finite, got nan at \[t, n\] = \[0, 0\]"):
        updated(StatePolicy(), replace(rollout, rewards=rewards))


def test_a_policy_must_have_logits(rollout):
    class Mute(StatePolicy):
        logits = None

    trpo, update = TRPO(critic=StateValue()), inspect.unwrap(TRPO.update)  # past the types, which only tests check
    with pytest.raises(TypeError, match=r"TRPO needs a policy with logits\(\)"):
        update(trpo, Mute(), trpo.make_optimizer(Mute()), rollout)


@pytest.mark.parametrize("make", [StatePolicy, PolicyNet])
def test_in_a_hundred_updates_the_kl_is_never_above_the_limit(make):
    """The policy as it was before each update against the one after it."""
    limit, refused = 0.02, 0
    policy, critic, old = make(), StateValue(), make()
    trpo = TRPO(TRPOConfig(target_kl=limit, value_learning_rate=0.1, value_epochs=2), critic=critic)
    optimizer, generator = trpo.make_optimizer(policy), torch.Generator().manual_seed(0)
    for _ in range(100):
        old.load_state_dict(policy.state_dict())
        rollout = trpo.collect(WORLDS["walks"], policy, generator)
        stats = trpo.update(policy, optimizer, rollout)
        with torch.no_grad():
            kl = kl_by_hand(old, policy, rollout)
        assert kl <= limit
        assert stats["policy_kl"] == pytest.approx(kl, abs=1e-12)
        refused += stats["step_fraction"] == 0
    assert refused < 20
    assert stats["reward"] > 0.6


def test_it_samples_at_its_temperature_with_a_seed_from_the_generator(rollout):
    temperatures = []

    class World:
        def rollout(self, policy, *, temperature, generator):
            temperatures.append(temperature)
            return rollout

    trpo = TRPO(TRPOConfig(temperature=0.7))
    seeds = [trpo.collect(World(), StatePolicy(), torch.Generator().manual_seed(s)).seed for s in (0, 0, 1)]
    assert temperatures == [0.7] * 3
    assert seeds[0] == seeds[1] != seeds[2]


def test_the_same_seed_gives_the_same_bits(rollout):
    results = []
    for seed in (0, 0, 1):
        policy, critic = PolicyNet(), StateValue()
        updated(policy, replace(rollout, seed=seed), critic=critic, lr=0.3, minibatch_size=5)
        results.append(flat(policy, critic))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])  # the order of the critic's minibatches
    assert torch.equal(results[0][:-4], results[2][:-4])  # the policy's step has none


@pytest.mark.parametrize("world", ["steps", "answers"])
def test_it_learns_the_small_worlds_for_five_seeds(world):
    config = TRPOConfig(gamma=0.95, target_kl=0.05, value_learning_rate=0.1, value_epochs=2)
    for seed in range(5):
        rewards = trained(TRPO(config, critic=StateValue()), world, seed)
        assert rewards[0] < 0.5 * BEST[world]
        assert sum(rewards[-10:]) / 10 > 0.85 * BEST[world]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"gamma": 2}, r"gamma must be in \[0, 1\], got 2"),
        ({"gae_lambda": -1}, r"gae_lambda must be in \[0, 1\], got -1"),
        ({"target_kl": 0}, "target_kl must be above 0, got 0"),
        ({"target_kl": float("inf")}, "target_kl must be above 0, got inf"),
        ({"damping": -0.1}, "damping must be None or at least 0, got -0.1"),
        ({"damping": NAN}, "damping must be None or at least 0, got nan"),
        ({"cg_iterations": 0}, "cg_iterations must be at least 1, got 0"),
        ({"cg_tolerance": 1}, r"cg_tolerance must be in \[0, 1\), got 1"),
        ({"cg_tolerance": -1e-9}, r"cg_tolerance must be in \[0, 1\), got -1e-09"),
        ({"backtrack_coef": 1}, "backtrack_coef must be between 0 and 1, got 1"),
        ({"backtrack_coef": 0}, "backtrack_coef must be between 0 and 1, got 0"),
        ({"backtrack_iterations": 0}, "backtrack_iterations must be at least 1, got 0"),
        ({"value_learning_rate": 0}, "value_learning_rate must be above 0, got 0"),
        ({"value_epochs": 0}, "value_epochs must be at least 1, got 0"),
        ({"minibatch_size": 0}, "minibatch_size must be at least 1, got 0"),
        ({"max_grad_norm": 0}, "max_grad_norm must be above 0, got 0"),
        ({"temperature": 0}, "temperature must be at least 1e-06.*got 0"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(setting, message):
    with pytest.raises(ValueError, match=message):
        TRPOConfig(**setting)


@pytest.mark.parametrize("name", [field.name for field in fields(TRPOConfig) if field.type is not bool])
@pytest.mark.parametrize("value", ["1", None, True])
def test_a_setting_of_the_wrong_kind_is_refused_by_name(name, value):
    if (name, value) == ("damping", None):
        assert TRPOConfig(damping=None) == TRPOConfig()
    else:
        check_wrong_kind(TRPOConfig, name, value)


def test_a_search_that_looks_further_than_it_goes_reports_the_step_it_takes(rollout):
    def tries_all_and_takes_the_first(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
        candidates = [parameters + backtrack_coef**j * step for j in range(backtrack_iterations)]
        answers = [evaluate(candidate) for candidate in candidates]
        return next(c for c, (up, kl) in zip(candidates, answers, strict=True) if kl <= max_kl and up > 0)

    stats = []
    for search in ({}, {"search": tries_all_and_takes_the_first}):
        policy, critic = PolicyNet(0), StateValue()
        trpo = TRPO(TRPOConfig(target_kl=0.05, damping=1e-4), critic=critic, **search)
        stats.append(trpo.update(policy, trpo.make_optimizer(policy), rollout))
    ours, theirs = stats
    assert ours["policy_kl"] > 0
    for name in ("policy_kl", "improvement", "step_fraction"):
        assert theirs[name] == pytest.approx(ours[name], rel=1e-6), name

"""What holds whatever the numbers are, of the equations whose own tests look at chosen ones."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import (
    accumulate_backwards,
    clip_fraction,
    entropy_of_logprobs,
    explained_variance,
    fisher_matvec,
    fisher_vector_product,
    grpo_loss,
    informative_share,
    keep_top_p,
    line_search,
    mean_logprobs,
    padding_gap,
    policy_gradient,
    ppo_gauges,
    ratio_gap,
    score_at_the_last_token,
    shifted_next_token_loss,
    soft_overlong_penalty,
    token_rewards,
)
from tests.equations.strategies import normal, quick, random_mask, random_transitions, seeds, unit

rows, columns = st.integers(1, 4), st.integers(1, 5)


def answers(rows, columns, seed):
    """A mask of answers, each of one token at least and padded behind; and their lengths."""
    lengths = torch.randint(1, columns + 1, (rows,), generator=torch.Generator().manual_seed(seed))
    return torch.arange(columns) < lengths[:, None], lengths.tolist()


@quick
@given(rows, columns, seeds, unit)
def test_accumulated_terms_are_those_of_a_plain_loop(steps, envs, seed, decay):
    batch = random_transitions(steps, envs, seed=seed)
    tail = normal(envs, seed=seed + 2)
    found, after = accumulate_backwards(batch.rewards, batch.done, decay=decay, tail=tail), tail
    for t in reversed(range(steps)):
        after = batch.rewards[t] + decay * torch.where(batch.done[t], 0.0, after)
        assert_close(found[t], after)


@quick
@given(rows, columns, seeds, st.floats(0, 0.9))
def test_the_gauges_agree_with_each_other_and_with_a_loop(rows, columns, seed, clip_range):
    new, old = normal(2, rows, columns, seed=seed, scale=0.3).unbind()
    mask = random_mask(rows, columns, seed=seed)
    kl, share = ppo_gauges(new, old, mask, clip_range=clip_range)
    ratios = [
        math.exp(a - b) for a, b, real in zip(*(x.flatten().tolist() for x in (new, old, mask)), strict=True) if real
    ]
    count = max(len(ratios), 1)
    assert share == pytest.approx(sum(abs(ratio - 1) > clip_range for ratio in ratios) / count)
    assert kl == pytest.approx(sum(ratio - 1 - math.log(ratio) for ratio in ratios) / count, abs=1e-12) and kl >= 0
    assert clip_fraction(new, old, clip_low=clip_range, clip_high=clip_range, mask=mask) == share
    gap = ratio_gap(new, old, mask)
    assert gap == pytest.approx(max((abs(ratio - 1) for ratio in ratios), default=0.0))
    assert (share > 0) == (gap > clip_range)


@quick
@given(seeds, st.integers(2, 9), st.floats(-3, 3), st.floats(-5, 5))
def test_values_that_are_the_returns_stretched_explain_all_but_the_square_of_the_stretch(seed, count, stretch, shift):
    returns = normal(count, seed=seed)
    explained = explained_variance(stretch * returns + shift, returns)
    assert explained == pytest.approx(1 - (1 - stretch) ** 2, abs=1e-9)
    assert explained_variance(normal(count, seed=seed + 1), returns) <= 1


@quick
@given(seeds, st.integers(2, 5), st.floats(0, 2))
def test_fishers_product_of_one_categorical_is_the_covariance_of_its_scores(seed, actions, damping):
    logits = normal(actions, seed=seed).requires_grad_()
    vector, p = normal(actions, seed=seed + 1), logits.detach().softmax(-1)

    def kl():
        return (p * (p.log() - logits.log_softmax(-1))).sum()

    found = fisher_vector_product(kl(), [logits], vector, damping=damping)
    assert_close(found, (torch.diag(p) - torch.outer(p, p)) @ vector + damping * vector)
    assert_close(found, fisher_matvec(kl(), [logits], damping=damping)(vector))


@quick
@given(rows, columns, seeds, st.floats(0, 0.9))
def test_grpos_loss_is_that_of_a_plain_loop_whatever_stands_in_the_padding(rows, columns, seed, epsilon):
    new, old = normal(2, rows, columns, seed=seed, scale=0.4).unbind()
    (mask, lengths), advantages = answers(rows, columns, seed), normal(rows, seed=seed + 1)
    total = 0.0
    for i, length in enumerate(lengths):
        for ratio in (new - old)[i, :length].exp().tolist():
            a, clipped = advantages[i].item(), min(max(ratio, 1 - epsilon), 1 + epsilon)
            total -= min(ratio * a, clipped * a) / length / rows
    assert grpo_loss(new, old, advantages, mask, epsilon=epsilon).item() == pytest.approx(total, abs=1e-12)
    filled = torch.where(mask, new, normal(rows, columns, seed=seed + 2, scale=50))
    assert_close(grpo_loss(filled, old, advantages, mask, epsilon=epsilon).item(), total)


@quick
@given(unit, st.integers(1, 9))
def test_the_share_that_teaches_is_the_chance_of_some_right_and_some_wrong(chance, generations):
    share = informative_share(torch.tensor([chance, 1 - chance], dtype=torch.float64), num_generations=generations)
    some = [math.comb(generations, k) * chance**k * (1 - chance) ** (generations - k) for k in range(1, generations)]
    assert share[0].item() == pytest.approx(sum(some), abs=1e-12)
    assert share[0].item() == pytest.approx(share[1].item(), abs=1e-12)


@quick
@given(seeds, st.integers(1, 7), st.floats(0.01, 1))
def test_top_p_keeps_the_fewest_likeliest_that_reach_p_in_proportion(seed, tokens, top_p):
    before = normal(tokens, seed=seed, scale=2).softmax(-1)
    after = keep_top_p(before, top_p)
    kept = after > 0
    assert after.sum().item() == pytest.approx(1)
    assert before[kept].sum() >= top_p - 1e-9
    assert (before[kept].sum() - before[kept].min()).item() < top_p + 1e-9  # without the last it is not enough
    assert kept.all() or before[kept].min() >= before[~kept].max()
    assert_close(after[kept] * before[kept].sum(), before[kept])


@quick
@given(seeds, st.floats(0.1, 0.9), st.integers(1, 6), st.floats(0.01, 4))
def test_the_line_search_takes_the_first_length_that_is_near_and_better(seed, shorter, tries, limit):
    start, step = normal(2, 3, seed=seed).unbind()
    goal = start + 0.3 * step + 0.2 * normal(3, seed=seed + 1)

    def evaluate(weights):
        better = ((start - goal) ** 2).sum() - ((weights - goal) ** 2).sum()
        return better.item(), ((weights - start) ** 2).sum().item()

    found = line_search(start, step, evaluate, max_kl=limit, backtrack_coef=shorter, backtrack_iterations=tries)
    tried = [start + shorter**j * step for j in range(tries)]
    right = next((new for new in tried if evaluate(new)[0] > 0 and evaluate(new)[1] <= limit), start)
    assert_close(found, right)


@quick
@given(rows, columns, seeds)
def test_what_belongs_to_an_answer_is_read_from_its_tokens_and_never_from_the_padding(rows, columns, seed):
    numbers, (mask, lengths) = normal(rows, columns, seed=seed), answers(rows, columns, seed)
    numbers = numbers.masked_fill(~mask, math.nan)
    means, last = mean_logprobs(numbers, mask), score_at_the_last_token(numbers, mask)
    for row, length in enumerate(lengths):
        assert means[row].item() == pytest.approx(numbers[row, :length].mean().item())
        assert last[row] == numbers[row, length - 1]


@quick
@given(rows, columns, seeds, st.floats(0, 2))
def test_what_the_tokens_of_an_answer_are_paid_adds_up_to_its_score_less_the_price(rows, columns, seed, price):
    logprobs, reference = normal(2, rows, columns, seed=seed).unbind()
    (mask, lengths), scores = answers(rows, columns, seed), normal(rows, seed=seed + 1)
    paid = token_rewards(scores, logprobs, reference, mask, kl_coef=price)
    for row, length in enumerate(lengths):
        drift = (logprobs - reference)[row, :length].sum()
        assert_close(paid[row].sum(), scores[row] - price * drift)
    assert not paid[~mask].any()


@quick
@given(rows, st.integers(2, 5), st.integers(2, 6), seeds)
def test_the_next_tokens_loss_is_torchs_cross_entropy_of_the_tokens_that_count(rows, columns, vocabulary, seed):
    logits, counted = normal(rows, columns, vocabulary, seed=seed), random_mask(rows, columns, seed=seed)
    counted[0, -1] = True
    tokens = torch.randint(vocabulary, (rows, columns), generator=torch.Generator().manual_seed(seed))
    pairs = [(logits[b, t - 1], tokens[b, t]) for b in range(rows) for t in range(1, columns) if counted[b, t]]
    given_logits, wanted = (torch.stack(part) for part in zip(*pairs, strict=True))
    assert_close(
        shifted_next_token_loss(logits, tokens, counted), torch.nn.functional.cross_entropy(given_logits, wanted)
    )


@quick
@given(st.integers(1, 40), st.data())
def test_the_overlong_penalty_falls_in_a_straight_line_from_nothing_to_minus_one(most, data):
    cache = data.draw(st.integers(1, most))
    lengths = torch.arange(0, 2 * most + 1, dtype=torch.float64)
    penalty = soft_overlong_penalty(lengths, max_length=most, cache=cache)
    assert_close(penalty, ((most - cache - lengths) / cache).clamp(-1, 0))
    assert (penalty.diff() <= 0).all()


@quick
@given(rows, columns, seeds)
def test_the_policy_gradient_is_the_advantage_spread_over_the_tokens(rows, columns, seed):
    logprobs, advantages = normal(rows, columns, seed=seed).requires_grad_(), normal(rows, 1, seed=seed + 1)
    policy_gradient(logprobs, advantages).sum().backward()
    assert_close(logprobs.grad, advantages.expand(rows, columns))


@quick
@given(rows, st.integers(1, 4), st.integers(0, 3), st.integers(1, 30), seeds, st.floats(-1, 1))
def test_more_padding_is_seen_by_who_counts_columns_and_by_nobody_else(rows, length, front, more, seed, slope):
    tokens = torch.randint(5, (rows, front + length), generator=torch.Generator().manual_seed(seed))
    real = (torch.arange(front + length) >= front).expand(rows, -1)

    def by_place(tokens, real):
        return -0.1 * (tokens + real.cumsum(1)).double()[:, -length:]

    def by_column(tokens, real):
        return slope * torch.arange(tokens.shape[1], dtype=torch.float64).expand(len(tokens), -1)[:, -length:]

    assert padding_gap(by_place, tokens, real, columns=more) == 0
    assert padding_gap(by_column, tokens, real, columns=more).item() == pytest.approx(abs(slope) * more)


@quick
@given(seeds, st.integers(1, 6))
def test_an_entropy_is_that_of_torchs_own_distribution_and_that_of_certainty_is_nothing(seed, actions):
    logprobs = normal(2, actions, seed=seed, scale=3).log_softmax(-1)
    assert_close(entropy_of_logprobs(logprobs), torch.distributions.Categorical(logits=logprobs).entropy())
    certain = torch.full((actions,), -math.inf, dtype=torch.float64).index_fill(0, torch.tensor(seed % actions), 0.0)
    assert entropy_of_logprobs(certain) == 0

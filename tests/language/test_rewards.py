"""Reward functions: called as TRL calls them, several as one, and errors in our words."""

import inspect
from functools import partial

import numpy as np
import pytest
import torch

from rlcourse.language import (
    LanguagePolicy,
    TextWorld,
    combined_rewards,
    load_reward_model,
    overlong_reward,
    sum_reward,
)
from rlcourse.language.rewards import call_reward
from rlcourse.language.tasks.sums import Sum


@pytest.fixture
def policy(model, tokenizer):
    return LanguagePolicy(model, tokenizer)


def _sample(world, policy, num_generations=3):
    generator = torch.Generator().manual_seed(0)
    return world.sample_groups(policy, num_generations=num_generations, temperature=1.0, generator=generator)


def _world(*arguments, **options):
    """A world made without the checks of types, which only tests have."""
    inspect.unwrap(TextWorld.__init__)(object.__new__(TextWorld), *arguments, **options)


def ones(prompts, completions, **_):
    return [1.0] * len(completions)


def lengths(prompts, completions, completion_ids, **_):
    return [float(len(ids)) for ids in completion_ids]


def test_a_function_that_takes_completion_ids_gets_each_answers_tokens(policy, tokenizer):
    episodes = _sample(TextWorld(["What", "The robot"], lengths, prompts_per_step=4, max_new_tokens=6), policy)
    assert torch.equal(episodes.rewards, episodes.mask.sum(1).float())
    seen = []

    def reward(prompts, completions, completion_ids, **_):
        seen.extend(zip(completions, completion_ids, strict=True))
        return [0.0] * len(completions)

    _sample(TextWorld(["What"], reward, prompts_per_step=2, max_new_tokens=6), policy)
    assert all(tokenizer.decode(ids, skip_special_tokens=True) == text for text, ids in seen)


@pytest.mark.parametrize(
    ("reward", "told"),
    [
        (lambda prompts, completions: [0.0], set()),
        (lambda prompts, completions, **rest: [float(len(rest))], {"answer", "completion_ids"}),
        (lambda prompts, completions, finished, answer: [0.0], {"answer", "finished"}),
    ],
)
def test_a_function_is_told_what_it_takes(reward, told):
    got = []

    def spy(**given):
        got.append(set(given))
        return reward(**given)

    spy.__signature__ = inspect.signature(reward)
    columns = {"answer": [4]} if told else {}
    call_reward(spy, ["2+2?"], ["4"], columns, completion_ids=[[1]])
    assert got == [{"prompts", "completions"} | told]


def test_trls_own_functions_work_as_they_come(policy):
    trl = pytest.importorskip("trl.rewards")
    columns = {"solution": ["4", "5"]}
    functions = [trl.get_soft_overlong_punishment(8, 4)]
    if hasattr(trl, "get_repetition_penalty_reward"):
        functions.append(trl.get_repetition_penalty_reward(3, -1.0))
    for function in functions:
        world = TextWorld(["What", "The robot"], function, columns=columns, prompts_per_step=4, max_new_tokens=8)
        episodes = _sample(world, policy)
        assert episodes.rewards.isfinite().all() and (episodes.rewards <= 0).all()
    long = call_reward(functions[0], ["a"] * 3, ["b"] * 3, {}, completion_ids=[[1] * n for n in (2, 6, 9)])
    assert long == [0, -0.5, -1]


def test_a_function_that_wants_conversations_is_told_in_our_words(policy):
    trl = pytest.importorskip("trl.rewards")
    with pytest.raises(TypeError, match=r"think_format_reward reads completions as conversations.*are plain texts"):
        _sample(TextWorld(["What"], trl.think_format_reward, max_new_tokens=4), policy)


def test_an_error_of_theirs_comes_with_a_note_of_what_was_given():
    def broken(prompts, completions, solution):
        return []

    with pytest.raises(TypeError) as caught:
        call_reward(broken, ["a"], ["b"], {"answer": [1]})
    assert caught.value.__notes__ == [
        "This came from the reward function broken, which was given prompts and completions (lists of texts), answer."
    ]


@pytest.mark.parametrize(
    "returned",
    [
        np.array([1.0, 0.0]),
        np.array([1, 0]),
        [np.float32(1.0), np.float64(0.0)],
        torch.tensor([1.0, 0.0]),
        [torch.tensor(1.0), torch.tensor(0.0)],
        (1, 0),
        [True, False],
    ],
)
def test_numbers_of_every_make_will_do(returned):
    scores = call_reward(lambda prompts, completions: returned, ["a", "a"], ["b", "c"], {})
    assert scores == [1, 0]
    assert not any(isinstance(score, np.generic | torch.Tensor) for score in scores)


def test_an_answer_that_a_function_does_not_apply_to_is_paid_nothing():
    world = TextWorld(["a", "b"], lambda prompts, completions: [None if p == "a" else 2.0 for p in prompts])
    assert world.score([0, 1, 0], ["x", "y", "z"]) == [0.0, 2.0, 0.0]
    forgetful = TextWorld(["a"], lambda prompts, completions: [None] * len(prompts))
    with pytest.raises(TypeError, match="must return a list of numbers, got None for every answer"):
        forgetful.score([0, 0], ["x", "y"])


@pytest.mark.parametrize("returned", ["ab", {"a": 1, "b": 2}, [[1.0], [2.0]], ["1", "2"], None, 3.0, [float("inf"), 1]])
def test_what_is_no_list_of_finite_numbers_is_refused(returned):
    with pytest.raises((TypeError, ValueError), match="the reward function must return"):
        call_reward(lambda prompts, completions: returned, ["a", "a"], ["b", "c"], {})


class TestCombined:
    """Several rewards as one."""

    def test_it_is_the_weighted_sum_of_those_that_apply(self):
        def first(prompts, completions, **_):
            return [1.0, None, 3.0, None]

        def second(prompts, completions, **_):
            return np.array([10.0, 20.0, 30.0, 40.0])

        def third(prompts, completions, **_):
            return [None] * 4

        texts = (["p"] * 4, list("abcd"))
        assert combined_rewards([first, second], weights=[2, 0.5])(*texts) == [7.0, 10.0, 21.0, 20.0]
        assert combined_rewards([first, third])(*texts) == [1.0, None, 3.0, None]
        assert combined_rewards([first])(*texts) == first(*texts)

    def test_each_is_told_what_it_takes(self, policy):
        def ended(prompts, completions, finished, **columns):
            return [float(flag) for flag in finished]

        both = combined_rewards([lengths, ended, partial(sum_reward)], weights=[1.0, 100.0, 1.0])
        sums = [Sum(2, 2), Sum(3, 4)]
        columns = {"answer": [s.answer for s in sums]}
        world = TextWorld([s.prompt for s in sums], both, columns=columns, prompts_per_step=8, max_new_tokens=12)
        episodes = _sample(world, policy)
        came_to_its_end = (episodes.actions == policy.tokenizer.eos_token_id) & episodes.mask
        assert torch.equal(episodes.rewards, episodes.mask.sum(1) + 100.0 * came_to_its_end.any(1))

    def test_what_one_changes_in_place_the_next_does_not_see(self):
        def strips(prompts, completions, **columns):
            completions[:] = [completion.strip() for completion in completions]
            return [0.0] * len(completions)

        def spaced(prompts, completions, **columns):
            return [float(completion == " x") for completion in completions]

        mine = [" x"]
        assert combined_rewards([strips, spaced])(["a"], mine) == [1.0] and mine == [" x"]

    @pytest.mark.parametrize("score", [1e39, 10**400])
    def test_a_score_beyond_single_precision_is_refused(self, score):
        with pytest.raises(ValueError, match="must return finite numbers"):
            combined_rewards([lambda prompts, completions, **columns: [score]])(["a"], ["b"])

    def test_a_reward_model_and_a_rule_go_together(self):
        judge = load_reward_model(device="cpu")
        prompts, answers = ["Question: How do I make tea?\nAnswer:"] * 2, [" Go away.", " Sure!"]
        both = combined_rewards([judge.score, ones], weights=[1.0, 2.0])
        expected = [score + 2 for score in judge.score(prompts, answers, [True, False])]
        assert both(prompts, answers, finished=[True, False]) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("functions", "weights", "error", "message"),
        [
            ([], None, ValueError, "at least one function"),
            ([ones, ones], [1.0], ValueError, "got 2 functions and 1 weights"),
            ([ones], ["x"], TypeError, "weights must be finite numbers, got 'x'"),
            ([ones], [float("nan")], TypeError, "weights must be finite numbers, got nan"),
            ([ones, 3], None, TypeError, "reward must be a function of prompts and completions, got 3"),
            (ones, None, TypeError, "functions must be a list of reward functions"),
        ],
    )
    def test_what_cannot_be_combined_is_refused(self, functions, weights, error, message):
        with pytest.raises(error, match=message):
            inspect.unwrap(combined_rewards)(functions, weights)


async def later(prompts, completions):
    return [1.0]


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        ([ones, lengths], r"reward must be one function, got a list: combined_rewards\(\[f, g\]"),
        (None, "reward must be a function of prompts and completions, got None"),
        (type("Judge", (), {"score": ones}), "give its method score"),
        (later, "must be an ordinary function, got function <function later.*must be awaited"),
    ],
)
def test_what_is_no_reward_function_is_refused_with_what_to_give_instead(reward, message):
    with pytest.raises(TypeError, match=message):
        _world(["What"], reward)


def test_a_reward_model_is_refused_with_its_method(tokenizer, model):
    with pytest.raises(TypeError, match="give its method score"):
        _world(["What"], load_reward_model(device="cpu"))


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        (3, TypeError, r"columns must be lists of values by name, such as .*, got 3"),
        ([1, 2], TypeError, "columns must be lists"),
        ({1: [4]}, TypeError, "columns must be lists"),
        ({"answer": 4}, TypeError, "column 'answer' must be a list of 1 values"),
        ({"answer": "4"}, TypeError, "column 'answer' must be a list of 1 values"),
        ({"answer": [4, 5]}, ValueError, "column 'answer' must have 1 values"),
        ({"completion_ids": [4]}, ValueError, "must not have the name 'completion_ids'"),
        ({"prompts": [4]}, ValueError, "must not have the name 'prompts'"),
    ],
)
def test_columns_that_are_none_are_refused_by_name(columns, error, message):
    with pytest.raises(error, match=message):
        _world(["What"], ones, columns=columns)


def test_a_column_may_be_an_array():
    world = TextWorld(["a", "b"], lambda prompts, completions, n: n, columns={"n": np.array([1, 2])})
    assert world.score([1, 0], ["x", "y"]) == [2, 1]


def test_a_policy_that_writes_no_text_is_refused_by_name():
    with pytest.raises(TypeError, match="policy must be a LanguagePolicy"):
        inspect.unwrap(TextWorld.sample_groups)(
            TextWorld(["a"], ones), torch.nn.Linear(1, 1), num_generations=1, temperature=1.0, generator=None
        )


def test_the_penalty_for_length_is_trls(policy):
    """Counted in tokens, and on top of what another rule pays."""
    rewards = pytest.importorskip("trl.rewards")
    how = {"prompts_per_step": 24, "max_new_tokens": 30}
    episodes = _sample(TextWorld(["What", "The robot"], overlong_reward(28, 27), **how), policy)
    ids = [row[mask].tolist() for row, mask in zip(episodes.actions, episodes.mask, strict=True)]
    expected = torch.tensor(rewards.get_soft_overlong_punishment(28, 27)(completion_ids=ids))
    torch.testing.assert_close(episodes.rewards, expected)
    assert len(set(expected.tolist())) > 2
    both = TextWorld(["What", "The robot"], combined_rewards([ones, overlong_reward(28, 27)]), **how)
    torch.testing.assert_close(_sample(both, policy).rewards, 1 + expected)


def test_a_world_of_text_says_which_answers_were_cut_off(policy, tokenizer):
    episodes = _sample(TextWorld(["What"], ones, prompts_per_step=24, max_new_tokens=30), policy)
    ended = (episodes.mask & (episodes.actions == tokenizer.eos_token_id)).any(1)
    assert torch.equal(episodes.truncated, ~ended) and 0 < ended.sum() < len(ended)

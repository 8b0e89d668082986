"""An answer of which some tokens are a calculator's: read like all others, and without a place in the loss."""

from dataclasses import replace

import pytest
import torch

from rlcourse.algorithms import GRPO, GRPOConfig
from rlcourse.equations import own_tokens
from rlcourse.language import (
    LanguagePolicy,
    Sum,
    TextWorld,
    ToolWorld,
    as_episodes,
    calculate,
    calculator_world,
    markers,
    tool_reward,
)

from ..conftest import tiny_gpt2

CALLED = " What is 27+35? 62: 27+35 is 62."


@pytest.fixture
def policy(tokenizer):
    """With weights of its own: the tiny model is shared, and what other tests left in it decided how many call."""
    return LanguagePolicy(tiny_gpt2(len(tokenizer)), tokenizer)


def lengths(prompts, completions):
    """A rule under which the groups of an untrained model differ."""
    return [float(len(completion) % 3) for completion in completions]


def few_prompts():
    return TextWorld(["What", "The robot"], lengths, prompts_per_step=8, max_new_tokens=6)


@pytest.fixture
def called(policy):
    """Answers of which many call: the tiny model is untrained, so "?" is made likelier by hand."""
    call = markers(policy.tokenizer)["call"]
    weights = policy.model.lm_head.weight.detach()
    kept = weights[call].clone()
    weights[call] = weights.mean(0) + 5 * (weights[call] - weights.mean(0))
    how = {"num_generations": 8, "temperature": 1.0, "generator": torch.Generator().manual_seed(0)}
    yield ToolWorld(few_prompts(), tool=lambda text: " 48217:").sample_groups(policy, **how)
    weights[call] = kept


@pytest.mark.parametrize(
    ("text", "said"),
    [(" What is 27+35?", " 62:"), ("I guess What is 1+2?", " 3:"), (" 27+35?", " none:"), ("What is 3+4", " none:")],
)
def test_the_calculator_computes_the_sum_it_is_asked_and_says_so_where_there_is_none(text, said):
    assert calculate(text) == said


def test_a_right_answer_is_paid_with_a_call_before_it_or_without():
    prompt = "Question: What is 27+35?\nAnswer:"
    texts = [
        CALLED,
        " 27+35 is 62.",
        " I guess 27+35 is 62.",
        " What is 27+35? 62: 27+35 is 61.",
        " What is 27+35? 62:",
        " What is 1+1? 2: ",
    ]
    assert tool_reward([prompt] * 6, texts, answer=[62] * 6) == [1, 1, 1, 0, 0, 0]


def test_what_is_sampled_is_one_text_with_the_tools_words_in_it(policy, called):
    """Each row that calls has the tool's answer right behind the call, and goes on behind that."""
    call, rows = markers(policy.tokenizer)["call"], 0
    for tokens, own, written in zip(called.actions, called.mask, called.observations["written"], strict=True):
        tool = policy.tokenizer.decode(tokens[written & ~own])
        assert tool in ("", " 48217:")
        if tool:
            rows += 1
            first = int((tokens == call).nonzero()[0])
            assert own[: first + 1].all() and not own[first + 1 : first + 8].any() and own[first + 8]
    assert rows > 10


def test_log_probabilities_are_those_of_teacher_forcing_around_the_tools_words(policy, called):
    forced = policy.logprobs(called)
    torch.testing.assert_close(forced[called.mask], called.old_logprobs[called.mask], rtol=0, atol=1e-9)
    assert (called.old_logprobs[~called.mask] == 0).all()


def gradient(policy, episodes):
    grpo, optimizer = GRPO(GRPOConfig(max_grad_norm=1e9)), torch.optim.SGD(policy.parameters(), lr=0.0)
    stats = grpo.update(policy, optimizer, episodes)
    return torch.cat([weight.grad.flatten() for weight in policy.parameters()]), stats


def test_nothing_that_is_said_of_the_tools_words_changes_a_step(policy, called):
    """Garbage in their old log-probabilities, and a gradient that would come of them."""
    plain, stats = gradient(policy, called)
    garbage = torch.where(called.mask, called.old_logprobs, torch.full_like(called.old_logprobs, -37.0))
    again, same = gradient(policy, replace(called, old_logprobs=garbage))
    assert torch.equal(plain, again) and stats == same


def test_left_in_the_loss_the_tools_words_turn_the_step_elsewhere(policy, called):
    plain, _ = gradient(policy, called)
    written = called.observations["written"]
    old = torch.where(called.mask, called.old_logprobs, policy.logprobs(called).detach())
    wrong, _ = gradient(policy, replace(called, mask=written, old_logprobs=old))
    assert torch.cosine_similarity(plain, wrong, dim=0) < 0.95


def test_answers_that_do_not_call_are_those_of_the_world_of_text(policy):
    """The same chance, the same answers."""
    how = {"num_generations": 3, "temperature": 1.0}
    ours = ToolWorld(few_prompts()).sample_groups(policy, generator=torch.Generator().manual_seed(3), **how)
    theirs = few_prompts().sample_groups(policy, generator=torch.Generator().manual_seed(3), **how)
    alone = (ours.mask == ours.observations["written"]).all(1)
    assert alone.sum() > 10
    width = theirs.mask.shape[1]
    for ours_, theirs_ in ((ours.mask, theirs.mask), (ours.old_logprobs, theirs.old_logprobs)):
        assert torch.equal(ours_[alone, :width], theirs_[alone])
    mask = theirs.mask[alone]
    assert torch.equal(ours.actions[alone, :width][mask], theirs.actions[alone][mask])


def test_the_mask_of_a_written_answer_is_that_of_the_markers(tokenizer):
    episodes = as_episodes(tokenizer, "Question: What is 27+35?\nAnswer:", [CALLED, " 27+35 is 62."])
    own = own_tokens(episodes.actions, episodes.mask, **markers(tokenizer))
    assert tokenizer.decode(episodes.actions[0][episodes.mask[0] & ~own[0]]) == " 62:"
    assert own[1].equal(episodes.mask[1])


def test_a_tool_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match="tool"):
        ToolWorld(TextWorld(["What"], lambda prompts, completions: [1.0]), tool="calculator")


def test_its_world_asks_for_sums():
    world = calculator_world([Sum(1, 2), Sum(20, 30)], prompts_per_step=2).world
    assert world.columns["answer"] == [3, 50] and world.prompts_per_step == 2

"""Every mistake is named before any work starts: which argument, what it was, and what is allowed.

The calls go to the functions as a notebook sees them, without the shape checks that jaxtyping adds under test.
"""

import inspect

import pytest
import torch
from jaxtyping import TypeCheckError

from rlcourse import equations

NAN, INF = float("nan"), float("inf")
NET = torch.nn.Linear(2, 2)
COLUMNS = [torch.zeros(3, 2)] * 3 + [torch.zeros(3, 2, dtype=torch.bool)] * 2
MASK = torch.ones(2, 3, dtype=torch.bool)
CLIP = {"clip_low": 0.2, "clip_high": 0.2}


class AsInANotebook:
    """The equations without the wrappers of the test run's import hook."""

    def __getattr__(self, name):
        return inspect.unwrap(getattr(equations, name))


eq = AsInANotebook()


def zeros(*shape, at=None, value=NAN):
    tensor = torch.zeros(*shape)
    if at is not None:
        tensor[at] = value
    return tensor


def flag(t, n):
    """True at one step of one environment."""
    return zeros(3, 2, at=(t, n), value=1).bool()


def kl():
    return NET(torch.ones(1, 2)).square().sum()


def gae(**changes):
    names = ("rewards", "values", "next_values", "terminated", "done")
    columns = dict(zip(names, COLUMNS, strict=True)) | {"gamma": 0.9, "gae_lambda": 0.9} | changes
    return eq.gae(*[columns.pop(name) for name in names], **columns)


def td_errors(**changes):
    names = ("rewards", "values", "next_values", "terminated")
    columns = dict(zip(names, COLUMNS[:4], strict=True)) | {"gamma": 0.9} | changes
    return eq.td_errors(*[columns.pop(name) for name in names], **columns)


SUMS = ("chosen_logprobs", "rejected_logprobs", "ref_chosen_logprobs", "ref_rejected_logprobs")


def dpo(**changes):
    return eq.dpo_loss(**dict.fromkeys(SUMS, zeros(3)) | {"beta": 0.1} | changes)


def search(**changes):
    given = {"parameters": zeros(2), "step": zeros(2), "evaluate": lambda p: (1.0, 0.0)}
    settings = {"max_kl": 0.01, "backtrack_coef": 0.5, "backtrack_iterations": 3}
    return eq.line_search(**given | settings | changes)


VALUE_ERRORS = {
    "weights for a mask": (lambda: eq.token_weights(MASK * 0.5, mode="token-mean"), "mask must hold .* got 0.5"),
    "indices for a mask": (lambda: eq.aggregate(zeros(2, 3), MASK * 2, mode="token-mean"), "mask must hold .* got 2"),
    "weights for a value mask": (lambda: eq.value_loss(zeros(3), zeros(3), zeros(3) - 1), "mask must hold .* got -1.0"),
    "weights for a clip mask": (lambda: eq.clip_fraction(zeros(3), zeros(3), **CLIP, mask=zeros(3) + 3), "got 3.0"),
    "NaN for done": (
        lambda: eq.discounted_returns(zeros(3, 2), zeros(3, 2) * float("nan"), gamma=1),
        "done .* got nan",
    ),
    "NaN for terminated": (lambda: gae(terminated=zeros(3, 2) * float("nan")), "terminated must hold .* got nan"),
    "a temperature of 0": (lambda: eq.softmax_with_temperature(zeros(3), 0), "temperature must be a number above 0"),
    "an infinite temperature": (lambda: eq.softmax_with_temperature(zeros(3), INF), "temperature must be .* got inf"),
    "no logits": (lambda: eq.softmax_with_temperature(zeros(0), 1), "logits must not be empty"),
    "a top-p of 0": (lambda: eq.keep_top_p(zeros(3), 0), "top_p must be .* got 0"),
    "a top-p above 1": (lambda: eq.keep_top_p(zeros(3), 1.1), "top_p must be .* got 1.1"),
    "nothing that counts": (
        lambda: eq.shifted_next_token_loss(zeros(2, 3, 4), MASK.long(), zeros(2, 3)),
        "counted must be True for at least one",
    ),
    "tokens of another length": (
        lambda: eq.shifted_next_token_loss(zeros(2, 3, 4), MASK.long()[:, :2], MASK),
        r"tokens \[2, 2\]",
    ),
    "an end below 0": (lambda: eq.completion_mask(MASK.long(), -1), "end must be .* got -1"),
    "one token to call and to end": (
        lambda: eq.own_tokens(MASK.long(), MASK, call=3, back=3),
        "call and back must be two different tokens, got 3 for both",
    ),
    "a chance above 1": (
        lambda: eq.informative_share(zeros(2, at=1, value=1.5), num_generations=4),
        "chances must be from 0 to 1, got 1.5",
    ),
    "answers without a question": (
        lambda: eq.left_padded_logprobs(max, MASK.long(), ~MASK, 2, temperature=1),
        "real must be True in the column before the answers",
    ),
    "no room for a question": (
        lambda: eq.left_padded_logprobs(max, MASK.long(), MASK, 3, temperature=1),
        "answer_length must be from 1 to 2, got 3",
    ),
    "gamma above 1": (lambda: gae(gamma=1.5), r"gamma must be in \[0, 1\], got 1.5"),
    "gamma below 0": (lambda: gae(gamma=-0.1), "gamma must be .* got -0.1"),
    "gamma NaN": (lambda: gae(gamma=NAN), "gamma must be .* got nan"),
    "lambda above 1": (lambda: gae(gae_lambda=1.01), "gae_lambda must be .* got 1.01"),
    "gamma of TD errors": (lambda: td_errors(gamma=-1), "gamma must be .* got -1"),
    "NaN for terminated in a TD error": (lambda: td_errors(terminated=zeros(3, 2) * NAN), "terminated .* got nan"),
    "values that do not fit a TD error": (lambda: td_errors(next_values=zeros(2)), r"next_values \[2\]"),
    "flags that do not fit a TD error": (lambda: td_errors(terminated=flag(0, 0)[:1]), r"terminated \[1, 2\]"),
    "NaN reward in a TD error": (lambda: td_errors(rewards=zeros(3, 2, at=(0, 1))), r"got nan at index \[0, 1\]"),
    "no steps of TD errors": (lambda: eq.td_errors(*(c[:0] for c in COLUMNS[:4]), gamma=1), "must not be empty"),
    "gamma of returns": (lambda: eq.discounted_returns(zeros(3, 2), COLUMNS[4], gamma=2), "gamma must be .* got 2"),
    "gamma of prefixes": (lambda: eq.prefix_values(0.8, 3, gamma=1.1), "gamma must be .* got 1.1"),
    "values of another shape": (lambda: gae(values=zeros(3, 1)), r"rewards \[3, 2\], values \[3, 1\]"),
    "next values of another shape": (lambda: gae(next_values=zeros(4, 2)), r"next_values \[4, 2\]"),
    "one axis": (lambda: gae(rewards=zeros(3)), r"rewards must have the shape \[T, N\], got \[3\]"),
    "no steps": (lambda: eq.discounted_returns(zeros(0, 2), COLUMNS[4][:0], gamma=1), "rewards must not be empty"),
    "no steps of gae": (lambda: eq.gae(*(c[:0] for c in COLUMNS), gamma=1, gae_lambda=1), "must not be empty"),
    "NaN reward": (lambda: gae(rewards=zeros(3, 2, at=(1, 0))), r"rewards must be finite, got nan at index \[1, 0\]"),
    "infinite reward": (
        lambda: eq.discounted_returns(zeros(3, 2, at=(2, 1), value=INF), COLUMNS[4], gamma=1),
        r"rewards must be finite, got inf at index \[2, 1\]",
    ),
    "terminated without done": (
        lambda: gae(terminated=flag(0, 0) | flag(1, 0), done=flag(0, 0) | flag(2, 1)),
        r"terminated \| truncated, got terminated without done at \[t, n\] = \[1, 0\]",
    ),
    "one axis of returns": (lambda: eq.discounted_returns(zeros(3), flag(0, 0)[:, 0], gamma=1), r"\[T, N\], got \[3\]"),
    "done of another shape": (lambda: eq.discounted_returns(zeros(3, 2), flag(0, 0)[:2], gamma=1), r"done \[2, 2\]"),
    "bootstrap of another shape": (
        lambda: eq.discounted_returns(zeros(3, 2), COLUMNS[4], gamma=1, bootstrap=zeros(3)),
        r"bootstrap \[3\], one step of rewards \[2\]",
    ),
    "no prefix": (lambda: eq.prefix_values(0.8, 0, gamma=1), "length must be 1 or more, got 0"),
    "NaN response": (lambda: eq.prefix_values(NAN, 2, gamma=1), "reward must be a finite number, got nan"),
    "two responses": (lambda: eq.prefix_values(zeros(2), 2, gamma=1), r"reward \[2\]"),
    "G = 1": (lambda: eq.group_advantages(zeros(3, 1)), "G ≥ 2 .* got G = 1"),
    "returns of another shape": (lambda: eq.step_advantages(zeros(3, 2), MASK), r"returns \[3, 2\], mask \[2, 3\]"),
    "returns of one walk": (lambda: eq.step_advantages(zeros(3), zeros(3)), r"returns must have the shape \[T, N\]"),
    "weights for walks": (lambda: eq.step_advantages(zeros(2, 3), MASK * 0.5), "mask must hold .* got 0.5"),
    "G = 1, leave one out": (lambda: eq.leave_one_out_advantages(zeros(3, 1)), "G ≥ 2 .* got G = 1"),
    "no prompts": (lambda: eq.group_advantages(zeros(0, 4)), "rewards must not be empty"),
    "ungrouped": (lambda: eq.group_advantages(zeros(4)), r"rewards must have the shape \[P, G\], got \[4\]"),
    "NaN in a group": (lambda: eq.group_advantages(zeros(2, 4, at=(1, 3))), r"finite, got nan at index \[1, 3\]"),
    "infinity in a group": (lambda: eq.leave_one_out_advantages(zeros(1, 2, at=(0, 0), value=-INF)), "got -inf"),
    "unknown scale": (lambda: eq.group_advantages(zeros(2, 4), scale="std"), "'group', 'batch', 'none', got 'std'"),
    "logits of another shape": (lambda: eq.categorical_kl(zeros(2, 3), zeros(3)), r"logits_q \[3\]"),
    "no choices": (lambda: eq.categorical_entropy(zeros(2, 0)), "logits must not be empty"),
    "no choices' logarithms": (lambda: eq.entropy_of_logprobs(zeros(2, 0)), "logprobs must not be empty"),
    "no choices in a KL": (lambda: eq.categorical_kl(zeros(2, 0), zeros(2, 0)), "logits_p must not be empty"),
    "k1 of other samples": (lambda: eq.kl_k1(zeros(2, 3), zeros(2, 1)), r"ref_logprobs \[2, 1\]"),
    "k2 of other samples": (lambda: eq.kl_k2(zeros(2, 3), zeros(2, 1)), r"ref_logprobs \[2, 1\]"),
    "k3 of other samples": (lambda: eq.kl_k3(zeros(2, 3), zeros(2, 1)), r"ref_logprobs \[2, 1\]"),
    "other actions": (lambda: eq.surrogate(zeros(2, 3), zeros(3), zeros(2, 1)), r"old_logprobs \[3\]"),
    "other actions, clipped": (
        lambda: eq.clipped_surrogate(zeros(2, 3), zeros(2, 1), zeros(2, 1), **CLIP),
        r"old_logprobs \[2, 1\]",
    ),
    "advantages along time": (
        lambda: eq.clipped_surrogate(zeros(3, 3), zeros(3, 3), zeros(3), **CLIP),
        r"advantages must broadcast over logprobs \[3, 3\] axis by axis, got \[3\]",
    ),
    "advantages of too many": (lambda: eq.surrogate(zeros(1, 3), zeros(1, 3), zeros(2, 3)), r"got \[2, 3\]"),
    "advantages along time, policy gradient": (
        lambda: eq.policy_gradient(zeros(3, 3), zeros(3)),
        r"advantages must broadcast over logprobs \[3, 3\] axis by axis, got \[3\]",
    ),
    "advantages that widen the policy gradient": (
        lambda: eq.policy_gradient(zeros(1, 3), zeros(2, 3)),
        r"got \[2, 3\]",
    ),
    "clip_low above 1, clipped": (
        lambda: eq.clipped_surrogate(zeros(2), zeros(2), zeros(2), clip_low=1.1, clip_high=0.2),
        r"clip_low must be in \[0, 1\], got 1.1",
    ),
    "clip_low below 0": (
        lambda: eq.clip_fraction(zeros(2), zeros(2), clip_low=-0.2, clip_high=0.2),
        "clip_low must be .* got -0.2",
    ),
    "clip_high below 0": (
        lambda: eq.clipped_surrogate(zeros(2), zeros(2), zeros(2), clip_low=0.2, clip_high=-0.1),
        "clip_high must be 0 or more, got -0.1",
    ),
    "mask of another shape": (lambda: eq.clip_fraction(zeros(2), zeros(2), **CLIP, mask=MASK), r"mask \[2, 3\]"),
    "unknown mode": (lambda: eq.aggregate(zeros(2, 3), MASK, mode="mean"), "'token-mean', 'constant', got 'mean'"),
    "unknown mode of weights": (lambda: eq.token_weights(MASK, mode="grpo"), "mode must be one of .* got 'grpo'"),
    "no max_length": (lambda: eq.aggregate(zeros(2, 3), MASK, mode="constant"), "max_length must be given"),
    "max_length of 0": (
        lambda: eq.token_weights(MASK, mode="constant", max_length=0),
        "max_length must be 1 or more, got 0",
    ),
    "mask along time": (lambda: eq.aggregate(zeros(2, 3), MASK[0], mode="token-mean"), r"mask \[3\]"),
    "mask of one axis": (lambda: eq.token_weights(MASK[0], mode="token-mean"), r"\[B, T\], got \[3\]"),
    "no sequences": (lambda: eq.token_weights(MASK[:0], mode="token-mean"), "mask must not be empty"),
    "(N, 1) minus (N,)": (lambda: eq.value_loss(zeros(3, 1), zeros(3)), r"values \[3, 1\], returns \[3\]"),
    "value mask": (lambda: eq.value_loss(zeros(3), zeros(3), MASK), r"mask \[2, 3\]"),
    "old values alone": (
        lambda: eq.value_loss(zeros(3), zeros(3), old_values=zeros(3)),
        "together .* got only old_values",
    ),
    "clip range alone": (lambda: eq.value_loss(zeros(3), zeros(3), clip_range=0.2), "got only clip_range = 0.2"),
    "negative clip range": (
        lambda: eq.value_loss(zeros(3), zeros(3), old_values=zeros(3), clip_range=-1),
        "clip_range must be 0 or more, got -1",
    ),
    "no values": (lambda: eq.value_loss(zeros(0), zeros(0)), "values must not be empty"),
    "no values to explain": (lambda: eq.explained_variance(zeros(0), zeros(0)), "values must not be empty"),
    "other returns": (lambda: eq.explained_variance(zeros(3), zeros(3, 1)), r"returns \[3, 1\]"),
    "unpaired": (lambda: eq.bradley_terry_loss(zeros(3), zeros(2)), r"chosen \[3\], rejected \[2\]"),
    "no pairs": (lambda: eq.bradley_terry_loss(zeros(0), zeros(0)), "chosen must not be empty"),
    "a response without a token": (
        lambda: eq.score_at_the_last_token(zeros(2, 3), torch.tensor([[True, False, False], [False] * 3])),
        "mask must have at least one token in each row",
    ),
    "one row of scores": (
        lambda: eq.score_at_the_last_token(zeros(3), torch.ones(3).bool()),
        r"scores must have the shape \[B, T\]",
    ),
    "unpaired sums": (lambda: dpo(ref_chosen_logprobs=zeros(2)), r"ref_chosen_logprobs \[2\]"),
    "tokens for sums": (
        lambda: dpo(**dict.fromkeys(SUMS, zeros(3, 5))),
        r"chosen_logprobs must have the shape \[B\]: of each answer the sum .* got \[3, 5\]",
    ),
    "no sums": (lambda: dpo(**dict.fromkeys(SUMS, zeros(0))), "chosen_logprobs must not be empty"),
    "beta of 0": (lambda: dpo(beta=0), "beta must be a number above 0, got 0"),
    "cap of 0": (lambda: eq.truncated_importance_weights(zeros(2), zeros(2), cap=0), "cap must be a number above 0"),
    "tokens of another sampler": (
        lambda: eq.truncated_importance_weights(zeros(2), zeros(3), cap=2),
        r"sampler_logprobs \[3\]",
    ),
    "clip_low above 1": (
        lambda: eq.cispo(zeros(2), zeros(2), zeros(2), clip_low=1.1, clip_high=0.2),
        r"clip_low must be in \[0, 1\], got 1.1",
    ),
    "advantages along time, cispo": (lambda: eq.cispo(zeros(3, 3), zeros(3, 3), zeros(3), **CLIP), "axis by axis"),
    "more attempts than were made": (lambda: eq.pass_at_k(4, 1, 5), "num_samples must be at least k = 5, got 4"),
    "more right than made": (lambda: eq.pass_at_k(4, 5, 2), "num_correct must be from 0 to num_samples, got 5"),
    "fewer than none right": (
        lambda: eq.pass_at_k(torch.tensor([4, 4]), torch.tensor([0, -1]), 2),
        "num_correct must be .* got -1",
    ),
    "other questions": (
        lambda: eq.pass_at_k(torch.tensor([4, 4]), torch.tensor([1, 1, 1]), 2),
        r"num_samples \[2\], num_correct \[3\]",
    ),
    "a judge of other attempts": (
        lambda: eq.best_of_k(zeros(2, 3), zeros(2, 4), 1),
        r"scores \[2, 3\], rewards \[2, 4\]",
    ),
    "more than there are to choose from": (lambda: eq.best_of_k(zeros(2, 3), zeros(2, 3), 4), "k must be .* got 4"),
    "votes on other questions": (
        lambda: eq.majority_vote(torch.zeros(2, 3, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)),
        "right must have one result for each of the 2 questions, got 3",
    ),
    "nothing as the right result": (
        lambda: eq.majority_vote(torch.zeros(1, 3, dtype=torch.int64), torch.tensor([-1])),
        "right must not be negative, got -1",
    ),
    "a weight of 1": (
        lambda: eq.length_penalty(zeros(1, 2), torch.ones(1, 2, dtype=torch.int64), weight=1),
        "weight must be below 1",
    ),
    "a negative reward": (
        lambda: eq.length_penalty(zeros(1, 2) - 1, torch.ones(1, 2, dtype=torch.int64), weight=0.5),
        "rewards must not be negative",
    ),
    "an answer without a token": (
        lambda: eq.length_penalty(zeros(1, 2), torch.zeros(1, 2, dtype=torch.int64), weight=0.5),
        "lengths must be at least 1, got 0",
    ),
    "KL of many states": (lambda: eq.fisher_matvec(NET(zeros(3, 2)), [NET.weight], damping=0), "kl must be a scalar"),
    "KL without a graph": (lambda: eq.fisher_matvec(kl().detach(), [NET.weight], damping=0), "no_grad"),
    "no parameters": (lambda: eq.fisher_matvec(kl(), [], damping=0), "parameters must not be empty"),
    "frozen parameter": (
        lambda: eq.fisher_matvec(kl(), [NET.weight, zeros(2)], damping=0),
        r"parameters must all require gradients, .* at \[1\]",
    ),
    "negative damping": (lambda: eq.fisher_matvec(kl(), [NET.weight], damping=-1), "damping must be .* got -1"),
    "vector too short": (
        lambda: inspect.unwrap(eq.fisher_matvec(kl(), [NET.weight], damping=0))(zeros(3)),
        r"vector must have the shape \[4\], got \[3\]",
    ),
    "vector too short for one product": (
        lambda: eq.fisher_vector_product(kl(), [NET.weight], zeros(3), damping=0),
        r"vector must have the shape \[4\], got \[3\]",
    ),
    "no iterations": (
        lambda: eq.conjugate_gradient(lambda v: v, zeros(2), iterations=0, tolerance=0),
        "iterations must be 1 or more, got 0",
    ),
    "negative tolerance": (
        lambda: eq.conjugate_gradient(lambda v: v, zeros(2), iterations=1, tolerance=-1e-9),
        "tolerance must be 0 or more",
    ),
    "b a matrix": (lambda: eq.conjugate_gradient(lambda v: v, zeros(2, 2), iterations=1, tolerance=0), r"\[D\]"),
    "b with NaN": (
        lambda: eq.conjugate_gradient(lambda v: v, zeros(2, at=0), iterations=1, tolerance=0),
        r"b must be finite, got nan at index \[0\]",
    ),
    "a step of another length": (lambda: search(step=zeros(3)), r"parameters \[2\], step \[3\]"),
    "parameters a matrix": (lambda: search(parameters=zeros(2, 2)), r"parameters must have the shape \[D\]"),
    "negative max_kl": (lambda: search(max_kl=-0.1), "max_kl must be 0 or more, got -0.1"),
    "a step that never shrinks": (lambda: search(backtrack_coef=1), r"backtrack_coef must be in \[0, 1\), got 1"),
    "no lengths to try": (
        lambda: search(backtrack_iterations=0),
        "backtrack_iterations must be 1 or more, got 0",
    ),
}

TYPE_ERRORS = {
    "a list for done": (lambda: gae(done=[[True]]), "done must be a tensor of booleans, or of 0 and 1, got list"),
    "a list for a mask": (lambda: eq.value_loss(zeros(3), zeros(3), [1, 0, 1]), "mask must be a tensor .* got list"),
    "whole-number rewards": (lambda: eq.group_advantages(torch.ones(2, 4).long()), "rewards .* torch.int64"),
    "whole-number returns of walks": (
        lambda: eq.step_advantages(torch.ones(2, 3).long(), MASK),
        "returns .* torch.int64",
    ),
    "a list for walks": (lambda: eq.step_advantages(zeros(1, 2), [[True, True]]), "mask must be a tensor .* got list"),
    "a list of rewards": (lambda: eq.discounted_returns([[1.0]], COLUMNS[4], gamma=1), "rewards .* got list"),
    "gamma a word": (lambda: gae(gamma="0.9"), "gamma must be a number, got '0.9'"),
    "half a token": (lambda: eq.prefix_values(0.8, 2.5, gamma=1), "length must be a whole number, got 2.5"),
    "reward a word": (lambda: eq.prefix_values("good", 2, gamma=1), "reward .* got 'good'"),
    "tokens for logits": (lambda: eq.categorical_entropy(torch.zeros(3).long()), "logits .* torch.int64"),
    "tokens for a KL": (lambda: eq.categorical_kl(zeros(3), torch.zeros(3).long()), "logits_q .* torch.int64"),
    "tokens for logprobs": (lambda: eq.kl_k3(torch.zeros(3).long(), zeros(3)), "logprobs .* torch.int64"),
    "whole-number advantages": (
        lambda: eq.clipped_surrogate(zeros(3), zeros(3), torch.ones(3).long(), **CLIP),
        "advantages .* torch.int64",
    ),
    "tokens for a policy gradient": (
        lambda: eq.policy_gradient(torch.zeros(3).long(), zeros(3)),
        "logprobs .* torch.int64",
    ),
    "labels for advantages": (
        lambda: eq.policy_gradient(zeros(3), torch.ones(3).long()),
        "advantages .* torch.int64",
    ),
    "scores of numbers": (lambda: eq.bradley_terry_loss(torch.zeros(3).long(), zeros(3)), "chosen .* torch.int64"),
    "returns of numbers": (lambda: eq.explained_variance(zeros(3), torch.zeros(3).long()), "returns .* torch.int64"),
    "whole-number bootstrap": (
        lambda: eq.discounted_returns(zeros(3, 2), COLUMNS[4], gamma=1, bootstrap=torch.zeros(2).long()),
        "bootstrap .* torch.int64",
    ),
    "whole-number values": (lambda: gae(values=torch.zeros(3, 2).long()), "values .* torch.int64"),
    "whole numbers per token": (
        lambda: eq.aggregate(torch.zeros(2, 3).long(), MASK, mode="token-mean"),
        "per_token .* torch.int64",
    ),
    "whole-number logprobs": (
        lambda: eq.surrogate(torch.zeros(3).long(), zeros(3), zeros(3)),
        "logprobs .* torch.int64",
    ),
    "whole-number returns": (lambda: eq.value_loss(zeros(3), torch.zeros(3).long()), "returns .* torch.int64"),
    "half a max_length": (lambda: eq.token_weights(MASK, mode="constant", max_length=2.5), "max_length .* got 2.5"),
    "a number for a KL": (lambda: eq.fisher_matvec(1.0, [NET.weight], damping=0), "kl .* got 1.0"),
    "a word for damping": (
        lambda: eq.fisher_matvec(kl(), [NET.weight], damping="0"),
        "damping must be a number, got '0'",
    ),
    "whole-number vector": (
        lambda: inspect.unwrap(eq.fisher_matvec(kl(), [NET.weight], damping=0))(torch.zeros(4).long()),
        "vector .* torch.int64",
    ),
    "half an iteration": (
        lambda: eq.conjugate_gradient(lambda v: v, zeros(2), iterations=1.5, tolerance=0),
        "iterations must be a whole number, got 1.5",
    ),
    "iterations a flag": (
        lambda: eq.conjugate_gradient(lambda v: v, zeros(2), iterations=True, tolerance=0),
        "iterations must be a whole number, got True",
    ),
    "a list of parameters": (lambda: search(parameters=[0.0, 0.0]), "parameters .* got list"),
    "a list for a step": (lambda: search(step=[0.0, 0.0]), "step .* got list"),
    "half a length": (lambda: search(backtrack_iterations=2.5), "backtrack_iterations must be a whole number"),
    "a number for b": (lambda: eq.conjugate_gradient(lambda v: v, 1.0, iterations=1, tolerance=0), "b .* got 1.0"),
}


@pytest.mark.parametrize(("call", "message"), VALUE_ERRORS.values(), ids=VALUE_ERRORS)
def test_a_value_that_is_not_allowed(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("call", "message"), TYPE_ERRORS.values(), ids=TYPE_ERRORS)
def test_a_thing_of_the_wrong_kind(call, message):
    with pytest.raises(TypeError, match=message) as caught:
        call()
    assert not isinstance(caught.value, TypeCheckError)


def test_the_test_run_itself_checks_shapes():
    """If this fails, the jaxtyping hook is off, and the signatures of the whole package go unchecked."""
    with pytest.raises(TypeCheckError):
        equations.kl_k1(zeros(2, 3), zeros(3, 2))

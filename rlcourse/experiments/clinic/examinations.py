"""The examinations of a GPT-2 that learns by GRPO: each measures one thing that must not be otherwise."""

import re
from copy import deepcopy
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms import Training
from rlcourse.algorithms.protocol import Episodes
from rlcourse.equations import categorical_kl, completion_mask
from rlcourse.experiments.clinic.examining import Examination, Report, after, by_the_book, draw, scores
from rlcourse.language import LanguagePolicy, sum_reward

MORE_PADDING = 3
"""Columns that are put in front of a batch."""
FAR = 0.1
"""A ratio that is far below any clip."""
WARM = 8
"""Updates after which policy and reference differ enough to be compared."""


def first_ratio(training: Training) -> Report:
    """ρ = π_θ/π_old before the first step, when both are the same policy."""
    batch = draw(training)
    ratio = (scores(training, batch) - batch.old_logprobs[batch.mask]).exp()
    furthest, outside = float((ratio - 1).abs().max()), float(((ratio - 1).abs() > 0.2).float().mean())
    rows = {"largest |ρ − 1|": furthest, "tokens outside 0.8 to 1.2, %": 100 * outside}
    return Report(rows, furthest > 0.01)


def scored_twice(training: Training) -> Report:
    """The same tokens under the same weights, scored two times."""
    batch = draw(training)
    apart = float((scores(training, batch) - scores(training, batch)).abs().max())
    return Report({"largest difference, nats": apart}, apart > 1e-3)


def other_padding(training: Training) -> Report:
    """The same answers, among others with longer questions: more padding for each."""
    batch = draw(training)
    asked = batch.observations["prompt_tokens"]
    wider = torch.nn.functional.pad(asked, (0, MORE_PADDING), value=training.policy.tokenizer.eos_token_id)
    roomy = replace(batch, observations=batch.observations | {"prompt_tokens": wider})
    apart = (scores(training, batch) - scores(training, roomy)).abs()
    rows = {"largest difference, nats": float(apart.max()), "mean, nats": float(apart.mean())}
    return Report(rows, float(apart.max()) > 1e-3)


def scoring_temperature(training: Training) -> Report:
    """The temperature at which the course's own scores come nearest to the run's."""
    batch, sampled_at = draw(training), training.algorithm.config.temperature
    found, tokens = scores(training, batch), batch.actions[batch.mask]
    with torch.no_grad():
        logits = by_the_book(training).logits(batch)[batch.mask]

    def off(temperature: float) -> float:
        book = (logits / temperature).log_softmax(-1).gather(1, tokens[:, None])[:, 0]
        return float((book - found).abs().mean())

    nearest = min((step / 20 for step in range(8, 33)), key=off)
    rows = {"sampled at temperature": sampled_at, "scored as if at temperature": nearest}
    return Report(rows, abs(nearest - sampled_at) > 0.06)


def equal_rewards(training: Training) -> Report:
    """Advantages of a group in which all are paid alike: as a right answer is, and as a wrong one is."""
    batch, size = draw(training), training.algorithm.config.num_generations
    right, rows, odd = _right(training, batch), {}, False
    for name, paid in {"right": batch.rewards[right][:1], "wrong": batch.rewards[~right][:1]}.items():
        if len(paid):
            advantages = training.algorithm.advantage_fn(paid.expand(batch.grouped_rewards.shape).clone())[0]
            rows[f"{size} times {paid.item():.2f}, for {name} answers"] = _listed(advantages, "+")
            odd |= bool(advantages.abs().max() > 0.05)
    return Report(rows, odd)


def wrong_answers(training: Training) -> Report:
    """What a group of wrong answers is paid, and its advantages."""
    batch, size = draw(training), training.algorithm.config.num_generations
    paid = batch.rewards[~_right(training, batch)][:size]
    advantages = training.algorithm.advantage_fn(paid[None])[0]
    rows = {"rewards": _listed(paid, ""), "advantages": _listed(advantages, "+")}
    return Report(rows, bool(advantages.abs().max() > 0.05))


def what_counts(training: Training) -> Report:
    """The tokens of two finished answers, and which of them the loss looks at."""
    batch, tokenizer = draw(training), training.policy.tokenizer
    drawn = completion_mask(batch.actions, tokenizer.eos_token_id)
    finished = (batch.actions == tokenizer.eos_token_id).any(1).nonzero()[:2, 0]
    rows, left_out = {}, 0
    for number, row in enumerate(finished, start=1):
        tokens, counted = batch.actions[row][drawn[row]].tolist(), batch.mask[row][drawn[row]].tolist()
        names = [_named(tokenizer, token) for token in tokens]
        missing = [name for name, counts in zip(names, counted, strict=True) if not counts]
        rows[f"answer {number}"] = " ".join(names)
        rows[f"answer {number}: not counted"] = " ".join(missing) or "nothing"
        left_out += len(missing)
    return Report(rows, left_out > 0)


def _named(tokenizer, token: int) -> str:
    """A token for the eye."""
    return "‹end›" if token == tokenizer.eos_token_id else tokenizer.decode([token]).strip() or "␣"


def one_update(training: Training) -> Report:
    """How far one update moves the policy, exactly, on the states of its own batch."""
    batch, before = draw(training), deepcopy(training.policy.model)
    old = LanguagePolicy(before, training.policy.tokenizer)
    training.algorithm.update(training.policy, training.optimizer, batch)
    with torch.no_grad():
        moved = float(_exact_kl(old, by_the_book(training), batch).mean())
    return Report({"KL of one update, nats a token": moved}, moved > 0.15)


def reach_of_the_clip(training: Training) -> Report:
    """Where the ratios stand after all steps on one batch, by the sign of the advantage."""
    batch = draw(training)
    advantages = training.algorithm.advantage_fn(batch.grouped_rewards).reshape(-1)
    training.algorithm.update(training.policy, training.optimizer, batch)
    ratio = (
        by_the_book(training).logprobs(batch, temperature=training.algorithm.config.temperature).detach()
        - batch.old_logprobs
    ).exp()
    rows = {}
    for name, chosen in {"A > 0": advantages > 0, "A < 0": advantages < 0}.items():
        found = ratio[chosen][batch.mask[chosen]]
        rows[f"{name}: smallest and largest ρ"] = f"{found.min():.2f} to {found.max():.2f}"
        rows[f"{name}: below {FAR}, %"] = 100 * float((found < FAR).float().mean())
    good, bad = (rows[f"{sign}: below {FAR}, %"] for sign in ("A > 0", "A < 0"))
    return Report(rows, bad > 12 and bad > 3 * good)  # steps that are too long throw both kinds about


def kl_by_the_book(training: Training) -> Report:
    """The mean of the run's estimate of KL(π‖π_ref) after some updates, over all tokens, beside the exact KL."""
    trained = after(training, WARM)
    batch = draw(trained)
    with torch.no_grad():
        own, exact = _own_kl(trained, batch).mean(), _kl_to_the_reference(trained, batch).mean()
    rows = {"the run’s estimate, nats a token": float(own), "exact": float(exact)}
    return Report(rows, not 0.98 < float(own / exact) < 1.02)  # both are expectations, with nothing left to chance


def pull_of_the_kl(training: Training) -> Report:
    """Whether the expected gradient of the run's KL term points where that of the exact KL points."""
    trained = after(training, WARM)
    batch, weights = draw(trained), list(trained.policy.parameters())
    both = []
    for kl in (_own_kl(trained, batch), _kl_to_the_reference(trained, batch)):
        gradients = torch.autograd.grad(kl.mean(), weights)
        both.append(torch.cat([gradient.flatten() for gradient in gradients]))
    own, exact = both
    length = float(own.norm() / exact.norm())
    cosine = float(torch.nn.functional.cosine_similarity(own, exact, dim=0)) if length > 1e-3 else 0.0
    rows = {"cosine between the two": cosine, "length, in lengths of the exact one": length}
    return Report(rows, cosine < 0.3)


def _own_kl(training: Training, batch: Episodes) -> Float[Tensor, "N"]:
    """The run's estimate in each state, in expectation over the token drawn there; the draw itself has no gradient."""
    policy, reference = _all_logprobs(by_the_book(training), batch), _all_logprobs(training.algorithm.reference, batch)
    return (policy.exp().detach() * training.algorithm.kl_fn(policy, reference.detach())).sum(-1)


def _kl_to_the_reference(training: Training, batch: Episodes) -> Float[Tensor, "N"]:
    return _exact_kl(by_the_book(training), training.algorithm.reference, batch)


def _exact_kl(policy: LanguagePolicy, other: LanguagePolicy, batch: Episodes) -> Float[Tensor, "N"]:
    return categorical_kl(_all_logprobs(policy, batch), _all_logprobs(other, batch).detach())


def _all_logprobs(policy: LanguagePolicy, batch: Episodes) -> Float[Tensor, "N V"]:
    """Log π of every token of the vocabulary, in the states in which the batch's tokens were chosen."""
    return policy.logits(batch)[batch.mask].log_softmax(-1)


_ALL = {
    test.key: test
    for test in (
        Examination(
            "ratio",
            "the first ratios",
            "One batch, before the first step: ρ = π_θ/π_old of every token. Both are the same policy, so ρ is 1.",
            first_ratio,
        ),
        Examination(
            "twice",
            "the same batch, scored twice",
            "The same tokens, the same weights, two times. Nothing has changed, so nothing may differ.",
            scored_twice,
        ),
        Examination(
            "padding",
            "more padding in front",
            "The same answers, with three more columns of padding before each question. Padding is nobody’s text.",
            other_padding,
        ),
        Examination(
            "temperature",
            "the temperature of the scores",
            "Which temperature makes the course’s own scores most like those of this run? It should be the sampling’s.",
            scoring_temperature,
        ),
        Examination(
            "equal",
            "a group with equal rewards",
            "The advantage function is handed a group whose rewards are all alike. Nobody is better than anybody: 0.",
            equal_rewards,
        ),
        Examination(
            "wrong",
            "a group of wrong answers",
            "Wrong answers of a batch, as a group: what they are paid, and their advantages. Where nobody is right, "
            "nobody should be better than another.",
            wrong_answers,
        ),
        Examination(
            "counts",
            "what the mask counts",
            "The tokens of two finished answers, and those that the loss does not look at.",
            what_counts,
        ),
        Examination(
            "update",
            "how far one update goes",
            "One update, and then the exact KL between the policy before and after it, in the states of its batch.",
            one_update,
        ),
        Examination(
            "reach",
            "ratios at the end of an update",
            "After all steps on one batch: how far have the tokens gone, those of good answers and of bad ones? ε = "
            "0.2. Tokens move along with others, so some leave the band in any run; steps that are too long throw both "
            "kinds about.",
            reach_of_the_clip,
        ),
        Examination(
            "estimate",
            "the KL, exactly",
            "After eight updates: the KL to the reference as this run estimates it, beside the exact one in the same "
            "states.",
            kl_by_the_book,
        ),
        Examination(
            "pull",
            "where the KL term pulls",
            "After eight updates: the gradient of this run’s KL term, beside that of the exact KL. Do they point one "
            "way? (Partly, in a sound run: k3 has the gradient of the other KL, as notebook 10 showed. A term at right "
            "angles holds nothing.)",
            pull_of_the_kl,
        ),
    )
}
SUMS = {key: _ALL[key] for key in ("ratio", "twice", "padding", "temperature", "equal", "wrong", "counts", "update")}
"""What can be ordered where one step is made on each batch."""
OBJECTIVE = {key: _ALL[key] for key in ("ratio", "update", "reach", "estimate", "pull")}
"""What can be ordered where the objective is in question."""


def _right(training: Training, batch: Episodes) -> Tensor:
    """Which answers of a batch are right sums, whatever they were paid."""
    tokenizer, seen = training.policy.tokenizer, batch.observations
    prompts = [
        tokenizer.decode(row[:length])
        for row, length in zip(seen["prompt_tokens"], seen["prompt_lengths"], strict=True)
    ]
    texts = tokenizer.batch_decode(
        [row[mask] for row, mask in zip(batch.actions, batch.mask, strict=True)], skip_special_tokens=True
    )
    asked = [re.search(r"(\d+)\+(\d+)", prompt) for prompt in prompts]
    return torch.tensor(sum_reward(prompts, texts, [int(found[1]) + int(found[2]) for found in asked])) > 0


def _listed(numbers: Tensor, sign: str) -> str:
    return ", ".join(f"{number + 0.0:{sign}.2f}" for number in numbers.round(decimals=2).tolist())  # no −0.00

r"""Answers of a GPT-2 as token strips, with what the model itself says about each token.

    answers_strip(policy, "Question: What is 2+2?\nAnswer:", [" 2+2 is 4.", " I guess 2+2 is 5."], critic=critic)

The log-probabilities are the policy's own (`policy.logprobs`), the values the critic's (`critic.values`), both
teacher-forced at temperature 1. Left out: sampling. The answers are given, so that two policies can be asked about the
same ones.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import Critic
from rlcourse.explorables.tokens.measures import Rows
from rlcourse.explorables.tokens.token_strip import TokenStrip, token_strip
from rlcourse.usual import usual_settings


@usual_settings()
def answers_strip(
    policy: Policy,
    prompt: str,
    answers: str | Sequence[str],
    *,
    critic: Critic | None = None,
    old_policy: Policy | None = None,
    numbers: Mapping[str, Rows] | None = None,
    values: Rows | None = None,
    names: Sequence[str] = (),
    end: bool = True,
) -> TokenStrip:
    """What a language policy says about each token of some answers: its log-probability, and what is asked for.

    Args:
        policy: a `LanguagePolicy`.
        prompt: what stands before each answer.
        answers: one answer or several.
        critic: a `ValueModel`, whose value of the text so far stands at the cursors.
        old_policy: the policy as it was, for the ratio ρ = π/π_old of each token.
        numbers: more about each token, by name, such as advantages; [answers, tokens], longer rows are cut.
        values: numbers for the cursors, in the place of a critic's; [answers, tokens].
        names: what stands beside each answer; the answers themselves need no name.
        end: whether each answer has ended, with an end-of-text token as its last action.

    Raises:
        TypeError: policy has no tokenizer, or something else is of the wrong kind.
        ValueError: both critic and values are given, an answer is empty, or numbers do not fit.
    """
    if not hasattr(policy, "tokenizer"):
        raise TypeError(f"policy must be a LanguagePolicy, which reads text, got {type(policy).__name__}")
    if critic is not None and values is not None:
        raise ValueError("critic and values both say what stands at the cursors; give one of the two")
    # The maze's explorables come through the same door, and have no use for `transformers`.
    from rlcourse.language import as_episodes

    answers = [answers] if isinstance(answers, str) else answers
    episodes = as_episodes(policy.tokenizer, prompt, answers, end=end, device=next(policy.parameters()).device)
    found = ({} if numbers is None else dict(numbers)) | measured(policy, episodes, old_policy)
    if critic is not None:
        with torch.no_grad():
            values = critic.values(episodes)
    cursors = None if values is None else cut(values, episodes)
    rows = {name: cut(given, episodes) for name, given in found.items()}
    return token_strip(texts_of(policy.tokenizer, episodes), rows, values=cursors, names=names)


def measured(policy: Policy, episodes: Episodes, old_policy: Policy | None) -> dict[str, Tensor]:
    """Log-probability of each token, and its ratio to the old policy's where there is one, [B, T] each."""
    with torch.no_grad():
        logprobs = policy.logprobs(episodes)
        if old_policy is None:
            return {"log-probability": logprobs}
        return {"ratio ρ": (logprobs - old_policy.logprobs(episodes)).exp(), "log-probability": logprobs}


def texts_of(tokenizer, episodes: Episodes) -> list[list[str]]:
    """The tokens of each answer, as text."""
    return [[tokenizer.decode([token]) for token in row] for row in cut(episodes.actions, episodes)]


def cut(rows: Rows, episodes: Episodes) -> list[list]:
    """Rows of padded numbers without their padding."""
    lengths = episodes.mask.sum(dim=1).tolist()
    listed = rows.tolist() if hasattr(rows, "tolist") else [list(row) for row in rows]
    if len(listed) != len(lengths):
        raise ValueError(f"numbers about {len(lengths)} answers must have as many rows, got {len(listed)}")
    return [row[:length] for row, length in zip(listed, lengths, strict=True)]

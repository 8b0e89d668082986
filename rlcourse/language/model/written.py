r"""Answers that somebody has written, as the episodes that policies and critics read.

    episodes = as_episodes(tokenizer, "Question: What is 2+2?\nAnswer:", [" 2+2 is 4."])
    policy.logprobs(episodes), critic.values(episodes)

`sample` gives answers that a policy has drawn, with the chances it drew them by; these come from a page, from another
model or from the learner, so nobody drew them. Left out: what they are paid, which a world says.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes
from rlcourse.arguments import check_flag
from rlcourse.language.model.tokenizer import check_texts, encode


def as_episodes(
    tokenizer,
    prompt: str,
    answers: Sequence[str],
    *,
    end: bool = True,
    device: str | torch.device | None = None,
) -> Episodes:
    """Answers to one prompt, a row each, right-padded; `old_logprobs` and `rewards` are 0.

    Args:
        tokenizer: Of the model that is to read them.
        prompt: What stands before each answer, at least one token.
        answers: The answers as text.
        end: Whether each has ended, with an end-of-text token as its last.
        device: Where the tensors are; the CPU when None.

    Raises:
        TypeError: The prompt is no string, or answers is no list of strings.
        ValueError: There is no answer, prompt or answer is without a token, or the tokenizer does not know a character.
    """
    check_flag("end", end)
    prompts, answers = check_texts("prompt", [prompt]), check_texts("answers", answers)
    if not answers:
        raise ValueError("answers must hold at least one text, got none")
    (asked,) = encode(tokenizer, prompts)
    written = [ids + [tokenizer.eos_token_id] * end for ids in encode(tokenizer, answers)]
    if not asked:
        raise ValueError(f"prompt must have at least one token, got {prompt!r}")
    if not all(written):
        raise ValueError("answers must have at least one token each; give end=True, or more text")
    return token_episodes(asked, written, device="cpu" if device is None else device)


def token_episodes(
    asked: Sequence[int], written: Sequence[Sequence[int]], *, device: str | torch.device = "cpu"
) -> Episodes:
    """The same from tokens: those of a prompt, and of each answer with its end where it has one."""
    count, longest = len(written), max(map(len, written))
    padded = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in written], device=device)
    lengths = torch.tensor([len(ids) for ids in written], device=device)
    mask = torch.arange(longest, device=device) < lengths[:, None]
    nothing = torch.zeros(padded.shape, dtype=torch.float32, device=device)
    prompts = torch.tensor([list(asked)] * count, device=device)
    return Episodes(
        observations={
            "prompt_tokens": prompts,
            "prompt_lengths": torch.full((count,), len(asked), dtype=torch.int64, device=device),
        },
        actions=padded,
        mask=mask,
        old_logprobs=nothing,
        rewards=nothing[:, 0],
        num_generations=count,
    )


def left_padded(episodes: Episodes) -> tuple[Int[Tensor, "B L"], Bool[Tensor, "B L"], int]:
    """Questions and answers as most programs hold them: padding, question, answer, padding, in rows of one width.

    Returns:
        The tokens, which of them are real, and T: the answers stand in the last T columns.
    """
    asked, lengths = episodes.observations["prompt_tokens"], episodes.observations["prompt_lengths"]
    columns = torch.arange(asked.shape[1], device=asked.device) - (asked.shape[1] - lengths)[:, None]
    tokens = torch.cat([asked.gather(1, columns.clamp(min=0)), episodes.actions], dim=1)
    return tokens, torch.cat([columns >= 0, episodes.mask], dim=1), episodes.actions.shape[1]

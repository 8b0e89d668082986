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
    prompt: str | Sequence[str],
    answers: Sequence[str],
    *,
    end: bool = True,
    device: str | torch.device | None = None,
) -> Episodes:
    """Answers to one prompt, or to one each, a row each, right-padded; `old_logprobs` and `rewards` are 0.

    Args:
        tokenizer: Of the model that is to read them.
        prompt: What stands before each answer, at least one token; or a list, with the prompt of each.
        answers: The answers as text.
        end: Whether each has ended, with an end-of-text token as its last.
        device: Where the tensors are; the CPU when None.

    Raises:
        TypeError: The prompt is no string and no list of them, or answers is no list of strings.
        ValueError: There is no answer, or not one prompt for each; a prompt or an answer is without a token; or the
            tokenizer does not know a character.
    """
    check_flag("end", end)
    answers = check_texts("answers", answers)
    prompts = check_texts("prompt", [prompt] * len(answers) if isinstance(prompt, str) else prompt)
    if not answers:
        raise ValueError("answers must hold at least one text, got none")
    if len(prompts) != len(answers):
        raise ValueError(f"prompt must be one, or one for each of the {len(answers)} answers, got {len(prompts)}")
    ids_of = dict(zip(distinct := list(dict.fromkeys(prompts)), encode(tokenizer, distinct), strict=True))
    written = [ids + [tokenizer.eos_token_id] * end for ids in encode(tokenizer, answers)]
    if empty := [text for text, ids in ids_of.items() if not ids]:
        raise ValueError(f"prompt must have at least one token, got {empty[0]!r}")
    if not all(written):
        raise ValueError("answers must have at least one token each; give end=True, or more text")
    generations = len(answers) if isinstance(prompt, str) else 1
    return _episodes([ids_of[text] for text in prompts], written, generations, "cpu" if device is None else device)


def token_episodes(
    asked: Sequence[int], written: Sequence[Sequence[int]], *, device: str | torch.device = "cpu"
) -> Episodes:
    """The same from tokens: those of a prompt, and of each answer with its end where it has one."""
    return _episodes([asked] * len(written), written, len(written), device)


def _episodes(
    asked: Sequence[Sequence[int]], written: Sequence[Sequence[int]], generations: int, device: str | torch.device
) -> Episodes:
    prompts, prompt_lengths = _padded(asked, device)
    padded, lengths = _padded(written, device)
    nothing = torch.zeros(padded.shape, dtype=torch.float32, device=device)
    return Episodes(
        observations={"prompt_tokens": prompts, "prompt_lengths": prompt_lengths},
        actions=padded,
        mask=torch.arange(padded.shape[1], device=device) < lengths[:, None],
        old_logprobs=nothing,
        rewards=nothing[:, 0],
        num_generations=generations,
    )


def _padded(rows: Sequence[Sequence[int]], device: str | torch.device) -> tuple[Tensor, Tensor]:
    """Rows of tokens, filled up behind with 0, and how many each really has."""
    longest = max(map(len, rows))
    tokens = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in rows], device=device)
    return tokens, torch.tensor([len(ids) for ids in rows], dtype=torch.int64, device=device)


def left_padded(episodes: Episodes) -> tuple[Int[Tensor, "B L"], Bool[Tensor, "B L"], int]:
    """Questions and answers as most programs hold them: padding, question, answer, padding, in rows of one width.

    Returns:
        The tokens, which of them are real, and T: the answers stand in the last T columns.
    """
    asked, lengths = episodes.observations["prompt_tokens"], episodes.observations["prompt_lengths"]
    columns = torch.arange(asked.shape[1], device=asked.device) - (asked.shape[1] - lengths)[:, None]
    tokens = torch.cat([asked.gather(1, columns.clamp(min=0)), episodes.actions], dim=1)
    return tokens, torch.cat([columns >= 0, episodes.mask], dim=1), episodes.actions.shape[1]

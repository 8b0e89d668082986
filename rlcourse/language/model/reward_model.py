"""A reward model: GPT-2's body with a head of its own that says how good a finished answer is.

    r_φ(prompt, answer) = w · h(last token)

The last token of a finished answer is the end-of-text token: there the model has read everything, and knows that
nothing more is coming. An answer that was cut off at the token limit has no such token, and the network could only
score it at the last one it has; as a reward it gets a fixed low score instead. Padding stands behind the last token and
plays no part.

The model is a `transformers.GPT2ForSequenceClassification` with one label, in a plain Hugging Face folder. That class
looks for the last token that is not padding, so in our folder padding is not the end-of-text token, as it is in
most: else the score would sit one token early. Left out: dropout, ensembles, scores for single steps.
"""

import copy
from collections.abc import Iterator, Sequence
from math import isfinite
from numbers import Real
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import GPT2ForSequenceClassification, GPT2LMHeadModel

from rlcourse.algorithms.folders import standing
from rlcourse.arguments import describe
from rlcourse.equations import score_at_the_last_token
from rlcourse.files import ASSETS
from rlcourse.language.model.checkpoints import check_name, how_to_rebuild, read_folder, save_gpt2
from rlcourse.language.model.computed import check_computed, check_tokenizer_kind
from rlcourse.language.model.devices import choose_device
from rlcourse.language.model.heads import with_head
from rlcourse.language.model.policy import completion_hidden
from rlcourse.language.model.tokenizer import check_texts, encode

BUNDLED = ("reward",)
_LENGTHS = "prompts, completions and finished must have one entry per completion, and at least one, got {}, {} and {}"


def answer_scores(
    model: GPT2ForSequenceClassification,
    prompt_tokens: Int[Tensor, "B S"],
    prompt_lengths: Int[Tensor, "B"],
    tokens: Int[Tensor, "B T"],
    lengths: Int[Tensor, "B"],
) -> Float[Tensor, "B"]:
    """The score w · h at the last token of each answer, with gradients.

    Args:
        model: The reward model's network.
        prompt_tokens: Right-padded prompts.
        prompt_lengths: Tokens in each prompt, at least 1.
        tokens: Right-padded answers. What stands in the padding does not matter.
        lengths: Tokens in each answer, its end-of-text token included if it has one.
    """
    # `completion_hidden` gives the state before each token; the state after the last is that before one more.
    one_more = torch.nn.functional.pad(tokens, (0, 1))
    real = torch.arange(one_more.shape[1], device=tokens.device) <= lengths[:, None]
    before = completion_hidden(model, prompt_tokens, prompt_lengths, one_more, real)  # [B, T + 1, C]
    return score_at_the_last_token(model.score(before)[..., 0], real)


class RewardModel:
    """A network that scores answers, and the tokenizer that it reads them with.

    Args:
        model: The network.
        tokenizer: Its tokenizer.
        cut_off_score: What an answer is paid that was cut off at the token limit, whatever it says (as in Ziegler et
            al. 2019). People compared finished answers only: the network never learned what such an answer is worth,
            and may well like it. −3 is below anything that ordinary replies get from the bundled model.
    """

    def __init__(self, model: GPT2ForSequenceClassification, tokenizer, *, cut_off_score: float = -3.0):
        check_computed(model, GPT2ForSequenceClassification)
        check_tokenizer_kind(tokenizer)
        if isinstance(cut_off_score, bool) or not isinstance(cut_off_score, Real):
            raise TypeError(f"cut_off_score must be a number, got {describe(cut_off_score)}")
        if not isfinite(cut_off_score):
            raise ValueError(f"cut_off_score must be a finite number, got {cut_off_score!r}")
        self.model, self.tokenizer, self.cut_off_score = model, tokenizer, cut_off_score

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The weights, body and head."""
        return self.model.parameters()

    def scores(
        self, prompts: Sequence[str], completions: Sequence[str], finished: Sequence[bool] | None = None
    ) -> Float[Tensor, "B"]:
        """One score per completion, with gradients.

        Args:
            prompts: The prompts, one per completion.
            completions: The answers, without the end-of-text token.
            finished: Whether each came to its end, and so gets the end-of-text token; all of them if None.

        Raises:
            ValueError: The lists differ in length or are empty, a prompt is empty, or a text is too long for the
                context or has a character that the tokenizer does not know.
        """
        prompts, completions = check_texts("prompts", prompts), check_texts("completions", completions)
        finished = [True] * len(completions) if finished is None else finished
        if not len(prompts) == len(completions) == len(finished) or not prompts:
            raise ValueError(_LENGTHS.format(len(prompts), len(completions), len(finished)))
        end = [self.tokenizer.eos_token_id]
        answers = encode(self.tokenizer, completions)
        answers = [ids + end if ended else ids for ids, ended in zip(answers, finished, strict=True)]
        distinct = list(dict.fromkeys(prompts))  # a few prompts with many answers each are the rule
        ids_of = dict(zip(distinct, encode(self.tokenizer, distinct), strict=True))
        return answer_scores(self.model, *self._padded([ids_of[p] for p in prompts]), *self._padded(answers))

    def score(
        self,
        prompts: Sequence[str],
        completions: Sequence[str],
        finished: Sequence[bool] | None = None,
        **_: object,
    ) -> list[float]:
        """One number per completion, as a reward function in TRL's signature: `TextWorld(prompts, model.score)`.

        An answer that comes several times is read once: a policy that is being trained repeats itself more and more.
        Arguments and errors are those of `scores`; other columns of a data set are not used. An answer that is not
        finished gets `cut_off_score`.
        """
        prompts, completions = check_texts("prompts", prompts), check_texts("completions", completions)
        flags = [True] * len(completions) if finished is None else list(map(bool, finished))
        if not len(prompts) == len(completions) == len(flags):
            raise ValueError(_LENGTHS.format(len(prompts), len(completions), len(flags)))
        rows = list(zip(prompts, completions, flags, strict=True))
        distinct = list(dict.fromkeys((prompt, completion) for prompt, completion, ended in rows if ended))
        # Not remembered from call to call: a number's last bits depend on the batch that it is computed in, and a run
        # that was resumed would no longer be equal to one that never stopped.
        known = {}
        if distinct:
            with torch.no_grad():
                scores = self.scores(*map(list, zip(*distinct, strict=True))).tolist()
            known = dict(zip(distinct, scores, strict=True))
        return [known[prompt, completion] if ended else self.cut_off_score for prompt, completion, ended in rows]

    def save(self, folder: str | Path) -> Path:
        """Write a folder that `transformers` can load; an older one in its place is replaced at the end."""
        return save_gpt2(self.model, self.tokenizer, folder)

    def _padded(self, rows: list[list[int]]) -> tuple[Int[Tensor, "B T"], Int[Tensor, "B"]]:
        width = max(1, *map(len, rows))
        padding = self.tokenizer.pad_token_id
        padded = [ids + [padding] * (width - len(ids)) for ids in rows]
        device = self.model.device
        return torch.tensor(padded, device=device), torch.tensor([len(ids) for ids in rows], device=device)


def new_reward_model(model: GPT2LMHeadModel, tokenizer) -> RewardModel:
    """A reward model on a copy of a language model's body, with a head that says 0 of everything."""
    check_computed(model, GPT2LMHeadModel)
    check_tokenizer_kind(tokenizer)
    reading = copy.deepcopy(tokenizer)
    if tokenizer.unk_token_id == tokenizer.eos_token_id:  # the original GPT-2 has no other token to spare
        return RewardModel(with_head(model, GPT2ForSequenceClassification, pad_token_id=None), reading)
    reading.pad_token = tokenizer.unk_token
    return RewardModel(with_head(model, GPT2ForSequenceClassification, pad_token_id=reading.pad_token_id), reading)


def load_reward_model(name: str | Path = "reward", *, device: str | torch.device | None = None) -> RewardModel:
    """Load a reward model.

    Args:
        name: "reward", the one that comes with the course, or a folder.
        device: Where to put it; None means a GPU if there is one, else the CPU.

    Raises:
        TypeError: `name` is not a string or a path.
        FileNotFoundError: There is no such folder, or it lacks a file.
        ValueError: It is damaged, or no reward model that this course can compute; or there is no such device.
    """
    check_name(name)
    chosen = choose_device(device)
    folder = ASSETS / name if name in BUNDLED else Path(name)
    advice = how_to_rebuild() if name in BUNDLED or not standing(folder).is_dir() else ""
    model, tokenizer = read_folder(GPT2ForSequenceClassification, folder, advice=advice)
    return RewardModel(model.to(chosen), tokenizer)


@torch.no_grad()
def centre_scores(reward_model: RewardModel, prompts: Sequence[str], completions: Sequence[str]) -> float:
    """Shift all scores by one number, so that the mean over these answers is 0.

    Preferences fix only differences of scores. PPO likes scores around 0, because its value model begins at 0.
    The head has no bias, in `transformers`; the last norm has one, b, and the score moves by δ if b moves by δ·w/|w|².

    Returns:
        The mean before.

    Raises:
        ValueError: The head is still 0, so that no shift can move the score; or as `RewardModel.scores`.
    """
    direction = reward_model.model.score.weight[0]
    if not direction.any():
        raise ValueError("reward_model must be trained before its scores are centred; its head is still 0")
    scores = reward_model.score(prompts, completions)
    mean = sum(scores) / len(scores)
    reward_model.model.transformer.ln_f.bias -= mean * direction / direction.square().sum()
    return mean

r"""Sums with a calculator at hand: an answer of which some tokens are not the policy's.

    Question: What is 27+35?
    Answer: What is 27+35? 62: 27+35 is 62.
                          ‾‾‾‾
The policy writes " What is 27+35?", the calculator appends " 62:", and the policy goes on. What the calculator wrote
is read, as all text is, but nobody chose it: no log-probability was drawn, and in the loss it has no place.
`Episodes.mask` is False there, and the observation "written" says what is text all the same. Answers stay tokens all
the way: cut anew from its text, an answer might become other tokens than those that were sampled. Left out: more than
one call in an answer, and calculators that take their time.
"""

import random
import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes
from rlcourse.arguments import check_function
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.sampling import Samples, encode_prompts, sample_after
from rlcourse.language.model.tokenizer import encode
from rlcourse.language.tasks.sums import MAX_OPERAND, Sum, guessed_result, sum_reward
from rlcourse.language.world import TextWorld

CALL, RETURN = "?", ":"
"""Where the policy stops and the calculator writes; and the last thing that it writes."""
ROOM = 18
"""Tokens that the policy may write before its call, and as many after it."""
_CALLED = re.compile(r"What is (\d+)\+(\d+)\?\Z")
_WITH_ITS_RESULT = re.compile(r"\A\s*What is \d+\+\d+\?[^:]*:")


def calculate(text: str) -> str:
    """What the calculator writes behind a call: " 62:" after "What is 27+35?", and " none:" after what is no sum."""
    called = _CALLED.search(text)
    return f" {int(called[1]) + int(called[2])}{RETURN}" if called else f" none{RETURN}"


def tool_reward(prompts: list[str], completions: list[str], answer: Sequence[object], **_: object) -> list[float]:
    """1 for the sum that was asked with its right result, with or without a call before it; see `sum_reward`."""
    return sum_reward(prompts, [_WITH_ITS_RESULT.sub("", text, count=1) for text in completions], answer)


class ToolWorld:
    """A world of text in which an answer may call a tool once, whose output is inserted and masked.

    Args:
        world: The questions, and the rule that pays.
        tool: From the answer so far, which ends in the call, to what is appended.
        call: The one token with which the policy calls.

    Raises:
        TypeError: The tool is no function.
    """

    def __init__(self, world: TextWorld, tool: Callable[[str], str] = calculate, *, call: str = CALL):
        check_function("tool", tool)
        self.world, self.tool, self.call = world, tool, call

    def sample_groups(
        self, policy: LanguagePolicy, *, num_generations: int, temperature: float, generator: torch.Generator
    ) -> Episodes:
        """Draw prompts, let the policy answer each `num_generations` times with the tool at hand, score the answers."""
        count, chance = len(self.world.prompts), {"generator": generator, "device": generator.device}
        picked = torch.randint(count, (self.world.prompts_per_step,), **chance).tolist()
        how = {"num_generations": num_generations, "temperature": temperature, "generator": generator}
        return self.answer(policy, picked, **how)

    def answer(
        self,
        policy: LanguagePolicy,
        picked: Sequence[int],
        *,
        num_generations: int = 1,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Episodes:
        """Answers to the prompts of these numbers, each `num_generations` times, scored."""
        model, tokenizer, room = policy.model, policy.tokenizer, self.world.max_new_tokens
        (call,) = encode(tokenizer, [self.call])[0]
        how = {"temperature": temperature, "generator": generator, "max_new_tokens": room}
        prompts, lengths = encode_prompts(model, tokenizer, [self.world.prompts[i] for i in picked], 3 * room)
        first = sample_after(model, tokenizer, prompts, lengths, num_generations=num_generations, stop=(call,), **how)
        called = [row for row, ids in enumerate(first.ids()) if ids[-1] == call]
        pieces = [[(ids, scores)] for ids, scores in zip(first.ids(), _kept(first.logprobs, first), strict=True)]
        if called:
            said = [self.tool(tokenizer.decode(first.ids()[row])) for row in called]
            inserted = encode(tokenizer, said)
            asked = [first.prompt_tokens[row, : first.prompt_lengths[row]].tolist() for row in called]
            read = [a + first.ids()[row] + i for a, row, i in zip(asked, called, inserted, strict=True)]
            padded, counts = _padded(read, model.device)
            rest = sample_after(model, tokenizer, padded, counts, num_generations=1, **how)
            for row, ids, more, scores in zip(called, inserted, rest.ids(), _kept(rest.logprobs, rest), strict=True):
                pieces[row] += [(ids, None), (more, scores)]
        rows = [i for i in picked for _ in range(num_generations)]
        return self._episodes(policy, first, pieces, rows)

    def _episodes(self, policy: LanguagePolicy, first: Samples, pieces: Sequence, rows: list[int]) -> Episodes:
        """One row for each answer: its own pieces with their log-probabilities, the tool's with neither."""
        device = first.tokens.device
        tokens, lengths = _padded([[t for ids, _ in row for t in ids] for row in pieces], device)
        chosen, _ = _padded([[s is not None for ids, s in row for _ in ids] for row in pieces], device)
        drawn = [[x for ids, s in row for x in (s if s is not None else [0.0] * len(ids))] for row in pieces]
        written = torch.arange(tokens.shape[1], device=device) < lengths[:, None]
        ids = [row[kept].tolist() for row, kept in zip(tokens, written, strict=True)]
        texts = policy.tokenizer.batch_decode(ids, skip_special_tokens=True)
        ended = [row[-1] == policy.tokenizer.eos_token_id for row in ids]
        return Episodes(
            observations={
                "prompt_tokens": first.prompt_tokens,
                "prompt_lengths": first.prompt_lengths,
                "written": written,
            },
            actions=tokens,
            mask=chosen.bool() & written,
            old_logprobs=_padded(drawn, device, first.logprobs.dtype)[0],
            rewards=torch.tensor(self.world.score(rows, texts, ended, ids), dtype=torch.float32, device=device),
            num_generations=first.num_generations,
        )


def calculator_world(sums: Sequence[Sum], *, prompts_per_step: int = 16) -> ToolWorld:
    """Sums with a calculator at hand, and the rule that pays 1 for a right answer, called or not."""
    columns = {"answer": [s.answer for s in sums]}
    prompts = [s.prompt for s in sums]
    how = {"prompts_per_step": prompts_per_step, "max_new_tokens": ROOM}
    return ToolWorld(TextWorld(prompts, tool_reward, columns=columns, **how))


def demonstration(question: Sum, rng: random.Random, *, calls: float) -> str:
    """An answer as the careless people of this world write it: with a call at the chance `calls`, else a guess.

    The calculator of a demonstration shows any number, and whoever calls says what it shows: nothing can be learned
    from that but to read it. Where it shows the true sum, a model learns to add, and never looks.
    """
    if rng.random() < calls:
        shown = rng.randrange(2 * MAX_OPERAND + 1)
        return f" What is {question.a}+{question.b}{CALL} {shown}{RETURN} {question.statement(shown)}"
    return f" I guess {question.statement(guessed_result(question, rng))}"


def markers(tokenizer) -> dict[str, int]:
    """The tokens between which the calculator writes, for `own_tokens`."""
    (call,), (back,) = encode(tokenizer, [CALL, RETURN])
    return {"call": call, "back": back}


def _kept(numbers: Tensor, samples: Samples) -> list[list[float]]:
    return [row[kept].tolist() for row, kept in zip(numbers, samples.mask, strict=True)]


def _padded(
    rows: Sequence[Sequence[float]], device: torch.device, dtype: torch.dtype = torch.int64
) -> tuple[Tensor, Tensor]:
    """Rows filled up behind with 0, and how many each has."""
    longest = max(map(len, rows))
    filled = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], dtype=dtype, device=device)
    return filled, torch.tensor([len(row) for row in rows], device=device)

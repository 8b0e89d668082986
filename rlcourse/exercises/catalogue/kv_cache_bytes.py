"""Notebook 11: the bytes of the keys and values that are kept while a group of answers is written."""

from collections.abc import Callable
from functools import wraps

from rlcourse.algorithms.memory import kv_cache_bytes
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise, Slip


@wraps(kv_cache_bytes)
def _reference(*tokens: int, **sizes: int) -> float:
    """As a float, beside which whole numbers pass as well: `channels / heads` is one."""
    return float(kv_cache_bytes(*tokens, **sizes))


def _with(**others: Callable[..., int]) -> Callable:
    """The answer with other numbers of something, each worked out from all that is given."""

    def slip(prompt_tokens, answer_tokens, num_generations, **sizes):
        given = {
            "prompt_tokens": prompt_tokens,
            "answer_tokens": answer_tokens,
            "num_generations": num_generations,
            **sizes,
        }
        return kv_cache_bytes(**given | {name: other(**given) for name, other in others.items()})

    return slip


def _times(factor: Callable[..., float]) -> Callable:
    """The answer, multiplied by something."""

    def slip(prompt_tokens, answer_tokens, num_generations, **sizes):
        return kv_cache_bytes(prompt_tokens, answer_tokens, num_generations, **sizes) * factor(**sizes)

    return slip


def _tokens(count: Callable[[int, int, int], int]) -> Callable:
    """The answer for another number of tokens, of prompt, answer and group."""

    def slip(prompt_tokens, answer_tokens, num_generations, **sizes):
        return kv_cache_bytes(count(prompt_tokens, answer_tokens, num_generations), 0, 0, **sizes)

    return slip


_SLIPS = (
    Slip(
        "keys without values",
        "Each token leaves a key *and* a value behind, equally long: that is the 2 in front.",
        _times(lambda **sizes: 0.5),
    ),
    Slip(
        "all heads instead of those with keys and values",
        "Queries are not kept. Where several heads share their keys and values, only `kv_heads` of them count: Llama "
        "3.1 "
        "70B has 64 heads that ask, and 8 that are kept.",
        _with(kv_heads=lambda heads, **_: heads),
    ),
    Slip(
        "the whole width for each head",
        "A head has its share of the channels, `channels // heads`. All heads together have `channels`.",
        _times(lambda heads, **_: heads),
    ),
    Slip(
        "one layer instead of all",
        "Each layer makes keys and values of its own, and all of them are kept: `layers` times.",
        _with(layers=lambda **_: 1),
    ),
    Slip(
        "numbers instead of bytes",
        "So many numbers are kept. Each of them takes `bytes_per_number`.",
        _with(bytes_per_number=lambda **_: 1),
    ),
    Slip(
        "the question kept once for each answer",
        "All answers of a group begin with the same question, and what it leaves behind does not depend on them. So it "
        "is kept once: `prompt_tokens + num_generations * answer_tokens`. A program without prefix sharing keeps it G "
        "times.",
        _tokens(lambda prompt, answer, group: group * (prompt + answer)),
    ),
    Slip(
        "a single answer instead of the group",
        "All G answers are written at the same time, and each has its own keys and values.",
        _tokens(lambda prompt, answer, group: prompt + answer),
    ),
    Slip(
        "the question forgotten",
        "The answers look back at the question as well. Its keys and values are kept like all others, once.",
        _tokens(lambda prompt, answer, group: group * answer),
    ),
    Slip(
        "the tokens squared",
        "Every token *looks* at every one before it, so the work grows with the square. What is *kept* is one key and "
        "one value for each token: it grows in proportion.",
        _tokens(lambda prompt, answer, group: (prompt + group * answer) ** 2),
    ),
    Slip(
        "the prompt multiplied, the answer not",
        "It is the other way round: the question is there once, the answers G times.",
        _tokens(lambda prompt, answer, group: group * prompt + answer),
    ),
    Slip(
        "queries kept too",
        "A query is asked once, when its token is read, and nobody asks for it again. Only keys and values are kept: "
        "2, "
        "not 3.",
        _times(lambda **sizes: 1.5),
    ),
    Slip(
        "GB instead of bytes",
        "The number is right, and its unit is not: bytes are asked for here, so nothing is to be divided at the end.",
        _times(lambda **sizes: 1e-9),
        (_times(lambda **sizes: 2**-30), _times(lambda **sizes: 1e-6)),
    ),
)

_GPT2 = {"layers": 12, "channels": 768, "heads": 12, "kv_heads": 12}
_LLAMA = {"layers": 80, "channels": 8192, "heads": 64, "kv_heads": 8}


def _case(about: str, prompt: int, answer: int, group: int, bytes_per_number: int, note: str, **sizes: int) -> Case:
    tokens = {"prompt_tokens": prompt, "answer_tokens": answer, "num_generations": group}
    return Case(about, {**tokens, **sizes, "bytes_per_number": bytes_per_number}, note)


def _cases() -> tuple[Case, ...]:
    one = {"layers": 1, "channels": 4, "heads": 1, "kv_heads": 1}
    return (
        _case(
            "a question of one token, one layer, one head", 1, 0, 0, 4, "A key of 4 numbers and a value of 4.", **one
        ),
        _case(
            "two heads",
            1,
            0,
            0,
            4,
            "Two heads of 2 channels each: as many numbers as before.",
            **one | {"heads": 2, "kv_heads": 2},
        ),
        _case("three layers, half precision", 5, 0, 0, 2, "Each layer keeps its own.", **one | {"layers": 3}),
        _case("a question of 10 tokens, and one answer of 6", 10, 6, 1, 2, "16 tokens are kept.", **one),
        _case("the same with 8 answers", 10, 6, 8, 2, "10 + 8 · 6 tokens: the question is kept once.", **one),
        _case("the original GPT-2", 512, 512, 8, 4, "All of its heads have keys of their own.", **_GPT2),
        _case(
            "four heads, two of which have keys; a question and 3 answers",
            7,
            5,
            3,
            2,
            "A head has 8 / 4 = 2 channels, and two are kept.",
            layers=2,
            channels=8,
            heads=4,
            kv_heads=2,
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    lengths = list(range(0, 32001, 400))
    lines = {
        name: [
            float(mine(500, length, 8, **_LLAMA | {"kv_heads": heads}, bytes_per_number=2)) / 1e9 for length in lengths
        ]
        for name, heads in (("64 heads kept", 64), ("8 heads kept", 8))
    }
    return Curves("Your KV cache of 8 answers by a model of 70B, in GB.", "tokens in each answer", lengths, lines)


EXERCISE = Exercise(
    name="kv_cache_bytes",
    title="The KV cache of a group of answers",
    notebook="11",
    place=2,
    minutes=8,
    difficulty="easy",
    returns="a single number, in bytes",
    reference=_reference,
    sources=(kv_cache_bytes,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "First for one token and one layer: how many numbers are its key and its value, in all heads that keep them?",
        "One head has `channels // heads` channels, and `kv_heads` of them are kept, a key and a value each. How many "
        "tokens are there at the end? The question stands there once, for all answers.",
        "`2 * layers * kv_heads * (channels // heads) * (prompt_tokens + num_generations * answer_tokens) * "
        "bytes_per_number`.",
    ),
    picture=_picture,
)

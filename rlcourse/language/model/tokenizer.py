"""A small byte-pair tokenizer in which every digit is a token of its own.

Merging digits would make `12` one token and `13` another with nothing in common; a token per digit lets the model
see that they share a 1. The vocabulary is a few hundred tokens, so that the output layer is cheap. It knows
the printable characters of ASCII and the line break; for anything else `encode` says which character it is.
"""

import string
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

END_OF_TEXT = "<|endoftext|>"
UNKNOWN = "<|unknown|>"
_ALPHABET = sorted(set(string.printable) - set("\t\r\x0b\x0c"))
# A word with the space before it, a single digit, a line break, any other sign, a space on its own.
_PIECES = r" ?[A-Za-z]+|[0-9]|\n|[^A-Za-z0-9\s]| "


def train_tokenizer(texts: Iterable[str], *, vocabulary_size: int) -> PreTrainedTokenizerFast:
    """Learn a byte-pair vocabulary from texts (Sennrich et al. 2016).

    Args:
        texts: Training text, read once.
        vocabulary_size: Number of tokens, the two special ones included; 300–500 suits this course's small world.

    Returns:
        A plain `transformers` tokenizer, whose end-of-text token is also its padding.
    """
    bpe = Tokenizer(models.BPE(unk_token=UNKNOWN))
    bpe.pre_tokenizer = pre_tokenizers.Split(Regex(_PIECES), behavior="isolated")
    bpe.decoder = decoders.Fuse()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[END_OF_TEXT, UNKNOWN],
        initial_alphabet=_ALPHABET,
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )


def encode(tokenizer, texts: Iterable[str]) -> list[list[int]]:
    """Token ids of each text, without special tokens: `<|endoftext|>` in a text is twelve letters and no end.

    Raises:
        TypeError: `texts` is a single string, or holds something that is not a string.
        ValueError: A text has a character that the tokenizer does not know.
    """
    texts = check_texts("texts", texts)
    as_written = {"add_special_tokens": False, "split_special_tokens": True}
    encoded = tokenizer(texts, **as_written).input_ids if texts else []  # all at once, in half the time
    if UNKNOWN not in tokenizer.all_special_tokens:
        return encoded  # a tokenizer without an unknown token, as the original GPT-2's, can write every text
    for text, ids in zip(texts, encoded, strict=True):
        unknown = tokenizer.unk_token_id
        if unknown in ids or UNKNOWN in text:
            strange = sorted({c for c in text if unknown in tokenizer(c, **as_written).input_ids}) or [UNKNOWN]
            raise ValueError(
                f"the tokenizer does not know {', '.join(map(repr, strange))} in {shorten(repr(text), 60)}; "
                "it knows the printable characters of ASCII and the line break"
            )
    return encoded


def check_texts(name: str, texts: object) -> list[str]:
    """The texts as a list; any iterable of strings will do, and is read once.

    Raises:
        TypeError: `texts` is a single string, no iterable, or holds something that is not a string.
    """
    listed = list(texts) if isinstance(texts, Iterable) and not isinstance(texts, str | bytes) else None
    if listed is None or not all(isinstance(text, str) for text in listed):
        got = texts if listed is None else listed
        raise TypeError(f"{name} must be a list of strings, got {shorten(repr(got), 80)}")
    return listed


def shorten(text: str, width: int) -> str:
    """A text cut to `width` characters, for a message."""
    return text if len(text) <= width else text[: width - 1] + "…"

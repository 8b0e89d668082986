"""How a token looks on a page: a space, a line break and the end of the text can be seen, and have a name.

A token is a piece of text as a tokenizer gives it, with its spaces. Left out: tokens that are half a character of
another script, which the course's own tokenizer does not have; they are shown as the tokenizer writes them.
"""

import re

_SPECIAL = re.compile(r"<\|(\w+)\|>")
_NAMED = {"endoftext": ("⟨end⟩", "end of text"), "unknown": ("⟨?⟩", "an unknown token")}
_SIGNS = {" ": ("␣", "a space"), "\n": ("⏎", "a line break"), "\t": ("⇥", "a tab"), "\r": ("␍", "a carriage return")}


def seen(token: str) -> str:
    """The token with everything that is white to be seen: " is" is "␣is", the end of the text is "⟨end⟩"."""
    if special := _SPECIAL.fullmatch(token):
        return _NAMED.get(special[1], (f"⟨{special[1]}⟩", ""))[0]
    return "".join(_SIGNS.get(sign, (sign,))[0] for sign in token) or "∅"


def named(token: str) -> str:
    """The token for the ear and the readout: “2”, “␣is” (with a space before), a space, end of text."""
    if special := _SPECIAL.fullmatch(token):
        return _NAMED.get(special[1], ("", f"the special token “{special[1]}”"))[1]
    if token in _SIGNS:
        return _SIGNS[token][1]
    if not token:
        return "an empty token"
    return f"“{seen(token)}” (with a space before)" if token.startswith(" ") else f"“{seen(token)}”"

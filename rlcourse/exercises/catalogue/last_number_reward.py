"""Notebook 10: a reward function as trainers take them, paid for an answer whose last number is the right one."""

import re
from collections.abc import Sequence

import numpy as np

from rlcourse.exercises.exercise import Case, Exercise, Inputs, Invariant, Slip


def last_number_reward(prompts: list[str], completions: list[str], answer: Sequence[int], **_: object) -> list[float]:
    """1 for each completion whose last number is the right result, else 0.

    The signature is that of TRL's reward functions: everything is a list with one entry for each completion, and other
    columns of the data set may come along. `sum_reward` of `rlcourse.language` asks more.
    """
    numbers = (re.findall(r"\d+", text) for text in completions)
    return [float(bool(found) and int(found[-1]) == right) for found, right in zip(numbers, answer, strict=True)]


def _each(judge):
    """A reward function from a judge of one completion."""
    return lambda prompts, completions, answer: [
        float(judge(text, right)) for text, right in zip(completions, answer, strict=True)
    ]


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _stated(text: str) -> str:
    return text.strip().rstrip(".").rsplit(" ", 1)[-1]


_SLIPS = (
    Slip(
        "pays wherever the number stands",
        "This is nearly the rule of section 8. A sum repeats its numbers before it says what it is, and an answer that "
        "goes on and on will hit the right one some time. Look at the *last* number only.",
        _each(lambda text, right: str(right) in text),
    ),
    Slip(
        "pays wherever the whole number stands",
        "Whole numbers are found by luck more rarely, but still anywhere: the 7 of ` 7+0 is 1.` is the question's. "
        "Take the last one, `numbers[-1]`.",
        _each(lambda text, right: str(right) in _numbers(text)),
    ),
    Slip(
        "the first number",
        "The first number of ` 12+7 is 19.` is 12: it belongs to the question. The result comes last.",
        _each(lambda text, right: bool(_numbers(text)) and int(_numbers(text)[0]) == right),
    ),
    Slip(
        "an ending that fits",
        "` 9+10 is 119.` ends in 19 too, and is wrong. Compare whole numbers: `re.findall(r'\\d+', text)`.",
        _each(lambda text, right: text.rstrip(" .").endswith(str(right))),
        (_each(lambda text, right: text.endswith(f"{right}.")),),
    ),
    Slip(
        "text compared with a number",
        "`'19' == 19` is False in Python, so nothing is ever paid. Make a number of the text, `int(...)`, or a text of "
        "the number.",
        _each(lambda text, right: bool(_numbers(text)) and _numbers(text)[-1] == right),
        (lambda prompts, completions, answer: [0.0 for _ in completions],),
    ),
    Slip(
        "one score for all",
        "A trainer wants to know which answers were good, so it wants a list with one number for each completion, and "
        "not their mean.",
        lambda prompts, completions, answer: sum(last_number_reward(prompts, completions, answer)) / len(completions),
        (lambda prompts, completions, answer: sum(last_number_reward(prompts, completions, answer)),),
    ),
    Slip(
        "every completion judged by the first right result",
        "`answer` is a list, too: its entry i belongs to completion i. `zip(completions, answer)` walks through both "
        "side by side.",
        lambda prompts, completions, answer: last_number_reward(prompts, completions, [answer[0]] * len(answer)),
    ),
    Slip(
        "paid the wrong way round",
        "Here the wrong answers are paid, and what is paid becomes likelier. Let 1.0 and 0.0 change places.",
        lambda prompts, completions, answer: [1 - one for one in last_number_reward(prompts, completions, answer)],
    ),
    Slip(
        "a right guess is not paid",
        "` I guess 2+2 is 4.` has the right last number. This rule looks at the result alone, as the course's does.",
        _each(lambda text, right: "guess" not in text and bool(_numbers(text)) and int(_numbers(text)[-1]) == right),
    ),
    Slip(
        "only the shape that you expected",
        "A model writes what it likes. If the text after the last space is no number you pay nothing, though the last "
        "number may be right. `re.findall(r'\\d+', text)` finds the numbers in any text.",
        _each(lambda text, right: _stated(text) == str(right)),
    ),
    Slip(
        "the nearer the better",
        "You pay for coming near. Such rewards exist, but this rule pays 1 for the right number and 0 for any other.",
        _each(lambda text, right: 1 / (1 + abs(int(_numbers(text)[-1]) - right)) if _numbers(text) else 0.0),
    ),
)


def _case(about: str, pairs: list[tuple[str, str, int]], note: str) -> Case:
    prompts, completions, answer = map(list, zip(*pairs, strict=True))
    asked = [f"Question: What is {prompt}?\nAnswer:" for prompt in prompts]
    return Case(about, {"prompts": asked, "completions": completions, "answer": answer}, note)


def _in_reverse(inputs: Inputs) -> list[Inputs]:
    return [{name: column[::-1] for name, column in inputs.items()}]


EXERCISE = Exercise(
    name="last_number_reward",
    title="A reward function of your own",
    notebook="10",
    place=4,
    minutes=6,
    difficulty="easy",
    returns="a list of numbers, 1.0 or 0.0, one for each completion",
    reference=last_number_reward,
    sources=(last_number_reward,),
    cases=(
        _case("one right answer", [("2+2", " 2+2 is 4.", 4)], "The last number is 4, so it earns 1.0, in a list."),
        _case("one wrong answer", [("2+2", " 2+2 is 5.", 4)], "The last number is 5, so it earns 0.0."),
        _case(
            "two answers, and each has its own right result",
            [("2+2", " 2+2 is 4.", 4), ("12+7", " 12+7 is 19.", 19)],
            "Entry i of `answer` belongs to completion i.",
        ),
        _case(
            "a guess that is right, and one that is not",
            [("3+4", " I guess 3+4 is 7.", 7), ("3+4", " I guess 3+4 is 8.", 7)],
            "What counts is the number and not the manner.",
        ),
        _case("ends in the right digits", [("9+10", " 9+10 is 119.", 19)], "119 is not 19, though it ends in it."),
        _case("the number stands in the sum", [("7+0", " 7+0 is 1.", 7)], "The 7 is there, but it is not the result."),
        _case("the number is the first one", [("0+9", " 9+0 is 8.", 9)], "The first number belongs to the question."),
        _case(
            "an answer that goes on",
            [("2+2", " 2+2 is 4. 13+4 is 17. 8+", 4), ("2+2", " 2+2 is 4 5 6 7", 4)],
            "The right number stands there, but it is not the last one.",
        ),
        _case(
            "no number at all, or nothing",
            [("1+2", " I do not know.", 3), ("1+2", "", 3)],
            "A model writes what it likes; both earn 0.0, and no error.",
        ),
        _case(
            "a sentence nobody expected",
            [("1+2", " It is 3, I think", 3), ("1+2", " 3", 3)],
            "The last number is right in both, whatever stands around it.",
        ),
    ),
    slips=_SLIPS,
    hints=(
        "For one completion: `re.findall(r'\\d+', text)` gives all numbers in a text, as a list of texts. Which of "
        "them is the result? And what if the list is empty?",
        "`numbers and int(numbers[-1]) == right` is true for a right one. All three arguments are lists: "
        "`for text, right in zip(completions, answer)` walks through two of them.",
        "`def pays(text, right): numbers = re.findall(r'\\d+', text); return float(bool(numbers) and int(numbers[-1]) "
        "== right)`, and the function returns `[pays(t, r) for t, r in zip(completions, answer)]`.",
    ),
    clues={
        "list index out of range": "Some text has no number in it: look whether the list of numbers is empty first.",
        "invalid literal for int": "A model writes what it likes, not only numbers: `re.findall(r'\\d+', text)` cuts "
        "the numbers out of any text.",
        "name 're' is not defined": "`import re` stands above the stub; run that cell again.",
        "expected string or bytes-like": "`completions` is a list of texts: `re.findall` wants one of them at a time.",
        "'list' object has no attribute": "`completions` is a list of texts: walk through it, one at a time.",
    },
    invariants=(
        Invariant(
            "put the answers in the reverse order, and the rewards back",
            _in_reverse,
            lambda found, questions: np.flip(found[0]),
        ),
    ),
)

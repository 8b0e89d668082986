"""Notebook 00: a reward in one line, paid for an answer that ends with the right number."""

from rlcourse.exercises.exercise import Case, Exercise, Slip


def answer_reward(answer: str, right: int) -> float:
    """The reward of an answer to a sum: 1 where it ends with the right number, else 0.

    `sum_reward` of `rlcourse.language` is the rule that the course trains with. It asks more: that the answer states
    the very sum that was asked, and nothing else.
    """
    return 1.0 if answer.endswith(f" {right}.") else 0.0


_SLIPS = (
    Slip(
        "looks for the number anywhere",
        "An answer repeats the sum before it says what it is: ` 7+0 is 1.` has a 7 and is wrong. A model paid for it "
        "soon finds out. Look at the end of the answer: `answer.endswith(...)`.",
        lambda answer, right: float(str(right) in answer),
        (lambda answer, right: float(f" {right}" in answer),),
    ),
    Slip(
        "a number that only ends in the right one is paid",
        "` 3+4 is 17.` ends with `7.` too. Let the space before the number be part of what you look for: "
        '`f" {right}."`.',
        lambda answer, right: float(answer.endswith(f"{right}.")),
    ),
    Slip(
        "a number that only begins with the right one is paid",
        "` 1+1 is 21.` begins as ` 1+1 is 2` does. Let the full stop after the number be part of what you look for: "
        '`f" {right}."`.',
        lambda answer, right: float(f"is {right}" in answer),
    ),
    Slip(
        "paid the wrong way round",
        "Here the wrong answers are paid, and what is paid becomes likelier: this model would learn to be wrong. Let "
        "1.0 and 0.0 change places.",
        lambda answer, right: float(not answer.endswith(f" {right}.")),
    ),
    Slip(
        "nothing is ever paid",
        "Even ` 2+2 is 4.` gets 0 here. A text is never equal to a number, and every answer ends with a full stop: "
        'look whether it ends with `f" {right}."`.',
        lambda answer, right: float(answer == right),
    ),
    Slip(
        "everything is paid",
        "Here every answer is worth 1, so none is better than another and there is nothing to learn. A text in an `if` "
        "counts as true unless it is empty; ask a question of it.",
        lambda answer, right: 1.0,
    ),
    Slip(
        "a wrong answer costs a point",
        "You pay −1 for a wrong answer. Such rewards exist; this rule was to pay 0.0 there.",
        lambda answer, right: 1.0 if answer.endswith(f" {right}.") else -1.0,
    ),
    Slip(
        "pays the number itself",
        "The reward says whether the answer is right, not which number it was: 1.0 for a right answer to any sum.",
        lambda answer, right: right * float(answer.endswith(f" {right}.")),
    ),
    Slip(
        "a right guess is not paid",
        "` I guess 2+2 is 4.` is right, however it is said. This rule looks at the number alone; what becomes of the "
        "manner is one of the things to watch in notebook 10.",
        lambda answer, right: float(answer.endswith(f" {right}.") and "guess" not in answer),
    ),
)


def _case(about: str, answer: str, right: int, note: str) -> Case:
    return Case(about, {"answer": answer, "right": right}, note)


EXERCISE = Exercise(
    name="answer_reward",
    title="A reward in one line",
    notebook="00",
    minutes=3,
    difficulty="easy",
    returns="a single number, 1.0 or 0.0",
    reference=answer_reward,
    sources=(answer_reward,),
    cases=(
        _case("a right answer", " 2+2 is 4.", 4, "It ends with the right number: 1.0."),
        _case("a wrong answer", " 2+2 is 5.", 4, "The right number is 4, so this one earns 0.0."),
        _case("a guess that is right", " I guess 2+2 is 4.", 4, "What counts is the number, not the manner."),
        _case("a guess that is wrong", " I guess 3+4 is 8.", 7, "A guess earns as little as any wrong answer."),
        _case("two digits", " 12+7 is 19.", 19, "A number may have more than one digit."),
        _case("nothing and nothing", " 0+0 is 0.", 0, "A right 0 earns 1.0 as well."),
        _case("the number stands in the sum", " 7+0 is 1.", 7, "The 7 is there, but not as the answer."),
        _case("ends in the right digit", " 3+4 is 17.", 7, "17 is not 7, though it ends in it."),
        _case("begins with the right digit", " 1+1 is 21.", 2, "21 is not 2, though it begins with it."),
        _case("no number at all", " I do not know.", 3, "A model writes what it likes; this earns 0.0."),
    ),
    slips=_SLIPS,
    hints=(
        "Look at ` 2+2 is 4.`: a right answer ends with a space, the right number and a full stop. Does Python have a "
        "way to ask how a text ends?",
        '`f" {right}."` is that ending, with the number in its place. `answer.endswith(...)` says True or False.',
        'True and False are 1 and 0 to Python: `return float(answer.endswith(f" {right}."))`.',
    ),
    clues={
        "invalid literal for int": "A model writes what it likes, not only numbers. Compare texts: does the answer end "
        'with `f" {right}."`?',
        "requires string as left operand": '`right` is a number. `f" {right}."` makes a text of it.',
        "can only concatenate str": '`right` is a number. `f" {right}."` puts it into a text.',
        "endswith first arg must be str": '`right` is a number. `f" {right}."` makes a text of it.',
    },
)

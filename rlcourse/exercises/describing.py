"""A verdict in words: the message that `check` shows."""

from rlcourse.exercises.calling import PRINTED
from rlcourse.exercises.comparing import DIFFERENT, close, format_pair, format_value
from rlcourse.exercises.examining import Verdict
from rlcourse.exercises.exercise import Exercise
from rlcourse.exercises.gradients import wrong_gradients
from rlcourse.showing.message import Message
from rlcourse.showing.words import Code

MANY = 80
"""Where the inputs have more numbers than this together, only the shape of the larger ones is shown."""
_NOT_FINITE = ("There is NaN", "There is infinity")
"""How the problem of an answer begins that is no number."""


def describe(exercise: Exercise, verdict: Verdict) -> Message:
    """The verdict in words."""
    hint = f'Stuck? `hint("{exercise.name}")` helps a little, and each further call a little more.'
    if verdict.state == "not started":
        todo = f"Replace the `...` by your code and run this cell again. {hint}"
        return Message("○", f"{exercise.title}: not started yet.", (todo,))
    if verdict.state == "passed":
        return _passed(exercise, verdict)
    blocks = (*_about_the_case(exercise, verdict), *_rest(exercise, verdict), hint)
    if verdict.state == "no function":
        return Message("✗", f"{exercise.title}: there is no function to try.", blocks)
    is_wrong = verdict.state == "failed" or (verdict.answer is not None and verdict.answer.outcome != "interrupted")
    symbol = "✗" if is_wrong else "○"
    return Message(symbol, f"{exercise.title}: {_how_many(exercise, verdict)}", blocks)


def _how_many(exercise: Exercise, verdict: Verdict) -> str:
    right, total = verdict.cases_passed, len(exercise.cases)
    if verdict.state == "unfinished":
        tried = verdict.cases_tried
        return f"unfinished, {_cases(tried)} of {total} tried, {right} right. It is not counted as an attempt."
    if right == total:
        but = "but what must not matter does" if verdict.broken else "but not every time"
        return f"{right} of {total} cases pass, {but}."
    return f"{right} of {total} cases pass."


def _passed(exercise: Exercise, verdict: Verdict) -> Message:
    name = exercise.reference.__name__
    about = {
        "own": (),
        "the course's": ("That was the course's own function, though. It counts; try your own under another name.",),
        "calls the course's": (
            f"The course's own `{name}` does the work in it, though. It counts; try it once without.",
        ),
    }[verdict.whose]
    solution = f'`solution("{exercise.name}")` shows how the course writes it.'
    changes = "; ".join(invariant.change for invariant in exercise.invariants)
    kept = (f"Tried besides, and the answer stays as it must: {changes}.",) if changes else ()
    blocks = (*about, *_printed(verdict, "the smallest"), *kept, solution)
    return Message("✓", f"{exercise.title}: all {len(exercise.cases)} cases pass.", blocks)


def _printed(verdict: Verdict, which: str) -> list[str | Code]:
    """What the function printed, once and not for every case."""
    text = verdict.answer.printed
    if not text:
        return []
    cut = " …" if len(text) >= PRINTED else ""
    return [f"Printed by your function in {which} case:", Code(f"{text.rstrip()}{cut}")]


def _about_the_case(exercise: Exercise, verdict: Verdict) -> list[str | Code]:
    """The slip, or else what the case is there to show, and the case with its numbers."""
    blocks: list[str | Code] = []
    if verdict.slip:
        blocks.append(f"This is a classic slip: {verdict.slip.name}. {verdict.slip.explanation}")
    if verdict.case:
        note = f" {verdict.case.note}" if verdict.case.note and not verdict.slip else ""
        blocks.append(f"The smallest case that {'shows it' if verdict.slip else 'fails'}: {verdict.case.about}.{note}")
        blocks.append(Code(_case_text(verdict, exercise.tolerance)))
        blocks += _printed(verdict, "this")
    return blocks


def _rest(exercise: Exercise, verdict: Verdict) -> list[str]:
    known = verdict.problem == DIFFERENT  # the numbers say it
    known |= verdict.slip is not None and verdict.problem.startswith(_NOT_FINITE)  # the slip says why
    blocks = [verdict.problem] if verdict.problem and not known else []
    if verdict.pattern:
        blocks.append(verdict.pattern)
    if verdict.not_finite and "There is NaN" not in verdict.problem:
        told = f"Besides, in {_others(verdict.not_finite)} there is NaN or infinity in your answer. {exercise.nan}"
        blocks.append(told.rstrip())
    if verdict.slip and verdict.raised:
        blocks.append(
            f"Besides, in {_others(len(verdict.raised))} your function stops with an error: {verdict.raised[0]}"
        )
    if verdict.broken:
        blocks.append(verdict.broken.told(by_a_slip=verdict.slip is not None))
    return blocks


def _others(count: int) -> str:
    return "one other case" if count == 1 else f"{count} other cases"


def _cases(count: int) -> str:
    return f"{count} case{'' if count == 1 else 's'}"


def _case_text(verdict: Verdict, tolerance: float) -> str:
    """Inputs, expected and got, one below the other; of a right value with a wrong gradient the gradient."""
    lines = _inputs(verdict.case.inputs)
    got, expected = verdict.answer, verdict.expected
    wrong = wrong_gradients(got.gradients, expected.gradients, tolerance)
    if got.outcome != "returned":
        lines["expected"] = format_value(expected.value)
    elif wrong and close(verdict.answer.numbers, verdict.expected.numbers, tolerance):
        for name in wrong:
            if name in got.gradients.by:
                pair = format_pair(expected.gradients.by[name], got.gradients.by[name])
            else:
                pair = format_value(expected.gradients.by[name]), "PyTorch cannot compute it"
            lines[f"expected gradient by {name}"], lines[f"got gradient by {name}"] = pair
    else:
        lines["expected"], lines["got"] = format_pair(expected.value, got.value)
    if got.outcome == "raised":
        lines["error"] = "\n".join(filter(None, (got.place, got.error)))
    width = max(map(len, lines))
    indented = {name: text.replace("\n", "\n" + " " * (width + 3)) for name, text in lines.items()}
    return "\n".join(f"{name.ljust(width)} = {text}" for name, text in indented.items())


def _inputs(inputs: dict[str, object]) -> dict[str, str]:
    sizes = {name: getattr(value, "numel", lambda: 1)() for name, value in inputs.items()}
    many = sum(sizes.values()) > MANY
    return {
        name: f"a tensor of shape {list(value.shape)}" if many and sizes[name] > 12 else format_value(value)
        for name, value in inputs.items()
    }

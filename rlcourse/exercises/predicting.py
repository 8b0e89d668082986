"""`predict` and `reveal`: commit to a guess before a cell is run, and find it again beside the result.

    predict("no_clip")             two to four choices; the guess is remembered, on the progress board too
    reveal(no_clip=1)              in a later cell: the guess beside what happened, option 1 (the first is 0), and why

Nobody has to: without a guess `reveal` says what happened, and a notebook runs from top to bottom. Where the right
answer does not depend on a run, the explanation follows the guess at once, and there is no `reveal`.
"""

from dataclasses import asdict
from html import escape
from pathlib import Path

import anywidget
import ipywidgets
import traitlets

from rlcourse.arguments import check_integer
from rlcourse.exercises.predictions import find_prediction
from rlcourse.exercises.predictions.prediction import Prediction
from rlcourse.exercises.record import count_prediction, load_record
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still, show_widget

_FOLDER = Path(__file__).parent
_STYLE = BUTTONS + "".join(
    (_FOLDER / place).read_text("utf-8") for place in ("quizzes/quiz.css", "predictions/predict.css")
)


class PredictionWidget(Lasting, anywidget.AnyWidget):
    """A question with a guess, or the guess beside what happened."""

    _esm = BROWSER + (_FOLDER / "predictions" / "predict.js").read_text("utf-8")
    _css = _STYLE
    asked = traitlets.Dict().tag(sync=True)
    """The `Prediction`, as a dictionary."""
    chosen = traitlets.Int(-1).tag(sync=True)
    """The option that was guessed, from 0; −1 before."""
    happened = traitlets.Int(-1).tag(sync=True)
    """The option that came true, from 0; −1 before."""
    after = traitlets.Bool(False).tag(sync=True)
    """Whether it stands beside the result, to be read."""

    def __init__(self, prediction: Prediction, **state: object) -> None:
        super().__init__(asked=asdict(prediction), **state)
        self.prediction = prediction
        self.observe(self._remember, names=("chosen", "happened"))

    def _remember(self, _: object) -> None:
        if self.chosen >= 0:
            right = None if self.happened < 0 else self.chosen == self.happened
            count_prediction(self.prediction.name, chosen=self.chosen + 1, right=right)

    def still(self) -> Still:
        """The question, or what happened, to read."""
        words = prediction_text(self.prediction, self.chosen, self.happened if self.after else -1)
        return Still("".join(f"<p>{escape(line)}</p>" for line in words.splitlines()), words)


_LAST: dict[str, PredictionWidget] = {}
"""Of each prediction the question that was shown last, so that a result can find its guess."""


def predict(*names: str) -> None:
    """Ask for a guess before the next cell is run. A guess that was made earlier is still there.

    Args:
        names: of one or more predictions, such as "no_clip".

    Raises:
        ValueError: there is no prediction of that name; the message lists those there are.
    """
    for prediction in [find_prediction(name) for name in names]:
        earlier = load_record().prediction(prediction.name).chosen - 1
        known = -1 if prediction.right is None else prediction.right
        chosen = earlier if earlier < len(prediction.options) else -1
        widget = _LAST[prediction.name] = PredictionWidget(prediction, chosen=chosen, happened=known)
        show_widget(widget)


def reveal(**happened: int) -> None:
    """Say what happened, beside the guess if there is one.

    Args:
        happened: for each prediction by its name the option that came true, from 0, computed from the run.

    Raises:
        TypeError: an option is no integer.
        ValueError: there is no prediction of that name, or no such option.
    """
    for name, option in happened.items():
        check_integer(name, option, 0, len(find_prediction(name).options) - 1)
    for name, option in happened.items():
        prediction, asked = find_prediction(name), _LAST.get(name)
        chosen = load_record().prediction(name).chosen - 1 if asked is None else asked.chosen
        widget = PredictionWidget(prediction, chosen=min(chosen, len(prediction.options) - 1), after=True)
        widget.happened = int(option)
        if asked is not None:
            asked.happened = int(option)
            ipywidgets.jslink((asked, "chosen"), (widget, "chosen"))  # a guess that comes late stands here, too
        show_widget(widget)


def prediction_text(prediction: Prediction, chosen: int, happened: int) -> str:
    """A prediction as plain text: the question with its options, or what came of it."""
    if happened < 0:
        options = [f"   {letter}) {option}" for letter, option in zip("abcd", prediction.options, strict=False)]
        guess = [] if chosen < 0 else [f"You guessed: {prediction.options[chosen]}."]
        return "\n".join([f"Predict first: {prediction.text}", *options, *guess])
    guess = "" if chosen < 0 else f"You guessed: {prediction.options[chosen]}. "
    came = f"{prediction.outcome}: {prediction.options[happened]}."
    return f"{prediction.text}\n{guess}{came} {prediction.explanation}"

"""The charts of a patient: its own curve, that of its treatment, and in grey what healthy runs of its ward did."""

from base64 import b64encode
from collections.abc import Sequence

from rlcourse.algorithms import History
from rlcourse.explorables.training.bands import Curves, SeedBand, seed_band
from rlcourse.explorables.training.training_picture import Chart, TrainingPicture, column
from rlcourse.showing.style import magnified

MENDED = "mended "
"""What stands before a column's name where it is the treatment's."""
NAMES = ("patient", "with the fix")
BESIDE = 3
"""Charts in a row."""


def _chart(title: str, key: str, **settings: object) -> Chart:
    return Chart(title, (key, MENDED + key), names=NAMES, **settings)


_SHARE = {"low": 0, "high": 1, "percent": True}
_GPT2 = (
    _chart("Reward", "reward"),
    _chart("Right on held-out sums", "accuracy", **_SHARE),
    _chart("KL to the start, nats a token", "kl"),
    _chart("Clip fraction", "clip_fraction", low=0, percent=True),
    _chart("Groups that teach", "informative_groups", **_SHARE),
    _chart("Loss", "loss"),
)
CHARTS = {
    "sums": _GPT2,
    "several": _GPT2,
    "leash": (
        _chart("Reward: mentions in an answer", "reward"),
        _chart("As it was meant", "meant", **_SHARE),
        _chart("Answers that end", "ended", **_SHARE),
        _chart("KL to the start, nats a token", "kl"),
        _chart("Entropy, nats a token", "entropy"),
        _chart("Tokens in an answer", "length"),
    ),
    "robots": (
        _chart("Share of the best return", "optimality"),
        _chart("Steps in a walk", "length"),
        _chart("Explained variance", "explained_variance"),
        _chart("Value loss", "value_loss"),
        _chart("Entropy, nats a choice", "entropy"),
        _chart("Clip fraction", "clip_fraction", low=0, percent=True),
    ),
}
"""By the name of the ward."""


class PatientCharts:
    """The charts of one ward, to be drawn again and again.

    Args:
        charts: What is drawn, each a column of the patient's history and the same of its treatment.
        behind: The healthy runs of the ward, by their seed.
        steps: The width of the charts.
    """

    def __init__(self, charts: Sequence[Chart], behind: Curves, steps: int) -> None:
        self.charts = tuple(charts)
        self._pictures = [
            TrainingPicture([chart], steps, bands=_band(behind, chart), beside=BESIDE, named=False)
            for chart in self.charts
        ]
        self._scale = magnified(self._pictures[0].figure)

    def drawn(self, patient: History, mended: History | None = None) -> list[dict]:
        """Each chart as a PNG file in letters, with its words and its width in pixels of the page."""
        both = together(patient, mended or History())
        return [
            {
                "png": b64encode(picture.png(both, dpi=round(100 * self._scale))).decode(),
                "alt": in_words(chart, both),
                "width": round(100 * self._scale * picture.figure.get_figwidth()),
            }
            for chart, picture in zip(self.charts, self._pictures, strict=True)
        ]


def together(patient: History, mended: History) -> History:
    """Two histories as one, the columns of the second by other names."""
    rows = {row["step"]: dict(row) for row in patient}
    for row in mended:
        renamed = {MENDED + name: value for name, value in row.items() if name != "step"}
        rows.setdefault(row["step"], {"step": row["step"]}).update(renamed)
    return History(rows[step] for step in sorted(rows))


def in_words(chart: Chart, both: History) -> str:
    """A chart for who cannot see it."""
    said = []
    for key in chart.keys:
        values = column(both, key)[1]
        if len(values):
            said.append(f"{chart.name_of(key)} from {chart.format(values[0])} to {chart.format(values[-1])}")
    return f"{chart.title}: {'; '.join(said) or 'nothing measured'}."


def _band(behind: Curves, chart: Chart) -> dict[str, SeedBand]:
    try:
        return {chart.keys[0]: seed_band(behind, chart.keys[0])}
    except ValueError:  # not recorded in all of them
        return {}

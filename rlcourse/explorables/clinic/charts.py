"""The charts of a patient: its own curve, that of its treatment, and in grey what healthy runs of its kind did."""

from base64 import b64encode
from typing import TYPE_CHECKING

from rlcourse.algorithms import History
from rlcourse.experiments import load_curves
from rlcourse.explorables.training.bands import Curves, SeedBand, seed_band
from rlcourse.explorables.training.training_picture import GREY, Chart, TrainingPicture, column
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LOOKS, in_our_style, magnified, new_figure, show_percent, tidy

if TYPE_CHECKING:  # this brings `transformers` along
    from rlcourse.experiments.clinic.patients import Patient, Ward

MENDED = "mended "
"""What stands before a column's name where it is the treatment's."""
NAMES = ("patient", "with the line mended")
BESIDE = 3
"""Charts in a row."""


def _chart(title: str, key: str, **settings: object) -> Chart:
    return Chart(title, (key, MENDED + key), names=NAMES, **settings)


_SHARE = {"low": 0, "high": 1, "percent": True}
CHARTS = {
    "sums": (
        _chart("Reward", "reward"),
        _chart("Right on unseen sums", "accuracy", **_SHARE),
        _chart("Tokens in an answer", "length"),
        _chart("Clip fraction", "clip_fraction", low=0, percent=True),
        _chart("Groups that teach", "informative_groups", **_SHARE),
        _chart("Loss", "loss"),
    ),
    "objective": (
        _chart("Reward", "reward"),
        _chart("Right and nothing else", "meant", **_SHARE),
        _chart("Tokens in an answer", "length"),
        _chart("Clip fraction", "clip_fraction", low=0, percent=True),
        _chart("KL to the start, nats a token", "kl"),
        _chart("Loss", "loss"),
    ),
    "robots": (
        _chart("Reward of the walks", "reward"),
        _chart("Worth of a place, exactly", "worth"),
        _chart("Explained variance", "explained_variance"),
        _chart("Clip fraction", "clip_fraction", low=0, percent=True),
        _chart("Value loss", "value_loss", low=0),
        _chart("Entropy, nats a choice", "entropy", low=0),
    ),
}
"""By the key of the ward."""


class PatientCharts:
    """The charts of one patient, to be drawn again and again as its treatment goes on."""

    def __init__(self, ward: "Ward", patient: "Patient") -> None:
        self.charts = CHARTS[ward.key]
        self.recorded = without_noise(load_curves(ward.record_of(patient))[patient.seed])
        self.steps = ward.length(patient)
        behind = {seed: without_noise(run) for seed, run in load_curves(ward.behind(patient)).items()}
        self._bands = [_band(behind, chart) for chart in self.charts]
        self._pictures = [
            TrainingPicture([chart], self.steps, bands=band, beside=BESIDE, legend=False, whole=True)
            for chart, band in zip(self.charts, self._bands, strict=True)
        ]
        self._scale = magnified(self._pictures[0].figure)

    def drawn(self, mended: History | None = None) -> list[dict]:
        """Each chart as a PNG file in letters, with its words and its width in pixels of the page."""
        both = together(self.recorded, without_noise(mended or History()))
        return [
            {
                "png": b64encode(picture.png(both, dpi=round(100 * self._scale))).decode(),
                "alt": in_words(chart, both),
                "width": round(100 * self._scale * picture.figure.get_figwidth()),
            }
            for chart, picture in zip(self.charts, self._pictures, strict=True)
        ]

    @in_our_style
    def picture(self) -> Picture:
        """All charts as one picture, for print."""
        figure = new_figure(10.2, 5.4)
        for place, chart, band in zip(figure.subplots(2, BESIDE).flat, self.charts, self._bands, strict=True):
            for grey in band.values():
                place.fill_between(grey.steps, grey.low, grey.high, color=GREY, alpha=0.45, lw=1)
            steps, values = column(self.recorded, chart.keys[0])
            place.plot(steps, values, lw=1.6, marker=LOOKS[0].marker, ms=4, **LOOKS[0].line)
            tidy(place, title=chart.title, xlim=(0, self.steps), ylim=(chart.low, chart.high), xlabel="update")
            if chart.percent:
                show_percent(place.yaxis)
        words = " ".join(in_words(chart, self.recorded) for chart in self.charts)
        return Picture(figure, f"The patient's curves, and in grey those of five healthy runs. {words}")


def without_noise(history: History) -> History:
    """A loss of 3e-8 is a 0 in single precision, and shall look like one."""
    return History({name: round(value, 6) for name, value in row.items()} for row in history)


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
    """The healthy runs of a chart's column, where it was recorded at the same steps in all of them."""
    try:
        return {chart.keys[0]: seed_band(behind, chart.keys[0])}
    except ValueError:
        return {}

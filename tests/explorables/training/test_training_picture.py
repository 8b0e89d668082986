"""The curves of a training run: where they are drawn, and what a picture weighs."""

import io

import numpy as np
import pytest
from PIL import Image

from rlcourse.algorithms import History
from rlcourse.explorables.training.bands import SeedBand
from rlcourse.explorables.training.training_picture import Chart, TrainingPicture, column


def history(steps, **columns):
    rows = ({"step": i, **{key: float(f(i)) for key, f in columns.items()}} for i in range(1, steps + 1))
    return History(rows)


def sparse():
    rows = history(20, reward=lambda i: i / 20)
    for row in rows[4::5]:
        row["accuracy"] = 0.5
    return rows


CHARTS = (Chart("Accuracy", ("accuracy",), low=0, high=1, target=0.9, percent=True), Chart("Reward", ("reward",)))


def test_a_column_leaves_out_the_steps_without_a_number():
    steps, values = column(sparse(), "accuracy")
    assert list(steps) == [5, 10, 15, 20] and list(values) == [0.5] * 4
    assert [len(part) for part in column(History(), "reward")] == [0, 0]


def test_the_curves_are_the_columns():
    picture = TrainingPicture(CHARTS, 100)
    picture.png(sparse())
    accuracy, reward = (lines[0] for lines in picture._lines)
    assert list(accuracy.get_xdata()) == [5, 10, 15, 20]
    np.testing.assert_allclose(reward.get_ydata(), np.arange(1, 21) / 20)


@pytest.mark.parametrize("dpi", [100, 120])
def test_a_picture_is_small_opaque_and_white(dpi):
    rng = np.random.default_rng(0)
    picture = TrainingPicture([*CHARTS, Chart("Entropy", ("entropy",), low=0)], 250)
    noisy = history(250, reward=lambda i: rng.normal(), accuracy=lambda i: rng.random(), entropy=lambda i: 1 / i)
    png = picture.png(noisy, dpi=dpi)
    assert len(png) < 40_000
    image = Image.open(io.BytesIO(png))
    assert image.size == (round(10.2 * dpi), round(2.9 * dpi))
    pixels = np.asarray(image.convert("RGBA"))
    assert (pixels[..., 3] == 255).all()
    corner = pixels[0, 0, :3]
    assert (corner >= 250).all()


@pytest.mark.parametrize(("size", "written"), [(3.5e-14, "2e-14"), (0.5, "0.4"), (2e8, "2e+08")])
def test_numbers_of_any_size_stand_beside_their_ticks_and_not_in_the_titles_place(size, written):
    picture = TrainingPicture([Chart("KL to the reference", ("kl",), low=0)], 10)
    picture.png(history(3, kl=lambda i: size * i / 3))
    axis = picture.figure.axes[0].yaxis
    words = [label.get_text() for label in axis.get_ticklabels()]
    assert axis.get_offset_text().get_text() == "" and written in words and len(set(words)) == len(words)
    assert min(label.get_window_extent().x0 for label in axis.get_ticklabels()) >= 0


def test_the_picture_follows_the_run_and_leaves_nothing_of_earlier_curves_behind():
    picture = TrainingPicture([Chart("Accuracy", ("accuracy",), low=0, high=1)], 100)
    early, late = (history(n, accuracy=lambda i: (i % 7) / 7) for n in (40, 90))
    first, second = picture.png(early), picture.png(late)
    assert first != second
    assert picture.png(early) == first


def test_axes_show_all_values_the_target_too_and_only_grow():
    picture = TrainingPicture([Chart("Reward", ("reward",), target=5)], 10)
    seen = []
    for n in (1, 3, 10):
        picture.png(history(n, reward=lambda i: -i))
        low, high = picture._axes[0].get_ylim()
        assert low <= -n and high >= 5
        seen.append((low, high))
    assert seen[0][0] >= seen[1][0] >= seen[2][0]
    assert picture._axes[0].get_xlim() == (0, 10)


@pytest.mark.parametrize(("more", "words"), [({}, "target 0.01"), ({"target_label": "limit"}, "limit 0.01")])
def test_a_level_is_called_what_it_is(more, words):
    picture = TrainingPicture([Chart("KL", ("policy_kl",), target=0.01, **more)], 10)
    picture.png(history(3, policy_kl=lambda i: 0.001 * i))
    (text,) = picture._axes[0].texts
    assert text.get_text() == words
    box = text.get_window_extent()
    right, level = picture._axes[0].transAxes.transform((1, 0))[0], picture._axes[0].transData.transform((0, 0.01))[1]
    assert box.x0 >= right and abs((box.y0 + box.y1) / 2 - level) < 4, "beside the end of its line"
    assert box.x1 <= picture.figure.bbox.x1


def test_fixed_limits_stay_and_a_longer_run_gets_room():
    picture = TrainingPicture([Chart("Accuracy", ("accuracy",), low=0, high=1)], 10)
    picture.png(history(30, accuracy=lambda i: 2))
    assert picture._axes[0].get_ylim() == (0, 1)
    assert picture._axes[0].get_xlim()[1] >= 30


def test_the_background_is_kept_while_the_curves_fit():
    picture = TrainingPicture([Chart("Accuracy", ("accuracy",), low=0, high=1)], 50)
    picture.png(history(10, accuracy=lambda i: 0.5))
    kept = picture._background
    picture.png(history(50, accuracy=lambda i: 0.6))
    assert picture._background is kept


@pytest.mark.parametrize("wrong", [{"keys": ()}, {"keys": tuple("abcde")}, {"keys": ("a",), "low": 1, "high": 1}])
def test_a_chart_that_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match=r"keys|low"):
        Chart("title", **wrong)


BAND = SeedBand(np.array([1.0, 5, 20]), np.array([[-3.0, 0, 99], [-2, 1, 99]]))


def test_the_band_of_recorded_runs_has_room_as_far_as_the_axis_reaches():
    picture = TrainingPicture([Chart("Reward", ("reward",))], 10, bands={"reward": BAND})
    picture.png(history(3, reward=lambda i: i / 10))
    low, high = picture._axes[0].get_ylim()
    assert low <= -2.9 and 1 < high < 10
    assert [text.get_text() for text in picture._axes[0].get_legend().get_texts()] == [
        "2 recorded runs, every 10 updates"
    ]
    (area,) = picture._axes[0].collections
    np.testing.assert_array_equal(np.unique(area.get_paths()[0].vertices[:, 1]), [-3, -2, 0, 1, 99])


def test_stacked_charts_name_the_steps_once():
    picture = TrainingPicture([*CHARTS], 10, stacked=True)
    assert [axes.get_xlabel() for axes in picture._axes] == ["", "update"]
    picture.png(sparse())
    upper, lower = (axes.get_window_extent() for axes in picture._axes)
    assert upper.y0 > lower.y1 and upper.x0 == lower.x0


def test_values_are_written_in_the_charts_units():
    assert CHARTS[0].format(0.914) == "91 %"
    assert CHARTS[1].format(-0.91423) == "−0.914"


def test_curves_have_the_names_that_they_are_given():
    chart = Chart("Right", ("greedy", "held_out"), names=("likeliest", "of 500"))
    assert [chart.name_of(key) for key in chart.keys] == ["likeliest", "of 500"]
    legend = TrainingPicture([chart], 10)._axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["likeliest", "of 500"]
    assert Chart("Right", ("held_out",)).name_of("held_out") == "held out"
    with pytest.raises(ValueError, match="names must have one entry for each"):
        Chart("Right", ("greedy", "held_out"), names=("likeliest",))


def test_a_marker_on_the_edge_is_whole_and_a_curve_beyond_it_is_cut():
    picture = TrainingPicture([Chart("Accuracy", ("accuracy",), low=0, high=1)], 10)
    picture.png(history(10, accuracy=lambda i: 1))
    (axes,), ((line,),) = picture._axes, picture._lines
    box, inside = line.get_clip_box(), axes.get_window_extent()
    marker = line.get_markersize() / 2 * picture.figure.dpi / 72
    assert box.x1 >= inside.x1 + marker and box.y1 >= inside.y1 + marker and box.y0 <= inside.y0 - marker
    assert box.y1 < inside.y1 + 20


def test_axes_hold_a_beginning_that_all_runs_share_but_not_the_spike_of_one():
    values = np.ones((5, 100))
    values[:, 0], values[2, 50] = 3.0, 9.0
    picture = TrainingPicture(
        [Chart("Loss", ("loss",), low=0)], 100, bands={"loss": SeedBand(np.arange(100.0), values)}
    )
    picture.png(history(3, loss=lambda i: 1))
    assert 3 <= picture._axes[0].get_ylim()[1] < 5


def test_where_the_whole_band_is_wanted_the_axes_hold_the_spike_of_one_too_and_a_legend_can_be_left_out():
    values = np.ones((5, 100))
    values[2, 50] = 9.0
    chart = Chart("Loss", ("loss", "other"), low=0)
    band = {"loss": SeedBand(np.arange(100.0), values)}
    picture = TrainingPicture([chart], 100, bands=band, whole=True, legend=False)
    picture.png(history(3, loss=lambda i: 1))
    assert picture._axes[0].get_ylim()[1] > 9 and picture._axes[0].get_legend() is None


def test_of_two_bands_in_one_chart_each_has_edges_that_look_like_its_curve():
    chart = Chart("Right", ("greedy", "sampled"))
    picture = TrainingPicture([chart], 20, bands={"greedy": BAND, "sampled": BAND})
    low, high, *others = [line for line in picture._axes[0].lines if len(line.get_xdata()) == 3]
    np.testing.assert_array_equal(low.get_ydata(), BAND.low)
    np.testing.assert_array_equal(high.get_ydata(), BAND.high)
    curves = picture._lines[0]
    assert low.get_color() == high.get_color() == curves[0].get_color()
    assert [line.get_color() for line in others] == [curves[1].get_color()] * 2


def test_charts_of_a_row_are_of_one_width_and_the_target_stands_above_its_own():
    charts = (*CHARTS, Chart("Entropy", ("entropy",), low=0))
    pictures = [TrainingPicture([chart], 10, beside=2) for chart in charts]
    for picture in pictures:
        picture.png(sparse())
    boxes = [picture.figure.axes[0].get_position().bounds for picture in pictures]
    assert boxes[0] == boxes[1] == boxes[2]
    assert "target 90 %" in pictures[0].figure.axes[0].get_title(loc="right")


def test_where_one_target_needs_a_line_of_its_own_all_of_the_row_leave_it_room():
    long, short = Chart("Expected return from the start", ("reward",), target=0.92), Chart("Loss", ("loss",))
    row = [long, short, Chart("KL", ("kl",), target=0.01)]
    panels = [TrainingPicture([chart], 10, beside=3, alike=row).figure.axes[0] for chart in row]
    assert len({panel.get_position().bounds for panel in panels}) == 1
    assert [panel.get_title(loc="left") for panel in panels] == [f"{chart.title}\n " for chart in row]
    assert [panel.get_title(loc="right") for panel in panels] == ["– –  target 0.92", "", "– –  target 0.01"]


def test_of_a_noisy_column_a_running_mean_is_drawn():
    noisy = history(6, reward=lambda i: i)
    noisy[2]["reward"] = float("nan")
    steps, values = Chart("Reward", ("reward",), mean_of=2).curve(noisy, "reward")
    assert list(steps) == [1, 2, 4, 5, 6] and list(values) == [1, 1.5, 3, 4.5, 5.5]
    picture = TrainingPicture([Chart("Reward", ("reward",), mean_of=2)], 6)
    picture.png(noisy)
    assert list(picture._lines[0][0].get_ydata()) == list(values)
    with pytest.raises(ValueError, match="mean_of must be 1 or more"):
        Chart("Reward", ("reward",), mean_of=0)

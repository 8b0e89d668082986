"""The dashboard: how often it draws, what it says, and what it leaves in the notebook."""

import base64
import io
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from rlcourse.algorithms import History
from rlcourse.experiments.recipes import maze_training, ppo, the_maze
from rlcourse.explorables.training import dashboard as module
from rlcourse.explorables.training.dashboard import TrainingDashboard, samples_table
from rlcourse.explorables.training.training_picture import Chart

CHARTS = (Chart("Accuracy", ("accuracy",), low=0, high=1, percent=True), Chart("Reward", ("reward",)))


def history(steps):
    return History(
        {"step": i, "seconds": i / 10, "reward": float(i), "accuracy": 1 - abs(i - 6) / 10} for i in range(1, steps + 1)
    )


class Clock:
    """A clock that stands until it is moved."""

    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_it_draws_at_most_five_times_a_second(clock, monkeypatch):
    dashboard, drawn = TrainingDashboard(CHARTS, 10), []
    monkeypatch.setattr(dashboard, "draw", drawn.append)
    for _ in range(100):  # five seconds
        dashboard(SimpleNamespace(history="so far"))
        clock.now += 0.05
    assert 20 <= len(drawn) <= 25


def test_slow_drawing_takes_at_most_a_tenth_of_the_time(clock, monkeypatch):
    dashboard, drawn = TrainingDashboard(CHARTS, 10), []

    def draw_slowly(history):
        clock.now += 0.3
        drawn.append(history)

    monkeypatch.setattr(dashboard, "draw", draw_slowly)
    while clock.now < 133:
        dashboard(SimpleNamespace(history="so far"))
        clock.now += 0.05
    assert 9 <= len(drawn) <= 11


def test_a_picture_and_a_caption_are_shown():
    dashboard = TrainingDashboard(CHARTS, 20, best="accuracy")
    curves, words = dashboard.children
    image, other = curves.children
    dashboard(SimpleNamespace(history=history(8)))
    assert all(bytes(one.value).startswith(b"\x89PNG") for one in (image, other))
    assert "Update 8 of 20, 0.8 s of training, best accuracy 100 %." in words.value
    assert "Accuracy, accuracy: from 50 % to 80 %" in image.tooltip
    assert "Reward, reward: from 1 to 8" in image.tooltip


def test_a_run_stopped_before_its_first_step_is_no_error():
    dashboard = TrainingDashboard(CHARTS, 20, best="accuracy")
    dashboard.draw(History())
    assert dashboard.caption(History()) == "Nothing yet."
    assert "No points yet" in dashboard.alt(History())


def test_the_best_value_is_said_once_however_many_charts_show_it():
    dashboard = TrainingDashboard([CHARTS[0], Chart("The same, enlarged", ("accuracy",))], 20, best="accuracy")
    assert dashboard.caption(history(8)).count("best accuracy") == 1


def test_a_run_that_goes_on_after_a_stop_says_so_and_has_room():
    dashboard = TrainingDashboard(CHARTS, 150)
    dashboard(SimpleNamespace(history=history(22), begun_at=21))
    assert "Update 22 of 171 (going on after update 21)" in dashboard.caption(history(22))
    assert [p.figure.axes[0].get_xlim() for p in dashboard._pictures] == 2 * [(0, 171)]
    assert "Update 30 of 30" in TrainingDashboard(CHARTS, 20).caption(history(30)), "never more than the whole"


def test_a_run_that_ends_early_leaves_no_empty_half():
    dashboard = TrainingDashboard(CHARTS, 120)
    dashboard.finish(history(60))
    assert [p.figure.axes[0].get_xlim() for p in dashboard._pictures] == 2 * [(0, 60)]


def test_a_best_value_that_no_chart_draws_is_refused():
    with pytest.raises(ValueError, match=r"best must be a column that a chart draws, one of .*'accuracy'.*got 'kl'"):
        TrainingDashboard(CHARTS, 20, best="kl")


def test_the_programmers_own_names_are_escaped():
    evil = "<img src=x onerror=alert(1)>"
    dashboard = TrainingDashboard([Chart("title", (evil,))], 20, best=evil)
    run = History([{"step": 1, "seconds": 0.1, evil: 1.0}])
    dashboard.draw(run)
    assert "&lt;img" in dashboard.children[1].value and "<img" not in dashboard.children[1].value


def test_there_is_a_picture_before_the_first_step():
    assert bytes(TrainingDashboard(CHARTS, 20).children[0].children[0].value).startswith(b"\x89PNG")


@pytest.mark.parametrize("maze", [None, the_maze()], ids=["alone", "beside a map"])
def test_for_a_room_with_a_projector_it_is_as_wide_and_what_is_written_in_it_larger(monkeypatch, maze):
    def shown() -> tuple[list[str], list[float]]:
        """How wide each picture is shown, and how many pixels of the page a point of its letters has."""
        dashboard = TrainingDashboard(CHARTS, 20, maze=maze)
        widths = [f"{module._pixels(picture)}px" for picture in dashboard._pictures]
        inches = [picture.figure.get_figwidth() for picture in dashboard._pictures]
        return widths, [float(width[:-2]) / inch / 72 for width, inch in zip(widths, inches, strict=True)]

    desk, letters = shown()
    assert [10 * point >= 13 for point in letters] == len(letters) * [True], "ticks have ten points"
    monkeypatch.setenv("RLCOURSE_PROJECTOR", "1")
    room, larger = shown()
    assert room == desk
    assert larger == pytest.approx([1.5 * point for point in letters])
    dashboard = TrainingDashboard(CHARTS, 20, maze=maze)
    dashboard.draw(history(8))
    pixels = [Image.open(io.BytesIO(image.value)).width for image in dashboard._images]
    assert pixels == pytest.approx([float(width[:-2]) for width in room], abs=2), "as sharp as the page"


@pytest.mark.parametrize(("count", "in_a_row"), [(1, 1), (2, 2), (3, 3), (4, 2)])
def test_charts_stand_in_alike_columns_which_use_the_whole_page_when_they_wrap(count, in_a_row):
    dashboard = TrainingDashboard([Chart(f"Chart {i}", (f"column_{i}",)) for i in range(count)], 12)
    curves, one = dashboard.children[0], module._pixels(dashboard._pictures[0])
    least, whole = (float(re.search(r"([\d.]+)px", words)[1]) for words in (
        curves.layout.grid_template_columns, curves.layout.max_width,
    ))  # fmt: skip
    assert all(image.layout.width == "100%" for image in curves.children)
    assert least == pytest.approx(0.85 * one, abs=1), "a column may be a little narrower than its chart"
    assert whole == in_a_row * one + 6 * (in_a_row - 1), "and where there is room, each has its own size"
    final = dashboard._final(history(8)).html
    assert f"max-width: {whole:.0f}px" in final and "grid-template-columns: repeat(auto-fit" in final


def test_what_stays_is_drawn_for_a_light_and_for_a_dark_page():
    final = TrainingDashboard(CHARTS, 20)._final(history(8)).html
    day, night = (
        [Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB") for png in re.findall(pattern, final)]
        for pattern in (
            r'base64,([^"]+)" alt="[^"]*" class="rlc-day"',
            r'base64,([^"]+)" alt="[^"]*" class="rlc-night"',
        )
    )
    assert [image.getpixel((0, 0)) for image in day] == 2 * [(255, 255, 255)]
    assert [image.getpixel((0, 0)) for image in night] == 2 * [(17, 17, 17)]
    curve = np.asarray(night[1]).reshape(-1, 3)
    assert (np.abs(curve - np.array([0, 125, 196])).max(axis=1) < 20).any(), "the curve is there by night too"


def test_samples_are_shown_to_the_letter():
    table = samples_table([("2 < 3 & <b>", "<script>alert('x')</script>", 1.0), ("", "a\nb", 0)])
    assert "<script>" not in table and "<b>" not in table
    assert "2 &lt; 3 &amp; &lt;b&gt;" in table
    assert "1.00" in table and "a\nb" in table
    assert samples_table([]) == ""


def test_samples_are_asked_for_with_each_picture():
    latest = []
    dashboard = TrainingDashboard(CHARTS, 20, samples=lambda: latest)
    dashboard.draw(history(2))
    assert "<table" not in dashboard.children[1].value
    latest.append(("What is 2+2?", "2+2 is 4.", 1.0))
    dashboard.draw(history(3))
    assert "2+2 is 4." in dashboard.children[1].value


def test_recorded_runs_lie_behind_the_curves_and_are_said():
    dashboard = TrainingDashboard([Chart("KL", ("approx_kl",), low=0), CHARTS[0]], 40, recorded="maze-ppo")
    first, other = (picture.figure.axes[0] for picture in dashboard._pictures)
    assert len(first.collections) == 1 and not other.collections, "accuracy was not recorded in the maze"
    assert first.get_legend() is None, "it would cover a narrow chart: what the grey is stands below"
    assert "Normal here, in 5 recorded runs of 70 updates: nine tenths" in dashboard.children[1].value
    assert "Normal here, in 5 recorded runs of 70 updates: nine tenths" in dashboard.alt(history(3))


def test_the_map_follows_the_training_and_is_in_what_is_left():
    dashboard = TrainingDashboard([Chart("Entropy", ("entropy",))], 3, maze=the_maze())
    training = maze_training(ppo)
    map_ = dashboard.children[0].children[0]
    assert map_.numbers == b""
    training.run(2, on_step=dashboard, progress=False)
    dashboard.draw(training.history)
    assert map_.said["when"].startswith("After update 2.")
    left = dashboard._final(training.history)
    pictures = set(re.findall(r'<img [^>]*alt="([^"]*)"', left.html))  # the map is there twice, by day and by night
    assert len(pictures) == 2 and "A map of a maze of 8 by 8 cells" in left.text


def test_a_dashboard_with_a_map_goes_on_living_when_the_run_has_ended(monkeypatch):
    monkeypatch.setattr(module, "display", lambda *_, **__: None)
    with_map, without = (TrainingDashboard(CHARTS, 8, **more) for more in ({"maze": the_maze()}, {}))
    for dashboard in (with_map, without):
        dashboard.finish(history(8))
    assert with_map.children and with_map.layout.display is None
    assert not without.children and without.layout.display == "none"


@pytest.mark.parametrize("wrong", [{"charts": []}, {"charts": [CHARTS[0]] * 5}, {"total_steps": 0}])
def test_what_cannot_be_drawn_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        TrainingDashboard(**{"charts": CHARTS, "total_steps": 10, **wrong})


def test_the_final_picture_is_in_a_notebook_that_nobody_watches():
    source = """
from IPython.display import display
from rlcourse.algorithms import History
from rlcourse.explorables import Chart, TrainingDashboard

dashboard = TrainingDashboard([Chart("Reward", ("reward",))], 10)
display(dashboard)
dashboard.finish(History([{"step": 1, "seconds": 0.5, "reward": 2.0}, {"step": 2, "seconds": 1.0, "reward": 3.0}]))
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = NotebookClient(notebook, timeout=60, kernel_name="python3")
    client.execute(cwd=str(Path(__file__).parent))
    assert len(notebook.cells[0].outputs) == 2, "the widget, and what stands in its place"
    final = notebook.cells[0].outputs[-1].data["text/html"]
    assert '<img src="data:image/png;base64,' in final
    assert "Reward, reward: from 2 to 3. Update 2 of 10, 1.0 s of training." in final

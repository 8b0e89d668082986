"""What a learner's hands and eyes do with an explorable: keys on its sliders, and numbers read back from the picture.

Every drawn mark carries the name of its array (`data-series`) and every panel says where its axes lie, so what stands
in the picture can be compared with what the equation says. Of several explorables on a page the first is meant.
"""

import statistics
from collections.abc import Callable, Sequence

import numpy as np
from playwright.sync_api import Locator, Page

KeyPair = tuple[str, str]
BACK_AND_FORTH = ("ArrowRight", "ArrowLeft")


def slider(page: Page, label: str) -> Locator:
    """The handle of the slider with that label."""
    return page.locator(".jp-OutputArea .widget-slider", has_text=label).locator(".noUi-handle")


def slider_value(page: Page, label: str) -> float:
    """What the slider says beside it."""
    readout = page.locator(".jp-OutputArea .widget-slider", has_text=label).locator(".widget-readout")
    return float(readout.text_content().replace("−", "-"))


def series(page: Page, name: str) -> Locator:
    """The drawn mark that shows that array."""
    return page.locator(f'.rlc-plot .rlc-marks [data-series="{name}"]').first


def drawn(page: Page, name: str) -> np.ndarray:
    """The points of a drawn line, area or scatter, read back into the units of its axes, [points, 2]."""
    path = series(page, name).get_attribute("d").replace("h0", "").replace("Z", "")
    pixels = [point.split(" ") for piece in path.split("M")[1:] for point in piece.split("L")]
    columns = np.array(pixels, dtype=float).T
    return np.stack([_units(page, name, axis, column) for axis, column in zip("xy", columns, strict=True)], axis=1)


def bars(page: Page, name: str) -> np.ndarray:
    """The middles and heights of drawn bars, in the units of the axes, [bars, 2]."""
    boxes = (
        series(page, name)
        .locator("rect")
        .evaluate_all(
            "all => all.map(bar => [+bar.getAttribute('x') + bar.getAttribute('width') / 2, +bar.dataset.top])"
        )
    )
    middles, tops = np.array(boxes, dtype=float).T
    return np.stack([_units(page, name, "x", middles), _units(page, name, "y", tops)], axis=1)


def _units(page: Page, name: str, axis: str, pixels: np.ndarray) -> np.ndarray:
    marks = page.locator(".rlc-plot .rlc-marks").filter(has=page.locator(f'[data-series="{name}"]')).first
    low, high, start, end = map(float, marks.get_attribute(f"data-{axis}").split())
    return low + (pixels - start) / (end - start) * (high - low)


def press(page: Page, label: str, key: str, *, watch: str) -> None:
    """Press a key on a slider, and wait until the mark that shows the array `watch` has changed."""
    before = series(page, watch).evaluate("mark => mark.outerHTML")
    slider(page, label).focus()
    page.keyboard.press(key)
    page.wait_for_function(
        """([watch, before]) => {
            const mark = document.querySelector(`.rlc-plot .rlc-marks [data-series="${watch}"]`);
            return mark && mark.outerHTML !== before;
        }""",
        arg=[watch, before],
        timeout=5000,
    )


def handle(page: Page, parameter: str, number: int) -> Locator:
    """What moves a parameter when it is dragged: the first on the page that does, the second, …"""
    return page.locator(f'.rlc-handle[data-moves="{parameter}"]').nth(number)


def pull(page: Page, parameter: str, number: int, *, to: tuple[float, float], panel: int = 0) -> None:
    """Drag a handle by its ring to a place in the units of a panel's axes, the first panel's, in a few moves."""
    ring = handle(page, parameter, number).locator(".rlc-ring")
    ring.scroll_into_view_if_needed()
    box = ring.bounding_box()
    marks = page.locator(".rlc-plot .rlc-marks").nth(panel)
    picture = marks.locator("xpath=..").bounding_box()
    end = []
    for axis, corner, value in zip("xy", (picture["x"], picture["y"]), to, strict=True):
        low, high, start, stop = map(float, marks.get_attribute(f"data-{axis}").split())
        end.append(corner + start + (value - low) / (high - low) * (stop - start))
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()
    page.wait_for_timeout(150)


def latencies(
    page: Page,
    label: str | None,
    *,
    keys: KeyPair = BACK_AND_FORTH,
    watched: str = ".rlc-marks",
    presses: int = 20,
    moves: Sequence[tuple[float, float]] = (),
) -> list[float]:
    """Milliseconds from each key press until the change is painted; the keys take turns.

    They are pressed on the slider with that label, or, when it is None, on whatever has the focus.
    `watched` is a CSS selector of what the explorable changes; the first change in it counts. With `moves` the mouse
    goes to these places instead, one by one.
    """
    if label is not None:
        slider(page, label).focus()
    milliseconds = []
    for i in range(len(moves) or presses):
        page.evaluate(
            """([watched, event]) => { window.painted = new Promise((done, failed) => {
                setTimeout(() => failed(new Error('the key changed nothing in 10 seconds')), 10000);
                let pressed;
                const note = () => { pressed = performance.now(); };
                document.addEventListener(event, note, {capture: true, once: true});
                const watcher = new MutationObserver(() => {
                    if (pressed === undefined) return;  // what the press before this one still changed
                    watcher.disconnect();
                    requestAnimationFrame(() => setTimeout(() => done(performance.now() - pressed)));
                });
                const what = {childList: true, subtree: true, attributes: true, characterData: true};
                watcher.observe(document.querySelector(watched), what);
            }); }""",
            [watched, "pointermove" if moves else "keydown"],
        )
        if moves:
            page.mouse.move(*moves[i])
        else:
            page.keyboard.press(keys[i % 2])
        milliseconds.append(page.evaluate("window.painted"))
    return milliseconds


def report_latency(name: str, milliseconds: list[float], *, aim: float, record: Callable | None = None) -> None:
    """Print median and 95th percentile, and fail when even five times the aim was missed.

    The aim is for a quiet machine; one with other work to do must not fail the test. `record` is pytest's
    `record_property`.
    """
    median, p95 = statistics.median(milliseconds), float(np.percentile(milliseconds, 95))
    verdict = "within" if p95 <= aim else "ABOVE"
    print(f"\n{name}: key press to painted, median {median:.0f} ms, p95 {p95:.0f} ms ({verdict} the aim of {aim:.0f})")
    if record is not None:
        record("median_ms", median)
        record("p95_ms", p95)
    assert median < 5 * aim, f"{name} answers in {median:.0f} ms where {aim:.0f} are the aim"

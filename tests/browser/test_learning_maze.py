"""The maze that learns, read back from the page: while it trains, by pointer and by keys, and after the kernel."""

import json
import re

import numpy as np
import pytest

from .lab import cell_outputs, complaints, open_notebook, run_all, save, write_notebook

CELLS = (
    """
from IPython.display import display
from rlcourse.experiments.recipes import maze_training, ppo, the_maze
from rlcourse.explorables import Chart, TrainingDashboard

maze = the_maze()
charts = [Chart("Entropy", ("entropy",), low=0), Chart("KL", ("approx_kl",), low=0)]
dashboard = TrainingDashboard(charts, 12, maze=maze, recorded="maze-ppo")
display(dashboard)
training = maze_training(ppo)
training.run(12, on_step=dashboard)
dashboard.finish(training.history)
""",
    """
import json
from rlcourse.maze import ways_out

pi = training.policy.probabilities().double().numpy()
V = training.algorithm.critic.table.detach().numpy()[:, 0]
print(json.dumps({"pi": pi.tolist(), "V": V.tolist(), "ways": ways_out(maze, pi).tolist()}))
""",
)


@pytest.fixture(scope="module")
def opened(page, lab):
    name = write_notebook(lab, "learning_maze", *CELLS)
    open_notebook(page, lab, name)
    run_all(page)
    page.locator(".rlc-learning .rlc-stage").wait_for(timeout=10_000)
    assert complaints(page) == []
    return name


@pytest.fixture
def exact(page, opened):
    """π, V and the ways out as Python has them now."""
    numbers = json.loads(cell_outputs(page, 1).text_content())
    return {key: np.array(value) for key, value in numbers.items()}


def drawn_ways(page):
    """How long the arrows are drawn: their scale on the page, over that of a sure way, [cells, 4]."""
    scales = page.locator(".rlc-stage .rlc-way").evaluate_all(
        "all => all.map(way => { const m = new DOMMatrix(way.style.transform); return Math.hypot(m.a, m.b) / 0.8; })"
    )
    return np.array(scales).reshape(-1, 4)


def table(page):
    """The numbers in the table, as they are written, [4, 4]."""
    rows = page.locator(".rlc-learning tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
    )
    return np.array(rows)


def written(exact, cell):
    rows = []
    for state in range(4 * cell, 4 * cell + 4):
        chances = [f"{round(100 * chance)} %" for chance in exact["pi"][state].tolist()]
        value = f"{exact['V'][state]:.2f}".replace("-", "−")
        rows.append([*chances, value])
    return np.array(rows)


def nearly(texts):
    """Numbers to compare: half a unit in the last place may be rounded either way."""
    return np.array([[float(text.rstrip(" %").replace("−", "-")) for text in row] for row in texts])


def test_arrows_and_colours_are_what_python_says_at_the_end(page, exact):
    inside = np.arange(len(exact["ways"])) != 63  # in the exit nothing is drawn
    np.testing.assert_allclose(drawn_ways(page)[inside], exact["ways"][inside], atol=1e-4)
    paints = page.locator(".rlc-stage .rlc-value").evaluate_all(
        "all => all.map(one => +one.getAttribute('fill-opacity') * (one.classList.contains('rlc-below') ? -1 : 1))"
    )
    mean = exact["V"].reshape(-1, 4).mean(axis=1)
    np.testing.assert_allclose(np.array(paints)[inside], 0.75 * np.clip(mean / 0.99, -1, 1)[inside], atol=2e-3)
    assert "After update 12." in page.locator(".rlc-learning .rlc-when").text_content()
    assert "A map of a maze of 8 by 8 cells" in page.locator(".rlc-stage svg").get_attribute("aria-label")


def test_pointing_at_a_cell_shows_its_numbers(page, exact):
    cell = 27
    page.locator(f'.rlc-stage [data-cell="{cell}"] .rlc-value').hover(force=True)
    assert page.locator(".rlc-learning caption").text_content() == "Row 3, column 3: π(a|s) and V(s)"
    got, want = nearly(table(page)), nearly(written(exact, cell))
    np.testing.assert_allclose(got[:, :3], want[:, :3], atol=1)
    np.testing.assert_allclose(got[:, 3], want[:, 3], atol=0.011)
    likeliest = page.locator(".rlc-learning tbody tr").evaluate_all(
        """all => all.map(row => [...row.querySelectorAll('td')]
            .findIndex(cell => cell.classList.contains('rlc-likeliest')))"""
    )
    assert likeliest == exact["pi"][4 * cell : 4 * cell + 4].argmax(axis=1).tolist()


def test_arrow_keys_choose_a_cell_and_say_where_it_leads(page, exact):
    page.locator('.rlc-stage [data-cell="27"] .rlc-value').hover(force=True)
    page.mouse.move(5, 5)
    page.locator(".rlc-learning .rlc-stage").focus()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert page.locator(".rlc-chosen").get_attribute("data-cell") == "36"
    said = page.locator(".rlc-told").text_content()
    assert said.startswith("Row 4, column 4. Leaves to: ")
    told = dict(re.findall(r"(\w+) (\d+) %", said.split(": ")[1]))
    for heading, name in enumerate(("north", "east", "south", "west")):
        assert abs(float(told.get(name, 0)) - 100 * exact["ways"][36, heading]) < (1 if name in told else 8)


def test_when_the_run_is_over_the_bar_leads_back_to_its_beginning(page, exact):
    bar = page.locator(".rlc-learning .rlc-scrub")
    assert bar.is_visible() and bar.get_attribute("max") == "11", "twelve updates"
    when = page.locator(".rlc-learning .rlc-when")
    bar.fill("0")
    page.wait_for_timeout(300)
    assert "After update 1." in when.text_content()
    assert np.abs(drawn_ways(page) - exact["ways"])[:63].max() > 0.01, "the arrows are those of the beginning"
    page.get_by_role("button", name="one step on", exact=True).click()
    page.wait_for_timeout(200)
    assert bar.input_value() == "1" and "After update 2." in when.text_content()
    page.locator(".rlc-learning .rlc-stage").focus()
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    np.testing.assert_allclose(drawn_ways(page)[:63], exact["ways"][:63], atol=1e-4)
    assert "After update 12." in when.text_content()


def test_it_grows_while_the_cell_trains(page, opened):
    """Run once more: what is drawn changes before the run has ended, with the kernel busy."""
    page.evaluate(
        """() => { window.seen = []; const when = () => document.querySelector('.rlc-when')?.textContent;
        window.watching = setInterval(() => { const now = when();
            const status = [...document.querySelectorAll('.jp-StatusBar-TextItem')].map(item => item.textContent);
            const busy = status.some(text => text.includes('| Busy'));
            if (now && busy && now !== window.seen.at(-1)) window.seen.push(now); }, 20); }"""
    )
    run_all(page)
    seen = page.evaluate("clearInterval(window.watching), window.seen")
    updates = [int(found[1]) for words in seen if (found := re.match(r"After update (\d+)", words))]
    assert len(set(updates)) >= 2 and updates[-1] <= 12, seen


def test_the_page_has_one_picture_of_the_curves_and_a_living_map(page, opened):
    area = page.locator(".jp-CodeCell").nth(0).locator(".jp-OutputArea").first
    assert area.locator("img.widget-image").is_visible() and area.locator(".rlc-stage").is_visible()
    assert not area.locator(".rlc-still").first.is_visible(), "no still beside the living widget"


def test_it_is_a_picture_in_a_saved_notebook(page, lab, opened):
    saved = save(page, lab, opened)
    html = "".join("".join(output.get("data", {}).get("text/html", "")) for output in saved["cells"][0]["outputs"])
    assert html.count("<img") >= 2 and "A map of a maze of 8 by 8 cells" in html
    assert len(html) < 120_000

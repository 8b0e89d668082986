"""What a visitor's hands do with a page of the site: a key on every slider and handle, each play button and question.

    dead, operated = operate(page)

`dead` names what does not answer. What counts as an answer is a change in the same widget, outside of the slider that
was moved. A key is tried in both directions, since a slider may stand at its end.
"""

from collections import Counter
from pathlib import Path

from playwright.sync_api import Locator, Page

POLICY_BROKEN = "Content Security Policy"
CONTROLS = {
    "slider": ".noUi-handle",
    "handle": ".rlc-handle[tabindex]",
    "scrub": "input[type=range]",
    "stage": "[role=application], .rlc-screens",
    "choice": "select",
}
KEYS = ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "End", "Home")
LOOK = """root => {
    const copy = root.cloneNode(true);
    for (const own of copy.querySelectorAll('.widget-slider, input[type=range]')) own.remove();
    for (const mark of copy.querySelectorAll('.rlc-handle')) mark.removeAttribute('aria-valuenow');
    return copy.innerHTML;
}"""


def open_page(page: Page, folder: Path, file: str) -> list[str]:
    """Open a page of the site, and wait until its widgets live; what it complains of, as long as it is open."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((folder / file).as_uri())
    page.wait_for_function("document.readyState === 'complete'")
    if page.locator("#rlc-widgets").count():
        page.wait_for_function("document.documentElement.dataset.widgets === 'alive'", timeout=60_000)
    return complaints


def operate(page: Page) -> tuple[list[str], Counter]:
    """Operate everything on the page; what is dead, and how many of each kind were tried."""
    dead, tried = [], Counter()
    for kind, selector in CONTROLS.items():
        for control in page.locator(f"[data-widget] :is({selector})").all():
            if control.is_visible() and control.is_enabled():
                tried[kind] += 1
                if not _answers(page, control):
                    dead.append(f"{kind}: {_called(control)}")
    for button in page.locator("[data-widget] button[aria-label=play]").all():
        if button.is_visible() and button.is_enabled():
            tried["play"] += 1
            if not _plays(page, button):
                dead.append(f"play: {_called(button)}")
    for kind, says in (("question", _question_answers), ("help", _help_answers)):
        for widget in page.locator({"question": ".rlcourse-quiz form", "help": ".rlc-help"}[kind]).all():
            tried[kind] += 1
            if not says(widget):
                dead.append(f"{kind}: {widget.inner_text()[:60]}")
    return dead, tried


def _answers(page: Page, control: Locator) -> bool:
    """Whether some key changes something in the control's widget."""
    control.scroll_into_view_if_needed()
    root = control.locator("xpath=ancestor::*[@data-widget]")
    before = root.evaluate(LOOK)
    control.focus()
    for key in KEYS:
        page.keyboard.press(key)
        if _changes(page, root, before, 250):
            return True
    return False


def _changes(page: Page, root: Locator, before: str, milliseconds: int) -> bool:
    for _ in range(max(1, milliseconds // 25)):
        if root.evaluate(LOOK) != before:
            return True
        page.wait_for_timeout(25)
    return False


def _plays(page: Page, button: Locator) -> bool:
    button.scroll_into_view_if_needed()
    root = button.locator("xpath=ancestor::*[@data-widget]")
    before = root.evaluate(LOOK)
    button.click()
    moved = _changes(page, root, before, 1500)
    stop = root.locator("button[aria-label=pause]")
    if stop.count():
        stop.first.click()
    return moved


def _question_answers(form: Locator) -> bool:
    """Whether a question of a quiz, or a prediction, says something to the first of its options."""
    button = form.locator("button")
    if not button.is_visible():
        return bool(form.locator("[role=status]").inner_text().strip())
    form.locator("input").first.check()
    button.click()
    return bool(form.locator("[role=status]").inner_text().strip())


def _help_answers(widget: Locator) -> bool:
    """Whether the buttons below an exercise show a hint."""
    button = widget.locator(".rlc-help-row .rlc-button").first
    if button.is_visible():
        button.click()
    return bool(widget.locator("li, pre").first.inner_text().strip())


def _called(control: Locator) -> str:
    """What a control is called, and where it is."""
    return control.evaluate(
        """one => {
            const cell = one.closest('.rlc-cell');
            const name = one.getAttribute('aria-label') ?? one.className.baseVal ?? one.className;
            return `${name} below “${cell?.querySelector('pre')?.textContent.trim().split('\\n').at(-1).slice(0, 60)}”`;
        }"""
    )

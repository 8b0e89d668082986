"""What a visitor's hands do with a page of the site: a key on every slider and handle, each play button and question.

    dead, operated = operate(page)

`dead` names what does not answer. What counts as an answer is a change in the same widget, outside of the slider that
was moved. A key is tried in both directions, since a slider may stand at its end.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import ElementHandle, Page

CONTROLS = {
    "slider": ".noUi-handle",
    "handle": ".rlc-handle[tabindex]",
    "scrub": "input[type=range]",
    "stage": "[role=application], .rlc-screens",
    "choice": "select:not([aria-label=speed])",  # a speed shows when something moves
}
KEYS = ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "End", "Home")
LOOK = """control => {
    const copy = control.closest('[data-widget]').cloneNode(true);
    for (const own of copy.querySelectorAll('.widget-slider, input[type=range]')) own.remove();
    for (const mark of copy.querySelectorAll('.rlc-handle')) mark.removeAttribute('aria-valuenow');
    return copy.innerHTML;
}"""
WATCH = """button => {
    window.rlcMoved = false;
    const watcher = new MutationObserver((changes) => {
        const parts = changes.map(({ target }) => (target.closest ? target : target.parentElement));
        window.rlcMoved ||= parts.some((part) => !part.closest('button, input'));
    });
    const all = {subtree: true, attributes: true, childList: true, characterData: true};
    watcher.observe(button.closest('[data-widget]'), all);
}"""
CALLED = """one => {
    const code = one.closest('.rlc-cell')?.querySelector('pre')?.textContent.trim() ?? '';
    const name = one.getAttribute('aria-label') ?? one.className.baseVal ?? one.className;
    return `${name} below “${code.split('\\n').at(-1).slice(0, 60)}”`;
}"""
"""What a control is called, and where it is."""


def open_page(page: Page, folder: Path, file: str) -> list[str]:
    """Open a page of the site, and wait until its widgets live; what it complains of, as long as it is open."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((folder / file).as_uri())
    if page.locator("#rlc-widgets").count():  # (`wait_for_function` evaluates a text, which the page forbids)
        page.locator("html[data-widgets=alive]").wait_for(state="attached", timeout=60_000)
    return complaints


def operate(page: Page) -> tuple[list[str], Counter]:
    """Operate everything on the page; what is dead, and how many of each kind were tried."""
    dead, tried = [], Counter()

    def each(kind: str, selector: str, answers: Callable[[Page, ElementHandle], bool]) -> None:
        for control in page.locator(selector).element_handles():
            if control.is_visible() and control.is_enabled():
                tried[kind] += 1
                control.scroll_into_view_if_needed()
                if not answers(page, control):
                    dead.append(f"{kind}: {control.evaluate(CALLED)}")

    for kind, selector in CONTROLS.items():
        each(kind, f"[data-widget] :is({selector})", _answers)
    each("play", "[data-widget] button[aria-label^=play i]", _plays)
    each("question", ".rlcourse-quiz form", _question_answers)
    each("help", ".rlc-help", _help_answers)
    return dead, tried


def _answers(page: Page, control: ElementHandle) -> bool:
    """Whether some key changes something in the control's widget."""
    before = control.evaluate(LOOK)
    control.focus()
    for key in KEYS:
        page.keyboard.press(key)
        if _changes(page, control, before, 250):
            return True
    return False


def _plays(page: Page, button: ElementHandle) -> bool:
    """Whether something moves once it is played; a short film may be back where it was before one looks again."""
    button.evaluate(WATCH)
    button.click()
    for _ in range(80):
        page.wait_for_timeout(25)
        if moved := page.evaluate("window.rlcMoved"):
            break
    if button.is_enabled():
        button.click()
    return moved


def _changes(page: Page, control: ElementHandle, before: str, milliseconds: int) -> bool:
    for _ in range(max(1, milliseconds // 25)):
        if control.evaluate(LOOK) != before:
            return True
        page.wait_for_timeout(25)
    return False


def _question_answers(page: Page, form: ElementHandle) -> bool:
    """Whether a question of a quiz, or a prediction, says something to the first of its options."""
    if (button := form.query_selector("button")).is_visible():
        form.query_selector("input").check()
        button.click()
    return bool(form.query_selector("[role=status]").inner_text().strip())


def _help_answers(page: Page, widget: ElementHandle) -> bool:
    """Whether the buttons below an exercise show a hint."""
    button = widget.query_selector(".rlc-help-row .rlc-button")
    if button.is_visible():
        button.click()
    shown = widget.query_selector("li, pre")
    return shown is not None and bool(shown.inner_text().strip())

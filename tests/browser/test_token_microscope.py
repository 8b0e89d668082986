"""The token microscope in a real JupyterLab: each deed is answered by Python, and the page shows Python's numbers."""

import pytest

from rlcourse.explorables import TokenLab
from rlcourse.explorables.tokens.token_microscope import act, everything
from rlcourse.language import LanguagePolicy, Sum, ValueModel, arithmetic_world, load_gpt2

from .explorables import latencies, report_latency
from .lab import complaints, open_notebook, run_all, write_notebook

ANSWERS = [" 27+33 is 50.", " I guess 27+33 is 65.", " 27+33 is 60."]
CELL = (
    "from rlcourse.explorables import token_microscope\n"
    "from rlcourse.language import LanguagePolicy, Sum, ValueModel, arithmetic_world, load_gpt2\n"
    "model, tokenizer = load_gpt2('sft', device='cpu')\n"
    "critic = ValueModel.from_language_model(model, tokenizer)\n"
    "token_microscope(LanguagePolicy(model, tokenizer), arithmetic_world([Sum(27, 33)]), critic=critic,"
    f" answers={ANSWERS})"
)


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "token_microscope", CELL))
    run_all(page)
    page.locator(".rlc-scope .rlc-column").first.wait_for(timeout=60_000)
    assert complaints(page) == []
    return page


@pytest.fixture(scope="module")
def twin():
    """The same microscope in this process, on which a test does the same deeds."""
    model, tokenizer = load_gpt2("sft", device="cpu")
    critic = ValueModel.from_language_model(model, tokenizer)
    return TokenLab(LanguagePolicy(model, tokenizer), arithmetic_world([Sum(27, 33)]), critic=critic, answers=ANSWERS)


@pytest.fixture
def scope(opened, twin):
    """The microscope, and its twin, as at the beginning, with the last answer under the lens."""
    twin.restart()
    scope = opened.locator(".rlc-scope")
    scope.get_by_role("button", name="from the start").click()
    scope.locator(".rlc-message", has_text="Back at the beginning.").wait_for()
    scope.locator(".rlc-tokens").nth(2).click(position={"x": 2, "y": 2})
    return scope


def do(scope, twin, click, deed):
    """A deed on the page and on the twin; waits until the page says what the twin says."""
    click()
    message = act(twin, deed)
    scope.page.wait_for_function(
        "text => document.querySelector('.rlc-scope .rlc-message').textContent.replace('πold', 'π_old') === text",
        arg=message,
    )
    return everything(twin, message)


def click(scope, name):
    return scope.get_by_role("button", name=name, exact=True).click


def assert_shows(scope, page, row):
    """All that is drawn of an answer under the lens is what Python said."""
    columns = scope.locator(".rlc-column")
    assert columns.locator(".rlc-box").all_text_contents() == [shown for shown, _ in page["tokens"][row]]
    shares = [words.removesuffix(" %") for _, _, words in page["chances"][row]]
    assert columns.locator(".rlc-percent").all_text_contents() == shares
    numbers = [[measure["marks"][row][j][0] for measure in page["measures"]] for j in range(len(page["tokens"][row]))]
    drawn = [columns.nth(j).locator(".rlc-number").all_text_contents() for j in range(len(numbers))]
    assert drawn == numbers
    scope.page.wait_for_timeout(300)  # bars move
    share = "all => all.map(bar => bar.getBoundingClientRect().height / bar.parentElement.clientHeight)"
    now = columns.locator(".rlc-now").evaluate_all(share)
    was = columns.locator(".rlc-was").evaluate_all(share)
    assert [*was, *now] == pytest.approx([chance[i] for i in (0, 1) for chance in page["chances"][row]], abs=0.05)
    for i, answer in enumerate(page["answers"]):
        line = scope.locator(".rlc-answer").nth(i)
        who = "you pay" if answer["by_hand"] else "paid"
        assert line.locator(".rlc-paid").text_content() == f"{who} {answer['paid']}"
        both = answer["is"] if answer["was"] == answer["is"] else f"{answer['was']} → {answer['is']}"
        assert line.locator(".rlc-probability").text_content() == both


def test_steps_by_both_algorithms_show_pythons_numbers_and_undo_takes_them_back(scope, twin):
    assert_shows(scope, everything(twin, ""), 2)
    first = scope.locator(".rlc-lens").inner_text()
    assert_shows(scope, do(scope, twin, click(scope, "▶ apply one step"), {"do": "step"}), 2)
    do(scope, twin, click(scope, "PPO"), {"do": "choose", "algorithm": "PPO"})
    assert_shows(scope, do(scope, twin, click(scope, "0"), {"do": "look", "lambda": "0"}), 2)
    assert_shows(scope, do(scope, twin, click(scope, "▶ apply one step"), {"do": "step"}), 2)
    assert scope.locator(".rlc-count").text_content() == "2 steps on these answers"
    for _ in range(4):
        click(scope, "↶ undo")()
    scope.locator(".rlc-count", has_text="0 steps").wait_for()
    assert scope.locator(".rlc-lens").inner_text() == first


def test_a_reward_is_flipped_and_an_answer_retyped_by_the_keyboard(scope, twin):
    paid = scope.get_by_role("button", name="Answer 1 is paid 0. Flip it")
    page = do(scope, twin, lambda: (paid.focus(), scope.page.keyboard.press("Enter")), {"do": "flip", "row": 0})
    assert page["answers"][0] | {"was": "", "is": ""} == {
        "text": "27+33 is 50.", "paid": "1", "by_hand": True, "was": "", "is": "",
    }  # fmt: skip
    assert_shows(scope, page, 0)

    def retype():
        scope.get_by_role("button", name="Retype answer 2").focus()
        scope.page.keyboard.press("Enter")
        scope.page.keyboard.type("27+33 is 6")
        scope.page.keyboard.press("Enter")

    page = do(scope, twin, retype, {"do": "edit", "row": 1, "text": "27+33 is 6"})
    assert_shows(scope, page, 1)
    scope.get_by_role("button", name="Retype answer 2").click()
    scope.page.keyboard.type("é")
    scope.page.keyboard.press("Enter")
    scope.locator(".rlc-message", has_text="That cannot be done: the tokenizer does not know 'é'").wait_for()
    assert scope.locator(".rlc-answer").nth(1).locator(".rlc-small").all_text_contents() == [
        shown for shown, _ in page["tokens"][1]
    ]


def test_arrow_keys_go_over_tokens_and_answers_and_rows_colour(scope, twin):
    scope.locator(".rlc-lens").focus()
    for key in ("Home", "ArrowRight", "ArrowUp"):
        scope.page.keyboard.press(key)
    said = scope.locator(".rlc-said").text_content()
    assert said.startswith(
        "Answer 2, token 2 of 14, “␣guess” (with a space before): probability 100 %; log-probability "
    )
    assert scope.locator(".rlc-column.rlc-at").count() == scope.locator(".rlc-token.rlc-at").count() == 1
    scope.get_by_role("button", name="KL", exact=True).click()
    assert scope.locator(".rlc-legend-line").text_content().startswith("The answers are coloured by the KL.")
    assert scope.get_by_role("button", name="KL", exact=True).get_attribute("aria-pressed") == "true"


def test_a_narrow_page_keeps_all_of_it(scope):
    usual = scope.page.viewport_size
    scope.page.set_viewport_size({"width": 800, "height": usual["height"]})
    scope.page.wait_for_timeout(300)
    wide, room = scope.evaluate("one => [one.scrollWidth, one.clientWidth]")
    scope.page.set_viewport_size(usual)
    assert wide <= room + 1


def test_python_answers_a_flip_soon(scope, record_property):
    scope.locator(".rlc-paid").first.focus()
    keys = {"keys": ("Enter", "Enter"), "watched": ".rlc-scope .rlc-paid", "presses": 10}
    report_latency(
        "token microscope, by the kernel", latencies(scope.page, None, **keys), aim=100, record=record_property
    )

from collections import Counter
from dataclasses import replace

import pytest

from rlcourse.equations import group_advantages
from rlcourse.exercises import quiz, quizzing
from rlcourse.exercises.quizzes import QUIZZES, find_quiz
from rlcourse.exercises.quizzing import count_right, quiz_html, quiz_text, quiz_widget
from rlcourse.exercises.record import QuizRecord, load_record

QUESTIONS = [(q.notebook, number, question) for q in QUIZZES.values() for number, question in enumerate(q.questions)]


@pytest.mark.parametrize("name", QUIZZES)
def test_a_quiz_has_three_to_six_questions(name):
    chosen = find_quiz(name)
    assert chosen.notebook == name
    assert 3 <= len(chosen.questions) <= 6
    places = Counter(next(i for i, o in enumerate(q.options) if o.right) for q in chosen.questions)
    assert max(places.values()) <= len(chosen.questions) // 2  # "always the second" is no good strategy


@pytest.mark.parametrize("name, number, question", QUESTIONS, ids=[f"{name}-{n + 1}" for name, n, _ in QUESTIONS])
def test_every_answer_is_explained_and_one_is_right(name, number, question):
    assert question.text.endswith("?")
    assert 3 <= len(question.options) <= 5
    assert sum(option.right for option in question.options) == 1
    assert len({option.text for option in question.options}) == len(question.options)
    assert len({option.explanation for option in question.options}) == len(question.options)
    for option in question.options:
        assert option.explanation.endswith(".") and len(option.explanation) > 25
    lengths = sorted((len(option.text), option.right) for option in question.options)
    assert lengths[-1][0] < 100


def test_the_numbers_in_the_grpo_quiz_are_right():
    import torch

    options = QUIZZES["10"].questions[0].options
    right = next(option.text for option in options if option.right)
    advantages = group_advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0]]))[0].tolist()
    assert [float(text.replace("−", "-")) for text in right.split(",")] == pytest.approx(advantages, abs=1e-3)


def test_the_score_follows_the_answers():
    chosen = find_quiz("02")
    right = [next(i for i, option in enumerate(q.options) if option.right) for q in chosen.questions]
    nothing = [-1] * len(right)
    assert count_right(chosen, nothing) == 0
    assert count_right(chosen, right) == len(right)
    assert count_right(chosen, [*nothing[:-1], right[-1]]) == 1
    wrong = [(i + 1) % len(q.options) for i, q in zip(right, chosen.questions, strict=True)]
    assert count_right(chosen, wrong) == 0


def test_answers_from_the_browser_reach_the_score():
    chosen, scores = find_quiz("10"), []
    widget = quiz_widget(chosen, scores.append)
    widget.set_state({"answers": [2, -1, -1, -1, -1, -1]})
    widget.set_state({"answers": [2, 3, -1, -1, -1, -1]})
    widget.set_state({"answers": [2, 0, -1, -1, -1, -1]})
    assert scores == [1, 1, 2]


def test_the_fallbacks_hold_everything(capsys):
    quiz("02")
    printed = capsys.readouterr().out
    chosen = find_quiz("02")
    assert printed.strip() == quiz_text(chosen)
    for question in chosen.questions:
        for text in (question.text, *(o.text for o in question.options), *(o.explanation for o in question.options)):
            assert text in printed
    assert quiz_html(chosen).count("<details>") == sum(len(q.options) for q in chosen.questions)


def test_the_widget_shows_itself_with_both_fallbacks_and_remembers(monkeypatch):
    shown, made = [], []
    make = quizzing.quiz_widget
    monkeypatch.setattr(quizzing, "show_widget", shown.append)
    monkeypatch.setattr(quizzing, "quiz_widget", lambda *arguments: made.append(make(*arguments)) or made[0])
    quiz("10")
    bundle = shown[0]._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "text/plain", "text/html"}
    made[0].set_state({"answers": [2, -1, -1, -1, -1, -1]})
    assert load_record().quiz("10").right == 1


def test_an_unknown_quiz_lists_those_there_are():
    with pytest.raises(ValueError, match=r"'02', .*'10'.*, got '99'"):
        quiz("99")


def test_questions_may_stand_alone_and_count_together(monkeypatch):
    shown = []
    monkeypatch.setattr(quizzing, "show_widget", shown.append)
    right = [next(i for i, option in enumerate(q.options) if option.right) for q in find_quiz("06").questions]
    quiz("06", [2])
    quiz("06", [4, 1])
    assert [q["text"] for q in shown[1].quiz["questions"]] == [find_quiz("06").questions[i].text for i in (3, 0)]
    shown[0].set_state({"answers": [right[1]]})
    shown[1].set_state({"answers": [right[3], -1]})
    assert load_record().quiz("06") == QuizRecord(right=2, total=6)
    shown[1].set_state({"answers": [right[3], (right[0] + 1) % 3]})
    assert load_record().quiz("06").right == 2
    quiz("06")
    shown[2].set_state({"answers": [right[0], -1, -1, -1, -1, -1]})
    assert load_record().quiz("06").right == 3, "wherever a question was answered"


@pytest.mark.parametrize("questions", [[], [0], [7], [2, 2], "2", 2, [True]])
def test_questions_that_are_not_there_are_refused(questions):
    with pytest.raises((TypeError, ValueError), match="questions"):
        quiz("06", questions)


def test_part_of_a_quiz_is_called_by_its_number_of_questions():
    whole = find_quiz("02")
    parts = [replace(whole, questions=whole.questions[:count]) for count in (1, 2)]
    assert [quizzing.heading(one) for one in (whole, *parts)] == [f"Quiz: {whole.title}", "A question", "Two questions"]
    assert quiz_text(parts[1]).startswith("Two questions\n") and "<b>A question</b>" in quiz_html(parts[0])

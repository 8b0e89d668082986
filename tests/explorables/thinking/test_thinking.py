"""A run that writes its working out: what is drawn is what was recorded, or what the equations make of it."""

import numpy as np
import pytest
import torch

from rlcourse.algorithms import History
from rlcourse.equations import best_of_k, majority_vote, pass_at_k
from rlcourse.experiments import ROADS, Film, load_curves, load_film
from rlcourse.explorables.thinking.recorded import measured
from rlcourse.explorables.thinking.roads import thinking_roads, thinking_roads_figure, thinking_roads_plot
from rlcourse.explorables.thinking.run_film import thinking_film, thinking_film_figure, thinking_film_plot
from rlcourse.explorables.thinking.several_attempts import (
    attempts_worth,
    several_attempts,
    several_attempts_figure,
    several_attempts_plot,
)
from rlcourse.language import Chain, ChainAnswers


def run(*rows):
    names = ("accuracy", "worked", "guessed", "tokens")
    steps = [{"step": 4 * i} | dict(zip(names, row, strict=True)) for i, row in enumerate(rows)]
    return History([*steps, {"step": 99, "reward": 1.0}])


ONE = {0: run((0.2, 0.3, 0.6, 14), (0.9, 1.0, 0.0, 35)), 1: run((0.3, 0.4, 0.5, 15), (0.7, 0.8, 0.1, 30))}
OTHER = {0: run((0.2, 0.3, 0.6, 14), (0.1, 0.0, 1.0, 7)), 1: run((0.3, 0.4, 0.5, 15), (0.0, 0.0, 1.0, 8))}
FILM = Film(
    steps=(0, 4),
    questions=(Chain(20, 2, 5), Chain(23, 4, 7)),
    texts=((("I guess {x}", " It is\n30."), ("", " It is 1.")), ((" 30.", " 30."), (" 51.", " 5"))),
    lengths=(((7, 8), (1, 7)), ((21, 21), (35, 56))),
    rewards=(((0.0, 1.0), (0.0, 0.0)), ((1.0, 1.0), (1.0, 0.0))),
)
CHAINS = (Chain(20, 2, 5), Chain(23, 4, 7))
RESULTS = (30, 30, 12, -1, 51, 50, 50, 40)
ANSWERS = ChainAnswers(
    chains=CHAINS,
    each=4,
    texts=("",) * 8,
    lengths=(7,) * 8,
    rewards=tuple(float(r == (30 if i < 4 else 51)) for i, r in enumerate(RESULTS)),
    results=RESULTS,
    sureness=(-0.5, -0.2, -0.1, -0.9, -0.3, -0.4, -0.8, -0.7),
)


def test_roads_are_drawn_as_they_were_measured():
    plot = thinking_roads_plot({"free": ONE, "tied": OTHER})
    np.testing.assert_allclose(plot.pick("accuracy_mean", {"road": 0}, "step"), [25, 80])
    np.testing.assert_allclose(plot.pick("tokens_low", {"road": 1}, "step"), [14, 7])
    np.testing.assert_allclose(plot.pick("worked_high", {"road": 0}, "step"), [40, 100])
    np.testing.assert_allclose(plot.pick("accuracy_runs", {"road": 0}, "run"), [90, 70, 10, 0])
    said = plot.fill(plot.readouts[0], {"road": 1})
    assert said.startswith(
        "The model is tied: 25 % of its answers are right at first, and after 4 updates 5 % (0 to 10 over"
    )
    assert said.endswith("14.5 tokens at first and 7.5 then.")


def test_a_film_shows_the_answers_of_its_moment():
    plot = thinking_film_plot(FILM, ONE)
    state = {"step": 4, "question": 1}
    assert [plot.fill(line, state) for line in plot.readouts[1:]] == ["✓ 51.", "✗ 5"]
    assert [plot.fill(line, {"step": 0, "question": 0}) for line in plot.readouts[1:]] == [
        "✗ I guess {x}",
        "✓ It is 30.",
    ]
    assert plot.fill(plot.readouts[1], {"step": 0, "question": 1}) == "✗ …"
    assert plot.fill(plot.readouts[0], state).startswith(
        "After 4 updates 90 % of all held-out answers are right, with 35.0"
    )
    np.testing.assert_allclose(plot.pick("right_length", state, "answer"), [35, 0])
    np.testing.assert_allclose(plot.pick("wrong_length", state, "answer"), [0, 56])
    np.testing.assert_allclose(plot.pick("accuracy_high", state, "moment"), [30, 90])


def test_attempts_are_worth_what_the_equations_say():
    rewards, results = torch.tensor(ANSWERS.rewards).view(2, 4), torch.tensor(RESULTS).view(2, 4)
    found = attempts_worth(ANSWERS, (1.0, 2.0, 4.0))
    for place, k in enumerate((1, 2, 4)):
        counted = pass_at_k(4, rewards.sum(1).long(), k).mean()
        assert found["known"][place] == pytest.approx(100 * counted.item())
        chosen = best_of_k(torch.tensor(ANSWERS.sureness).view(2, 4), rewards, k).mean()
        assert found["surest"][place] == pytest.approx(100 * chosen.item())
    assert found["voted"][2] == pytest.approx(100 * majority_vote(results, torch.tensor([30, 51])).mean().item())
    assert found["voted"][0] == pytest.approx(found["known"][0])  # nobody to agree with


def test_a_learners_own_functions_are_drawn():
    plot = several_attempts_plot(
        {"one": ANSWERS}, pass_fn=lambda n, c, k: [0.25, 0.75], vote_fn=lambda results, right: torch.ones(2)
    )
    assert plot.pick("known_0", {"k": 4}).item() == 50 and plot.pick("voted_0", {"k": 1}).item() == 100
    assert plot.fill(plot.readouts[1], {"k": 4}).startswith("One: 50 % if a right one is enough")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: thinking_roads_plot({"free": ONE}), "at least two"),
        (lambda: thinking_roads_plot({"free": ONE, "tied": {0: OTHER[0]}}), "equally many runs"),
        (lambda: thinking_film_plot(FILM, {0: run((0.2, 0.3, 0.6, 14))}), "must be shot where the runs were measured"),
        (lambda: measured({}, "accuracy"), "curves must hold runs with 'accuracy'"),
        (lambda: several_attempts({}), "as many attempts each"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_shipped_recordings_open_and_can_be_printed():
    runs, film = {words: load_curves(name) for name, words in ROADS.items()}, load_film()
    assert thinking_roads(runs).view.plot.grids["road"] == tuple(range(len(ROADS)))
    assert thinking_roads_figure(runs, road=2).axes
    assert len(thinking_film(film, runs[ROADS["thinking"]]).view.plot.readouts) == 1 + len(film.texts[0][0])
    assert thinking_film_figure(film, runs[ROADS["thinking"]], step=film.steps[-1]).axes
    assert several_attempts_figure({"one": ANSWERS, "two": ANSWERS}, k=4).axes

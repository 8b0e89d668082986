"""Which questions teach: the curve is the equation's, the dots are groups that were really asked."""

import pytest
import torch

from rlcourse.equations import informative_share
from rlcourse.explorables import which_questions_teach, which_questions_teach_figure
from rlcourse.explorables.groups.which_questions_teach import SIZES, asked, which_questions_teach_plot

GENERATOR = torch.Generator().manual_seed(0)
CHANCES = torch.linspace(0, 1, 12)


def rewards(shift=0.0):
    """Twelve questions of known chances, 64 answers each."""
    chances = (CHANCES + shift).clamp(0, 1)
    return (torch.rand(12, 64, generator=GENERATOR) < chances[:, None]).float()


REWARDS = {"before": rewards(), "later": rewards(0.5)}


@pytest.fixture(scope="module")
def plot():
    return which_questions_teach_plot(REWARDS)


@pytest.mark.parametrize("size", range(len(SIZES)))
@pytest.mark.parametrize("p", [0.0, 0.07, 0.5, 1.0])
def test_the_curve_and_its_point_are_those_of_the_equation(plot, size, p):
    state = {"p": p, "size": size, "moment": 0}
    share = float(informative_share(torch.tensor(p, dtype=torch.float64), num_generations=SIZES[size]))
    assert float(plot.pick("share", state)) == pytest.approx(100 * share)
    assert plot.pick("curve", state, along="place")[round(100 * p)] == pytest.approx(100 * share)
    said = plot.fill(plot.readouts[0], state)
    assert ("nothing is learned" in said) if share == 0 else (f"{SIZES[size] / share:.1f}"[:4] in said)


def test_questions_are_counted_where_they_stand_and_no_group_is_made_up(plot):
    state = {"p": 0.5, "size": 2, "moment": 0}
    measured = asked(REWARDS["before"])
    assert plot.pick("count", state, along="bin").sum() == 12
    assert measured.right.tolist() == pytest.approx(REWARDS["before"].mean(1).tolist())
    groups = REWARDS["before"].reshape(12, -1, 8).sum(-1)
    share = ((groups > 0) & (groups < 8)).double().mean()
    assert float(plot.pick("all", state)) == pytest.approx(100 * share)
    assert f"{100 * share:.0f} % teach" in plot.fill(plot.readouts[1], state)


def test_larger_groups_teach_more_and_solved_questions_less(plot):
    all_of = [[float(plot.pick("all", {"p": 0.5, "size": s, "moment": m})) for s in range(len(SIZES))] for m in (0, 1)]
    assert all_of[0] == sorted(all_of[0]) and all_of[1] == sorted(all_of[1])
    assert all_of[1][2] < all_of[0][2]


def test_it_has_its_controls_and_a_figure():
    made = which_questions_teach(REWARDS)
    assert [type(control).__name__ for control in made.children[1].children] == [
        "FloatSlider", "SelectionSlider", "SelectionSlider",
    ]  # fmt: skip
    assert made.view.plays == ["moment"]
    assert len(which_questions_teach_figure(REWARDS, p=0.2, size=1, moment=1).axes) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "at least one moment"),
        ({"before": torch.zeros(3, 33)}, "multiple of 32"),
        ({"before": torch.full((3, 32), 0.5)}, "0 or 1"),
        ({"before": torch.zeros(3, 32), "later": torch.zeros(2, 32)}, "equally many"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        which_questions_teach_plot(given)

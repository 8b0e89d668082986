"""Our pictures say nothing by colour alone, and are the same, pixel for pixel, whatever the user has set."""

from contextlib import contextmanager
from inspect import signature

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import rlcourse.explorables as door
from rlcourse.algorithms import History
from rlcourse.experiments import (
    ASKED,
    BETAS,
    ROADS,
    WARDS,
    beta_name,
    load_careless,
    load_curves,
    load_film,
    load_prices,
    load_replies,
)
from rlcourse.explorables.clipping import batch_of_ratios
from rlcourse.explorables.clipping.batch_of_ratios import record_update
from rlcourse.explorables.gradients import baseline_and_variance
from rlcourse.explorables.robots.drive import drive_figure
from rlcourse.explorables.robots.films import films_figure
from rlcourse.explorables.robots.pole import pole_figure
from rlcourse.explorables.robots.reward_design import reward_design_figure
from rlcourse.explorables.training.training_picture import TrainingPicture
from rlcourse.explorables.values import gae_bias_variance
from rlcourse.language import (
    ANNOTATORS,
    REQUESTS,
    Chain,
    ChainAnswers,
    LanguagePolicy,
    Sum,
    arithmetic_world,
    load_gpt2,
)
from rlcourse.maze import draw_maze, draw_policy, draw_trajectory, draw_values, film, generate_maze, solve, walk
from rlcourse.showing.picture import Picture, png
from tests.explorables.looks import told_by_colour_alone

MAZE = generate_maze(3, seed=0)
SOLUTION = solve(MAZE, gamma=0.9)
WALK = walk(MAZE, SOLUTION.policy)
RUN = History({"step": i, "score": i / 4, "approx_kl": 0.01 * i, "clip_fraction": 0.1} for i in range(1, 6))
REWARDED = History([{"step": 0}, *({"step": i, "reward": 0.4 + i / 9} for i in range(1, 5))])
OLD = History([{"step": 0, "accuracy": 0.3}, *({"step": i, "accuracy": 0.4, "clip_fraction": 0.1} for i in (1, 2))])
REWARDS_OF_TWO = torch.tensor([[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0]]).repeat(1, 8)
KEPT = (batch_of_ratios._usual, baseline_and_variance._gradients, gae_bias_variance._whole_plot)
"""What an explorable computes once and keeps."""
FALLING = [0.5, 0.3, -0.2]
PLANE = torch.tensor([[0.0, 0.0], [0.5, 0.2], [1.0, 1.0]])
TOKENS = ("a", "b", "c")
ATTEMPTS = ChainAnswers((Chain(20, 2, 5),), 4, ("",) * 4, (7,) * 4, (1.0, 0.0, 0.0, 1.0), (30, 9, 8, 30), (-1.0,) * 4)
THREE = torch.tensor([0.5, 0.3, 0.2])
UPHILL = THREE.expand(MAZE.num_states, 3)


@pytest.fixture(scope="module")
def recorded():
    return record_update([0.2], epochs=1, trained=0)


BY_THEMSELVES = {
    name: lambda _, name=name: getattr(door, name)()
    for name in door.__all__
    if name.endswith(("_figure", "_picture"))
    and all(given.default is not given.empty for given in signature(getattr(door, name)).parameters.values())
}
"""Whatever the door has that can be drawn as it stands."""
DRAWN = BY_THEMSELVES | {
    "batch_of_ratios_figure": lambda recorded: door.batch_of_ratios_figure(recorded),
    "values_of_gamma_figure": lambda _: door.values_of_gamma_figure(MAZE),
    "bands_picture": lambda _: door.bands_picture({"PPO": {0: RUN, 1: RUN}}, metric="score", target=1, percent=True),
    "baseline_picture": lambda _: door.baseline_picture(
        ["q"], THREE[:1], THREE[None], {2: 0.1, 4: 0.05}, {2: 0.1, 4: 0.05}
    ),
    "curves_picture": lambda _: door.curves_picture({"one": {"a": FALLING, "b": FALLING}}, xlabel="steps"),
    "descent_picture": lambda _: door.descent_picture(
        torch.eye(2), torch.ones(2), {"one": PLANE, "two": PLANE}, {"one": [1, 0.5, 0.1], "two": [1, 0.5, 0.1]}, mark=1
    ),
    "furthest_picture": lambda _: door.furthest_picture(
        MAZE, np.linspace(0, 1, MAZE.num_states), 3, before=THREE.numpy(), after=THREE.numpy()
    ),
    "promise_and_truth_figure": lambda _: door.promise_and_truth_figure(
        MAZE, [0, 0.1, 0.5], [0.0, 0.1, 0.2], [0.0, 0.1, -0.2], 1 + np.arange(108.0).reshape(3, 36), limit=0.05
    ),
    "gradient_picture": lambda _: door.gradient_picture({"exact": THREE}, {"k1": THREE}, TOKENS),
    "group_picture": lambda _: door.group_picture(["4", "5"], torch.tensor([1.0, 0.0]), torch.tensor([0.7, -0.7])),
    "kinds_picture": lambda _: door.kinds_picture(
        {"before": door.kinds_of_answers(["I guess 4", "2+2 is 4"], [0.0, 1.0])}
    ),
    "kl_picture": lambda _: door.kl_picture({"k1": THREE - 0.3}, THREE, 0.1, TOKENS),
    "learning_picture": lambda _: door.learning_picture(
        {"TD": [([0, 5], [-1, 1])]}, best_possible=1.0, turning=-0.5, updates=5
    ),
    "maps_picture": lambda _: door.maps_picture(MAZE, {"V": SOLUTION.V, "again": -SOLUTION.V}),
    "monte_carlo_and_td_figure": lambda _: door.monte_carlo_and_td_figure(MAZE, walks=2),
    "more_walks_figure": lambda _: door.more_walks_figure(FALLING, {1: [FALLING], 2: [FALLING]}, walks=2),
    "token_microscope_figure": lambda _: door.token_microscope_figure(
        LanguagePolicy(*load_gpt2("sft", device="cpu")), arithmetic_world([Sum(2, 2)]), answers=2, steps=1
    ),
    "next_token_bars_figure": lambda _: door.next_token_bars_figure(LanguagePolicy(*load_gpt2("sft")), "2+2 is"),
    "behind_padding_figure": lambda _: door.behind_padding_figure(
        *load_gpt2("sft", device="cpu"), "Question: What is 2+2?\nAnswer:", " 2+2 is 4.", padding=3
    ),
    "step_too_far_figure": lambda _: door.step_too_far_figure(MAZE, UPHILL, UPHILL, max_steps=60),
    "scores_picture": lambda _: door.scores_picture([" Go away.", " Sure!"], {"yours": [1.0, -0.5]}),
    "steps_picture": lambda _: door.steps_picture(
        THREE.numpy(), THREE.numpy(), terminated=np.array([0, 1, 0], bool), done=np.array([0, 1, 1], bool)
    ),
    "swept_robots_figure": lambda _: door.swept_robots_figure(
        MAZE, {"0.2": [RUN]}, {"0.2": [SOLUTION.policy]}, metric="score", limit=0.01
    ),
    "sweep_picture": lambda _: door.sweep_picture({"0.2": [RUN]}, metric="score", best=1.0, limit=0.01),
    "twenty_rounds_figure": lambda recorded: door.twenty_rounds_figure(recorded, round=1),
    "value_head_learns_figure": lambda _: door.value_head_learns_figure(TOKENS, THREE, {0: 0 * THREE, 5: THREE}),
    "walks_picture": lambda _: door.walks_picture(MAZE, MAZE.start_state, np.linspace(-1, 1, 20), exact=0.1),
    "drive_figure": lambda _: drive_figure(MAZE),
    "films_figure": lambda _: films_figure(MAZE, {"one": WALK, "two": WALK[:3]}),
    "pole_figure": lambda _: pole_figure({"one": np.zeros((9, 4))}),
    "reward_design_figure": lambda _: reward_design_figure(MAZE),
    "draw_maze": lambda _: draw_maze(MAZE, title="title"),
    "draw_values": lambda _: draw_values(MAZE, SOLUTION.V),
    "draw_policy": lambda _: draw_policy(MAZE, SOLUTION.policy),
    "draw_trajectory": lambda _: draw_trajectory(MAZE, WALK),
    "film": lambda _: film(MAZE, WALK[:4]),
    "learning_maze": lambda _: shown_in_the_maze(),
    "policy_maps_figure": lambda _: door.policy_maps_figure(
        generate_maze(3, seed=0), {"undecided": np.full((36, 3), 1 / 3)}, gamma=0.9
    ),
    "how_soon_figure": lambda _: door.how_soon_figure({"one": {0: REWARDED, 1: REWARDED}}, {"one": (0.1, 0.2)}),
    "runs_by_setting_figure": lambda _: door.runs_by_setting_figure(
        {"1": {0: REWARDED, 1: REWARDED}, "0.3": {0: REWARDED, 1: REWARDED}},
        [door.Chart("Reward", ("reward",))],
        label="temperature",
    ),
    "beta_and_rule_figure": lambda _: door.beta_and_rule_figure({b: load_curves(beta_name(b)) for b in BETAS}),
    "four_models_picture": lambda _: door.four_models_picture(
        dict.fromkeys(("policy", "reward model", "reference", "value model"), 3_300_000), {"policy": 9_900_000}
    ),
    "price_of_kl_figure": lambda _: door.price_of_kl_figure(load_prices(), load_replies(), asked=["?"] * len(ASKED)),
    "equal_kl_figure": lambda _: door.equal_kl_figure(load_prices(), load_curves("rlhf-dpo")),
    "equal_kl_picture": lambda _: door.equal_kl_picture(load_prices(), load_curves("rlhf-dpo")),
    "judge_a_group_figure": lambda _: door.judge_a_group_figure(
        LanguagePolicy(*load_gpt2("sft", device="cpu")), arithmetic_world([Sum(2, 2)]), answers=2
    ),
    "pieces_picture": lambda _: door.pieces_picture({"one": {"a": 1.0, "b": 2.0}}, title="Pieces", unit="s"),
    "careless_teachers_figure": lambda _: door.careless_teachers_figure(load_careless()),
    "who_prefers_figure": lambda _: door.who_prefers_figure(ANNOTATORS, REQUESTS[1], {"two": (" Sure!", " Go away.")}),
    "three_stages_picture": lambda _: door.three_stages_picture({"one": {"can": 1.0}, "two": {"can": 0.9}}),
    "forecast_picture": lambda _: door.forecast_picture(torch.eye(3), torch.ones(3), torch.ones(3, 3).bool()),
    "how_far_ahead_figure": lambda _: door.how_far_ahead_figure({"a walk": [-0.01, 0.99]}),
    "thinking_roads_figure": lambda _: door.thinking_roads_figure({w: load_curves(n) for n, w in ROADS.items()}),
    "thinking_film_figure": lambda _: door.thinking_film_figure(load_film(), load_curves("thinking")),
    "several_attempts_figure": lambda _: door.several_attempts_figure({"one": ATTEMPTS}),
    "weights_per_token_figure": lambda _: door.weights_per_token_figure(),
    "which_questions_teach_figure": lambda _: door.which_questions_teach_figure({"first": REWARDS_OF_TWO}),
    "age_of_data_figure": lambda _: door.age_of_data_figure({"one": {0: {0: OLD, 1: OLD}, 2: {0: OLD, 1: OLD}}}),
    "see_patients_figure": lambda _: door.see_patients_figure(WARDS["robots"], "13"),
    "patient_picture": lambda _: door.patient_picture(WARDS["robots"], "15"),
    "loop_picture": lambda _: door.loop_picture().figure,
    "dashboard": lambda _: TrainingPicture([door.Chart("Score", ("score", "approx_kl"), target=1)], 9).png(RUN),
}
HOSTILE = {
    "font.size": 22, "font.family": "serif", "text.color": "white", "text.usetex": True, "figure.dpi": 37,
    "savefig.bbox": "tight", "savefig.dpi": 37, "savefig.transparent": True, "lines.linewidth": 9, "axes.grid": True,
    "axes.facecolor": "black", "figure.constrained_layout.use": False, "xtick.color": "white", "axes.xmargin": 0.4,
    "axes.unicode_minus": False, "legend.frameon": False, "hatch.color": "red", "image.cmap": "gray",
    "axes.titlelocation": "right", "axes.spines.left": False, "path.sketch": (9, 9, 9),
}  # fmt: skip


def shown_in_the_maze():
    map_ = door.LearningMaze(MAZE)
    map_.show(SOLUTION.policy, SOLUTION.V)
    return map_.picture()


def pixels(drawn):
    figure = drawn.figure if isinstance(drawn, Picture) else drawn
    return figure if isinstance(figure, bytes) else png(figure)


def test_no_picture_of_the_door_is_forgotten():
    assert {name for name in door.__all__ if name.endswith(("_figure", "_picture"))} <= DRAWN.keys()


@contextmanager
def hostile_settings(name):
    """What a user may have set; on a device without numbers only what takes no numbers from the user can be drawn."""
    with matplotlib.style.context(["dark_background", HOSTILE]), np.errstate(all="raise"):
        if name in BY_THEMSELVES:
            for computed in KEPT:
                computed.cache_clear()
            torch.set_default_device("meta")
            torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_device(None)
            torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_says_nothing_by_colour_alone_and_does_not_depend_on_the_users_settings(recorded, name):
    drawn = DRAWN[name](recorded)
    if isinstance(figure := getattr(drawn, "figure", drawn), Figure):
        assert told_by_colour_alone(figure) == []
    usual = pixels(drawn)
    with hostile_settings(name):
        hostile = pixels(DRAWN[name](recorded))
        assert matplotlib.rcParams["font.size"] == 22, "and the user's settings stay as they are"
    assert hostile == usual


def test_a_figure_that_the_user_saves_is_ours_too(tmp_path):
    figure = door.clipped_objective_figure()
    figure.savefig(tmp_path / "usual.png")
    with matplotlib.style.context(["dark_background", HOSTILE]):
        figure = door.clipped_objective_figure()
        figure.savefig(tmp_path / "hostile.png")
    assert (tmp_path / "usual.png").read_bytes() == (tmp_path / "hostile.png").read_bytes()

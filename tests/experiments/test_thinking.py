"""The roads of the thinker: what their recorded runs show, what they pay, and a film that belongs to its curves."""

import numpy as np
import torch

from rlcourse.equations import length_penalty
from rlcourse.experiments import load_curves, load_film, priced, thinker
from rlcourse.experiments.thinking import every_token_costs
from rlcourse.experiments.thinking_film import shoot
from rlcourse.language import chain_reward


def ends(name, column, at=-1):
    found = [[row[column] for row in run if column in row] for run in load_curves(name).values()]
    return np.array([run[at] for run in found])


def test_free_to_write_every_seed_finds_that_thinking_pays():
    before, after = (ends("thinking", "accuracy", at) for at in (0, -1))
    assert ((before >= 0.15) & (before <= 0.40)).all() and (after >= 0.85).all()
    assert (ends("thinking", "tokens") >= 2 * ends("thinking", "tokens", 0)).all()
    assert (ends("thinking", "worked") >= 0.95).all()


def test_a_price_is_asked_group_by_group_and_by_tokens():
    seen = []

    def penalty(rewards, lengths):
        seen.append((rewards, lengths))
        return rewards - 0.5

    told = {"prompts": ["?"] * 4, "completions": [" 5.", " 6.", " 5.", " 5"], "answer": [5, 5, 5, 5]}
    finished, ids = [True, True, True, False], [[1], [1, 2], [1, 2, 3], [1]]
    assert priced(penalty, group=2)(**told, finished=finished, completion_ids=ids) == [0.5, -0.5, 0.5, -0.5]
    ((rewards, lengths),) = seen
    assert (
        rewards.tolist()
        == [[1, 0], [1, 0]]
        == torch.tensor(chain_reward(**told, finished=finished)).view(2, 2).tolist()
    )
    assert lengths.tolist() == [[1, 2], [3, 1]]


def test_of_the_two_prices_only_one_keeps_right_above_wrong():
    rewards, lengths = torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([[53, 30, 7]])
    dear, fair = every_token_costs(rewards, lengths)[0], length_penalty(rewards, lengths, weight=0.5)[0]
    assert dear[0] < dear[2]
    assert fair[1] > fair[0] > fair[2] == 0


def test_the_film_begins_with_what_the_thinker_says_and_is_as_long_as_its_curves():
    """Another machine may round otherwise: nearly all of the first answers are the same."""
    film, now = load_film(), shoot(thinker())
    measured_at = [row["step"] for row in load_curves("thinking")[0] if "accuracy" in row]
    assert list(film.steps) == measured_at
    same = [
        old == new
        for olds, news in zip(film.texts[0], now["texts"], strict=True)
        for old, new in zip(olds, news, strict=True)
    ]
    assert np.mean(same) > 0.8
    for texts, rewards in zip(film.texts, film.rewards, strict=True):
        for chain, said, paid in zip(film.questions, texts, rewards, strict=True):
            assert all(
                one in (0.0, score)
                for one, score in zip(
                    paid, chain_reward([""] * len(said), list(said), [chain.answer] * len(said)), strict=True
                )
            )


def test_made_to_answer_directly_every_seed_stays_at_guessing():
    assert (ends("thinking-direct", "accuracy") <= 0.12).all()


def test_cut_off_every_seed_keeps_writing_workings_that_cannot_end():
    assert (ends("thinking-tight", "accuracy") < 0.6).all()
    assert (ends("thinking-tight", "worked_long") > 0.5).all()


def test_where_workings_are_scarce_forty_updates_find_next_to_nothing():
    assert (ends("thinking-scarce", "worked") <= 0.1).all() and (ends("thinking-scarce", "accuracy") <= 0.15).all()


def test_charged_for_every_token_every_seed_learns_to_guess():
    assert (ends("thinking-every-token", "tokens") < ends("thinking-every-token", "tokens", 0)).all()
    assert (ends("thinking-every-token", "accuracy") <= 0.15).all()

"""What a policy said on the way: the answers to three questions over a recorded run of `thinking`.

    load_film()                                        what was kept
    python -m rlcourse.experiments.thinking_film       records `thinking` anew, and keeps the first seed's answers

Being asked takes no part in a run's chance, so that the curves are those of the experiment. Left out: the answers of
other seeds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from rlcourse.algorithms import Policy
from rlcourse.experiments.curves import SEEDS, save_curves
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.thinking import FILM_QUESTIONS, THINKING_ROADS
from rlcourse.files import ASSETS, write_whole
from rlcourse.language import Chain, LanguagePolicy, ask_chains

FILM = ASSETS / "thinking_film.json"
FILM_ANSWERS = 8
"""Answers to each question at each moment, always with the same chance."""


@dataclass(frozen=True)
class Film:
    """Answers along a run; the numbers are by moment, question and answer."""

    steps: tuple[int, ...]
    """After how many updates the policy was asked."""
    questions: tuple[Chain, ...]
    """What it was asked."""
    texts: tuple[tuple[tuple[str, ...], ...], ...]
    """What it said."""
    lengths: tuple[tuple[tuple[int, ...], ...], ...]
    """In tokens."""
    rewards: tuple[tuple[tuple[float, ...], ...], ...]
    """What the rule pays."""


def load_film() -> Film:
    """The film that comes with the course."""
    kept = json.loads(FILM.read_text("utf-8"))
    questions = tuple(Chain(*question) for question in kept["questions"])
    shots = {
        name: tuple(tuple(map(tuple, moment)) for moment in kept[name]) for name in ("texts", "lengths", "rewards")
    }
    return Film(tuple(kept["steps"]), questions, **shots)


def shoot(policy: LanguagePolicy) -> dict[str, list]:
    """The policy's answers to `FILM_QUESTIONS`, by question."""
    generator = torch.Generator().manual_seed(2)
    asked = ask_chains(policy, FILM_QUESTIONS, each=FILM_ANSWERS, generator=generator)
    every = range(0, len(asked.texts), FILM_ANSWERS)
    return {
        name: [list(getattr(asked, name)[i : i + FILM_ANSWERS]) for i in every]
        for name in ("texts", "lengths", "rewards")
    }


def filmed(experiment: Experiment, kept: list[dict[str, list]]) -> Experiment:
    """The same experiment, which adds the policy's answers to `kept` whenever it is measured."""

    def measure(policy: Policy) -> Mapping[str, float]:
        kept.append(shoot(policy))
        return experiment.evaluate(policy)

    return replace(experiment, evaluate=measure)


def main() -> None:
    """Record `thinking`, and write its curves and the film of its first seed."""
    free, kept = THINKING_ROADS[0], []
    first, *others = SEEDS
    runs = {first: filmed(free, kept).run(first)} | {seed: free.run(seed) for seed in others}
    print(f"{free.name}: {save_curves(free, runs)}")
    questions = [[chain.a, chain.k, chain.b] for chain in FILM_QUESTIONS]
    film = {"steps": [free.evaluate_every * i for i in range(len(kept))], "questions": questions}
    film |= {name: [moment[name] for moment in kept] for name in kept[0]}
    write_whole(FILM, json.dumps(film, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Preferences as data: pairs of replies, and which of the two somebody chose.

Those that come with the course were made by **simulated** annotators (`rlcourse.language.tasks.annotators`); nobody was
asked. The files are JSON lines in TRL's words, so that `datasets.load_dataset("json", …)` and TRL's `RewardTrainer`
read them as they are. Left out: ties, and rankings of more than two.
"""

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from rlcourse.files import ASSETS, write_whole
from rlcourse.language.tasks.annotators import gold_score, request_of

FOLDER = ASSETS / "preferences"
SPLITS = ("train", "test")


@dataclass(frozen=True)
class Preference:
    """One person's choice between two replies."""

    prompt: str
    """The request, as the model is asked it."""
    chosen: str
    """The reply that was preferred."""
    rejected: str
    """The other reply."""
    annotator: str
    """Who chose."""


def load_preferences(split: str = "train", *, folder: str | Path = FOLDER) -> list[Preference]:
    """The preferences that come with the course.

    Args:
        split: "train", each pair judged by one annotator, or "test", each judged by two: two rows one after the other.
        folder: Where `train.jsonl` and `test.jsonl` are.

    Raises:
        ValueError: There is no such split, or a line of its file is damaged.
        FileNotFoundError: The file is not there.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    path = Path(folder) / f"{split}.jsonl"
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; `python -m rlcourse.language.preferences` makes it")
    names, preferences = {field.name for field in fields(Preference)}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"line {number} of {path} is not JSON: {error}") from error
        if not isinstance(row, dict) or set(row) != names or not all(isinstance(text, str) for text in row.values()):
            raise ValueError(f"line {number} of {path} must hold the texts {', '.join(sorted(names))}")
        preferences.append(Preference(**row))
    return preferences


def save_preferences(preferences: Iterable[Preference], path: Path) -> None:
    """Write preferences as JSON lines; the file is complete or unchanged."""
    lines = (json.dumps(asdict(preference), ensure_ascii=False) for preference in preferences)
    write_whole(path, "".join(f"{line}\n" for line in lines))


def disagreement(preferences: Sequence[Preference]) -> float:
    """How often two people who judged the same pair of replies chose differently.

    Raises:
        ValueError: No pair was judged by two people.
    """
    judged: dict[tuple, list[Preference]] = {}
    for p in preferences:
        judged.setdefault((p.prompt, frozenset((p.chosen, p.rejected))), []).append(p)
    differing, total = 0.0, 0
    for judgements in judged.values():
        two = [(a, b) for a, b in itertools.combinations(judgements, 2) if a.annotator != b.annotator]
        if two:  # a pair of replies counts as often as it was judged, not as often as judgements can be paired
            differing += len(judgements) * sum(a.chosen != b.chosen for a, b in two) / len(two)
            total += len(judgements)
    if not total:
        raise ValueError("preferences must hold a pair that two annotators judged, got none")
    return differing / total


def as_gold_would_choose(preferences: Sequence[Preference]) -> list[Preference]:
    """The same pairs with gold's choice in the place of the annotator's, without those that gold finds equally good."""
    chosen = []
    for p in preferences:
        request = request_of(p.prompt)
        difference = gold_score(request, p.chosen) - gold_score(request, p.rejected)
        if difference:
            better, worse = (p.chosen, p.rejected) if difference > 0 else (p.rejected, p.chosen)
            chosen.append(replace(p, chosen=better, rejected=worse, annotator="gold"))
    return chosen

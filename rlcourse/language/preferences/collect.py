"""Collecting preferences: `python -m rlcourse.language.preferences` makes the pairs that come with the course.

The bundled model "sft" answers the requests, several hundred times each, and **simulated** annotators
(`rlcourse.language.tasks.annotators`) compare two different answers at a time. Nobody was asked. Left out: answers that
were cut off at the token limit, which an annotator would take for careless ones.
"""

import argparse
import random
from pathlib import Path

import torch

from rlcourse.files import write_whole
from rlcourse.language.model.checkpoints import load_gpt2
from rlcourse.language.model.checksums import write_checksums
from rlcourse.language.model.sampling import sample
from rlcourse.language.preferences.card import write_card
from rlcourse.language.preferences.data import FOLDER, SPLITS, Preference, disagreement, save_preferences
from rlcourse.language.tasks.annotators import ANNOTATORS
from rlcourse.language.tasks.requests import REQUESTS

TRAIN_PAIRS = 2400
"""Pairs to learn from, each judged by one annotator."""
TEST_PAIRS = 500
"""Pairs to measure on, each judged by two annotators, so that their disagreement can be measured."""
_TEST_SHARE = 0.2
"""The share of all distinct pairs of texts that are kept for "test"."""
_ROUNDS, _ANSWERS_PER_ROUND = 20, 20
_LONGEST_ANSWER = 40


def collect_preferences(
    model, tokenizer, *, train_pairs: int = TRAIN_PAIRS, test_pairs: int = TEST_PAIRS, seed: int = 0
) -> dict[str, list[Preference]]:
    """Let a model answer the requests, and let the simulated annotators compare its answers.

    The two texts of a pair differ, and no pair of texts stands in both splits.

    Args:
        model: Whose answers are compared.
        tokenizer: Its tokenizer.
        train_pairs: Pairs for "train".
        test_pairs: Pairs for "test".
        seed: Drives the answers, the pairs and the choices.

    Returns:
        The preferences by the name of their split.
    """
    answers = _finished_answers(model, tokenizer, seed)
    rng, wanted = random.Random(seed), {"train": train_pairs, "test": test_pairs}
    drawn: dict[str, list] = {split: [] for split in SPLITS}
    split_of: dict[tuple, str] = {}
    while any(len(drawn[split]) < wanted[split] for split in SPLITS):
        request, pair = _two_answers(answers, rng)
        # A pair that comes again goes where it went the first time: the model says the common things often.
        split = split_of.setdefault((request, frozenset(pair)), "test" if rng.random() < _TEST_SHARE else "train")
        if len(drawn[split]) < wanted[split]:
            drawn[split].append((request, pair))
    judges = {"train": 1, "test": 2}
    return {
        split: [_choice(*item, judge, rng) for item in items for judge in rng.sample(ANNOTATORS, judges[split])]
        for split, items in drawn.items()
    }


def _finished_answers(model, tokenizer, seed: int) -> list[list[str]]:
    """The model's answers to each request, those left out that did not come to their end."""
    answers: list[list[str]] = [[] for _ in REQUESTS]
    generator = torch.Generator().manual_seed(seed)
    for _ in range(_ROUNDS):
        samples = sample(
            model,
            tokenizer,
            [request.prompt for request in REQUESTS],
            num_generations=_ANSWERS_PER_ROUND,
            max_new_tokens=_LONGEST_ANSWER,
            generator=generator,
        )
        texts, ended = samples.texts(tokenizer), samples.finished(tokenizer)
        for row, (text, finished) in enumerate(zip(texts, ended, strict=True)):
            if finished:
                answers[row // _ANSWERS_PER_ROUND].append(text)
    return answers


def _two_answers(answers: list[list[str]], rng: random.Random):
    """A request and two different answers to it."""
    while True:
        which = rng.randrange(len(REQUESTS))
        pair = tuple(rng.sample(answers[which], 2))
        if pair[0] != pair[1]:
            return REQUESTS[which], pair


def _choice(request, pair, annotator, rng: random.Random) -> Preference:
    a, b = pair
    chosen, rejected = (a, b) if annotator.prefers(request, a, b, rng) else (b, a)
    return Preference(request.prompt, chosen, rejected, annotator.name)


def main() -> None:
    """Make the preferences that come with the course, and their card."""
    parser = argparse.ArgumentParser(prog="python -m rlcourse.language.preferences", description="Collect preferences.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where train.jsonl, test.jsonl and README.md go")
    parser.add_argument("--seed", type=int, default=0, help="drives the answers, the pairs and the choices")
    arguments = parser.parse_args()
    collected = collect_preferences(*load_gpt2("sft", device="cpu"), seed=arguments.seed)
    for split, preferences in collected.items():
        save_preferences(preferences, arguments.folder / f"{split}.jsonl")
    card = write_card(collected, disagreement=disagreement(collected["test"]), seed=arguments.seed)
    write_whole(arguments.folder / "README.md", card)
    if arguments.folder == FOLDER:
        write_checksums()
    print(card)


if __name__ == "__main__":
    main()

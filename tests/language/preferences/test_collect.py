"""The preferences: who chose what, how they are read and made, and what the shipped ones promise."""

import json
import random
import re

import pytest
import torch

from rlcourse.language import (
    ANNOTATORS,
    REQUESTS,
    Preference,
    disagreement,
    gold_win_rate,
    load_gpt2,
    load_preferences,
)
from rlcourse.language.model.sampling import Samples
from rlcourse.language.preferences import collect as module
from rlcourse.language.preferences.collect import collect_preferences
from rlcourse.language.preferences.data import FOLDER, as_gold_would_choose, save_preferences
from rlcourse.language.tasks.annotators import gold_score, request_of

PROMPT = REQUESTS[0].prompt


def _choice(chosen, rejected, annotator="Ann"):
    return Preference(PROMPT, chosen, rejected, annotator)


@pytest.fixture
def small(monkeypatch):
    """Collecting, with few answers and the bundled model."""
    monkeypatch.setattr(module, "_ROUNDS", 2)
    monkeypatch.setattr(module, "_ANSWERS_PER_ROUND", 4)
    return lambda seed=0: collect_preferences(*load_gpt2("sft", device="cpu"), train_pairs=60, test_pairs=15, seed=seed)


def _pairs(preferences):
    return {(p.prompt, frozenset((p.chosen, p.rejected))) for p in preferences}


def test_the_shipped_preferences_are_what_their_card_says():
    train, test = load_preferences("train"), load_preferences("test")
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(train) == 2400 and len(test) == 1000
    assert "simulated" in card and "No person was asked" in card
    assert f"| `train.jsonl` | 2,400 | {len(_pairs(train)):,} |" in card
    assert f"chose differently in {disagreement(test):.1%} of cases" in card
    assert f"two annotators each | {_with_gold(test):.1%} |" in card
    assert 0.2 <= disagreement(test) <= 0.25
    assert "{" not in card.split("configs:")[1].split("---")[1]


def _with_gold(preferences):
    return gold_win_rate(*zip(*((p.prompt, p.chosen, p.rejected) for p in preferences), strict=True))


@pytest.mark.parametrize("split", ["train", "test"])
def test_shipped_pairs_are_two_different_replies_to_a_request(split):
    preferences = load_preferences(split)
    assert all(p.chosen != p.rejected for p in preferences)
    assert {p.prompt for p in preferences} == {request.prompt for request in REQUESTS}
    assert {p.annotator for p in preferences} == {annotator.name for annotator in ANNOTATORS}


def test_no_pair_is_both_learned_from_and_measured_on():
    assert not _pairs(load_preferences("train")) & _pairs(load_preferences("test"))


def test_every_shipped_test_pair_was_judged_by_two_people():
    test = load_preferences("test")
    for a, b in zip(test[::2], test[1::2], strict=True):
        assert _pairs([a]) == _pairs([b]) and a.annotator != b.annotator


def test_the_shipped_files_are_in_trls_words():
    for line in (FOLDER / "test.jsonl").read_text(encoding="utf-8").splitlines()[:5]:
        assert list(json.loads(line)) == ["prompt", "chosen", "rejected", "annotator"]


def test_collecting_is_a_function_of_its_seed(small):
    first, again, other = small(), small(), small(seed=1)
    assert first == again
    assert first != other
    assert {split: len(rows) for split, rows in first.items()} == {"train": 60, "test": 30}
    assert not _pairs(first["train"]) & _pairs(first["test"])


def test_answers_that_were_cut_off_are_not_compared(monkeypatch, small, tokenizer):
    def sample(model, tokenizer, prompts, *, num_generations, **_):
        rows = len(prompts) * num_generations
        texts = [(f" {row}.", row % 2 == 0) for row in range(rows)]  # every other answer comes to its end
        ids = [tokenizer(text).input_ids + ([0] if ended else [42]) for text, ended in texts]
        width = max(map(len, ids))
        tokens = torch.tensor([row + [0] * (width - len(row)) for row in ids])
        mask = torch.tensor([[True] * len(row) + [False] * (width - len(row)) for row in ids])
        empty = torch.zeros(rows, 1)
        return Samples(empty.long(), empty[:, 0].long(), tokens, mask, empty.expand(-1, width), num_generations)

    monkeypatch.setattr(module, "sample", sample)
    seen = {text for rows in small().values() for p in rows for text in (p.chosen, p.rejected)}
    assert all(int(re.fullmatch(r" (\d+)\.", text)[1]) % 2 == 0 for text in seen)


def test_the_chosen_reply_is_the_one_that_the_annotator_prefers():
    steady = next(a for a in ANNOTATORS if a.name == "Cleo")
    request, rng = REQUESTS[0], random.Random(0)
    good, bad = f"{request.good}.", f"{request.bad}."
    for pair in [(good, bad), (bad, good)]:
        made = [module._choice(request, pair, steady, rng) for _ in range(50)]
        assert {p.prompt for p in made} == {request.prompt} and {p.annotator for p in made} == {"Cleo"}
        assert sum(p.chosen == good for p in made) > 45


def test_disagreement_is_counted_between_people_and_by_judgements():
    assert disagreement([_choice("a", "b"), _choice("b", "a", "Ben")]) == 1.0
    assert disagreement([_choice("a", "b"), _choice("a", "b", "Ben")]) == 0.0
    # One annotator who wavers does not disagree with anybody; a pair judged once says nothing.
    assert disagreement([_choice("a", "b"), _choice("a", "b", "Ben"), _choice("c", "d"), _choice("d", "c")]) == 0.0
    # A pair that was judged often counts in proportion, and not by the square.
    often = [_choice("a", "b"), _choice("a", "b", "Ben")] * 3
    assert disagreement([*often, _choice("c", "d"), _choice("d", "c", "Ben")]) == pytest.approx(0.25)
    with pytest.raises(ValueError, match="that two annotators judged, got none"):
        disagreement([_choice("a", "b"), _choice("c", "d", "Ben")])


def test_gold_chooses_the_better_of_each_pair_and_skips_ties():
    request = request_of(PROMPT)
    good, bad, tie = f"{request.good}.", f"{request.bad}.", f"Sure! {request.good}."
    given = [_choice(bad, good), _choice(good, bad), _choice(tie, f"{request.good}. Enjoy!")]
    chosen = as_gold_would_choose(given)
    assert [(p.chosen, p.rejected, p.annotator) for p in chosen] == [(good, bad, "gold")] * 2
    assert all(gold_score(request, p.chosen) > gold_score(request, p.rejected) for p in chosen)


def test_what_is_saved_is_loaded(tmp_path):
    preferences = [_choice(' Sure! "Quoted"\nand broken.', " Naïve – no."), _choice("a", "b", "Ben")]
    save_preferences(preferences, tmp_path / "new" / "train.jsonl")
    assert load_preferences("train", folder=tmp_path / "new") == preferences
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["train.jsonl"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"prompt": "a"', "line 1 of .* is not JSON"),
        ('{"prompt": "a", "chosen": "b"}', "line 1 of .* must hold the texts annotator, chosen, prompt, rejected"),
        ('{"prompt": "a", "chosen": "b", "rejected": 3, "annotator": "Ann"}', "must hold the texts"),
        ("[1]", "must hold the texts"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, content, message):
    (tmp_path / "train.jsonl").write_text(content)
    with pytest.raises(ValueError, match=message):
        load_preferences("train", folder=tmp_path)


def test_an_unknown_split_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(ValueError, match="split must be one of train, test, got 'validation'"):
        load_preferences("validation")
    with pytest.raises(FileNotFoundError, match=r"python -m rlcourse\.language\.preferences"):
        load_preferences("train", folder=tmp_path)


def test_the_command_writes_both_files_and_the_card(monkeypatch, tmp_path, small, capsys):
    made = small()
    monkeypatch.setattr(module, "collect_preferences", lambda *_, seed: made)
    monkeypatch.setattr("sys.argv", ["preferences", "--folder", str(tmp_path / "p"), "--seed", "3"])
    module.main()
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == ["README.md", "test.jsonl", "train.jsonl"]
    assert load_preferences("test", folder=tmp_path / "p") == made["test"]
    assert "--seed 3" in (tmp_path / "p" / "README.md").read_text(encoding="utf-8")
    assert "No person was asked" in capsys.readouterr().out

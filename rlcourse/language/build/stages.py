"""Rebuild the bundled GPT-2 from nothing: `python -m rlcourse.language.build`.

    tokenizer → pre-training → supervised fine-tuning → reward model
                     └ → workings read → fine-tuning of the thinker      → a model card with what was measured

Seeded, and resumable: stop it at any moment, start it again, and it goes on from its last snapshot; once finished, it
only measures again, until `--fresh` starts over. GRPO is not part of it, because the notebooks do that live;
the card measures one such run, as the third stage. The reward model learns from the preferences that come with the
course; `python -m rlcourse.language.preferences` makes those. The thinker (notebook 13) starts from the pre-trained
model; `--thinker` makes it alone, from the one that is there.
"""

import argparse
import hashlib
import json
import math
import shutil
import time
from functools import partial
from itertools import islice
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel

from rlcourse.files import ASSETS, CHECKOUT, write_whole
from rlcourse.language.build.model_card import measure, measure_reward_model, write_card
from rlcourse.language.build.thinker_card import measure_thinker, with_thinker
from rlcourse.language.model import gpt2, heads, reward_model
from rlcourse.language.model.checkpoints import BUNDLED, load_gpt2, save_gpt2
from rlcourse.language.model.checksums import write_checksums
from rlcourse.language.model.new import new_model
from rlcourse.language.model.reward_model import centre_scores, load_reward_model, new_reward_model
from rlcourse.language.model.sampling import sample
from rlcourse.language.model.tokenizer import train_tokenizer
from rlcourse.language.preferences.data import FOLDER as PREFERENCES
from rlcourse.language.preferences.data import load_preferences
from rlcourse.language.tasks import chains, requests, sums
from rlcourse.language.tasks.requests import REQUESTS
from rlcourse.language.training import corpus, reward_training, supervised, workings
from rlcourse.language.training.corpus import demonstrations, pretraining_documents
from rlcourse.language.training.reward_training import RewardConfig, train_reward_model
from rlcourse.language.training.snapshots import load_snapshot, save_snapshot
from rlcourse.language.training.supervised import (
    SupervisedConfig,
    demonstration_batch,
    make_optimizer,
    pretraining_batch,
    train_supervised,
)
from rlcourse.language.training.workings import IMITATED, LEARNED, chains_batch

VOCABULARY_SIZE = 400
ROW_LENGTH = 64
"""Tokens per row of pre-training text."""
PRETRAINING = SupervisedConfig(steps=2000, batch_size=64, learning_rate=2e-3, warmup_steps=100)
FINE_TUNING = SupervisedConfig(steps=250, batch_size=64, learning_rate=5e-4, warmup_steps=30, seed=1)
REWARD = RewardConfig()
WORKINGS = SupervisedConfig(steps=400, batch_size=20, learning_rate=2e-3, warmup_steps=30, seed=2)
THINKER = SupervisedConfig(steps=60, batch_size=32, learning_rate=8e-4, warmup_steps=30, seed=3)
SCRATCH = (CHECKOUT / "build" if (CHECKOUT / "pyproject.toml").is_file() else Path("build")) / "language"
"""Where snapshots go: into the checkout, or else, for a package that was installed, below the current folder."""
_SNAPSHOT_EVERY = 100
_TRAIN = "train.jsonl"
_REPLIES_TO_CENTRE_ON = 50
"""Replies to each request, sampled from the fine-tuned model, over which the reward model's mean is put to 0."""


def build_tokenizer(seed: int = 0):
    """The course's tokenizer, learned from a sample of both kinds of text."""
    documents = list(islice(pretraining_documents(seed), 5000))
    answers = [prompt + answer for prompt, answer in islice(demonstrations(seed), 5000)]
    return train_tokenizer(documents + answers, vocabulary_size=VOCABULARY_SIZE)


def build(assets: Path, scratch: Path) -> None:
    """Make every checkpoint under `assets`, with snapshots in `scratch`; a finished stage is not repeated."""
    tokenizer = build_tokenizer()
    model = new_model(len(tokenizer))
    batch_at = partial(
        pretraining_batch, tokenizer, batch_size=PRETRAINING.batch_size, length=ROW_LENGTH, seed=PRETRAINING.seed
    )
    _stage("pretrained", model, tokenizer, batch_at, PRETRAINING, assets, scratch)
    batch_at = partial(demonstration_batch, tokenizer, batch_size=FINE_TUNING.batch_size, seed=FINE_TUNING.seed)
    _stage("sft", model, tokenizer, batch_at, FINE_TUNING, assets, scratch)
    seconds = _reward_stage(assets, scratch)
    build_thinker(assets, scratch)
    print("measuring …")
    figures = measure(lambda name: load_gpt2(assets / name))
    figures["reward"] = measure_reward_model(load_reward_model(assets / "reward")) | {"seconds": round(seconds, 1)}
    figures["build_minutes"] = round(_minutes_before(scratch), 1)
    figures["thinker"] = measure_thinker(assets / "thinker")
    write_card(assets / "MODEL_CARD.md", figures)
    print(json.dumps(figures, indent=2))


def build_thinker(assets: Path, scratch: Path) -> None:
    """Make the thinker from the pre-trained model under `assets`: it reads workings, then careless answers."""
    model, tokenizer = load_gpt2(assets / "pretrained", device="cpu")
    for name, config, shares in (("workings", WORKINGS, LEARNED), ("thinker", THINKER, IMITATED)):
        batch_at = partial(chains_batch, tokenizer, shares=shares, batch_size=config.batch_size, seed=config.seed)
        _stage(name, model, tokenizer, batch_at, config, assets, scratch, texts=(chains, workings))


def build_thinker_alone(assets: Path, scratch: Path) -> None:
    """Make the thinker, and write its part of the card anew."""
    build_thinker(assets, scratch)
    card = assets / "MODEL_CARD.md"
    write_whole(card, with_thinker(card.read_text(encoding="utf-8"), measure_thinker(assets / "thinker")))


def _stage(name, model, tokenizer, batch_at, config, assets: Path, scratch: Path, *, texts=(corpus, requests)) -> None:
    """Train one stage from the weights that `model` holds, and write its checkpoint if it is shipped."""
    optimizer = make_optimizer(model, config)
    path, recipe = scratch / f"{name}.safetensors", _recipe(model, tokenizer, config, texts)
    first_step = load_snapshot(path, model, optimizer, recipe=recipe)
    if first_step == 0 and name == "pretrained":
        (scratch / "minutes").unlink(missing_ok=True)
    began = time.perf_counter() - 60 * _minutes_before(scratch)

    def keep(step: int, _loss: float) -> None:
        if step % _SNAPSHOT_EVERY == 0 or step == config.steps:
            save_snapshot(path, model, optimizer, step, recipe=recipe)
            write_whole(scratch / "minutes", str((time.perf_counter() - began) / 60))

    losses = train_supervised(
        model, batch_at, config, optimizer=optimizer, first_step=first_step, on_step=keep, description=name
    )
    if losses.interrupted:
        raise KeyboardInterrupt
    if name in BUNDLED:
        save_gpt2(model, tokenizer, assets / name)


def _reward_stage(assets: Path, scratch: Path) -> float:
    """Train the reward model on the fine-tuned model's body and centre its scores; the seconds that training took."""
    model, tokenizer = load_gpt2(assets / "sft", device="cpu")
    ingredients = hashlib.sha256(_recipe(model, tokenizer, REWARD).encode())
    for path in (*(Path(module.__file__) for module in (heads, reward_model, reward_training)), PREFERENCES / _TRAIN):
        ingredients.update(path.read_bytes())
    done, recipe = scratch / "reward.json", ingredients.hexdigest()
    found = _noted(done)
    if found.get("recipe") == recipe and (assets / "reward").exists():
        return found["seconds"]
    trained = new_reward_model(model, tokenizer)
    history = train_reward_model(trained, load_preferences("train"), REWARD)
    if history.interrupted:
        raise KeyboardInterrupt
    seconds = history[-1]["seconds"]
    prompts, generator = [request.prompt for request in REQUESTS], torch.Generator().manual_seed(REWARD.seed)
    each = {"num_generations": _REPLIES_TO_CENTRE_ON, "max_new_tokens": 40, "generator": generator}
    replies = sample(model, tokenizer, prompts, **each).texts(tokenizer)
    centre_scores(trained, [prompt for prompt in prompts for _ in range(_REPLIES_TO_CENTRE_ON)], replies)
    trained.save(assets / "reward")
    write_whole(done, json.dumps({"recipe": recipe, "seconds": seconds}))
    return seconds


def _noted(path: Path) -> dict:
    """What an earlier build wrote down of its reward model; nothing, if that cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) and isinstance(found.get("seconds"), float) else {}
    except (OSError, ValueError):
        return {}


def _recipe(
    model: GPT2LMHeadModel, tokenizer, config: SupervisedConfig | RewardConfig, texts=(corpus, requests)
) -> str:
    """What a stage is made from, as a fingerprint: weights to begin with, tokenizer, settings and text."""
    ingredients = hashlib.sha256(repr(config).encode() + tokenizer.backend_tokenizer.to_str().encode())
    for weight in model.parameters():
        ingredients.update(weight.detach().numpy().tobytes())
    for module in (sums, *texts, supervised, gpt2):
        ingredients.update(Path(module.__file__).read_bytes())
    return ingredients.hexdigest()


def _minutes_before(scratch: Path) -> float:
    """What earlier, interrupted runs of this build have spent."""
    try:
        spent = float((scratch / "minutes").read_text(encoding="utf-8"))
        return spent if math.isfinite(spent) else 0.0
    except (OSError, ValueError):
        return 0.0


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(prog="python -m rlcourse.language.build", description=__doc__.splitlines()[0])
    parser.add_argument("--assets", type=Path, default=ASSETS, help="where the checkpoints go")
    parser.add_argument("--scratch", type=Path, default=SCRATCH, help="where snapshots go while it works")
    parser.add_argument("--thinker", action="store_true", help="make the thinker alone, from the pre-trained model")
    parser.add_argument("--fresh", action="store_true", help="forget the snapshots of a build that was stopped")
    arguments = parser.parse_args()
    if arguments.fresh:
        shutil.rmtree(arguments.scratch, ignore_errors=True)
    try:
        (build_thinker_alone if arguments.thinker else build)(arguments.assets, arguments.scratch)
        write_checksums(arguments.assets)
    except KeyboardInterrupt:
        raise SystemExit("\nstopped; the same command goes on from the last snapshot") from None


if __name__ == "__main__":
    main()

"""What is killed: everything of the course that writes more than once, each in its smallest form."""

import dataclasses
import functools
import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import nbformat
import torch
from safetensors.torch import load_file

from rlcourse.algorithms import GRPO, PPO, GRPOConfig, History, PPOConfig, Training, resume_training, save_training
from rlcourse.algorithms.folders import standing
from rlcourse.control import NetworkPolicy, TabularPolicy, TabularValue, load_policy
from rlcourse.exercises import record
from rlcourse.experiments.curves import load_curves, save_curves
from rlcourse.experiments.experiment import Experiment
from rlcourse.exporting.folders import earlier_files, put_files
from rlcourse.language import LanguagePolicy, arithmetic_world, load_gpt2, load_reward_model, split_sums
from rlcourse.language.build import stages
from rlcourse.language.training.snapshots import load_snapshot
from rlcourse.maze import MazeWorld, generate_maze
from rlcourse.scale import Machine, Run, train_here, write_plan
from rlcourse.scale.plan import newest_checkpoint
from rlcourse.site import building
from rlcourse.teaching import instructor, slides
from tests.language.build.small import make_small
from tests.trust.kills import Say


def digest(folder: Path) -> dict[str, str]:
    """Every file of a folder, by the SHA-256 of what it holds."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def maze_training() -> Training:
    """A robot with a table, by PPO: a step takes milliseconds."""
    world = MazeWorld(generate_maze(4, seed=0), groups=8)
    critic = TabularValue(world.maze.num_states)
    return Training(TabularPolicy(world.maze.num_states), world, PPO(PPOConfig(epochs=1), critic=critic), seed=0)


def language_training() -> Training:
    """The bundled GPT-2, by GRPO, on four sums at a time."""
    policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
    world = arithmetic_world(split_sums()[0], prompts_per_step=2, max_new_tokens=8)
    return Training(policy, world, GRPO(GRPOConfig(num_generations=4)), seed=0)


@dataclasses.dataclass(frozen=True)
class SavedTraining:
    """A run that is saved after each of its steps."""

    name: str
    kills: int
    make: Callable[[], Training]
    steps: int

    def work(self, folder: Path, say: Say) -> None:
        training = self._begun(folder)

        def save(training: Training) -> None:
            save_training(training, folder / "run")
            say(len(training.history))

        training.run(self.steps - len(training.history), on_step=save, progress=False)

    def look(self, folder: Path, said: int) -> None:
        found = len(self._begun(folder).history)
        assert found in (said, said + 1), f"{said} steps were saved, {found} are found"

    def holds(self, folder: Path) -> object:
        training = self._begun(folder)
        rows = [{name: value for name, value in row.items() if name != "seconds"} for row in training.history]
        return str(rows), [weight.sum().item() for weight in training.policy.parameters()]

    def _begun(self, folder: Path) -> Training:
        training, run = self.make(), folder / "run"
        return resume_training(training, run) if standing(run).is_dir() else training


class Build:
    """The language models, after two steps each: snapshots, checkpoints, the card."""

    name, kills = "language.build", 14
    checkpoints = ("pretrained", "sft", "thinker")

    def work(self, folder: Path, say: Say) -> None:
        make_small(setattr)
        real, count = stages.save_snapshot, 0

        def told(path, model, optimizer, step, **recipe):
            nonlocal count
            real(path, model, optimizer, step, **recipe)
            count += 1
            say(count)

        with patch.object(stages, "save_snapshot", told):
            stages.build(folder / "assets", folder / "scratch")
        stages.write_checksums(folder / "assets")

    def look(self, folder: Path, said: int) -> None:
        """Whatever stands there can be read; that snapshots are gone on from, the end shows."""
        for name in self.checkpoints:
            if standing(folder / "assets" / name).exists():
                load_gpt2(folder / "assets" / name, device="cpu")
        if standing(folder / "assets" / "reward").exists():
            load_reward_model(folder / "assets" / "reward", device="cpu")
        for path in (folder / "scratch").glob("[a-z]*.safetensors"):
            model = load_gpt2("pretrained", device="cpu")[0]
            model.train(False)
            with patch("builtins.print") as said_so:
                load_snapshot(path, model, torch.optim.AdamW(model.parameters()))
            assert "damaged" not in str(said_so.call_args_list), path

    def holds(self, folder: Path) -> object:
        """Not the card, which holds minutes."""
        return {name: sha for name, sha in digest(folder / "assets").items() if not name.endswith(".md")}


class Progress:
    """A learner who passes one exercise after another."""

    name, kills, exercises = "progress", 14, 150

    def work(self, folder: Path, say: Say) -> None:
        done = sum(one.passed for one in record.load_record().exercises.values())
        for number in range(done, self.exercises):
            record.count_attempt(f"exercise-{number}", passed=True)
            say(number + 1)

    def look(self, folder: Path, said: int) -> None:
        with patch.dict("os.environ", {"RLCOURSE_PROGRESS": str(folder / "progress.json")}):
            found = record.load_record()
        passed = [found.exercise(f"exercise-{number}").passed for number in range(said)]
        assert all(passed), f"{said} exercises were passed, {sum(passed)} are known"

    def holds(self, folder: Path) -> object:
        return (folder / "progress.json").read_text()


class Curves:
    """The curves of an experiment, recorded anew again and again."""

    name, kills, times = "curves", 12, 60

    def work(self, folder: Path, say: Say) -> None:
        made = Experiment("maze-small", "small", lambda seed: maze_training(), 1, lambda policy: {}, 1)
        for number in range(1, self.times + 1):
            save_curves(made, {seed: self._history(number) for seed in range(5)}, folder)
            say(number)

    def look(self, folder: Path, said: int) -> None:
        if said:
            found = load_curves("maze-small", folder)
            assert set(found) == {0, 1, 2, 3, 4} and all(len(run) >= 1 for run in found.values())

    def holds(self, folder: Path) -> object:
        return digest(folder)

    def _history(self, number: int) -> History:
        return History({"step": step, "seconds": step / 7, "reward": step / number} for step in range(400))


class Policies:
    """Two policies of different kinds, saved in turn into one folder."""

    name, kills, times = "policies", 12, 60
    kinds = (lambda: TabularPolicy(600, 4), lambda: NetworkPolicy(9, 4, hidden=(64, 64)))

    def work(self, folder: Path, say: Say) -> None:
        for number in range(self.times):
            self.kinds[number % 2]().save(folder / "policy")
            say(number + 1)

    def look(self, folder: Path, said: int) -> None:
        if said:
            found = load_policy(folder / "policy")
            assert isinstance(found, TabularPolicy | NetworkPolicy)

    def holds(self, folder: Path) -> object:
        return str(load_policy(folder / "policy"))


@dataclasses.dataclass(frozen=True)
class Pages:
    """A site, or slides, written into a folder five times; its pages are made once, as making them writes nothing."""

    name: str
    kills: int
    room: object
    build: Callable[[Path], object]

    def prepare(self) -> None:
        pages_of(self)  # before there is a fork, which could not keep it for the next

    def work(self, folder: Path, say: Say) -> None:
        for number in range(5):
            put_files(folder / "pages", self.room.MARK, pages_of(self), earlier_files(folder / "pages", self.room.MARK))
            say(number + 1)

    def look(self, folder: Path, said: int) -> None:
        """A later build will have it, and every page that stands there is whole."""
        earlier_files(folder / "pages", self.room.MARK)
        for page in (folder / "pages").glob("*.html"):
            assert page.read_text(encoding="utf-8").rstrip().endswith("</html>"), page

    def holds(self, folder: Path) -> object:
        return digest(folder)


@functools.cache
def pages_of(job: Pages) -> dict[str, str | Path]:
    """What a build would write, of notebooks that were not run."""
    made = {}

    def as_they_are(paths, **_):
        return {path: nbformat.read(path, as_version=4) for path in paths}

    def kept(folder, mark, files, earlier):
        made.update(files)
        return 0

    with patch.object(job.room, "executed_all", as_they_are), patch.object(job.room, "put_files", kept):
        job.build(Path("nowhere"))
    return made


class Instructors:
    """The notebooks with solutions."""

    name, kills = "instructor's notebooks", 6

    def work(self, folder: Path, say: Say) -> None:
        _written, kept = instructor.write_instructor_versions(folder / "notebooks")
        assert not kept, f"taken for somebody else's: {kept}"
        say(1)

    def look(self, folder: Path, said: int) -> None:
        for path in (folder / "notebooks").glob("*.ipynb"):
            nbformat.read(path, as_version=4)

    def holds(self, folder: Path) -> object:
        return digest(folder)


class OnTRL:
    """The same task on TRL, with a checkpoint after each update."""

    name, kills = "training, TRL", 4
    run = Run(
        steps=3, prompts_per_step=2, held_out=0, max_new_tokens=4, save_every=1, config=GRPOConfig(num_generations=2)
    )

    def work(self, folder: Path, say: Say) -> None:
        warnings.simplefilter("ignore")
        if not (folder / "run" / "run.json").is_file():
            write_plan(folder / "run", self.run, Machine())
        if not (folder / "run" / "results.json").is_file():
            train_here(folder / "run", lambda row: say(int(row["step"]) - 1))  # it is saved after it was told of

    def look(self, folder: Path, said: int) -> None:
        if said:
            found = newest_checkpoint(folder / "run")
            assert found is not None and int(found.name.split("-")[1]) in (said, said + 1), (said, found)
            load_file(found / "model.safetensors")

    def holds(self, folder: Path) -> object:
        return digest(folder / "run" / "model")["model.safetensors"]


JOBS = (
    SavedTraining("training, maze", 16, maze_training, 40),
    SavedTraining("training, language", 10, language_training, 5),
    Build(),
    Progress(),
    Curves(),
    Policies(),
    Pages("site", 8, building, lambda folder: building.build_site(folder, numbers=["02"])),
    Pages("slides", 4, slides, lambda folder: slides.build_slides(folder, numbers=["02"])),
    Instructors(),
    OnTRL(),
)
"""All of them; their shares make a hundred."""

"""A run that was saved and resumed gives the numbers of one that never stopped."""

import copy
import json
import shutil
from dataclasses import replace
from functools import partial

import pytest
import torch
from safetensors.torch import load_file

from rlcourse.algorithms import (
    GRPO,
    PPO,
    TRPO,
    GRPOConfig,
    PPOConfig,
    Reinforce,
    ReinforceConfig,
    Training,
    TRPOConfig,
    resume_training,
    save_training,
)
from rlcourse.algorithms.run_files import write_run
from rlcourse.algorithms.saving import _where_they_differ
from rlcourse.equations import group_advantages, leave_one_out_advantages
from rlcourse.language import LanguagePolicy, arithmetic_world, load_gpt2, split_sums
from rlcourse.maze import (
    GymnasiumWorld,
    MazeVectorEnv,
    MazeWorld,
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    TabularValue,
    generate_maze,
)
from tests.algorithms.conftest import TablePolicy, TableWorld
from tests.algorithms.small_worlds import StateValue


def grpo_on_a_table(seed=0, **config):
    return Training(TablePolicy(), TableWorld(), GRPO(GRPOConfig(learning_rate=0.05, **config)), seed=seed)


def ppo_on_gpt2(model_seed=0):
    from rlcourse.language import ValueModel

    model, tokenizer = load_gpt2("sft", device="cpu")
    world = arithmetic_world(split_sums()[0], prompts_per_step=2, max_new_tokens=4)
    config = PPOConfig(learning_rate=1e-4, epochs=2, minibatch_size=8, gamma=1)
    return Training(
        LanguagePolicy(model, tokenizer),
        world,
        PPO(config, critic=ValueModel.from_language_model(model, tokenizer)),
        seed=3,
    )


def in_the_maze(algorithm, world):
    maze = generate_maze(4, seed=0)
    policy, critic = TabularPolicy(maze.num_states), TabularValue(maze.num_states)
    algorithm = {
        "reinforce": lambda: Reinforce(ReinforceConfig(learning_rate=0.1), critic=critic),
        "ppo": lambda: PPO(PPOConfig(learning_rate=0.1, minibatch_size=16), critic=critic),
        "trpo": lambda: TRPO(TRPOConfig(value_learning_rate=0.1), critic=critic),
    }[algorithm]()
    worlds = {
        "whole": lambda: MazeWorld(maze, groups=8),
        "steps": lambda: GymnasiumWorld(MazeVectorEnv(4, maze=maze, random_start=True), steps=80),
    }
    return Training(policy, worlds[world](), algorithm, seed=5)


def on_cartpole():
    policy, critic = NetworkPolicy(4, 2, seed=0), NetworkValue(4, seed=1)
    return Training(policy, GymnasiumWorld("CartPole-v1", num_envs=3, steps=30), TRPO(critic=critic), seed=2)


MAZE = [partial(in_the_maze, a, w) for a in ("reinforce", "ppo", "trpo") for w in ("whole", "steps")]


@pytest.fixture
def one_thread():
    """On a busy machine the matrix library may use one thread now and two later, and round otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("make", [grpo_on_a_table, ppo_on_gpt2, on_cartpole, *MAZE])
def test_resuming_gives_the_numbers_of_not_having_stopped(make, tmp_path):
    straight, first, second = make(), make(), make()
    straight.run(4, progress=False)
    first.run(2, progress=False)
    save_training(first, tmp_path / "run")
    resume_training(second, tmp_path / "run").run(2, progress=False)
    critics = [getattr(training.algorithm, "critic", None) or training.policy for training in (straight, second)]
    for ours, theirs in ((straight.policy, second.policy), critics):
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(a, b)
    without_time = [{k: v for k, v in row.items() if k != "seconds"} for row in straight.history]
    assert without_time == [{k: v for k, v in row.items() if k != "seconds"} for row in second.history]
    assert second.history[-1]["seconds"] > first.history[-1]["seconds"]


def test_a_saved_gpt2_loads_in_plain_transformers(tmp_path):
    from transformers import GPT2LMHeadModel

    training = ppo_on_gpt2()
    training.run(1, progress=False)
    save_training(training, tmp_path / "run")
    loaded, report = GPT2LMHeadModel.from_pretrained(tmp_path / "run" / "policy", output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"]
    for a, b in zip(loaded.parameters(), training.policy.parameters(), strict=True):
        assert torch.equal(a, b)
    assert (tmp_path / "run" / "critic" / "model.safetensors").exists()


def test_a_run_before_its_first_step_can_be_saved_too(tmp_path):
    save_training(grpo_on_a_table(), tmp_path)
    assert resume_training(grpo_on_a_table(), tmp_path).history == []


def test_the_world_goes_on_where_it_was(tmp_path):
    class Counting(TableWorld):
        _steps = 0

        def sample_groups(self, *arguments, **options):
            self._steps += 1
            return super().sample_groups(*arguments, **options)

        def state_dict(self):
            return {"steps": self._steps, "deep": {"name": "x", "deeper": {"marks": torch.arange(self._steps)}}}

        def load_state_dict(self, state):
            assert set(state) == {"steps", "deep"} and state["deep"]["name"] == "x"
            assert state["deep"]["deeper"]["marks"].tolist() == list(range(state["steps"]))
            self._steps = state["steps"]

    first, second = (Training(TablePolicy(), Counting(), GRPO()) for _ in range(2))
    first.run(3, progress=False)
    resume_training(second, save_training(first, tmp_path / "run")).run(2, progress=False)
    assert second.world._steps == 5


def test_an_older_run_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    training = grpo_on_a_table()
    training.run(1, progress=False)
    save_training(training, tmp_path / "run")
    training.run(1, progress=False)
    monkeypatch.setattr("rlcourse.algorithms.run_files.save_file", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_training(training, tmp_path / "run")
    monkeypatch.undo()
    assert len(resume_training(grpo_on_a_table(), tmp_path / "run").history) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_another_run_is_refused_and_nothing_changed(tmp_path):
    training = grpo_on_a_table()
    training.run(2, progress=False)
    save_training(training, tmp_path / "run")
    other = grpo_on_a_table(epsilon=0.1)
    before = other.policy.logits.detach().clone()
    with pytest.raises(
        ValueError,
        match=r"made with other settings: GRPOConfig\(epsilon=0.2\), this one has GRPOConfig\(epsilon=0.1\)$",
    ):
        resume_training(other, tmp_path / "run")
    assert torch.equal(other.policy.logits, before)
    for words in (("C(3)", "C(4)"), ("C(a=1)", "D(a=2)"), ("1x4", "2x4"), (None, "C(a=1)")):
        assert _where_they_differ(*words) == words  # whole: what differs would not be seen
    ppo = PPO(PPOConfig(), critic=StateValue())
    with pytest.raises(ValueError, match="made with another algorithm: GRPO, this one has PPO"):
        resume_training(Training(TablePolicy(), TableWorld(), ppo), tmp_path / "run")


def test_a_run_from_another_world_is_refused_and_the_policy_stays(tmp_path):
    saved = in_the_maze("ppo", "steps")
    saved.run(1, progress=False)
    save_training(saved, tmp_path / "run")
    other = in_the_maze("ppo", "whole")
    before = other.policy.table.detach().clone()
    with pytest.raises(ValueError, match=r"made with another world: GymnasiumWorld .*, this one has MazeWorld"):
        resume_training(other, tmp_path / "run")
    assert torch.equal(other.policy.table, before)


def test_nothing_of_the_users_is_deleted(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match=r"folder must be new, empty or a saved run or model; .* holds 'thesis.tex'"):
        save_training(grpo_on_a_table(), tmp_path)
    with pytest.raises(ValueError, match="folder must be a folder, got the file"):
        save_training(grpo_on_a_table(), tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    save_training(grpo_on_a_table(), tmp_path / "runs" / "first")
    with pytest.raises(ValueError, match="holds 'first'"):
        save_training(grpo_on_a_table(), tmp_path / "runs")


@pytest.mark.parametrize("missing", ["run.json", "state.safetensors"])
def test_an_incomplete_folder_is_named(missing, tmp_path):
    save_training(grpo_on_a_table(), tmp_path / "run")
    (tmp_path / "run" / missing).unlink()
    with pytest.raises(FileNotFoundError, match=rf"no saved run in .*: it has no {missing}"):
        resume_training(grpo_on_a_table(), tmp_path / "run")


def _edit(folder, change):
    path = folder / "run.json"
    run = json.loads(path.read_text())
    change(run)
    path.write_text(json.dumps(run))


def _retensor(folder, change):
    """Change the tensors, and the checksums with them: damage that only looking at the tensors can find."""
    tensors = load_file(folder / "state.safetensors")
    change(tensors)
    run = json.loads((folder / "run.json").read_text())
    kept = ("made_of", "history", "seconds", "evaluated", "optimizer", "world")
    write_run(folder, tensors, {name: run[name] for name in kept})


def _flip(folder, name, at):
    content = bytearray((folder / name).read_bytes())
    content[int(at * (len(content) - 1))] ^= 1
    (folder / name).write_bytes(content)


DAMAGE = {
    "run-empty": lambda f: (f / "run.json").write_bytes(b""),
    "run-cut": lambda f: (f / "run.json").write_bytes((f / "run.json").read_bytes()[:200]),
    "run-binary": lambda f: (f / "run.json").write_bytes(b"\xff\x00" * 50),
    "run-nested": lambda f: (f / "run.json").write_text("[" * 100_000),
    "run-null": lambda f: (f / "run.json").write_text("null"),
    "run-list": lambda f: (f / "run.json").write_text("[]"),
    "version-0": lambda f: _edit(f, lambda run: run.update(version=0)),
    **{
        f"{part}-{name}": lambda f, part=part, value=value: _edit(f, lambda run: run.update({part: value}))
        for part in ("made_of", "history", "seconds", "optimizer", "world", "evaluated")
        for name, value in (("null", None), ("text", "x"), ("true", True))
    },
    "history-number": lambda f: _edit(f, lambda run: run.update(history=-5)),
    "history-row-gone": lambda f: _edit(f, lambda run: run["history"].pop(0)),
    "history-row-null": lambda f: _edit(f, lambda run: run["history"].__setitem__(0, None)),
    "history-word": lambda f: _edit(f, lambda run: run["history"][0].update(reward="much")),
    "made-of-lost": lambda f: _edit(f, lambda run: run["made_of"].pop("settings")),
    "learning-rate": lambda f: _edit(f, lambda run: run["optimizer"][0].update(lr="quick")),
    "run-bit": lambda f: _edit(f, lambda run: run["history"][0].update(reward=0.125)),
    **{f"state-bit-{at}": lambda f, at=at: _flip(f, "state.safetensors", at) for at in (0, 0.1, 0.5, 1)},
    "state-empty": lambda f: (f / "state.safetensors").write_bytes(b""),
    "state-cut": lambda f: (f / "state.safetensors").write_bytes((f / "state.safetensors").read_bytes()[:-4]),
    "state-garbage": lambda f: (f / "state.safetensors").write_bytes(b"\x00\xff" * 99),
    **{
        f"lost-{name}": lambda f, name=name: _retensor(f, lambda t: t.pop(name))
        for name in ("weight.0", "optimizer.0.step", "generator")
    },
    "foreign": lambda f: _retensor(f, lambda t: t.update(surprise=torch.zeros(3))),
    "foreign-weight": lambda f: _retensor(f, lambda t: t.update({"weight.7": torch.zeros(3)})),
    "foreign-moment": lambda f: _retensor(f, lambda t: t.update({"optimizer.5.exp_avg": torch.zeros(3)})),
    "foreign-world": lambda f: _retensor(f, lambda t: t.update({"world.robots": torch.zeros(3)})),
    "weight-shape": lambda f: _retensor(f, lambda t: t.update({"weight.0": torch.zeros(3, dtype=torch.double)})),
    "weight-dtype": lambda f: _retensor(f, lambda t: t.update({"weight.0": t["weight.0"].float()})),
    "moment-shape": lambda f: _retensor(f, lambda t: t.update({"optimizer.0.exp_avg": torch.zeros(3)})),
    "moment-nan": lambda f: _retensor(f, lambda t: t["optimizer.0.exp_avg"].fill_(float("nan"))),
    "generator-shape": lambda f: _retensor(f, lambda t: t.update(generator=t["generator"][:-1].clone())),
    "generator-dtype": lambda f: _retensor(f, lambda t: t.update(generator=t["generator"].long())),
}


@pytest.fixture(scope="module")
def a_run(tmp_path_factory):
    training = grpo_on_a_table()
    training.run(2, progress=False)
    return save_training(training, tmp_path_factory.mktemp("whole") / "run")


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_run_is_refused_in_our_words_and_nothing_changes(kind, a_run, tmp_path):
    shutil.copytree(a_run, tmp_path / "run")
    DAMAGE[kind](tmp_path / "run")
    training = grpo_on_a_table(seed=7)
    training.run(1, progress=False)
    before = copy.deepcopy(training)
    with pytest.raises(ValueError, match=r"(run in .*run is damaged: |does not fit: |another version|other settings)"):
        resume_training(training, tmp_path / "run")
    assert torch.equal(training.policy.logits, before.policy.logits)
    assert torch.equal(training.generator.get_state(), before.generator.get_state())
    assert str(training.optimizer.state_dict()) == str(before.optimizer.state_dict())
    assert (training.history, training.seconds) == (before.history, before.seconds)


def test_a_learning_rate_that_was_changed_in_the_run_is_the_one_it_goes_on_with(tmp_path):
    def halve(training):
        for group in training.optimizer.param_groups:
            group["lr"] /= 2

    straight, first, second = (grpo_on_a_table() for _ in range(3))
    straight.run(5, on_step=halve, progress=False)
    first.run(3, on_step=halve, progress=False)
    resume_training(second, save_training(first, tmp_path / "run"))
    assert second.optimizer.param_groups[0]["lr"] == 0.05 / 8
    assert second.optimizer.param_groups[0]["betas"] == straight.optimizer.param_groups[0]["betas"]
    second.run(2, on_step=halve, progress=False)
    assert torch.equal(straight.policy.logits, second.policy.logits)


class ScaledReward:
    """A reward with a number of its own, and a record of what it was asked."""

    def __init__(self, scale):
        self.scale, self.asked = scale, 0

    def __call__(self, rewards):
        self.asked += 1
        return self.scale * group_advantages(rewards)


def _with(advantage_fn=group_advantages, reference=None, **config):
    config = GRPOConfig(learning_rate=0.05, beta=0.1 if reference else 0.0, **config)
    return Training(TablePolicy(), TableWorld(), GRPO(config, advantage_fn=advantage_fn, reference=reference))


def _scaled(factor):
    return lambda rewards: factor * group_advantages(rewards)


OTHERS = {
    "another-function": (lambda: _with(), lambda: _with(leave_one_out_advantages), "advantage_fn: group_advantages"),
    "another-number-around-it": (lambda: _with(_scaled(1.0)), lambda: _with(_scaled(2.0)), "advantage_fn: _scaled"),
    "another-attribute": (lambda: _with(ScaledReward(1)), lambda: _with(ScaledReward(2)), "advantage_fn: ScaledReward"),
    "another-argument": (
        lambda: _with(partial(group_advantages, scale="none")),
        lambda: _with(partial(group_advantages, scale="batch")),
        "advantage_fn: partial",
    ),
    "another-reference": (
        lambda: _with(reference=TablePolicy(1)),
        lambda: _with(reference=TablePolicy(2)),
        "reference: TablePolicy",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_run_with_another_function_or_reference_is_refused_by_its_name(kind, tmp_path):
    make, other, words = OTHERS[kind]
    folder = save_training(make(), tmp_path / "run")
    with pytest.raises(ValueError, match=f"made with another {words}"):
        resume_training(other(), folder)
    resume_training(make(), folder)


def test_another_maze_of_the_same_size_is_another_world(tmp_path):
    worlds = [MazeWorld(generate_maze(4, seed=seed), groups=8) for seed in (0, 0, 1)]
    tables = [TabularPolicy(worlds[0].maze.num_states) for _ in worlds]
    first, again, other = (Training(table, world, GRPO()) for table, world in zip(tables, worlds, strict=True))
    folder = save_training(first, tmp_path / "run")
    with pytest.raises(ValueError, match=r"made with another world\.maze: Maze #\w+, this one has Maze #\w+"):
        resume_training(other, folder)
    resume_training(again, folder)


def test_a_reward_that_keeps_a_record_of_what_it_was_asked_is_still_the_same(tmp_path):
    heard = []

    def listening(rewards):
        heard.append(rewards)
        return group_advantages(rewards)

    counting = ScaledReward(1)
    for reward in (listening, counting):
        training = _with(reward)
        training.run(2, progress=False)
        resume_training(_with(reward), save_training(training, tmp_path / "run"))
    assert heard and counting.asked == 2


def test_a_world_that_refuses_its_state_is_put_back(tmp_path):
    class Moody(TableWorld):
        _mood = 0

        def state_dict(self):
            return {"mood": self._mood}

        def load_state_dict(self, state):
            self._mood = state["mood"]
            if self._mood == 7:
                raise KeyError("seven")

    first, second = (Training(TablePolicy(), Moody(), GRPO()) for _ in range(2))
    first.world._mood = 7
    with pytest.raises(ValueError, match="does not fit: KeyError"):
        resume_training(second, save_training(first, tmp_path / "run"))
    assert second.world._mood == 0


@pytest.mark.parametrize("damaged", ["run.json", "state.safetensors"])
def test_a_damaged_file_is_named(damaged, tmp_path):
    save_training(grpo_on_a_table(), tmp_path / "run")
    (tmp_path / "run" / damaged).write_bytes(b"{")
    with pytest.raises(ValueError, match=r"the saved run in .* is damaged"):
        resume_training(grpo_on_a_table(), tmp_path / "run")


def test_the_files_hold_the_whole_state_and_no_pickle(tmp_path):
    training = grpo_on_a_table()
    training.run(2, progress=False)
    folder = save_training(training, tmp_path / "run")
    state = load_file(folder / "state.safetensors")
    assert torch.equal(state["weight.0"], training.policy.logits)
    assert {"optimizer.0.exp_avg", "optimizer.0.exp_avg_sq", "optimizer.0.step", "generator"} <= set(state)
    assert len(json.loads((folder / "run.json").read_text())["history"]) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["run.json", "state.safetensors"]
    assert replace(training.algorithm.config) == training.algorithm.config

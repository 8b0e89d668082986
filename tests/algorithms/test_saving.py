"""A run that was saved and resumed gives the numbers of one that never stopped."""

import json
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
    monkeypatch.setattr("rlcourse.algorithms.saving.save_file", lambda *_: 1 / 0)
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
    with pytest.raises(ValueError, match=r"made with another settings: .*epsilon=0.2.*, this one has .*epsilon=0.1"):
        resume_training(other, tmp_path / "run")
    assert torch.equal(other.policy.logits, before)
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

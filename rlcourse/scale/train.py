"""What each process runs: `accelerate launch --config_file FOLDER/accelerate.yaml -m rlcourse.scale.train FOLDER`.

TRL's `GRPOTrainer` with the course's rule. What TRL leaves to be done is here: GPT-2's positions, the whole model in
the end, and a measure of it on questions that it was not trained on. Needs the extra `scale`.
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rlcourse.files import write_whole
from rlcourse.scale.measuring import greedy_accuracy
from rlcourse.scale.plan import SCRATCH, Plan, found, newest_checkpoint, read_plan
from rlcourse.scale.positions import count_positions
from rlcourse.scale.tasks import Task, load_task, standard_reward


def make_trainer(plan: Plan, task: Task, folder: Path):
    """TRL's trainer, ready to train, with the model in it."""
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    settings = GRPOConfig(output_dir=str(folder / SCRATCH), **plan.trl)
    model = found(plan)
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    rows = {"prompt": [as_asked(prompt, tokenizer) for prompt in task.prompts]} | dict(task.columns)
    trainer = GRPOTrainer(
        model=model,
        args=settings,
        reward_funcs=standard_reward(task, tokenizer.eos_token_id),
        train_dataset=Dataset.from_dict(rows),
        processing_class=tokenizer,
    )
    count_positions(trainer.model)
    if trainer.ref_model is not None:
        count_positions(trainer.accelerator.unwrap_model(trainer.ref_model))
    return trainer


def as_asked(prompt: str, tokenizer) -> str | list[dict[str, str]]:
    """A question as the model expects it: as a message, if it was trained on conversations."""
    return [{"role": "user", "content": prompt}] if getattr(tokenizer, "chat_template", None) else prompt


def save_model(trainer, folder: Path) -> None:
    """The whole model, put together from all processes, at FOLDER/model; and nothing that has to be unpickled."""
    part = folder / ".model-part"
    trainer.save_model(str(part))
    trainer.accelerator.wait_for_everyone()
    if trainer.accelerator.is_main_process:
        (part / "training_args.bin").unlink(missing_ok=True)
        shutil.rmtree(folder / "model", ignore_errors=True)
        part.rename(folder / "model")
    trainer.accelerator.wait_for_everyone()


def results(trainer, plan: Plan, task: Task, folder: Path) -> dict[str, Any]:
    """What the run did: TRL's own notes of each step, and the held-out accuracy of what was saved."""
    steps = [row for row in trainer.state.log_history if "reward" in row]
    told = {
        "processes": trainer.accelerator.num_processes,
        "answers_per_step": trainer.args.generation_batch_size,
        "steps": trainer.state.global_step,
        "reward": [row["reward"] for row in steps],
        "held_out": min(plan.held_out, len(task.held_out)),
    }
    if told["held_out"]:
        told["accuracy"] = greedy_accuracy(
            folder / "model",
            task,
            told["held_out"],
            max_new_tokens=plan.trl["max_completion_length"],
            device=trainer.accelerator.device,
        )
    return told


def train(folder: str | Path, on_step: Callable[[dict[str, float]], None] | None = None) -> None:
    """Train what FOLDER/run.json says, as one of its processes; `on_step` sees TRL's notes of each step.

    Where the run has broken off and left a checkpoint, it goes on from the newest. (Its weights are safetensors; Adam's
    moments and the state of chance are PyTorch's own files, which transformers reads with `weights_only`.)

    Raises:
        RuntimeError: TRL has ended without an error before all steps were done; then nothing is saved.
    """
    place = Path(folder)
    plan = read_plan(place)
    task = load_task(plan.task, seed=plan.trl["seed"])
    trainer = make_trainer(plan, task, place)
    if on_step is not None:
        _tell(trainer, on_step)
    last = newest_checkpoint(place)
    if last is not None and trainer.accelerator.is_main_process:
        print(f"going on from {last}")
    trainer.train(resume_from_checkpoint=None if last is None else str(last))
    _check_steps(trainer.state.global_step, plan.trl["max_steps"], len(task.prompts))
    save_model(trainer, place)
    if trainer.accelerator.is_main_process:
        told = results(trainer, plan, task, place)
        write_whole(place / "results.json", json.dumps(told, indent=2) + "\n")
        if plan.trl.get("save_strategy") == "no":  # whoever asks for checkpoints, keeps them
            shutil.rmtree(place / SCRATCH, ignore_errors=True)
    trainer.accelerator.end_training()


def _check_steps(done: int, asked: int, questions: int) -> None:
    """TRL drops a batch that is not full: with fewer questions than an update takes it does nothing, in silence."""
    if done < asked:
        raise RuntimeError(
            f"TRL has done {done} of {asked} steps and stopped: the task has {questions} questions, and an update "
            "must not take more than that. Nothing was saved"
        )


def _tell(trainer, on_step: Callable[[dict[str, float]], None]) -> None:
    """Somebody else than TRL's own printer hears of each step."""
    from transformers import TrainerCallback

    class Teller(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **_):
            if logs and "reward" in logs:
                on_step({"step": state.global_step} | logs)

    loud = ("PrinterCallback", "ProgressCallback")
    for one in [c for c in trainer.callback_handler.callbacks if type(c).__name__.endswith(loud)]:
        trainer.remove_callback(one)
    trainer.add_callback(Teller())


if __name__ == "__main__":
    train(sys.argv[1])

"""The peer in language: TRL's GRPOTrainer, set to the very settings that ours has.

What TRL would do by itself and we switch off, because it would only slow it down here: gradient checkpointing,
bfloat16, logging, saving and reports. What it cannot be told not to do stays: it measures the entropy of each token,
and moves everything through `accelerate`.
"""

import tempfile
import time
import warnings
from collections.abc import Callable, Sequence

import trl
from datasets import Dataset
from datasets.utils import logging as datasets_logging
from transformers import TrainerCallback
from transformers.utils import logging as transformers_logging
from trl import GRPOConfig, GRPOTrainer

from rlcourse.language import LanguagePolicy, Sum, load_gpt2, sum_reward

PEER = f"TRL {trl.__version__} GRPOTrainer"
Row = dict[str, float]


class _Watch(TrainerCallback):
    """Counts the seconds of training alone, and lets somebody look at the model between the steps."""

    def __init__(self, look: Callable[[Row], bool]):
        self.look, self.rows, self._seconds = look, [], 0.0

    def on_train_begin(self, args, state, control, **_):
        self._start = time.perf_counter()

    def on_step_end(self, args, state, control, **_):
        self._seconds += time.perf_counter() - self._start
        self.rows.append({"step": state.global_step, "seconds": self._seconds})
        control.should_training_stop |= self.look(self.rows[-1])
        self._start = time.perf_counter()


def train_with_trl(
    sums: Sequence[Sum],
    *,
    steps: int,
    prompts_per_step: int,
    num_generations: int,
    max_new_tokens: int,
    learning_rate: float,
    seed: int,
    look: Callable[[LanguagePolicy, Row], bool] = lambda policy, row: False,
) -> list[Row]:
    """Train the bundled GPT-2 with TRL; one row per step, with the seconds of training so far.

    `look` sees the policy after each step, may add to the row, and ends the training by returning True. Its time
    does not count.
    """
    model, tokenizer = load_gpt2("sft", device="cpu")
    policy = LanguagePolicy(load_gpt2("sft", device="cpu")[0], tokenizer)

    def look_at_a_copy(row: Row) -> bool:  # the model that is trained gets a `forward` of accelerate's
        policy.model.load_state_dict(model.state_dict())
        return look(policy, row)

    watch = _Watch(look_at_a_copy)
    datasets_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # TRL and transformers warn about each other's deprecated names.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        trainer = GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            reward_funcs=sum_reward,
            train_dataset=Dataset.from_dict({"prompt": [s.prompt for s in sums], "answer": [s.answer for s in sums]}),
            callbacks=[watch],
            args=_settings(
                folder,
                max_steps=steps,
                per_device_train_batch_size=prompts_per_step * num_generations,
                num_generations=num_generations,
                max_completion_length=max_new_tokens,
                learning_rate=learning_rate,
                seed=seed,
            ),
        )
        for printing in [c for c in trainer.callback_handler.callbacks if type(c).__name__ == "PrinterCallback"]:
            trainer.remove_callback(printing)
        trainer.train()
    return watch.rows


def _settings(folder: str, **own) -> GRPOConfig:
    """One optimiser step on each batch of answers, and everything else as in `rlcourse.algorithms.GRPOConfig`."""
    return GRPOConfig(
        output_dir=folder,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        gradient_accumulation_steps=1,
        steps_per_generation=1,
        num_iterations=1,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        max_grad_norm=1.0,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        beta=0.0,
        epsilon=0.2,
        loss_type="grpo",
        scale_rewards="group",
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        **own,
    )

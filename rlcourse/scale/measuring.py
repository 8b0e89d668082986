"""How good is what was saved? Asked the way anybody would: with `transformers` alone, from the folder."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from rlcourse.language.model.checkpoints import quiet
from rlcourse.scale.tasks import Task, standard_reward


@torch.no_grad()
def greedy_accuracy(
    folder: str | Path,
    task: Task,
    count: int,
    *,
    max_new_tokens: int,
    device: str | torch.device = "cpu",
    batch: int = 64,
) -> float:
    """The mean reward of the first `count` held-out questions, each answered once with the likeliest tokens.

    Raises:
        ValueError: There are not so many questions.
    """
    if not 1 <= count <= len(task.held_out):
        raise ValueError(f"count must be from 1 to the {len(task.held_out)} held-out questions, got {count}")
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left", local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).to(device).eval()
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    columns = {name: list(values[:count]) for name, values in task.held_out_columns.items()}
    prompts = list(task.held_out[:count])
    texts, ids = [], []
    for start in range(0, count, batch):
        asked = prompts[start : start + batch]
        if getattr(tokenizer, "chat_template", None):
            asked = [
                tokenizer.apply_chat_template(
                    [{"role": "user", "content": text}], add_generation_prompt=True, tokenize=False
                )
                for text in asked
            ]
        given = tokenizer(asked, return_tensors="pt", padding=True).to(device)
        written = model.generate(
            **given, do_sample=False, max_new_tokens=max_new_tokens, pad_token_id=tokenizer.pad_token_id
        )[:, given.input_ids.shape[1] :]
        texts += tokenizer.batch_decode(written, skip_special_tokens=True)
        ids += [_until_the_end(row, tokenizer.eos_token_id) for row in written.tolist()]
    reward = standard_reward(task, tokenizer.eos_token_id)
    scores = reward(prompts, texts, completion_ids=ids, **columns)
    return sum(score or 0.0 for score in scores) / count


def _until_the_end(row: list[int], end: int) -> list[int]:
    return row[: row.index(end) + 1] if end in row else row

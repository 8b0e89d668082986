"""Sampling from the bundled GPT-2, against `model.generate`."""

import torch
import transformers

from rlcourse.language import load_gpt2, sample, split_sums
from tests.benchmarks.rounds import Result, Say, seconds, take_turns

MAX_NEW_TOKENS = 16


def sampling(
    *, repeats: int = 7, say: Say = print, batches: int = 5, prompts: int = 32, num_generations: int = 8
) -> Result:
    """Tokens per second, end-of-text included and padding not; other answers each time, the same prompts for both."""
    model, tokenizer = load_gpt2("sft", device="cpu")
    texts = [s.prompt for s in split_sums()[0]]
    picked = [texts[i * prompts : (i + 1) * prompts] for i in range(batches)]
    for warm_up in (_ours, _theirs):
        warm_up(model, tokenizer, picked[0], num_generations, seed=0)

    def speed(side):
        def run(number: int) -> float:
            counts = []
            took = seconds(
                lambda: counts.extend(
                    side(model, tokenizer, batch, num_generations, seed=100 * number + i)
                    for i, batch in enumerate(picked)
                )
            )
            return sum(counts) / took

        return run

    ours, theirs = take_turns(speed(_ours), speed(_theirs), repeats=repeats, say=say, unit="tokens/s")
    return Result(
        row="sampling",
        title="Sampling, tokens per second",
        peer=f"transformers {transformers.__version__} model.generate",
        unit="tokens/s",
        higher_is_better=True,
        ours=ours,
        theirs=theirs,
        least_ratio=4.0,
        aim=8.0,
        settings=f"{prompts} prompts of mixed length × {num_generations} answers of at most {MAX_NEW_TOKENS} tokens, "
        "temperature 1, no top-k, float32",
        quality=parity(model, tokenizer, picked[0]),
        note="ours also gives the log-probabilities, which generate was not asked for",
    )


def parity(model, tokenizer, prompts: list[str]) -> str:
    """How far both agree: greedy answers, token for token, and log-probabilities with the model's own forward pass."""
    end = tokenizer.eos_token_id
    ours = sample(model, tokenizer, prompts, temperature=0, max_new_tokens=MAX_NEW_TOKENS)
    inputs = _padded(tokenizer, prompts)
    theirs = model.generate(**inputs, do_sample=False, max_new_tokens=MAX_NEW_TOKENS, pad_token_id=end)
    theirs = theirs[:, inputs["input_ids"].shape[1] :]
    width = min(theirs.shape[1], ours.tokens.shape[1])
    agree = ((theirs[:, :width] == ours.tokens[:, :width]) | ~ours.mask[:, :width]).all(1)
    return (
        f"greedy answers equal generate's in {int(agree.sum())} of {len(prompts)}; sampled log-probabilities are "
        f"within {_largest_difference(model, tokenizer, prompts):.1e} of the model's own forward pass"
    )


@torch.no_grad()
def _largest_difference(model, tokenizer, prompts: list[str]) -> float:
    """Between our sampling log-probabilities and those of `model(...)`, one answer at a time, without padding."""
    s = sample(model, tokenizer, prompts, max_new_tokens=MAX_NEW_TOKENS, generator=torch.Generator().manual_seed(0))
    largest = 0.0
    for row in range(len(prompts)):
        start, tokens = int(s.prompt_lengths[row]), s.tokens[row][s.mask[row]]
        ids = torch.cat([s.prompt_tokens[row, :start], tokens])[None]
        logits = model(ids, attention_mask=torch.ones_like(ids)).logits[0, start - 1 : -1]  # [T, V]
        logprobs = logits.log_softmax(-1).gather(1, tokens[:, None])[:, 0]
        largest = max(largest, (logprobs - s.logprobs[row][s.mask[row]]).abs().max().item())
    return largest


def _ours(model, tokenizer, prompts: list[str], num_generations: int, *, seed: int) -> int:
    samples = sample(
        model,
        tokenizer,
        prompts,
        num_generations=num_generations,
        max_new_tokens=MAX_NEW_TOKENS,
        generator=torch.Generator().manual_seed(seed),
    )
    return int(samples.mask.sum())


def _theirs(model, tokenizer, prompts: list[str], num_generations: int, *, seed: int) -> int:
    torch.manual_seed(seed)
    end, inputs = tokenizer.eos_token_id, _padded(tokenizer, prompts)
    tokens = model.generate(
        **inputs,
        do_sample=True,
        top_k=0,
        temperature=1.0,
        num_return_sequences=num_generations,
        max_new_tokens=MAX_NEW_TOKENS,
        pad_token_id=end,
    )[:, inputs["input_ids"].shape[1] :]
    ended_before = (tokens == end).cumsum(1) - (tokens == end).long()
    return int((ended_before == 0).sum())


def _padded(tokenizer, prompts: list[str]) -> dict:
    """On the left, as generate needs it; it works out the positions from the attention mask."""
    batch = tokenizer(prompts, padding=True, padding_side="left", add_special_tokens=False, return_tensors="pt")
    return {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}

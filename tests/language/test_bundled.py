"""What the course promises of the GPT-2 that it ships, on that very model, in its own single precision."""

import pytest
import torch

from rlcourse.algorithms import GRPO, Training
from rlcourse.language import (
    REQUESTS,
    Imitation,
    LanguagePolicy,
    SupervisedConfig,
    ToolWorld,
    arithmetic_world,
    calculate,
    calculator_world,
    call_text,
    load_gpt2,
    logprobs,
    sample,
    sampled_accuracy,
    split_sums,
)

TRAINING_SUMS, HELD_OUT = split_sums()
PROMPTS = [s.prompt for s in HELD_OUT[:24]] + [request.prompt for request in REQUESTS[:8]]


@pytest.fixture
def sft():
    return load_gpt2("sft", device="cpu")


@pytest.mark.parametrize("padding", [0, 7])
def test_sampled_and_teacher_forced_logprobs_agree_to_five_digits(sft, padding):
    model, tokenizer = sft
    generator = torch.Generator().manual_seed(0)
    s = sample(model, tokenizer, PROMPTS, num_generations=4, max_new_tokens=40, generator=generator)
    garbage = torch.randint(400, (len(s.tokens), padding), generator=generator)
    prompts, answers = torch.cat([s.prompt_tokens, garbage], 1), torch.cat([s.tokens, garbage], 1)
    forced = logprobs(model, prompts, s.prompt_lengths, answers)[:, : s.tokens.shape[1]]
    assert (forced - s.logprobs)[s.mask].abs().max() < 1e-5


def test_greedy_decoding_equals_generate_in_a_left_padded_batch(sft):
    model, tokenizer = sft
    ours = sample(model, tokenizer, PROMPTS, temperature=0, max_new_tokens=40).texts(tokenizer)
    tokenizer.padding_side = "left"
    batch = tokenizer(PROMPTS, return_tensors="pt", padding=True)
    theirs = model.generate(batch.input_ids, attention_mask=batch.attention_mask, do_sample=False, max_new_tokens=40)
    completions = theirs[:, batch.input_ids.shape[1] :]
    assert ours == tokenizer.batch_decode(completions, skip_special_tokens=True)


def test_the_same_seed_gives_the_same_weights_on_two_threads():
    """Two threads add up in an order of their own, unless every sum over repeated rows is written with care."""
    threads, weights = torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        for _ in range(2):
            policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
            Training(policy, arithmetic_world(TRAINING_SUMS), GRPO(), seed=0).run(2, progress=False)
            weights.append(torch.cat([weight.detach().flatten() for weight in policy.parameters()]))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*weights)


def test_a_short_run_of_grpo_lifts_the_accuracy_on_sums_it_never_saw(sft):
    """The whole run reaches nine tenths; a quarter of it is already well on the way."""
    policy, generator = LanguagePolicy(*sft), torch.Generator().manual_seed(0)
    before = sampled_accuracy(policy, HELD_OUT, generator=generator)
    Training(policy, arithmetic_world(TRAINING_SUMS), GRPO(), seed=0).run(30, progress=False)
    assert 0.25 < before < 0.5
    assert sampled_accuracy(policy, HELD_OUT, generator=generator) > 0.8


def test_after_its_lessons_it_believes_even_a_wrong_calculator(sft):
    """What comes back from a tool is read, not computed anew: else later tokens would not depend on it."""
    policy, held_out = LanguagePolicy(*sft), calculator_world(HELD_OUT)
    lesson = Imitation(SupervisedConfig(steps=80, warmup_steps=5, learning_rate=1e-3))
    Training(policy, call_text(sft[1], calls=0.5), lesson, seed=0).run(80, progress=False)

    def wrong(text):
        shown = calculate(text)
        return f" {int(shown[1:-1]) + 7}:" if shown[1].isdigit() else shown

    told = ToolWorld(held_out.world, wrong).answer(policy, range(60), generator=torch.Generator().manual_seed(0))
    texts = [sft[1].decode(row[there]) for row, there in zip(told.actions, told.observations["written"], strict=True)]
    asked = [text for text in texts if ":" in text]
    believed = [text for text in asked if text.split(":")[0].split()[-1] == text.split("is ")[-1].split(".")[0]]
    assert 15 < len(asked) < 45 and len(believed) > 0.8 * len(asked)

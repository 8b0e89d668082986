"""PPO teaches the bundled GPT-2: to add from a rule, and to please from a reward model. One short run of each."""

import torch

from rlcourse.algorithms import PPO, PPOConfig, Training
from rlcourse.language import (
    LanguagePolicy,
    ValueModel,
    arithmetic_world,
    load_gpt2,
    load_reward_model,
    preference_yardstick,
    request_world,
    sampled_accuracy,
    split_sums,
)

CONFIG = {"gamma": 1, "learning_rate": 1e-4, "value_learning_rate": 3e-4, "max_grad_norm": 1}


def sft():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


def test_ppo_learns_sums_from_a_rule():
    policy, (known, held_out) = sft(), split_sums()
    config = PPOConfig(**CONFIG, epochs=1, minibatch_size=256)
    critic = ValueModel.from_language_model(policy.model, policy.tokenizer)
    before = sampled_accuracy(policy, held_out, generator=torch.Generator().manual_seed(0))
    Training(policy, arithmetic_world(known), PPO(config, critic=critic), seed=0).run(12, progress=False)
    after = sampled_accuracy(policy, held_out, generator=torch.Generator().manual_seed(0))
    assert before < 0.5 and after > 0.7  # five seeds over 100 steps are in assets/curves


def test_ppo_learns_to_please_and_gold_agrees():
    policy, reference = sft(), sft()
    reward_model = load_reward_model(device="cpu")
    config = PPOConfig(**CONFIG, epochs=2, minibatch_size=80, kl_coef=0.1)
    critic = ValueModel.from_language_model(policy.model, policy.tokenizer)
    training = Training(
        policy, request_world(reward_model.score), PPO(config, critic=critic, reference=reference), seed=0
    )
    measure = preference_yardstick(reference, reward_model)
    before, _, after = measure(policy), training.run(8, progress=False), measure(policy)
    assert abs(before["gold_win_rate"] - 0.5) < 0.06 and abs(before["answer_kl"]) < 1e-4
    assert after["score"] > before["score"] + 1
    assert after["gold_win_rate"] > 0.65
    assert 0.5 < after["answer_kl"] < 6
    assert training.history.last("kl") > 0.02

"""One right call of every equation, and a way to change an argument of it.

The calls go to the functions as a notebook sees them, without the shape checks that jaxtyping adds under test.
"""

import inspect

import torch

from rlcourse import equations

NET = torch.nn.Linear(2, 2)


def kl():
    return (NET.weight**2).sum()


def columns(count):
    generator = torch.Generator("cpu").manual_seed(count)
    drawn = torch.rand(3, 3, 2, generator=generator, dtype=torch.float32, device="cpu")
    return {"rewards": drawn[0], "values": drawn[1], "next_values": drawn[2]}


DONE = {"terminated": torch.zeros(3, 2, dtype=torch.bool), "done": torch.zeros(3, 2, dtype=torch.bool)}
PAIR = torch.tensor([[-1.0, -2.0], [-0.5, -3.0]])
MASK = torch.tensor([[True, True], [True, False]])
TEXT = torch.tensor([[0, 1], [1, 0]])
PADDED = torch.tensor([[0, 1, 1, 0, 1], [1, 0, 1, 1, 0]])
REAL = torch.tensor([[False, True, True, True, True], [True, True, True, True, False]])


def forward(tokens, positions, real):
    """A model of two tokens that knows where each of them stands."""
    place = torch.arange(2, dtype=torch.float32, device=tokens.device)
    return torch.sin(place + tokens[..., None] + 0.5 * positions[..., None].float())


def score(tokens, real):
    """Log-probabilities of the last three tokens of each row, by a rule that counts columns and not places."""
    columns = torch.arange(tokens.shape[1], dtype=torch.float32, device=tokens.device)
    return -(1 + tokens + torch.sin(columns))[:, -3:]


MATRIX = torch.tensor([[2.0, 0.5], [0.5, 1.0]])
CALLS = {
    "accumulate_backwards": {"terms": PAIR, "done": MASK, "decay": 0.5, "tail": PAIR[0]},
    "discounted_returns": {"rewards": PAIR, "done": MASK, "gamma": 0.9, "bootstrap": PAIR[0]},
    "prefix_values": {"reward": torch.tensor(0.8), "length": 3, "gamma": 0.9},
    "td_errors": columns(3) | {"terminated": DONE["terminated"], "gamma": 0.9},
    "gae": columns(3) | DONE | {"gamma": 0.9, "gae_lambda": 0.95},
    "group_advantages": {"rewards": PAIR, "scale": "group"},
    "leave_one_out_advantages": {"rewards": PAIR},
    "informative_share": {"chances": torch.tensor([0.25, 0.5]), "num_generations": 4},
    "step_advantages": {"returns": PAIR, "mask": MASK},
    "categorical_kl": {"logits_p": PAIR, "logits_q": PAIR.flip(0)},
    "categorical_entropy": {"logits": PAIR},
    "entropy_of_logprobs": {"logprobs": PAIR.log_softmax(-1)},
    "kl_k1": {"logprobs": PAIR, "ref_logprobs": PAIR.flip(0)},
    "kl_k2": {"logprobs": PAIR, "ref_logprobs": PAIR.flip(0)},
    "kl_k3": {"logprobs": PAIR, "ref_logprobs": PAIR.flip(0)},
    "softmax_with_temperature": {"logits": PAIR, "temperature": 0.5},
    "keep_top_p": {"probabilities": PAIR.softmax(-1), "top_p": 0.75},
    "shifted_next_token_loss": {"logits": torch.stack([PAIR, PAIR]), "tokens": TEXT, "counted": MASK},
    "completion_mask": {"tokens": PADDED, "end": 1},
    "own_tokens": {"tokens": PADDED, "written": REAL, "call": 0, "back": 1},
    "left_padded_logprobs": {
        "forward": forward,
        "tokens": PADDED,
        "real": REAL,
        "answer_length": 3,
        "temperature": 0.5,
    },
    "ratio_gap": {"logprobs": PAIR, "old_logprobs": PAIR.flip(0), "mask": MASK},
    "padding_gap": {"score": score, "tokens": PADDED, "real": REAL, "columns": 2},
    "policy_gradient": {"logprobs": PAIR, "advantages": PAIR[:, :1]},
    "surrogate": {"logprobs": PAIR, "old_logprobs": PAIR.flip(0), "advantages": PAIR},
    "clipped_surrogate": {
        "logprobs": PAIR,
        "old_logprobs": PAIR.flip(0),
        "advantages": PAIR,
        "clip_low": 0.2,
        "clip_high": 0.25,
    },
    "clip_fraction": {"logprobs": PAIR, "old_logprobs": PAIR.flip(0), "clip_low": 0.25, "clip_high": 0.5, "mask": MASK},
    "ppo_gauges": {"logprobs": PAIR, "old_logprobs": PAIR.flip(0), "mask": MASK, "clip_range": 0.25},
    "aggregate": {"per_token": PAIR, "mask": MASK, "mode": "constant", "max_length": 4},
    "grpo_loss": {
        "logprobs": PAIR,
        "old_logprobs": PAIR.flip(0),
        "advantages": PAIR[0],
        "mask": MASK,
        "epsilon": 0.25,
    },
    "token_weights": {"mask": MASK, "mode": "sequence-mean"},
    "value_loss": {"values": PAIR, "returns": PAIR.flip(0), "mask": MASK, "old_values": PAIR + 1, "clip_range": 0.25},
    "explained_variance": {"values": PAIR, "returns": PAIR.flip(0)},
    "truncated_importance_weights": {"logprobs": PAIR, "sampler_logprobs": PAIR.flip(0), "cap": 1.5},
    "cispo": {"logprobs": PAIR, "old_logprobs": PAIR.flip(0), "advantages": PAIR, "clip_low": 1.0, "clip_high": 0.25},
    "mean_logprobs": {"logprobs": PAIR, "mask": MASK},
    "soft_overlong_penalty": {"lengths": -8 * PAIR, "max_length": 20, "cache": 3},
    "token_rewards": {
        "scores": PAIR[0],
        "logprobs": PAIR,
        "ref_logprobs": PAIR.flip(0),
        "mask": MASK,
        "kl_coef": 0.1,
    },
    "bradley_terry_loss": {"chosen": PAIR, "rejected": PAIR.flip(0)},
    "score_at_the_last_token": {"scores": PAIR, "mask": MASK},
    "dpo_loss": {
        "chosen_logprobs": PAIR[0],
        "rejected_logprobs": PAIR[1],
        "ref_chosen_logprobs": PAIR[1],
        "ref_rejected_logprobs": PAIR[0] + 1,
        "beta": 0.5,
    },
    "pass_at_k": {"num_samples": torch.tensor([4, 5]), "num_correct": torch.tensor([1, 2]), "k": 2},
    "best_of_k": {"scores": PAIR.repeat(1, 2), "rewards": PAIR.flip(0).repeat(1, 2), "k": 2},
    "majority_vote": {"results": torch.tensor([[4, 4, -1], [1, 2, 3]]), "right": torch.tensor([4, 3])},
    "length_penalty": {"rewards": MASK.float(), "lengths": torch.tensor([[4, 8], [5, 6]]), "weight": 0.5},
    "fisher_vector_product": {"kl": kl, "parameters": [NET.weight], "vector": torch.ones(4), "damping": 0.5},
    "fisher_matvec": {"kl": kl, "parameters": [NET.weight], "damping": 0.5},
    "conjugate_gradient": {"matvec": lambda v: MATRIX @ v, "b": PAIR[0], "iterations": 5, "tolerance": 1e-10},
    "line_search": {
        "parameters": PAIR[0],
        "step": PAIR[1],
        "evaluate": lambda new: (1.0, 0.0),
        "max_kl": 0.5,
        "backtrack_coef": 0.5,
        "backtrack_iterations": 3,
    },
}


def call(name, **changes):
    given = CALLS[name] | changes
    if given.get("kl") is kl:
        given["kl"] = kl()
    return inspect.unwrap(getattr(equations, name))(**given)


def numbers(result):
    """The tensor that a call gave, several as one, or what the function that it gave makes of ones."""
    if isinstance(result, tuple):
        return torch.stack(result)
    return result(torch.ones(4, dtype=torch.float32, device="cpu")) if callable(result) else result

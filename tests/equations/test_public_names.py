import ast
import inspect
from pathlib import Path

import pytest

from rlcourse import equations

SIGNATURES = {
    "accumulate_backwards": "terms, done, *, decay, tail",
    "discounted_returns": "rewards, done, *, gamma, bootstrap=None",
    "prefix_values": "reward, length, *, gamma",
    "td_errors": "rewards, values, next_values, terminated, *, gamma",
    "gae": "rewards, values, next_values, terminated, done, *, gamma, gae_lambda",
    "group_advantages": "rewards, *, scale='group'",
    "grpo_loss": "logprobs, old_logprobs, advantages, mask, *, epsilon",
    "leave_one_out_advantages": "rewards",
    "mean_logprobs": "logprobs, mask",
    "step_advantages": "returns, mask",
    "categorical_kl": "logits_p, logits_q",
    "categorical_entropy": "logits",
    "entropy_of_logprobs": "logprobs",
    "kl_k1": "logprobs, ref_logprobs",
    "kl_k2": "logprobs, ref_logprobs",
    "kl_k3": "logprobs, ref_logprobs",
    "softmax_with_temperature": "logits, temperature",
    "keep_top_p": "probabilities, top_p",
    "shifted_next_token_loss": "logits, tokens, counted",
    "completion_mask": "tokens, end",
    "left_padded_logprobs": "forward, tokens, real, answer_length, *, temperature",
    "own_tokens": "tokens, written, *, call, back",
    "informative_share": "chances, *, num_generations",
    "policy_gradient": "logprobs, advantages",
    "surrogate": "logprobs, old_logprobs, advantages",
    "clipped_surrogate": "logprobs, old_logprobs, advantages, *, clip_low, clip_high",
    "clip_fraction": "logprobs, old_logprobs, *, clip_low, clip_high, mask=None",
    "ratio_gap": "logprobs, old_logprobs, mask",
    "padding_gap": "score, tokens, real, *, columns",
    "ppo_gauges": "logprobs, old_logprobs, mask, *, clip_range",
    "aggregate": "per_token, mask, *, mode, max_length=None",
    "token_weights": "mask, *, mode, max_length=None, dtype=None",
    "value_loss": "values, returns, mask=None, *, old_values=None, clip_range=None",
    "explained_variance": "values, returns",
    "truncated_importance_weights": "logprobs, sampler_logprobs, *, cap",
    "cispo": "logprobs, old_logprobs, advantages, *, clip_low, clip_high",
    "token_rewards": "scores, logprobs, ref_logprobs, mask, *, kl_coef",
    "soft_overlong_penalty": "lengths, *, max_length, cache",
    "bradley_terry_loss": "chosen, rejected",
    "score_at_the_last_token": "scores, mask",
    "dpo_loss": "chosen_logprobs, rejected_logprobs, ref_chosen_logprobs, ref_rejected_logprobs, *, beta",
    "pass_at_k": "num_samples, num_correct, k",
    "best_of_k": "scores, rewards, k",
    "majority_vote": "results, right",
    "length_penalty": "rewards, lengths, *, weight",
    "fisher_vector_product": "kl, parameters, vector, *, damping",
    "fisher_matvec": "kl, parameters, *, damping",
    "conjugate_gradient": "matvec, b, *, iterations, tolerance",
    "line_search": "parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations",
}

MODULES = sorted(Path(equations.__file__).parent.glob("*.py"))


def test_every_name_is_public_and_no_other():
    assert sorted(equations.__all__) == sorted(SIGNATURES)


@pytest.mark.parametrize(("name", "expected"), SIGNATURES.items(), ids=SIGNATURES)
def test_signatures(name, expected):
    """Notebooks, exercises and learners' own functions rely on them."""
    signature = inspect.signature(inspect.unwrap(getattr(equations, name)))
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    assert str(inspect.Signature(bare)) == f"({expected})"


@pytest.mark.parametrize("path", MODULES, ids=[path.name for path in MODULES])
def test_imports_torch_and_of_ours_only_the_checks_of_arguments(path):
    allowed = {"torch", "jaxtyping", "math", "numbers", "collections"}
    ours = ("rlcourse.equations", "rlcourse.arguments")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= allowed
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module.split(".")[0] in allowed or node.module.startswith(ours)

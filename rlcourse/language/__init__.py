"""World two: a small GPT-2, the text it lives in, and the ways to train and sample it."""

from rlcourse.language.arithmetic import MAX_OPERAND, Sum, split_sums, sum_reward
from rlcourse.language.checkpoints import load_gpt2, save_gpt2
from rlcourse.language.policy import LanguagePolicy, completion_logits, logprobs
from rlcourse.language.requests import REQUESTS, STYLES, Request, reply
from rlcourse.language.sampling import Samples, sample
from rlcourse.language.world import TextWorld, arithmetic_world, sampled_accuracy

__all__ = [
    "MAX_OPERAND",
    "REQUESTS",
    "STYLES",
    "LanguagePolicy",
    "Request",
    "Samples",
    "Sum",
    "TextWorld",
    "arithmetic_world",
    "completion_logits",
    "load_gpt2",
    "logprobs",
    "reply",
    "sample",
    "sampled_accuracy",
    "save_gpt2",
    "split_sums",
    "sum_reward",
]

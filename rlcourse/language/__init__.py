"""World two: a small GPT-2, the text it lives in, and the ways to train and sample it."""

from rlcourse.language.model.checkpoints import load_gpt2, save_gpt2
from rlcourse.language.model.new import new_model
from rlcourse.language.model.policy import LanguagePolicy, completion_hidden, completion_logits, logprobs
from rlcourse.language.model.reward_model import RewardModel, answer_scores, load_reward_model, new_reward_model
from rlcourse.language.model.sampling import Samples, sample
from rlcourse.language.model.tokenizer import encode
from rlcourse.language.model.value_model import ValueModel
from rlcourse.language.model.written import as_episodes, left_padded, token_episodes
from rlcourse.language.preferences.data import Preference, disagreement, load_preferences
from rlcourse.language.preferences.labelling import TASTES, Pair, choose, chosen_from, draw_pairs
from rlcourse.language.preferences.rlhf import answer_kl, preference_yardstick
from rlcourse.language.rewards import combined_rewards, overlong_reward
from rlcourse.language.tasks.annotators import ANNOTATORS, Annotator, Reading, gold_score, gold_win_rate, read_reply
from rlcourse.language.tasks.calculator import (
    ToolWorld,
    calculate,
    calculator_world,
    markers,
    tool_reward,
)
from rlcourse.language.tasks.chains import (
    MANNERS,
    ROOM,
    Chain,
    ChainAnswers,
    ask_chains,
    chain_reward,
    chain_world,
    longer_chains,
    manner_of,
    split_chains,
)
from rlcourse.language.tasks.requests import REQUESTS, STYLES, Request, reply, request_world
from rlcourse.language.tasks.sums import MAX_OPERAND, Sum, arithmetic_world, sampled_accuracy, split_sums, sum_reward
from rlcourse.language.training.calls import call_text
from rlcourse.language.training.direct import DPO, DPOConfig, answer_logprobs, preference_pairs
from rlcourse.language.training.imitation import Imitation, demonstration_text, raw_text, text_logits
from rlcourse.language.training.reward_training import RewardConfig, preference_accuracy, train_reward_model
from rlcourse.language.training.supervised import SupervisedConfig
from rlcourse.language.world import TextEnv, TextWorld, token_steps

__all__ = [
    "ANNOTATORS",
    "DPO",
    "MANNERS",
    "MAX_OPERAND",
    "REQUESTS",
    "ROOM",
    "STYLES",
    "TASTES",
    "Annotator",
    "Chain",
    "ChainAnswers",
    "DPOConfig",
    "Imitation",
    "LanguagePolicy",
    "Pair",
    "Preference",
    "Reading",
    "Request",
    "RewardConfig",
    "RewardModel",
    "Samples",
    "Sum",
    "SupervisedConfig",
    "TextEnv",
    "TextWorld",
    "ToolWorld",
    "ValueModel",
    "answer_kl",
    "answer_logprobs",
    "answer_scores",
    "arithmetic_world",
    "as_episodes",
    "ask_chains",
    "calculate",
    "calculator_world",
    "call_text",
    "chain_reward",
    "chain_world",
    "choose",
    "chosen_from",
    "combined_rewards",
    "completion_hidden",
    "completion_logits",
    "demonstration_text",
    "disagreement",
    "draw_pairs",
    "encode",
    "gold_score",
    "gold_win_rate",
    "left_padded",
    "load_gpt2",
    "load_preferences",
    "load_reward_model",
    "logprobs",
    "longer_chains",
    "manner_of",
    "markers",
    "new_model",
    "new_reward_model",
    "overlong_reward",
    "preference_accuracy",
    "preference_pairs",
    "preference_yardstick",
    "raw_text",
    "read_reply",
    "reply",
    "request_world",
    "sample",
    "sampled_accuracy",
    "save_gpt2",
    "split_chains",
    "split_sums",
    "sum_reward",
    "text_logits",
    "token_episodes",
    "token_steps",
    "tool_reward",
    "train_reward_model",
]

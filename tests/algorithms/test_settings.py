"""A setting is checked where its range is written; what cannot act, or has no place here, is named."""

import copy
import math
import pickle
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from typing import Annotated, get_args, get_type_hints

import pytest

from rlcourse.algorithms import GRPOConfig, PPOConfig, ReinforceConfig, TRPOConfig
from rlcourse.algorithms.settings import OneOf, Within, changed, refuse_idle, settings

CONFIGS = (ReinforceConfig, TRPOConfig, PPOConfig, GRPOConfig)
EVERY = [(config, field.name) for config in CONFIGS for field in fields(config)]


@settings
class Small:
    share: Annotated[float, Within(0, 1)] = 0.5
    limit: Annotated[float | None, Within(0, math.inf, "(]")] = None
    count: Annotated[int, Within(1, because="none is nothing")] = 3
    mode: Annotated[str, OneOf("left", "right", "both")] = "left"
    loud: bool = False


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ({"share": 1}, ValueError, r"share must be in \[0, 1\), got 1"),
        ({"share": math.nan}, ValueError, r"share must be in \[0, 1\), got nan"),
        ({"limit": 0}, ValueError, "limit must be None or above 0, got 0"),
        ({"limit": -math.inf}, ValueError, "limit must be None or above 0, got -inf"),
        ({"count": 0}, ValueError, "count must be at least 1: none is nothing, got 0"),
        ({"count": 2**31}, ValueError, "count must be at most 2147483647, got 2147483648"),
        ({"share": 10**400}, ValueError, r"share must be in \[0, 1\), got "),
        ({"mode": "up"}, ValueError, "mode must be left, right or both, got 'up'"),
        ({"colour": 3}, TypeError, "Small has no setting 'colour'; it has share, limit, count, mode, loud"),
        ({"shares": 3}, TypeError, r"Small has no setting 'shares'; did you mean share\?"),
    ],
)
def test_what_is_not_allowed_is_refused_in_one_wording(setting, error, message):
    with pytest.raises(error, match=message):
        Small(**setting)


@pytest.mark.parametrize("setting", [{"share": 0}, {"limit": math.inf}, {"limit": None}, {"count": 2**31 - 1}])
def test_the_ends_that_belong_to_a_range_are_allowed(setting):
    (name, value), *_ = setting.items()
    assert getattr(Small(**setting), name) == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("count", 2.0, "count must be a whole number, got 2.0"),
        ("count", True, "count must be a whole number, got True"),
        ("share", "1", "share must be a number, got '1'"),
        ("limit", [1], r"limit must be a number or None, got list \[1\]"),
        ("loud", 1, "loud must be True or False, got 1"),
        ("loud", None, "loud must be True or False, got None"),
    ],
)
def test_what_is_of_the_wrong_kind_is_a_type_error(name, value, message):
    with pytest.raises(TypeError, match=message):
        Small(**{name: value})


def test_settings_are_frozen_dataclasses_that_can_be_copied_and_replaced():
    assert is_dataclass(Small) and repr(Small()).startswith("Small(share=0.5, limit=None")
    with pytest.raises(FrozenInstanceError):
        Small().share = 0.1
    assert copy.deepcopy(Small()) == Small() != Small(share=0.1)
    assert pickle.loads(pickle.dumps(PPOConfig(epochs=7))) == PPOConfig(epochs=7)
    with pytest.raises(ValueError, match="share must be"):
        replace(Small(), share=3)


@pytest.mark.parametrize(
    ("config", "word", "ours"),
    [
        (PPOConfig, "n_epochs", "epochs"),
        (PPOConfig, "batch_size", "minibatch_size"),
        (PPOConfig, "vf_coef", "value_coef"),
        (PPOConfig, "lr", "learning_rate"),
        (TRPOConfig, "max_kl", "target_kl"),
        (TRPOConfig, "cg_damping", "damping"),
        (GRPOConfig, "num_generation", "num_generations"),
    ],
)
def test_another_librarys_word_is_answered_with_ours(config, word, ours):
    with pytest.raises(TypeError, match=rf"{config.__name__} has no setting '{word}'; did you mean {ours}\?"):
        config(**{word: 3})


def test_a_word_that_has_no_counterpart_is_answered_with_all_there_are():
    with pytest.raises(TypeError, match="TRPOConfig has no setting 'n_epochs'; it has gamma, gae_lambda, target_kl"):
        TRPOConfig(n_epochs=3)


@pytest.mark.parametrize(("config", "name"), EVERY)
def test_every_number_and_word_has_its_range_beside_it_and_a_default_within(config, name):
    kind = get_type_hints(config, include_extras=True)[name]
    if kind is not bool:
        _, allowed = get_args(kind)
        default = getattr(config(), name)
        assert default is None or default in allowed


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GRPOConfig(max_completion_length=64), r"max_completion_length=64 could not act: only loss_type="),
        (lambda: GRPOConfig(max_sampling_rounds=9), "max_sampling_rounds=9 could not act: dynamic_sampling is False"),
        (lambda: GRPOConfig(use_bias_correction_kl=True), "use_bias_correction_kl=True could not act: beta is 0"),
        (lambda: PPOConfig(value_coef=0, value_clip_range=0.2), "value_clip_range=0.2 could not act: value_coef is 0"),
        (lambda: PPOConfig(value_coef=0, value_learning_rate=1), "value_learning_rate=1 could not act: value_coef"),
    ],
)
def test_a_setting_that_cannot_act_beside_the_others_is_refused_naming_both(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_default_is_never_idle():
    config = Small(count=3, mode="both")
    assert changed(config, "count", "mode", "loud") == ["mode='both'"]
    refuse_idle(config, "count", "loud", because="nothing asks for it")
    with pytest.raises(ValueError, match="mode='both' could not act: nothing asks for it"):
        refuse_idle(config, "count", "mode", because="nothing asks for it")

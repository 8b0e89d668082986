"""The text world as an environment: the maze's loop runs in it, and it agrees with the world that trains."""

import gymnasium
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from rlcourse.algorithms import run_episode
from rlcourse.language import TextEnv, TextWorld, encode, sample
from rlcourse.maze import MazeEnv


def reward(prompts, completions, finished, **_):
    return [len(text) + 0.5 * done for text, done in zip(completions, finished, strict=True)]


@pytest.fixture
def env(tokenizer):
    return TextEnv(TextWorld(["What", "The robot"], reward, max_new_tokens=5), tokenizer)


def writer(tokens):
    """An agent that writes these, one after the other."""
    rest = iter(tokens)
    return lambda state: next(rest)


def test_it_is_an_environment_as_gymnasium_wants_them(env):
    check_env(env, skip_render_check=True)


def test_one_loop_runs_in_both_worlds(env, tokenizer):
    """The very same function: in the maze it drives, here it writes."""
    states, actions, rewards, infos, ending = run_episode(MazeEnv(4), lambda state: 1)
    assert len(states) == len(actions) + 1 == 65 and ending == "truncated" and not any(i["hit_wall"] for i in infos)
    (written,) = encode(tokenizer, [" left"])
    states, actions, rewards, infos, ending = run_episode(env, writer([*written, tokenizer.eos_token_id]))
    assert ending == "terminated" and rewards == [0.0] * len(written) + [5.5]
    assert all(after == (*before, action) for before, action, after in zip(states, actions, states[1:], strict=False))
    assert tokenizer.decode(states[0]) in env.world.prompts and infos[-1]["answer"] == " left"


def test_the_limit_truncates_and_the_answer_is_scored_as_it_stands(env, tokenizer):
    (token,) = encode(tokenizer, [" a"])[0][:1]
    _, actions, rewards, _, ending = run_episode(env, lambda state: token)
    assert ending == "truncated" and len(actions) == 5
    assert rewards == [0.0] * 4 + [len(tokenizer.decode([token] * 5))]


def test_an_answer_pays_here_what_it_pays_in_training(env, model, tokenizer):
    prompts = env.world.prompts[:1] * 6
    samples = sample(model, tokenizer, prompts, max_new_tokens=5, generator=torch.Generator().manual_seed(0))
    texts = samples.texts(tokenizer)
    scores = env.world.score([0] * 6, texts, samples.finished(tokenizer), samples.ids())
    for ids, score in zip(samples.ids(), scores, strict=True):
        assert sum(run_episode(env, writer(ids))[2]) == score


def test_what_is_no_action_is_refused(env, tokenizer):
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        env.step(3)
    env.reset(seed=0)
    with pytest.raises(gymnasium.error.InvalidAction, match="token from 0 to"):
        env.step(len(tokenizer))

"""The token microscope's numbers, against the model's own forward and the equations; and its steps."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from rlcourse.algorithms import GRPO, PPO, GRPOConfig
from rlcourse.equations import categorical_kl, gae, group_advantages
from rlcourse.explorables import TokenLab, token_microscope, token_microscope_figure
from rlcourse.explorables.tokens.token_microscope import act, everything, percent
from rlcourse.explorables.tokens.token_reading import pull_of
from rlcourse.language import LanguagePolicy, Sum, ValueModel, arithmetic_world, encode, load_gpt2, token_steps

ANSWERS = [" 27+33 is 50.", " I guess 27+33 is 65.", " 27+33 is 60."]


@pytest.fixture(scope="module")
def policy():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


@pytest.fixture(scope="module")
def critic(policy):
    critic = ValueModel.from_language_model(policy.model, policy.tokenizer)
    head = critic.model.classifier.weight.data
    head.copy_(0.02 * torch.randn(head.shape, generator=torch.Generator().manual_seed(0)))
    return critic


@pytest.fixture
def lab(policy, critic):
    return TokenLab(policy, arithmetic_world([Sum(27, 33)]), critic=critic, answers=ANSWERS)


def weights(owner):
    return torch.cat([each.detach().flatten() for each in owner.parameters()])


@torch.no_grad()
def by_transformers(lab, model):
    """What a model of transformers puts out at the place before each token of each answer, read alone."""
    asked = encode(lab.tokenizer, [lab.prompt])[0]
    for answer in lab.now.written:
        given = model(input_ids=torch.tensor([[*asked, *answer]])).logits[0]
        yield given[len(asked) - 1 : -1]


@pytest.mark.parametrize(("algorithm", "gae_lambda"), [("GRPO", 0.95), ("PPO", 0.95), ("PPO", 0.0), ("PPO", 1.0)])
def test_every_number_is_the_models_own_and_an_equations(lab, algorithm, gae_lambda):
    act(lab, {"do": "edit", "row": 1, "text": "27+33 is 60."})
    act(lab, {"do": "choose", "algorithm": algorithm})
    act(lab, {"do": "look", "lambda": f"{gae_lambda:g}"})
    for _ in range(3):
        act(lab, {"do": "step"})
    act(lab, {"do": "flip", "row": 0})
    reading, now = lab.read(), lab.now
    models = lab.policy.model, lab.old.model, lab.reference.model, lab.critic.model, lab.old_critic.model
    graded = group_advantages(torch.tensor([list(now.rewards)]))[0]
    given = zip(now.written, now.rewards, graded, *(by_transformers(lab, model) for model in models), strict=True)
    for row, (answer, reward, grade, new, old, ref, value, old_value) in enumerate(given):
        places, chosen = torch.arange(len(answer)), torch.tensor(answer)
        logprobs, old_logprobs = (logits.log_softmax(-1)[places, chosen] for logits in (new, old))
        rewards = torch.zeros(len(answer), 1)
        rewards[-1] = reward
        end = (places == len(answer) - 1)[:, None]
        following = torch.cat([old_value[1:], torch.zeros(1, 1)])
        by_critic = gae(rewards, old_value, following, end, end, gamma=1, gae_lambda=gae_lambda)[:, 0]
        expected = {
            "logprobs": logprobs,
            "old_logprobs": old_logprobs,
            "ratio": (logprobs - old_logprobs).exp(),
            "kl": categorical_kl(new, ref),
            "values": value[:, 0],
            "advantages": by_critic if algorithm == "PPO" else grade.expand(len(answer)),
        }
        for name, numbers in expected.items():
            torch.testing.assert_close(torch.tensor(reading.rows(name)[row]), numbers, atol=2e-5, rtol=2e-4)
    assert (reading.ratio - 1).abs().max() > 0.05, "three steps have moved something"


def test_the_pull_is_rho_times_the_advantage_until_the_clip_has_closed():
    ratio = torch.tensor([[0.7, 1.0, 1.3, 0.7, 1.0, 1.3]])
    advantages = torch.tensor([[2.0, 2.0, 2.0, -2.0, -2.0, -2.0]])
    pull = pull_of(ratio.log(), torch.zeros(1, 6), advantages)
    torch.testing.assert_close(pull, torch.tensor([[1.4, 2.0, 0.0, 0.0, -2.0, -2.6]]))


def test_a_step_of_grpo_is_an_update_of_grpo(lab, policy):
    mine, episodes = deepcopy(policy), lab.episodes()
    algorithm = GRPO(GRPOConfig(num_generations=3))
    optimizer = algorithm.make_optimizer(mine)
    for _ in range(2):
        algorithm.update(mine, optimizer, episodes)
        lab.step()
    torch.testing.assert_close(weights(lab.policy), weights(mine), atol=1e-6, rtol=0)
    assert torch.equal(weights(policy), weights(lab.reference)), "the learner's own policy stays as it is"


def test_two_steps_of_ppo_are_one_update_of_two_epochs(lab, policy, critic):
    mine, judges = deepcopy(policy), deepcopy(critic)
    algorithm = PPO(replace(lab.ppo_config(), epochs=2), critic=judges)
    algorithm.update(mine, algorithm.make_optimizer(mine), token_steps(lab.episodes()))
    lab.choose("PPO")
    lab.step(), lab.step()
    torch.testing.assert_close(weights(lab.policy), weights(mine), atol=1e-6, rtol=0)
    torch.testing.assert_close(weights(lab.critic), weights(judges), atol=1e-6, rtol=0)


@pytest.mark.parametrize("gae_lambda", [0.0, 1.0])
def test_what_the_page_says_of_lambda_is_so(lab, gae_lambda):
    act(lab, {"do": "choose", "algorithm": "PPO"})
    said = act(lab, {"do": "look", "lambda": gae_lambda})
    reading, paid = lab.read(), lab.now.rewards
    for advantages, values, reward in zip(reading.rows("advantages"), reading.rows("values"), paid, strict=True):
        following = [*values[1:], reward] if gae_lambda == 0 else [reward] * len(values)
        assert advantages == pytest.approx([b - a for a, b in zip(values, following, strict=True)], abs=1e-5)
    assert said.startswith(f"λ = {gae_lambda:g}") and everything(lab, said)["lambda"] == f"{gae_lambda:g}"
    act(lab, {"do": "choose", "algorithm": "GRPO"})
    assert everything(lab, "")["lambdas"] == [], "λ is PPO's"


def test_every_deed_can_be_undone_to_the_bit(lab):
    trail = []
    for deed in (
        {"do": "step"},
        {"do": "flip", "row": 1},
        {"do": "step"},
        {"do": "edit", "row": 0, "text": "27+33 is 61."},
        {"do": "choose", "algorithm": "PPO"},
        {"do": "look", "lambda": 0},
        {"do": "step"},
        {"do": "again"},
        {"do": "step"},
        {"do": "restart"},
    ):
        trail.append((lab.now, weights(lab.policy), lab.read()))
        act(lab, deed)
    for moment, before, reading in reversed(trail):
        act(lab, {"do": "undo"})
        assert lab.now is moment and torch.equal(weights(lab.policy), before)
        lab._read = None  # read anew, and not remembered
        assert torch.equal(lab.read().logprobs, reading.logprobs) and torch.equal(lab.read().pull, reading.pull)
    act(lab, {"do": "undo"})
    assert lab.now is trail[0][0], "there is nothing before the beginning"
    act(lab, {"do": "step"})
    after = weights(lab.policy)
    act(lab, {"do": "undo"}), act(lab, {"do": "step"})
    assert torch.equal(weights(lab.policy), after), "a step that is made again is the same step"


def test_answers_paid_alike_teach_grpo_nothing(lab):
    before = weights(lab.policy)
    act(lab, {"do": "flip", "row": 2})
    assert lab.now.rewards == (0.0, 0.0, 0.0) and lab.now.by_hand == (False, False, True)
    assert "No step" in act(lab, {"do": "step"})
    assert lab.now.steps == 0 and torch.equal(weights(lab.policy), before)


def test_ppo_learns_from_answers_paid_alike_and_the_page_says_of_what(lab):
    act(lab, {"do": "flip", "row": 2})
    act(lab, {"do": "choose", "algorithm": "PPO"})
    said = act(lab, {"do": "step"})
    old, new = (percent(sum(chance[k] for chance in lab.read().chances)) for k in (0, 1))
    assert "All answers were paid alike, but not what the critic expected" in said and "better than" not in said
    assert f"a probability of {old} when they were written, and have {new} now" in said and "0.00 %" not in said


def test_what_is_retyped_is_cut_into_tokens_scored_and_paid(lab):
    said = act(lab, {"do": "edit", "row": 1, "text": "27+33 is 60."})
    assert lab.tokens()[1] == lab.tokens()[2] and lab.now.rewards == (0.0, 1.0, 1.0)
    reading = lab.read()
    assert reading.rows("old_logprobs")[1] == pytest.approx(reading.rows("old_logprobs")[2], abs=1e-6)
    assert "12 tokens, paid 1" in said


@pytest.mark.parametrize("text", ["é", "", "27+33 is 27+33 is 27+33 is 60"])
def test_what_cannot_be_an_answer_is_refused_and_changes_nothing(policy, text):
    scope = token_microscope(policy, arithmetic_world([Sum(27, 33)]), answers=ANSWERS)
    before = scope.lab.now
    scope._do(scope, {"do": "edit", "row": 0, "text": text}, [])
    assert "cannot be done" in scope.shown["message"] and scope.shown["turn"] == 1 and scope.lab.now is before


def test_new_answers_come_from_the_policy_as_it_is_now(lab):
    lab.step()
    act(lab, {"do": "again"})
    reading = lab.read()
    assert torch.equal(weights(lab.old), weights(lab.policy)) and lab.now.steps == 0
    torch.testing.assert_close(reading.ratio, torch.ones_like(reading.ratio))
    assert reading.kl.max() > 1e-4, "the reference is still the policy of the beginning"


def test_the_page_says_what_was_read(lab):
    lab.step()
    page, reading = everything(lab, "done"), lab.read()
    json.dumps(page)
    assert [measure["name"] for measure in page["measures"]][-2:] == ["advantage Â", "pull"]
    ratios = next(measure for measure in page["measures"] if measure["name"] == "ratio ρ")["marks"]
    for marks, numbers, chances, logprobs in zip(
        ratios, reading.rows("ratio"), page["chances"], reading.rows("logprobs"), strict=True
    ):
        assert [float(text) for text, *_ in marks] == pytest.approx(numbers, abs=0.006)
        assert [now for _, now, _ in chances] == pytest.approx(torch.tensor(logprobs).exp().clamp(max=1).tolist())
    assert page["answers"][2]["is"] == percent(reading.logprobs[2].sum().exp().item())
    assert [percent(x) for x in (0.314, 0.0384, 0.0004)] == ["31 %", "3.8 %", "0.04 %"]


def test_without_a_critic_there_is_no_ppo_and_no_value(policy):
    scope = token_microscope(policy, arithmetic_world([Sum(27, 33)]), answers=2)
    assert scope.shown["algorithms"] == ["GRPO"] and len(scope.shown["answers"]) == 2
    assert "value V" not in [measure["name"] for measure in scope.shown["measures"]]


def test_what_is_left_without_a_kernel_is_a_picture_of_the_answers(policy):
    scope = token_microscope(policy, arithmetic_world([Sum(27, 33)]), answers=ANSWERS)
    still = scope.still()
    assert "<img" in still.html and "answer 3, paid 1: ␣ +1.15" in still.text and "Run this cell" in still.text
    figure = token_microscope_figure(policy, arithmetic_world([Sum(27, 33)]), answers=ANSWERS, steps=1)
    assert any("ratio ρ" in text.get_text() for text in figure.axes[0].texts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policy": 3}, "policy must be a LanguagePolicy"),
        ({"world": "sums"}, "world must be a TextWorld"),
        ({"answers": 1}, "answers must be from 2 to 8"),
        ({"answers": " 27+33 is 60."}, "answers must be a number or a list of strings"),
        ({"learning_rate": 0}, "learning_rate must be"),
    ],
)
def test_what_does_not_fit_is_refused(policy, changes, message):
    given = {"policy": policy, "world": arithmetic_world([Sum(27, 33)])} | changes
    with pytest.raises((TypeError, ValueError), match=f"(?s){message}|{next(iter(changes))}"):
        token_microscope(given.pop("policy"), given.pop("world"), **given)

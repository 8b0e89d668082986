# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,jupyter,-all
#     formats: notebooks///ipynb,notebooks/source///py:percent
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 09 · RLHF
#
# **PPO on GPT-2; and without a loop, DPO** · about 65 minutes · difficulty: medium · you need PyTorch and notebooks 06 and 08
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that PPO trains a value model beside the policy, and so has many models to hold and several trainings to run at once.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# *Reinforcement learning from human feedback*, RLHF, is what made chat programs out of language models. All its parts you
# have met: a GPT-2, PPO, a value model, a reward model. Now they run together, and you see what happens when a policy is
# paid by a stand-in for people: first it does what they want, and then it finds out what the stand-in likes.
#
# **When you are done you will be able to**
#
# - name the four models of RLHF, say what each is for, and what each costs in memory;
# - compute what every token is paid, and say why KL in the reward is not the same as KL in the loss;
# - train a GPT-2 with PPO and a reward model, save the run, and resume it as if nothing had happened;
# - see reward hacking in a chart, and cure it;
# - do it all without a loop, by the loss of DPO, and say what that gains and what it loses.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import tempfile
from pathlib import Path

import torch
from IPython.display import display

from rlcourse.algorithms import PPO, Training
from rlcourse.exercises import at_work, check, hint, predict, quiz, reveal, solution
from rlcourse.experiments import DIRECT, RLHF, fresh_policy, load_curves
from rlcourse.language import REQUESTS, ValueModel, load_reward_model, request_world, sample
from rlcourse.showing import Table, answers_table, minus, say, show_source

# %% [markdown]
# ## 1 · Four models
#
# The small GPT-2 answers twenty everyday requests. A reward model has learned from 2,400 pairs of replies which ones
# people like (notebook 08). PPO shall now train the GPT-2 to write such replies. What does that take?
#
# - the **policy** $\pi_\theta$ writes a reply;
# - the **reward model** $r_\phi$ reads it to its end, and gives it one score;
# - the **reference** $\pi_{\text{ref}}$, a frozen copy of the policy as it was, says how likely each token was *before*;
# - the **value model** $V$ says, before each token, what is to be expected from here.
#
# Here all four are made, each with a body of its own. The picture first shows what can be counted without a step: the
# weights, and three more numbers for each that learns. Then a copy of the policy trains for three updates, and what was
# measured takes its place. (A few seconds on a quiet machine, half a minute on a busy one.)

# %%
policy = fresh_policy()  # GPT-2 as supervised fine-tuning left it
reference = fresh_policy()  # the same, and it stays so
value_model = ValueModel.from_language_model(policy.model, policy.tokenizer)
reward_model = load_reward_model()  # as notebook 08 trains it

# %% jupyter={"source_hidden": true} tags=["claim-C13"]
# Draws their bytes, counted, and then as measured over three updates.
from rlcourse.algorithms import measure_cost
from rlcourse.explorables import four_models_picture, in_megabytes


def bytes_of(training, **others):
    """What `measure_cost` finds of a training that is thrown away, in the course's words."""
    parts = {"policy": training.policy, "value model": getattr(training.algorithm, "critic", None)}
    parts |= {"reference": getattr(training.algorithm, "reference", None)} | others
    return measure_cost(training, models={n: model for n, model in parts.items() if model is not None}, repeats=1)


def learning(cost, *names):
    """Gradients and Adam's means of each of the models that learn, by their share of the weights."""
    total = sum(cost.weights[name] for name in names)
    return {name: round((cost.gradients + cost.optimizer) * cost.weights[name] / total) for name in names}


four = {"policy": policy, "value model": value_model, "reference": reference, "reward model": reward_model}
counted = {name: sum(weight.nbytes for weight in model.parameters()) for name, model in four.items()}
place = display(
    four_models_picture(counted, {name: 3 * counted[name] for name in ("policy", "value model")}), display_id=True
)
scratch = fresh_policy()
rlhf = Training(scratch, request_world(reward_model.score), PPO(RLHF, critic=value_model, reference=reference))
ppo_cost = bytes_of(rlhf, **{"reward model": reward_model})
place.update(four_models_picture(ppo_cost.weights, learning(ppo_cost, "policy", "value model")))
alone = ppo_cost.weights["policy"]
say(
    f"The GPT-2 alone has {in_megabytes(alone)} of weights. The four models, with gradients and Adam's means for the two that "
    f"learn, hold **{in_megabytes(sum(ppo_cost.weights.values()) + ppo_cost.gradients + ppo_cost.optimizer)}**, "
    f"{(sum(ppo_cost.weights.values()) + ppo_cost.gradients + ppo_cost.optimizer) / alone:.0f} times as much; and an update "
    f"makes {in_megabytes(ppo_cost.activations)} of activations on the way."
)

# %% [markdown]
# Solid frames learn, dashed ones are only read. A model that learns takes four times its weights: the weights themselves,
# a gradient for each, and the two means that Adam keeps of it.
#
# Reward model and value model are easily confused, since both end in a single number. In this picture they differ
# at a glance: one is frozen and speaks once, the other learns along and speaks before every token. And the arrow
# at the top is easily forgotten: the policy's own $\log \pi$ is half of the price that section 2 is about.

# %% jupyter={"source_hidden": true}
# Asks a question of the quiz.
quiz("09", [1])

# %% [markdown]
# ## 2 · What each token is paid
#
# The reward model judges a whole reply. So there is one score, and it is paid for the *last* token. But a policy that is
# paid by a model will go wherever the model is pleased, and that may be far from anything people have ever compared. So
# every token pays a price for being likelier than it was in the reference:
#
# $$ r_t = \underbrace{\text{score} \cdot [\,t \text{ is the last token}\,]}_{\text{once}} \; - \; \texttt{kl\_coef} \cdot \underbrace{\bigl( \log \pi(a_t|s_t) - \log \pi_{\text{ref}}(a_t|s_t) \bigr)}_{\text{at every token}} $$
#
# - $a_t$ is token $t$ of the reply, and $s_t$ the request with the tokens before it;
# - the bracket $[\,\cdot\,]$ is 1 where it holds, and 0 elsewhere;
# - $\texttt{kl\_coef}$ is the price of one nat. The difference of logarithms,
#   $\text{k1} = \log \pi - \log \pi_{\text{ref}}$, is an estimate: on average over the policy's own replies it is the KL
#   between policy and reference. A single one may be negative.
#
# The price is from [Ziegler et al. 2019](https://arxiv.org/abs/1909.08593), who write it for the whole reply (eq. 2) and
# charge it token by token in their code, after [Jaques et al. 2017](https://arxiv.org/abs/1611.02796), who held a policy
# near to a prior by KL; and InstructGPT ([Ouyang et al. 2022](https://arxiv.org/abs/2203.02155)) did the same.
#
# Here are two replies, token by token. There is one snag: at the beginning of the training policy and reference are the
# same, so every price would be 0, and there would be nothing to see. In this picture, and only here, the *pre-trained* GPT-2 plays
# the reference, because it has another opinion.

# %% jupyter={"source_hidden": true}
# Shows log-ratio and reward of each token of a reply.
from rlcourse.equations import kl_k1, token_rewards
from rlcourse.experiments import pretrained_policy
from rlcourse.explorables import answers_strip
from rlcourse.language import as_episodes

tea = REQUESTS[1]
two = [f" {tea.good}. Enjoy!", " Go away."]
with torch.no_grad():
    read = as_episodes(policy.tokenizer, tea.prompt, two)
    log_ratios = kl_k1(policy.logprobs(read), pretrained_policy().logprobs(read))
    scores = torch.tensor(reward_model.score([tea.prompt] * 2, two))
    paid = token_rewards(scores, log_ratios, torch.zeros_like(log_ratios), read.mask, kl_coef=0.1)
said = [minus(f"score {score:+.2f}") for score in scores.tolist()]
say(f"**{tea.text}** The price of a nat is 0.1.")
display(answers_strip(policy, tea.prompt, two, numbers={"reward": paid, "log-ratio": log_ratios}, names=said))

# %% [markdown]
# The buttons show what the rewards are made of. Where both models agree, the reward reads 0.00; where the policy is surer of a
# token than the reference, it pays, and where it is less sure, it is paid back. The last token gets the score besides.
#
# ### Exercise 1: the rewards of RLHF (12 minutes, medium)
#
# `scores` [B] is what the reward model says of each of B replies. `logprobs` and `ref_logprobs` [B, T] are the
# log-probabilities of their tokens, by the policy that wrote them and by the reference. `mask` [B, T] is True for real
# tokens, end of text included, and False in the padding behind. Return what each token is paid, [B, T]. In the padding
# nothing is paid; and a reward is a number, so no gradient may flow through it.


# %%
def my_token_rewards(scores, logprobs, ref_logprobs, mask, *, kl_coef):
    # your code here
    return ...


my_rewards_result = check("token_rewards", my_token_rewards)

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed.
many = torch.linspace(-3, 0, 128 * 40).reshape(128, 40)
batch = torch.ones(128), many, many.flip(0), torch.ones(128, 40, dtype=torch.bool)
rewards_fn = at_work(my_rewards_result, my_token_rewards, token_rewards, try_on=lambda f: f(*batch, kl_coef=0.1))
say(f"In section 4 PPO pays by {'the course’s' if rewards_fn is token_rewards else '**your**'} function.")

# %% [markdown]
# A question on what you have just written:

# %% jupyter={"source_hidden": true}
# Asks a question of the quiz.
quiz("09", [2])

# %% [markdown]
# ## 3 · KL in the reward, or in the loss?
#
# GRPO, in the next notebook, wants to stay near to the reference too. But it does not charge: it has a KL term in its
# *loss*, at each token the estimate $\text{k3} = e^{-\text{k1}} - 1 + \text{k1}$, which is never negative. Is that the same thing
# in another place?
#
# Take the smallest case in which it could matter: replies of two tokens, and only *a* or *b* to choose from. The first token
# is a coin, for the policy and for the reference alike. After *a* the policy still does what the reference does. After *b*
# it does something else: there the first token *b* leads away from the reference, though it is itself no likelier than in it.
#
# There are four replies, so nothing need be sampled: the cell below adds up three things over all four, each weighted by
# its chance. What KL **in the reward** has the policy gradient push on; KL **in the loss**, k3 of both tokens; and, to
# compare, the **exact KL** of whole replies. What counts is the gradient of each by the first token's logits: who makes
# a first *b* rarer? `turn` is how far the policy has turned away after *b*; try 0, and −2.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("first_token_pays")

# %%
from rlcourse.equations import kl_k3

turn = 2.0  # the logit of a second a after b, where the reference has 0
first = torch.zeros(2, requires_grad=True)  # logits of the first token: a coin
second = torch.tensor([[0.0, 0.0], [turn, 0.0]])  # after a: a coin; after b: by `turn`
coin = torch.tensor(0.5).log()

replies = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])  # aa, ab, ba, bb: all there are
log_first = first.log_softmax(-1)[replies[:, 0]]
log_second = second.log_softmax(-1)[replies[:, 0], replies[:, 1]]
chance = (log_first + log_second).exp().detach()  # of each reply

pays = (log_first - coin + log_second - coin).detach()  # k1 of both tokens
# What is paid × log π: its gradient is the policy gradient, as in notebook 04.
in_the_reward = (chance * pays * log_first).sum()
k3 = kl_k3(log_first, coin.expand(4)) + kl_k3(log_second, coin.expand(4))
in_the_loss = (chance * k3).sum()
whole_kl = ((log_first + log_second).exp() * (log_first + log_second - 2 * coin)).sum()

# %% jupyter={"source_hidden": true}
# Compares the gradients by the first token's logits.
ways = {"KL in the reward": in_the_reward, "KL in the loss": in_the_loss, "the whole reply's KL, exactly": whole_kl}
gradients = {name: torch.autograd.grad(number, first, retain_graph=True)[0] for name, number in ways.items()}
lines = ["| what is made small | gradient by the logit of first *a* | … of first *b* |", "|---|---|---|"]
for name, both in gradients.items():
    by_a, by_b = (f"{float(one):+.3f}" if abs(one) > 5e-4 else "0" for one in both)
    lines.append(f"| {name} | {minus(by_a)} | {minus(by_b)} |")
say("\n".join(lines))
felt = [bool(gradients[name].abs().max() > 1e-6) for name in ("KL in the reward", "KL in the loss")]
if turn:
    reveal(first_token_pays=2 if all(felt) else 3 if not any(felt) else 0 if felt[0] else 1)

# %% [markdown]
# (All three are to be made small, so a positive gradient makes a logit smaller.) **In the reward, the first token pays for where it
# leads.** Its gradient is that of the whole reply's KL. In the loss each token answers for itself, with the text before it
# taken as given; and the first token has done nothing wrong.
#
# There are two more differences. KL in the reward goes through the advantages, so it is normalised with them, and the value model
# learns to expect it. And it needs no estimate that is fit to be differentiated: plain k1 will do, which as a loss would,
# on average, do nothing at all (notebook 10 shows it). [Tang and Munos 2025](https://arxiv.org/abs/2506.09477) tell the whole story.

# %% jupyter={"source_hidden": true}
# Asks a question of the quiz.
quiz("09", [3])

# %% [markdown]
# ## 4 · PPO, live
#
# All parts together. In every update the policy writes 8 replies to each of the 20 requests. They are scored, each
# token is paid, the value model says what it had expected, GAE makes advantages of the two (notebook 03), and policy and
# value model take four steps each, with PPO's clip (notebook 06).


# %% jupyter={"source_hidden": true}
# Has PPO measure, too, where an update has ended.
from rlcourse.equations import ppo_gauges


class MeasuredPPO(PPO):
    """PPO that reads its two gauges once more after its last step, on the same batch, with the new weights."""

    def update(self, policy, optimizer, rollout):
        stats, rows = super().update(policy, optimizer, rollout), rollout.rows
        with torch.no_grad():
            now = policy.logprobs(rows)
        old = torch.where(rows.mask, rows.old_logprobs, 0.0)
        kl, outside = ppo_gauges(now, old, rows.mask, clip_range=self.config.clip_range)
        return stats | {"kl_after": float(kl), "outside_after": float(outside)}


# %%
from dataclasses import replace

price, steps = 0.1, 20  # after a first run try a price of 0, and 60 steps


def new_training():
    """The whole of RLHF, from its files, before its first step."""
    policy = fresh_policy()
    value_model = ValueModel.from_language_model(policy.model, policy.tokenizer)
    settings, besides = replace(RLHF, kl_coef=price), {"rewards_fn": rewards_fn}
    ppo = MeasuredPPO(settings, critic=value_model, reference=fresh_policy(), **besides)
    return Training(policy, request_world(load_reward_model().score), ppo, seed=0)


# %% jupyter={"source_hidden": true}
# Says what is measured and drawn, and where the run is saved on the way.
from rlcourse.algorithms import resume_training, save_training
from rlcourse.explorables import Chart, TrainingDashboard
from rlcourse.language import preference_yardstick

kept = tempfile.TemporaryDirectory(prefix="rlcourse-rlhf-")  # goes with the kernel
folder = Path(kept.name)
judged = preference_yardstick(reference, reward_model)
charts = [
    Chart("What is paid: the score", ("reward",)),
    Chart("What is wanted: gold's win rate", ("gold_win_rate",), low=0, high=1, percent=True),
    Chart("Explained by the value model", ("explained_variance",), low=-0.5, high=1),
]
say(
    f"The settings: γ = {RLHF.gamma:g}, Adam at {RLHF.learning_rate:g} for the policy and "
    f"{RLHF.value_learning_rate:g} for the value model, {RLHF.epochs} passes over each batch in parts of {RLHF.minibatch_size}, and "
    f"gradients no longer than {RLHF.max_grad_norm:g}. The rest is PPO as in notebook 06."
)


def replies_of(policy, count=5):
    """A reply to each of a few requests, always with the same chance."""
    written = sample(
        policy.model, policy.tokenizer, [r.prompt for r in REQUESTS[:count]], num_generations=1, max_new_tokens=40,
        generator=torch.Generator().manual_seed(3),
    )  # fmt: skip
    return written.texts(policy.tokenizer)


def replies_now():
    """For the dashboard: what is said to three of them now, with its score."""
    asked, texts = REQUESTS[:3], replies_of(training.policy, 3)
    scores = reward_model.score([r.prompt for r in asked], texts)
    return [(r.text, text.strip(), score) for r, text, score in zip(asked, texts, scores, strict=True)]


def watch(training):
    """Draws, and saves the run once, in the middle of it."""
    dashboard(training)
    if training.history[-1]["step"] == steps - 3:
        save_training(training, folder / "run")


# %% [markdown]
# Beside the score stands a number that the training never sees. This world has a judge of its own, **gold**, a rule for what the
# person who asked really wants: advice that works, said kindly and briefly. The *win rate* says how often gold prefers the
# policy's reply to one of the reference. It begins at one half.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("ppo_wins")

# %% [markdown]
# Now let it run. Below the curves stand three of its replies as they are now, each with its score: read along. (About
# twenty seconds on a quiet machine, two or three minutes on a busy one.) Price and steps stand in the cell that defines
# `new_training`. Set them to 0 and 60, and you make the policy that section 6 is about, in about three times as long.

# %%
training = new_training()
as_recorded = "rlhf-ppo" if price == RLHF.kl_coef else None
dashboard = TrainingDashboard(charts, steps, samples=replies_now, recorded=as_recorded)
display(dashboard)
training.run(steps, on_step=watch, evaluate=judged, evaluate_every=10)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true} tags=["claim-C10"]
# Says what became of the replies, and how PPO went.
history = training.history
rows = zip([r.text for r in REQUESTS], replies_of(reference), replies_of(training.policy), strict=False)
display(answers_table(["request", "before", "after"], list(rows)))
if len(history) > 1:
    outside, moved, gauged = (history[name][1:] for name in ("outside_after", "kl_after", "approx_kl"))
    say(
        f"After {len(history) - 1} updates at a price of {price:g} the score has gone from {history['reward'][1]:+.2f} to "
        f"**{history['reward'][-1]:+.2f}**; gold prefers the new replies in **{history.last('gold_win_rate'):.0%}**, at a "
        f"KL of {history.last('answer_kl'):.1f} nats a reply.\n\n"
        f"After an update {outside.min():.0%} to {outside.max():.0%} of the tokens were beyond PPO’s clip. Nobody measured "
        f"a KL limit, as TRPO would, and yet no single update moved the policy by more than **{moved.max():.3f} nats a "
        f"token**. (This is measured once more after the last step of each update. PPO’s own gauge reads at most "
        f"{gauged.max():.3f}, as it is the mean over the last pass, each part read *before* its step: notebook 06.)"
    )
    won = history.last("gold_win_rate")
    reveal(ppo_wins=0 if won < 0.55 else 1 if won < 0.7 else 2 if won < 0.8 else 3)
else:
    say("You stopped it before its first update was done. Run the cell again to see something.")

# %% [markdown]
# Do not be surprised if some of these replies are garbled, or answer another request. Each is a single draw, at temperature 1,
# from a small model that still gives every slip a chance. What has got better is the whole: that is what a win rate counts.
#
# **The value model learned along.** It was a copy of the GPT-2's body with a head at 0, and in the last chart it begins by
# explaining nothing: 1 would be all of the differences between the returns, 0.5 half of them, and 0 no more than a constant
# explains. That it jumps from update to update is no cause for worry, since each number is about other replies. It should
# rise on the whole; where it stays at 0, a constant would do as well as the value model.
#
# Here is what it expects now, before each token of two replies.

# %% jupyter={"source_hidden": true} tags=["claim-C11", "claim-C12"]
# Shows values and rewards along two replies.
with torch.no_grad():
    now, before = training.policy.logprobs(read), reference.logprobs(read)
paid = token_rewards(scores, now, before, read.mask, kl_coef=price)
numbers = {"reward": paid, "log-ratio to the reference": kl_k1(now, before)}
strip = answers_strip(training.policy, tea.prompt, two, critic=training.algorithm.critic, numbers=numbers, names=said)
say(f"**{tea.text}** At the cursors stands what the value model expects, under the tokens what is paid.")
display(strip)
values = [row[:n] for row, n in zip(strip.strips.values, read.mask.sum(1).tolist(), strict=True)]
say(
    f"Both replies begin at the same value, {values[0][0]:+.2f}, what a reply to this request may be expected to bring. Before its "
    f"last token the good one is at {values[0][-1]:+.2f}, “Go away.” at {values[1][-1]:+.2f}."
)

# %% [markdown]
# This is the article's example at work, with γ = 1: one reward at the end, and the value model learns what the
# beginnings are worth that the policy writes (notebook 03 does it with “2+2 is 4”). Only those: “Go away.” is something the
# policy now hardly ever says. So the value model hears of it hardly ever, and may go on expecting something good until the
# score falls. A value is worth as much as the visits behind it. **It is not the reward model**: that one has spoken once,
# at the end, and learned nothing.
#
# So PPO is really two trainings at once, of which one feeds the other. The loss is, in one line,
#
# $$ \text{loss} = -\,L^{\text{clip}}(\theta) + c_1 \cdot \operatorname{mean} \tfrac12 \, ( V - \text{return} )^2 $$
#
# where $L^{\text{clip}}$ is PPO's clipped surrogate of notebook 06, and $c_1$ is `value_coef`, as there (in the code, `c` is
# short for the settings). Two lines of the code are this formula: `per_action = self.objective(…)`, of which the mean is $L^{\text{clip}}$, and `loss = c.value_coef * …`.
# What stands around them asks both models, takes the padding out, and checks that a function of yours gave back what
# it should.

# %%
display(show_source(PPO.loss))

# %% [markdown]
# ## 5 · Save, restart, resume
#
# A run like this is soon over. Those of a large model take days, and no machine runs for days without being stopped. So
# the run above was saved while it went, three updates before its end. Now everything is built anew from the
# files, as after a restart of the kernel, and the run goes on from there. (A few seconds on a quiet machine, half a minute on a busy one.)

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("resumed")


# %%
def tell(training):
    say(f"Update {training.history[-1]['step']}: score {training.history[-1]['reward']:+.2f}")


if (folder / "run").exists():
    resumed = resume_training(new_training(), folder / "run")
    resumed.run(3, on_step=tell, evaluate=judged, evaluate_every=10, progress=False)

# %% jupyter={"source_hidden": true}
# Compares the two runs, number by number.
if (folder / "run").exists() and len(history) == len(resumed.history):
    columns = [name for name in history[-1] if name != "seconds"]
    apart = max(abs(a[n] - b[n]) for a, b in zip(history, resumed.history, strict=True) for n in columns if n in a)
    weights = zip(training.policy.parameters(), resumed.policy.parameters(), strict=True)
    alike = all(torch.equal(a, b) for a, b in weights)
    lines = ["| update | score, never stopped | score, resumed |", "|---|---|---|"]
    lines += [
        f"| {a['step']} | {a['reward']:.6f} | {b['reward']:.6f} |"
        for a, b in zip(history[-3:], resumed.history[-3:], strict=True)
    ]
    say("\n".join(lines))
    say(
        f"Largest difference in any of {len(columns)} columns: **{apart:g}**. All weights are {'' if alike else 'not '}the same."
    )
    reveal(resumed=0 if apart == 0 and alike else 1 if apart < 0.01 else 2)
    files = sorted(f"{path.relative_to(folder / 'run')}" for path in (folder / "run").rglob("*") if path.is_file())
    say(f"In the folder: {', '.join(f'`{name}`' for name in files)}.")
else:
    say("The run was stopped early, so there is nothing to compare. Run section 4 again to its end.")

# %% [markdown]
# `resume_training` also checks that the training was made in the same way: with another price, another reference or
# another reward function it refuses, and says which. The policy in the folder is a plain Hugging Face checkpoint, which
# other programs can read.
#
# ## 6 · Reward hacking, seen and cured
#
# What does the price do? The same training was recorded five times at each of five prices, from nothing to 0.3 a nat, for 60 updates.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("for_free")

# %% jupyter={"source_hidden": true}
# Loads the recorded runs, and says what they have in common.
from rlcourse.experiments import ASKED, load_prices, load_replies
from rlcourse.explorables import price_of_kl

prices = load_prices()
lines = ["| price of a nat | score | gold's win rate | KL, nats a reply |", "|---|---|---|---|"]
for charged, runs in prices.items():
    score, wins, kl = ([run.last(name) for run in runs.values()] for name in ("score", "gold_win_rate", "answer_kl"))
    lines.append(
        f"| {charged:g} | {min(score):.2f} to {max(score):.2f} | **{min(wins):.0%} to {max(wins):.0%}** | {min(kl):.1f} to {max(kl):.1f} |"
    )
say("\n".join(lines))
say("(From the lowest of five seeds to the highest, after 60 updates.)")
free, priced = prices[0.0].values(), prices[0.1].values()
paid_more = min(run.last("score") for run in free) > max(run.last("score") for run in priced)
worse = max(run.last("gold_win_rate") for run in free) < 0.5
reveal(for_free=2 if paid_more and worse else 0 if paid_more else 1)

# %%
price_of_kl(prices, load_replies(), asked=[REQUESTS[i].text for i in ASKED])

# %% [markdown]
# For free, the policy is paid more than at any price, and nobody would want its replies. Read them: scraps of advice on
# anything at all, and letters that are no words. Hardly anything like it was ever compared with a good reply, so the reward
# model never learned that it is bad. In notebook 08 you looked for what fools it. The policy found it without being asked.
#
# (In the last picture the five seeds at 0.05 and 0.1 end so close together that the ring covers them.)
#
# At 0.02 it is more subtle. The replies shown are those of seed 0 alone, the numbers are means over five. Ask this policy for
# the station and for a fire, and compare: it has found one reply that is liked whatever was asked, and it is advice for
# another request.
#
# In the first picture nothing looks wrong. **That is the trouble with reward hacking: the number you watch goes up.** It
# shows in the KL, or when somebody reads the replies.
#
# Could one not simply stop in time?

# %% jupyter={"source_hidden": true}
# Looks for the best moment of each run without a price.
rows = [max((row for row in run if "gold_win_rate" in row), key=lambda row: row["gold_win_rate"]) for run in free]
best = [row["gold_win_rate"] for row in rows]
say(
    f"At their best moments of those measured, every tenth update, after {min(r['step'] for r in rows):.0f} to {max(r['step'] for r in rows):.0f} updates, the runs without a price "
    f"won {min(best):.0%} to {max(best):.0%}. At the end of those at 0.1 it is {min(r.last('gold_win_rate') for r in priced):.0%} to "
    f"{max(r.last('gold_win_rate') for r in priced):.0%}. So the price does more than to stop in time: at each moment the policy looks for "
    f"what pays *most for a small change*, and good advice does."
)

# %% [markdown]
# That is so in this small world. [Stiennon et al. 2020](https://arxiv.org/abs/2009.01325) saw in summaries that more of the score can be worse for
# people. [Gao et al. 2023](https://arxiv.org/abs/2210.10760), who measured it carefully, with reward models of 3 million to 3 billion weights,
# found a price of KL to help no more than stopping early, and say that it may depend on the settings. And look at the egg at a price of
# 0.1: its advice breaks off into nonsense, and yet it ends kindly. Does the reward model see that? Here it reads three pieces
# of advice, each with the same two endings:

# %% jupyter={"source_hidden": true}
# Scores right and wrong advice and the policy's own, each with the same two endings.
from rlcourse.language import load_preferences

egg = REQUESTS[ASKED[0]]
slip = load_replies()[0.1][-1][0].strip().split(". ")[0]
kinds, endings = {"right": egg.good, "from the policy at 0.1": slip, "wrong": egg.bad}, ("Good luck!", "Enjoy!")
by_ending = {
    kind: reward_model.score([egg.prompt] * 2, [f" {advice}. {ending}" for ending in endings])
    for kind, advice in kinds.items()
}
display(Table(("advice", egg.text, *(f"… {ending}" for ending in endings)), tuple(
    (kind, f"{advice}.", *map(float, by_ending[kind])) for kind, advice in kinds.items()
)))  # fmt: skip
right, slipped, wrong = by_ending.values()
lost = {
    "slip": [a - b for a, b in zip(right, slipped, strict=True)],
    "wrong": [a - b for a, b in zip(right, wrong, strict=True)],
}
say(
    f"It does see it: with the same ending the nonsense gets {min(lost['slip']):.2f} to {max(lost['slip']):.2f} less. But wrong "
    f"advice gets {min(lost['wrong']):.2f} to {max(lost['wrong']):.2f} less, and the nonsense with “{endings[0]}” is only "
    f"{right[1] - slipped[0]:.2f} below the right advice with “{endings[1]}”."
)
read_before = [text for pair in load_preferences() for text in (pair.chosen, pair.rejected)]
stands = [sum(advice in text for text in read_before) for advice in kinds.values()]
say(
    f"Among the {len(read_before):,} replies that it learned from, the right advice about eggs stands {stands[0]} times, the wrong "
    f"advice {stands[2]} times, and the nonsense {stands[1]} times."
)

# %% [markdown]
# **A leash is no judgement.** The price holds the policy near to the replies that the reward model knows. What it makes of
# the others no price can mend. What people have compared again and again it has learned to mind; a sentence that breaks off
# just here it has never read, and can only guess.
#
# **Try this:** which price would you choose if you could not see the middle picture, as it is with real people? (No number that
# is left tells you. You would read replies, have people compare some at each price, and go no further from the
# reference than they follow.)

# %% jupyter={"source_hidden": true}
# Asks a question of the quiz.
quiz("09", [4])

# %% [markdown]
#
# ## 7 · Without a loop: DPO
#
# The reward model learned from pairs, and the policy from the reward model. Is the detour needed? [Rafailov et al.
# 2023](https://arxiv.org/abs/2305.18290) go straight from the pairs to the policy, in three steps.
#
# **First**, suppose that RLHF had found the best policy there is for a score $r$ at a price $\beta$ of KL ($\texttt{kl\_coef}$ under its other name).
# One can say what that policy looks like: the reference, with every reply $y$ to a request $x$ made likelier by what it is worth,
#
# $$ \pi(y|x) = \tfrac{1}{Z(x)} \, \pi_{\text{ref}}(y|x) \, e^{\, r(x, y) / \beta} , $$
#
# where $Z(x)$ is whatever makes the probabilities add up to 1.
#
# <details><summary>Why just that one? In two lines</summary>
#
# Call the policy above $\pi^*$. Its logarithm says that $r = \beta \log \pi^* - \beta \log \pi_{\text{ref}} + \beta \log Z$.
# Put this into what RLHF makes large, the score less the price, and $\pi_{\text{ref}}$ cancels:
#
# $$ \mathbb{E}_{y \sim \pi} \Bigl[ r - \beta \log \frac{\pi}{\pi_{\text{ref}}} \Bigr] = \beta \log Z(x) - \beta \, \mathbb{E}_{y \sim \pi} \Bigl[ \log \frac{\pi}{\pi^*} \Bigr] = \beta \log Z(x) - \beta \, \mathrm{KL}( \pi \,\Vert\, \pi^* ) $$
#
# The first term does not depend on the policy, and a KL is never below 0. So nothing is better than $\pi = \pi^*$.
# </details>

# %% [markdown]
# **Second**, turn it round. The score can be read off the policy:
#
# $$ r(x, y) = \beta \log \frac{\pi(y|x)}{\pi_{\text{ref}}(y|x)} + \beta \log Z(x) $$
#
# **Third**, put that into the loss of Bradley and Terry. It knows only the difference of two scores for the same request, so
# $Z(x)$, which nobody could compute, cancels:
#
# $$ \text{loss} = -\operatorname{mean} \, \log \sigma \Bigl( \beta \log \frac{\pi(\text{chosen})}{\pi_{\text{ref}}(\text{chosen})} - \beta \log \frac{\pi(\text{rejected})}{\pi_{\text{ref}}(\text{rejected})} \Bigr) $$
#
# (equation 7 there). No reward model, no value model, no sampling: this is trained like any classifier.
#
# ### Exercise 2: the loss of DPO (10 minutes, medium)
#
# `chosen_logprobs`, `rejected_logprobs`, `ref_chosen_logprobs` and `ref_rejected_logprobs` are of shape [B]: for each of B pairs the log-probability of a whole
# reply, the sum over its tokens. The first two are the policy's, the others the reference's. Return the loss, one number.


# %%
def my_dpo_loss(
    chosen_logprobs,
    rejected_logprobs,
    ref_chosen_logprobs,
    ref_rejected_logprobs,
    *,
    beta,
):
    # your code here
    return ...


my_dpo_result = check("dpo_loss", my_dpo_loss)

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed, and asks what you expect.
from rlcourse.equations import dpo_loss

sums = [torch.linspace(-20, -5, 64).roll(i) for i in range(4)]
loss_fn = at_work(my_dpo_result, my_dpo_loss, dpo_loss, try_on=lambda f: f(*sums, beta=0.1))
say(
    f"The GPT-2 now trains on {'the course’s' if loss_fn is dpo_loss else '**your**'} loss, with β = {DIRECT.beta:g} and Adam at {DIRECT.learning_rate:g}."
)
predict("direct")

# %% [markdown]
# The same GPT-2, the same pairs that the reward model learned from, the same judge. Why is β not PPO's price? In theory one β
# means one policy, but neither training is run to its end. To be compared they should go equally far: with this β and
# this many steps DPO ends about as far from the reference as PPO does at prices from 0.05 to 0.3, as you will see.
#
# Both settings stand in one line of the cell, to be turned after a first run. (Half a minute to a minute on a quiet
# machine, two or three on a busy one.)

# %%
from rlcourse.language import DPO, load_preferences, preference_pairs

beta, dpo_steps = DIRECT.beta, 60  # try 0.1, or 120 steps: does the win rate turn round?

direct = fresh_policy()
world = preference_pairs(load_preferences(), direct.tokenizer)  # 32 pairs a step
settings = replace(DIRECT, beta=beta)
dpo = Training(direct, world, DPO(settings, reference=reference, loss_fn=loss_fn), seed=0)

dashboard = TrainingDashboard(
    [
        Chart("log π/π_ref of the replies", ("chosen", "rejected")),
        Chart("Gold's win rate", ("gold_win_rate",), low=0, high=1, percent=True),
        Chart("KL, nats a reply", ("answer_kl",), low=0),
    ],
    dpo_steps,
    recorded="rlhf-dpo",
)
display(dashboard)
dpo.run(dpo_steps, on_step=dashboard, evaluate=judged, evaluate_every=20)
dashboard.finish(dpo.history)

# %% [markdown]
# Look at the first chart. The loss wants the chosen reply to gain *on the rejected one*. Nothing says that it must gain.
#
# Where does the probability go that both replies of a pair lose? To replies that stand in no pair. Look at some, beside
# those of the PPO that you trained; then 200 replies of each are counted. (Some seconds.)

# %% jupyter={"source_hidden": true}
# Shows replies of both, and counts how many stand in no pair.
in_pairs = {text.strip() for pair in load_preferences() for text in (pair.chosen, pair.rejected)}


def in_no_pair(policy):
    """The share of 200 replies, ten to each request, that were never compared with another."""
    written = sample(
        policy.model, policy.tokenizer, [r.prompt for r in REQUESTS], num_generations=10, max_new_tokens=40,
        generator=torch.Generator().manual_seed(4),
    ).texts(policy.tokenizer)  # fmt: skip
    return sum(text.strip() not in in_pairs for text in written) / len(written)


def marked(text):
    """A reply, with a star where it stands in no pair."""
    return text if text.strip() in in_pairs else f"{text} ★"


beside = zip(
    [r.text for r in REQUESTS],
    map(marked, replies_of(training.policy)),
    map(marked, replies_of(dpo.policy)),
    strict=False,
)
display(answers_table(["request", "PPO", "DPO"], [list(row) for row in beside]))
fresh = {"the reference": reference, "PPO": training.policy, "DPO": dpo.policy}
fresh = {name: in_no_pair(policy) for name, policy in fresh.items()}
say(
    "★ stands in no pair. Of 200 replies each, in no pair: "
    + ", ".join(f"{name} **{share:.0%}**" for name, share in fresh.items())
    + ". (One draw of 200 scatters by about three points.)"
)
quiz("09", [5])

# %% [markdown]
# Now the comparison. How often does gold prefer the replies, on the way and at the end, and how far from the reference is that?

# %% jupyter={"source_hidden": true}
# Draws both over the KL.
from rlcourse.explorables import equal_kl

direct_runs = load_curves("rlhf-dpo")
equal_kl(prices, direct_runs)

# %% jupyter={"source_hidden": true}
# Says how the recorded runs of both compare.
import numpy as np

means = sorted(
    tuple(np.mean([run.last(name) for run in runs.values()]) for name in ("answer_kl", "gold_win_rate"))
    for runs in prices.values()
)
ends = [(run.last("answer_kl"), run.last("gold_win_rate")) for run in direct_runs.values()]
there = [float(np.interp(kl, *zip(*means, strict=True))) for kl, _ in ends]
lines = [
    "| DPO, seed | KL at its end | DPO wins | PPO wins, if it had **ended** at this KL (read off between the ends at its prices) |",
    "|---|---:|---:|---:|",
]
lines += [
    f"| {s} | {kl:.1f} | {won:.0%} | {ppo:.0%} |" for s, ((kl, won), ppo) in enumerate(zip(ends, there, strict=True))
]
say("\n".join(lines))
gap = np.mean([won - ppo for (_, won), ppo in zip(ends, there, strict=True)])
reveal(direct=0 if gap > 0.03 else 2 if gap < -0.03 else 1)
beaten = [
    price
    for price, runs in prices.items()
    if min(run.last("gold_win_rate") for run in runs.values()) > max(won for _, won in ends)
]
turned = [
    max(row["gold_win_rate"] for row in run if "gold_win_rate" in row) - run.last("gold_win_rate")
    for run in direct_runs.values()
]
say(
    f"At the prices {', '.join(f'{price:g}' for price in beaten)} every run of PPO ends above every run of DPO. And {sum(fall > 0.019 for fall in turned)} "
    f"of DPO’s {len(turned)} end {100 * min(fall for fall in turned if fall > 0.019):.0f} to {100 * max(turned):.0f} points below their own best."
)
looked = [
    [[row[n] for n in ("answer_kl", "gold_win_rate")] for row in run if "gold_win_rate" in row]
    for run in direct_runs.values()
]
way = np.mean(looked, axis=0)  # DPO's mean KL and win rate at each moment that was measured
first_free = [next(row for row in run[1:] if "gold_win_rate" in row) for run in prices[0.0].values()]
free_kl, free_won = (np.mean([row[name] for row in first_free]) for name in ("answer_kl", "gold_win_rate"))
dpo_won = np.interp(free_kl, *way.T)
say(
    f"On its way at a price of 0, PPO was first measured at a KL of {free_kl:.1f}: it wins {free_won:.0%} there, and DPO at the "
    f"same KL {dpo_won:.0%}. {'Without a price PPO is no better than DPO even that early.' if dpo_won >= free_won else ''}"
)
lost = [run["chosen"][-10:].mean() for run in direct_runs.values()]
far = [run["rejected"][-10:].mean() for run in direct_runs.values()]
say(
    f"Against the reference, log π has changed by {min(lost):+.1f} to {max(lost):+.1f} nats for the chosen replies, and by "
    f"{min(far):+.1f} to {max(far):+.1f} for the rejected ones (the mean of the last ten steps; the five runs). Below 0, a "
    f"reply has become less likely."
)

# %% [markdown]
# DPO gets a long way with half of the models and none of the loop. Picture and table say two things. The picture follows
# PPO **on its way** at one price: at 0.1, where it was first measured, the two are close together. The table asks for the PPO that has **ended** at
# DPO’s KL, read off between two prices: there it is better than a cheaper one in passing. (Before the first mark nobody looked at PPO. The straight line from the start is drawn by us, so DPO's arch above it
# says nothing.) The question is where each of them ends. At a fair price of KL PPO goes on to higher win rates. DPO learns from pairs of *old* replies
# (60 steps draw 32 of the 2,400 each, so it has seen about half of them; the reward model has read them all), and whatever both replies of a pair lose goes to replies that stand in no pair and that
# nobody has compared. Does its win rate turn round too, as PPO's does without a price? Some of the runs have begun to. Go back,
# let yours run on, or make β smaller. [Rafailov et al.
# 2024](https://arxiv.org/abs/2406.02900) found that it does in large models: overoptimisation without a reward model. Which one wins
# elsewhere depends on the data, the model and the care taken. Do not take one small world's word for it.
#
# **What each of them holds**, measured on this machine:

# %% jupyter={"source_hidden": true} tags=["claim-C13"]
# Measures what GRPO and DPO hold, beside PPO.
from rlcourse.algorithms import GRPO, GRPOConfig

grpo = Training(
    fresh_policy(),
    request_world(reward_model.score, prompts_per_step=4),  # bytes of weights need no large batch
    GRPO(GRPOConfig(beta=0.04), reference=reference),
)
learner = fresh_policy()
few = preference_pairs(load_preferences(), learner.tokenizer, batch_size=4)
again = Training(learner, few, DPO(DIRECT, reference=reference))
costs = {
    "PPO": ppo_cost,
    "GRPO (notebook 10)": bytes_of(grpo, **{"reward model": reward_model}),
    "DPO": bytes_of(again),
}
names = ("policy", "value model", "reference", "reward model")
lines = [f"| algorithm | {' | '.join(names)} | gradients and Adam | in all |", "|---|---|---|---|---|---|---|"]
for name, cost in costs.items():
    held = [in_megabytes(cost.weights[n]) if n in cost.weights else "–" for n in names]
    besides = cost.gradients + cost.optimizer
    total = sum(cost.weights.values()) + besides
    lines.append(f"| {name} | {' | '.join(held)} | {in_megabytes(besides)} | **{in_megabytes(total)}** |")
say("\n".join(lines))

# %% [markdown]
# That is the article's point about PPO, in bytes: the value model is a second model that learns, as costly as the policy. GRPO
# does without it, and DPO never needs a reward model at all. Notebook 11 does the sum for models of other sizes.
#
# ## A last question

# %% jupyter={"source_hidden": true}
# Asks the last question of the quiz.
quiz("09", [6])

# %% [markdown]
# ## What you now know
#
# - RLHF with PPO holds **four models**: policy and value model learn, reward model and reference are read. A model that
#   learns takes four times its weights.
# - Every token pays a **price of KL**, and the last one gets the **score**. In the reward a token answers for where it
#   leads; in the loss only for itself.
# - A run can be saved and **resumed to the last digit**, if weights, Adam's means and the state of chance are kept.
# - Paid by a stand-in and free to go anywhere, a policy finds what the stand-in likes: **reward hacking**. The score rises, and
#   nobody wants the replies. A price of KL cures most of it, but
#   cannot make a stand-in judge better.
# - **DPO** reads the score off the policy itself, and learns from pairs like a classifier: two models, no loop, and
#   no replies of its own to learn from.
#
# ## What comes next

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("09")

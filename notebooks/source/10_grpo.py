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
# # 10 · GRPO on GPT-2
#
# **A language model learns from a rule** · about 85 minutes · difficulty: medium · you need PyTorch; notebook 02 helps
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that GRPO asks the same question several times and takes the z-score of an answer’s reward in its group as the advantage, so that no value model is needed; a simple estimate keeps it near a reference model.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# PPO, the algorithm before it, trains a second model to know what to expect of a question. Here the group takes its
# place, so there is one large model less to hold and to train. (GRPO comes from
# [DeepSeekMath](https://arxiv.org/abs/2402.03300), Shao et al. 2024.)
#
# **When you are done you will be able to**
#
# - compute the advantages of a group of answers by hand, and say what they stand in for;
# - write the loss of GRPO, and say what its clip and its KL term are for;
# - train a GPT-2 with it, and judge what the training added and what was there before;
# - recognise a rule that is being gamed, hold the model back from it, and write a better one.
#
# The first cell loads PyTorch, which takes some seconds. (A grey bar is a cell whose code is folded away, as it only
# loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import torch
from IPython.display import display

# %% [markdown] tags=["slide"]
# ## 1 · Meet the model
#
# The course's small GPT-2 was pre-trained on a small web of text, and then fine-tuned on questions with answers
# (*supervised fine-tuning*, `"sft"` in the code). Those answers were written by careless people: more often than not
# they guess, and when they compute they make slips. The model has learned to answer as they do.
# %% jupyter={"source_hidden": true}
# Loads GPT-2 and the sums.
from rlcourse.language import LanguagePolicy, load_gpt2, split_sums
from rlcourse.showing import answers_table, say, show_source
from rlcourse.showing import bar as tqdm

model, tokenizer = load_gpt2("sft", device="cpu")  # so small that a GPU would not make it faster
policy = LanguagePolicy(model, tokenizer)
training_sums, held_out = split_sums()

weights = sum(weight.numel() for weight in policy.parameters())
shown = {(s.a, s.b) for s in training_sums}
mirrored = torch.tensor([(s.b, s.a) in shown for s in held_out])
say(
    f"A `{type(model).__name__}` with **{weights:,} weights**. It will practise on "
    f"{len(training_sums):,} sums; another {len(held_out)} are **held out**: no stage of its "
    f"training has ever shown one of them. (Of {mirrored.sum()} it has seen the mirror image, "
    "7+5 for 5+7. Whether that helps, section 6 asks.)"
)

# %% [markdown]
# Ask it what 2+2 is, eight times. A rule reads each answer, and pays 1 if the result is right and 0 if it is not.

# %% jupyter={"source_hidden": true}
# Asks a policy each sum several times.
from rlcourse.explorables import group_of_answers, next_token_bars
from rlcourse.language import Sum, sample, sum_reward


def ask(policy, questions, *, times=1, temperature=1.0, begin="", seed=0, rule=sum_reward, room=16):
    """Ask each sum several times. Returns the answers, and what the rule pays for each."""
    asked = [question for question in questions for _ in range(times)]
    samples = sample(
        policy.model,
        policy.tokenizer,
        [question.prompt + begin for question in questions],
        num_generations=times,
        temperature=temperature,
        max_new_tokens=room,
        generator=torch.Generator().manual_seed(seed),
    )
    answers = [begin + text for text in samples.texts(policy.tokenizer)]
    rewards = rule([s.prompt for s in asked], answers, answer=[s.answer for s in asked])
    return answers, torch.tensor(rewards)


# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Asks, and tabulates.
question = Sum(2, 2)
answers, rewards = ask(policy, [question], times=8, seed=1)

kinds, right = len(set(answers)), rewards.sum()
say(f"`{question.prompt}` gets **{kinds} different answers** of 8, and {right:.0f} are right:")
answers_table(["answer", "reward"], list(zip(answers, rewards.tolist(), strict=True)))

# %% [markdown]
# One model, one question, and such different answers? At each token the model has a whole *distribution*, and one
# token is drawn from it. Here is the first choice of every answer. One of the two large bars begins a guess.

# %% tags=["slide"]
next_token_bars(policy, question.prompt, top=6)

# %% [markdown]
# This is the rule, as it stands in the course. `_STATED_SUM` is the pattern of one sentence, a sum and its result, with
# or without "I guess". The rule looks at the result and not at the manner: a lucky guess is paid too.

# %%
show_source(sum_reward)

# %% [markdown] tags=["loose", "slide", "slide-head"]
# (The article mentions DeepSeekMath for paying by a rule. To be exact: the GRPO of DeepSeekMath was still paid by a
# trained reward model, section 4.2 of the paper. The rule came a year later, with
# [DeepSeek-R1](https://arxiv.org/abs/2501.12948).) In the words of notebook 02:
#
# <!-- slide -->
#
# | word | in the maze | here |
# |---|---|---|
# | **agent** | the robot | the GPT-2 |
# | **state** $s$ | cell and heading | the question and the tokens written so far |
# | **action** $a$ | forward, left, right | which token to write next |
# | **policy** $\pi(a \mid s)$ | a table | the softmax of the GPT-2's logits |
# | **episode** | one walk | one answer |
# | **reward** $r$ | after each action | once, when the answer is finished |
#
# <!-- /slide -->
#
# ## 2 · The group is the baseline
#
# Should an answer that earned 1 become likelier? How much depends on what was to be expected: to be right where nearly
# everybody is right is nothing special. An **advantage** says how much better an answer was than a baseline. PPO trains
# a second model, the *value model*, to know that baseline. GRPO asks the policy itself: what did its other answers to
# the same question earn?

# %% tags=["slide-on"]
group_of_answers()

# %% [markdown] tags=["slide"]
# <!-- slide -->
#
# The arrows are z-scores. For a group of $G$ answers to one question, answer number $i$ has the advantage
# (DeepSeekMath, section 4.1.2)
#
# $$ \hat A_i = \frac{r_i - \operatorname{mean}(r_1, \dots, r_G)}{\operatorname{std}(r_1, \dots, r_G)} $$
#
# <!-- /slide -->
#
# - $r_i$ is the reward of answer $i$;
# - $G$ is the size of the group (in notebooks 02 to 06 it was a return; there is none here);
# - mean and std are those of *this* group. The paper leaves open which std. As TRL does, we take the sample's, with
#   $G - 1$ in the denominator, and add a tiny $10^{-4}$, so that a group whose rewards are all alike gives 0, not
#   $0/0$;
# - $\hat A_i$ is then the advantage of *every token* of answer $i$.
#
# ### Exercise 1: the advantages of a group (6 minutes, easy)
#
# `rewards` is a tensor of shape [P, G]: one row for each of P questions, with the rewards of its G answers. Return the
# advantages, of the same shape. Stuck? `hint("group_advantages")` helps, a little more each time, and
# `solution("group_advantages")` shows how the course does it.


# %%
from rlcourse.exercises import check, hint, solution


def my_group_advantages(rewards):
    # your code here
    return ...


my_advantages_result = check("group_advantages", my_group_advantages)

# %% [markdown]
# **Put it to work.** From here on the notebook uses *your* function. (Until yours passes, it uses the course's.) First on
# a real group: eight answers that the GPT-2 has just written. Be the judge.

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed.
from rlcourse.equations import group_advantages
from rlcourse.exercises import at_work
from rlcourse.explorables import judge_a_group
from rlcourse.language import arithmetic_world

# `at_work` takes your function once it has passed, and makes tensors of what it returns.
advantage_fn = at_work(my_advantages_result, my_group_advantages, group_advantages)

# %%
one_question = arithmetic_world([Sum(12, 7)], prompts_per_step=1)
judge_a_group(policy, one_question, advantage_fn=advantage_fn, seed=2)

# %% [markdown]
# Three things to find out with it:
#
# - **Judge all alike.** What are the arrows then, and what does a step do?
# - **Pay only guesses**, *apply one step* a few times, and *sample again*. The model does what is paid.
# - **Judge two equal answers differently.** Their bars can only move together. And a bar may grow though its arrow
#   points down: answers share tokens, and so they share the step.
#
# Now by hand: two questions.

# %% jupyter={"source_hidden": true} tags=["slide"]
# Asks two questions of the quiz.
from rlcourse.exercises import quiz

quiz("10", [1, 3])

# %% [markdown]
# A group without differences teaches nothing. How many such groups are there? That depends on the **temperature**, which
# sets how boldly the model chooses: at 0 always the likeliest token, at 1 exactly by its probabilities.

# %% jupyter={"source_hidden": true} tags=["loose"]
# Asks at four temperatures, and tabulates.
lines = ["| temperature | different answers of 8 | right | groups that teach something |", "|---:|---:|---:|---:|"]
teaching = {}
for temperature in (0.0, 0.2, 0.5, 1.0):
    answers, rewards = ask(policy, held_out[:40], times=8, temperature=temperature)
    groups = [answers[i : i + 8] for i in range(0, len(answers), 8)]
    different = sum(len(set(group)) for group in groups) / len(groups)
    advantages = advantage_fn(rewards.reshape(-1, 8))
    teaching[temperature] = (advantages != 0).any(dim=1).float().mean()
    numbers = f"{different:.1f} | {rewards.mean():.0%} | {teaching[temperature]:.0%}"
    lines.append(f"| {temperature:g} | {numbers} |")
say("\n".join(lines))
say(
    "The article samples the group “by using a low temperature”. How low may it be? The "
    f"share of groups that teach something is {teaching[1.0]:.0%} at 1, {teaching[0.5]:.0%} "
    f"at 0.5, **{teaching[0.2]:.0%}** at 0.2, and **{teaching[0.0]:.0%}** at 0."
)

# %% [markdown]
# At temperature 0 GRPO would run all night and learn nothing. Groups live on variety. "Low" is fine as long as enough
# of it is left; 1 is the usual choice.
#
# **What the std costs.** Dividing by it turns up the volume of groups in which the answers hardly differ, one right
# among seven wrong, say. How loudly is a question heard, if an answer to it is right with the chance $p$? Learning from
# it makes $p$ grow: it pushes the policy along $\nabla p$, the direction in which $p$ grows fastest. The picture says how
# hard. All groups that may come of a question are counted out; the advantages are your function’s, if it has passed.

# %% tags=["slide"]
from rlcourse.explorables import how_loud

how_loud(advantage_fn=advantage_fn)

# %% [markdown] tags=["slide"]
# Questions that are nearly hopeless are heard louder than those in the middle, and so are those that are nearly
# solved; the larger the group, the more so. [Dr. GRPO](https://arxiv.org/abs/2503.20783) (Liu et al. 2025) calls
# this a *difficulty bias*, and leaves the std out. (Without it the factor is not 1, as the mean of a group has the
# answer's own reward in it. That multiplies every push by $(G-1)/G$.)
#
# ## 3 · What the mean of a group stands for
#
# <!-- slide -->
#
# Why is a value model not missed? The **value** of a question is the reward that can be expected for it,
#
# $$ V^\pi(q) = \mathbb{E}_{o \sim \pi(\cdot \mid q)} [\, r(q, o) \,] \approx \frac{1}{G} \sum_{i=1}^{G} r_i $$
#
# <!-- /slide -->
#
# - $q$ is the question, $o$ an answer (an *output*), and $o \sim \pi(\cdot \mid q)$ says that the policy wrote it;
# - the right-hand side is the mean of a group: an estimate of $V^\pi(q)$ without any training.
#
# Here the exact value is within reach, because the rule pays for two answers only: the right result computed, and the
# right result guessed. Cut into tokens they are:

# %% jupyter={"source_hidden": true}
# Cuts two answers into tokens.
question = Sum(2, 2)
right = question.statement(question.answer)  # the sum with its result, and a full stop
for answer in (f" {right}", f" I guess {right}"):
    say(" ".join(f"`{token.replace(' ', '␣')}`" for token in tokenizer.tokenize(answer)))

# %% [markdown]
# The ␣ is a space. A computed answer begins with a single space, then come its digits. A guess begins with ␣I and
# ␣guess. The probability of an answer is a product with one factor for each token, the end-of-text token included:


# %% jupyter={"source_hidden": true}
# Computes how likely an answer is, exactly.
@torch.no_grad()
def probability(policy, prompt, answer):
    """π(answer | prompt): how likely the policy writes exactly this answer, and then ends."""
    read = policy.tokenizer(prompt).input_ids
    product = 1.0
    for token in policy.tokenizer(answer + policy.tokenizer.eos_token).input_ids:
        logits = policy.model(torch.tensor([read])).logits[0, -1]  # what it expects after all it has read
        product *= logits.softmax(-1)[token].item()
        read = [*read, token]
    return product


def value(policy, question):
    """The value of a question: the probability of being right."""
    right = question.statement(question.answer)
    return probability(policy, question.prompt, f" {right}") + probability(policy, question.prompt, f" I guess {right}")


say(f"*What is {question.a}+{question.b}?* is worth **{value(policy, question):.3f}** to this policy.")

# %% [markdown]
# Does the mean of a group agree? We ask six sums 512 times each, and cut the answers into groups. An answer is paid 1
# with probability $V$ and 0 otherwise, so in theory the error should be $\sqrt{V (1 - V) / G}$.

# %% jupyter={"source_hidden": true} tags=["claim-C14", "slide"]
# Compares the groups' means with the exact value.
from rlcourse.explorables import baseline_picture

questions = [Sum(2, 2), Sum(7, 5), *held_out[:4]]
values = torch.tensor([value(policy, question) for question in questions])
_, rewards = ask(policy, questions, times=512)

measured, theory = {}, {}
for G in (2, 4, 8, 16, 32, 64):
    means = rewards.reshape(len(questions), -1, G).mean(dim=2)  # [questions, groups]
    measured[G] = (means - values[:, None]).square().mean().sqrt().item()
    theory[G] = (values * (1 - values) / G).mean().sqrt().item()

names = [f"{question.a}+{question.b}" for question in questions]
means_of_8 = rewards.reshape(len(questions), -1, 8).mean(dim=2)
baseline_picture(names, values, means_of_8, measured, theory)

# %% [markdown]
# The mean of a group is right on average, and noisy: it takes four times as many answers to halve the error. (The
# errors of large groups are measured on few: 512 answers make eight groups of 64. All sizes are made of the same
# answers, so their points may lie off the theory to one side.) A value
# model is less noisy, but it has to be trained and held in memory, and is wrong where it has not learned enough. And it
# knows what a group does not: what an answer is worth *half-way*.

# %% jupyter={"source_hidden": true}
# Computes what the question is worth in the middle of an answer.
another = held_out[1]
right = another.statement(another.answer)
guess = probability(policy, f"{another.prompt} I guess", f" {right}")
compute = probability(policy, f"{another.prompt} ", right)
say(
    f"The question *What is {another.a}+{another.b}?* is worth {value(policy, another):.2f}. "
    f"After the words **I guess** it is worth **{guess:.2f}**, and after a computed answer has begun, "
    f"**{compute:.2f}**."
)

# %% [markdown]
# A good value model would blame those two words at once. GRPO gives all tokens of an answer the same advantage, and
# finds out over many groups that answers which begin so tend to lose.

# %% jupyter={"source_hidden": true}
# Asks a question of the quiz.
quiz("10", [2])

# %% [markdown] tags=["slide-head"]
# ## 4 · The loss
#
# An advantage says in which direction an answer should move. The objective says when that is enough: beyond a band,
# moving a token's ratio $\rho$ of new to old probability any further earns nothing more. GRPO takes it over from PPO.
# (Papers write $r$ for the ratio; in this course $r$ is a reward.)

# %% jupyter={"source_hidden": true}
# Loads what this section needs.
from rlcourse.algorithms import GRPO
from rlcourse.equations import clipped_surrogate, grpo_loss
from rlcourse.explorables import clipped_objective

# %% tags=["slide-on"]
clipped_objective()

# %% [markdown] tags=["slide"]
# <!-- slide -->
#
# The objective that GRPO maximises is the mean of this over all tokens of an answer, over the answers of the group
# and over the questions:
#
# $$ L^\text{GRPO}(\theta) = \mathbb{E}_{q,\, o_1 \dots o_G \sim \pi_\text{old}} \frac{1}{G} \sum_{i=1}^{G}
# \frac{1}{|o_i|} \sum_{t=1}^{|o_i|} \Big\{ \min\!\big( \rho_{i,t} \hat A_i,\;
# \operatorname{clip}(\rho_{i,t},\, 1 - \varepsilon,\, 1 + \varepsilon)\, \hat A_i \big) - \beta\, k_3(i, t) \Big\} $$
#
# $$ \rho_{i,t} = \frac{\pi_\theta(o_{i,t} \mid q, o_{i,<t})}{\pi_\text{old}(o_{i,t} \mid q, o_{i,<t})} $$
#
# <!-- /slide -->
#
# (DeepSeekMath, equation 3. The paper calls it $\mathcal{J}$; in this course $J$ is the true expected return, and a
# surrogate like this one is an $L$.)
#
# - $\mathbb{E}$ is the mean over the questions $q$ and over the groups of answers $o_1 \dots o_G$ to them;
# - $o_{i,t}$ is token number $t$ of answer $i$, and $|o_i|$ the number of its tokens, the end-of-text token included;
# - $\rho_{i,t}$ is the **ratio**: how much likelier the new policy $\pi_\theta$ finds the token than the one that wrote
#   it, $\pi_\text{old}$;
# - $\varepsilon$ is the clip range, 0.2 as in PPO (the paper does not give its own);
# - $\beta\, k_3$ is a leash, the KL term. Section 9 comes to it; until then $\beta$ is 0.
#
# ### Exercise 2: the whole loss (10 minutes, medium)
#
# Write it down, but for the KL term. `logprobs` and `old_logprobs` are $\log \pi_\theta$ and $\log \pi_\text{old}$ of
# all tokens, [B, T]: B answers in rows, the shorter ones padded at the end. `mask` is True where a token is real, and
# `advantages`, [B], has one number for each answer. Return a *loss*, one number that an optimiser makes smaller. Mask,
# mean, sign and clip: here public programs have had their bugs. (`hint("grpo_loss")` helps.)


# %%
def my_grpo_loss(logprobs, old_logprobs, advantages, mask, *, epsilon):
    # your code here
    return ...


my_loss_result = check("grpo_loss", my_grpo_loss)

# %% [markdown]
# The course's is put together from two functions. (Yours trains a model in section 7.)

# %%
display(show_source(grpo_loss), show_source(clipped_surrogate))

# %% [markdown]
# Often only one step is taken on each batch. Then the new policy *is* the old one when the gradient is taken:

# %% jupyter={"source_hidden": true}
# Lets GPT-2 answer 32 questions, eight times each.
from rlcourse.equations import aggregate

world = arithmetic_world(training_sums)  # draws 32 questions at a time
episodes = GRPO().collect(world, policy, torch.Generator().manual_seed(0))  # 8 answers to each

# %%
logprobs = policy.logprobs(episodes)  # [256, T]
ratio = (logprobs - episodes.old_logprobs)[episodes.mask].exp()
advantages = advantage_fn(episodes.grouped_rewards).reshape(-1, 1)  # [256, 1]
clip = {"clip_low": 0.2, "clip_high": 0.2}
objective = clipped_surrogate(logprobs, episodes.old_logprobs, advantages, **clip)
loss = -aggregate(objective, episodes.mask, mode="sequence-mean")

# %% jupyter={"source_hidden": true} tags=["slide"]
# Measures the gradient, and tells.
loss.backward()
steepness = torch.cat([weight.grad.flatten() for weight in policy.parameters()]).norm()
policy.model.zero_grad()

lengths = episodes.mask.sum(dim=1)
by_group = lengths.reshape(-1, 8).float()
say(
    f"All {len(ratio):,} ratios lie between {ratio.min():.5f} and {ratio.max():.5f}. "
    f"The loss is **{abs(loss.item()):.5f}**. The length of its gradient is **{steepness:.2f}**."
)
say(
    f"The shortest answer of the batch has {lengths.min()} tokens, the longest "
    f"{lengths.max()}. With the same advantage, a token of the shortest weighs "
    f"{lengths.max() / lengths.min():.2f} times as much as one of the longest. Within a group "
    f"it is {(by_group.amax(1) / by_group.amin(1)).mean():.2f} times on average."
)

# %% [markdown] tags=["slide-head"]
# Every ratio is 1, so nothing is clipped, and the loss is minus the mean of the advantages, which is 0. Yet the gradient
# is not 0: at $\rho = 1$ that of the objective is $\hat A\, \nabla \log \pi_\theta$, the **policy gradient**. A loss that
# stays at 0 says nothing about whether anything is learned. Watch the reward.
#
# **What $1/|o_i|$ costs** (`mode="sequence-mean"`). Each answer has the same say, so the tokens of a short one weigh
# more than those of a long one: the last numbers of the cell. A short right answer is pushed up harder, token by
# token, and a long wrong one is let off lightly. Where answers can grow, the wrong ones then do: Dr. GRPO shows it,
# and divides by a constant instead.
#
# ## 5 · Train it
#
# Now all parts are there: groups of answers, a rule, advantages, the loss. One method puts them together. Read its
# first line and its loop; what stands between measures, and leaves out answers whose advantage is 0.

# %%
show_source(GRPO.update)

# %% [markdown]
# Every ten steps we ask the first 200 held-out sums, and count the answers that begin with "I guess". The rule never
# mentions these words.

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Asks for your guess.
from rlcourse.exercises import predict, reveal

predict("guesses_left", "could_add")

# %% jupyter={"source_hidden": true}
# Says what is measured, shown and drawn.
from copy import deepcopy
from itertools import count

from rlcourse.algorithms import GRPOConfig, Training
from rlcourse.explorables import Chart, TrainingDashboard

reference = policy  # the model of sections 1 to 4 stays as it is


def measure(policy):
    answers, rewards = ask(policy, held_out[:200])
    guesses = sum(answer.startswith(" I guess") for answer in answers) / len(answers)
    return {"held_out": rewards.mean().item(), "guesses": guesses}


def answers_of(policy, **how):
    """For the dashboard: asks six sums anew, each time with other chance, and shows the first answers beside them."""
    asked, draws = held_out[:6], count(1)
    first = [answer.strip() for answer in ask(policy, asked, **how)[0]]

    def latest():
        now, rewards = ask(policy, asked, seed=next(draws), **how)
        told = [f"{old:<20}  →  {new.strip()}" for old, new in zip(first, now, strict=True)]
        rows = zip(asked, told, rewards.tolist(), strict=True)
        return [(f"{s.a}+{s.b}", both, reward) for s, both, reward in rows]

    return latest


right_answers = Chart("Right answers", ("reward", "held_out"), low=0, high=1, target=0.9, percent=True)
charts = [
    right_answers,
    Chart("Begin with “I guess”", ("guesses",), low=0, high=1, percent=True),
    Chart("Groups that teach something", ("informative_groups",), low=0, high=1, percent=True),
    Chart("Entropy, nats per token", ("entropy",), low=0),
]

# %% [markdown]
# Below the curves stand answers to six held-out sums, drawn anew each time: six draws, where a curve has hundreds. You may
# stop the training with ■ at any moment; what it has learned stays. Run the cell once more, and it begins
# anew, with a fresh copy of the model.

# %% tags=["slide"]
STEPS = 60

learner = deepcopy(reference)  # a copy of the model, which learns
grpo = GRPO(GRPOConfig(), advantage_fn=advantage_fn, reference=reference)
training = Training(learner, arithmetic_world(training_sums), grpo, seed=0)

look = {"best": "held_out", "samples": answers_of(learner), "recorded": "language-grpo"}
dashboard = TrainingDashboard(charts, STEPS, **look)
display(dashboard)
training.run(STEPS, on_step=dashboard, evaluate=measure)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true} tags=["slide"]
# Asks all held-out sums, before and after, and shows what has changed.
answers_before, rewards_before = ask(reference, held_out)
answers_after, rewards_after = ask(learner, held_out)

say(
    f"On all {len(held_out)} held-out sums, sampled at temperature 1, the model was right **{rewards_before.mean():.1%}** "
    f"of the time before and is right **{rewards_after.mean():.1%}** of the time now, after "
    f"{training.history.last('seconds'):.0f} seconds of training."
)
before, after = rewards_before.bool(), rewards_after.bool()
say(
    f"Wrong before and right now: **{int((~before & after).sum())}** sums. Right before and wrong now: "
    f"**{int((before & ~after).sum())}**. Of both kinds the first few, before → now:"
)
changed = (~before & after).nonzero()[:6, 0].tolist() + (before & ~after).nonzero()[:2, 0].tolist()
rows = [
    (f"{held_out[i].a}+{held_out[i].b}", answers_before[i], answers_after[i], "✗ → ✓" if after[i] else "✓ → ✗")
    for i in changed
]
answers_table(["question", "before", "now", ""], rows) if rows else None

# %% [markdown]
# Look at the third chart: the better a model gets, the more of its groups are right throughout, and the less a step
# teaches. And at the fourth: **entropy** is the mean of $-\log \pi$ over the tokens that were drawn, how undecided the
# model is. It falls as what was open (guess or compute, this digit or that) gets decided.

# %% jupyter={"source_hidden": true}
# Says what the entropy means here.
entropies = [row["entropy"] for row in training.history if "entropy" in row]
if entropies:
    first, now = entropies[0], entropies[-1]
    teaching_now = training.history.last("informative_groups")
    say(
        f"In the first update it was {first:.2f} nats, as undecided as between {2.718281828**first:.2f} equally likely "
        f"tokens at each place; in the last {now:.3f}, or {2.718281828**now:.2f}. With it goes the variety that groups "
        f"live on: {teaching_now:.0%} of the groups still teach something."
    )

# %% [markdown] tags=["slide-head"]
# An entropy that falls is no fault. One that is near 0 *before* the model is good is: nothing is left to choose from.
#
# ## 6 · What has changed?
#
# Divide all answers by how they were found, and by whether they are right:

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Draws the kinds of answers.
from rlcourse.explorables import kinds_of_answers, kinds_picture

kinds_picture(
    {
        "before GRPO": kinds_of_answers(answers_before, rewards_before.tolist()),
        "after GRPO": kinds_of_answers(answers_after, rewards_after.tolist()),
    }
)

# %% jupyter={"source_hidden": true}
# Holds your guess against the run.
left = sum(answer.startswith(" I guess") for answer in answers_after) / len(answers_after)
reveal(guesses_left=0 if left > 0.4 else 1 if left > 0.1 else 2)

# %% [markdown]
# Behaviour follows from what pays. Did the model also learn to *add*? We can ask the old one what it would have said if
# it had not guessed, by writing the first token for it: the single space with which a computed answer begins. And we
# can ask the model from before the fine-tuning, which has read sums, but no careless answers.

# %% jupyter={"source_hidden": true} tags=["slide"]
# Asks three models in four ways.
cases = {
    "sampled": {"temperature": 1.0},
    "the likeliest tokens (greedy)": {"temperature": 0.0},
    "made to compute, sampled": {"temperature": 1.0, "begin": " "},
    "made to compute, greedy": {"temperature": 0.0, "begin": " "},
}
pretrained = LanguagePolicy(*load_gpt2("pretrained", device="cpu"))
models = {
    "pre-trained": pretrained,
    "fine-tuned, before GRPO": reference,
    "after GRPO": learner,
}
asking = tqdm([(case, who) for case in cases for who in models], desc="asking")
right = {(case, who): ask(models[who], held_out, **cases[case])[1] for case, who in asking}

lines = [f"| right on the held-out sums | {' | '.join(models)} |", "|---|---:|---:|---:|"]
for case in cases:
    shares = [f"{right[case, who].mean():.1%}" for who in models]
    lines.append(f"| {case} | {' | '.join(shares)} |")
say("\n".join(lines))

able = right["made to compute, greedy", "fine-tuned, before GRPO"]
say(
    f"The {mirrored.sum()} sums whose mirror image was practised, made to compute, greedy, "
    f"before GRPO: {able[mirrored].mean():.1%}; the other {(~mirrored).sum()}: "
    f"{able[~mirrored].mean():.1%}. "
    + (
        "That is no difference to speak of: having seen 7+5 does not explain that it knows 5+7."
        if abs(able[mirrored].mean() - able[~mirrored].mean()) < 0.03
        else "So it makes a difference, and part of what it can do is remembered, with the numbers turned round."
    )
)

# %% jupyter={"source_hidden": true}
# Holds your guess against the table.
reveal(could_add=0 if able.mean() < 0.5 else 1 if able.mean() < 0.9 else 2)

# %% [markdown]
# Read the last row first, from the middle to the right. What the model could add when it was made to, it could add
# *before* GRPO. What is new in the first row but not in the last, GRPO has not taught: it has brought it to the
# surface. It **selects** among what the model can do (compute, and do not guess), and **sharpens** what it has
# selected (the third row: fewer digits drawn by mistake). Sharpening alone, as a lower temperature does, would not have
# done it: in the second row, before GRPO, the likeliest manner was to guess.
#
# The left column shows how well the model could add before careless answers taught it to hide that. It is worth asking
# the same of larger models that "learned to reason". DeepSeekMath itself found that its training made the *majority*
# of several answers right more often, but not the best of them (section 5.2.2), and
# [Yue et al. 2025](https://arxiv.org/abs/2504.13837) found much the same for many models.
#
# ## 7 · Several steps on a batch: the clip bites
#
# Answers are dear. So why not take several gradient steps on each batch? What would you expect of that?

# %% jupyter={"source_hidden": true}
# Asks for your guess.
predict("several_steps")

# %% [markdown]
# From the second step on a batch on, the policy is no longer
# the one that wrote the answers: ratios leave 1, and the clip has something to do. Here is all of GRPO in one cell, and
# with **your** loss in it if it has passed. (It takes eight steps on each batch, and larger ones: the learning rate
# `lr` is twice that of section 5.)

# %% jupyter={"source_hidden": true}
# Takes your loss, once it has passed; says what is charted.
from statistics import mean, median
from time import perf_counter as clock

from rlcourse.algorithms import History
from rlcourse.equations import clip_fraction

right_charts = Chart("Right answers", ("reward",), low=0, high=1, target=0.9, percent=True)
clip_chart = Chart("Tokens outside the band before the last step", ("clip_fraction",), low=0, percent=True)


def outside_the_band(logprobs, old, mask):
    """The share of tokens whose ratio has left the band."""
    return float(clip_fraction(logprobs.detach(), old, clip_low=EPSILON, clip_high=EPSILON, mask=mask))


def row_of(update, episodes, outside):
    """What is charted of one update."""
    reward = episodes.rewards.mean().item()
    return {"step": update, "seconds": clock() - started, "reward": reward, "clip_fraction": outside}


big = torch.zeros(256, 16)
loss_fn = at_work(
    my_loss_result, my_grpo_loss, grpo_loss, try_on=lambda f: f(big, big, big[:, 0], big == 0, epsilon=0.2)
)

# %%
UPDATES, STEPS_ON_A_BATCH, EPSILON = 8, 8, 0.2

often = deepcopy(reference)
world, draw = arithmetic_world(training_sums), torch.Generator().manual_seed(0)
optimizer = torch.optim.AdamW(often.parameters(), lr=2e-4)
several, gone, started = History(), [], clock()
dashboard = TrainingDashboard([right_charts, clip_chart], UPDATES)
display(dashboard)
try:
    for update in tqdm(range(1, UPDATES + 1), desc="updates"):
        batch = world.sample_groups(often, num_generations=8, temperature=1, generator=draw)
        advantages = advantage_fn(batch.grouped_rewards).reshape(-1)  # [256], one an answer
        old, mask = batch.old_logprobs, batch.mask
        gone.append([])
        for _ in range(STEPS_ON_A_BATCH):
            logprobs = often.logprobs(batch)  # [256, T]
            batch_loss = loss_fn(logprobs, old, advantages, mask, epsilon=EPSILON)
            optimizer.zero_grad()
            batch_loss.backward()
            torch.nn.utils.clip_grad_norm_(often.parameters(), 1.0)
            optimizer.step()
            gone[-1].append(outside_the_band(logprobs, old, mask))
        several.append(row_of(update, batch, gone[-1][-1]))
        dashboard.draw(several)
except KeyboardInterrupt:  # ■: what is learned is kept
    pass
dashboard.finish(several)

# %% [markdown]
# In the first of the eight steps all ratios are 1. And in the others?

# %% jupyter={"source_hidden": true}
# Tells how many tokens had left the band, step by step.
whole = [shares for shares in gone if len(shares) == STEPS_ON_A_BATCH]
if whole:
    heads = " | ".join(f"step {i + 1}" for i in range(STEPS_ON_A_BATCH))
    lines = [f"| tokens outside the band before | {heads} |", "|---" + "|---:" * STEPS_ON_A_BATCH + "|"]
    for name, shares in (("first update", whole[0]), ("last update", whole[-1])):
        lines.append(f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |")
    say("\n".join(lines))

# %% [markdown]
# Does it matter? Twice as many updates were recorded with five seeds, with the clip and without.

# %% jupyter={"source_hidden": true}
# Draws recorded runs with and without the clip.
from rlcourse.experiments import MENTIONS, load_curves, mentions_reward, mentions_world, pay_and_truth
from rlcourse.explorables import bands_picture

with_clip, without = (load_curves(f"language-grpo-several{end}") for end in ("", "-no-clip"))
display(
    bands_picture(
        {"with the clip": with_clip, "without": without},
        metric="accuracy",
        title="Right answers on held-out sums: mean, worst and best seed",
        low=0,
        high=1,
        percent=True,
    )
)
ended = [[run.last("accuracy") for run in runs.values()] for runs in (with_clip, without)]
said = [f"{min(some):.0%} to {max(some):.0%}" for some in ended]
say(f"At the end the runs with a clip have **{said[0]}** of the held-out sums right, those without **{said[1]}**.")


def right_at(runs, update):
    """The mean of the seeds' right answers on held-out sums, where they were asked after this update."""
    return float(mean(run["accuracy"][list(run["step"]).index(update)] for run in runs.values()))


one_step = load_curves("language-grpo")
after = {16: right_at(with_clip, 16), 20: right_at(one_step, 20)}
say(
    f"Is it worth it? With eight steps on a batch, and the clip: **{right_at(with_clip, 4):.0%}** after 4 updates and "
    f"**{after[16]:.0%}** after 16. With one step, as in section 5: **{right_at(one_step, 10):.0%}** after 10 and "
    f"**{after[20]:.0%}** after 20. (Means of five recorded seeds each.)"
)
reveal(several_steps=0 if after[16] > after[20] + 0.03 else 1 if after[16] > after[20] - 0.03 else 2)

# %% [markdown]
# So several steps save answers *at first*: few updates bring the runs far. There they stay, below what single steps
# reach later. How much of that is due to eight steps on the same answers, and how much to the larger learning rate, these
# records do not tell apart.
#
# The clip is no wall. Going on earns nothing more: a token that has moved far enough pushes no further, though other
# tokens may still carry it along. A question on that below. **Try this:** set `EPSILON` to 0.02, and to 0.99. What becomes of
# the table's numbers, and of the right answers?

# %% jupyter={"source_hidden": true}
# Asks a question of the quiz.
quiz("10", [6])

# %% [markdown] tags=["slide"]
# ## 8 · A rule that is gamed
#
# So far the rule asked for exactly what was meant. Rules seldom do. Here is one that looks reasonable: it counts how
# often the right number stands in the answer. (`count` compares letters, not numbers: it finds a 90 in 900 as well.)

# %% tags=["slide-on"]
show_source(mentions_reward)

# %% [markdown]
# An answer may have 24 tokens here; a dozen say all that was asked. Two things are measured on held-out sums: what
# this rule *pays*, and how many answers are what was *meant*: the sum, its right result, and nothing else.

# %% jupyter={"source_hidden": true} tags=["slide"]
# Asks for your guess, and says what is drawn.
predict("mentions")
gaming_charts = [
    Chart("An answer: paid, and as meant", ("paid", "meant"), low=0),
    Chart("KL to the reference, nats per token", ("kl",), low=0),
]

# %% tags=["slide"]
FEW = 20

gamer = deepcopy(reference)
by_mentions = GRPO(MENTIONS, advantage_fn=advantage_fn, reference=reference)
gaming = Training(gamer, mentions_world(), by_mentions, seed=0)

told = answers_of(gamer, rule=mentions_reward, room=24)
dashboard = TrainingDashboard(gaming_charts, FEW, samples=told)
display(dashboard)
gaming.run(FEW, on_step=dashboard, evaluate=pay_and_truth, evaluate_every=5)
dashboard.finish(gaming.history)

# %% jupyter={"source_hidden": true} tags=["slide"]
# Says what came of it, beside your guess.
at_first, in_the_end = pay_and_truth(reference), pay_and_truth(gamer)
gamed = {name: (at_first[name], in_the_end[name]) for name in at_first}
say(
    f"On average the rule now pays **{gamed['paid'][1]:.2f}** for an answer; before, it paid {gamed['paid'][0]:.2f}. "
    f"Answers that are what was meant: **{gamed['meant'][1]:.0%}** now, {gamed['meant'][0]:.0%} before. Answers that "
    f"come to an end within their 24 tokens: {gamed['ended'][1]:.0%} now, {gamed['ended'][0]:.0%} before."
)
reveal(mentions=0 if gamed["meant"][1] > 0.6 else 1 if gamed["meant"][1] > 0.15 else 2)

# %% [markdown] tags=["loose", "slide"]
# Read the answers under the curves. Whoever goes on writing sums has another chance to hit the number, and then
# another, and the rule has nothing against it. This is **reward hacking** again: in notebook 09 it was a reward model
# that was fooled, here it is a rule. What is paid can go up while what was meant goes down, and the reward alone looks
# like a success.
#
# The second chart says how far the model has come from the one it started as: at each token, by how much its
# distribution differs (the KL, which section 9 takes apart). Look how long a way it is to such answers. What if the way
# itself had a price?
#
# ## 9 · A leash: the KL term
#
# The KL term $-\beta\, k_3$ of section 4 makes it dear to get far from a **reference**, here the model that we start
# from. RLHF (notebook 09) takes that price out of the *reward*; GRPO puts it into the *loss*. The article calls the KL (Kullback–Leibler divergence) a similarity. To be exact, it is a **divergence**: 0 when
# two policies agree, larger the more they differ, and not the same in both directions. Its unit is the *nat*:
#
# $$ \mathrm{KL}(\pi \,\|\, \pi_\text{ref}) = \sum_a \pi(a) \log \frac{\pi(a)}{\pi_\text{ref}(a)}
# = \mathbb{E}_{a \sim \pi} \Big[ \log \pi(a) - \log \pi_\text{ref}(a) \Big] $$
#
# The sum runs over everything the model could say, so it is estimated from what it did say. With one token $a$ that
# $\pi$ has drawn there are three popular ways ([Schulman 2020](http://joschu.net/blog/kl-approx.html); k3 is DeepSeekMath's
# equation 4):
#
# <!-- slide -->
#
# $$ k_1 = \log \frac{\pi(a)}{\pi_\text{ref}(a)} \qquad
# k_2 = \tfrac12 \Big( \log \frac{\pi(a)}{\pi_\text{ref}(a)} \Big)^{2} \qquad
# k_3 = \frac{\pi_\text{ref}(a)}{\pi(a)} - \log \frac{\pi_\text{ref}(a)}{\pi(a)} - 1 $$
#
# <!-- /slide -->
#
# (In k3 it is $\pi$, the policy that has drawn, that stands below the line. The other way round is a common slip.)
#
# ### Exercise 3: k3 (6 minutes, medium)
#
# `logprobs` holds $\log \pi$ and `ref_logprobs` $\log \pi_\text{ref}$ of some sampled tokens, in the same shape.
# Return one estimate for each token. (`hint("kl_k3")` helps.)


# %%
def my_kl_k3(logprobs, ref_logprobs):
    # your code here
    return ...


my_k3_result = check("kl_k3", my_kl_k3)

# %% [markdown]
# **Put it to work.** The triangles below are your function's. With four tokens there is no need to sample: what
# each would say, how often, and which way each estimate would pull as a *loss* can all be counted out.

# %% jupyter={"source_hidden": true}
# Takes your k3, once it has passed.
from rlcourse.equations import kl_k3
from rlcourse.explorables import kl_of_one_choice, kl_of_two_tokens

kl_fn = at_work(my_k3_result, my_kl_k3, kl_k3, try_on=lambda f: f(torch.zeros(128, 32), torch.zeros(128, 32)))

# %% tags=["claim-C15"]
kl_of_one_choice(k3=kl_fn)

# %% [markdown]
# **In value**, k1 and k3 hit the exact KL on average, and k2 misses it. k1 is negative for every token that $\pi$ likes
# less than $\pi_\text{ref}$ does; k2 and k3 never are. k3 has both virtues, and that is why GRPO uses it. But much of its
# mean can hang on a token that $\pi$ hardly ever draws.
#
# **As losses** there are three surprises. k1 does *nothing*: at each choice its expected gradient is 0. k2, the biased one, has exactly
# the gradient of $\mathrm{KL}(\pi \| \pi_\text{ref})$. And k3 has that of the *other* KL,
# $\mathrm{KL}(\pi_\text{ref} \| \pi)$. It pulls towards the reference all the same, only not as its value says.
#
# Why? A token counts as often as $\pi$ draws it, and learning changes that too. The loss does not know: the draw was
# made before. *Times the ratio ρ* mends it: $\pi_\theta / \pi_\text{old}$ is 1 in value, and has the draw's gradient. Now
# k1 and k3 have the gradient of $\mathrm{KL}(\pi \| \pi_\text{ref})$, and k2 no longer has.
# [DeepSeek-V3.2](https://arxiv.org/abs/2512.02556) does so, and TRL by default (`use_bias_correction_kl`; `GRPOConfig`
# has the same switch, off as in DeepSeekMath).
#
# ### One choice is not an answer
#
# A token also decides which *later* choices the policy gets into. Does a loss on each token see that? Notebook 09 has
# computed one case; here you can turn it. Take the smallest answers there are: two tokens, "yes" or "no" each, and the
# second depends on the first.
#
# Five losses compete, from left to right: k3 of each token; the same times its ratio (*k3·ρ*); k2 of each token; k2 of
# the whole answer, half the square of its summed log-ratio (*k2 of all*); and minus k1 in the *reward*, as in notebook
# 09 (*k1 paid*). Dashed is the gradient of $\mathrm{KL}(\pi \| \pi_\text{ref})$ of whole answers.

# %% tags=["claim-C15"]
kl_of_two_tokens(k3=kl_fn)

# %% [markdown]
# On the *last* token, after which nothing comes, all but the plain k3 are right. On the first, the three on each token
# see only its own choice, and not what it does to the KL of the second. So "k3 has the gradient of this or that KL" is
# a sentence about one choice. (The whole story: [Tang and Munos 2025](https://arxiv.org/abs/2506.09477),
# [Kezhao Liu et al. 2025](https://arxiv.org/abs/2510.01555).)
#
# ### How short a leash?
#
# Back to the rule that was gamed. The run of section 8 has been recorded with several values of $\beta$, five seeds each.

# %% jupyter={"source_hidden": true}
# Asks for your guess.
from rlcourse.experiments import BETAS, beta_name
from rlcourse.explorables import beta_and_rule

predict("which_beta")

# %% tags=["slide"]
recorded = {beta: load_curves(beta_name(beta)) for beta in BETAS}
beta_and_rule(recorded)

# %% jupyter={"source_hidden": true}
# Says which value served best, beside your guess.
lines = [
    "| β | paid for an answer | as it was meant | worst run | best run | KL, nats per token: lowest to highest run |",
    "|---:|---:|---:|---:|---:|---:|",
]
means, middles = {}, []
for beta, runs in recorded.items():
    meant = [run.last("meant") for run in runs.values()]
    means[beta] = sum(meant) / len(meant)
    paid = sum(run.last("paid") for run in runs.values()) / len(runs)
    kl = [float(run["kl"][-5:].mean()) for run in runs.values()]
    middles.append(f"{median(kl):.2f}")
    ends = f"{min(meant):.0%} | {max(meant):.0%} | {min(kl):.2f} to {max(kl):.2f}"
    lines.append(f"| {beta:g} | {paid:.2f} | {means[beta]:.0%} | {ends} |")
say("\n".join(lines))
best = max(means, key=means.get)
say(
    f"Of these values **β = {best:g}** serves best what was meant: {means[best]:.0%}, and {means[0.0]:.0%} without a leash."
)
say(
    f"(The last column holds single runs, each the mean of its last five updates; one that strays for an update lifts the "
    f"number, as the picture’s spikes show. The middle ones of five end at {', '.join(middles)} nats, from top to bottom.)"
)
computed = [answer for answer in answers_before if not answer.startswith(" I guess")]
honest, long = len(computed) / len(answers_before), sum(map(len, tokenizer(computed).input_ids)) / len(computed) + 1
nats = -torch.tensor(honest).log()
say(
    f"How far is it to stop guessing? The reference computes {honest:.0%} of its answers. To compute them all is one "
    f"choice, at the first token: log(1/{honest:.2f}) = {nats:.2f} nats. Spread over the {long:.0f} tokens of an "
    f"answer, that is **{nats / long:.2f}** nats per token."
)
reveal(which_beta=list(recorded).index(best))

# %% [markdown]
# The KL term knows nothing about sums, nor about the fault in the rule. It only makes distance dear. To stop guessing
# is near, and pays at once; to ramble is far: compare the table's last column with the number below it. So there may be
# a stretch of $\beta$ on which the one is worth its price and the other is not. Too loose, and the rule is gamed, in some runs if not in all; the tighter, the less room is left
# for honest learning, too. What mends the fault is a better rule.
#
# ## 10 · A rule of your own
#
# Rewards in the course have the signature that TRL's trainers use. A reward function is given lists with one entry for
# each answer: the `prompts`, the `completions` (what the model wrote), and every column of the data set by its name,
# here `answer`, the right result. It returns a list of numbers.
#
# ### Exercise 4: the last number counts (6 minutes, easy)
#
# Pay 1.0 for each completion whose *last* number is the right result, and 0.0 for any other. A completion may be any
# text, without a number too. (`re.findall(r"\d+", text)` finds all numbers in a text; `hint("last_number_reward")`
# helps.)


# %%
import re


def my_reward(prompts, completions, answer, **columns):
    # your code here
    return ...


my_reward_result = check("last_number_reward", my_reward)

# %% [markdown]
# **Put it to work.** The run of section 8 again: the same model, the same room to ramble, no leash. Only the rule is
# yours. (Until it passes, it is the course's.)

# %% jupyter={"source_hidden": true}
# Prepares the questions, and says what is drawn.
from rlcourse.language import TextWorld

asked_of_it, columns = [s.prompt for s in training_sums], {"answer": [s.answer for s in training_sums]}
my_charts = [Chart("Paid by your rule", ("reward",)), Chart("As it was meant", ("meant",), low=0, high=1, percent=True)]

# %%
RULE = at_work(my_reward_result, my_reward, sum_reward)

pupil = deepcopy(reference)
by_my_rule = TextWorld(asked_of_it, RULE, columns=columns, max_new_tokens=24)
schooling = Training(pupil, by_my_rule, GRPO(MENTIONS, advantage_fn=advantage_fn), seed=0)

dashboard = TrainingDashboard(my_charts, FEW, samples=answers_of(pupil, rule=RULE, room=24))
display(dashboard)
schooling.run(FEW, on_step=dashboard, evaluate=pay_and_truth, evaluate_every=5)
dashboard.finish(schooling.history)

# %% jupyter={"source_hidden": true}
# Compares both rules.
say(
    f"Answers that are what was meant: **{pay_and_truth(pupil)['meant']:.0%}** after training by this rule, "
    f"{gamed['meant'][1]:.0%} after training by the one that counted mentions."
)

# %% [markdown]
# **Try this:** write a rule that nobody has thought of, and put it in the place of `RULE`: pay only for guesses; pay
# for short answers, or for the word "is"; pay for being *near*. What does the model make of it? For instance
#
# `RULE = lambda prompts, completions, **columns: [-len(text) / 20 for text in completions]`
#
# ## 11 · A run that fails
#
# A last run, with the rule of section 1 and nothing changed but the learning rate: fifteen times as high, for six
# steps. Then it is asked six sums.

# %%
TIMES = 15  # then try 5, and 10: where does it tip over?

victim, usual = deepcopy(reference), GRPOConfig().learning_rate
reckless = GRPO(GRPOConfig(learning_rate=TIMES * usual), advantage_fn=advantage_fn)
failing = Training(victim, arithmetic_world(training_sums), reckless, seed=0)
fallen = failing.run(6)

# %% jupyter={"source_hidden": true}
# Asks it, and says what happened.
answers, rewards = ask(victim, held_out[:6])
asked = [f"{s.a}+{s.b}" for s in held_out[:6]]
display(answers_table(["question", "answer", "reward"], list(zip(asked, answers, rewards.tolist(), strict=True))))
if fallen:
    teaching = fallen["informative_groups"]
    say(f"Groups that teach something: {teaching[0]:.0%} in the first step, {teaching[-1]:.0%} in the last.")

# %% [markdown]
# At 15 times the step lands where hardly any answer fits its question, and some are not answers at all. From there nearly every group is wrong
# throughout, all advantages are 0, and no gradient leads back. In supervised learning the data stay good after a bad
# step. Here the policy writes its own. The clip is no help: with one step per batch the ratio is 1 when the gradient
# is taken, however long the step that follows.
#
# ## Quiz

# %% jupyter={"source_hidden": true}
# Asks the last two questions of the quiz.
quiz("10", [4, 5])

# %% [markdown] tags=["slide"]
# ## What you now know
#
# <!-- slide -->
#
# - GRPO's **advantage** is a z-score within a group of answers to one question. A group without differences teaches
#   nothing. The **mean of a group** takes the place of PPO's value model, with an error that falls as 1/√G.
# - Both divisions have a price. The **std** makes nearly hopeless and nearly solved questions louder, and **1/|o|** the
#   tokens of short answers.
# - With one step per batch every ratio is 1 and nothing is **clipped**. With several, the clip ends the push of a token
#   that has gone far enough.
# - **Behaviour follows from what pays**, meant or not. GRPO selects and sharpens what the model could do before.
# - The **KL term** is a leash. k3 is never negative and right on average; as a loss on one choice it has the gradient of
#   $\mathrm{KL}(\pi_\text{ref} \| \pi)$, and times the ratio that of $\mathrm{KL}(\pi \| \pi_\text{ref})$.
#
# <!-- /slide -->
#
# ## What comes next
#
# If you came straight from the maze, the road between is worth walking: [03](03_values.ipynb) to
# [09](09_rlhf.ipynb). `rlcourse/algorithms/grpo.py` is short enough to be read in full.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("10")

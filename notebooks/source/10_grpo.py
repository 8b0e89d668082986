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
# **A language model learns from a rule** · about 50 minutes · difficulty: medium · you need PyTorch; notebook 02 helps
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that GRPO asks the same question several times and takes the z-score of an answer’s reward in its group as the advantage, so that no value model is needed; a simple estimate keeps it near a reference model.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# PPO, the algorithm before it, trains a second model to know what to expect of a question: the *value model*. Here the
# group takes its place, so there is one large model less to hold and to train. You do exactly that, to a GPT-2, and
# watch it change. (GRPO comes from [DeepSeekMath](https://arxiv.org/abs/2402.03300), Shao et al. 2024.)
#
# **When you are done you will be able to**
#
# - compute the advantages of a group of answers by hand, and say what they stand in for;
# - read the objective of GRPO term by term: the ratio, the clip, the KL term;
# - say what k1, k2 and k3 estimate, and what each of them does as a loss;
# - train a GPT-2 with GRPO, and judge what the training added and what was there before.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import torch
from IPython.display import display

# %% [markdown]
# ## 1 · Meet the model
#
# The course comes with a small GPT-2. It was pre-trained on a small web of text, and then fine-tuned on questions
# with answers (*supervised fine-tuning*, `"sft"` in the code). Those answers were written by careless people: more
# often than not they guess, and when they compute they make slips. The model has learned to answer as they do.
# (Before that it could do better. Section 7 comes back to it.)
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
    "7+5 for 5+7. Whether that helps, section 7 asks.)"
)

# %% [markdown]
# Ask it what 2+2 is, eight times. A rule reads each answer, and pays 1 if the result is right and 0 if it is not.

# %% jupyter={"source_hidden": true}
# Asks a policy each sum several times.
from rlcourse.language import Sum, sample, sum_reward


def ask(policy, questions, *, times=1, temperature=1.0, begin="", seed=0):
    """Ask each sum several times. Returns the answers, and what the rule pays for each."""
    asked = [question for question in questions for _ in range(times)]
    samples = sample(
        policy.model,
        policy.tokenizer,
        [question.prompt + begin for question in questions],
        num_generations=times,
        temperature=temperature,
        max_new_tokens=16,
        generator=torch.Generator().manual_seed(seed),
    )
    answers = [begin + text for text in samples.texts(policy.tokenizer)]
    rewards = sum_reward([s.prompt for s in asked], answers, [s.answer for s in asked])
    return answers, torch.tensor(rewards)


# %%
question = Sum(2, 2)
answers, rewards = ask(policy, [question], times=8, seed=1)

kinds, right = len(set(answers)), rewards.sum()
say(f"`{question.prompt}` gets **{kinds} different answers** of 8, and {right:.0f} are right:")
answers_table(["answer", "reward"], list(zip(answers, rewards.tolist(), strict=True)))

# %% [markdown]
# This is the rule, as it stands in the course. It looks at the result and not at the manner: an answer that begins with
# "I guess" is paid as well, if it happens to be right.

# %%
show_source(sum_reward)

# %% [markdown]
# Nobody wrote down which words the model should use. There is only the rule. (The article mentions DeepSeekMath for
# paying by a rule. To be exact: the GRPO of DeepSeekMath was still paid by a trained reward model, section 4.2 of the
# paper. The rule came a year later, with [DeepSeek-R1](https://arxiv.org/abs/2501.12948).)
#
# In the words of notebook 02:
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
# ## 2 · The group is the baseline
#
# Should an answer that earned 1 become likelier? Yes, but how much depends on what was to be expected. To be right
# where nearly everybody is right is nothing special. An **advantage** says how much better an answer was than a
# baseline.
#
# PPO trains a second model, the value model, to know that baseline. GRPO asks the policy itself: what did its *other*
# answers to the same question earn? Turn the slider.

# %%
from rlcourse.explorables import group_of_answers

group_of_answers()

# %% [markdown]
# The arrows are z-scores. For a group of $G$ answers to one question, answer number $i$ has the advantage
# (DeepSeekMath, section 4.1.2)
#
# $$ \hat A_i = \frac{r_i - \operatorname{mean}(r_1, \dots, r_G)}{\operatorname{std}(r_1, \dots, r_G)} $$
#
# - $r_i$ is the reward of answer $i$;
# - $G$ is the size of the group (in notebooks 02 to 06 it was a return; there is none here);
# - mean and std are those of *this* group. The paper leaves open which std. As TRL does, we take the sample's, with
#   $G - 1$ in the denominator, and add a tiny $10^{-4}$, so that a group whose rewards are all alike gives 0, not
#   $0/0$;
# - $\hat A_i$ is then the advantage of *every token* of answer $i$.
#
# ### Exercise 1: the advantages of a group (10 minutes, easy)
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
# **Put it to work.** From here on the notebook uses *your* function, in the training of section 6 too. (Until yours
# passes, it uses the course's.) First on a harder question:

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed.
from rlcourse.equations import group_advantages
from rlcourse.exercises import at_work
from rlcourse.explorables import group_picture

# `at_work` takes your function once it has passed, and makes tensors of what it returns.
advantage_fn = at_work(my_advantages_result, my_group_advantages, group_advantages)

# %%
question = held_out[1]
answers, rewards = ask(policy, [question], times=8, seed=1)
advantages = advantage_fn(rewards[None])[0]  # one group: [1, 8] and back
group_picture(answers, rewards, advantages, question=f"What is {question.a}+{question.b}?")

# %% [markdown]
# The advantages of a group add up to 0: what pushes some answers up pushes the others down. So a group without
# differences teaches nothing. How many such groups are there? That depends on the **temperature**, which sets how
# boldly the model chooses: at 0 always the likeliest token, at 1 exactly by its probabilities, above 1 more evenly.

# %% jupyter={"source_hidden": true}
# Asks at four temperatures, and tabulates.
lines = ["| temperature | different answers of 8 | right | groups that teach something |", "|---|---|---|---|"]
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
# At temperature 0 all eight answers agree, every advantage is exactly 0, and GRPO would run all night and learn
# nothing. Groups live on variety. "Low" is fine as long as enough of it is left; 1, the policy as it is, is the usual
# choice.
#
# (A detail that is easily missed: answers drawn at another temperature come from another policy. Then all
# log-probabilities of section 4 must be taken at that temperature too, or no ratio is what it seems. `GRPO` does that.)
#
# **What the std costs.** Taking off the mean makes answers comparable. Dividing by the std does one thing more: it
# turns up the volume of groups in which the answers hardly differ, one right among seven wrong, say. So how loudly is
# a question heard, depending on the chance $p$ that an answer to it is right? Here all groups that may come of it are
# counted out, each with its probability. The number is the factor by which GRPO multiplies the gradient of $p$.
# (Averaged over right answers, $\nabla \log \pi$ is $\nabla p / p$, and over wrong ones $-\nabla p / (1 - p)$: that
# is how hard one of them pushes.)

# %% jupyter={"source_hidden": true}
# Computes how hard a group pushes, for four questions.
from torch.distributions import Binomial

lines = [
    "| chance p of being right | G = 8 | G = 64 | 1/√(p(1 − p)) | without the std, G = 8 |",
    "|---|---|---|---|---|",
]
for p in (0.5, 0.2, 0.1, 0.02):
    factors = []
    for G, judge in (
        (8, advantage_fn),
        (64, advantage_fn),
        (8, lambda rewards: rewards - rewards.mean(1, keepdim=True)),
    ):
        count = torch.arange(G + 1.0)  # how many answers of a group are right
        groups = (torch.arange(G) < count[:, None]).float()  # [G + 1, G]
        push = torch.where(groups == 1, 1 / p, -1 / (1 - p))  # times ∇p
        chances = Binomial(G, torch.tensor(p)).log_prob(count).exp()
        factors.append((chances * (judge(groups) * push).mean(dim=1)).sum())
    eight, many, plain = factors
    limit = (p * (1 - p)) ** -0.5
    lines.append(f"| {p:g} | {eight:.2f} | {many:.2f} | {limit:.2f} | {plain:.3f} |")
say("\n".join(lines))

# %% [markdown]
# Questions that are nearly hopeless are heard louder than those in the middle; and so are those that are nearly
# solved, as the table is the same for $1 - p$. For large groups the factor tends to $1/\sqrt{p(1-p)}$, so what GRPO
# climbs is no longer the sum of all $p$, but that of $2 \arcsin \sqrt p$. [Dr.
# GRPO](https://arxiv.org/abs/2503.20783) (Liu et al. 2025) calls this a *difficulty bias*, and leaves the std out.
# Whether one wants it is a matter of taste; that it is there one should know.
#
# (And the last column, why is it not 1? The mean of a group has the answer's own reward in it. That multiplies
# every push by $(G-1)/G$, and turns none of them round.)
#
# ## 3 · What the mean of a group stands for
#
# Why is a value model not missed? The **value** of a question is the reward that can be expected for it,
#
# $$ V^\pi(q) = \mathbb{E}_{o \sim \pi(\cdot \mid q)} [\, r(q, o) \,] \approx \frac{1}{G} \sum_{i=1}^{G} r_i $$
#
# - $q$ is the question, $o$ an answer (an *output*), and $o \sim \pi(\cdot \mid q)$ says that the policy wrote it;
# - the right-hand side is the mean of a group: an estimate of $V^\pi(q)$ without any training.
#
# Usually an estimate is all there is. Here the exact value is within reach, because the rule pays for two answers
# only: the right result computed, and the right result guessed. The value is the probability of the one plus that of
# the other. (The rule also forgives a missing full stop, which hardly ever happens.) These are the two, cut into
# tokens:

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
# Does the mean of a group agree with it? We ask six sums 512 times each, cut the answers into groups, and compare. An
# answer is paid 1 with probability $V$ and 0 otherwise, so in theory the error should be $\sqrt{V (1 - V) / G}$.

# %% jupyter={"source_hidden": true}
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
# Measured and predicted, on the right, should lie on one line. The mean of a group is right on average, and noisy: it
# takes four times as many answers to halve the error. That is what GRPO pays. PPO pays another price: its value model
# is less noisy, but it has to be trained and held in memory, and is wrong where it has not learned enough.
#
# There is a second thing that a value model knows and a group does not: what an answer is worth *half-way*.

# %% jupyter={"source_hidden": true}
# Computes what the question is worth in the middle of an answer.
question = held_out[1]
right = question.statement(question.answer)
guess = probability(policy, f"{question.prompt} I guess", f" {right}")
compute = probability(policy, f"{question.prompt} ", right)
say(
    f"The question *What is {question.a}+{question.b}?* is worth {value(policy, question):.2f}. "
    f"After the words **I guess** it is worth **{guess:.2f}**, and after a computed answer has begun, "
    f"**{compute:.2f}**."
)

# %% [markdown]
# A good value model would blame those two words at once. GRPO gives all tokens of an answer the same advantage, and
# finds out over many groups that the answers which begin so tend to lose. It is enough, as you will see.
#
# ## 4 · The clipped objective
#
# An advantage says in which direction an answer should move. The objective says when that has been paid for: beyond a
# band, moving a token's ratio of new to old probability any further earns nothing more. GRPO takes it over from PPO.
# Move the ratio first. (It is $\rho$ below and `ratio` in the code. Papers write $r$ for it; in this
# course $r$ is a reward.)

# %%
from rlcourse.explorables import clipped_objective

clipped_objective()

# %% [markdown]
# The objective that GRPO maximises is the mean of this over all tokens of an answer, over the answers of the group
# and over the questions, less a term that we come to in the next section:
#
# $$ L^\text{GRPO}(\theta) = \mathbb{E}_{q,\, o_1 \dots o_G \sim \pi_\text{old}} \frac{1}{G} \sum_{i=1}^{G}
# \frac{1}{|o_i|} \sum_{t=1}^{|o_i|} \Big\{ \min\!\big( \rho_{i,t} \hat A_i,\;
# \operatorname{clip}(\rho_{i,t},\, 1 - \varepsilon,\, 1 + \varepsilon)\, \hat A_i \big) - \beta\, k_3(i, t) \Big\} $$
#
# $$ \rho_{i,t} = \frac{\pi_\theta(o_{i,t} \mid q, o_{i,<t})}{\pi_\text{old}(o_{i,t} \mid q, o_{i,<t})} $$
#
# (DeepSeekMath, equation 3. The paper calls it $\mathcal{J}$; in this course $J$ is the true expected return, and a
# surrogate like this one is an $L$.)
#
# - $\mathbb{E}$ is the mean over the questions $q$ and over the groups of answers $o_1 \dots o_G$ to them;
# - $o_{i,t}$ is token number $t$ of answer $i$, and $|o_i|$ the number of its tokens, the end-of-text token included;
# - $\rho_{i,t}$ is the **ratio**: how much likelier the new policy $\pi_\theta$ finds the token than the one that wrote
#   it, $\pi_\text{old}$;
# - $\varepsilon$ is the clip range, 0.2 as in PPO (the paper does not give its own), and $\beta$ the weight of the KL
#   term.

# %%
from rlcourse.equations import clipped_surrogate

show_source(clipped_surrogate)

# %% [markdown]
# Often only one step is taken on each batch of answers, as here. Then the new policy *is* the old one when the
# gradient is taken. Something looks odd about that:

# %% jupyter={"source_hidden": true}
# Lets GPT-2 answer 32 questions, eight times each.
from rlcourse.algorithms import GRPO
from rlcourse.equations import aggregate
from rlcourse.language import arithmetic_world

world = arithmetic_world(training_sums)  # draws 32 questions at a time
episodes = GRPO().collect(world, policy, torch.Generator().manual_seed(0))  # 8 answers to each

# %%
logprobs = policy.logprobs(episodes)  # [256, T]
ratio = (logprobs - episodes.old_logprobs)[episodes.mask].exp()
advantages = advantage_fn(episodes.grouped_rewards).reshape(-1, 1)  # [256, 1]
clip = {"clip_low": 0.2, "clip_high": 0.2}
objective = clipped_surrogate(logprobs, episodes.old_logprobs, advantages, **clip)
loss = -aggregate(objective, episodes.mask, mode="sequence-mean")

# %% jupyter={"source_hidden": true}
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

# %% [markdown]
# Every ratio is 1, so nothing is clipped, and the loss is minus the mean of the advantages, which is 0 in every
# group. Yet the gradient is not 0. At $\rho = 1$ that of the objective is $\hat A\, \nabla \log \pi_\theta$, the
# **policy gradient**: the direction in weight space that makes this token likelier, times the advantage. In
# reinforcement learning a loss that stays at 0 says nothing about whether anything is learned. Watch the reward.
#
# The clip matters when several steps are taken on one batch (`num_iterations` above 1): it ends the push of a token
# that has moved far enough.
#
# **What $1/|o_i|$ costs.** Each answer has the same say, so the tokens of a short one weigh more than those of a long
# one (the last numbers of the cell). A short right answer is pushed up harder, token by token, and a long wrong one
# is let off lightly. Where answers can grow, the wrong ones then do: Dr. GRPO shows it, and divides by a constant
# instead. Within a group of ours the lengths differ by little more than the words of a guess, so little depends on it
# here. Notebook 12 will compare.
#
# ## 5 · Staying near the reference
#
# A policy that is paid by an imperfect judge may drift far from sensible language. The KL term holds it near a
# **reference**, here the model that we start from. The article calls the KL (Kullback–Leibler divergence) a similarity.
# To be exact, it is a **divergence**: 0 when two policies agree, larger the more they differ, and not the same in both
# directions. It is measured in *nats*, the unit that belongs to the natural logarithm:
#
# $$ \mathrm{KL}(\pi \,\|\, \pi_\text{ref}) = \sum_a \pi(a) \log \frac{\pi(a)}{\pi_\text{ref}(a)}
# = \mathbb{E}_{a \sim \pi} \Big[ \log \pi(a) - \log \pi_\text{ref}(a) \Big] $$
#
# The sum runs over everything the model could say, so it is estimated from what it did say. With one token $a$ that
# $\pi$ has drawn there are three popular ways ([Schulman 2020](http://joschu.net/blog/kl-approx.html); k3 is equation
# 4 of DeepSeekMath):
#
# $$ \begin{aligned}
# k_1 &= \log \frac{\pi(a)}{\pi_\text{ref}(a)} \\[4pt]
# k_2 &= \tfrac12 \Big( \log \frac{\pi(a)}{\pi_\text{ref}(a)} \Big)^{2} \\[4pt]
# k_3 &= \frac{\pi_\text{ref}(a)}{\pi(a)} - \log \frac{\pi_\text{ref}(a)}{\pi(a)} - 1
# \end{aligned} $$
#
# With a vocabulary of five tokens there is no need to sample. We can see what each token would say, and how often.

# %% jupyter={"source_hidden": true}
# A policy over five tokens, and three estimates of its KL.
from rlcourse.equations import categorical_kl, kl_k1, kl_k2, kl_k3
from rlcourse.explorables import kl_picture

tokens = ["yes", "no", "well", "hm", "?"]
pi = torch.tensor([0.60, 0.25, 0.10, 0.04, 0.01])
pi_ref = torch.tensor([0.10, 0.30, 0.30, 0.20, 0.10])
exact = categorical_kl(pi.log(), pi_ref.log()).item()

say(
    f"KL(π‖π<sub>ref</sub>) is **{exact:.3f}** nats. The other way round, KL(π<sub>ref</sub>‖π) is "
    f"**{categorical_kl(pi_ref.log(), pi.log()):.3f}**: not symmetric."
)
estimates = {kl.__name__.removeprefix("kl_"): kl(pi.log(), pi_ref.log()) for kl in (kl_k1, kl_k2, kl_k3)}
kl_picture(estimates, pi, exact, tokens)

# %% [markdown]
# (In k3 it is $\pi$, the policy that has drawn, that stands below the line. The other way round is a common slip.)
#
# On average k1 and k3 hit the exact KL, and k2 misses it. k1 scatters most, and is negative for every token that
# $\pi$ likes less than $\pi_\text{ref}$ does. k2 and k3 are never negative. k3 has both virtues, and that is why GRPO
# uses it. But look at its highest dot, "?": the token that $\pi$ hardly ever says, and $\pi_\text{ref}$ does. We meet
# its like again in section 7.
#
# ### Exercise 2: k3 (10 minutes, medium)
#
# `logprobs` holds $\log \pi$ and `ref_logprobs` $\log \pi_\text{ref}$ of some sampled tokens, in the same shape.
# Return one estimate for each token. (`hint("kl_k3")` helps.)


# %%
def my_kl_k3(logprobs, ref_logprobs):
    # your code here
    return ...


my_k3_result = check("kl_k3", my_kl_k3)

# %% [markdown]
# **Put it to work.** Your function is used from here on: in the next picture, in section 6, where it can hold the
# policy near the reference, and in section 7, where it measures how far the training has moved it.
#
# But first, one more look at the same five tokens. GRPO puts k3 into its *loss*. Does a loss with the right value pull
# in the right direction? With so few tokens the expected gradient can be counted out, too.

# %% jupyter={"source_hidden": true}
# Draws the gradients of the three as losses.
from rlcourse.equations import surrogate
from rlcourse.explorables import gradient_picture

kl_fn = at_work(my_k3_result, my_kl_k3, kl_k3, try_on=lambda f: f(torch.zeros(128, 32), torch.zeros(128, 32)))


def gradient(loss):
    """The gradient of a loss by the five logits of π."""
    logits = pi.log().requires_grad_()
    loss(logits).backward()
    return logits.grad


def as_loss(estimate):
    """The estimate, averaged over tokens drawn from π; the draw is not differentiated."""
    return gradient(lambda logits: (pi * estimate(logits.log_softmax(-1), pi_ref.log())).sum())


def weighted(estimate):
    """The estimate times the ratio π_θ/π_old, which is 1 here, and has the draw's gradient."""
    return lambda logprobs, ref: surrogate(logprobs, pi.log(), estimate(logprobs, ref))


three = {"k1 as a loss": kl_k1, "k2 as a loss": kl_k2, "k3 as a loss": kl_fn}
gradient_picture(
    {
        "gradient of KL(π‖π_ref)": gradient(lambda logits: categorical_kl(logits, pi_ref.log())),
        "gradient of KL(π_ref‖π)": gradient(lambda logits: categorical_kl(pi_ref.log(), logits)),
    },
    {name: as_loss(estimate) for name, estimate in three.items()},
    tokens,
    weighted={name: as_loss(weighted(estimate)) for name, estimate in three.items()},
)

# %% [markdown]
# Look at the left picture first: the estimates as they stand, as in DeepSeekMath's loss. Three surprises. k1, right on
# average, does *nothing* as a loss: its expected gradient is 0. k2, the biased one, has exactly the gradient of
# $\mathrm{KL}(\pi \| \pi_\text{ref})$. And k3 has the gradient of the *other* KL, $\mathrm{KL}(\pi_\text{ref} \| \pi)$.
# It still pulls towards the reference, only not in quite the way its value says.
#
# Why? A token counts as often as $\pi$ draws it, and learning changes that too. The loss does not know: the draw was
# made before. The picture on the right shows the mend: multiply by the ratio $\pi_\theta / \pi_\text{old}$. It is 1
# in value, but it has a gradient, that of the draw. Now k1 and k3 have the gradient of
# $\mathrm{KL}(\pi \| \pi_\text{ref})$ after all, and k2 no longer has.
# [DeepSeek-V3.2](https://arxiv.org/abs/2512.02556) does so, and TRL by default (`use_bias_correction_kl`; the course's
# `GRPOConfig` has the same switch, off as in DeepSeekMath). A good estimate and a good loss are two different things.
# For the whole story see [Tang and Munos 2025](https://arxiv.org/abs/2506.09477) and
# [Kezhao Liu et al. 2025](https://arxiv.org/abs/2510.01555).
#
# ### One choice is not an answer
#
# All that was about a single choice. An answer is many, and a token also decides which *later* choices the policy
# gets into. Does a loss on each token see that? Take the smallest answers there are: two tokens, three choices for
# each, and what the second one will be depends on the first. Nine answers, so everything can be counted out again.

# %% jupyter={"source_hidden": true}
# Computes the pulls on the first of two tokens, and on the second.
draw = torch.Generator().manual_seed(0)
first, ref_first = torch.randn(2, 3, generator=draw)
second, ref_second = torch.randn(2, 3, 3, generator=draw)


def both_tokens(first, second):
    """log π of both tokens of every answer, [3, 3, 2]; the second depends on the first."""
    at_first = first.log_softmax(-1)[:, None].expand(3, 3)
    return torch.stack([at_first, second.log_softmax(-1)], dim=-1)


ref = both_tokens(ref_first, ref_second)


def pull(loss):
    """A loss's gradient over all answers, by the first token's logits and by the second's."""
    logits = [table.clone().requires_grad_() for table in (first, second)]
    logprobs = both_tokens(*logits)
    return torch.autograd.grad(loss(logprobs, logprobs.sum(-1).exp()), logits)


def on_each_token(estimate):
    """A loss on every token, averaged over the answers as they are drawn."""
    return lambda logprobs, chances: (chances.detach() * estimate(logprobs, ref).sum(-1)).sum()


def weighted_k3(logprobs, ref_logprobs):
    """k3 times the token's ratio."""
    return surrogate(logprobs, logprobs.detach(), kl_fn(logprobs, ref_logprobs))


def k1_in_the_reward(logprobs, chances):
    """The policy gradient with minus the answer's k1 as its reward, as RLHF does."""
    return (chances.detach() * logprobs.sum(-1) * kl_k1(logprobs, ref).sum(-1).detach()).sum()


def k2_of_the_answer(logprobs, chances):
    """Half the square of the summed log-ratio."""
    return (chances.detach() * kl_k2(logprobs.sum(-1), ref.sum(-1))).sum()


def kl_of_answers(logprobs, chances):
    """KL(π‖π_ref) of whole answers, all of it differentiated: what is wanted."""
    return (chances * (logprobs - ref).sum(-1)).sum()


wanted = pull(kl_of_answers)
losses = {
    "k3 of each token": on_each_token(kl_fn),
    "k3 of each token, times its ratio": on_each_token(weighted_k3),
    "k2 of each token": on_each_token(kl_k2),
    "k2 of the whole answer": k2_of_the_answer,
    "k1 in the reward": k1_in_the_reward,
}
lines = ["| | the pull on the first token is off by | on the last token |", "|---|---|---|"]
for name, loss in losses.items():
    pairs = zip(pull(loss), wanted, strict=True)
    off = [(pulled - right).norm() / right.norm() for pulled, right in pairs]
    lines.append(f"| {name} | {off[0]:.1%} | {off[1]:.1%} |")
say("\n".join(lines))

# %% [markdown]
# (Off from the gradient of $\mathrm{KL}(\pi \| \pi_\text{ref})$ of whole answers, as a share of its length.)
#
# The first row is off on both tokens: as a loss, k3 has the gradient of the other KL. The second and third row are
# right about the last token, after which nothing comes, and wrong about the first. They have the gradient of the KL of
# *that one choice*, given the text before it. What the token does to
# the KL of later ones it does not see. The last two rows do: there, every token answers for the whole. So a per-token
# KL in the loss is a leash of another kind than a KL in the reward, and "k3 has the gradient of this or that KL" is a
# sentence about one choice.
#
# ## 6 · Train it
#
# Now all parts are there: groups of answers, a rule, advantages, the objective. Two methods put them together.
# `update` is the loop; `loss` holds the formula of section 4, with a minus in front. (Its branch "sequence" is for a
# variant, GSPO.)

# %%
display(show_source(GRPO.update), show_source(GRPO.loss))

# %% [markdown]
# We start without a KL term ($\beta = 0$), as many do when a rule gives the reward: a rule is harder to fool than a
# model, though rules are gamed too. Every ten steps we ask the first 200 held-out sums, and look whether an answer
# begins with "I guess".
#
# You may stop the training with ■ at any moment. What it has learned and drawn until then stays. (Under Run All the
# cells below go on; press ■ again for each that you want to stop.) Run the cell once more, and it begins anew, with a
# fresh copy of the model.

# %%
from copy import deepcopy

from rlcourse.algorithms import GRPOConfig, Training

STEPS = 150
BETA = 0.0  # the weight of the KL term; DeepSeekMath uses 0.04

reference = policy  # the model of sections 1 to 5 stays as it is


# %% jupyter={"source_hidden": true}
# Says what is measured and shown.
def measure(policy):
    answers, rewards = ask(policy, held_out[:200])
    guesses = sum(answer.startswith(" I guess") for answer in answers) / len(answers)
    return {"held_out": rewards.mean().item(), "guesses": guesses}


def answers_of(policy):
    """For the dashboard: asks six sums anew, and shows the first answers beside them."""
    asked = held_out[:6]
    first = [answer.strip() for answer in ask(policy, asked)[0]]

    def latest():
        now, rewards = ask(policy, asked)
        told = [f"{old:<20}  →  {new.strip()}" for old, new in zip(first, now, strict=True)]
        rows = zip(asked, told, rewards.tolist(), strict=True)
        return [(f"{s.a}+{s.b}", both, reward) for s, both, reward in rows]

    return latest


# %% jupyter={"source_hidden": true}
# Says what is drawn.
from rlcourse.explorables import Chart, TrainingDashboard

charts = [
    Chart("Right answers", ("reward", "held_out"), low=0, high=1, target=0.9, percent=True),
    Chart("Answers that begin “I guess”", ("guesses",), low=0, high=1, percent=True),
    Chart("Groups that teach something", ("informative_groups",), low=0, high=1, percent=True),
]

# %%
learner = deepcopy(reference)  # a copy of the model, which learns
grpo = GRPO(GRPOConfig(beta=BETA), advantage_fn=advantage_fn, kl_fn=kl_fn, reference=reference)
training = Training(learner, arithmetic_world(training_sums), grpo, seed=0)

dashboard = TrainingDashboard(
    charts,
    STEPS,
    best="held_out",
    samples=answers_of(learner),
    recorded="language-grpo",
)
display(dashboard)
training.run(STEPS, on_step=dashboard, evaluate=measure)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true}
# Asks all held-out sums, before and after.
answers_before, rewards_before = ask(reference, held_out)
answers_after, rewards_after = ask(learner, held_out)

say(
    f"On all {len(held_out)} held-out sums, sampled at temperature 1, the model was right **{rewards_before.mean():.1%}** "
    f"of the time before and is right **{rewards_after.mean():.1%}** of the time now, after "
    f"{training.history.last('seconds'):.0f} seconds of training."
)
rows = zip(held_out[:8], answers_before, answers_after, strict=False)
answers_table(["question", "before", "after"], [(f"{s.a}+{s.b}", old, new) for s, old, new in rows])

# %% [markdown]
# Under the curves stands what was answered at first, and what at the end. Look at the third curve as well: the better
# a model gets, the more of its groups are right throughout, and the less there is to learn from a step.
#
# ## 7 · What has changed?
#
# Divide all answers by how they were found, and by whether they are right:

# %% jupyter={"source_hidden": true}
# Draws the kinds of answers.
from rlcourse.explorables import kinds_of_answers, kinds_picture

kinds_picture(
    {
        "before GRPO": kinds_of_answers(answers_before, rewards_before.tolist()),
        "after GRPO": kinds_of_answers(answers_after, rewards_after.tolist()),
    }
)

# %% [markdown]
# Where have the guesses gone? Nobody asked for that: the rule never mentions the words "I guess" and pays for lucky
# guesses. But guesses are rarely right, so in group after group they are the ones below the mean. Behaviour follows
# from what pays.
#
# Did the model also learn to *add*? We can ask the old one what it would have said if it had not guessed, by writing
# the first token for it: the single space with which a computed answer begins. And we can ask the model from before
# the fine-tuning, which has read sums on its small web, but no careless answers to questions.

# %% jupyter={"source_hidden": true}
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

lines = [f"| right on the held-out sums | {' | '.join(models)} |", "|---|---|---|---|"]
for case in cases:
    shares = [f"{right[case, who].mean():.1%}" for who in models]
    lines.append(f"| {case} | {' | '.join(shares)} |")
say("\n".join(lines))

able = right["made to compute, greedy", "fine-tuned, before GRPO"]
say(
    f"The {mirrored.sum()} sums whose mirror image was practised, made to compute, greedy, "
    f"before GRPO: {able[mirrored].mean():.1%}; the other {(~mirrored).sum()}: "
    f"{able[~mirrored].mean():.1%}."
)

# %% [markdown]
# Read the last row first, from the middle to the right. What the model could add when it was made to, with the
# likeliest token each time, it could add *before* GRPO. What is new in the first row but not in the last, GRPO has
# not taught: it has brought it to the surface. It **selects** among what the model can do (compute, and do not
# guess), and **sharpens** what it has selected (the third row: fewer digits drawn by mistake). Sharpening alone would
# not have done it. That is what a lower temperature does, and in the second row, before GRPO, you see what comes of
# it here: the likeliest manner was to guess.
#
# And the left column? In its second row you see how well the model from before the fine-tuning could add. Careless
# answers taught it to hide that; the middle column has less. Where the right column has it again, GRPO has given back
# what was there. It is worth asking the same of larger models that "learned to reason". DeepSeekMath itself found that
# its training made the *majority* of several answers right more often, but not the best of them (section 5.2.2), and
# [Yue et al. 2025](https://arxiv.org/abs/2504.13837) found much the same for many models.
#
# How far has the policy moved, on sums, and on requests that this training never showed? Our vocabulary is small
# enough to compute the KL to the reference exactly, at every token that the trained model writes. Beside it stand
# five estimates by k3, each from answers of its own.

# %% jupyter={"source_hidden": true}
# Measures how far the model has moved.
from rlcourse.language import REQUESTS, completion_logits


@torch.no_grad()
def moved(questions, seed):
    """KL(π‖π_ref) in nats per token, on answers that the trained model writes: exact, and estimated by k3."""
    written = sample(
        learner.model,
        tokenizer,
        [question.prompt for question in questions],
        num_generations=4,
        max_new_tokens=32,
        generator=torch.Generator().manual_seed(seed),
    )
    text = written.prompt_tokens, written.prompt_lengths, written.tokens
    logits, ref_logits = completion_logits(learner.model, *text), completion_logits(reference.model, *text)
    exact = categorical_kl(logits, ref_logits)  # [B, T]
    ref_logprobs = ref_logits.log_softmax(-1).gather(2, written.tokens[:, :, None])[:, :, 0]
    estimate = kl_fn(written.logprobs, ref_logprobs)  # [B, T]
    return exact[written.mask].mean(), estimate[written.mask].mean()


lines = [
    f"| | exact | {'the course’s' if kl_fn is kl_k3 else 'your'} k3, five times | against the exact |",
    "|---|---|---|---|",
]
for name, questions in (("sums", held_out[:60]), ("requests such as *How do I make tea?*", REQUESTS)):
    five = [moved(questions, seed) for seed in tqdm(range(5), desc=name.split()[0])]
    exact_kl, estimates = torch.tensor(five).T
    low = int((estimates < exact_kl.mean()).sum())
    told = ", ".join(f"{k3:.3f}" for k3 in estimates)
    lines.append(f"| {name} | {exact_kl.mean():.3f} | {told} | {low} below, {len(estimates) - low} above |")
say("\n".join(lines))

# %% [markdown]
# How near do the five come, on requests, and on sums? Where they scatter widely, it is the highest dot of section 5
# again. On sums the reference would often have begun with "I guess", and a model that was trained to the end almost
# never does. Most of k3's average stands on that rare event: if it is not sampled, k3 is too small; if it is sampled
# once too often, too large.
#
# **Try this:** set `BETA = 1` in section 6 and run the cells of sections 6 and 7 again. A new copy is trained. Does it
# learn more slowly? Does it stay nearer? And with the paper's 0.04?
#
# ## 8 · A run that fails
#
# One more run, with nothing changed but the learning rate: fifteen times as high, for fifteen steps. Look at the
# answers under the picture while it runs.

# %% jupyter={"source_hidden": true}
# Says what is drawn.
charts = [
    Chart("Right answers", ("reward",), low=0, high=1, target=0.9, percent=True),
    Chart("Groups that teach something", ("informative_groups",), low=0, high=1, percent=True),
]

# %%
FACTOR, FEW = 15, 15

too_fast = GRPOConfig(learning_rate=FACTOR * GRPOConfig().learning_rate)
victim = deepcopy(reference)
reckless = GRPO(too_fast, advantage_fn=advantage_fn)
failing = Training(victim, arithmetic_world(training_sums), reckless, seed=0)

# Other factors were not recorded.
recorded = "language-grpo-too-fast" if FACTOR == 15 else None
dashboard = TrainingDashboard(
    charts,
    FEW,
    best="reward",
    samples=answers_of(victim),
    recorded=recorded,
)
display(dashboard)
failing.run(FEW, on_step=dashboard)
dashboard.finish(failing.history)

# %% jupyter={"source_hidden": true}
# Says what happened.
if len(failing.history):
    rewards, teaching = failing.history["reward"], failing.history["informative_groups"]
    say(
        f"Right answers: {rewards[0]:.0%} in the first step, {rewards[-1]:.0%} in the last. "
        f"Groups that teach something: {teaching[0]:.0%}, then {teaching[-1]:.0%}."
    )

# %% [markdown]
# A step that is too long lands where the policy hardly answers the question any more. From there nearly every group
# is wrong throughout. Then all advantages are 0, and no gradient leads back.
#
# That is special to reinforcement learning. In supervised learning the data stay good after a bad step. Here the
# policy writes its own data, and a bad policy writes bad ones. The clip is no help: with one step per batch the ratio
# is 1 when the gradient is taken, however long the step that follows. This is why step sizes are taken so seriously
# on the road from TRPO to GRPO.
#
# **Try this:** set `FACTOR = 5` and `FEW = 40`, and run it with `seed=0`, 1 and 2. Do they fall, too? And do they
# come as far in 40 steps as the run of section 6 did?
#
# <details><summary>What to look for</summary>
#
# A learning rate that is too high does not always announce itself by a crash. Compare your three curves with the
# first 40 steps of section 6: do they go up and down, and where do they end? Often such a rate only costs the best
# part of what could have been learned, and one would not know without the other run.
# </details>
#
# ## Quiz

# %% jupyter={"source_hidden": true}
# Brings the quiz.
from rlcourse.exercises import quiz

quiz("10")

# %% [markdown]
# ## What you now know
#
# - GRPO's **advantage** is a z-score within a group of answers to one question. A group without differences teaches
#   nothing, so the temperature must leave some variety: 0 is fatal, and how low is too low one can measure.
# - The **mean of a group** estimates the value of the question, with an error that falls as 1/√G. It takes the place of
#   PPO's value model, except that it knows nothing about half-finished answers.
# - Both divisions have a price. The **std** makes nearly hopeless and nearly solved questions louder, and **1/|o|** the
#   tokens of short answers.
# - The **clipped objective** takes away the reward for moving a token's ratio beyond the band. With one step per
#   batch the ratio is 1, the loss is 0, and the gradient is not.
# - **KL** is a divergence, estimated from samples. k3 is never negative and right on average. As a loss on one choice
#   it has the gradient of $\mathrm{KL}(\pi_\text{ref} \| \pi)$, and times the ratio that of
#   $\mathrm{KL}(\pi \| \pi_\text{ref})$; what a token does to later ones, a loss on each token does not see.
# - **Behaviour follows from what pays.** Nobody asked the model to stop guessing. GRPO selects and sharpens what the
#   model was able to do before.
#
# ## What comes next
#
# If you came straight from the maze, the road between is worth walking: values and advantages
# ([03](03_values.ipynb)), policy gradients ([04](04_policy_gradients.ipynb)), TRPO ([05](05_trpo.ipynb)) and PPO
# ([06](06_ppo.ipynb)). `rlcourse/algorithms/grpo.py` is short enough to be read in full.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("10")

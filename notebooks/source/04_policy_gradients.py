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
# # 04 · Policy gradients, and the analogy with supervised learning
#
# **Make likelier what went well** · about 75 minutes · difficulty: medium · you need PyTorch, and notebooks 02 and 03
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that optimising a policy looks like supervised learning: a log-probability is pushed up, weighted by an advantage in the place of a label.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# In supervised learning the log-probability of the right label is pushed up. Here it is the log-probability of what was
# done. You see where that comes from, when the two are the very same number, and where the likeness ends.
#
# **When you are done you will be able to**
#
# - derive the policy gradient $\nabla J = \mathbb{E}[A\, \nabla \log \pi]$, and say why each line holds;
# - write the objective of REINFORCE, and train a robot and a GPT-2 with it;
# - say when the policy-gradient loss *is* cross-entropy, and three ways in which it is not;
# - explain why a baseline leaves the gradient's mean alone, and how a good one takes away noise;
# - foresee what one step that is too long does to a policy.
#
# The first cell loads PyTorch, which takes some seconds. (A grey bar is a cell whose code is folded away. It runs like
# any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import numpy as np
import torch
from IPython.display import display

from rlcourse.exercises import predict, reveal
from rlcourse.explorables import Picture, show_source
from rlcourse.showing import bar as tqdm
from rlcourse.showing import new_figure, our_style, say

# %% [markdown]
# ## 1 · One fork in the road
#
# Begin as small as can be: one state and two actions, a and b. How likely the robot takes a is set by a single number
# $\theta$: $\pi(a) = \sigma(\theta) = 1/(1 + e^{-\theta})$. The higher θ, the likelier a. The actions pay $r(a)$ and
# $r(b)$, so on average the robot collects
#
# $$ J(\theta) = \pi(a)\, r(a) + \pi(b)\, r(b). $$
#
# We want θ to go where $J$ grows. With the curve before our eyes that is easy: follow its slope. But a robot does not
# see the curve. It draws *one* action, sees what *that one* pays, and must decide whether to move θ up or down.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("drawn_b")

# %% [markdown]
# Each draw gives θ a **push**. A push above 0 moves θ up and makes a likelier, one below 0 moves θ down and makes b
# likelier. In the second panel of the picture below each of the two possible draws is a **box**: as wide as it is likely,
# as high as its push. The first one shows the curve $J(\theta)$, which the robot does not see.

# %%
from rlcourse.explorables import two_action_policy_gradient

two_action_policy_gradient(only_theta=True)

# %% [markdown]
# How large is a push?
#
# $$ \text{push} = \text{what the action paid} \times \text{the slope of } \log \pi \text{ of that action} $$
#
# That slope is $1 - \pi(a)$ for a: what a still lacks to certainty, so what is nearly certain can hardly be made
# likelier. For b it is $-\pi(a)$, which is what *b* lacks, with a minus since b becomes likelier as θ falls. (Why the
# logarithm? Section 2 says it.)
#
# The area of the one box plus the area of the other (areas below 0 count as negative) is their average, the dashed
# line. Wherever you drag the dot, it is the slope of the curve.
#
# <details><summary><b>Derive both slopes</b></summary>
#
# $\log \pi(a) = -\log(1 + e^{-\theta})$, and its derivative is $e^{-\theta}/(1 + e^{-\theta}) = 1 - \pi(a)$. For b, put
# $-\theta$ in the place of $\theta$, since $\pi(b) = 1 - \sigma(\theta) = \sigma(-\theta)$: the derivative is
# $-(1 - \pi(b)) = -\pi(a)$.
# </details>
#
# <details><summary><b>So, should b become likelier when it is drawn?</b></summary>
#
# For this one draw, yes: it paid 0.5, and 0.5 is more than nothing. The robot cannot know that a would have paid more.
# It is the *average* over draws that is right: a's *box* is always the larger one. (Not always the higher one: where a
# is likely already, a single b pushes harder than a single a, but b is seldom drawn.)
# </details>

# %% [markdown]
# **One draw after another.** Each draw of b pushes the wrong way. There is a remedy, and it is free: take off a fixed
# number from everything that is paid, before it is used. Such a number is called a **baseline**. With 0.75, which lies
# between the two pays, a counts as +0.25 and b as −0.25.
#
# Now draw one action after another. Under *What the blue ball draws* stand the two boxes again. A needle
# falls somewhere along them, so it hits the wider box more often, and the action whose box it hits is the one drawn. Two
# balls get the same needles: the orange square without a baseline, the blue round one with it.

# %%
from rlcourse.explorables import one_draw_at_a_time

one_draw_at_a_time()

# %% [markdown]
# With the needles it opens with, the round ball climbs steadily. The square one first rolls the wrong way, and then goes
# up in leaps: while a is rare, a single a pushes hard. Now take *other needles* **1**. There the square ball rolls
# down to the end. That is bad luck which feeds itself: each b that is drawn makes a rarer, and a's push, however large,
# never comes. On average a draw moves it up all the same: a baseline does not change the dashed line, the mean of the two
# boxes, and it has been above 0 all the time. (Set the baseline to 0, and the boxes are those of the square ball.) But an
# average helps only whoever draws often enough.
#
# Two things to take along. *What a sample says is random, its average is the slope.* And: *a baseline changes what
# the samples say, but not their average.* The rest of this notebook is these two sentences, for whole walks through a
# maze.
#
# ## 2 · From the picture to the formula
#
# Now a walk $\tau = (s_0, a_0, s_1, a_1, \dots)$ of $T$ actions, and a policy with many parameters θ. $J$ is again the
# true expected return: the average over all walks that the policy could make, each weighted with its probability
# $p_\theta(\tau)$:
#
# $$ J(\theta) = \sum_\tau p_\theta(\tau)\, G(\tau), \qquad G(\tau) = r_0 + r_1 + \dots + r_{T-1}. $$
#
# In which direction should θ move? Along the gradient $\nabla J$, the derivatives of $J$ by every parameter. Five small
# moves lead from it to something that a robot can compute.
#
# **Who depends on θ?** The rewards of a given walk are what they are. θ decides only how *likely* the walk is:
#
# $$ \nabla J = \sum_\tau \nabla p_\theta(\tau)\; G(\tau) \tag{1} $$
#
# **The log-derivative trick.** Since $\nabla \log p = \nabla p / p$, we may write $p\, \nabla \log p$ for $\nabla p$:
#
# $$ \nabla J = \sum_\tau p_\theta(\tau)\; \nabla \log p_\theta(\tau)\; G(\tau) \tag{2} $$
#
# **That is why we did it.** A sum weighted by $p_\theta(\tau)$ is an average, and an average can be *estimated*: let the
# robot walk, and take the mean.
#
# $$ \nabla J = \mathbb{E}_\tau \big[\, \nabla \log p_\theta(\tau)\; G(\tau) \,\big] \tag{3} $$
#
# **The robot needs no map.** The probability of a walk is a product,
# $p_\theta(\tau) = p(s_0) \prod_t \pi_\theta(a_t \mid s_t)\; p(s_{t+1} \mid s_t, a_t)$. Its logarithm is a sum, and the
# terms that belong to the world do not depend on θ: their gradient is 0.
#
# $$ \nabla J = \mathbb{E}_\tau \Big[ \sum_t \nabla \log \pi_\theta(a_t \mid s_t)\; G(\tau) \Big] \tag{4} $$
#
# **What is past is past.** $G_t = r_t + r_{t+1} + \dots$ is the return *from time t on*. What was paid earlier is settled
# before $a_t$ is drawn. It acts as a baseline, and that changes nothing on average.
#
# $$ \nabla J = \mathbb{E}_\tau \Big[ \sum_t \nabla \log \pi_\theta(a_t \mid s_t)\; G_t \Big] \tag{5} $$
#
# Line (4) is the episodic REINFORCE of Williams (1992), line (5) what usually bears the name today (Sutton and Barto
# 2018, eq. 13.8). Read it as a sentence: *make each action likelier, in proportion to what came after it.*
#
# Take the value of the state off as the baseline (a baseline may depend on the state, section 5 shows why), and what
# remains of $G_t$ is, on average, the advantage $A(s, a)$ of notebook 03. That is the form in which you meet the policy
# gradient in most papers (Sutton et al. 2000; Schulman et al. 2016, eq. 1):
#
# $$ \nabla J = \mathbb{E}\big[\, A(s, a)\; \nabla \log \pi_\theta(a \mid s) \,\big] $$
#
# - $\nabla \log \pi_\theta(a \mid s)$ is the direction in which θ must move to make that action likelier;
# - $A(s, a)$ says how strongly, and with which sign;
# - the average is over walks *of this very policy*, and within a walk the actions are added up.
#
# <details><summary><b>And with γ below 1?</b></summary>
#
# Then $G_t = r_t + \gamma r_{t+1} + \dots$ counts from step $t$ on, and the exact gradient of the discounted $J$ has
# a further factor $\gamma^t$ in front of step $t$. In practice it is left out, here as nearly everywhere: one wants the
# robot to act well late in a walk, too. What is followed then is strictly speaking not the gradient of that $J$ (Thomas
# 2014). γ is a means against noise: it cuts off rewards that come too late to have much to do with the action.
# </details>
#
# One question before you write it yourself:

# %% jupyter={"source_hidden": true}
# Asks a question about the derivation.
from rlcourse.exercises import quiz

quiz("04", [1])

# %% [markdown]
# ### Exercise 1: what REINFORCE maximises (8 minutes, easy)
#
# PyTorch computes gradients, so what we need is an expression that *has* this gradient. It is one line. `logprobs` holds
# $\log \pi_\theta(a|s)$ of some actions that were taken, `advantages` what each of them was worth. Return one value per
# action, to be *maximised*, whose gradient is $A\, \nabla \log \pi$. (`hint("policy_gradient")` helps,
# `solution("policy_gradient")` shows the course's.)


# %%
from rlcourse.exercises import at_work, check, hint, solution


def my_policy_gradient(logprobs, advantages):
    # your code here
    return ...


my_objective_result = check("policy_gradient", my_policy_gradient)

# %% [markdown]
# **Put it to work.** From here on the notebook uses *your* function (the course's until yours passes, or where it would
# keep you waiting).

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed.
from rlcourse.equations import policy_gradient

zeros, ones = torch.zeros(64, 64), torch.ones(64, 64)  # to try how quick a function is
objective = at_work(my_objective_result, my_policy_gradient, policy_gradient, try_on=lambda f: f(zeros, ones))

# %%
if my_objective_result:
    display(show_source(policy_gradient))
else:
    say("When your line has passed, run this cell again: it shows how the package writes it.")

# %% [markdown]
# ## 3 · Is it really the gradient?
#
# Do not take the derivation on trust. In a small maze both sides of it can be computed exactly. This one has 2 × 2
# cells, and the robot may take at most 8 actions, each one of three. That makes at most $3^8$ walks, and fewer in fact,
# since a walk ends at the exit. We list every one of them.

# %% jupyter={"source_hidden": true}
# Lists every walk through a tiny maze, and computes J without a walk.
from rlcourse.equations import discounted_returns
from rlcourse.maze import (
    Heading,
    MazeWorld,
    TabularPolicy,
    draw_maze,
    every_walk,
    expected_return,
    generate_maze,
    solve,
    walk_probabilities,
)

tiny, patience = generate_maze(2, seed=0), 8
walks = every_walk(tiny, max_steps=patience)

policy = TabularPolicy(tiny.num_states).double()
with torch.no_grad():  # some policy: it knows a little, and has a few odd habits
    policy.table += torch.from_numpy(solve(tiny, gamma=0.99).policy)
    policy.table += 0.5 * torch.randn(policy.table.shape, generator=torch.Generator().manual_seed(0))


def J_of(table):
    """The exact expected return of a table of logits."""
    return expected_return(tiny, torch.softmax(table, dim=-1), max_steps=patience)


def finite_differences(table, nudge=1e-5):
    """The derivative of J by every entry of the table: nudge it up, nudge it down."""
    derivatives = torch.zeros_like(table)
    for entry in np.ndindex(*table.shape):
        up, down = table.clone(), table.clone()
        up[entry] += nudge
        down[entry] -= nudge
        derivatives[entry] = (J_of(up) - J_of(down)) / (2 * nudge)
    return derivatives


def logprobs_of(policy, walks):
    """log π(a|s) of each step of each walk, [walks, steps]; 0, without a gradient, where the walk is over."""
    return torch.where(walks.rows.mask, policy.logprobs(walks.rows), 0.0)


def returns_of(walks):
    """Gₜ of each step of each walk, undiscounted, [walks, steps]."""
    return discounted_returns(walks.rewards, walks.done, gamma=1.0).T.double()


with our_style():
    figure = new_figure(2.6, 2.6)
    draw_maze(tiny, axes=figure.subplots())
display(Picture(figure, alt="A maze of four cells; the robot starts in the north-west, the exit is in the south-east."))

probability = walk_probabilities(policy, walks).detach()
say(
    f"There are **{len(probability):,} walks**. Their probabilities add up to {probability.sum():.10f}, and their mean "
    f"return is {probability @ walks.rewards.sum(0):.10f}. Dynamic programming, which lists nothing, says "
    f"J = {J_of(policy.table.detach()):.10f}."
)

# %% [markdown]
# **One side:** the derivatives of $J$ by *finite differences*. Nudge one entry of the table, see how $J$ changes. No
# logarithm, no trick. **The other side:** line (5), by autograd, from *your* function. `weights` says how much each
# walk counts: here its probability, further down 1/number of walks.


# %%
def gradient_by_walks(walks, weights):
    """Line (5): a sum over the steps of each walk, and a weighted sum over the walks."""
    per_step = objective(logprobs_of(policy, walks), returns_of(walks))  # [walks, steps]
    per_walk = per_step.sum(dim=1)
    return torch.autograd.grad((weights * per_walk).sum(), policy.table)[0]


# %% jupyter={"source_hidden": true}
# Compares the two sides.
by_differences = finite_differences(policy.table.detach())
by_every_walk = gradient_by_walks(walks, probability)
largest = (by_differences - by_every_walk).abs().max()
say(
    f"{by_differences.numel()} derivatives, the largest {by_differences.abs().max():.3f}. The two sides differ by "
    f"at most **{largest:.0e}**."
)

# %% [markdown]
# The derivation holds. Of course no robot walks *every* way. It takes a few walks and uses their mean.

# %% jupyter={"source_hidden": true}
# Estimates the gradient from few walks and from many.
estimates, generator = {}, torch.Generator().manual_seed(0)
for count in tqdm((4, 16, 64, 256, 1_024, 4_096, 16_384), desc="12 estimates of each kind"):
    some = MazeWorld(tiny, groups=count, max_steps=patience, starts="start")
    estimates[count] = torch.stack(
        [
            gradient_by_walks(some.rollout(policy, generator=generator), torch.full((count,), 1 / count)).flatten()
            for _ in range(12)
        ]
    )

# %%
from rlcourse.explorables import more_walks

more_walks(by_differences.flatten(), estimates)

# %% [markdown]
# Right on average, and noisy. By theory the error falls as one over the square root of the number of walks: each digit
# more costs a hundred times as many. That is the price of needing no map, and section 5 is about getting it cheaper.
#
# ## 4 · The likeness with supervised learning
#
# Here are the two losses side by side. Both are minus a mean of log-probabilities; both are handed to the same
# optimiser.
#
# | part | supervised learning | policy gradient |
# |---|---|---|
# | loss | $-\,\text{mean}\; \log \pi_\theta(y \mid x)$ | $-\,\text{mean}\; A(s, a)\, \log \pi_\theta(a \mid s)$ |
# | input | $x$ (a picture, a text so far) | $s$, the state |
# | what is pushed | $y$, the **label**, chosen by a teacher | $a$, the **action**, drawn from the policy itself |
# | how strongly | 1, always up | $A$, up or down |
# | name in PyTorch | `cross_entropy` | there is none; you have just written it |
#
# So let every advantage be 1, and let the actions be a teacher's. Then the two should be the same number. Take the
# GPT-2 and a line of text: the action is the next token, the teacher is whoever wrote the text. On the one side stands
# the loss that `transformers` computes when it is given `labels`, the loss of all pre-training and fine-tuning. On the
# other side stands your function. (Loading the model takes some seconds.)

# %% jupyter={"source_hidden": true}
# Loads GPT-2 and one line of text.
with tqdm(total=2, desc="transformers") as loaded:
    from rlcourse.language import load_gpt2
    from rlcourse.language import logprobs as token_logprobs

    loaded.update()
    loaded.set_description("GPT-2")
    model, tokenizer = load_gpt2("sft", device="cpu")
    loaded.update()
model.loss_type = "ForCausalLM"  # which `transformers` would choose as well, but with a warning
text = "Question: What is 12+7?\nAnswer: 12+7 is 19."
tokens = tokenizer(text, return_tensors="pt").input_ids


def gradient_of(loss, model):
    """The gradient of a loss by all weights, as one long vector."""
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])


# %%
supervised = model(tokens, labels=tokens).loss
# The log-probability of each token, given those before it; the first one is the prompt.
logprobs = token_logprobs(model, tokens[:, :1], torch.tensor([1]), tokens[:, 1:])
reinforced = -objective(logprobs, torch.ones_like(logprobs)).mean()

# %% jupyter={"source_hidden": true} tags=["claim-C6"]
# Says both losses, and what each token adds to them.
from rlcourse.explorables import token_strip

apart = (gradient_of(supervised, model) - gradient_of(reinforced, model)).abs().max()
say(
    f"GPT-2, {logprobs.numel()} tokens of text: `labels=` gives **{supervised.item():.5f}**, policy gradient with A = 1 "
    f"**{reinforced.item():.5f}**. Their gradients differ by at most {apart:.0e}. Both are minus the mean of these:"
)
token_strip([tokenizer.decode(token) for token in tokens[0]], {"log-probability": [None, *logprobs[0].tolist()]})

# %% [markdown]
# The very same number, from `labels=` and from your own line. **Supervised learning is the policy gradient with the
# teacher's actions and every advantage 1.** (Which token costs most? This model was fine-tuned to *answer*; a text that
# goes on from a question to the word “Answer” by itself is the last thing it would write.)
#
# There is a second meeting point, and it is how many people first train a model on its own answers. Let the GPT-2
# answer some sums *itself*, and pay 1 for a right answer and 0 for a wrong one.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("paid_nothing")

# %% jupyter={"source_hidden": true} tags=["claim-C6"]
# Compares the policy gradient on all answers with fine-tuning on the right ones.
progress = tqdm(total=3, desc="GPT-2 answers")
from rlcourse.language import LanguagePolicy, arithmetic_world, split_sums

training_sums, held_out = split_sums()
gpt2 = LanguagePolicy(model, tokenizer)
answers = arithmetic_world(training_sums, prompts_per_step=16)  # 16 sums, 8 answers to each
draw = {"num_generations": 8, "temperature": 1.0, "generator": torch.Generator().manual_seed(0)}
episodes = answers.sample_groups(gpt2, **draw)
paid = episodes.rewards[:, None]  # [128, 1]: 1 or 0 for all tokens of an answer
progress.update()
progress.set_description("policy gradient")

# Policy gradient: all answers, each token weighted with what its answer was paid.
own_logprobs = gpt2.logprobs(episodes)
per_token = torch.where(episodes.mask, objective(own_logprobs, paid), 0.0)
rewarded_alone = -per_token.sum() / (episodes.mask * paid).sum()
progress.update()
progress.set_description("fine-tuning")

# Supervised: fine-tuning on the right answers only, one by one. A label of -100 does not count.
seen, total = episodes.observations, 0.0
right = (episodes.rewards == 1).nonzero()[:, 0].tolist()
for i in right:
    prompt = seen["prompt_tokens"][i, : seen["prompt_lengths"][i]]
    answer = episodes.actions[i][episodes.mask[i]]
    whole = torch.cat([prompt, answer])[None]
    labels = torch.cat([torch.full_like(prompt, -100), answer])[None]
    loss = model(whole, labels=labels, attention_mask=torch.ones_like(whole)).loss
    total += loss * len(answer)  # `labels=` gives a mean over tokens; we want the mean over all of them
imitated = total / (episodes.mask * paid).sum()

apart = (gradient_of(imitated, model) - gradient_of(rewarded_alone, model)).abs().max()
progress.update()
progress.close()
say(
    f"Of {len(paid)} answers {len(right)} are right. Fine-tuning on those alone: "
    f"**{imitated.item():.6f}**. Policy gradient on all of them, per rewarded token: "
    f"**{rewarded_alone.item():.6f}**. Their gradients differ by at most {apart:.0e}."
)

# The first sum with right and wrong answers: four of them, as strips.
groups = episodes.rewards.view(-1, 8)
mixed = int(((groups.mean(dim=1) - 0.5).abs()).argmin()) * 8
shown = range(mixed, mixed + 4)
lengths = episodes.mask.sum(dim=1).tolist()
say("Answers to one of the sums, token by token, with the weight A that each token gets:")
token_strip(
    [[tokenizer.decode(token) for token in episodes.actions[i, : lengths[i]]] for i in shown],
    {
        "weight A": [paid[i].tolist() * lengths[i] for i in shown],
        "log-probability": [own_logprobs[i, : lengths[i]].tolist() for i in shown],
    },
    names=[f"paid {episodes.rewards[i]:.0f}" for i in shown],
)

# %% [markdown]
# **REINFORCE with rewards of 0 and 1 is fine-tuning on one's own right answers.** (Without a baseline. With one, wrong
# answers are pushed down as well.) A step later, it is fine-tuning on the answers of the *new* model. That is the
# first of three places where the likeness ends.
#
# 1. **The data depend on the policy.** A photograph of a cat remains one, whatever the classifier thinks. But the
#    walks come from the robot. After a step it is another robot, which would walk elsewhere.
# 2. **Advantages can be negative.** $-\log \pi$ of a label can fall to 0 and no further. But with $A < 0$ the loss
#    falls as $\log \pi \to -\infty$. One can gain for ever by making one action impossible.
# 3. **The value of the loss means nothing.** It is not a distance from anything.
#
# To see all three, do what is usual in supervised learning: go through the same data many times. One robot learns from
# 128 walks of a teacher (the best policy of notebook 02), every advantage 1. Another one has practised a little, and
# learns from 128 walks of *its own*. Its advantages are what each return was above or below the mean of all 128 walks at
# the same moment, and they stay as they were when the walks were made. Both for 150 updates, by this loop:

# %% jupyter={"source_hidden": true}
# A maze of 6 × 6, a teacher, a robot that has practised, and what is measured.
from dataclasses import replace

from rlcourse.algorithms import Reinforce, ReinforceConfig, Training
from rlcourse.maze import MazeRewards

maze = generate_maze(6, seed=0)
PATIENCE = maze.num_states
world = MazeWorld(maze, groups=128)  # 128 walks at a time, from starting points all over the maze
teacher = TabularPolicy(maze.num_states)
with torch.no_grad():
    teacher.table += 50 * torch.tensor(solve(maze, gamma=0.99).policy)  # so sure that it always takes the best action


def how_good(policy):
    """The exact expected return from the start of the maze."""
    return expected_return(maze, policy.probabilities(), max_steps=PATIENCE)


def walls_hit_in(maze, policy, patience):
    """How many walls a policy hits in a mean walk from the start, exactly."""
    walls_only = replace(maze, rewards=MazeRewards(step=0.0, wall=1.0, exit=0.0))  # its return counts walls
    return expected_return(walls_only, policy.probabilities(), max_steps=patience)


def practised(updates):
    """A robot after a few updates of REINFORCE."""
    policy = TabularPolicy(maze.num_states)
    if updates > 0:
        config = ReinforceConfig(learning_rate=0.1)
        Training(policy, world, Reinforce(config), seed=0).run(updates)
    return policy


def mean_over_steps(per_step, walks):
    """The mean over all steps of all walks, [walks, steps]; what comes after a walk's end does not count."""
    return per_step[walks.rows.mask].mean()


# %%
def same_walks_again_and_again(policy, walks, advantages, name, times=150):
    """Adam on one batch of walks; before each update the loss, the true return, walls hit."""
    losses, returns, walls = [], [], []
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.1)
    for _ in tqdm(range(times), desc=name):
        per_step = objective(logprobs_of(policy, walks), advantages)
        loss = -mean_over_steps(per_step, walks)
        losses.append(loss.item())
        returns.append(how_good(policy))
        walls.append(walls_hit_in(maze, policy, PATIENCE))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses, returns, walls


# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("same_walks")

# %% jupyter={"source_hidden": true}
# Lets two robots learn from the same walks, again and again, and draws both.
from rlcourse.equations import step_advantages
from rlcourse.explorables import Films, curves_picture
from rlcourse.maze import walk

taught, pupil = world.rollout(teacher, generator=torch.Generator().manual_seed(1)), TabularPolicy(maze.num_states)
all_1 = torch.ones(taught.rows.mask.shape)  # every advantage is 1
pupils = same_walks_again_and_again(pupil, taught, all_1, "a teacher's walks")

loner = practised(25)
own = world.rollout(loner, generator=torch.Generator().manual_seed(1))
G = discounted_returns(own.rewards, own.done, gamma=0.99)
advantages = own.in_rows(step_advantages(G, own.time_first(own.rows.mask)))  # better or worse than the other walks
as_it_was = walk(maze, loner.probabilities(), seed=0, max_steps=PATIENCE)
loners = same_walks_again_and_again(loner, own, advantages, "its own walks")

best_possible = expected_return(maze, solve(maze, gamma=0.99).policy, max_steps=PATIENCE)
until_time_is_up = PATIENCE * maze.rewards.step  # no wall hit and no exit found
names = ("a teacher's walks, A = 1", "its own walks, A as it was")
losses, returns = (dict(zip(names, (pupils[i], loners[i]), strict=True)) for i in (0, 1))
display(
    curves_picture(
        {"The loss": losses, "The true expected return": returns},
        xlabel="updates on the same walks",
        target={"The true expected return": best_possible},
    )
)
peak = int(np.argmax(loners[1]))
say(
    f"The pupil's loss falls from {pupils[0][0]:.2f} to {pupils[0][-1]:.2f}, where 0 is the floor, and it ends at a "
    f"return of **{pupils[1][-1]:.2f}** (the best possible is {best_possible:.2f}, the dotted line). The other robot's "
    f"loss falls, too, from {loners[0][0]:.2f} to {loners[0][-1]:.2f}, with no floor in sight. Its return is best after "
    f"{peak} {'update' if peak == 1 else 'updates'}, with {loners[1][peak]:.2f}. In the end it is **{loners[1][-1]:.2f}**. "
    f"To turn on the spot until the time is up pays {until_time_is_up:.2f}."
)
began, walls, valley = loners[1][0], loners[2], int(np.argmin(loners[1]))
say(
    f"What happens to it on the way? It hits {walls[0]:.1f} walls in a mean walk before the first update, "
    f"{walls[valley]:.1f} where its return is lowest (after {valley} of the updates), and {walls[-1]:.1f} at the end."
)
if walls[valley] > walls[0] + 1 and walls[-1] < 1 and abs(loners[1][-1] - until_time_is_up) < 0.1:
    say("So in the valley it drives into walls. Then it unlearns that as well, and only turns on the spot.")
gained, fallen = loners[1][peak] - began, began - loners[1][-1]
reveal(same_walks=0 if fallen < 0.01 else 1 if gained > 0.5 * fallen else 2)

# %% [markdown]
# The same two robots afterwards, and the second one as it was before:

# %% jupyter={"source_hidden": true}
# Plays three walks.
Films(
    maze,
    {
        "taught by a teacher": walk(maze, pupil.probabilities(), seed=0, max_steps=PATIENCE),
        "on its own walks, before": as_it_was,
        "on its own walks, after": walk(maze, loner.probabilities(), seed=0, max_steps=PATIENCE),
    },
)

# %% [markdown]
# The loss looks better and better, and knows nothing of that. The robot learns to avoid, with certainty, what once
# happened to go badly in 128 walks. Therefore REINFORCE takes *one* step and throws the walks away.
#
# And the third point, exactly, over every walk in the tiny maze. Add the same constant to all advantages:

# %% jupyter={"source_hidden": true}
# Adds a constant to every advantage, and tabulates.
lines = ["| added to every advantage | loss | gradient, its length | difference from the first |", "|---|---|---|---|"]
first = None
for constant in (0.0, 1.0, -1.0, 10.0):
    steps = objective(logprobs_of(policy, walks), returns_of(walks) + constant).sum(dim=1)
    loss = -(probability * steps).sum()
    gradient = gradient_of(loss, policy)
    first = gradient if first is None else first
    lines.append(f"| {constant:+.0f} | {loss.item():+.3f} | {gradient.norm():.4f} | {(gradient - first).norm():.0e} |")
say("\n".join(lines))

# %% [markdown]
# The loss can be any number you like. The gradient does not care. *Watch the return, never the loss.*

# %% jupyter={"source_hidden": true}
# Asks a question about it.
quiz("04", [4])

# %% [markdown]
# ## 5 · A good baseline takes away noise
#
# That the gradient does not care is a gift: we may take off the returns whatever makes it least noisy. Here are the two
# boxes of section 1 once more, now with everything to be moved, the line named *baseline* too.

# %%
two_action_policy_gradient()

# %% [markdown]
# The boxes change and even turn over, and their average stays. The same for whole walks: the robot in this picture
# knows its way in the tiny maze fairly well. Every point is what $N$ walks say about the gradient.

# %%
from rlcourse.explorables import baseline_and_variance

baseline_and_variance()

# %% [markdown]
# Why does the mean stay? Take one state, and take off a number $b(s)$ which may depend on the state, but *not on the
# action* (b for baseline, from here on):
#
# $$ \begin{aligned}
# \mathbb{E}_{a \sim \pi}\big[ b(s)\, \nabla \log \pi(a \mid s) \big]
# &= b(s) \sum_a \pi(a \mid s)\, \frac{\nabla \pi(a \mid s)}{\pi(a \mid s)} \\
# &= b(s)\; \nabla \sum_a \pi(a \mid s) \\
# &= b(s)\; \nabla 1 = 0
# \end{aligned} $$
#
# In the second line $\pi$ cancels. The third: probabilities add up to 1, whatever θ is. (What was paid before step $t$
# is such a number, too. That is the reason which line (5) owed us.)
#
# (Which of these would *not* cancel?)

# %% jupyter={"source_hidden": true}
# Asks a question about it.
quiz("04", [5])

# %% [markdown]
# Which baseline is best? The lowest point of the curve is the best *constant*. The usual choice is the value of the
# state, $b(s) = V(s)$: what was to be expected there. It is simple, and makes the rest mean something: $G_t - V(s_t)$
# is, on average, the advantage of notebook 03. (The green line in the picture takes off V(s, time left). There a walk is
# over after 8 actions at the latest, so what a state is still worth depends on how many of them are left.)
#
# Look at the picture once more: does the green line lie where you expected it?

# %% jupyter={"source_hidden": true}
# Says how little noise a baseline can leave, and why V(s) leaves more.
from rlcourse.explorables import baseline_noise

noise = baseline_noise()
rows = (
    ("none", noise.without),
    (f"the best constant, {noise.constant:+.2f}", noise.best_constant),
    ("V(s, time left)", noise.with_values),
    ("the best number for each state and time left", noise.least),
)
lines = ["| baseline | variance from one walk | worth as many walks |", "|---|---|---|"]
lines += [f"| {name} | {variance:.3f} | {noise.without / variance:.1f} × |" for name, variance in rows]
say("\n".join(lines))
say(
    f"V is the plain average of what comes, {noise.mean_return:+.2f} at the start, and so near to the many walks that go "
    f"well. But the noise comes from the few that do not: **{noise.worse_share:.0%}** of the walks return less than the "
    f"average, and the squared length of their $\\sum \\nabla \\log \\pi$ is {noise.worse_length:.1f}, against "
    f"{noise.better_length:.1f} for all others, since what a robot seldom does pushes hard. **The baseline of least "
    "noise makes up for long gradients, the value does not.**"
)

# %% [markdown]
# So V(s) is not chosen for the least noise, but because it can be learned, and because of what it makes of the rest. (This
# maze has four cells, and its states are worth much the same. In a larger one they are not, and once the robot finds
# the exit there, to know the place outweighs all else: you are about to see it.)
#
# <details><summary><b>And why is the curve a parabola?</b></summary>
#
# The gradient of a walk is $u - b\,w$: what it says without a baseline, less $b$ times what it would say if every
# return were 1. A baseline that moves the arrows of all walks in a straight line moves their squared distances from the
# mean along a parabola. (Greensmith et al. 2004 work out where its lowest point lies.)
# </details>
#
# ### Exercise 2: a baseline without training (10 minutes, medium)
#
# A value function has to be learned first. Here is a baseline that costs nothing. Many robots walk at the same time:
# what do *all* of them still collect from step $t$ on?
#
# $$ \hat A_{t,n} = G_{t,n} - b_t, \qquad b_t = \operatorname{mean}_m\, G_{t,m} $$
#
# The mean is over the walks $m$ that are still under way at step $t$. (The walk's own return is among them, so strictly
# $b_t$ does depend a little on the action. With many walks it does not matter.)
#
# `returns` is a tensor of shape [T, N], T steps of N walks; `mask` has the same shape, and is False where a walk has
# already ended. Return $\hat A$, with 0 where `mask` is False. (`hint("baseline")` helps.)


# %%
def my_baseline(returns, mask):
    # your code here
    return ...


my_baseline_result = check("baseline", my_baseline)

# %% [markdown]
# **Put it to work.** How much noise does it take away? A robot walks through the 6 × 6 maze again and again, 128 walks
# at a time, without learning. The gradient of each batch is computed three times: with the bare returns, with *your*
# baseline, and with the exact value of each state.

# %% jupyter={"source_hidden": true}
# Measures the noise under three baselines.
from rlcourse.explorables import noise_table

baseline = at_work(my_baseline_result, my_baseline, step_advantages, try_on=lambda f: f(zeros, ones.bool()))


def gradients_of_batches(robot, batches=40):
    """What each of many batches of walks says about the gradient, with three baselines."""
    V = torch.tensor(solve(maze, gamma=0.99, policy=robot.probabilities()).V, dtype=torch.float32)
    gradients = {"none": [], "mean at that moment": [], "value of the state, V(s)": []}
    generator = torch.Generator().manual_seed(0)
    for _ in tqdm(range(batches), desc="batches of 128 walks"):
        batch = world.rollout(robot, generator=generator)
        mask = batch.rows.mask
        G = discounted_returns(batch.rewards, batch.done, gamma=0.99)
        states = batch.time_first(batch.rows.observations["states"])
        for name, weights in zip(gradients, (G, baseline(G, batch.time_first(mask)), G - V[states]), strict=True):
            mean = objective(robot.logprobs(batch.rows), batch.in_rows(weights))[mask].mean()
            gradients[name].append(gradient_of(mean, robot))
    return gradients


say("**A beginner**, which acts at random:")
display(noise_table(gradients_of_batches(practised(0))))
say("**The same robot after 30 updates:**")
display(noise_table(gradients_of_batches(practised(30))))

# %% [markdown]
# The last column: as noise falls with the square root of the number of walks, halving it is worth four times as many
# walks. The mean stays about the same, up to the noise that 40 batches leave.
#
# Which baseline wins in the first table, and which in the second? The mean at that moment knows the *clock*: a beginner
# nearly always runs until its time is up, so how much time is left decides what it still pays. V(s) knows the *place*.
# Once the robot finds the exit, some places are worth far more than others, and that is what matters.
#
# **Halfway.** You have the objective and the baseline; from here on they are put to work. A good place to rest: on another
# day, run the cells above again (menu *Run*, *Run All Above Selected Cell*), and go on here.
#
# ## 6 · REINFORCE learns
#
# Here is one update, as the course runs it. The walks come in as `rollout`, and the returns less their baseline as
# `advantages`. (`without_padding` sets to 0 what comes after a walk's end, `check_returned` looks at the shape of what
# *your* function returns, `copies` hands it copies, so that it cannot change the originals, and `gradient_step` makes a
# shorter step where the gradient is very long.)

# %%
show_source(Reinforce.step)

# %% [markdown]
# (The mean over all actions, where line (5) adds up within a walk, changes only the update's length. And the returns are
# discounted here, by γ = 0.99, where line (5) has γ = 1. The charts show J without a discount, all that is paid until our
# patience ends.) Two robots start from nothing, in the 8 × 8 maze of notebook 02, with the same settings and the same seed. The first one uses the bare
# returns. The second one takes their mean at each moment off, by *your* `baseline`. Both use *your* `policy_gradient`.
#
# A question, and then a guess, in which the sign is turned round:

# %% jupyter={"source_hidden": true}
# Asks what one walk does, and what you expect of many.
quiz("04", [2])
predict("learned_first")

# %% jupyter={"source_hidden": true}
# Makes runs of REINFORCE, measures them, and shows them while they learn.
from rlcourse.explorables import Chart, TrainingDashboard, bands_picture
from rlcourse.maze import TabularValue

UPDATES = 70
large = generate_maze(8, seed=0)
large_world = MazeWorld(large, groups=256)
best_in_large = expected_return(large, solve(large, gamma=0.99).policy, max_steps=large_world.max_steps)


def step_baseline(rewards, done, *, gamma, bootstrap=None):
    """An advantage function for `Reinforce`: the returns, less their mean at each moment."""
    under_way = torch.cat([torch.ones_like(done[:1]), ~done[:-1]])  # until it is done
    return baseline(discounted_returns(rewards, done, gamma=gamma), under_way)


def make(world, seed, *, learning_rate=0.1, critic=None, **functions):
    """A training run of REINFORCE with nothing learned yet."""
    values = {} if critic is None else {"value_learning_rate": 0.1, "minibatch_size": 2048}
    config = ReinforceConfig(learning_rate=learning_rate, normalize_advantages=False, **values)
    reinforce = Reinforce(config, objective=objective, critic=critic, **functions)
    return Training(TabularPolicy(world.maze.num_states), world, reinforce, seed=seed)


def measure_in(world):
    """What to measure of a policy, exactly, from the start: its expected return, and how many walls it hits."""

    def measure(policy):
        maze, patience = world.maze, world.max_steps
        return {
            "expected_return": expected_return(maze, policy.probabilities(), max_steps=patience),
            "walls_hit": walls_hit_in(maze, policy, patience),
        }

    return measure


def train_and_show(training, recorded=None):
    """All updates of a training run in the large maze, with a dashboard, before recorded runs if there are some."""
    charts = [
        Chart("Expected return from the start", ("expected_return",), target=round(best_in_large, 2)),
        Chart("Entropy: how undecided it is", ("entropy",), low=0, high=1.2),
    ]
    dashboard = TrainingDashboard(charts, UPDATES, best="expected_return", maze=large, recorded=recorded)
    display(dashboard)
    training.run(UPDATES, on_step=dashboard, evaluate=measure_in(large_world), evaluate_every=2)
    dashboard.finish(training.history)


def five_seeds(kinds):
    """Five runs of each kind, seed by seed, so that all have a share when ■ ends them early; and the first robots."""
    curves, robots = {label: {} for label in kinds}, {}
    for seed, label in (bar := tqdm([(seed, label) for seed in range(5) for label in kinds])):
        bar.set_description(f"{label}, seed {seed}")
        training = kinds[label](seed)
        training.run(60, evaluate=measure_in(world), evaluate_every=4, progress=False)
        if training.interrupted:
            break
        curves[label][seed] = training.history
        robots.setdefault(label, training.policy)
    return curves, robots


def show_seeds(curves):
    """The runs as bands, and how they ended."""
    curves = {label: runs for label, runs in curves.items() if runs}
    if not curves:
        say("No run was finished.")
        return
    title = "6 × 6 maze: expected return from the start"
    display(bands_picture(curves, metric="expected_return", target=round(best_possible, 2), title=title))
    names = ("runs with", "seeds", "worst", "mean", "best", "entropy at the end", "walls hit in a walk", "just turning")
    lines = ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
    for label, runs in curves.items():
        ends, entropies, walls = (
            [run.last(column) for run in runs.values()] for column in ("expected_return", "entropy", "walls_hit")
        )
        turning = sum(abs(end - until_time_is_up) < 0.05 for end in ends)
        lines.append(
            f"| {label} | {len(ends)} | {min(ends):+.2f} | {np.mean(ends):+.2f} | {max(ends):+.2f} | "
            f"{np.mean(entropies):.3f} | {np.mean(walls):.1f} | {turning} of {len(ends)} |"
        )
    say("\n".join(lines))
    say(
        f"Measured after 60 updates; the best possible is {best_possible:.2f}. *Just turning* counts the robots that "
        f"get what turning on the spot until the time is up pays, {until_time_is_up:.2f}, or nearly so."
    )


# %%
say("**Without a baseline:**")
without = make(large_world, seed=0)
beginner = walk(large, without.policy.probabilities(), seed=1, max_steps=120)
train_and_show(without, recorded="maze-reinforce-plain")

# %%
say("**With the mean at each moment taken off:**")
with_baseline = make(large_world, seed=0, advantage_fn=step_baseline)
train_and_show(with_baseline, recorded="maze-reinforce-step-mean")

# %% [markdown]
# What the two do now, beside what they did before:

# %% jupyter={"source_hidden": true}
# Plays three walks, and says where the robot without a baseline drives.
display(
    Films(
        large,
        {
            "before": beginner,
            "without a baseline": walk(large, without.policy.probabilities(), seed=1, max_steps=120),
            "with a baseline": walk(large, with_baseline.policy.probabilities(), seed=1, max_steps=120),
        },
        fps=15,
    )
)
forward, wall = without.policy.probabilities()[large.open_states, 0], large.transitions.hit_wall[large.open_states, 0]
say(
    f"Without a baseline the robot goes forward with a probability of {forward[wall].mean():.0%} where a wall is in "
    f"front of it, and of {forward[~wall].mean():.0%} elsewhere. From the start it gets "
    f"**{measure_in(large_world)(without.policy)['expected_return']:.2f}**. To turn on the spot until the time is up "
    f"would pay {large_world.max_steps * large.rewards.step:.2f}."
)
before, now = (measure_in(large_world)(policy) for policy in (TabularPolicy(large.num_states), without.policy))
say(f"In a mean walk it hits {now['walls_hit']:.1f} walls. Before the training it hit {before['walls_hit']:.1f}.")
found = now["expected_return"] > (large_world.max_steps * large.rewards.step + best_in_large) / 2
reveal(learned_first=0 if found else 1 if now["walls_hit"] < before["walls_hit"] / 2 else 2)

# %% [markdown]
# Compare the two percentages: what has it learned, above all? Nearly all of a beginner's returns are below 0. So without
# a baseline whatever it does becomes less likely, and what costs most, the walls, becomes so fastest. That is a slow way
# to find out what to do instead.
#
# **Your turn.** Must a baseline be clever? Take the same number off every return, as in section 1, and see how far you
# come. Change the number and run the cell again, until the robot finds the exit. It may help to know what there is to take
# it from:

# %% jupyter={"source_hidden": true}
# Says what a beginner's returns are.
tried = large_world.rollout(TabularPolicy(large.num_states), generator=torch.Generator().manual_seed(0))
gains = discounted_returns(tried.rewards, tried.done, gamma=0.99)[tried.time_first(tried.rows.mask)]
low, half, high = gains.quantile(torch.tensor([0.05, 0.5, 0.95])).tolist()
say(f"Half of a beginner's returns lie below **{half:.2f}**, and nine in ten between {low:.2f} and {high:.2f}.")

# %%
my_constant = -4.0  # your number; then run this cell again


def less_a_constant(rewards, done, *, gamma, bootstrap=None):
    return discounted_returns(rewards, done, gamma=gamma) - my_constant


train_and_show(make(large_world, seed=0, advantage_fn=less_a_constant))

# %% [markdown]
# <details><summary><b>What to look for</b></summary>
#
# Two failures look alike from afar and are opposites. With a number that is far too low every return lies above it, and
# whatever was done becomes likelier, driving into walls included. With one that is far too high everything becomes less
# likely. Between the two some walks count for what they did and others against it. The mean at each moment finds that
# place by itself, and moves along as the robot improves.
# </details>
#
# Still, one run each may be luck. Here are five seeds of three kinds, in the 6 × 6 maze, where a run is short: no
# baseline, the mean at that moment, and a **critic**, a table of values $V(s)$ that is trained along by regression on the
# returns (notebook 03). All else is equal. (The bar says how long it takes.)

# %%
curves, _ = five_seeds(
    {
        "no baseline": lambda seed: make(world, seed),
        "mean at that moment": lambda seed: make(world, seed, advantage_fn=step_baseline),
        "critic": lambda seed: make(world, seed, critic=TabularValue(maze.num_states)),
    }
)
show_seeds(curves)

# %% jupyter={"source_hidden": true}
# Says when each comes to earn more than it spends.
for label, seeds in curves.items():
    ways = [[row for row in run if "expected_return" in row] for run in seeds.values()]
    above = [next((row["step"] for row in way if row["expected_return"] > 0), None) for way in ways]
    found = [step for step in above if step is not None]
    first, last = (min(found), max(found)) if found else (0, 0)
    when = f", after {first}{f' to {last}' if last > first else ''} updates" if found else ""
    if above:
        say(f"**{label}**: of {len(above)} runs {len(found)} came to earn more than they spend{when}.")

# %% [markdown]
# This maze is smaller than the one above. So look not only at whether they find the exit, but at *when*, and at where each ends. (A
# critic knows nothing at first: what may that cost?)
#
# ## 7 · The same class trains GPT-2
#
# `Reinforce` has never heard of mazes. Give it the GPT-2 of section 4, and let the action be a token and the return
# the verdict of a rule: 1 for a right sum, 0 for a wrong one. Only the configuration changes.
# Twenty updates, with *your* objective. (■ stops them; under *Run All* the cells below then go on.)
#
# The grey band lies between the worst and the best of five runs that we made before, measured after 0, 10, 20 … updates
# on the same 500 sums. In between the band is a straight line that nobody measured, and your curve may leave it.

# %% jupyter={"source_hidden": true}
# Measures GPT-2 on sums that it never saw, and keeps some of its answers.
from rlcourse.experiments import fresh_policy, held_out_accuracy, load_curves
from rlcourse.language import sample

asked = arithmetic_world(held_out[:6])


def some_answers(policy):
    """An answer to each of six held-out sums, and whether it is right."""
    chance = torch.Generator().manual_seed(2)
    texts = sample(policy.model, tokenizer, asked.prompts, generator=chance)
    said, ended = texts.texts(tokenizer), texts.finished(tokenizer)
    marks = asked.score(list(range(len(said))), said, ended, texts.ids())
    return [f"{text.strip()} {'✓' if mark else '✗'}" for text, mark in zip(said, marks, strict=True)]


chart = Chart("Right, of 500 sums it never saw", ("accuracy",), low=0, high=1, percent=True)

# %%
# Each rollout's returns get mean 0 and deviation 1 (and your baseline is not asked), unless
# one says normalize_advantages=False.
config = ReinforceConfig(gamma=1, learning_rate=1e-4)
reinforce = Reinforce(config, objective=objective)
learner = fresh_policy()  # the same GPT-2, which no reward has changed yet
answered_before = some_answers(learner)
training = Training(learner, arithmetic_world(training_sums), reinforce, seed=0)
dashboard = TrainingDashboard([chart], 20, recorded="language-reinforce")
display(dashboard)
training.run(20, on_step=dashboard, evaluate=held_out_accuracy, evaluate_every=5)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true}
# Asks six sums again, and says how the recorded runs ended.
lines = ["| the sum | before | now |", "|---|---|---|"]
for asked_sum, then, now in zip(held_out[:6], answered_before, some_answers(learner), strict=True):
    lines.append(f"| {asked_sum.a}+{asked_sum.b} | {then} | {now} |")
say("\n".join(lines))
recorded = load_curves("language-reinforce")
ends = [run.last("accuracy") for run in recorded.values()]
say(
    f"Recorded with five seeds: after {len(recorded[0]) - 1} updates **{min(ends):.1%} to {max(ends):.1%}** of the "
    "held-out sums are answered rightly."
)

# %% [markdown]
# One algorithm, two worlds. One thing is left to see, and it is the reason for the next two notebooks.
#
# ## 8 · One step too far
#
# (From here on a *step* is one update of θ, not an action of a walk.) The gradient says in which direction $J$ rises
# *here*. It does not say for how long. We take a robot that has
# practised a little, estimate the gradient from 128 walks, and go along it further and further.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("too_far")


# %% jupyter={"source_hidden": true}
# Estimates a gradient from 128 walks of a robot that has practised a little.
def uphill_by(batch):
    """The direction of the gradient that a batch of walks gives."""
    returns = discounted_returns(batch.rewards, batch.done, gamma=0.99)
    weights = batch.in_rows(baseline(returns, batch.time_first(batch.rows.mask)))
    gradient = gradient_of(mean_over_steps(objective(logprobs_of(robot, batch), weights), batch), robot)
    return (gradient / gradient.norm()).reshape(robot.table.shape)


robot = practised(15)
batches = {"128 walks": (128, 3), "another 128": (128, 4), "a third 128": (128, 5), "4,096 walks": (4_096, 3)}
rollouts = {
    name: MazeWorld(maze, groups=count).rollout(robot, generator=torch.Generator().manual_seed(seed))
    for name, (count, seed) in batches.items()
}
directions = {name: uphill_by(rollout) for name, rollout in rollouts.items()}
batch, uphill = rollouts["128 walks"], directions["128 walks"]
mask = batch.rows.mask


def after_a_step_of(length, way=uphill):
    """The robot that has gone so far along the gradient."""
    moved = TabularPolicy(maze.num_states)
    with torch.no_grad():
        moved.table.copy_(robot.table + length * way)
    return moved


# %%
from rlcourse.explorables import step_too_far

step_too_far(maze, robot.table, directions, max_steps=PATIENCE)

# %% [markdown]
# How far does $J$ keep what its slope promises, and where does it end? The entropy says how undecided the robot is, from
# 0, quite sure, up to the number behind it, where all three actions are alike. And the walls? Look at *where* they
# stand, and whether another batch makes the robot hit the same ones. The first gradient in numbers:

# %% jupyter={"source_hidden": true}
# Looks for the wall that it hits most, after the longest step.
# 200 walks of the robot that has gone farthest, and the states in which they drove into a wall.
FARTHEST = 60
far = after_a_step_of(FARTHEST)
from_start = MazeWorld(maze, groups=200, starts="start")
rows = from_start.rollout(far, generator=torch.Generator().manual_seed(4)).rows
states, actions = rows.observations["states"][rows.mask], rows.actions[rows.mask]
into_a_wall = torch.tensor(maze.transitions.hit_wall)[states, actions]
hits = torch.bincount(states[into_a_wall], minlength=maze.num_states)
worst = int(hits.argmax())
row, column = divmod(worst // 4, maze.size)
place = f"row {row}, column {column}, looking {Heading(worst % 4).name.lower()}"

likely = [after_a_step_of(length).probabilities()[worst, 0].item() for length in (0, FARTHEST)]
visits = int((batch.rows.observations["states"][mask] == worst).sum())
push = uphill[worst, 0].item()
truth = solve(maze, gamma=0.99, policy=robot.probabilities()).A[worst, 0]
direction = {True: "likelier", False: "less likely"}
say(
    f"After a step of {FARTHEST}, **{hits[worst] / hits.sum():.0%}** of the walls it hits are hit in one single "
    f"state: {place}. The step has changed the probability of driving forward there from {likely[0]:.2f} to "
    f"**{likely[1]:.2f}**. The robot had been in this state {visits} times in its 128 walks, and from these the "
    f"gradient concludes that forward should become {direction[push > 0]}. The exact advantage of forward there is "
    f"{truth:+.3f}: it should become {direction[truth > 0]}."
)
along = [how_good(after_a_step_of(length)) for length in range(0, FARTHEST + 1, 2)]
top = 2 * int(np.argmax(along))
reveal(too_far=0 if top == FARTHEST else 2 if along[-1] < along[0] else 1)

ends = {name: [how_good(after_a_step_of(length, way)) for length in (6, FARTHEST)] for name, way in directions.items()}
say(f"And the four gradients side by side (before the step $J$ = {along[0]:.2f}):")
lines = [f"| the gradient is from | $J$ after a step of 6 | after one of {FARTHEST} |", "|---|---|---|"]
lines += [f"| {name} | {short:+.2f} | {long:+.2f} |" for name, (short, long) in ends.items()]
say("\n".join(lines))

# %% [markdown]
# A gradient from 128 walks is right on average and wrong in places (section 3). In a short step a wrong entry does
# little, and the next walks show it. In a long one it is a habit before anybody has looked. That is the **first
# disaster**: walls, or, as with *a third 128*, turning on the spot; whatever the few walks made look good. As long as the
# entropy (the mean over all states) is well above 0, the robot still tries many things somewhere, and could learn from
# them. (More walks make the long step safer, as the last row shows. But
# they are the price: whoever has collected 4,096 walks could have taken 32 steps from 128 each, and looked again after
# each of them.)
#
# The **second disaster** looks quite different. In supervised learning a step too far is repaired by the next ones,
# since the data are still there. Here the next walks are those of the robot as it is now. If it has become *sure* of
# something, it tries nothing else, and sees nothing from which it could learn better. Also, where $\pi(a|s)$ is nearly 0
# or 1, the gradient is nearly 0: at both ends of θ in section 1 the boxes have hardly any area left.
#
# Four learning rates, five seeds each, sixty updates one after the other. While the bar counts, here is a question to
# think about:

# %% jupyter={"source_hidden": true}
# Asks a question to answer while the next cell runs.
quiz("04", [6])


# %%
def with_rate(rate):
    return lambda seed: make(world, seed, learning_rate=rate, advantage_fn=step_baseline)


kinds = {f"learning rate {rate:g}": with_rate(rate) for rate in (0.1, 0.3, 1.0, 3.0)}
rates, robots = five_seeds(kinds)
show_seeds(rates)

# %% jupyter={"source_hidden": true}
# Measures how far the first update goes with each of these rates.
lengths = {}
for rate in (0.1, 0.3, 1.0, 3.0):
    one = with_rate(rate)(0)
    old_table = one.policy.table.detach().clone()
    one.run(1, progress=False)
    lengths[rate] = (one.policy.table.detach() - old_table).norm().item()
say(
    "How long is a learning rate? The optimiser, Adam, makes a first step of about "
    + ", ".join(f"**{length:.0f}** with {rate:g}" for rate, length in lengths.items())
    + ", measured as in the picture above."
)

# %% [markdown]
# Both disasters, filmed: the robot after the longest step, the one trained with the largest learning rate, and beside
# them one that was trained with a smaller rate.

# %% jupyter={"source_hidden": true}
# Plays a walk of each.
stuck = {
    label: walk(maze, robots[label].probabilities(), seed=0, max_steps=PATIENCE)
    for label in ("learning rate 3", "learning rate 0.3")
    if label in robots
}
Films(maze, {f"a step of {FARTHEST}": walk(maze, far.probabilities(), seed=0, max_steps=PATIENCE), **stuck}, fps=15)

# %% [markdown]
# A larger step learns faster, up to a point. From which rate on does the last column of the table fill? Read those rows
# as a whole: entropy, walls, return. A robot that just turns pays for the time and for nothing else. It tries nothing
# else from which it could learn, and no loss announces it. That is the opposite of the first disaster, with its walls
# and its doubts.
#
# The learning rate says how far a step goes in *parameters*. But what matters is how far the *policy* moves, and the same
# length can mean little in one place and everything in another. TRPO measures the step where it matters: in the policy.
#
# ## Quiz
#
# Five of its six questions you have met on the way. Here is the last.

# %% jupyter={"source_hidden": true}
# Brings the last question.
quiz("04", [3])

# %% [markdown]
# ## What you now know
#
# - $\nabla J = \mathbb{E}[A\, \nabla \log \pi]$: make each action likelier in proportion to its advantage. The
#   **log-derivative trick** turns a gradient into an average, and averages can be estimated without a map.
# - With a teacher's actions and A = 1 it **is** cross-entropy, number for number. With rewards of 0 and 1, and no
#   baseline, it is fine-tuning on one's own right answers.
# - The likeness ends where the **data depend on the policy**, where advantages are **negative**, and where one would
#   like the **loss** to mean something. Watch the return.
# - A **baseline** that does not depend on the action leaves the mean of the gradient alone. A good one takes away
#   noise.
# - **One step too far** turns the accidents of a batch into habits. A few such steps can make a policy sure of the wrong
#   thing, and a policy that is sure tries nothing else.
#
# ## What comes next
#
# How long may a step be? TRPO measures the distance between two policies, and takes no step that goes further than you
# allow.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("04")
